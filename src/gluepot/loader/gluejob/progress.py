"""How far the load of a job is: what its records in S3 say, read once each; the source is not asked for this."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gluepot.cassandra.cql import Range
from gluepot.lake.commit import layout
from gluepot.lake.commit.staging import Committed
from gluepot.lake.convert import fidelity
from gluepot.loader.core.results import LoadedTable
from gluepot.loader.core.watcher import Silent, Watcher
from gluepot.plan.records import RangeRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.errors import GluepotError
    from gluepot.lake.commit.lake import Lake
    from gluepot.lake.commit.store import Store
    from gluepot.loader.engines.handed import Begun, Handed


@dataclass(slots=True)
class Followed:
    """How far one table is.

    Args:
        begun: The table.
        store: Its location.
        ranges: Token ranges of its load; 0 before it has begun.
        records: Those that are finished, by the names of their records.
        before: How many of these another run had finished.
        began: When its load began; empty before.
        done: Its commit; None before.
        ours: Whether the commit was made while this looked on.
        is_told: Whether the watcher knows that it has begun.
    """

    begun: "Begun"
    store: "Store"
    ranges: int = 0
    records: dict[str, RangeRecord] = field(default_factory=dict)
    before: int = 0
    began: str = ""
    done: layout.Done | None = None
    ours: bool = True
    is_told: bool = False

    @property
    def rows(self) -> int:
        """Rows of the ranges that are finished."""
        return sum(part.rows for record in self.records.values() for part in record.parts)

    def loaded(self, error: "GluepotError | None", seconds: float) -> LoadedTable:
        """Say what became of it.

        Args:
            error: Why the job failed, for a table that is not committed.
            seconds: How long the job ran.
        """
        done, records = self.done, list(self.records.values())
        return LoadedTable(
            table=self.begun.table,
            load_id=self.begun.load_id,
            committed=None if done is None else Committed.of(done, ours=self.ours),
            error=None if done else error,
            read=sum(record.read for record in records),
            rows=self.rows,
            tallies=fidelity.merge([record.tallies for record in records]),
            wide=tuple(name for record in records for name in record.wide),
            parts=sum(len(record.parts) for record in records),
            how="kept" if done and not self.ours else "resumed" if self.before else "fresh",
            began=self.began,
            resumed=self.before,
            seconds=seconds,
        )


class Progress:
    """Looks at a load's records, and tells a watcher what is new.

    Args:
        lake: Where the load goes.
        handed: The load.
        watcher: Is told.
    """

    def __init__(self, lake: "Lake", handed: "Handed", watcher: Watcher | None = None) -> None:
        self.tables = [Followed(begun, lake.store(begun.table)) for begun in handed.tables]
        self._watcher: Watcher = watcher or Silent()

    def look(self, *, before: bool = False) -> None:
        """Read what has been recorded since the last look.

        Args:
            before: Whether the job has not been started: what is there, other runs have done.
        """
        for followed in self.tables:
            if followed.done is None:
                self._look(followed, before=before)

    def ranges(self) -> int:
        """Count the token ranges of the tables that have begun."""
        return sum(followed.ranges for followed in self.tables)

    def tell(self, watcher: Watcher) -> None:
        """Tell another watcher from here on; what was told before counts as another run's."""
        self._watcher = watcher
        for followed in self.tables:
            followed.is_told = False

    def _look(self, followed: Followed, *, before: bool) -> None:
        load_id = followed.begun.load_id
        if not followed.ranges:
            record = followed.store.read(layout.load_key(load_id), layout.LoadRecord)
            if record is None:
                return
            followed.ranges, followed.began = len(record.ranges), record.started
        done = followed.store.read(layout.done_key(load_id), layout.Done)  # first: its ranges are complete then
        keys = [
            stored.key
            for stored in followed.store.list(layout.ranges_folder(load_id))
            if stored.key not in followed.records
        ]
        new = followed.store.read_all(keys, RangeRecord)
        followed.records |= {layout.range_key(load_id, Range(record.start, record.end)): record for record in new}
        if done is not None:
            followed.done, followed.ours = done, not before
        if before:
            followed.before = len(followed.records)
        else:
            self._tell(followed, new)

    def _tell(self, followed: Followed, new: "Sequence[RangeRecord]") -> None:
        table = followed.begun.table
        if not followed.is_told:
            followed.is_told = True
            self._watcher.began(table, followed.ranges, followed.before)
        for record in new:
            self._watcher.read(table, record.read, record.bytes)
            self._watcher.finished(table, record)
        if followed.done is not None:
            self._watcher.ended(table, followed.done.rows, "")
