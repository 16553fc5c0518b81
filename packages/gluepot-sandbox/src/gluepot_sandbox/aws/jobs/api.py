"""The calls about runs of jobs; jobs themselves are kept by moto.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-runs.html
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws import tokens
from gluepot_sandbox.aws.answers import RefusalError, json_answer
from gluepot_sandbox.aws.jobs.carrier import carry, stop
from gluepot_sandbox.aws.jobs.run import JobRun
from gluepot_sandbox.aws.tokens import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.state import State

PAGE: Final = 200
"""Runs on a page at most (GetJobRuns, MaxResults)."""


def is_ours(call: GlueCall) -> bool:
    """Tell whether a call is about runs of jobs."""
    return call.operation in OPERATIONS


def answer(state: State, call: GlueCall, url: str) -> Answer:
    """Answer a call; moto has been started.

    Args:
        state: The emulator's.
        call: The call.
        url: Where the emulator listens.
    """
    result = start(state, call, url) if call.operation == "StartJobRun" else OPERATIONS[call.operation](state, call)
    state.check("glue", call.operation, result)
    return json_answer(result)


def start(state: State, call: GlueCall, url: str) -> dict[str, Any]:
    """Start a run; it goes on when this is answered."""
    job = _job(call)
    runs = state.job_runs.setdefault((call.account, call.region, job["Name"]), [])
    most = int((job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)
    if sum(not run.is_over for run in runs) >= most:
        raise RefusalError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}")
    _check(job, call)
    run = JobRun(job, dict(call.parameters))
    runs.append(run)
    task = asyncio.get_running_loop().create_task(carry(state, run, call, url))
    state.tasks.add(task)
    task.add_done_callback(state.tasks.discard)
    return {"JobRunId": run.id}


def get(state: State, call: GlueCall) -> dict[str, Any]:
    """Answer one run."""
    return {"JobRun": _find(state, call, str(call.parameters["RunId"])).record()}


def get_all(state: State, call: GlueCall) -> dict[str, Any]:
    """Answer a page of runs, the newest first."""
    _job(call)
    runs = [run.record() for run in reversed(_runs(state, call))]
    size = min(int(call.parameters.get("MaxResults") or PAGE), PAGE)
    bound = tokens.binding(call.operation, call.account, call.region, str(call.parameters["JobName"]))
    token = call.parameters.get("NextToken")
    at = int(tokens.unseal(state.token_key, bound, str(token), None).after or 0) if token else 0
    more = at + size < len(runs)
    following = {"NextToken": tokens.seal(state.token_key, bound, Cursor(after=at + size))} if more else {}
    return {"JobRuns": runs[at : at + size], **following}


def stop_all(state: State, call: GlueCall) -> dict[str, Any]:
    """Stop runs; those that are over are named as errors."""
    name = str(call.parameters["JobName"])
    done, wrong = [], []
    for run_id in call.parameters["JobRunIds"]:
        found = next((run for run in _runs(state, call) if run.id == run_id), None)
        if found is None or found.is_over:
            code = "EntityNotFoundException" if found is None else "InvalidInputException"
            message = "JobRun not found" if found is None else "Job run is not in a state that can be stopped"
            wrong.append(
                {"JobName": name, "JobRunId": run_id, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": message}}
            )
            continue
        stop(found)
        done.append({"JobName": name, "JobRunId": run_id})
    return {"SuccessfulSubmissions": done, "Errors": wrong}


OPERATIONS: Final[dict[str, Callable[[State, GlueCall], dict[str, Any]]]] = {
    "BatchStopJobRun": stop_all,
    "GetJobRun": get,
    "GetJobRuns": get_all,
    "StartJobRun": lambda _state, _call: {},  # it needs the emulator's address too
}


def _job(call: GlueCall) -> dict[str, Any]:
    """Read a job as moto keeps it."""
    name = str(call.parameters.get("JobName"))
    found = sys.modules["moto.glue.models"].glue_backends[call.account][call.region].jobs.get(name)
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Failed to start job run due to missing metadata: {name}")
    return {key: value for key, value in found.as_dict().items() if value is not None}


def _check(job: dict[str, Any], call: GlueCall) -> None:
    """Refuse what Glue refuses of a run."""
    flexible = call.parameters.get("ExecutionClass") or job.get("ExecutionClass")
    worker = call.parameters.get("WorkerType") or job.get("WorkerType")
    if flexible == "FLEX" and worker not in {"G.1X", "G.2X"}:
        raise RefusalError("InvalidInputException", f"Worker type {worker} is not supported for execution class FLEX.")
    if int(call.parameters.get("NumberOfWorkers") or job.get("NumberOfWorkers") or 2) < 2:  # noqa: PLR2004 - Glue's own bound
        raise RefusalError("InvalidInputException", "Number of workers must be at least 2.")


def _runs(state: State, call: GlueCall) -> list[JobRun]:
    return state.job_runs.get((call.account, call.region, str(call.parameters["JobName"])), [])


def _find(state: State, call: GlueCall, run_id: str) -> JobRun:
    found = next((run for run in _runs(state, call) if run.id == run_id), None)
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Job run {run_id} not found")
    return found
