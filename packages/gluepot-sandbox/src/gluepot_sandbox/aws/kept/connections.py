"""Connections of Glue: moto creates them; here they are changed, removed, and told as Glue tells them.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-connections-connections.html
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws.answers import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.aws.glue import GlueCall

HIDDEN: Final = frozenset({"PASSWORD", "ENCRYPTED_PASSWORD"})
INPUTS: Final = frozenset({"ValidateCredentials", "ValidateForComputeEnvironments"})
"""Members of a ConnectionInput that are no part of the connection."""


def get(call: GlueCall) -> dict[str, Any]:
    """Answer one connection."""
    return {"Connection": _record(_find(call, "Name"), hide=bool(call.parameters.get("HidePassword")))}


def get_all(call: GlueCall) -> dict[str, Any]:
    """Answer all connections, or those of a type."""
    wanted = (call.parameters.get("Filter") or {}).get("ConnectionType")
    hide = bool(call.parameters.get("HidePassword"))
    kept = _backend(call).connections
    records = [_record(kept[name], hide=hide) for name in sorted(kept)]
    return {
        "ConnectionList": [connection for connection in records if wanted in {None, connection.get("ConnectionType")}]
    }


def update(call: GlueCall) -> dict[str, Any]:
    """Put another definition in a connection's place."""
    connection, given = _find(call, "Name"), dict(call.parameters["ConnectionInput"])
    if given.get("Name") != connection.name:
        raise RefusalError("InvalidInputException", "The name of a connection cannot be changed.")
    connection.connection_input = given
    connection.description = given.get("Description")
    connection.connection_properties = given.get("ConnectionProperties", {})
    connection.updated_time = type(connection.created_time).fromtimestamp(time.time(), connection.created_time.tzinfo)
    return {}


def delete(call: GlueCall) -> dict[str, Any]:
    """Remove a connection, and its tags."""
    connection = _find(call, "ConnectionName")
    backend = _backend(call)
    backend.tagger.delete_all_tags_for_resource(connection.arn)
    del backend.connections[connection.name]
    return {}


OPERATIONS: Final[dict[str, Callable[[GlueCall], dict[str, Any]]]] = {
    "DeleteConnection": delete,
    "GetConnection": get,
    "GetConnections": get_all,
    "UpdateConnection": update,
}


def _record(connection: Any, *, hide: bool) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    record = {name: value for name, value in connection.connection_input.items() if name not in INPUTS}
    if hide:
        properties = record.get("ConnectionProperties", {})
        record["ConnectionProperties"] = {name: value for name, value in properties.items() if name not in HIDDEN}
    created, updated = connection.created_time.timestamp(), connection.updated_time.timestamp()
    return {**record, "CreationTime": created, "LastUpdatedTime": updated, "Status": "READY"}


def _find(call: GlueCall, key: str) -> Any:  # noqa: ANN401 - moto ships no types
    name = str(call.parameters[key])
    found = _backend(call).connections.get(name)
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Connection {name} not found.")
    return found


def _backend(call: GlueCall) -> Any:  # noqa: ANN401 - moto ships no types
    return importlib.import_module("moto.glue.models").glue_backends[call.catalog_id][call.region]
