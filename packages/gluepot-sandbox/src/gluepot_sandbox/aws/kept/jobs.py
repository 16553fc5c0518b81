"""Definitions of jobs: moto creates and deletes them; here they are changed, and told whole.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws.answers import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot_sandbox.aws.glue import GlueCall

UNTOLD: Final = {"JobMode": "SCRIPT", "JobRunQueuingEnabled": False}
"""What moto does not keep of a job, and what Glue says where nobody told it."""

MEMBERS: Final = {
    "AllocatedCapacity": "allocated_capacity",
    "CodeGenConfigurationNodes": "code_gen_configuration_nodes",
    "Command": "command",
    "Connections": "connections",
    "DefaultArguments": "default_arguments",
    "Description": "description",
    "ExecutionClass": "execution_class",
    "ExecutionProperty": "execution_property",
    "GlueVersion": "glue_version",
    "LogUri": "log_uri",
    "MaxCapacity": "max_capacity",
    "MaxRetries": "max_retries",
    "NonOverridableArguments": "non_overridable_arguments",
    "NotificationProperty": "notification_property",
    "NumberOfWorkers": "number_of_workers",
    "Role": "role",
    "SecurityConfiguration": "security_configuration",
    "SourceControlDetails": "source_control_details",
    "Timeout": "timeout",
    "WorkerType": "worker_type",
}
"""Members of JobUpdate, and where moto's job keeps them."""

USUAL: Final[dict[str, Any]] = {
    "DefaultArguments": {},
    "ExecutionClass": "STANDARD",
    "ExecutionProperty": {"MaxConcurrentRuns": 1},
    "MaxRetries": 0,
}


def get(call: GlueCall) -> dict[str, Any]:
    """Answer one job."""
    return {"Job": record(_find(call))}


def update(call: GlueCall) -> dict[str, Any]:
    """Put another definition in a job's place: what it leaves out is as if nobody had told it."""
    job, given = _find(call), call.parameters["JobUpdate"]
    _check(given)
    for member, attribute in MEMBERS.items():
        setattr(job, attribute, given.get(member, USUAL.get(member)))
    keep(job, given)
    job.last_modified_on = _now(job)
    return {"JobName": job.name}


def keep(job: Any, given: Mapping[str, Any]) -> None:  # noqa: ANN401 - moto ships no types
    """Keep what moto does not of a job that was just created or changed."""
    job.untold = {name: given.get(name, usual) for name, usual in UNTOLD.items()}


def record(job: Any) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    """Write a job as GetJob does: what is not there is left out, moments are seconds."""
    definition = {name: value for name, value in job.as_dict().items() if value is not None}
    for name in ("CreatedOn", "LastModifiedOn"):
        definition[name] = definition[name].timestamp()
    return {**definition, **getattr(job, "untold", UNTOLD)}


OPERATIONS: Final[dict[str, Callable[[GlueCall], dict[str, Any]]]] = {"GetJob": get, "UpdateJob": update}


def _check(given: Mapping[str, Any]) -> None:
    """Refuse what contradicts itself (API reference, JobUpdate: MaxCapacity)."""
    if "MaxCapacity" in given and ("WorkerType" in given or "NumberOfWorkers" in given):
        message = "Please do not set Max Capacity if using Worker Type and Number of Workers."
        raise RefusalError("InvalidInputException", message)


def _find(call: GlueCall) -> Any:  # noqa: ANN401 - moto ships no types
    name = str(call.parameters["JobName"])
    found = _backend(call).jobs.get(name)
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Job {name} not found.")
    return found


def _backend(call: GlueCall) -> Any:  # noqa: ANN401 - moto ships no types
    return importlib.import_module("moto.glue.models").glue_backends[call.account][call.region]


def _now(job: Any) -> Any:  # noqa: ANN401 - moto ships no types
    return type(job.created_on).fromtimestamp(time.time(), job.created_on.tzinfo)
