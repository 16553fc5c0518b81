"""Least privilege: the IAM policy that a configuration needs, and nothing beyond it.

Which resource each action is checked against: Service Authorization Reference, "Actions, resources, and condition
keys for AWS Glue". All operations on a Data Catalog resource need permission on its ancestors too (Glue developer
guide, "Specifying AWS Glue resource ARNs").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.statements import read_statements
from gluepot.collector.access.resources import Scope, scopes
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.config import Account, Config

Statement = dict[str, Any]

VERSION: Final = "2012-10-17"
"""The version of the IAM policy language, not a date of ours."""

PROOFS: Final = ("glue:GetDatabase", "glue:GetTable")
"""What proves that something is gone: EntityNotFound. Without them deletions rest on listings alone."""


def policy(
    config: Config, *, s3_prefix: str | None = None, partition: str | None = None, server: str | None = None
) -> dict[str, Any]:
    """Write the IAM policy, as its JSON document, that lets an identity collect what `config` asks for.

    The statements `ProveDeletions`, `FindNestedCatalogs` and `ReadSharedDatabases` may be struck, at the cost that
    the manifest then names. Databases are listed whole, since IAM offers no narrower listing that is sure to work;
    tables are read only where the configuration's globs say.

    Args:
        config: What is to be collected.
        s3_prefix: `s3://BUCKET/PREFIX` that may be listed and read too; optional in KADA's own instructions.
        partition: `aws`, `aws-cn`, `aws-us-gov`, ...; told from the regions when not given.
        server: The one account to write for, where the configuration has several; else all of them.

    Raises:
        ConfigError: There is no such server, or `s3_prefix` names no bucket.
    """
    targets = choose(config, server)
    places = [place for target in targets for place in scopes(target, partition=partition)]
    statements = [
        *glue_statements(config, places),
        *(read_statements(s3_prefix, places[0].partition) if s3_prefix else ()),
        *_assume_statements(targets),
    ]
    return {"Version": VERSION, "Statement": statements}


def choose(config: Config, server: str | None) -> tuple[Account, ...]:
    """Choose the accounts that a document is written for.

    Raises:
        ConfigError: The configuration has no such server.
    """
    targets = config.targets()
    if server is None:
        return targets
    chosen = tuple(target for target in targets if target.server == server)
    if not chosen:
        known = ", ".join(target.server or "(unnamed)" for target in targets)
        raise ConfigError(f"the configuration has no server {server!r}", hint=f"its servers are: {known}")
    return chosen


def glue_statements(config: Config, places: Iterable[Scope]) -> list[Statement]:
    """Write the statements for Glue: listing databases, reading tables, proving deletions, reading what is shared."""
    places = list(places)
    listing = [name for place in places for name in (*place.catalogs(), place.databases("*"))]
    reading = [name for place in places for name in place.reading(config.databases, config.tables)]
    statements = [
        _allow("ListDatabases", ["glue:GetDatabases"], listing),
        _allow("ReadTables", ["glue:GetTables"], reading),
        _allow("ProveDeletions", PROOFS, reading),
    ]
    roots = [name for place in places if not place.nested for name in place.catalogs()]
    if roots:
        statements.append(_allow("FindNestedCatalogs", ["glue:GetCatalogs"], roots))
    if config.shared != "none":
        # the owner still has to grant what it shares; this only lets the question be asked
        shared = [name for place in places for name in place.of_anyone().reading(config.databases, config.tables)]
        statements.append(_allow("ReadSharedDatabases", ["glue:GetTables", *PROOFS], shared))
    return statements


def missing_permission(
    operation: str, region: str, account: str, partition: str, database: str | None = None, table: str | None = None
) -> tuple[str, str]:
    """Name the IAM action and the exact resource that a denied call to Glue needs.

    Args:
        operation: Glue's API operation, for example `GetTables`.
        region: The region of the call.
        account: The catalog id of the call: an account id, or `ACCOUNT:CATALOG/...` for a nested catalog.
        partition: The partition of the region.
        database: The database of the call, where it had one.
        table: The table of the call, where it had one; without it the tables of the database are meant.
    """
    place = Scope.of(partition, region, account)
    action = f"glue:{operation}"
    if database is None:
        return action, place.catalogs()[-1]
    if table is None and "Table" not in operation:
        return action, place.databases(database)
    return action, place.tables(database, "*" if table is None else table)


def missing_assume(role: str) -> tuple[str, str]:
    """Name the action and the resource that a refused AssumeRole needs, beside the role's own trust policy."""
    return "sts:AssumeRole", role


def _assume_statements(targets: Iterable[Account]) -> list[Statement]:
    """Let each identity of a chain assume the next: the caller the first role, each role the one behind it."""
    roles = [step.arn for target in targets for step in target.roles]
    return [_allow("AssumeNextRole", ["sts:AssumeRole"], roles)] if roles else []


def _allow(sid: str, actions: Iterable[str], resources: Iterable[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(dict.fromkeys(resources))}
