"""Pages over the segments of a listing: records that exist, records that are injected, records that are simulated."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.tokens import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE_MAXIMUM = 100  # https://docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html#API_GetTables_RequestSyntax
SCAN_MAXIMUM = 20_000  # names tried for one page; a rare match ends as a short page with a token


class Record(NamedTuple):
    """One record of a listing; `raw` ones were injected as bytes, and are neither checked nor filtered."""

    name: bytes
    body: bytes
    raw: bool = False


class Segment(Protocol):
    """A run of records with positions 0 to `size`."""

    @property
    def size(self) -> int:
        """Count the positions."""

    def start(self, after: str | int | None) -> int:
        """Find the first position behind a cursor."""

    def cursor(self, index: int) -> str | int:
        """Name a position so that `start` finds the next one."""

    def name(self, index: int) -> str:
        """Name the record at a position, for `Expression`."""

    def render(self, start: int, stop: int) -> list[Record]:
        """Write the records at some positions."""


class Named(msgspec.Struct, frozen=True):
    """Records by name, in the order of their names: a page goes on behind a name, whatever came or went before it."""

    names: Sequence[str]
    write: Callable[[str], Record | None]

    @property
    def size(self) -> int:
        """Count the names."""
        return len(self.names)

    def start(self, after: str | int | None) -> int:
        """Find the first name behind the cursor."""
        return bisect.bisect_right(self.names, after) if isinstance(after, str) else 0

    def cursor(self, index: int) -> str:
        """A name is its own cursor."""
        return self.names[index]

    def name(self, index: int) -> str:
        """Look the name up."""
        return self.names[index]

    def render(self, start: int, stop: int) -> list[Record]:
        """Write each record that is still there."""
        return [record for name in self.names[start:stop] if (record := self.write(name)) is not None]


class Injected(msgspec.Struct, frozen=True):
    """Records given as bytes, in the order in which they were given."""

    records: Sequence[Record]

    @property
    def size(self) -> int:
        """Count the records."""
        return len(self.records)

    def start(self, after: str | int | None) -> int:
        """Find the position behind the cursor."""
        return after + 1 if isinstance(after, int) else 0

    def cursor(self, index: int) -> int:
        """A position is its own cursor."""
        return index

    def name(self, index: int) -> str:
        """Read the name that the record was given."""
        return self.records[index].name.decode(errors="replace")

    def render(self, start: int, stop: int) -> list[Record]:
        """Hand the records out as they are."""
        return list(self.records[start:stop])


def read_page(
    segments: Sequence[Segment], cursor: Cursor, limit: int, pattern: re.Pattern[str] | None
) -> tuple[list[Record], Cursor | None]:
    """Read one page.

    Returns:
        At most `limit` records, and where the next page begins; None at the end.
    """
    records: list[Record] = []
    scanned, taken, after = 0, 0, cursor.after
    for number in range(cursor.segment, len(segments)):
        segment = segments[number]
        for start, stop in _runs(segment, segment.start(after), limit if pattern is None else 1):
            if taken >= limit or scanned >= SCAN_MAXIMUM:
                return records, Cursor(number, segment.cursor(start - 1) if start else None)
            reach = min(stop, start + limit - taken)
            scanned += reach - start
            if pattern is None or pattern.fullmatch(segment.name(start)):
                records += segment.render(start, reach)
                taken += reach - start
            if reach < stop:
                return records, Cursor(number, segment.cursor(reach - 1))
        after = None
    return records, None


def _runs(segment: Segment, start: int, step: int) -> Iterator[tuple[int, int]]:
    size = segment.size
    while start < size:
        stop = min(start + step, size)
        yield start, stop
        start = stop


def page_limit(asked: object, page_size: int) -> int:
    """Say how many records a page gets; what may be asked for is checked already."""
    return min(asked if isinstance(asked, int) else PAGE_MAXIMUM, page_size)


_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|$)", re.DOTALL)
_HIVES_STAR = re.compile(r"(?<![.\])])\*")


def read_expression(expression: object) -> re.Pattern[str] | None:
    """Compile `Expression`: a regular expression over the whole name, in which a star alone is Hive's wildcard.

    Clients rely on both: awswrangler sends `*part*`, Hive's metastore client sends `a*|b*`, others send `part.*`. It is
    an expression of Java's: Trino quotes names between backslash Q and backslash E.

    Raises:
        RefusalError: It is no expression.
    """
    if not isinstance(expression, str) or not expression:
        return None
    try:
        parts = _QUOTED.split(expression)  # what is not quoted, and what is, in turn
        spelt = [re.escape(part) if at % 2 else _HIVES_STAR.sub(".*", part) for at, part in enumerate(parts)]
        return re.compile("".join(spelt))
    except re.error as error:
        raise RefusalError("InvalidInputException", f"Invalid expression: {error}") from error
