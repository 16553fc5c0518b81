"""What a planned table needs of its source: which columns are read, and what each becomes before SQL sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.cassandra.reading import Selection
from gluepot.errors import ConfigError
from gluepot.lake.types.typemap import NeedsChoice, holds, tree_of
from gluepot.lake.types.typetext import parse

if TYPE_CHECKING:
    from collections.abc import Collection

    from gluepot.cassandra.cql import Column, CqlType, Kind, Table
    from gluepot.lake.types.typetext import LakeType
    from gluepot.plan.table import PlannedColumn, PlannedTable

PLAIN_ROLES: Final = frozenset({"partition_key", "clustering", "static", "regular"})
"""Roles of columns that hold a source column's values."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A source column as expressions see it.

    Args:
        column: The column.
        type: Its lake type.
        policy: What happens to values that this type cannot hold.
    """

    column: Column
    type: LakeType
    policy: str


def natural(kind: CqlType) -> LakeType:
    """Give the lake type that a CQL type has where the plan names none: exact text where it needs a choice."""
    try:
        return tree_of(kind)
    except NeedsChoice:
        return tree_of(kind, "string")


def column_of(table: PlannedTable, source: Table, name: str) -> Column:
    """Find a source column.

    Raises:
        ConfigError: It is not there (any more).
    """
    for column in source.columns:
        if column.name == name:
            return column
    raise ConfigError(
        f"table {source.keyspace}.{source.name} has no column {name!r}",
        f"the plan of {table.name} reads it",
        "make the plan again",
    )


def seen(table: PlannedTable, source: Table) -> dict[str, Seen]:
    """Give every source column as expressions see it: with its planned type, unless it is cast."""
    found: dict[str, Seen] = {column.name: Seen(column, natural(column.type), "error") for column in source.columns}
    for planned in table.columns:
        if planned.role in PLAIN_ROLES and planned.source in found:
            before = found[planned.source]
            kind = before.type if planned.cast else parse(planned.type)
            found[planned.source] = Seen(before.column, kind, planned.policy)
    return found


def read_as(planned: PlannedColumn, source_column: Column) -> LakeType:
    """Give the lake type that a planned column's values are converted to, before any cast."""
    return natural(source_column.type) if planned.cast else parse(planned.type)


def expiring(table: PlannedTable, source: Table) -> tuple[str, ...]:
    """Give the columns whose times to live say when a row expires: those planned, or all that can have one."""
    asked = tuple(column.source for column in table.columns if column.role == "ttl")
    kind: Kind = "static" if table.part == "static" else "regular"
    return asked or tuple(column.name for column in source.of_kind(kind) if _can_expire(column.type))


def _can_expire(kind: CqlType) -> bool:
    """Say whether CQL tells a column's time to live: not of counters, nor of what is made of several cells."""
    return kind.name != "counter" and (kind.frozen or kind.name not in {"list", "set", "map", "udt"})


def selection(table: PlannedTable, source: Table, used: Collection[str]) -> Selection:
    """Say what a scan reads for a planned table, and no more.

    Args:
        table: The plan.
        source: The table in Cassandra.
        used: Source columns that its filter and its expressions use.

    Raises:
        ConfigError: A column is not there, or is one that a table of static columns cannot read.
    """
    expires = [column for column in table.columns if column.role == "expires_at"]
    lives = _unique(
        [column.source for column in table.columns if column.role == "ttl"]
        + [name for column in expires for name in ([column.source] if column.source else expiring(table, source))]
    )
    wanted = {column.source for column in table.columns if column.role in PLAIN_ROLES} | set(used)
    if expires:
        wanted |= set(lives)
    if drops_static_rows(table, source, wanted):
        wanted |= {column.name for column in source.clustering}
    if not wanted or table.part == "static":
        wanted |= {column.name for column in source.partition_key}
    columns = [column_of(table, source, name) for name in wanted]
    if table.part == "static":
        _only_static(table, columns)
    return Selection(
        table=source,
        columns=tuple(column.name for column in source.columns if column.name in wanted),
        writetime=_unique([column.source for column in table.columns if column.role == "writetime"]),
        ttl=lives,
        as_text=frozenset(column.name for column in columns if _is_text(table, column)),
        distinct=table.part == "static",
    )


def drops_static_rows(table: PlannedTable, source: Table, wanted: Collection[str]) -> bool:
    """Say whether partitions that have static columns only are left out: where no static column is wanted."""
    statics = {column.name for column in source.of_kind("static")}
    return table.part == "rows" and bool(statics) and bool(source.clustering) and statics.isdisjoint(wanted)


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _only_static(table: PlannedTable, columns: list[Column]) -> None:
    wrong = sorted(column.name for column in columns if column.kind not in {"partition_key", "static"})
    if wrong:
        raise ConfigError(
            f"table {table.name} cannot hold {', '.join(wrong)}",
            "it has one row for each partition, made of key and static columns only",
            f"use it in the table of {table.source}'s rows",
        )


def _is_text(table: PlannedTable, column: Column) -> bool:
    """Say whether a column's varints are read as text: where those beyond 38 digits do not stop the load."""
    if not holds(column.type, "varint"):
        return False
    planned = [use for use in table.columns if use.source == column.name and use.role in PLAIN_ROLES]
    usual = natural(column.type)
    return any(use.policy != "error" or read_as(use, column) != usual for use in planned) or "string" in str(usual)
