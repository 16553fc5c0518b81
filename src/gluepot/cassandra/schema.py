"""Keyspaces and tables as `system_schema` describes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import masks, smallqueries
from gluepot.cassandra.cql import Column, Table
from gluepot.cassandra.types import parse
from gluepot.errors import ConfigError
from gluepot.text import offered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.cassandra.cql import Kind
    from gluepot.cassandra.masks import Masks

SYSTEM: Final = frozenset(
    {
        "system",
        "system_auth",
        "system_distributed",
        "system_schema",
        "system_traces",
        "system_views",
        "system_virtual_schema",
        "data_endpoint_auth",
        "datastax_sla",
        "dse_insights",
        "dse_leases",
        "dse_perf",
        "dse_security",
        "dse_system",
        "dse_system_local",
        "solr_admin",
        "system_backups",
        "system_cluster_metadata",
    }
)
"""Keyspaces that belong to the server."""

_ORDER: Final[dict[Kind, int]] = {"partition_key": 0, "clustering": 1, "static": 2, "regular": 3}


def keyspaces(session: Any, *, system: bool = False) -> tuple[str, ...]:  # noqa: ANN401 - a driver session
    """List the keyspaces, by name.

    Args:
        session: A driver session.
        system: Whether the server's own are listed too.
    """
    rows = smallqueries.rows(session, "SELECT keyspace_name FROM system_schema.keyspaces", of="keyspaces")
    own = frozenset() if system else SYSTEM
    return tuple(sorted({row.keyspace_name for row in rows} - own))


def keyspace(session: Any, name: str) -> tuple[Table, ...]:  # noqa: ANN401 - a driver session
    """Read every table and materialized view of a keyspace, by name.

    Args:
        session: A driver session.
        name: The keyspace, case and all.

    Raises:
        ConfigError: There is no such keyspace; near names are told.
    """
    if not _rows(session, "keyspaces", name):
        raise _unknown("keyspace", name, keyspaces(session), "")
    udts = types(session, name)
    columns = _by_table(_rows(session, "columns", name))
    tables = [_table(row, row.table_name, columns, udts) for row in _rows(session, "tables", name)]
    tables += [_table(row, row.view_name, columns, udts, is_view=True) for row in _rows(session, "views", name)]
    hidden = masks.in_force(session, name)
    return tuple(_masked(one, hidden.get(one.name)) for one in sorted(tables, key=lambda one: one.name))


def table(session: Any, keyspace_name: str, name: str) -> Table:  # noqa: ANN401 - a driver session
    """Read one table or materialized view.

    Raises:
        ConfigError: There is no such keyspace or table; near names are told.
    """
    tables = keyspace(session, keyspace_name)
    found = next((candidate for candidate in tables if candidate.name == name), None)
    if found is None:
        raise _unknown("table", name, tuple(candidate.name for candidate in tables), f" in keyspace {keyspace_name}")
    if found.unreadable:
        raise ConfigError(f"{keyspace_name}.{name} cannot be read", found.unreadable, "name another table")
    return found


def types(session: Any, name: str) -> dict[str, tuple[tuple[str, str], ...]]:  # noqa: ANN401 - a driver session
    """Read a keyspace's user-defined types: name -> (field, type as CQL) in order."""
    rows = _rows(session, "types", name)
    return {row.type_name: tuple(zip(row.field_names, row.field_types, strict=True)) for row in rows}


def _rows(session: Any, of: str, name: str) -> list[Any]:  # noqa: ANN401 - a driver session
    query = f"SELECT * FROM system_schema.{of} WHERE keyspace_name = %s"  # noqa: S608 - our own table names
    return smallqueries.rows(session, query, (name,), of=f"keyspace {name}")


def _by_table(rows: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.table_name, []).append(row)
    return found


def _table(
    row: Any,  # noqa: ANN401 - a driver row
    name: str,
    columns: Mapping[str, list[Any]],
    udts: Mapping[str, tuple[tuple[str, str], ...]],
    *,
    is_view: bool = False,
) -> Table:
    made, unreadable = _columns(visible(columns.get(name, []), row), udts)
    made.sort(key=lambda one: (_ORDER[one.kind], one.position, one.name))
    comment = getattr(row, "comment", "") or ""
    return Table(row.keyspace_name, name, tuple(made), str(row.id), comment, is_view, unreadable=unreadable)


def _columns(rows: list[Any], udts: Mapping[str, tuple[tuple[str, str], ...]]) -> tuple[list[Column], str]:
    """Read a table's columns; one whose type nobody can parse costs its table, and not its keyspace."""
    made, wrong = [], []
    for row in rows:
        try:
            made.append(_column(row, udts))
        except ConfigError as error:
            wrong.append(f"column {row.column_name}: {error}")
    return made, "; ".join(wrong)


def visible(columns: list[Any], of: Any) -> list[Any]:  # noqa: ANN401 - driver rows
    """Give the columns that CQL shows; tables of COMPACT STORAGE have others beside them, which it does not know.

    A static-compact table (a key, and no clustering) is kept with a clustering key `column1` and a value that nobody
    named, and its regular columns as static ones; a dense one without regular columns with a value of type `empty`.
    https://github.com/apache/cassandra/blob/cassandra-3.11/src/java/org/apache/cassandra/config/CompactTables.java

    Args:
        columns: Rows of `system_schema.columns`.
        of: The table's row of `system_schema.tables`, or a view's.
    """
    flags = getattr(of, "flags", None)
    if flags is None:
        return columns  # a view
    if not {"compound", "dense", "super"} & set(flags):
        kept = [row for row in columns if row.kind in {"partition_key", "static"}]
        return [row._replace(kind="regular") if row.kind == "static" else row for row in kept]
    return [row for row in columns if row.kind != "regular" or row.type != "empty"]


def _masked(one: Table, hidden: Masks | None) -> Table:
    """Mark the columns whose values are hidden from who reads."""
    if hidden is None:
        return one
    marked = tuple(replace(column, masked=hidden.columns.get(column.name, "")) for column in one.columns)
    return replace(one, columns=marked, unmask=hidden.unmask, unread=hidden.unread)


def _column(row: Any, udts: Mapping[str, tuple[tuple[str, str], ...]]) -> Column:  # noqa: ANN401 - a driver row
    return Column(
        row.column_name,
        parse(row.type, udts),
        row.kind,
        row.position if row.kind in {"partition_key", "clustering"} else -1,
        row.clustering_order == "desc",
    )


def _unknown(what: str, name: str, known: tuple[str, ...], where: str) -> ConfigError:
    return ConfigError(f"there is no {what} {name!r}{where}", hint=offered(name, known, f"there is no {what} at all"))
