"""Athena's calls about statements; workgroups and the rest are moto's.

https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gluepot_sandbox.aws import faults
from gluepot_sandbox.aws.answers import RefusalError, json_answer
from gluepot_sandbox.aws.faults import Subject
from gluepot_sandbox.aws.settings import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.athena.execution import Execution
    from gluepot_sandbox.aws.identity import Caller
    from gluepot_sandbox.aws.state import State

EXECUTION: Final = "QueryExecution"
"""What faults and latencies call the running of a statement: no call has this name."""

PAGE: Final = 1000


class AthenaCall(NamedTuple):
    """A call of Athena: who asks what, and where this emulator listens."""

    operation: str
    caller: Caller
    parameters: Mapping[str, Any]
    url: str


async def answer(state: State, call: AthenaCall) -> Answer:
    """Answer one of the calls in `OPERATIONS`."""
    if call.operation == "StartQueryExecution":
        given = await start(state, call)
    else:
        given = _OTHERS[call.operation](state, call)
    state.check("athena", call.operation, given)
    return json_answer(given)


async def start(state: State, call: AthenaCall) -> dict[str, Any]:
    """Start a statement; one that is sent twice with one token is started once."""
    from gluepot_sandbox.aws.athena.execution import Execution  # noqa: PLC0415 - lazy: pyiceberg and DuckDB are slow to load
    from gluepot_sandbox.aws.athena.translate import parse  # noqa: PLC0415 - likewise

    given = call.parameters
    token = str(given.get("ClientRequestToken", ""))
    if token in state.athena_tokens:
        return {"QueryExecutionId": _same(state, call, state.athena_tokens[token])}
    workgroup, folder = await asyncio.to_thread(_place, call)
    execution = Execution(
        sql=str(given.get("QueryString", "")),
        tree=parse(str(given.get("QueryString", ""))),
        caller=call.caller,
        workgroup=workgroup,
        folder=folder,
        database=str((given.get("QueryExecutionContext") or {}).get("Database", "")).lower(),
        url=call.url,
        milliseconds=state.settings.latency_of.get(EXECUTION, 0.0),
    )
    state.athena[execution.id] = execution
    state.athena_tokens[token or execution.id] = execution.id
    failure, retryable = _failure(state, call)
    task = asyncio.create_task(asyncio.to_thread(execution.run, state, failure, retryable=retryable))
    state.tasks.add(task)
    task.add_done_callback(state.tasks.discard)
    return {"QueryExecutionId": execution.id}


def _same(state: State, call: AthenaCall, query_id: str) -> str:
    if state.athena[query_id].sql != call.parameters.get("QueryString"):
        raise RefusalError("InvalidRequestException", "Idempotent parameters do not match")
    return query_id


def _failure(state: State, call: AthenaCall) -> tuple[str, bool]:
    """Say why a statement is to fail, from a fault of the operation `QueryExecution`."""
    subject = Subject("athena", EXECUTION, call.caller.account, call.caller.region, "", "", continued=False)
    fault = faults.pick(state, subject)
    if fault is None:
        return "", False
    usual = (
        "Insufficient permissions to execute the query."
        if fault.kind is FaultKind.DENIED
        else "GENERIC_INTERNAL_ERROR: injected"
    )
    return fault.message or usual, fault.kind is FaultKind.THROTTLE


def _place(call: AthenaCall) -> tuple[str, str]:
    """Find the workgroup, and where results go; look whether that bucket is there."""
    from moto.athena.models import athena_backends  # noqa: PLC0415 - lazy: start-up
    from moto.s3.models import s3_backends  # noqa: PLC0415 - likewise

    name = str(call.parameters.get("WorkGroup") or "primary")
    group = athena_backends[call.caller.account][call.caller.region].work_groups.get(name)
    if group is None:
        raise RefusalError("InvalidRequestException", f"WorkGroup {name} is not found.")
    if group.state == "DISABLED":
        raise RefusalError("InvalidRequestException", f"WorkGroup {name} is disabled.")
    asked = (call.parameters.get("ResultConfiguration") or {}).get("OutputLocation", "")
    own = (group.configuration.get("ResultConfiguration") or {}).get("OutputLocation", "")
    folder = own if group.configuration.get("EnforceWorkGroupConfiguration") and own else asked or own
    if not folder:
        message = (
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
        raise RefusalError("InvalidRequestException", message)
    bucket = str(folder).removeprefix("s3://").partition("/")[0]
    if bucket not in s3_backends[call.caller.account]["aws"].buckets:
        raise RefusalError("InvalidRequestException", f"Unable to verify/create output bucket {bucket}")
    return name, f"{str(folder).rstrip('/')}/"


def count(state: State, access_key: str, path: str, answer: Answer) -> None:
    """Count what a statement reads of data files, as Athena bills it: neither Iceberg's metadata nor listings."""
    if access_key in state.scans and not answer.error and ".parquet" in path:
        state.scans[access_key] += len(answer.body)


def get(state: State, call: AthenaCall) -> dict[str, Any]:
    """Answer GetQueryExecution."""
    return {"QueryExecution": _described(_execution(state, call))}


def batch_get(state: State, call: AthenaCall) -> dict[str, Any]:
    """Answer BatchGetQueryExecution."""
    ids = [str(query_id) for query_id in call.parameters.get("QueryExecutionIds", ())]
    return {
        "QueryExecutions": [_described(state.athena[query_id]) for query_id in ids if query_id in state.athena],
        "UnprocessedQueryExecutionIds": [
            {"QueryExecutionId": query_id} for query_id in ids if query_id not in state.athena
        ],
    }


def list_ids(state: State, call: AthenaCall) -> dict[str, Any]:
    """Answer ListQueryExecutions, the newest first."""
    group = str(call.parameters.get("WorkGroup") or "primary")
    found = [
        execution
        for execution in state.athena.values()
        if execution.workgroup == group and execution.caller.account == call.caller.account
    ]
    return {"QueryExecutionIds": [execution.id for execution in reversed(found)]}


def stop(state: State, call: AthenaCall) -> dict[str, Any]:
    """Answer StopQueryExecution."""
    _execution(state, call).cancel()
    return {}


def results(state: State, call: AthenaCall) -> dict[str, Any]:
    """Answer a page of results; a SELECT's first row is its header."""
    execution = _execution(state, call)
    if execution.state in {"QUEUED", "RUNNING"}:
        message = f"Query has not yet finished. Current state: {execution.state}"
        raise RefusalError("InvalidRequestException", message)
    if execution.state != "SUCCEEDED":
        message = f"Query did not finish successfully. Final query state: {execution.state}"
        raise RefusalError("InvalidRequestException", message)
    start = int(call.parameters.get("NextToken") or 0)
    end = start + min(int(call.parameters.get("MaxResults") or PAGE), PAGE)
    header: list[list[str | None]] = [[column["Name"] for column in execution.columns]] if execution.is_select else []
    rows = [*header, *execution.rows]
    page: dict[str, Any] = {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": [
                {"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows[start:end]
            ],
            "ResultSetMetadata": {"ColumnInfo": execution.columns},
        },
    }
    return page | ({"NextToken": str(end)} if end < len(rows) else {})


def _execution(state: State, call: AthenaCall) -> Execution:
    query_id = str(call.parameters.get("QueryExecutionId", ""))
    found: Execution | None = state.athena.get(query_id)
    if found is None or found.caller.account != call.caller.account:
        raise RefusalError("InvalidRequestException", f"QueryExecution {query_id} was not found")
    return found


def _described(execution: Execution) -> dict[str, Any]:
    status: dict[str, Any] = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.state == "FAILED":
        status["AthenaError"] = {
            "ErrorCategory": 2,
            "ErrorType": 1001,
            "Retryable": execution.retryable,
            "ErrorMessage": execution.reason,
        }
    if execution.completed:
        status["CompletionDateTime"] = execution.completed
    took = int(((execution.completed or execution.submitted) - execution.submitted) * 1000)
    return {
        "QueryExecutionId": execution.id,
        "Query": execution.sql,
        "StatementType": "DML" if execution.is_select else "UTILITY",
        "ResultConfiguration": {"OutputLocation": execution.location},
        "QueryExecutionContext": {"Database": execution.database} if execution.database else {},
        "Status": status,
        "Statistics": {
            "EngineExecutionTimeInMillis": took,
            "DataScannedInBytes": execution.scanned if execution.completed else 0,
            "TotalExecutionTimeInMillis": took,
        },
        "WorkGroup": execution.workgroup,
        "EngineVersion": {
            "SelectedEngineVersion": "AUTO",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
    }


_OTHERS: Final[dict[str, Callable[[State, AthenaCall], dict[str, Any]]]] = {
    "GetQueryExecution": get,
    "BatchGetQueryExecution": batch_get,
    "ListQueryExecutions": list_ids,
    "StopQueryExecution": stop,
    "GetQueryResults": results,
}
OPERATIONS: Final = frozenset({"StartQueryExecution", *_OTHERS})
"""What is answered here; the rest is moto's."""
