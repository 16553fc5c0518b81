"""Workgroups of Athena: where results go, encrypted, whatever the client asks for.

`wanted` is `{"description", "output", "encryption": {"algorithm", "key"}, "enforced", "state"}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.provision.resource import ExistingResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Plain, Resource


def wanted(output: str, kms_key: str = "") -> Plain:
    """Say what a workgroup of gluepot's is."""
    encryption = {"algorithm": "SSE_KMS" if kms_key else "SSE_S3", "key": kms_key}
    return {
        "description": "made by gluepot",
        "output": f"{output.rstrip('/')}/",
        "encryption": encryption,
        "enforced": True,
        "state": "ENABLED",
    }


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it."""
    arn = _arn(clients, resource)
    answer = clients.find("athena", "GetWorkGroup", arn, WorkGroup=resource.name)
    if answer is None:
        return None
    group = answer["WorkGroup"]
    configuration = group.get("Configuration", {})
    results = configuration.get("ResultConfiguration", {})
    encryption = results.get("EncryptionConfiguration", {})
    state = {
        "description": group.get("Description", ""),
        "output": results.get("OutputLocation", ""),
        "encryption": {"algorithm": encryption.get("EncryptionOption", ""), "key": encryption.get("KmsKey", "")},
        "enforced": configuration.get("EnforceWorkGroupConfiguration", True),
        "state": group.get("State", ""),
    }
    tags = clients.find("athena", "ListTagsForResource", arn, ResourceARN=arn) or {}
    return ExistingResource(state, {tag["Key"]: tag["Value"] for tag in tags.get("Tags", ())})


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Make it."""
    configuration = {
        "ResultConfiguration": _results(resource),
        "EnforceWorkGroupConfiguration": resource.wanted["enforced"],
        "PublishCloudWatchMetricsEnabled": False,
        "EngineVersion": {"SelectedEngineVersion": "AUTO"},
    }
    clients.call(
        "athena",
        "CreateWorkGroup",
        _arn(clients, resource),
        Name=resource.name,
        Description=resource.wanted["description"],
        Configuration=configuration,
        Tags=_pairs(tags),
    )


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:  # noqa: ARG001 - every kind has these
    """Make it what is wanted; limits that its owner set beside stay."""
    updates = {
        "ResultConfigurationUpdates": _results(resource),
        "EnforceWorkGroupConfiguration": resource.wanted["enforced"],
    }
    clients.call(
        "athena",
        "UpdateWorkGroup",
        _arn(clients, resource),
        WorkGroup=resource.name,
        Description=resource.wanted["description"],
        ConfigurationUpdates=updates,
        State=resource.wanted["state"],
    )


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it with the queries that it remembers; their results stay in S3."""
    clients.find(
        "athena", "DeleteWorkGroup", _arn(clients, resource), WorkGroup=resource.name, RecursiveDeleteOption=True
    )


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags."""
    arn = _arn(clients, resource)
    clients.call("athena", "TagResource", arn, ResourceARN=arn, Tags=_pairs(tags))


def _results(resource: Resource) -> dict[str, Any]:
    encryption = resource.wanted["encryption"]
    chosen = {"EncryptionOption": encryption["algorithm"]}
    if encryption["key"]:
        chosen["KmsKey"] = encryption["key"]
    return {"OutputLocation": resource.wanted["output"], "EncryptionConfiguration": chosen}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]


def _arn(clients: Clients, resource: Resource) -> str:
    return clients.arn("athena", f"workgroup/{resource.name}")
