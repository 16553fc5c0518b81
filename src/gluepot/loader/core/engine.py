"""What an engine does: it has the ranges of a table staged, wherever that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gluepot.loader.core.stager import Times
from gluepot.loader.core.watcher import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.cql import Range, Table
    from gluepot.cassandra.patience import Patience
    from gluepot.lake.commit.staging import Staging
    from gluepot.loader.core.watcher import Watcher
    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The ranges of one table that have no record yet.

    Args:
        table: The plan of the table.
        source: The table in Cassandra.
        session: A driver session in this process.
        staging: Where files and records go.
        todo: The ranges.
        in_flight: Ranges to read at once, over all of the engine; 0 for what suits it.
        patience: How a reader waits, backs off and splits; None for its defaults.
        watcher: Who is told of what was read.
        times: Takes where the time went.
    """

    table: PlannedTable
    source: Table
    session: Any
    staging: Staging
    todo: tuple[Range, ...]
    in_flight: int = 0
    patience: Patience | None = None
    watcher: Watcher = field(default_factory=Silent)
    times: Times = field(default_factory=Times)


class Engine(Protocol):
    """Where ranges are read."""

    @property
    def slots(self) -> int:
        """Ranges or tasks that are at work at a time, where the plan file does not say."""

    def range_bytes(self, size: int, asked: int) -> int:
        """Say how many bytes of the source one range aims at.

        Args:
            size: The table's bytes, estimated.
            asked: What the plan file says.
        """

    def stage(self, work: Work) -> Iterator[RangeRecord]:
        """Have every range staged; give the record that stands of each, as it is finished.

        Raises:
            GluepotError: A range could not be staged; the others have ended, or are given up.
        """
