"""Whether a table is still the one whose scan began."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from gluepot.cassandra.cells import rows_of
from gluepot.cassandra.errors import changed

if TYPE_CHECKING:
    from gluepot.cassandra.cql import CqlType, Table
    from gluepot.cassandra.requests import RangeProgress, Requests


def check(requests: Requests, table: Table, progress: RangeProgress) -> None:
    """Compare a table's id with what the cluster says now, which takes one small request.

    Raises:
        SourceError: It was dropped, or dropped and created again: rows of both may have been read.
    """
    if not table.id:
        return
    of, column = ("views", "view_name") if table.is_view else ("tables", "table_name")
    query = f"SELECT id FROM system_schema.{of} WHERE keyspace_name = ? AND {column} = ?"  # noqa: S608 - our own names
    values = (table.keyspace.encode(), table.name.encode())
    found = [row for page in requests.pages(query, progress, values, "nowhere") for row in rows_of(page)]
    if not found:
        raise changed(table, "it was dropped while it was read")
    if uuid.UUID(bytes=found[0][0] or bytes(16)) != uuid.UUID(table.id):
        raise changed(table, "it was dropped and created again while it was read")


def check_type(table: Table, name: str, planned: CqlType, now: CqlType) -> None:
    """Compare a column's type with what a page says.

    Raises:
        SourceError: It is another type: the column was dropped and added again.
    """
    if not alike(planned, now):
        raise changed(table, f"column {name} was {planned} and is {now}")


def alike(planned: CqlType, now: CqlType) -> bool:
    """Tell whether values of a type as it is now can be read as it was planned.

    Result metadata do not say what is frozen. A user-defined type may have got further fields, or other names for them:
    its values are read as planned, without what was added since.
    """
    if "custom" in {planned.name, now.name}:
        return True
    if planned.name != now.name or planned.size != now.size:
        return False
    grown = planned.name == "udt" and len(now.args) > len(planned.args)
    if len(planned.args) != len(now.args) and not grown:
        return False
    return all(alike(before, after) for before, after in zip(planned.args, now.args, strict=False))


def merged(planned: CqlType, now: CqlType) -> CqlType:
    """Give the type that a value has now, with the names that were planned: fields that were added come last."""
    if "custom" in {planned.name, now.name}:
        return planned
    inner = tuple(merged(before, after) for before, after in zip(planned.args, now.args, strict=False))
    added = slice(len(planned.args), None)
    return replace(planned, args=inner + now.args[added], fields=planned.fields + now.fields[added])
