"""What `gluepot load` does where the plan's route is JDBC: starts the visual job, watches it, tells its cause."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Any, Final

from gluepot.cli import say
from gluepot.cli.faults import INTERRUPTED, remember

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.gluejob.runs import JobRun, JobRuns

MARK: Final = "--gluepot-run"
"""The argument by which our own run is known where the answer to its start was lost."""

HOUR: Final = 3600


def is_route(path: Path) -> bool:
    """Tell whether a plan file's route is JDBC."""
    from gluepot.loader.plan import readfile  # noqa: PLC0415 - lazy: start-up

    return readfile.read(path).route == "jdbc"


def run(path: Path, *, detach: bool, as_json: bool) -> int:
    """Start the job, and watch it unless asked not to; the exit code is that of what it failed with."""
    file, runs = _opened(path)
    say.warn("on this route every run adds its rows to those there: see gluepot explain jdbc")
    run_id = _started(runs, path)
    say.tell(f"started run {run_id} of job {runs.job}")
    if detach:
        _answer({"job": runs.job, "run": run_id}, run_id, as_json=as_json)
        return 0
    try:
        ended = _watched(runs, run_id)
    except KeyboardInterrupt:
        return _interrupted(runs, run_id)
    return _told(file, runs, ended, as_json=as_json)


def _started(runs: JobRuns, path: Path) -> str:
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    try:
        return runs.start({"Arguments": {MARK: uuid.uuid4().hex}}, MARK)
    except ConfigError as error:
        raise ConfigError(error.what, "it has not been applied yet", f"gluepot aws apply -c {path}") from error


def status(path: Path, run_id: str, *, as_json: bool) -> int:
    """Tell how the newest run gets on, or another one; the exit code is that of what it failed with."""
    file, runs = _opened(path)
    found = _found(runs, run_id, path)
    if found.is_over:
        return _told(file, runs, found, as_json=as_json)
    since = f"since {found.began:%Y-%m-%d %H:%M:%S %Z}"
    told = {"job": runs.job, "run": found.id, "state": found.state}
    _answer(told, f"run {found.id} of job {runs.job}: {found.state}, {since}", as_json=as_json)
    return 0


def stop(path: Path, run_id: str, *, as_json: bool) -> int:
    """Stop a run that is under way."""
    _, runs = _opened(path)
    found = _found(runs, run_id, path)
    if not found.is_over:
        runs.stop(found.id)
        found = runs.get(found.id)
        say.warn("rows that it has written stay, and come twice with the next run")
    told = {"job": runs.job, "run": found.id, "state": found.state}
    _answer(told, f"run {found.id} of job {runs.job}: {found.state}", as_json=as_json)
    return 0


def _found(runs: JobRuns, run_id: str, path: Path) -> JobRun:
    """Find a run, the newest where none is named.

    Raises:
        ConfigError: There is none.
    """
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    if run_id:
        return runs.get(run_id)
    latest = runs.latest(1)
    if not latest:
        raise ConfigError(f"job {runs.job} has not run yet", hint=f"gluepot load run -c {path} starts it")
    return latest[0]


def _opened(path: Path) -> tuple[PlanFile, JobRuns]:
    """Read the plan, and open the job's account; nothing is called yet."""
    from gluepot.loader.gluejob.runs import JobRuns  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.plan import readfile  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.stack.jdbc import jdbc_names  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.stack.names import names  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.stack.provisioning import open_account  # noqa: PLC0415 - lazy: start-up

    file = readfile.read(path)
    remember(file)
    return file, JobRuns(open_account(file), jdbc_names(file, names(file)).job)


def _watched(runs: JobRuns, run_id: str) -> JobRun:
    from gluepot.loader.gluejob.log import JobLog  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.gluejob.watch import Watched  # noqa: PLC0415 - lazy: start-up

    return Watched(runs, run_id, JobLog(runs.clients, run_id), None, _tell, lambda _: None).wait()


def _told(file: PlanFile, runs: JobRuns, ended: JobRun, *, as_json: bool) -> int:
    from gluepot.loader.gluejob.jdbccauses import jdbc_cause  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.gluejob.log import JobLog  # noqa: PLC0415 - lazy: start-up

    hours = ended.dpu_seconds / HOUR
    price = file.prices.dpu_hour_flex if ended.flex else file.prices.dpu_hour
    told = {"job": runs.job, "run": ended.id, "state": ended.state, "dpu_hours": hours, "dollars": hours * price}
    took = f"{ended.seconds} s, {hours:.3f} DPU-hours, about {hours * price:.4f} USD"
    if ended.has_succeeded:
        _answer(told, f"run {ended.id} of job {runs.job} has ended: {took}", as_json=as_json)
        say.hint("count the rows in source and lake yourself: this route proves nothing")
        return 0
    lines = JobLog(runs.clients, ended.id).ends()
    error = jdbc_cause(ended.state, ended.message, lines, ended.minutes)
    text = f"run {ended.id} of job {runs.job} ended {ended.state}: {took}"
    _answer({**told, "error": {"what": error.what, "why": error.why, "hint": error.hint}}, text, as_json=as_json)
    say.tell(say.safe(f"failed: {error}"))
    say.hint(error.hint)
    return error.exit_code


def _interrupted(runs: JobRuns, run_id: str) -> int:
    """Ask whether the job is to stop too; it runs in AWS, whatever happens here."""
    import typer  # noqa: PLC0415 - lazy: start-up

    say.tell(f"\ninterrupted: run {run_id} of job {runs.job} goes on in AWS")
    if sys.stdin is not None and sys.stdin.isatty() and typer.confirm("Stop it too?", err=True):
        runs.stop(run_id)
        say.tell("it has been asked to stop; rows that it has written stay")
    return INTERRUPTED


def _tell(text: str) -> None:
    say.tell(say.safe(text))


def _answer(told: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        say.data_json(told)
    else:
        say.data(say.safe(text))
