"""What a load did to the values of a table, as data: nothing is changed without a line in it."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from gluepot.cassandra.cql import CqlType, Table
from gluepot.lake.types.typemap import NeedsChoice, lake_type
from gluepot.plan.records import RangeRecord, Tally
from gluepot.plan.table import PlannedColumn, PlannedTable

CHANGES = ("empty", "nulled", "replaced", "rounded")
"""The counts of a Tally that say that a value is not what it was."""


class ColumnReport(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one column.

    Args:
        name: Its name in the lake.
        source: The CQL column; empty where it has none.
        cql: Its CQL type.
        type: Its type in the lake.
        role: What it is made of.
        policy: What happens to values that the lake cannot hold.
        cast: The SQL type it is cast to.
        expression: The SQL that makes it.
        renamed: Whether its name is not the source's.
        retyped: Whether it holds its values in another form: cast, or as text or a number because the plan says so.
        tally: The counts.
    """

    name: str
    source: str
    cql: str
    type: str
    role: str
    policy: str
    cast: str
    expression: str
    renamed: bool
    retyped: bool
    tally: Tally

    @property
    def changes(self) -> dict[str, int]:
        """Counts of values that are not what they were; without zeros."""
        return {name: count for name in CHANGES if (count := getattr(self.tally, name))}


class TableReport(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one table.

    Args:
        source: Its name in Cassandra.
        name: Its name in the lake.
        read: Rows read from the source.
        written: Rows in the lake.
        left_out: Rows that the filter, or the split of static columns, left out.
        filter: The filter.
        dropped: Source columns that the lake does not have.
        columns: Its columns, in order.
        wide: Partitions that had to be read by clustering key.
    """

    source: str
    name: str
    read: int
    written: int
    left_out: int
    filter: str
    dropped: tuple[str, ...]
    columns: tuple[ColumnReport, ...]
    wide: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether every value of every row that was read is in the lake as it was."""
        return not self.left_out and not self.dropped and not any(column.changes for column in self.columns)


def merge(tallies: Sequence[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Add the tallies of several ranges up, column by column."""
    found: dict[str, Tally] = {}
    for counts in tallies:
        for name, tally in counts.items():
            found[name] = _sum(found[name], tally) if name in found else tally
    return found


def report(table: PlannedTable, records: Sequence[RangeRecord], source: Table | None = None) -> TableReport:
    """Say what a load did to one table.

    Args:
        table: Its plan.
        records: Its finished ranges.
        source: The table in Cassandra, if it is known: columns that were dropped are named then.
    """
    tallies = merge([record.tallies for record in records])
    read = sum(record.read for record in records)
    written = sum(part.rows for record in records for part in record.parts)
    kept = {column.source for column in table.columns if column.role not in {"writetime", "ttl"}}
    types = {column.name: column.type for column in source.columns} if source is not None else {}
    names = types if table.part == "rows" else {}
    return TableReport(
        source=table.source,
        name=table.name,
        read=read,
        written=written,
        left_out=read - written,
        filter=table.filter,
        dropped=tuple(name for name in names if name not in kept),
        columns=tuple(
            _column(column, tallies.get(column.name, Tally()), types.get(column.source)) for column in table.columns
        ),
        wide=tuple(name for record in records for name in record.wide),
    )


def _column(column: PlannedColumn, tally: Tally, kind: CqlType | None) -> ColumnReport:
    of_its_own = column.role in {"writetime", "ttl", "expires_at", "derived"}
    return ColumnReport(
        name=column.name,
        source=column.source,
        cql=column.cql,
        type=column.type,
        role=column.role,
        policy=column.policy,
        cast=column.cast,
        expression=column.expression,
        renamed=not of_its_own and column.name != column.source,
        retyped=bool(column.cast) or (not of_its_own and kind is not None and _is_chosen(kind, column.type)),
        tally=tally,
    )


def _is_chosen(kind: CqlType, lake: str) -> bool:
    """Say whether a type is another than the usual one; a decimal has none, and is at home in any decimal."""
    try:
        return lake_type(kind) != lake
    except NeedsChoice:
        return "decimal" not in lake


def _sum(left: Tally, right: Tally) -> Tally:
    """Add two tallies; one that has neither extreme has no value to compare."""
    some = [tally for tally in (left, right) if tally.low or tally.high]
    number = left.number or right.number
    order = _number if number else str
    return Tally(
        nulls=left.nulls + right.nulls,
        nan=left.nan + right.nan,
        empty=left.empty + right.empty,
        nulled=left.nulled + right.nulled,
        replaced=left.replaced + right.replaced,
        rounded=left.rounded + right.rounded,
        low=min((tally.low for tally in some), key=order, default=""),
        high=max((tally.high for tally in some), key=order, default=""),
        number=number,
    )


def _number(text: str) -> tuple[Decimal, bool]:
    """Sort by value, -0.0 before 0.0."""
    value = Decimal(text)
    return value, not value.is_signed()
