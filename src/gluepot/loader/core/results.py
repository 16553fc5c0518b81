"""What became of a load, table by table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gluepot.loader.core.stager import Times

if TYPE_CHECKING:
    from gluepot.errors import GluepotError
    from gluepot.lake.commit.staging import Committed
    from gluepot.plan.identity import How
    from gluepot.plan.records import Tally
    from gluepot.plan.table import PlannedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTable:
    """What became of one table.

    Args:
        table: The plan of it.
        load_id: Under which load it was staged.
        committed: Its commit; None where it failed.
        error: Why it failed; None where it did not.
        read: Rows read from the source.
        rows: Rows that its load has put into the lake; `committed.total` are those of earlier loads too.
        tallies: Per lake column, what happened to its values.
        wide: Partitions that had to be read by clustering key.
        parts: Token ranges with a proof.
        run: The run that it was loaded in; empty where this process did not load it.
        how: Whether it was read from its beginning, on from where an earlier run was cut short, or is kept as it was.
        began: When its load began, ISO 8601 in UTC; empty where it did not begin.
        resumed: Ranges that an earlier run had finished.
        seconds: From its first request to its commit, in this run.
        times: Where the threads spent their time.
    """

    table: PlannedTable
    load_id: str
    committed: Committed | None = None
    error: GluepotError | None = None
    read: int = 0
    rows: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    wide: tuple[str, ...] = ()
    parts: int = 0
    run: str = ""
    how: How = "fresh"
    began: str = ""
    resumed: int = 0
    seconds: float = 0.0
    times: Times = field(default_factory=Times)
