"""Where a load reads: the tables of a keyspace as they are now, cut into token ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gluepot.cassandra import schema, splits
from gluepot.errors import SourceError
from gluepot.loader.core import unmasked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gluepot.cassandra.connect import Connected
    from gluepot.cassandra.cql import Range, Table
    from gluepot.plan.table import PlannedTable


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of one load.

    Args:
        connected: The connection to Cassandra.
        keyspace: The source keyspace.
    """

    connected: Connected
    keyspace: str

    @property
    def session(self) -> Any:  # noqa: ANN401 - the driver has no types
        """The driver's session."""
        return self.connected.session

    def table(self, planned: PlannedTable) -> Table:
        """Look at a table as it is now.

        Raises:
            SourceError: It is not the one that was planned.
            ConfigError: It would be read as masks show it.
        """
        found = schema.table(self.session, self.keyspace, planned.source)
        if found.id != planned.source_id:
            raise SourceError(
                f"table {self.keyspace}.{planned.source} is not the one that was planned",
                "it was dropped and created again since",
                "look at gluepot load plan again, then run the load",
            )
        unmasked.check(planned, found)
        return found

    def split(self, table: Table, wanted: Callable[[int], int]) -> Sequence[Range]:
        """Cut a table into token ranges that cover the ring.

        Args:
            table: The table.
            wanted: Gives the bytes that one range aims at, for those of the table.
        """
        size = splits.estimate(self.session, table)
        return splits.split(self.session, table, target_bytes=wanted(size.bytes), size=size)
