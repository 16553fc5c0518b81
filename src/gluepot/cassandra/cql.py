"""CQL types, columns, tables and token ranges, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

MIN_TOKEN: Final = -(2**63)
"""Where Murmur3Partitioner's ring starts: ranges are (start, end]. The one partition that has this token is that of an
empty key, which a materialized view can have; a range that starts here holds it."""

MAX_TOKEN: Final = 2**63 - 1

_TYPES: Final = "ascii|bigint|blob|boolean|counter|date|decimal|double|duration|empty|float|frozen|inet|int|list|map"
_MORE: Final = "set|smallint|text|time|timestamp|timeuuid|tinyint|tuple|uuid|varchar|varint|vector"
_PLAIN: Final = re.compile(rf"(?!(?:{_TYPES}|{_MORE})$)[a-z][a-z0-9_]*")
"""Names of user-defined types that need no quotes: https://cassandra.apache.org/doc/latest/cassandra/developing/cql/definitions.html"""


@dataclass(frozen=True, slots=True)
class CqlType:
    """One CQL type as a tree.

    Args:
        name: `int`, `text`, ...; `list`, `set`, `map`, `tuple`, `udt`, `vector`; `custom` for anything else.
            `varchar` is `text`; `frozen` and reversed orders are unwrapped.
        args: Element types; of a UDT, its field types.
        fields: Field names of a UDT, parallel to `args`.
        size: Elements of a vector.
        type_name: A UDT's name, or a custom type's Java class.
        frozen: Whether it stood inside `frozen<>`: an empty frozen collection differs from null.
    """

    name: str
    args: tuple[CqlType, ...] = ()
    fields: tuple[str, ...] = ()
    size: int = 0
    type_name: str = ""
    frozen: bool = False

    def __str__(self) -> str:
        """Write it as CQL does."""
        inner = ", ".join(str(arg) for arg in self.args)
        match self.name:
            case "udt":
                text = self.type_name if _PLAIN.fullmatch(self.type_name) else quoted(self.type_name)
            case "custom":
                return "'" + self.type_name.replace("'", "''") + "'"
            case "vector":
                text = f"vector<{inner}, {self.size}>"
            case _:
                text = f"{self.name}<{inner}>" if self.args else self.name
        return f"frozen<{text}>" if self.frozen else text


Kind = Literal["partition_key", "clustering", "static", "regular"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Args:
        name: Its name, case and all.
        type: Its type.
        kind: What it is in the primary key.
        position: Its place within the partition key or the clustering key; -1 elsewhere.
        descending: Whether it clusters in descending order.
        masked: The function that answers in place of its values, as `mask_inner(1, 1)`; empty where they come as they
            are.
    """

    name: str
    type: CqlType
    kind: Kind = "regular"
    position: int = -1
    descending: bool = False
    masked: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table or materialized view; columns in CQL's order: key, clustering, static, regular by name.

    Args:
        keyspace: Its keyspace.
        name: Its name.
        columns: Its columns.
        id: Cassandra's table id (a UUID): another one means dropped and created again.
        comment: Its comment.
        is_view: Whether it is a materialized view.
        unmask: The GRANT that shows the values of its masked columns; empty where there are none.
        unread: Why it is not known whether masks are in force, and they count as if they were; empty where it is.
        unreadable: Why it cannot be read at all, as where nobody can parse a column's type; empty where it can.
    """

    keyspace: str
    name: str
    columns: tuple[Column, ...]
    id: str = ""
    comment: str = ""
    is_view: bool = False
    unmask: str = ""
    unread: str = ""
    unreadable: str = ""

    def of_kind(self, kind: Kind) -> tuple[Column, ...]:
        """Give the columns of one kind, key columns by position."""
        return tuple(
            sorted((column for column in self.columns if column.kind == kind), key=lambda column: column.position)
        )

    @property
    def partition_key(self) -> tuple[Column, ...]:
        """The partition key's columns, by position."""
        return self.of_kind("partition_key")

    @property
    def clustering(self) -> tuple[Column, ...]:
        """The clustering key's columns, by position."""
        return self.of_kind("clustering")

    @property
    def masked(self) -> tuple[Column, ...]:
        """The columns whose values do not come as they are."""
        return tuple(column for column in self.columns if column.masked)

    @property
    def is_counter(self) -> bool:
        """Whether it holds counters, which have neither writetime nor ttl."""
        return any(column.type.name == "counter" for column in self.columns)


class Range(NamedTuple):
    """A token range (start, end]; the whole ring is (MIN_TOKEN, MAX_TOKEN]."""

    start: int
    end: int


def quoted(name: str) -> str:
    """Quote an identifier for CQL, always, so that case and reserved words never matter."""
    return '"' + name.replace('"', '""') + '"'
