"""Token ranges of a table as decoded pages: every row once, whatever the cluster does meanwhile.

A range is read page by page, the next one on its way while the caller works on the last. Where pages fail, they are
asked for again, smaller each time. Where the smallest page fails too, the range is cut: the partition at which it
stands is finished by clustering key, and what is behind it is read in halves.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import queries
from gluepot.cassandra.cells import last_row, token_of
from gluepot.cassandra.cql import Range
from gluepot.cassandra.decode import arrow_type, decode
from gluepot.cassandra.frames import raw
from gluepot.cassandra.patience import PageSize, Patience, Rate, Waiting
from gluepot.cassandra.reading import Cut, Page
from gluepot.cassandra.requests import Requests, StuckError
from gluepot.cassandra.splits import halves
from gluepot.cassandra.wide import Wide

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import pyarrow as pa

    from gluepot.cassandra.cql import CqlType
    from gluepot.cassandra.frames import RawPage
    from gluepot.cassandra.reading import Selection

WIDE_BYTES: Final = 100 * 1024 * 1024
"""From this size on a partition is reported: Cassandra's own guardrail warns there.

https://docs.datastax.com/en/astra-db-serverless/databases/database-limits.html
"""


@dataclass(slots=True)
class Stats:
    """What a reader has done so far, over all its ranges; read it when they are done.

    Args:
        pages: Pages that came.
        rows: Their rows.
        bytes: Their bytes.
        failures: Requests that failed and were sent again.
        cuts: Ranges that were cut.
        decode: Seconds of decoding.
        wide: Partitions that had to be read by clustering key, as text.
        hot: Ranges that failed at least once, with how often.
    """

    pages: int = 0
    rows: int = 0
    bytes: int = 0
    failures: int = 0
    cuts: int = 0
    decode: float = 0.0
    wide: list[str] = field(default_factory=list)
    hot: dict[Range, int] = field(default_factory=dict)


class Reader:
    """Reads ranges of one table. `read` may run in many threads at once, each with its own range.

    Args:
        session: A driver session; it is not changed.
        selection: What is read.
        patience: How it waits, backs off and splits.
        rate: Spaces requests; share one over all readers of a session.
    """

    def __init__(
        self,
        session: Any,  # noqa: ANN401 - a driver session
        selection: Selection,
        patience: Patience | None = None,
        rate: Rate | None = None,
    ) -> None:
        self.selection = selection
        self.patience = patience or Patience()
        self.stats = Stats()
        self._lock = threading.Lock()
        self._requests = Requests(raw(session), selection.table, self.patience, rate or rate_of(session, self.patience))

    @property
    def schema(self) -> pa.Schema:
        """The schema of what `read` gives."""
        import pyarrow as pa  # noqa: PLC0415 - slow to load

        kinds = {one.name: one.type for one in self.selection.table.columns}
        fields = [
            pa.field(name, arrow_type(kinds[name], as_text=name in self.selection.as_text))
            for name in self.selection.columns
        ]
        fields += [pa.field(f"writetime({name})", pa.int64()) for name in self.selection.writetime]
        fields += [pa.field(f"ttl({name})", pa.int32()) for name in self.selection.ttl]
        return pa.schema(fields)

    def read(self, token_range: Range) -> Iterator[Page | Cut]:
        """Read a range, in ring order.

        Yields:
            Pages with at least one row; a Cut wherever the range had to be split.

        Raises:
            SourceError: It failed for longer than the patience's budget, or the table changed.
            ConfigError: The table may not be read.
        """
        waiting = Waiting(self.patience, f"{self.selection.table.keyspace}.{self.selection.table.name}")
        todo = [token_range]
        while todo:
            piece = todo.pop(0)
            stand = _Stand(self, piece)
            wide = ""
            try:
                for page in self._requests.pages(queries.of_range(self.selection, piece), stand.size, waiting):
                    stand.page = page if page.count else stand.page
                    yield from self._decoded(page)
            except StuckError:
                wide = yield from self._past(stand, todo, waiting)
            self._note(token_range)
            if todo or wide:
                yield Cut(todo[0].start if todo else token_range.end, wide)

    def _past(self, stand: _Stand, todo: list[Range], waiting: Waiting) -> Generator[Page, None, str]:
        """Get past the place where a piece is stuck, and put what is behind it in front of what is to be read.

        Returns:
            The partitions that had to be read by clustering key, as text.
        """
        piece = stand.piece
        with self._lock:
            self.stats.cuts += 1
        token = stand.token()
        if token is None and piece.end - piece.start > 1:
            todo[:0] = halves(piece)
            return ""
        at = piece.end if token is None else token
        wide = Wide(self._requests, self.selection, waiting, stand.size)
        for page in wide.pages(at, stand.key(), stand.page):
            yield from self._decoded(page)
        with self._lock:
            self.stats.wide.extend(wide.names)
        if at < piece.end:
            todo[:0] = halves(Range(at, piece.end))
        return ", ".join(wide.names)

    def _decoded(self, page: RawPage) -> Iterator[Page]:
        began = time.monotonic()
        if page.count:
            decoded = self._without_extra_keys(
                decode(self._columns(page), page.rows, page.count, as_text=self.selection.as_text)
            )
        spent = time.monotonic() - began
        with self._lock:
            self.stats.pages += 1
            self.stats.rows += page.count
            self.stats.bytes += len(page.rows)
            self.stats.decode += spent
        if page.count:
            yield decoded

    def _columns(self, page: RawPage) -> list[tuple[str, CqlType]]:
        """Name what the page's columns are in the selection; their types are the ones that the server says now."""
        return [(name, kind) for name, (_, kind) in zip(queries.names(self.selection), page.columns, strict=True)]

    def _without_extra_keys(self, page: Page) -> Page:
        extra = len(queries.extra_keys(self.selection))
        if not extra:
            return page
        kept = list(range(page.batch.num_columns - extra))
        return Page(page.batch.select(kept), page.empty, page.replaced)

    def _note(self, token_range: Range) -> None:
        """Add up failures of the requests."""
        failures = self._requests.take_failures()
        if failures:
            with self._lock:
                self.stats.failures += failures
                self.stats.hot[token_range] = self.stats.hot.get(token_range, 0) + failures


class _Stand:
    """Where one piece stands: its page size and the last page with rows."""

    def __init__(self, reader: Reader, piece: Range) -> None:
        self.piece = piece
        self.page: RawPage | None = None
        self.size = PageSize(reader.patience)
        self._selection = reader.selection

    def key(self) -> tuple[bytes, ...]:
        """Give the partition key of the last row that came; empty where none did."""
        if self.page is None:
            return ()
        cells = dict(zip(queries.names(self._selection), last_row(self.page), strict=True))
        return tuple(cells[one.name] or b"" for one in self._selection.table.partition_key)

    def token(self) -> int | None:
        """Give the token of the last row that came; None where none did."""
        key = self.key()
        return token_of(key) if key else None


_rates: dict[int, Rate] = {}
_rates_lock = threading.Lock()


def rate_of(session: Any, patience: Patience) -> Rate:  # noqa: ANN401 - a driver session
    """Give the one rate that all readers of a session share."""
    with _rates_lock:
        return _rates.setdefault(id(session), Rate(patience.requests_per_second))
