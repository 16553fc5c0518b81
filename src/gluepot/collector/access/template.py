"""The role that a collector assumes, as a CloudFormation template to hand to whoever owns the account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.arn import arn
from gluepot.aws.statements import read_statements
from gluepot.collector.access.policy import VERSION, choose, glue_statements
from gluepot.collector.access.resources import ANYONE, scopes
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    import yaml

    from gluepot.config import Account, Config

ROLE_NAME: Final = "KadaGlueRole"
"""The name that KADA's own template gives the role."""

SESSION_SECONDS: Final = 43200
"""KADA's template asks for AWS's maximum: what assumes the role directly may keep it for twelve hours."""

_PRINCIPAL = re.compile(r"arn:aws(?:-[a-z]+)*:(?:iam|sts)::\d{12}:\S+", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
"""STS API reference, AssumeRole, ExternalId."""


class Tagged(str):
    """A text that CloudFormation reads as a function: `!Ref`, `!Sub`, `!GetAtt`."""

    __slots__ = ("tag",)
    tag: str


def tagged(tag: str, text: str) -> Tagged:
    """Put a function's tag to a text."""
    made = Tagged(text)
    made.tag = tag
    return made


def role_template(
    config: Config,
    *,
    principal: str,
    external_id: str | None = None,
    s3_prefix: str | None = None,
    server: str | None = None,
) -> str:
    """Write the CloudFormation template, as YAML, of the role that collects what `config` asks for.

    Args:
        config: What is to be collected.
        principal: Who may assume the role: an account id, or the ARN of a user or role.
        external_id: What the trust policy asks for. Where the configuration has one and none is given here, the
            template asks for it as a parameter, so that it stands in no file.
        s3_prefix: `s3://BUCKET/PREFIX` that may be listed and read too.
        server: The account to write for, where the configuration has several.

    Raises:
        ConfigError: `principal` or `external_id` is none; or there are several accounts and none is chosen.
    """
    target = _the_one(choose(config, server))
    if external_id is not None and not _EXTERNAL_ID.fullmatch(external_id):
        hint = "AWS takes 2 to 1224 letters, digits and the characters + = , . @ : / -"
        raise ConfigError("that external id cannot be", "it is too short, or holds other characters", hint)
    places = scopes(target)
    partition = places[0].partition
    statements = [
        *glue_statements(config, places),
        *(read_statements(s3_prefix, partition) if s3_prefix else ()),
    ]
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Lets gluepot read the metadata of the AWS Glue Data Catalog",
        "Parameters": _parameters(target, _trusted(principal, partition), external_id),
        "Resources": {
            "CollectorRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": tagged("!Ref", "RoleName"),
                    "Description": "Assumed by gluepot to collect Glue metadata",
                    "MaxSessionDuration": SESSION_SECONDS,
                    "Path": "/",
                    "AssumeRolePolicyDocument": _trust(target, external_id),
                    "Policies": [
                        {
                            "PolicyName": "CollectGlueMetadata",
                            "PolicyDocument": {"Version": VERSION, "Statement": _in_this_account(statements)},
                        }
                    ],
                },
            }
        },
        "Outputs": {
            "RoleArn": {
                "Description": "The role's ARN: the key `role` of gluepot's configuration",
                "Value": tagged("!GetAtt", "CollectorRole.Arn"),
            }
        },
    }
    return _as_yaml(template)


def _the_one(targets: tuple[Account, ...]) -> Account:
    if len(targets) > 1:
        known = ", ".join(target.server or "(unnamed)" for target in targets)
        why = f"the configuration has {len(targets)}"
        raise ConfigError("a role belongs to one account", why, f"choose a server: {known}")
    return targets[0]


def _trusted(principal: str, partition: str) -> str:
    """Spell the principal out; an account id means everyone whom that account lets assume the role."""
    if _ACCOUNT.fullmatch(principal):
        return arn("iam", "root", account=principal, partition=partition)
    if _PRINCIPAL.fullmatch(principal):
        return principal
    hint = "give an account id of 12 digits, or arn:aws:iam::123456789012:role/NAME"
    raise ConfigError(f"nobody can be trusted as {principal!r}", "that is neither an account id nor an ARN", hint)


def _parameters(target: Account, trusted: str, external_id: str | None) -> dict[str, Any]:
    name = target.roles[-1].arn.rpartition("/")[2] if target.roles else ROLE_NAME
    parameters: dict[str, Any] = {
        "RoleName": {"Type": "String", "Default": name, "Description": "Name of the role"},
        "TrustedPrincipal": {"Type": "String", "Default": trusted, "Description": "ARN of who may assume the role"},
    }
    if external_id is None and _asks_for_external_id(target):
        parameters["ExternalId"] = {
            "Type": "String",
            "NoEcho": True,
            "MinLength": 2,
            "Description": "The external id that gluepot's configuration gives",
        }
    return parameters


def _asks_for_external_id(target: Account) -> bool:
    return bool(target.roles and target.roles[-1].external_id)


def _trust(target: Account, external_id: str | None) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": tagged("!Ref", "TrustedPrincipal")},
        "Action": "sts:AssumeRole",
    }
    wanted = external_id or (tagged("!Ref", "ExternalId") if _asks_for_external_id(target) else None)
    if wanted:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": wanted}}
    return {"Version": VERSION, "Statement": [statement]}


def _in_this_account(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the stack's own account where the configuration names none; what is shared stays with any account."""
    return [
        statement
        if statement["Sid"] == "ReadSharedDatabases"
        else {**statement, "Resource": [_own(resource) for resource in statement["Resource"]]}
        for statement in statements
    ]


def _own(resource: str) -> str:
    parts = resource.split(":", 5)
    if parts[4] != ANYONE:
        return resource
    return tagged("!Sub", ":".join([*parts[:4], "${AWS::AccountId}", parts[5]]))


def _as_yaml(template: dict[str, Any]) -> str:
    import yaml  # noqa: PLC0415 - lazy: start-up

    class Dumper(yaml.SafeDumper):
        """Writes CloudFormation's short forms, and never an alias, which CloudFormation does not read."""

        def ignore_aliases(self, _data: object) -> bool:
            return True

    def represent(dumper: yaml.SafeDumper, text: Tagged) -> yaml.ScalarNode:
        return dumper.represent_scalar(text.tag, str(text))

    Dumper.add_representer(Tagged, represent)
    return yaml.dump(template, Dumper=Dumper, sort_keys=False, width=120)
