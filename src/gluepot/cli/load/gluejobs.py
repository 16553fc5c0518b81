"""What `gluepot load` does where a load runs as a Glue job; heavy imports come when they are used."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any, Final, Literal

from gluepot.cli import say
from gluepot.cli.load import jdbcjobs
from gluepot.cli.reporting import INTERRUPTED, TerminatedError, as_record, read_plan, told_end

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.gluejob.job import Job, Outcome, Submitted
    from gluepot.loader.gluejob.progress import Progress
    from gluepot.loader.gluejob.runs import JobRun
    from gluepot.loader.jobs import LoadOptions, LoadResult

Choice = Literal["stop", "leave", "watch"]

QUESTION: Final = "\nThe job runs in AWS by itself. [s]top it, [l]eave it running, or go on [w]atching? "
MINUTE: Final = 60


def run(file: PlanFile, path: Path, options: LoadOptions, *, as_json: bool) -> int:
    """Start a job for a load, and watch it unless asked not to: somebody at a terminal may leave it meanwhile."""
    from gluepot.cli.load import loads  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.jobs import LoadResult, run_load  # noqa: PLC0415 - lazy: start-up

    begun = run_load(file, dataclasses.replace(options, detach=True), say=say.note)
    submitted = begun.submitted
    if submitted is None:
        return loads.answer(begun, path, as_json=as_json)
    say.note(f"started run {submitted.run_id} of job {submitted.job}{_size(submitted)}; load {submitted.load_id}")
    if options.detach:
        return _detached(begun, submitted, path, as_json=as_json)
    from gluepot.loader.gluejob.job import Job  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.gluejob.watch import loaded  # noqa: PLC0415 - lazy: start-up

    job = Job(file, say.note)
    progress = job.progress(submitted.handed)
    ended = _watched(job, submitted.run_id, progress, path)
    if isinstance(ended, int):
        return ended
    outcome = job.outcome(ended, job.log(ended.id))
    result = LoadResult(tables=loaded(progress, ended, outcome) + begun.tables, submitted=submitted)
    return _report_end(job, ended, result, outcome, path, as_json=as_json)


def _size(submitted: Submitted) -> str:
    size = submitted.size
    if size is None:
        return ""
    return f": {size.workers} workers {size.worker_type}, {size.dpus} DPU, {size.dollars_hour:.2f} USD an hour"


def status(path: Path, run_id: str, *, as_json: bool) -> int:
    """Tell how the newest run of a plan's job gets on, or another one; the exit code is that of what it failed with."""
    if jdbcjobs.is_route(path):
        return jdbcjobs.status(path, run_id, as_json=as_json)
    job = _job(path)
    found = _find(job, run_id)
    handed = job.handed(found)
    progress = job.progress(handed) if handed else None
    if progress is not None:
        progress.look()
    outcome = job.outcome(found, job.log(found.id))
    if as_json:
        say.data_json(_as_plain(job, found, progress, outcome))
    else:
        _show(job, found, progress, outcome)
        _explain(outcome)
    return outcome.exit_code


def stop(path: Path, run_id: str, *, as_json: bool) -> int:
    """Stop a run that is under way."""
    if jdbcjobs.is_route(path):
        return jdbcjobs.stop(path, run_id, as_json=as_json)
    job = _job(path)
    found = _find(job, run_id)
    stopped = not found.is_over
    if stopped:
        job.runs.stop(found.id)
        found = job.runs.get(found.id)
    if as_json:
        say.data_json({"job": job.names.job, "run": found.id, "state": found.state})
    else:
        say.data(f"run {found.id} of job {job.names.job} {_words(found.state)}")
    if stopped:
        say.hint(f"gluepot load run -c {path} goes on with what is staged")
    return 0


def _job(path: Path) -> Job:
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    file = read_plan(path)
    if file.engine != "glue":
        hint = 'loads that run as Glue jobs have a status: engine = "glue"'
        raise ConfigError(f"{path} loads with engine {file.engine!r}", "that is no job in AWS", hint)
    from gluepot.loader.core import extra  # noqa: PLC0415 - lazy: start-up

    extra.require()
    from gluepot.loader.gluejob.job import Job  # noqa: PLC0415 - lazy: start-up

    return Job(file, say.note)


def _find(job: Job, run_id: str) -> JobRun:
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.gluejob.job import run_of_load  # noqa: PLC0415 - lazy: start-up

    found = run_of_load(job.runs.latest(), run_id)
    if found is None and run_id:
        return job.runs.get(run_id)
    if found is None:
        raise ConfigError(f"job {job.names.job} has not run yet", hint="gluepot load run starts it")
    return found


def _detached(begun: LoadResult, submitted: Submitted, path: Path, *, as_json: bool) -> int:
    if as_json:
        answer = {"job": submitted.job, "run": submitted.run_id, "load_id": submitted.load_id}
        size = submitted.size
        say.data_json({**answer, **({"worker_type": size.worker_type, "workers": size.workers} if size else {})})
    else:
        say.data(submitted.run_id)
    for failed in begun.failed:
        say.note(f"{failed.table.source} is not loaded: {failed.error}")
        say.hint(f"{failed.table.source}: {failed.error.hint if failed.error else ''}")
    say.hint(f"gluepot load status -c {path}")
    return begun.exit_code


def _watched(job: Job, run_id: str, progress: Progress, path: Path) -> JobRun | int:
    """Watch a run to its end; where somebody did not want to wait for that, give the exit code."""
    from gluepot.cli.load.loading_progress import Loading  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.gluejob.watch import Watched  # noqa: PLC0415 - lazy: start-up

    progress.look(before=True)
    log = job.log(run_id)
    while True:
        try:
            with Loading() as watcher:
                progress.tell(watcher)
                watched = Watched(job.runs, run_id, log, progress, say.note, _line)
                return watched.wait()
        except KeyboardInterrupt as signalled:
            choice = "leave" if isinstance(signalled, TerminatedError) else _choice()
            if choice == "leave":
                code = told_end(signalled, "the job goes on in AWS")
                say.hint(f"gluepot load status -c {path}; gluepot load stop -c {path} ends it")
                return code
        if choice == "stop":
            _stop(job, run_id, path)
            return INTERRUPTED


def _stop(job: Job, run_id: str, path: Path) -> None:
    """Stop a run, and wait until it is over: nothing is written after that."""
    from gluepot.loader.gluejob.watch import Watched  # noqa: PLC0415 - lazy: start-up

    job.runs.stop(run_id)
    Watched(job.runs, run_id, job.log(run_id), None, say.note, lambda _: None).wait()
    say.hint(f"gluepot load run -c {path} goes on with what is staged")


def _choice() -> Choice:
    """Ask what becomes of the job; without a terminal, it is left running."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return "leave"
    try:
        sys.stderr.write(QUESTION)
        sys.stderr.flush()
        answer = sys.stdin.readline().strip().lower()[:1]
    except KeyboardInterrupt:
        return "leave"
    choices: dict[str, Choice] = {"s": "stop", "w": "watch"}
    return choices.get(answer, "leave")


def _report_end(job: Job, ended: JobRun, result: LoadResult, outcome: Outcome, path: Path, *, as_json: bool) -> int:
    """Tell what a run that is over has done, as a load on this machine does."""
    from gluepot.cli.load import loads  # noqa: PLC0415 - lazy: start-up

    if as_json:
        tables = [loads.as_plain(table) for table in result.tables]
        say.data_json({**_as_plain(job, ended, None, outcome), "tables": tables})
    else:
        loads.loaded(result.tables)
        say.data("")
        say.data(_bill(job, ended))
        _explain(outcome)
    code = max(outcome.exit_code, result.exit_code)
    if not code:
        say.hint(f"gluepot load verify -c {path}")
    return code


def _explain(outcome: Outcome) -> None:
    """Tell why a run failed, and what to do about it."""
    if outcome.error is not None:
        say.note(f"failed: {outcome.error}")
    errors = [*([outcome.error] if outcome.error else ()), *outcome.tables.values()]
    for hint in dict.fromkeys(error.hint for error in errors if error.hint):
        say.hint(hint)


def _show(job: Job, found: JobRun, progress: Progress | None, outcome: Outcome) -> None:
    facts = [
        ("job", job.names.job),
        ("run", found.id),
        ("state", f"{found.state}, since {found.began:%Y-%m-%d %H:%M:%S %Z}"),
        ("workers", f"{found.workers} {found.worker_type}"),
        ("billed", _bill(job, found)),
    ]
    say.data(say.facts(facts))
    if progress is None:
        say.tell("what it loads is not known: gluepot did not start it, or its record is gone")
        return
    rows: list[tuple[str, ...]] = [("TABLE", "RANGES", "FINISHED", "ROWS", "RESULT")]
    for followed in progress.tables:
        name = followed.begun.table.name
        result = (
            f"committed {followed.done.committed}" if followed.done else "under way" if followed.ranges else "not begun"
        )
        if name in outcome.tables:
            result = f"failed: {outcome.tables[name]}"
        finished = f"{len(followed.records):,}" if followed.ranges else ""
        rows.append((name, f"{followed.ranges:,}" if followed.ranges else "", finished, f"{followed.rows:,}", result))
    say.data(say.table(rows, right=frozenset({1, 2, 3})))


def _bill(job: Job, found: JobRun) -> str:
    return (
        f"{found.seconds / MINUTE:,.1f} min, {found.dpu_hours:.3f} DPU-hours, about {job.dollars(found):.4f} USD "
        f"at prices of {job.file.prices.date}"
    )


def _as_plain(job: Job, found: JobRun, progress: Progress | None, outcome: Outcome) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "job": job.names.job,
        "run": found.id,
        "state": found.state,
        "message": found.message,
        "began": found.began.isoformat(),
        "ended": found.ended.isoformat() if found.ended else None,
        "seconds": found.seconds,
        "worker_type": found.worker_type,
        "workers": found.workers,
        "dpu_hours": round(found.dpu_hours, 6),
        "dollars": round(job.dollars(found), 6),
        "error": as_record(outcome.error),
    }
    if progress is not None:
        answer["tables"] = [
            {
                "table": followed.begun.table.name,
                "load_id": followed.begun.load_id,
                "ranges": followed.ranges,
                "finished": len(followed.records),
                "rows": followed.rows,
                "committed": followed.done.committed if followed.done else None,
                "error": as_record(outcome.tables.get(followed.begun.table.name)),
            }
            for followed in progress.tables
        ]
    return answer


def _words(state: str) -> str:
    from gluepot.loader.gluejob.watch import STATES  # noqa: PLC0415 - lazy: start-up

    return STATES.get(state, state)


def _line(text: str) -> None:
    """Pass on what the job prints; it has gone through its own redaction, and through ours."""
    say.tell(f"job: {say.safe(text)}")
