"""Job 2: a keyspace's tables become tables of the Glue catalog. Read, stage, commit, in that order.

Each token range is read, converted and written to Parquet files under a load id, then recorded beside them. Once every
range of a table has its record, one commit makes the table's rows visible. A load that was cut short is found again by
its plan and goes on with the ranges that have no record. The end of the run is a record of its own, which the caller
writes once nothing can fail any more (`gluepot.loader.core.choosing.end`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gluepot.cassandra import splits
from gluepot.cassandra.cql import Range
from gluepot.errors import GluepotError
from gluepot.lake.convert import fidelity
from gluepot.loader.core.choosing import ANY, chosen_loads
from gluepot.loader.core.engine import Work
from gluepot.loader.core.results import LoadedTable
from gluepot.loader.core.stager import Times
from gluepot.loader.core.watcher import Silent
from gluepot.loader.engines.local import Local

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.patience import Patience
    from gluepot.lake.commit.lake import Lake
    from gluepot.lake.commit.staging import Committed, Staging
    from gluepot.loader.core.engine import Engine
    from gluepot.loader.core.origin import Origin
    from gluepot.loader.core.watcher import Watcher
    from gluepot.plan.identity import Choice, Rule
    from gluepot.plan.table import LoadPlan, PlannedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a load may use.

    Args:
        in_flight: Ranges read at once; 0 for twice the cores.
        range_bytes: Source bytes that one range aims at.
        patience: How a reader waits, backs off and splits; None for its defaults.
    """

    in_flight: int = 0
    range_bytes: int = splits.RANGE_BYTES
    patience: Patience | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """One load: a plan between a source and a lake.

    Args:
        plan: What is loaded.
        source: Where it reads.
        lake: Where tables and files are.
        limits: What it may use.
        watcher: Who is told how it gets on.
        engine: Where ranges are read.
    """

    plan: LoadPlan
    source: Origin
    lake: Lake
    limits: Limits = Limits()
    watcher: Watcher = field(default_factory=Silent)
    engine: Engine = field(default_factory=Local)

    def run(self, rule: Rule = ANY, say: Callable[[str], None] = lambda _: None) -> tuple[LoadedTable, ...]:
        """Load every table; one that fails does not stop the others.

        Args:
            rule: Which loads are joined or finished.
            say: Is told of each table that is not simply read from its beginning.

        Raises:
            ConfigError: A load that is asked for cannot be finished; nothing has been read or written by then.
        """
        chosen = chosen_loads(self.plan, self.lake, rule, say)
        return tuple(
            self._load(table, choice, chosen.run) for table, choice in zip(self.plan.tables, chosen.loads, strict=True)
        )

    def _load(self, table: PlannedTable, choice: Choice, run: str) -> LoadedTable:
        began = time.monotonic()
        load = self._kept if choice.how == "kept" else self._staged_and_committed
        try:
            done = load(table, choice.load_id, run, began)
        except GluepotError as error:
            spent = time.monotonic() - began
            done = LoadedTable(table=table, load_id=choice.load_id, how=choice.how, error=error, seconds=spent)
        self.watcher.ended(table, done.rows, str(done.error or ""))
        return replace(done, run=run)

    def _kept(self, table: PlannedTable, load_id: str, run: str, began: float) -> LoadedTable:
        """Say what a load did that is committed already, and do what may have been left behind its commit."""
        staging = self.lake.kept(table, load_id)
        committed = staging.commit(run)
        staging.clean()
        result = replace(_loaded(table, staging, committed, Times(), began), how="kept")
        return replace(result, resumed=len(staging.finished))

    def _staged_and_committed(self, table: PlannedTable, load_id: str, run: str, began: float) -> LoadedTable:
        source = self.source.table(table)
        staging = self._begin(table, source, load_id)
        resumed = len(staging.finished)
        times = self._stage(table, source, staging)
        self.source.table(table)  # nothing in what was read says whether it was masked meanwhile
        committing = time.monotonic()
        committed = staging.commit(run)
        times.commit = time.monotonic() - committing
        staging.clean()
        result = _loaded(table, staging, committed, times, began)
        return replace(result, how="resumed" if resumed else "fresh", resumed=resumed)

    def _begin(self, table: PlannedTable, source: Table, load_id: str) -> Staging:
        ranges = self.source.split(source, lambda size: self.engine.range_bytes(size, self.limits.range_bytes))
        together = tuple(one.name for one in self.plan.tables)
        staging = self.lake.begin(
            table, load_id=load_id, digest=self.plan.digest(table), ranges=ranges, together=together
        )
        self.watcher.began(table, len(staging.ranges), len(staging.finished))
        return staging

    def _stage(self, table: PlannedTable, source: Table, staging: Staging) -> Times:
        """Stage every range that has no record yet."""
        work = Work(
            table=table,
            source=source,
            session=self.source.session,
            staging=staging,
            todo=tuple(token_range for token_range in staging.ranges if token_range not in staging.finished),
            in_flight=self.limits.in_flight,
            patience=self.limits.patience,
            watcher=self.watcher,
        )
        if work.todo:
            for record in self.engine.stage(work):
                staging.finished[Range(record.start, record.end)] = record
                self.watcher.finished(table, record)
        return work.times


def _loaded(table: PlannedTable, staging: Staging, committed: Committed, times: Times, began: float) -> LoadedTable:
    records = [staging.finished[token_range] for token_range in staging.ranges]
    return LoadedTable(
        table=table,
        load_id=staging.load_id,
        committed=committed,
        read=sum(record.read for record in records),
        rows=sum(part.rows for record in records for part in record.parts),
        tallies=fidelity.merge([record.tallies for record in records]),
        wide=tuple(name for record in records for name in record.wide),
        parts=sum(len(record.parts) for record in records),
        began=staging.began,
        seconds=time.monotonic() - began,
        times=times,
    )
