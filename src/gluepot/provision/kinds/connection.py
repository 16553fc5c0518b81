"""Connections of Glue: of a network, and custom ones.

`wanted` is a ConnectionInput without its name
(https://docs.aws.amazon.com/glue/latest/webapi/API_ConnectionInput.html). It names secrets and never holds one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.provision.kinds.gluetags import add_tags, tags_of
from gluepot.provision.resource import ExistingResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.network import Network
    from gluepot.provision.resource import Plain, Resource

TOLD: Final = (
    "Description",
    "ConnectionType",
    "MatchCriteria",
    "ConnectionProperties",
    "PhysicalConnectionRequirements",
)
"""What of a connection is wanted or not; the rest is Glue's own record of it."""

EMPTY: Final[dict[str, Any]] = {"Description": "", "MatchCriteria": [], "ConnectionProperties": {}}


def network(place: Network) -> Plain:
    """Say what a connection is that only puts a job into a VPC."""
    where: dict[str, Any] = {"SubnetId": place.subnet, "SecurityGroupIdList": list(place.security_groups)}
    if place.availability_zone:
        where["AvailabilityZone"] = place.availability_zone
    return {
        "Description": "made by gluepot: where its job runs",
        "ConnectionType": "NETWORK",
        "MatchCriteria": [],
        "ConnectionProperties": {"JDBC_ENFORCE_SSL": "false"},
        "PhysicalConnectionRequirements": where,
    }


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it; passwords that somebody put into it stay hidden."""
    arn = _arn(clients, resource)
    answer = clients.find("glue", "GetConnection", arn, Name=resource.name, HidePassword=True)
    if answer is None:
        return None
    connection = answer["Connection"]
    state = {**EMPTY, **{key: connection[key] for key in TOLD if connection.get(key) not in (None, {}, [])}}
    zone = resource.wanted.get("PhysicalConnectionRequirements", {}).get("AvailabilityZone")
    if zone is None and "AvailabilityZone" in state.get("PhysicalConnectionRequirements", {}):
        # left out of the plan, Glue finds it by the subnet
        place = state["PhysicalConnectionRequirements"]
        state["PhysicalConnectionRequirements"] = {k: v for k, v in place.items() if k != "AvailabilityZone"}
    return ExistingResource(state, tags_of(clients, arn))


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Make it."""
    given = {"Name": resource.name, **resource.wanted}
    clients.call("glue", "CreateConnection", _arn(clients, resource), ConnectionInput=given, Tags=dict(tags))


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:  # noqa: ARG001 - every kind has these
    """Make it what is wanted."""
    given = {"Name": resource.name, **resource.wanted}
    clients.call("glue", "UpdateConnection", _arn(clients, resource), Name=resource.name, ConnectionInput=given)


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it."""
    clients.find("glue", "DeleteConnection", _arn(clients, resource), ConnectionName=resource.name)


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags."""
    add_tags(clients, _arn(clients, resource), tags)


def _arn(clients: Clients, resource: Resource) -> str:
    return clients.arn("glue", f"connection/{resource.name}")
