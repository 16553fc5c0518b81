"""IAM roles with their one inline policy: it is the role's own, is written with it and goes with it.

`wanted` is `{"description", "trust", "policy", "boundary", "attached": []}`: documents of the policy language, the ARN
of a permissions boundary or nothing, and the ARNs of managed policies, of which gluepot's roles have none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import WaiterError

from gluepot.errors import RemoteError
from gluepot.provision.resource import ExistingResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Plain, Resource

POLICY: Final = "gluepot"
"""The name of the inline policy."""

SECONDS: Final = 60
"""How long IAM may take to show a new role."""


def wanted(description: str, trust: Plain, policy: Plain, boundary: str = "") -> Plain:
    """Say what a role of gluepot's is."""
    return {"description": description, "trust": trust, "policy": policy, "boundary": boundary, "attached": []}


def trust(service: str, account: str) -> Plain:
    """Write who may assume a role: a service, for this account only.

    The condition keeps others from having the service use the role for them (IAM user guide, "The confused deputy
    problem").
    """
    statement = {
        "Sid": "Assume",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it, with every policy that it has."""
    name, arn = resource.name, _arn(clients, resource)
    answer = clients.find("iam", "GetRole", arn, RoleName=name)
    if answer is None:
        return None
    role = answer["Role"]
    state = {
        "description": role.get("Description", ""),
        "trust": _document(role["AssumeRolePolicyDocument"]),
        "policy": _policy(clients, name, arn),
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "attached": _attached(clients, name, arn),
    }
    others = _others(clients, name, arn)
    if others:
        state["other policies"] = others
    tags = clients.call("iam", "ListRoleTags", arn, RoleName=name)["Tags"]
    return ExistingResource(state, {tag["Key"]: tag["Value"] for tag in tags})


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Make it, and give it its policy."""
    given: dict[str, Any] = {
        "RoleName": resource.name,
        "Description": resource.wanted["description"],
        "AssumeRolePolicyDocument": json.dumps(resource.wanted["trust"]),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    if resource.wanted["boundary"]:
        given["PermissionsBoundary"] = resource.wanted["boundary"]
    clients.call("iam", "CreateRole", _arn(clients, resource), **given)
    _wait(clients, resource)
    _put_policy(clients, resource)


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:
    """Make trust, policies and boundary what is wanted; policies that somebody added go."""
    name, arn, now = resource.name, _arn(clients, resource), found.state
    want = resource.wanted
    clients.call("iam", "UpdateRole", arn, RoleName=name, Description=want["description"])
    clients.call("iam", "UpdateAssumeRolePolicy", arn, RoleName=name, PolicyDocument=json.dumps(want["trust"]))
    if want["boundary"] and want["boundary"] != now["boundary"]:
        boundary = want["boundary"]
        clients.call("iam", "PutRolePermissionsBoundary", arn, RoleName=name, PermissionsBoundary=boundary)
    elif now["boundary"] and not want["boundary"]:
        clients.call("iam", "DeleteRolePermissionsBoundary", arn, RoleName=name)
    _put_policy(clients, resource)
    _strip(clients, name, arn, keep=POLICY)


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it: policies first, as IAM asks."""
    name, arn = resource.name, _arn(clients, resource)
    _strip(clients, name, arn)
    for instance_profile in clients.call("iam", "ListInstanceProfilesForRole", arn, RoleName=name)["InstanceProfiles"]:
        profile = instance_profile["InstanceProfileName"]
        clients.call("iam", "RemoveRoleFromInstanceProfile", arn, RoleName=name, InstanceProfileName=profile)
    clients.find("iam", "DeleteRole", arn, RoleName=name)


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags."""
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    clients.call("iam", "TagRole", _arn(clients, resource), RoleName=resource.name, Tags=pairs)


def _wait(clients: Clients, resource: Resource) -> None:
    """Wait until IAM itself knows the role everywhere that it is asked.

    Raises:
        RemoteError: It does not.
    """
    waiter = clients.client("iam").get_waiter("role_exists")
    try:
        waiter.wait(RoleName=resource.name, WaiterConfig={"Delay": 1, "MaxAttempts": SECONDS})
    except WaiterError as error:
        hint = "run gluepot aws apply again: it goes on from here"
        raise RemoteError(f"{resource} was created, and IAM does not show it", str(error), hint) from error


def _put_policy(clients: Clients, resource: Resource) -> None:
    text = json.dumps(resource.wanted["policy"])
    arn = _arn(clients, resource)
    clients.call("iam", "PutRolePolicy", arn, RoleName=resource.name, PolicyName=POLICY, PolicyDocument=text)


def _policy(clients: Clients, name: str, arn: str) -> Plain:
    answer = clients.find("iam", "GetRolePolicy", arn, RoleName=name, PolicyName=POLICY)
    return _document(answer["PolicyDocument"]) if answer else {}


def _others(clients: Clients, name: str, arn: str) -> list[str]:
    names = clients.call("iam", "ListRolePolicies", arn, RoleName=name)["PolicyNames"]
    return sorted(policy for policy in names if policy != POLICY)


def _attached(clients: Clients, name: str, arn: str) -> list[str]:
    policies = clients.call("iam", "ListAttachedRolePolicies", arn, RoleName=name)["AttachedPolicies"]
    return sorted(policy["PolicyArn"] for policy in policies)


def _strip(clients: Clients, name: str, arn: str, keep: str = "") -> None:
    """Take every policy off a role but one."""
    for attached in _attached(clients, name, arn):
        clients.find("iam", "DetachRolePolicy", arn, RoleName=name, PolicyArn=attached)
    names = clients.call("iam", "ListRolePolicies", arn, RoleName=name)["PolicyNames"]
    for inline in names:
        if inline != keep:
            clients.find("iam", "DeleteRolePolicy", arn, RoleName=name, PolicyName=inline)


def _document(document: Any) -> dict[str, Any]:  # noqa: ANN401 - botocore decodes it where it can
    return dict(json.loads(document)) if isinstance(document, str) else dict(document)


def _arn(clients: Clients, resource: Resource) -> str:
    return clients.global_arn("iam", f"role/{resource.name}")
