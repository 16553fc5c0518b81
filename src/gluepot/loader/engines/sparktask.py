"""What runs in Spark's Python workers: some ranges of one table, read, staged and recorded as on one machine.

A worker process is used for task after task, so what it opens first, it keeps: the connection to Cassandra, the lake.
It resolves the plan's references to secrets itself (see `portable`).

Nothing here can put a row into a table twice. A range counts once it has a record, records are created once and never
changed, and only the driver commits: of a task that is repeated, or run by two executors at a time, the first record
stands, and the files of the other are removed or are the very same.
"""

from __future__ import annotations

import os
import random
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.cassandra.parallel import each_range
from gluepot.cassandra.source import Tls
from gluepot.errors import ConfigError, ErrorRecord, FidelityError, GluepotError, MissingExtraError
from gluepot.loader.core.stager import Stager, Times
from gluepot.loader.core.watcher import Silent
from gluepot.loader.engines import portable
from gluepot.loader.engines.reports import Report
from gluepot.waiting.patience import patient

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    import pyarrow as pa

    from gluepot.cassandra.connect import Connected
    from gluepot.cassandra.cql import Range, Table
    from gluepot.cassandra.patience import Patience
    from gluepot.lake.commit.lake import Lake
    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.lake.commit.staging import Staging
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable

HOPELESS: Final = (ConfigError, FidelityError, MissingExtraError)
"""Errors that a second attempt would meet again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """All tasks of one table, as they travel to the executors; each row of Spark's frame is the number of a range.

    Args:
        plan: The plan file as JSON, with references to secrets.
        table: The plan of the table.
        source: The table in Cassandra.
        load: The load, without its ranges.
        ranges: The ranges, by number.
        threads: Ranges that one task reads at a time.
        patience: How a reader waits, backs off and splits.
        attempts: Failures of one task after which Spark gives up.
        reports: The accumulator.
    """

    plan: bytes
    table: PlannedTable
    source: Table
    load: LoadRecord
    ranges: tuple[Range, ...]
    threads: int
    patience: Patience | None
    attempts: int
    reports: Any

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Stage the ranges of one task, and report.

        An error that a second attempt may mend is raised, so that Spark makes one, somewhere else if it can; any other
        is reported, and so is that of the last attempt: the driver is to hear its parts, not a traceback.
        """
        numbers: list[int] = [number for batch in batches for number in batch.column(0).to_numpy().tolist()]
        todo = [self.ranges[number] for number in numbers]
        attempt = _attempt()
        try:
            with patient(portable.decode(self.plan).limits):
                report = self._staged(todo, attempt)
        except GluepotError as error:
            if not isinstance(error, HOPELESS) and attempt + 1 < self.attempts:
                raise
            report = Report(error=ErrorRecord.of(error))
        self.reports.add(deque([msgspec.json.encode(report)]))
        yield from ()

    def _staged(self, todo: list[Range], attempt: int) -> Report:
        from gluepot.cassandra.reader import Reader  # noqa: PLC0415 - the driver is slow to load
        from gluepot.lake.convert.convert import Converter  # noqa: PLC0415 - pyarrow and duckdb are slow to load

        source, staging = self._opened(again=attempt > 0)
        reader = Reader(source.session, Converter(self.table, self.source).selection, self.patience)
        stager = Stager(table=self.table, source=self.source, reader=reader, staging=staging, watcher=Silent())
        times = Times()
        records = []

        def stage(token_range: Range, stop: threading.Event) -> Iterator[tuple[RangeRecord, Times]]:
            standing = staging.standing(token_range) if attempt else None  # the first attempt finds none, but for twins
            yield (standing, Times()) if standing else stager.stage(token_range, stop)

        for record, spent in each_range(todo, stage, workers=self.threads):
            times.add(spent)
            records.append(record)
        times.decode = reader.stats.decode
        return Report(records=tuple(records), times={name: getattr(times, name) for name in times.__slots__})

    def _opened(self, *, again: bool) -> tuple[Connected, Staging]:
        source, lake = _open(self.plan, again=again)
        return source, lake.join(self.table, self.load)


_kept: dict[bytes, tuple[Connected, Lake]] = {}
"""What this process has opened, by the plan that names it; a worker has one task at a time."""


def _open(plan: bytes, *, again: bool) -> tuple[Connected, Lake]:
    """Open what a plan names, or give what is open; what may be at fault for a failure is opened again."""
    if again or plan not in _kept:
        for source, _ in _kept.values():
            source.close()
        _kept.clear()
        _kept[plan] = _made(portable.decode(plan))
    return _kept[plan]


def _made(file: PlanFile) -> tuple[Connected, Lake]:
    from gluepot.loader.core.connect import connect, lake_of  # noqa: PLC0415 - the driver is slow to load

    if file.target.region and not os.environ.get("AWS_REGION"):
        os.environ["AWS_DEFAULT_REGION"] = file.target.region  # executors know less of where they are than the driver
    lake = replace(lake_of(file.target), temporary=_temporary())
    source = msgspec.structs.replace(file.source, bundle=brought(file.source.bundle))
    if isinstance(source.tls, Tls):
        files = {name: brought(getattr(source.tls, name)) for name in ("ca", "cert", "key")}
        source = msgspec.structs.replace(source, tls=msgspec.structs.replace(source.tls, **files))
    return connect(source), lake


def brought(path: str) -> str:
    """Find a file that the plan names: there, or among those that spark-submit brought along with `--files`."""
    from pyspark import SparkFiles  # noqa: PLC0415 - of an extra

    if not path or path.startswith("data:") or Path(path).expanduser().exists():
        return path
    there = Path(SparkFiles.getRootDirectory()) / Path(path).name
    return str(there) if there.exists() else path


def _temporary() -> Path | None:
    """Give the place for temporary files: a disk that the cluster has given to Spark, where it has told one."""
    places = [Path(path) for path in os.environ.get("SPARK_LOCAL_DIRS", "").split(",") if path]
    there = [path for path in places if path.is_dir()]
    return random.choice(there) if there else None  # noqa: S311 - any disk will do


def _attempt() -> int:
    """Count the attempts at this task before this one; those of other executors count too."""
    from pyspark import TaskContext  # noqa: PLC0415 - of an extra

    context = TaskContext.get()
    return context.attemptNumber() if context else 0
