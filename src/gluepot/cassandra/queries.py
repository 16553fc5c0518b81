"""The CQL that a scan sends: column names always quoted, key values never in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.cassandra.cql import MIN_TOKEN, Range, quoted

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Column, Table
    from gluepot.cassandra.reading import Selection

MULTI_CELL = frozenset({"list", "set", "map", "udt"})
"""Types that hold a cell for each element unless they are frozen, and so have more than one writetime."""

LEAST = Range(MIN_TOKEN, MIN_TOKEN + 1)
"""The smallest range that holds the least token: `token(k) = -2^63` finds every row."""


def extra_keys(selection: Selection) -> tuple[str, ...]:
    """Give key columns that are read beyond the selection, so that a scan knows where it stands."""
    keys = selection.table.partition_key + (() if selection.distinct else selection.table.clustering)
    return tuple(column.name for column in keys if column.name not in selection.columns)


def names(selection: Selection) -> list[str]:
    """Name what a query gives, column by column; key columns keep their names."""
    found = [*selection.columns]
    found += [f"writetime({name})" for name in selection.writetime]
    found += [f"ttl({name})" for name in selection.ttl]
    return [*found, *extra_keys(selection)]


def is_multi_cell(column: Column) -> bool:
    """Tell whether a column holds a cell for each element."""
    return column.type.name in MULTI_CELL and not column.type.frozen


def select(selection: Selection) -> str:
    """Write what is read, up to the table's name."""
    many = {column.name for column in selection.table.columns if is_multi_cell(column)}
    columns = [quoted(name) for name in selection.columns]
    for function, names in (("writetime", selection.writetime), ("ttl", selection.ttl)):
        for name in names:
            latest = "max" if name in many and function == "writetime" else ""
            columns.append(f"{latest}{function}({quoted(name)})")
    columns += [quoted(name) for name in extra_keys(selection)]
    distinct = "DISTINCT " if selection.distinct else ""
    return f"SELECT {distinct}{', '.join(columns)} FROM {name_of(selection.table)}"  # noqa: S608 - quoted


def name_of(table: Table) -> str:
    """Write the table's name."""
    return f"{quoted(table.keyspace)}.{quoted(table.name)}"


def token_of(table: Table) -> str:
    """Write the token of a row."""
    return f"token({', '.join(quoted(column.name) for column in table.partition_key)})"


def of_range(selection: Selection, token_range: Range) -> str:
    """Read a token range; tokens are numbers, so they stand in the text."""
    token = token_of(selection.table)
    return f"{select(selection)} WHERE {token} > {token_range.start} AND {token} <= {token_range.end}"


def partitions_at(table: Table, token_range: Range) -> str:
    """Read the partition keys of a range, in ring order, each with the token that the server has for it."""
    key = ", ".join(quoted(column.name) for column in table.partition_key)
    token = token_of(table)
    where = f"WHERE {token} > {token_range.start} AND {token} <= {token_range.end}"
    return f"SELECT DISTINCT {key}, {token} FROM {name_of(table)} {where}"  # noqa: S608 - quoted


def token_at(table: Table) -> str:
    """Ask the server for the token of a partition, by its key."""
    clauses = " AND ".join(f"{quoted(column.name)} = ?" for column in table.partition_key)
    return f"SELECT DISTINCT {token_of(table)} FROM {name_of(table)} WHERE {clauses}"  # noqa: S608 - quoted


def of_empty_key(selection: Selection, fixed: int = 0, beyond: bool = False) -> str:  # noqa: FBT001, FBT002 - as `of_partition`
    """Read the partition of an empty key, or its rows behind a clustering key, by its token: CQL refuses it by its key.

    Args:
        selection: What is read.
        fixed: Clustering columns that are equal.
        beyond: Whether the next clustering column must lie behind a value.
    """
    table = selection.table
    clauses = _behind(table, fixed, beyond=beyond)
    filtered = f" AND {' AND '.join(clauses)} ALLOW FILTERING" if clauses else ""
    return f"{of_range(selection, LEAST)}{filtered}"


def of_partition(selection: Selection, fixed: int = 0, beyond: bool = False) -> str:  # noqa: FBT001, FBT002 - two shapes of one query
    """Read one partition, or its rows behind a clustering key.

    Rows behind (c1, c2, c3) are those with the same c1 and c2 behind c3, then those with the same c1 behind c2, then
    those behind c1: this holds for any mix of ascending and descending columns, which a tuple comparison does not.

    Args:
        selection: What is read.
        fixed: Clustering columns that are equal.
        beyond: Whether the next clustering column must lie behind a value.
    """
    table = selection.table
    clauses = [f"{quoted(column.name)} = ?" for column in table.partition_key]
    return f"{select(selection)} WHERE {' AND '.join([*clauses, *_behind(table, fixed, beyond=beyond)])}"


def _behind(table: Table, fixed: int, *, beyond: bool) -> list[str]:
    clauses = [f"{quoted(column.name)} = ?" for column in table.clustering[:fixed]]
    if beyond:
        column = table.clustering[fixed]
        clauses.append(f"{quoted(column.name)} {'<' if column.descending else '>'} ?")
    return clauses
