"""Runs of the JDBC route's visual job: started, waited for, and why one failed. What it loads, nobody proves."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError
from gluepot.loader.gluejob.jdbccauses import jdbc_cause
from gluepot.loader.gluejob.job import Submitted
from gluepot.loader.gluejob.log import JobLog
from gluepot.loader.gluejob.runs import JobRuns
from gluepot.loader.gluejob.watch import Watched
from gluepot.loader.stack.jdbc import jdbc_names
from gluepot.loader.stack.names import names
from gluepot.loader.stack.provisioning import open_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.errors import GluepotError
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.gluejob.runs import JobRun

MARK: Final = "--gluepot-run"
"""The argument by which our own run is known where the answer to its start was lost."""


def runs_of(file: PlanFile) -> JobRuns:
    """Open the runs of a plan's visual job; nothing is called yet."""
    return JobRuns(open_account(file), jdbc_names(file, names(file)).job)


def start(runs: JobRuns, apply: str) -> Submitted:
    """Start a run.

    Args:
        runs: The job.
        apply: The command that makes it.

    Raises:
        BusyError: A run is under way.
        ConfigError: There is no such job.
    """
    try:
        run_id = runs.start({"Arguments": {MARK: uuid.uuid4().hex}}, MARK)
    except ConfigError as error:
        raise ConfigError(error.what, "it has not been applied yet", apply) from error
    return Submitted(job=runs.job, run_id=run_id)


def wait(runs: JobRuns, run_id: str, say: Callable[[str], None]) -> JobRun:
    """Watch a run until it is over."""
    return Watched(runs, run_id, JobLog(runs.clients, run_id), None, say, lambda _: None).wait()


def cause_of(runs: JobRuns, run: JobRun) -> GluepotError | None:
    """Say why a run that is over failed; None where it did not."""
    if run.has_succeeded:
        return None
    return jdbc_cause(run.state, run.message, JobLog(runs.clients, run.id).ends(), run.minutes)
