"""The one way into a load: from a plan file to what becomes of it.

    plan_load     what would be loaded, and what must be mended first; nothing is written anywhere
    run_load      read, stage, commit: in this process, on Spark, or as a Glue job
    verify_load   lake against source, token range by token range

The command line, Airflow's tasks and Spark's entry call these and assemble nothing themselves. What a function raises
kept it from its tables; what kept one table is in its result.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from gluepot.config.model import Globs
from gluepot.errors import ConfigError, GluepotError
from gluepot.loader.core import extra
from gluepot.loader.core.planfile import PlanFile
from gluepot.loader.core.watcher import Silent
from gluepot.loader.plan import readfile
from gluepot.waiting.patience import patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gluepot.lake.commit.lake import Lake
    from gluepot.loader.core.results import LoadedTable
    from gluepot.loader.core.watcher import Watcher
    from gluepot.loader.gluejob.job import Job, Submitted
    from gluepot.loader.load import Limits
    from gluepot.loader.plan.open import OpenPlan
    from gluepot.loader.plan.planning import PlannedLoad
    from gluepot.loader.verify import VerifiedTable
    from gluepot.plan.identity import Rule

SILENT: Final = Silent()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How a plan is loaded, beside what its file says.

    Args:
        load_id: The load to join or to begin, for every table; empty to find out.
        ids: Per table, by its name in the catalog, the load that somebody has chosen; as a job is told.
        run: The run that they have chosen with these.
        resume: Whether a table whose load was cut short is finished: True refuses where that is too old, None reads the
            table from its beginning then, False does so in any case.
        create_database: Whether a Glue database that is missing is created, whatever the file says.
        take_over: Whether tables that were loaded from another source are this plan's from now on.
        detach: Whether a Glue job is left to itself once it was started.
        engine: In place of the file's.
        range_bytes: Bytes of the source that one token range aims at, in place of the file's; 0 for that.
        temporary: Where files are while they grow; None for the system's place.
    """

    load_id: str = ""
    ids: Mapping[str, str] = dataclasses.field(default_factory=dict)
    run: str = ""
    resume: bool | None = None
    create_database: bool = False
    take_over: bool = False
    detach: bool = False
    engine: Literal["", "local", "spark", "glue"] = ""
    range_bytes: int = 0
    temporary: Path | None = None


DEFAULTS: Final = LoadOptions()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What became of a load.

    Args:
        tables: Its tables, in the plan's order, and behind them those that the source kept from being planned; only
            these where a Glue job was left to itself.
        submitted: The run of a Glue job that does it; None where this process has read the source.
        unended: What kept the run's end from being recorded: the next run takes it for one that died.
    """

    tables: tuple[LoadedTable, ...] = ()
    submitted: Submitted | None = None
    unended: GluepotError | None = None

    @property
    def failed(self) -> tuple[LoadedTable, ...]:
        """The tables that were not loaded; the others are committed."""
        return tuple(table for table in self.tables if table.error is not None)

    @property
    def exit_code(self) -> int:
        """What `gluepot load run` ends with: the worst of the tables'."""
        errors = [*(table.error for table in self.tables), self.unended]
        return max((error.exit_code for error in errors if error), default=0)

    def raise_failed(self) -> None:
        """Raise the first table's error.

        Raises:
            GluepotError: A table was not loaded, or the run's end is not recorded.
        """
        for error in (*(table.error for table in self.tables), self.unended):
            if error is not None:
                raise error


def plan_load(plan: Path | str | PlanFile, *, tables: Sequence[str] = (), take_over: bool = False) -> PlannedLoad:
    """Plan a load, and look at its target; nothing is written anywhere.

    Args:
        plan: The plan file, or its path.
        tables: The source tables that are meant; those that the plan chooses if left out.
        take_over: Whether the plan's tables may hold another source by now.

    Returns:
        Tables, costs and notes, and everything that must be mended first: `raise_refusals` raises it.

    Raises:
        ConfigError: The plan file, the credentials or the keyspace are wrong.
        UnreachableError: The source does not answer.
        MissingExtraError: The libraries of a load are not installed.
    """
    with _open(_file(plan, tables)) as opened:
        return _ready(opened, LoadOptions(take_over=take_over)).planned


def run_load(
    plan: Path | str | PlanFile,
    options: LoadOptions = DEFAULTS,
    *,
    tables: Sequence[str] = (),
    watcher: Watcher = SILENT,
    say: Callable[[str], None] = lambda _: None,
) -> LoadResult:
    """Load the tables of a plan; one that fails does not stop the others.

    A table whose load was cut short is found again by its plan, and goes on with the token ranges that have no record;
    one whose newest load is committed is read from its beginning.

    Args:
        plan: The plan file, or its path.
        options: How it is loaded.
        tables: The source tables that are meant; those that the plan chooses if left out.
        watcher: Is told how the tables get on, from several threads.
        say: Is told of tables that go on from an earlier run, and of what happens around a Glue job, a line at a time;
            nothing secret is in it.

    Raises:
        ConfigError: The plan refuses something, all of it at once, or its target does; nothing has been read or staged.
        UnreachableError: The source does not answer.
        BusyError: A run of the Glue job is under way.
        MissingExtraError: The libraries of a load are not installed.
    """
    file = _file(plan, tables, options.engine)
    if file.route == "jdbc" and tables:
        raise ConfigError("the visual job reads all of its tables", 'the plan\'s route is "jdbc"', "name no tables")
    if file.route == "jdbc":
        with patient(file.limits):
            return _run_visual_job(file, plan, options, say)
    if options.detach and file.engine != "glue":
        raise ConfigError(
            "--detach leaves nothing behind", f"engine {file.engine!r} loads in this process", "leave it out"
        )
    with _open(file) as opened:
        ready = _ready(opened, options)
        ready.planned.raise_refusals()
        for note in ready.planned.notes[len(opened.planned.notes) :]:  # the others are of the plan, which shows them
            say(note)
        unplanned = _unplanned(ready.planned)
        if not ready.planned.plan.tables:
            return LoadResult(tables=unplanned)
        if options.create_database or file.target.create_database:
            ready.lake.create_database()
        if file.engine != "glue":
            loaded = _load(ready, options, watcher, say)
        else:
            from gluepot.loader.gluejob.job import Job  # noqa: PLC0415 - pyarrow and botocore are slow to load

            job = Job(file, say)
            submitted = job.submit(ready.planned, _rule(ready, options), take_over=options.take_over)
    if file.engine != "glue":
        with patient(file.limits):
            return LoadResult(tables=loaded + unplanned, unended=_ended(ready.lake, loaded, say))
    if options.detach:
        return LoadResult(tables=unplanned, submitted=submitted)
    with patient(file.limits):
        watched = _watched(job, submitted, watcher, say)
    return dataclasses.replace(watched, tables=watched.tables + unplanned)


def verify_load(
    plan: Path | str | PlanFile,
    *,
    tables: Sequence[str] = (),
    rescan: bool = False,
    watcher: Callable[[VerifiedTable], None] = lambda _: None,
) -> tuple[VerifiedTable, ...]:
    """Compare what readers find in the lake with what was read from the source, range by range.

    A table that was never loaded, or cannot be compared, has its `error`, and the others are compared.

    Args:
        plan: The plan file, or its path.
        tables: The source tables that are meant; those that the plan chooses if left out.
        rescan: Whether the source is read again too, every range of it.
        watcher: Is told of each table when it is compared.

    Raises:
        ConfigError: The plan refuses something, or a table holds another source.
        UnreachableError: The source does not answer.
        MissingExtraError: The libraries of a load are not installed.
    """
    with _open(_file(plan, tables)) as opened:
        from gluepot.loader.plan.targetcheck import checked_origins  # noqa: PLC0415 - pyiceberg is slow to load
        from gluepot.loader.verify import VerifiedTable, verify  # noqa: PLC0415 - pyarrow is slow to load

        checked_origins(opened.planned, opened.lake).raise_refusals()
        found = [VerifiedTable(table=one.table, error=one.error) for one in opened.planned.unplanned]
        for verified in found:
            watcher(verified)
        for verified in verify(opened.planned.plan, opened.lake, opened.source, rescan=rescan):
            watcher(verified)
            found.append(verified)
    return tuple(found)


def _file(plan: Path | str | PlanFile, tables: Sequence[str], engine: str = "") -> PlanFile:
    """Read the plan file, and put in what is asked for in place of what it says."""
    file = plan if isinstance(plan, PlanFile) else readfile.read(plan)
    asked = {"tables": Globs(include=tuple(tables))} if tables else {}
    return msgspec.structs.replace(file, **asked, **({"engine": engine} if engine else {}))


@contextlib.contextmanager
def _open(file: PlanFile) -> Iterator[OpenPlan]:
    """Open what a plan file names; for the JDBC route as its tables are planned."""
    extra.require()
    from gluepot.loader.jdbc.explain import planned_as  # noqa: PLC0415 - of an extra, and slow to load
    from gluepot.loader.plan.open import open_plan  # noqa: PLC0415 - likewise

    with patient(file.limits), open_plan(planned_as(file) if file.route == "jdbc" else file) as opened:
        yield opened


def _ready(opened: OpenPlan, options: LoadOptions) -> OpenPlan:
    """Look at the target of a plan without touching it, and put what it says into the plan."""
    from gluepot.loader.plan.targetcheck import checked  # noqa: PLC0415 - pyiceberg is slow to load

    lake = dataclasses.replace(opened.lake, take_over=options.take_over)
    creates = options.create_database or opened.file.target.create_database
    return dataclasses.replace(opened, lake=lake, planned=checked(opened.planned, lake, creates=creates))


def _load(
    opened: OpenPlan, options: LoadOptions, watcher: Watcher, say: Callable[[str], None]
) -> tuple[LoadedTable, ...]:
    """Load with an engine that this process drives."""
    from gluepot.loader.core.origin import Origin  # noqa: PLC0415 - likewise
    from gluepot.loader.engines.available import open_engine  # noqa: PLC0415 - pyarrow is slow to load
    from gluepot.loader.load import Load  # noqa: PLC0415 - likewise

    plan, source, lake = opened.planned.plan, opened.source, opened.lake
    if options.temporary is not None:
        lake = dataclasses.replace(lake, temporary=options.temporary)
    with open_engine(opened.file) as engine:
        watcher.planned(plan.tables, engine.slots)
        origin = Origin(source, plan.keyspace)
        load = Load(plan, origin, lake, _limits(opened, options), watcher, engine)
        return load.run(_rule(opened, options), say)


def _ended(lake: Lake, done: tuple[LoadedTable, ...], say: Callable[[str], None]) -> GluepotError | None:
    """Record the end of a run, as late as can be; gives what kept it from that."""
    from gluepot.loader.core import choosing  # noqa: PLC0415 - beside its use

    try:
        choosing.end(lake, done)
    except GluepotError as error:
        error.hint = "run it again: what is committed is kept, and nothing is loaded twice"
        say(f"the end of the run could not be recorded: {error}")
        return error
    return None


def _unplanned(planned: PlannedLoad) -> tuple[LoadedTable, ...]:
    """Give the tables that the source kept from being planned, as tables that failed."""
    from gluepot.loader.core.results import LoadedTable  # noqa: PLC0415 - beside its use

    return tuple(LoadedTable(table=one.table, load_id="", error=one.error) for one in planned.unplanned)


def _rule(opened: OpenPlan, options: LoadOptions) -> Rule:
    from gluepot.plan.identity import Rule  # noqa: PLC0415 - beside its use

    hours = opened.file.limits.resume_hours
    return Rule(load_id=options.load_id, ids=options.ids, run=options.run, resume=options.resume, hours=hours)


def _limits(opened: OpenPlan, options: LoadOptions) -> Limits:
    from gluepot.loader.core.connect import patience_of  # noqa: PLC0415 - beside its use
    from gluepot.loader.load import Limits  # noqa: PLC0415 - pyarrow is slow to load

    limits = opened.file.limits
    return Limits(
        in_flight=limits.in_flight,
        range_bytes=options.range_bytes or limits.range_mb * 1_000_000,
        patience=patience_of(opened.file),
    )


def _watched(job: Job, submitted: Submitted, watcher: Watcher, say: Callable[[str], None]) -> LoadResult:
    """Watch a Glue job until it is over; if this process ends before, the job goes on."""
    from gluepot.loader.gluejob.watch import Watched, loaded  # noqa: PLC0415 - beside its use

    progress, log = job.progress(submitted.handed, watcher), job.log(submitted.run_id)
    progress.look(before=True)
    run = Watched(job.runs, submitted.run_id, log, progress, say, say).wait()
    outcome = job.outcome(run, log)
    result = LoadResult(tables=loaded(progress, run, outcome), submitted=submitted)
    if outcome.error is not None and not result.failed:
        raise outcome.error
    return result


def _run_visual_job(
    file: PlanFile, plan: Path | str | PlanFile, options: LoadOptions, say: Callable[[str], None]
) -> LoadResult:
    """Start the JDBC route's job, and wait for it: nothing of what it loads is known here."""
    from gluepot.loader.gluejob import jdbcruns  # noqa: PLC0415 - botocore is slow to load

    runs = jdbcruns.runs_of(file)
    where = "" if isinstance(plan, PlanFile) else f" -c {plan}"
    submitted = jdbcruns.start(runs, f"gluepot aws apply{where}")
    if not options.detach:
        run = jdbcruns.wait(runs, submitted.run_id, say)
        error = jdbcruns.cause_of(runs, run)
        if error is not None:
            raise error
    return LoadResult(submitted=submitted)
