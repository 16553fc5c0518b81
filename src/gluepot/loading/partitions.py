"""Iceberg partitioning from the words of a plan file, checked against the columns it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gluepot.loading.plan import Partitioning, PlannedColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.loading.refusal import Found

_FORM: Final = re.compile(
    r"\s*(?:(?P<name>[a-z]+)\s*\(\s*(?:(?P<number>\d+)\s*,\s*)?(?P<inner>[^()]+?)\s*\)|(?P<plain>[^()]+?))\s*"
)
_TIMES: Final = frozenset({"year", "month", "day", "hour"})
_IDENTITY: Final = frozenset({"string", "int", "long", "date", "boolean"})
_DATED: Final = frozenset({"timestamptz", "date"})
_BUCKET: Final = frozenset({"string", "int", "long", "date", "timestamptz", "binary"})
_TRUNCATE: Final = frozenset({"string", "int", "long"})
MOST: Final = 4096
"""Buckets, or characters, at the most."""

_TIMEUUID: Final = (
    "make_timestamptz((('0x' || substr({0}, 16, 3) || substr({0}, 10, 4) || substr({0}, 1, 8))::BIGINT"
    " - 122192928000000000) // 10)"
)
"""A version 1 UUID's time: 60 bits of 100 ns since 1582-10-15, RFC 9562 section 5.1, as microseconds since 1970."""


def partitioning(
    table: str, words: Sequence[str], columns: Sequence[PlannedColumn], found: Found
) -> tuple[tuple[Partitioning, ...], tuple[PlannedColumn, ...]]:
    """Read a table's partitioning.

    Args:
        table: The source table, for messages.
        words: `country`, `day(created_at)`, `bucket(16, id)`, `truncate(4, zip)`; columns by their source or lake name.
        columns: The planned columns.
        found: Takes what is wrong.

    Returns:
        The partition fields, and columns to derive for them: the times of timeuuids.
    """
    fields: list[Partitioning] = []
    derived: dict[str, PlannedColumn] = {}
    for word in words:
        parts = _FORM.fullmatch(word)
        if parts is None:
            found.refuse(table, f"partition {word!r} cannot be read", 'write "country", "day(at)" or "bucket(16, id)"')
            continue
        named = parts["inner"] or parts["plain"]
        column = next(
            (one for one in columns if named in {one.source, one.name} and one.role not in {"writetime", "ttl"}), None
        )
        if column is None:
            there = ", ".join(one.name for one in columns)
            found.refuse(table, f"partition {word!r} names column {named!r}, which is not there", f"there are: {there}")
            continue
        transform = parts["name"] or "identity"
        if column.cql == "timeuuid" and transform in _TIMES:
            column = derived.setdefault(column.name, _time_of(column))
            found.notes.append(f"{table}: {column.name} is derived from {named}, for partitioning by its time")
        wrong = _misfit(transform, int(parts["number"] or 0), column)
        if wrong:
            found.refuse(table, f"partition {word!r}: {wrong[0]}", wrong[1])
            continue
        number = f"[{parts['number']}]" if transform in {"bucket", "truncate"} else ""
        fields.append(
            Partitioning(
                column=column.name,
                transform=f"{transform}{number}",
                timeuuid=column.name in {one.name for one in derived.values()},
            )
        )
    return tuple(fields), tuple(derived.values())


def _time_of(column: PlannedColumn) -> PlannedColumn:
    quoted = '"' + column.source.replace('"', '""') + '"'
    return PlannedColumn(
        name=f"{column.name}_at",
        type="timestamptz",
        role="derived",
        expression=_TIMEUUID.format(quoted),
        comment=f"the time in timeuuid {column.source}",
    )


def _misfit(transform: str, number: int, column: PlannedColumn) -> tuple[str, str] | None:
    """Say why a transform does not fit a column, and what to do; None where it does."""
    known = {**dict.fromkeys(_TIMES, _DATED), "hour": frozenset({"timestamptz"}), "identity": _IDENTITY}
    known |= {"bucket": _BUCKET, "truncate": _TRUNCATE}
    if transform not in known:
        return f"{transform!r} is no transform", "identity, year, month, day, hour, bucket, truncate"
    if transform in {"bucket", "truncate"} and not 0 < number <= MOST:
        return f"{number} is no number for {transform}", f"1 to {MOST}: {transform}(16, {column.name})"
    if column.type not in known[transform]:
        return f"{column.name} is a {column.type}", f"{transform} takes {' or '.join(sorted(known[transform]))}"
    return None
