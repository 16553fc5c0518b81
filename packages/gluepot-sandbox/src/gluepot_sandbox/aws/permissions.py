"""What the sessions of a role may call: roles that clients made in IAM hold their sessions to their policies.

So a load that runs as its role proves the role's policy. Which resource each action is checked against: Service
Authorization Reference, the pages of Amazon S3, AWS Glue and AWS Secrets Manager. Roles that a test declares in the
settings have no policies, and their sessions may do anything; so may calls that are not known here.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, unquote

from gluepot_sandbox.aws import roles
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.identity import partition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gluepot_sandbox.aws.front import Parsed
    from gluepot_sandbox.aws.identity import Caller

_TABLES = {"CreateTable", "DeleteTable", "GetTable", "GetTables", "UpdateTable"}
_DATABASES = {"CreateDatabase", "DeleteDatabase", "GetDatabase", "UpdateDatabase"}
_KEYS = {"DELETE": "DeleteObject", "GET": "GetObject", "HEAD": "GetObject", "POST": "PutObject", "PUT": "PutObject"}
_DENIED = 403


class RequiredPermission(NamedTuple):
    """An action on a resource, with the condition keys that policies may look at."""

    action: str
    resource: str
    context: Mapping[str, str]


def require(caller: Caller, parsed: Parsed, path: str) -> None:
    """Refuse what the policies of the caller's role do not allow.

    Args:
        caller: Who calls.
        parsed: What.
        path: The request's path, with its query.

    Raises:
        RefusalError: They do not allow it.
    """
    role = roles.find(caller.account, caller.session.role) if caller.session else None
    if role is None:
        return
    for required in _required(caller, parsed, path):
        if not roles.may(role, required.action, required.resource, required.context):
            code = "AccessDenied" if parsed.service == "s3" else "AccessDeniedException"
            raise RefusalError(
                code,
                f"User: {caller.arn} is not authorized to perform: {required.action} on resource: {required.resource} "
                f"because no identity-based policy allows the {required.action} action",
                _DENIED if parsed.service == "s3" else 400,
            )


def _required(caller: Caller, parsed: Parsed, path: str) -> Iterator[RequiredPermission]:
    if parsed.service == "s3":
        yield _of_s3(parsed.operation, path, partition(caller.region))
    elif parsed.service == "glue":
        yield from _of_glue(caller, parsed)
    elif parsed.service == "secretsmanager" and parsed.operation == "GetSecretValue":
        yield RequiredPermission(
            "secretsmanager:GetSecretValue", _secret(caller, str(parsed.parameters.get("SecretId"))), {}
        )


def _of_s3(method: str, path: str, part: str) -> RequiredPermission:
    place, _, query = path.partition("?")
    bucket, _, key = unquote(place).lstrip("/").partition("/")
    asked = parse_qs(query, keep_blank_values=True)
    if key:
        name = "AbortMultipartUpload" if method == "DELETE" and "uploadId" in asked else _KEYS[method]
        return RequiredPermission(f"s3:{name}", f"arn:{part}:s3:::{bucket}/{key}", {})
    resource = f"arn:{part}:s3:::{bucket}"
    if "delete" in asked:
        return RequiredPermission("s3:DeleteObject", f"{resource}/*", {})
    if "location" in asked:
        return RequiredPermission("s3:GetBucketLocation", resource, {})
    if "uploads" in asked:
        return RequiredPermission("s3:ListBucketMultipartUploads", resource, {})
    return RequiredPermission("s3:ListBucket", resource, {"s3:prefix": asked.get("prefix", [""])[0]})


def _of_glue(caller: Caller, parsed: Parsed) -> Iterator[RequiredPermission]:
    given, operation = parsed.parameters, parsed.operation
    if operation not in _TABLES | _DATABASES:
        return
    of_table = operation in _TABLES
    database = (
        given.get("DatabaseName") if of_table else given.get("Name") or (given.get("DatabaseInput") or {}).get("Name")
    )
    where = ["catalog", f"database/{database}"]
    if of_table:
        table = given.get("Name") or (given.get("TableInput") or {}).get("Name") or "*"
        where.append(f"table/{database}/{table}")
    base = f"arn:{partition(caller.region)}:glue:{caller.region}:{caller.account}"
    yield from (RequiredPermission(f"glue:{operation}", f"{base}:{path}", {}) for path in where)


def _secret(caller: Caller, name: str) -> str:
    """Give a secret's ARN, which ends in characters that nobody chooses."""
    base = f"arn:{partition(caller.region)}:secretsmanager:{caller.region}:{caller.account}:secret:{name}"
    models = sys.modules.get("moto.secretsmanager.models")
    if name.startswith("arn:") or models is None:
        return name if name.startswith("arn:") else f"{base}-??????"
    found = models.secretsmanager_backends[caller.account][caller.region].secrets.get(name)
    return str(found.arn) if found is not None else f"{base}-??????"
