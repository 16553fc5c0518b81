"""Masks on columns, which Cassandra 5.0 has: those through which the role that reads does not see.

A role without UNMASK is answered `****`, zeros, or a part of the value, and a value in place of null, without a word of
it: nothing in a result says so. The masks stand in `system_schema.column_masks`, of materialized views too, which have
masks of their own; whether they are in force depends on the role.
https://cassandra.apache.org/doc/5.0/cassandra/developing/cql/dynamic-data-masking.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import smallqueries
from gluepot.cassandra.cql import quoted
from gluepot.errors import GluepotError

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN: Final = ("AllowAllAuthorizer", "not anonymous")
"""What a server answers on which everybody may do everything: it has no authorizer, which it refuses to have without
an authenticator (https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/auth/AuthConfig.java)."""


@dataclass(frozen=True, slots=True)
class Masks:
    """What hides values of one table from who reads.

    Args:
        columns: Column -> the function that answers in its place, as `mask_inner(1, 1)`.
        unmask: The GRANT that shows the values.
        unread: Why the role's permissions could not be read, so that masks count as in force; empty where they were.
    """

    columns: Mapping[str, str]
    unmask: str
    unread: str = ""


def in_force(session: Any, keyspace: str) -> dict[str, Masks]:  # noqa: ANN401 - a driver session
    """Give the masks of a keyspace that the session's role does not see through, by table; views are tables here.

    Args:
        session: A driver session.
        keyspace: The keyspace.
    """
    found: dict[str, dict[str, str]] = {}
    for row in _rows(session, keyspace):
        found.setdefault(row.table_name, {})[row.column_name] = _function(row)
    role = role_of(session)
    judged = {table: _permissions(session, keyspace, table, role) for table in found}
    return {
        table: Masks(columns, _grant(keyspace, table, role), judged[table][1])
        for table, columns in found.items()
        if not judged[table][0]
    }


def role_of(session: Any) -> str:  # noqa: ANN401 - a driver session
    """Give the role that a session logs in with; empty where none is known."""
    return str(getattr(session.cluster.auth_provider, "username", "") or "")


def _grant(keyspace: str, table: str, role: str) -> str:
    """Write the GRANT that shows the values of a table or of a view."""
    from cassandra.metadata import maybe_escape_name as spelt  # noqa: PLC0415 - the driver is slow to load

    return f"GRANT UNMASK ON {spelt(keyspace)}.{spelt(table)} TO {spelt(role) if role else 'the role'}"


def _rows(session: Any, keyspace: str) -> list[Any]:  # noqa: ANN401 - a driver session
    """Read the masks; none from a server that does not know them."""
    there = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s AND table_name = %s"
    if not smallqueries.rows(session, there, ("system_schema", "column_masks"), of="system_schema"):
        return []
    query = "SELECT * FROM system_schema.column_masks WHERE keyspace_name = %s"
    return smallqueries.rows(session, query, (keyspace,), of="system_schema.column_masks")


def _function(row: Any) -> str:  # noqa: ANN401 - a driver row
    """Write a mask as CQL does."""
    pairs = zip(row.function_argument_values or (), row.function_argument_nulls or (), strict=True)
    arguments = ", ".join("null" if is_null else str(value) for value, is_null in pairs)
    keyspace = "" if row.function_keyspace == "system" else f"{row.function_keyspace}."
    return f"{keyspace}{row.function_name}({arguments})"


def _permissions(session: Any, keyspace: str, table: str, role: str) -> tuple[bool, str]:  # noqa: ANN401 - a driver session
    """Say whether a role sees through a table's masks, and why that could not be found out."""
    asked = f"LIST UNMASK PERMISSION ON TABLE {quoted(keyspace)}.{quoted(table)} OF {quoted(role or 'nobody')}"
    try:
        if smallqueries.rows(session, asked, of=f"the permissions of {role}"):
            return True, ""
        roles = smallqueries.rows(session, f"LIST ROLES OF {quoted(role)}", of=f"role {role}")
    except GluepotError as error:
        is_open = any(told in str(error) for told in _OPEN)
        return is_open, "" if is_open else str(error)
    return any(row.super for row in roles), ""
