"""Whether a table shows its values as it did when it was planned: asked before it is read, and before its commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.errors import ConfigError
from gluepot.lake.convert.convert import Converter

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table
    from gluepot.plan.table import PlannedTable


def check(table: PlannedTable, source: Table) -> None:
    """Compare the masks of what is read with those that were planned.

    Args:
        table: The plan.
        source: The table in Cassandra, as it is now.

    Raises:
        ConfigError: A mask was added, or a permission was taken or given since.
    """
    read = Converter(table, source).selection.columns
    now = {column.name for column in source.masked} & set(read)
    hidden = ", ".join(sorted(now - set(table.masked)))
    shown = ", ".join(sorted(set(table.masked) - now))
    name = f"{source.keyspace}.{source.name}"
    if hidden:
        what = f"{name} shows masks in place of {hidden}, which it did not when it was planned"
        raise ConfigError(what, source.unread, f"{source.unmask}; then run the load again")
    if shown:
        what = f"{name} shows the values of {shown}, which were masked when it was planned"
        raise ConfigError(what, "", "run the load again: it is planned anew")
