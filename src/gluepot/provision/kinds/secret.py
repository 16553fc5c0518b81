"""Secrets of AWS Secrets Manager, as the walkthrough has them: `{"user", "password"}`.

`wanted` is `{"description", "kms_key", "keys", "value"}`: `value` only ever says whether it is the source's. The value
itself goes from the plan's reference to Secrets Manager, and is compared in memory; nothing else keeps it, or a digest
of it. Which version gluepot put there is in the tag `gluepot:version`: so a new token in the source is told from what
somebody put there by hand.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, Final

from gluepot.provision.resource import ExistingResource, fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Plain, Resource

VERSION: Final = "gluepot:version"
KEYS: Final = ("password", "user")
SAME: Final = "as in the source"
OTHER: Final = "another than in the source"
DELETED: Final = "scheduled for deletion"

RECOVERY_DAYS: Final = 7
"""How long a secret that is destroyed can be restored: the least that Secrets Manager takes."""


def wanted(kms_key: str = "") -> Plain:
    """Say what a secret of gluepot's is."""
    return {"description": "made by gluepot", "kms_key": kms_key, "keys": list(KEYS), "value": SAME}


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it, and look whether it holds user and password."""
    described = clients.find("secretsmanager", "DescribeSecret", _arn(clients, resource), SecretId=resource.name)
    if described is None:
        return None
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}
    plain: dict[str, Any] = {"description": described.get("Description", ""), "kms_key": described.get("KmsKeyId", "")}
    if described.get("DeletedDate"):
        return ExistingResource({**plain, "keys": [], "value": DELETED}, tags, touched=False, is_going=True)
    held, version = _held(clients, resource)
    if held is None:
        return ExistingResource(
            {**plain, "keys": [], "value": OTHER}, tags, problems=("it holds no JSON object of texts",)
        )
    state = {**plain, "keys": sorted(held), "value": _compared(clients, held)}
    lacking = [key for key in KEYS if key not in held]
    problems = (f"it has no key {' and no key '.join(lacking)}: gluepot reads user and password",) if lacking else ()
    as_put = {**state, "value": SAME} if tags.get(VERSION) == version else state
    touched = fingerprint(as_put) != tags.get("gluepot:applied")
    return ExistingResource(state, tags, touched=touched, problems=problems)


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Store user and password."""
    version = str(uuid.uuid4())
    given: dict[str, Any] = {
        "Name": resource.name,
        "Description": resource.wanted["description"],
        "ClientRequestToken": version,
        "SecretString": _text(clients),
        "Tags": _pairs({**tags, VERSION: version}),
    }
    if resource.wanted["kms_key"]:
        given["KmsKeyId"] = resource.wanted["kms_key"]
    clients.call("secretsmanager", "CreateSecret", _arn(clients, resource), **given)


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:
    """Store what the source says now, restoring the secret where it was to be deleted."""
    arn, name = _arn(clients, resource), resource.name
    if found.state["value"] == DELETED:
        clients.call("secretsmanager", "RestoreSecret", arn, SecretId=name)
    given: dict[str, Any] = {"SecretId": name, "Description": resource.wanted["description"]}
    if resource.wanted["kms_key"]:
        given["KmsKeyId"] = resource.wanted["kms_key"]
    clients.call("secretsmanager", "UpdateSecret", arn, **given)
    if found.state["value"] != SAME or found.state["keys"] != list(KEYS):
        version = str(uuid.uuid4())
        text = _text(clients)
        tag(clients, resource, {VERSION: version})  # first: a value whose version no tag names is somebody's by hand
        clients.call(
            "secretsmanager", "PutSecretValue", arn, SecretId=name, ClientRequestToken=version, SecretString=text
        )


def delete(clients: Clients, resource: Resource) -> None:
    """Schedule it for deletion: within a week it can be restored."""
    arn = _arn(clients, resource)
    clients.find("secretsmanager", "DeleteSecret", arn, SecretId=resource.name, RecoveryWindowInDays=RECOVERY_DAYS)


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags."""
    arn = _arn(clients, resource)
    clients.call("secretsmanager", "TagResource", arn, SecretId=resource.name, Tags=_pairs(tags))


def _held(clients: Clients, resource: Resource) -> tuple[dict[str, str] | None, str]:
    """Read what it holds, and as which version; None where that is no JSON object of texts."""
    arn = _arn(clients, resource)
    answer = clients.find("secretsmanager", "GetSecretValue", arn, SecretId=resource.name)
    if answer is None:  # it was described, but never given a value
        return {}, ""
    try:
        held = json.loads(answer.get("SecretString") or "")
    except ValueError:
        return None, ""
    if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
        return None, ""
    return held, str(answer.get("VersionId", ""))


def _compared(clients: Clients, held: Mapping[str, str]) -> str:
    """Say whether it is the source's; where the source's is not at hand, nobody says that it is another."""
    known = clients.secret.at_hand() if clients.secret else None
    return OTHER if known and known != (held.get("user"), held.get("password")) else SAME


def _text(clients: Clients) -> str:
    user, password = clients.secret_value()
    return json.dumps({"user": user, "password": password})


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]


def _arn(clients: Clients, resource: Resource) -> str:
    """Write its ARN, but for the six characters that Secrets Manager puts behind the name."""
    return clients.arn("secretsmanager", f"secret:{resource.name}-??????")
