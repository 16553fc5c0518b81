"""Whether what a role did is what its policy allows, and whether its policy allows nothing that it never does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from gluepot_sandbox.aws import DEFAULT_ACCOUNT, roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gluepot_sandbox.aws import Call

SOMEWHERE = ""
"""Of a call whose resource is not known."""

UNSEEN = {
    "cloudwatch:PutMetricData",  # Glue's own metrics and logs
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "s3:AbortMultipartUpload",  # large files only, and failures
    "s3:DeleteObject",  # what a load that failed has left
    "s3:GetBucketLocation",  # Glue's own S3 client, where it fetches the script
    "secretsmanager:GetSecretValue",  # of a job only
}
"""What a short load on this machine, without failures, does not show."""


@dataclass(frozen=True)
class Need:
    """One permission that a call took."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass
class Role:
    """A role as its policies say, for `roles.may`."""

    policies: dict[str, Any]
    managed_policies: dict[str, Any] = field(default_factory=dict)


def needs(call: Call) -> Iterator[Need]:
    """Say which permissions a call takes (Service Authorization Reference)."""
    if call.service == "s3":
        yield _of_s3(call)
    elif call.service == "glue":
        glue = f"arn:aws:glue:{call.region}:{DEFAULT_ACCOUNT}"
        yield Need(f"glue:{call.operation}", f"{glue}:catalog")
        if call.database:
            yield Need(f"glue:{call.operation}", f"{glue}:database/{call.database}")
        if call.table:
            yield Need(f"glue:{call.operation}", f"{glue}:table/{call.database}/{call.table}")


def _of_s3(call: Call) -> Need:
    path, _, query = call.path.partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    asked = parse_qs(query, keep_blank_values=True)
    if not key:
        if "delete" in asked:
            return Need("s3:DeleteObject", SOMEWHERE)  # which objects, the body says, and is not kept
        prefix = asked.get("prefix", [""])[0]
        return Need("s3:ListBucket", f"arn:aws:s3:::{bucket}", (("s3:prefix", prefix),))
    if call.operation == "DELETE":
        return Need(
            "s3:AbortMultipartUpload" if "uploadId" in asked else "s3:DeleteObject", f"arn:aws:s3:::{bucket}/{key}"
        )
    action = "s3:PutObject" if call.operation in {"PUT", "POST"} else "s3:GetObject"
    return Need(action, f"arn:aws:s3:::{bucket}/{key}")


def judged(calls: Iterable[Call], policy: dict[str, Any]) -> tuple[list[Need], set[str]]:
    """Find what calls took that a policy does not allow, and what it allows that nothing took.

    Args:
        calls: What was done.
        policy: The policy of the role that is to do it.
    """
    role = Role({"gluepot": policy})
    taken = {need for call in calls for need in needs(call)}
    known = [one for one in taken if one.resource is not SOMEWHERE]
    refused = [one for one in known if not roles.may(role, one.action, one.resource, dict(one.context))]
    allowed = {action for one in policy["Statement"] for action in one["Action"]}
    return refused, allowed - {one.action for one in taken} - UNSEEN
