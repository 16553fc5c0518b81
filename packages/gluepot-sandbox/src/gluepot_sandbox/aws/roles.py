"""What a role may do, read from the policies that clients gave it: services that act for it here ask, as in AWS.

A small part of IAM's evaluation: Allow and Deny, wildcards in actions and resources, StringEquals and StringLike
conditions (IAM user guide, "Policy evaluation logic").
"""

from __future__ import annotations

import fnmatch
import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def find(account: str, name: str) -> Any:  # noqa: ANN401 - moto ships no types
    """Find a role by name or ARN; None where there is none."""
    models = sys.modules.get("moto.iam.models")
    if models is None:
        return None
    wanted = name.rpartition("/")[2]
    roles = models.iam_backends[account]["aws"].roles.values()
    return next((role for role in roles if role.name == wanted), None)


def trusts(role: Any, service: str) -> bool:  # noqa: ANN401 - moto ships no types
    """Tell whether a role's trust policy lets a service assume it."""
    for statement in _statements(role.assume_role_policy_document):
        principals = _listed((statement.get("Principal") or {}).get("Service", ()))
        if statement.get("Effect") == "Allow" and service in principals:
            return True
    return False


def may(role: Any, action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:  # noqa: ANN401 - moto ships no types
    """Tell whether a role's policies allow an action on a resource.

    Args:
        role: moto's role.
        action: For example `s3:GetObject`.
        resource: Its ARN.
        context: Condition keys of the request, as `s3:prefix`.
    """
    effects = [
        statement.get("Effect")
        for statement in _all(role)
        if _meets(statement, action, resource) and _holds(statement.get("Condition") or {}, context or {})
    ]
    return "Allow" in effects and "Deny" not in effects


def _all(role: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - moto ships no types
    for document in role.policies.values():
        yield from _statements(document)
    for policy in role.managed_policies.values():
        yield from _statements(next(v.document for v in policy.versions if v.version_id == policy.default_version_id))


def _statements(document: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - text or an object
    policy = document if isinstance(document, dict) else json.loads(unquote(document or "{}"))
    return [statement for statement in _listed(policy.get("Statement", ())) if isinstance(statement, dict)]


def _meets(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    actions = [action_name.lower() for action_name in _listed(statement.get("Action", ()))]
    resources = _listed(statement.get("Resource", ()))
    return _any(actions, action.lower()) and _any(resources, resource)


def _any(patterns: list[Any], value: str) -> bool:
    # IAM knows * and ?, and takes brackets as they are
    return any(fnmatch.fnmatchcase(value, pattern.replace("[", "[[]")) for pattern in patterns)


def _holds(conditions: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            given = context.get(key)
            if given is None:
                if operator.endswith("IfExists"):
                    continue
                return False
            if not _any(_listed(wanted), given):
                return False
    return True


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - one value, or several
    return [value] if isinstance(value, str | dict) else list(value)
