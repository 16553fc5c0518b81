"""Ranges on Spark: gluepot's own reader in each task, through `mapInArrow`; this process, the driver, commits.

    table -> ranges, some to a task -> executors: read, stage, record -> reports -> driver: one commit

The tasks carry the plan, the table and the ranges; rows go from Cassandra to S3 on the executors, and never through
Spark. So no connector and no jar is needed, types are the same everywhere, and a task is as cheap to repeat as a range.
"""

from __future__ import annotations

import contextlib
import math
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.aws.access import region_named
from gluepot.errors import EngineError
from gluepot.loader.engines import portable, sparksession
from gluepot.loader.engines.reports import Report, Reports
from gluepot.loader.engines.sparktask import Tasks

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator
    from concurrent.futures import Future

    from gluepot.cassandra.cql import Range
    from gluepot.cassandra.patience import Patience
    from gluepot.errors import GluepotError
    from gluepot.loader.core.engine import Work
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.plan.records import RangeRecord

WAVES: Final = 3
"""Tasks for each slot of the cluster, at the least, where the table is large enough: few wait for the last."""

FINEST: Final = 16
"""Ranges get smaller than the plan file says by this at the most: each leaves a file and a record."""

PER_TASK: Final = 4
"""Ranges of one task, where there are many: starting a task takes some hundredths of a second."""

THREADS: Final = 2
"""Ranges that a task reads at a time: one waits for the server while the other is decoded."""

TICK: Final = 0.1
"""Seconds between two looks at what was reported."""

STRAGGLERS: Final = 10.0
"""Seconds to wait for attempts that Spark ends because another was first."""


@dataclass(frozen=True, slots=True)
class Spark:
    """An engine on a Spark session.

    Args:
        session: The session.
        plan: The plan file as it travels.
        slots: Tasks that the cluster runs at a time.
    """

    session: Any
    plan: bytes
    slots: int

    def range_bytes(self, size: int, asked: int) -> int:
        """Make ranges small enough for all slots to have some, and not so small that files are many."""
        return max(min(asked, size // (self.slots * WAVES)), asked // FINEST, 1)

    def stage(self, work: Work) -> Iterator[RangeRecord]:
        """Stage every range in tasks; give each record as the driver hears of it.

        Raises:
            GluepotError: What a task could not do.
            EngineError: Spark gave up.
        """
        context = self.session.sparkContext
        reports = context.accumulator(Reports().zero(None), Reports())
        count, threads = shares(len(work.todo), self.slots, work.in_flight)
        tasks = Tasks(
            plan=self.plan,
            table=work.table,
            source=work.source,
            load=work.staging.shared(),
            ranges=_shuffled(work.todo),
            threads=threads,
            patience=self._patience(work.patience),
            attempts=sparksession.attempts(self.session),
            reports=reports,
        )
        group = f"gluepot-{work.staging.load_id}-{work.table.name}"
        with ThreadPoolExecutor(1, thread_name_prefix="spark") as pool:
            job = pool.submit(_run, self.session, tasks, count, group)
            try:
                yield from _followed(job, reports.value, work)
            finally:
                if not job.done():
                    context.cancelJobGroup(group)
        _ended(context, group)

    def _patience(self, asked: Patience | None) -> Patience | None:
        """Share the limit on requests out: each slot is a process that counts for itself."""
        if asked is None or not asked.requests_per_second:
            return asked
        return replace(asked, requests_per_second=asked.requests_per_second / self.slots)


@contextlib.contextmanager
def opened(file: PlanFile) -> Iterator[Spark]:
    """Open the engine that a plan file asks for.

    Raises:
        ConfigError: A secret is written out in the plan file, or there is no Java.
        MissingExtraError: PySpark is not installed.
        EngineError: Spark did not start.
    """
    region = region_named(file.target.region, file.target.profile)
    plan = portable.encode(msgspec.structs.replace(file, target=msgspec.structs.replace(file.target, region=region)))
    with sparksession.session(file) as session:
        yield Spark(session, plan, sparksession.slots(session))


def shares(ranges: int, slots: int, in_flight: int = 0) -> tuple[int, int]:
    """Say into how many tasks ranges go, and how many of its ranges a task reads at a time.

    Args:
        ranges: How many there are.
        slots: Tasks that the cluster runs at a time.
        in_flight: Ranges to read at once, over all tasks; 0 for what suits the cluster.
    """
    if 0 < in_flight < slots:
        return min(in_flight, ranges), 1
    threads = max(in_flight // slots, 1) if in_flight else THREADS
    return max(math.ceil(ranges / max(PER_TASK, threads)), min(ranges, slots * WAVES)), threads


def _shuffled(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """Put neighbours apart: they share a replica, and would queue at one node."""
    return tuple(random.sample(ranges, len(ranges)))


def _run(session: Any, tasks: Tasks, count: int, group: str) -> None:  # noqa: ANN401 - a SparkSession
    """Run the job to its end; in a thread of its own, since Spark answers only then."""

    def stage(batches: Any) -> Any:  # noqa: ANN401 - iterators of record batches; Spark wants a plain function
        return tasks.run(batches)

    session.sparkContext.setJobGroup(group, f"gluepot: {tasks.table.name}", interruptOnCancel=True)
    frame = session.range(0, len(tasks.ranges), 1, numPartitions=count)
    frame.mapInArrow(stage, "id long").collect()


def _followed(job: Future[None], waiting: deque[bytes], work: Work) -> Iterator[RangeRecord]:
    """Give records as they are reported, until the job has ended and nothing waits any more."""
    missing = {token_range.start: token_range for token_range in work.todo}
    while True:
        ended = job.done()
        while waiting:
            report = msgspec.json.decode(waiting.popleft(), type=Report)
            if report.error is not None:
                raise report.error.error()
            yield from _accepted(report, work, missing)
        if ended:
            break
        time.sleep(TICK)
    try:
        job.result()
    except Exception as error:
        raise _failed(error) from error
    if missing:
        raise EngineError("Spark ended without a word of some ranges", f"{len(missing)} of {len(work.todo)}", _AGAIN)


def _accepted(report: Report, work: Work, missing: dict[int, Range]) -> Iterator[RangeRecord]:
    for name, seconds in report.times.items():
        setattr(work.times, name, getattr(work.times, name) + seconds)
    for record in report.records:
        if missing.pop(record.start, None) is not None:
            work.watcher.read(work.table, record.read, record.bytes)
            yield record


_AGAIN: Final = "run the load again: it goes on with the ranges that have no record"
_PYTHON: Final = re.compile(r"^((?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Interrupt)): (.*)$", re.MULTILINE)


def _failed(error: Exception) -> GluepotError:
    """Say why Spark gave up: what the Python of the last attempt raised, or Spark's own words."""
    text = str(error)
    if "cancelled" in text and "job group" in text:
        return EngineError("the load was ended in Spark", "its job was cancelled", _AGAIN)
    raised = [found for found in _PYTHON.findall(text) if not found[0].startswith(("org.", "java.", "py4j."))]
    if raised:
        kind, what = raised[-1]
        return EngineError("a Spark task failed", f"{kind.rpartition('.')[2]}: {what}"[:500], _AGAIN)
    lost = re.search(r"(?:SparkException|Job aborted[^:]*): (.*)", text)
    why = lost[1] if lost else (text.strip().splitlines() or [type(error).__name__])[0]
    return EngineError("Spark gave the load up", why[:500], _AGAIN)


def _ended(context: Any, group: str) -> None:  # noqa: ANN401 - a SparkContext
    """Wait for attempts that run although another was first: what they still write, nobody would remove."""
    tracker = context.statusTracker()
    end = time.monotonic() + STRAGGLERS
    while time.monotonic() < end:
        jobs = [tracker.getJobInfo(job_id) for job_id in tracker.getJobIdsForGroup(group)]
        stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
        if not any(stage and stage.numActiveTasks for stage in stages):
            return
        time.sleep(TICK)
