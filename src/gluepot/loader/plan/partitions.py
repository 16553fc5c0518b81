"""Iceberg partitioning from the words of a plan file, checked against the columns it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gluepot.plan.table import Partitioning, PlannedColumn
from gluepot.text import did_you_mean, near, offered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.loader.plan.refusal import Findings

_FORM: Final = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_]+)\s*\(\s*(?:(?P<number>\d+)\s*,\s*)?(?P<inner>[^()]+?)\s*\)|(?P<plain>[^()]+?))\s*"
)
_TIMES: Final = ("year", "month", "day", "hour")
_DATED: Final = frozenset({"timestamptz", "timestamp", "date"})
_WHOLE: Final = frozenset({"string", "int", "long", "decimal"})
_FITS: Final = {
    **dict.fromkeys(_TIMES, _DATED),
    "hour": _DATED - {"date"},
    "identity": _WHOLE | {"date", "boolean"},
    "bucket": _WHOLE | _DATED | {"binary"},
    "truncate": _WHOLE | {"binary"},
}
"""Transform -> lake types that it takes: https://iceberg.apache.org/spec/#partition-transforms

Of those, identity takes neither times, which would make a partition of each, nor bytes."""

MOST: Final = 4096
"""Buckets, or characters, at the most."""

_TIMEUUID: Final = (
    "make_timestamptz(CAST('0x' || substr({0}, 16, 3) || substr({0}, 10, 4) || substr({0}, 1, 8) AS BIGINT) // 10"
    " - 12219292800000000)"
)


def partitioning(
    table: str, words: Sequence[str], columns: Sequence[PlannedColumn], found: Findings
) -> tuple[tuple[Partitioning, ...], tuple[PlannedColumn, ...]]:
    """Read a table's partitioning.

    Args:
        table: The source table, for messages.
        words: `country`, `day(created_at)`, `bucket(16, id)`, `truncate(4, zip)`; columns by their source or lake name.
        columns: The planned columns, with the types that they have in the end.
        found: Takes what is wrong.

    Returns:
        The partition fields, and columns to derive for them: the times of timeuuids.
    """
    reading = _Reading(table, columns, found)
    for word in words:
        reading.read(word)
    return tuple(reading.fields), tuple(reading.derived.values())


class _Reading:
    """Reads the words of one table's partitioning."""

    def __init__(self, table: str, columns: Sequence[PlannedColumn], found: Findings) -> None:
        self._table = table
        self._columns = columns
        self._found = found
        self.fields: list[Partitioning] = []
        self.derived: dict[str, PlannedColumn] = {}

    def read(self, word: str) -> None:
        parts = _FORM.fullmatch(word)
        if parts is None:
            self._refuse(word, "cannot be read", 'write "country", "day(created_at)" or "bucket(16, id)"')
            return
        transform, number = (parts["name"] or "identity").lower(), int(parts["number"] or 0)
        column = self._column(word, parts["inner"] or parts["plain"])
        if column is None:
            return
        is_timeuuid = column.cql == "timeuuid" and column.role != "derived" and transform in _TIMES
        if is_timeuuid:
            column = self._time(column)
        wrong = _misfit(transform, number, column)
        if wrong:
            self._refuse(word, *wrong)
            return
        written = f"{transform}[{number}]" if transform in {"bucket", "truncate"} else transform
        self._add(word, Partitioning(column=column.name, transform=written, timeuuid=is_timeuuid))

    def _column(self, word: str, named: str) -> PlannedColumn | None:
        """Find a column by its lake name, or by its name in the source."""
        free = [column for column in self._columns if column.role not in {"writetime", "ttl", "expires_at"}]
        by_name = {column.source: column for column in free if column.source} | {column.name: column for column in free}
        if named not in by_name:
            self._refuse(word, f"names column {named!r}, which is not there", offered(named, by_name))
        return by_name.get(named)

    def _time(self, column: PlannedColumn) -> PlannedColumn:
        name = f"{column.name}_at"
        self._found.note(
            f"{self._table}: column {name}, the time in timeuuid {column.source}, is added to partition by"
        )
        return self.derived.setdefault(name, time_of(column, name))

    def _add(self, word: str, field: Partitioning) -> None:
        kind = field.transform.partition("[")[0]
        name = f"{field.column}_{kind}"
        if any(name == f"{other.column}_{other.transform.partition('[')[0]}" for other in self.fields):
            self._refuse(word, "stands there twice", "keep one of the two")
        elif kind != "identity" and name in {column.name for column in self._columns}:
            self._refuse(word, f"would be called {name!r}, as a column is", "rename that column")
        self.fields.append(field)

    def _refuse(self, word: str, why: str, hint: str) -> None:
        self._found.refuse(self._table, f"partition {word!r} {why}", hint)


def time_of(column: PlannedColumn, name: str) -> PlannedColumn:
    """Derive the time of a timeuuid, to the microsecond below.

    A UUID of version 1 holds 60 bits of 100 ns since 1582-10-15, cut in three parts, the highest last:
    https://www.rfc-editor.org/rfc/rfc9562#section-5.1
    """
    quoted = '"' + column.source.replace('"', '""') + '"'
    return PlannedColumn(
        name=name,
        type="timestamptz",
        role="derived",
        expression=_TIMEUUID.format(quoted),
        comment=f"the time in timeuuid {column.source}"[:240],
    )


def _misfit(transform: str, number: int, column: PlannedColumn) -> tuple[str, str] | None:
    """Say why a transform does not fit a column, and what to do; None where it does."""
    if transform not in _FITS:
        close = near(transform, _FITS, 1)[:1]
        hint = did_you_mean(map(repr, close)) if close else f"there are: {', '.join(_FITS)}"
        return f"has transform {transform!r}, which is none", hint
    if transform in {"bucket", "truncate"}:
        if not 0 < number <= MOST:
            return "has no number that it can have", f"1 to {MOST}, as in {transform}(16, {column.name})"
    elif number:
        return f"has a number, which {transform} does not take", f"write {transform}({column.name})"
    fits = _FITS[transform]
    if column.type.partition("(")[0] not in fits:
        return f"is by a column of type {column.type}", f"{transform} takes {', '.join(sorted(fits))}"
    return None
