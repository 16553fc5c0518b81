"""What is seen of a keyspace, as plain values: `gluepot.source.look` looks, the page and the terminal show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Column, CqlType, Table


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """One column.

    Args:
        column: The column.
        lake_name: The name that it would get in the lake.
        lake_type: The Iceberg type that it would become; empty where the plan has to say it.
        note: What to know about that: why there is no type, or what the type means.
    """

    column: Column
    lake_name: str
    lake_type: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of a table.

    Args:
        columns: Names, in order.
        numbers: Whether each of them is a number.
        rows: Values as `gluepot.lake.read.display.plain` gives them.
    """

    columns: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTable:
    """One table or materialized view.

    Args:
        table: The table.
        columns: Its columns.
        rows: Estimated rows, or all of them where `exact`; None where there is no estimate.
        bytes: Estimated bytes; None likewise.
        exact: Whether the rows were counted.
        estimated_by: Where the estimate comes from, or why there is none.
        base: Of a view: its table.
        sample: Some of its rows; None where none were asked for.
        unread: Why there is no sample although one was asked for.
    """

    table: Table
    columns: tuple[SeenColumn, ...]
    rows: int | None = None
    bytes: int | None = None
    exact: bool = False
    estimated_by: str = ""
    base: str = ""
    sample: Sample | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True)
class SeenType:
    """One user-defined type: its name, its fields."""

    name: str
    fields: tuple[tuple[str, CqlType], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A keyspace, or one table of it.

    Args:
        cluster: The cluster, for people.
        keyspace: The keyspace.
        tables: Its tables, then its materialized views.
        types: Its user-defined types.
        seen: When it was looked at, UTC.
    """

    cluster: str
    keyspace: str
    tables: tuple[SeenTable, ...]
    types: tuple[SeenType, ...]
    seen: str


def uses(kind: CqlType) -> frozenset[str]:
    """Name the user-defined types that a type is made of; what those are made of in turn is theirs."""
    if kind.name == "udt":
        return frozenset({kind.type_name})
    return frozenset[str]().union(*(uses(arg) for arg in kind.args))


def kind_of(column: Column) -> str:
    """Say what a column is in its table's key; empty for a regular one."""
    match column.kind:
        case "partition_key":
            return "partition key"
        case "clustering":
            return "clustering DESC" if column.descending else "clustering ASC"
        case "static":
            return "static"
    return ""
