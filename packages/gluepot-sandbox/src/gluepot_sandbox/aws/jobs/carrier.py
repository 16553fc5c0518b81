"""A run from its start to its end: its role, its process, its log, its time."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import os
import signal
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gluepot.host import children
from gluepot.host.scratch import temporary_folder
from gluepot_sandbox.aws import roles
from gluepot_sandbox.aws.identity import partition
from gluepot_sandbox.aws.jobs import logs, modules
from gluepot_sandbox.aws.jobs.objects import ModulesError, Objects
from gluepot_sandbox.aws.jobs.spec import Ended, Line, Message, Spec
from gluepot_sandbox.aws.sts import issue

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.jobs.run import JobRun
    from gluepot_sandbox.aws.jobs.settings import JobFault
    from gluepot_sandbox.aws.state import State

TRUST: Final = "glue.amazonaws.com"
SESSION: Final = "GlueJobRunnerSession"
SESSION_SECONDS: Final = 3600
KEPT: Final = ("HOME", "JAVA_HOME", "LANG", "LC_ALL", "PATH", "TZ")
"""Of this process's environment, what a script gets: nothing that could stand in for its role's secrets."""

TICK: Final = 0.05
GRACE: Final = 3.0
"""Seconds between SIGTERM and SIGKILL."""

LONGEST: Final = 1 << 24
"""Bytes of one line that the runner may say."""


async def carry(state: State, run: JobRun, call: GlueCall, url: str) -> None:
    """Carry a run to its end.

    Args:
        state: The emulator's.
        run: The run, just made.
        call: What started it.
        url: Where the emulator listens.
    """
    log = logs.Log(call.account, call.region, run.id)
    fault = _fault(state, run)
    await _starting(run, state.settings.glue_jobs.starting_seconds)
    arn = _arn(run, call)
    role = roles.find(call.account, arn)
    if run.state == "STOPPING":
        run.end("STOPPED")
    elif role is None or not roles.trusts(role, TRUST):
        run.end("FAILED", f"Role {arn} should be given assume role permissions for Glue Service.")
    elif fault is not None and not fault.seconds:
        log.add("error", fault.lines)
        run.end(fault.state, fault.message)
    if run.is_over:
        return
    kept = contextlib.ExitStack()
    folder = await asyncio.to_thread(kept.enter_context, temporary_folder())
    try:
        spec = await asyncio.to_thread(_prepared, run, Objects(call.account, role, arn), state, folder)
        await _process(state, run, _Start(spec, _environment(state, arn, url), log, fault))
    except ModulesError as error:
        log.add("error", error.lines)
        run.end("FAILED", error.message)
    except Exception as error:  # noqa: BLE001 - a bug of the emulator must not leave a run that never ends
        run.end("FAILED", f"the emulator failed: {error!r}")
    finally:
        await asyncio.to_thread(kept.close)


def _prepared(run: JobRun, objects: Objects, state: State, folder: Path) -> Spec:
    """Put script and modules in place."""
    settings = state.settings.glue_jobs
    url = str((run.job.get("Command") or {}).get("ScriptLocation"))
    script = folder / url.rpartition("/")[2]
    script.write_bytes(objects.read(url))
    return Spec(
        job=run.job["Name"],
        run=run.id,
        script=str(script),
        paths=tuple(modules.install(run.arguments, objects, folder, everything=settings.everything)),
        arguments=run.arguments,
        folder=str(folder),
        python=settings.python,
        master=settings.master,
    )


async def _starting(run: JobRun, seconds: float) -> None:
    """Wait as Glue does for machines, or until the run is to stop."""
    for _ in range(int(seconds / TICK)):
        if run.state == "STARTING":
            await asyncio.sleep(TICK)


def stop(run: JobRun) -> None:
    """Ask a run to stop; it is over when its process is."""
    run.state = "STOPPING"
    _signal(run, signal.SIGTERM)


def kill_all(state: State) -> None:
    """End every run at once: nobody is left to ask for them."""
    for runs in state.job_runs.values():
        for run in runs:
            _signal(run, signal.SIGKILL)
            run.end("STOPPED")


class _Start(NamedTuple):
    """What a run's process is started with, its log, and how it is to end."""

    spec: Spec
    environment: dict[str, str]
    log: logs.Log
    fault: JobFault | None


async def _process(state: State, run: JobRun, start: _Start) -> None:
    fault = start.fault
    process = await asyncio.create_subprocess_exec(
        *children.python("-m", "gluepot_sandbox.aws.jobs.runner"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**start.environment, "PYTHONPATH": os.pathsep.join(children.path())},
        start_new_session=True,
        limit=LONGEST,
    )
    run.process, run.started = process.pid, time.time()
    if run.state == "STARTING":
        run.state = "RUNNING"
    elif run.state == "STOPPING":  # meanwhile
        _signal(run, signal.SIGTERM)
    if process.stdin is not None:  # it stays open: its end tells the runner that the emulator is gone
        process.stdin.write(msgspec.json.encode(start.spec) + b"\n")
    seconds = fault.seconds if fault else run.timeout * state.settings.glue_jobs.minute_seconds
    error = "it ended without a word"
    try:
        error = await asyncio.wait_for(_heard(process, start.log), seconds)
    except TimeoutError:
        start.log.add("error", fault.lines if fault else ())
        run.end(fault.state if fault else "TIMEOUT", fault.message if fault else "Job run exceeded its timeout")
    finally:
        await _ended(run, process)
    run.process = 0
    if run.state == "STOPPING":
        run.end("STOPPED")
    run.end("FAILED" if error else "SUCCEEDED", error)


async def _heard(process: asyncio.subprocess.Process, log: logs.Log) -> str:
    """Write down what a runner says; returns why it failed, or nothing."""
    while process.stdout is not None and (said := await process.stdout.readline()):
        message = msgspec.json.decode(said, type=Message)
        if isinstance(message, Line):
            log.add(message.stream, (message.text,))
        elif isinstance(message, Ended):
            return message.error
    return f"Command failed with exit code {await process.wait()}"


async def _ended(run: JobRun, process: asyncio.subprocess.Process) -> None:
    """Leave nothing of a run behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal(run, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE)
    if process.stdin is not None:
        process.stdin.close()


def _signal(run: JobRun, number: signal.Signals) -> None:
    if run.process:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(run.process, number)


def _fault(state: State, run: JobRun) -> JobFault | None:
    """Choose the first fault that concerns a run and has not been spent."""
    for number, fault in enumerate(state.settings.glue_jobs.faults):
        if fnmatch.fnmatchcase(run.job["Name"], fault.job):
            spent = state.job_faults[number]
            if fault.times is None or spent < fault.times:
                state.job_faults[number] += 1
                return fault
    return None


def _arn(run: JobRun, call: GlueCall) -> str:
    role = str(run.job["Role"])
    return role if role.startswith("arn:") else f"arn:{partition(call.region)}:iam::{call.account}:role/{role}"


def _environment(state: State, arn: str, url: str) -> dict[str, str]:
    """Say the variables of a run's processes: the emulator's address, and credentials of the role; no region."""
    key, secret, session, _ = issue(state, arn, SESSION, SESSION_SECONDS)
    state.sessions[key] = session
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": session.token,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ALLOW_HTTP": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **state.settings.glue_jobs.environment,
    }
