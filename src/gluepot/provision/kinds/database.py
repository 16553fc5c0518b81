"""Databases of the Glue catalog.

`wanted` is `{"Description", "LocationUri"}`, the latter only where there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.provision.kinds.gluetags import add_tags, tags_of
from gluepot.provision.resource import ExistingResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Plain, Resource

TOLD: Final = ("Description", "LocationUri")


def wanted(location: str) -> Plain:
    """Say what a database of gluepot's is."""
    return {"Description": "made by gluepot", **({"LocationUri": location} if location else {})}


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it."""
    arn = _arn(clients, resource)
    answer = clients.find("glue", "GetDatabase", arn, Name=resource.name)
    if answer is None:
        return None
    state = {key: answer["Database"][key] for key in TOLD if answer["Database"].get(key)}
    return ExistingResource(state, tags_of(clients, arn))


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Make it."""
    given = {"Name": resource.name, **resource.wanted}
    clients.call("glue", "CreateDatabase", _arn(clients, resource), DatabaseInput=given, Tags=dict(tags))


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:  # noqa: ARG001 - every kind has these
    """Make it what is wanted; what its owner added beside stays."""
    arn = _arn(clients, resource)
    now = clients.call("glue", "GetDatabase", arn, Name=resource.name)["Database"]
    kept = {key: now[key] for key in ("Parameters", "CreateTableDefaultPermissions") if key in now}
    given = {"Name": resource.name, **kept, **resource.wanted}
    clients.call("glue", "UpdateDatabase", arn, Name=resource.name, DatabaseInput=given)


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it, with the entries of its tables; Glue leaves their files where they are."""
    clients.find("glue", "DeleteDatabase", _arn(clients, resource), Name=resource.name)


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags."""
    add_tags(clients, _arn(clients, resource), tags)


def _arn(clients: Clients, resource: Resource) -> str:
    return clients.arn("glue", f"database/{resource.name}")
