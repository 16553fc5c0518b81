"""Write the bundled sample into a keyspace, and leave alone what is somebody else's there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.cassandra import schema, smallqueries
from gluepot.cassandra.cql import quoted
from gluepot.cassandra.errors import silent
from gluepot.errors import ConfigError, GluepotError
from gluepot.source import sample

if TYPE_CHECKING:
    from gluepot.cassandra.connect import Connected
    from gluepot.source.sample import Written

_LOOKED_AT: Final = 1000
"""Keys that are looked at to find somebody else's rows: more than the sample has."""

_NAMED: Final = 3


def write_sample(source: Connected, keyspace: str, *, create: bool = False, beside: bool = False) -> Written:
    """Write the bundled sample; writing it again changes nothing.

    Args:
        source: The connection.
        keyspace: Where to.
        create: Whether a keyspace that is missing is created, which Astra does in its portal only.
        beside: Whether it is written although a table of that name holds rows of somebody else.

    Raises:
        ConfigError: The keyspace is missing; or a table of that name is there, and is another or holds other rows.
        SourceError: Cassandra did not take a row.
        UnreachableError: Cassandra does not answer.
    """
    others = {} if beside else foreign(source, keyspace)
    if others:
        found = "; ".join(f"{name} has {', '.join(keys[:_NAMED])}" for name, keys in others.items())
        hint = "say --yes to write the sample beside them, or choose another keyspace with --keyspace"
        raise ConfigError(f"keyspace {keyspace} has tables of the sample's names with other rows", found, hint)
    try:
        return sample.write(source.session, keyspace, create=create)
    except GluepotError:
        raise
    except Exception as error:
        raise silent(f"keyspace {keyspace}", error) from error


def foreign(source: Connected, keyspace: str) -> dict[str, list[str]]:
    """Find rows that are not the sample's in tables of its names: table -> some of their keys."""
    if keyspace not in schema.keyspaces(source.session):
        return {}
    ours = {row["show_id"] for row in sample.titles()}
    found: dict[str, list[str]] = {}
    for table in schema.keyspace(source.session, keyspace):
        if table.name not in {sample.TITLES, sample.VIEWINGS} or [c.name for c in table.partition_key] != ["show_id"]:
            continue
        if any(column.masked for column in table.partition_key):
            found[table.name] = [f"keys that are masked ({table.unmask})"]
            continue
        query = f"SELECT DISTINCT show_id FROM {quoted(keyspace)}.{quoted(table.name)} LIMIT {_LOOKED_AT}"  # noqa: S608 - quoted
        keys = [str(row.show_id) for row in smallqueries.rows(source.session, query, of=f"table {table.name}")]
        if others := sorted(set(keys) - ours):
            found[table.name] = others
    return found
