"""What `gluepot load` does where the plan's route is JDBC: starts the visual job, watches it, tells its cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.cli import prompts, say
from gluepot.cli.reporting import INTERRUPTED, as_record, read_plan, told_end

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.gluejob.runs import JobRun, JobRuns


def is_route(path: Path) -> bool:
    """Tell whether a plan file's route is JDBC."""
    return read_plan(path).route == "jdbc"


def run(path: Path, *, detach: bool, as_json: bool) -> int:
    """Start the job, and watch it unless asked not to; the exit code is that of what it failed with."""
    from gluepot.loader.gluejob.jdbcruns import wait  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.jobs import LoadOptions, run_load  # noqa: PLC0415 - lazy: start-up

    file, runs = _opened(path)
    say.warn("on this route every run adds its rows to those there: see gluepot explain jdbc")
    submitted = run_load(path, LoadOptions(detach=True)).submitted
    if submitted is None:
        raise AssertionError("a Glue job is submitted, or an error is raised")
    run_id = submitted.run_id
    say.tell(f"started run {run_id} of job {runs.job}")
    if detach:
        say.answer({"job": runs.job, "run": run_id}, run_id, as_json=as_json)
        return 0
    try:
        ended = wait(runs, run_id, say.note)
    except KeyboardInterrupt as signalled:
        return _interrupted(signalled, runs, run_id)
    return _report_end(file, runs, ended, as_json=as_json)


def status(path: Path, run_id: str, *, as_json: bool) -> int:
    """Tell how the newest run gets on, or another one; the exit code is that of what it failed with."""
    file, runs = _opened(path)
    found = _find_run(runs, run_id, path)
    if found.is_over:
        return _report_end(file, runs, found, as_json=as_json)
    since = f"since {found.began:%Y-%m-%d %H:%M:%S %Z}"
    answer = {"job": runs.job, "run": found.id, "state": found.state}
    say.answer(answer, f"run {found.id} of job {runs.job}: {found.state}, {since}", as_json=as_json)
    return 0


def stop(path: Path, run_id: str, *, as_json: bool) -> int:
    """Stop a run that is under way."""
    _, runs = _opened(path)
    found = _find_run(runs, run_id, path)
    if not found.is_over:
        runs.stop(found.id)
        found = runs.get(found.id)
        say.warn("rows that it has written stay, and come twice with the next run")
    answer = {"job": runs.job, "run": found.id, "state": found.state}
    say.answer(answer, f"run {found.id} of job {runs.job}: {found.state}", as_json=as_json)
    return 0


def _find_run(runs: JobRuns, run_id: str, path: Path) -> JobRun:
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
    """Read the plan, and open the job's runs; nothing is called yet."""
    from gluepot.loader.gluejob.jdbcruns import runs_of  # noqa: PLC0415 - lazy: start-up

    file = read_plan(path)
    return file, runs_of(file)


def _report_end(file: PlanFile, runs: JobRuns, ended: JobRun, *, as_json: bool) -> int:
    from gluepot.loader.gluejob.jdbcruns import cause_of  # noqa: PLC0415 - lazy: start-up

    hours, dollars = ended.dpu_hours, ended.dollars(file.prices)
    answer = {"job": runs.job, "run": ended.id, "state": ended.state, "dpu_hours": hours, "dollars": dollars}
    took = f"{ended.seconds} s, {hours:.3f} DPU-hours, about {dollars:.4f} USD"
    error = cause_of(runs, ended)
    if error is None:
        say.answer(answer, f"run {ended.id} of job {runs.job} has ended: {took}", as_json=as_json)
        say.hint("count the rows in source and lake yourself: this route proves nothing")
        return 0
    text = f"run {ended.id} of job {runs.job} ended {ended.state}: {took}"
    say.answer({**answer, "error": as_record(error)}, text, as_json=as_json)
    say.note(f"failed: {error}")
    say.hint(error.hint)
    return error.exit_code


def _interrupted(signalled: KeyboardInterrupt, runs: JobRuns, run_id: str) -> int:
    """Ask whether the job is to stop too; it runs in AWS, whatever happens here."""
    code = told_end(signalled, f"run {run_id} of job {runs.job} goes on in AWS")
    if code == INTERRUPTED and prompts.can_ask() and prompts.confirmed("Stop it too?"):
        runs.stop(run_id)
        say.tell("it has been asked to stop; rows that it has written stay")
    return code
