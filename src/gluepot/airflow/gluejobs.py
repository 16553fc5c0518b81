"""Runs of Glue jobs as tasks see them: looked at, begun once for a load, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.airflow import connections
from gluepot.airflow.loader import file_of, loaded
from gluepot.airflow.logs import log
from gluepot.aws.access import Access, Step, region_named
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.airflow.connections import Conn
    from gluepot.airflow.loader import Loading
    from gluepot.loader.gluejob.job import Job
    from gluepot.loader.gluejob.runs import JobRun, JobRuns


LOAD: Final = "--load-id"
"""The argument of a run that says which load it is for."""


def runs_of(job: str, region: str = "", conn: Conn | None = None) -> JobRuns:
    """Open the runs of a job; nothing is called yet.

    Args:
        job: The job.
        region: Its region; empty for the connection's, or the environment's.
        conn: The connection that reads it; None for the process's own identity.

    Raises:
        ConfigError: No region is named, or the connection is none to AWS.
    """
    from gluepot.aws.clients import Clients  # noqa: PLC0415 - likewise
    from gluepot.loader.gluejob.runs import JobRuns  # noqa: PLC0415 - botocore is slow to load

    keys: dict[str, Any] = connections.aws_keys(conn) if conn is not None else {}
    region = region_named(region or keys.get("region"))
    if not region:
        hint = "name it in the task, in the connection's extra (region_name), or in AWS_REGION"
        raise ConfigError(f"no region is named for the Glue job {job}", "", hint)
    return JobRuns(Clients(_access(keys), region), job)


def runs_of_load(loading: Loading, get: Callable[[str], Conn] = connections.get) -> JobRuns:
    """Open the runs of a load's job, with the access of its plan file; nothing is called yet."""
    return _job(loading, get).runs


def raise_failed(runs: JobRuns, run: JobRun) -> None:
    """Raise why a run did not succeed, from its log.

    Raises:
        GluepotError: It failed, was stopped or took too long.
    """
    from gluepot.loader.gluejob.causes import cause  # noqa: PLC0415 - beside its use
    from gluepot.loader.gluejob.log import JobLog  # noqa: PLC0415 - likewise

    if run.is_over and not run.has_succeeded:
        raise cause(run.state, run.message, JobLog(runs.clients, run.id).ends(), run.minutes)


def begin(loading: Loading, joined: str, get: Callable[[str], Conn] = connections.get) -> tuple[str, str]:
    """Start the job for a load, unless a run for it goes on, or has succeeded.

    Returns:
        The job, and its run.

    Raises:
        BusyError: The job runs for another load.
        GluepotError: Whatever submitting raises.
    """
    from gluepot.loader.jobs import LoadOptions, run_load  # noqa: PLC0415 - the load's libraries are slow to load

    job = _job(loading, get)
    for run in _earlier(job):
        if run.arguments.get(LOAD) == joined and (run.has_succeeded or not run.is_over):
            log.info("the run %s of %s is for this load, and is %s", run.id, job.names.job, run.state)
            return job.names.job, run.id
    submitted = run_load(job.file, LoadOptions(load_id=joined, detach=True), say=log.info).submitted
    if submitted is None:
        raise ConfigError(f"the plan's engine is {job.file.engine}", "no job is started for it", 'engine = "glue"')
    log.info("started the run %s of %s for the load %s", submitted.run_id, submitted.job, submitted.load_id)
    return submitted.job, submitted.run_id


def ended(loading: Loading, run_id: str, get: Callable[[str], Conn] = connections.get) -> list[dict[str, Any]]:
    """Say what a run has loaded.

    Raises:
        GluepotError: It did not succeed; its log says why.
    """
    job = _job(loading, get)
    run = job.runs.get(run_id)
    outcome = job.outcome(run, job.log(run_id))
    for name, error in outcome.tables.items():
        log.error("%s: %s", name, error)
    for error in (*outcome.tables.values(), *([outcome.error] if outcome.error else ())):
        raise error
    log.info("the run %s of %s took %s s, about %.2f dollars", run.id, job.names.job, run.seconds, job.dollars(run))
    handed = job.handed(run)
    if handed is None:
        return []
    progress = job.progress(handed)
    progress.look()
    return [loaded(table.loaded(None, run.seconds)) for table in progress.tables]


def _job(loading: Loading, get: Callable[[str], Conn]) -> Job:
    from gluepot.loader.gluejob.job import Job  # noqa: PLC0415 - the load's libraries are slow to load

    return Job(file_of(loading, get), log.info)


def _earlier(job: Job) -> list[JobRun]:
    try:
        return list(job.runs.latest())
    except ConfigError:  # there is no such job yet
        return []


def _access(keys: dict[str, Any]) -> Access:
    steps = tuple(
        Step(arn=role["arn"], external_id=role.get("external_id", ""), seconds=role.get("session_duration", 0))
        for role in keys.get("role", [])
    )
    return Access(**{name: keys[name] for name in ("key", "secret", "profile") if name in keys}, steps=steps)
