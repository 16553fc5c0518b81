"""Jobs of Glue.

`wanted` is what CreateJob takes, without name and tags
(https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import BusyError
from gluepot.provision.kinds.gluetags import add_tags, tags_of
from gluepot.provision.resource import ExistingResource
from gluepot.provision.waiting import once_assumable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Plain, Resource

TOLD: Final = (
    "CodeGenConfigurationNodes",
    "Command",
    "Connections",
    "DefaultArguments",
    "Description",
    "ExecutionClass",
    "ExecutionProperty",
    "GlueVersion",
    "MaxRetries",
    "NonOverridableArguments",
    "NumberOfWorkers",
    "Role",
    "SecurityConfiguration",
    "Timeout",
    "WorkerType",
)
"""What of a job is wanted or not; the rest is Glue's own record of it, or follows from these."""

USUAL: Final[dict[str, Any]] = {"JobMode": "SCRIPT", "JobRunQueuingEnabled": False, "ExecutionClass": "STANDARD"}
"""What Glue says of a job that was not told."""

ENDED: Final = frozenset({"STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED"})


def wanted(definition: Mapping[str, Any]) -> Plain:
    """Say what a job is, from what CreateJob takes."""
    return {key: value for key, value in definition.items() if key not in {"Name", "Tags"}}


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it."""
    arn = _arn(clients, resource)
    answer = clients.find("glue", "GetJob", arn, JobName=resource.name)
    if answer is None:
        return None
    job = answer["Job"]
    state = {key: job[key] for key in TOLD if job.get(key) not in (None, "", {}, [])}
    state |= {key: job[key] for key in USUAL if key in resource.wanted or job.get(key, USUAL[key]) != USUAL[key]}
    state |= {key: job[key] for key in resource.wanted if key in job}
    if "Role" in state and "/" not in resource.wanted["Role"]:
        state["Role"] = state["Role"].rpartition("/")[2]  # CreateJob takes a name, and may tell an ARN
    return ExistingResource(state, tags_of(clients, arn))


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Make it, as soon as Glue can assume the role."""
    given = {"Name": resource.name, **resource.wanted, "Tags": dict(tags)}
    arn = _arn(clients, resource)
    once_assumable(lambda: clients.call("glue", "CreateJob", arn, **given), tell=clients.tell)


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:  # noqa: ARG001 - every kind has these
    """Make it what is wanted: what an update leaves out, Glue forgets."""
    given = {"JobName": resource.name, "JobUpdate": dict(resource.wanted)}
    arn = _arn(clients, resource)
    once_assumable(lambda: clients.call("glue", "UpdateJob", arn, **given), tell=clients.tell)


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it, unless it runs.

    Raises:
        BusyError: A run of it is under way.
    """
    arn = _arn(clients, resource)
    answer = clients.find("glue", "GetJobRuns", arn, JobName=resource.name, MaxResults=20) or {}
    running = [run["Id"] for run in answer.get("JobRuns", ()) if run.get("JobRunState") not in ENDED]
    if running:
        why = f"its run {running[0]} is under way"
        raise BusyError(f"{resource} cannot be removed", why, "wait for its end, or stop it; then run again")
    clients.find("glue", "DeleteJob", arn, JobName=resource.name)


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags."""
    add_tags(clients, _arn(clients, resource), tags)


def _arn(clients: Clients, resource: Resource) -> str:
    return clients.arn("glue", f"job/{resource.name}")
