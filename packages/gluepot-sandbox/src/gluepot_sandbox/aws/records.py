"""Database and table records as Glue answers them, from what a client once sent."""

from __future__ import annotations

import datetime as dt
import fnmatch
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot_sandbox.aws.listing import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot_sandbox.aws.settings import LakeFormation

# What Glue answers for a database that was created without Lake Formation permissions:
# https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
OPEN_PERMISSIONS = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


class Stored(msgspec.Struct, frozen=True):
    """A table as it is kept: the last input, untouched, and what the service adds to it."""

    database: str
    name: str
    input: Mapping[str, object]
    version: str
    created: dt.datetime
    updated: dt.datetime | None
    created_by: str


def seconds(moment: dt.datetime) -> float:
    """Say a moment in seconds since 1970, to the millisecond; moto keeps UTC without saying so."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return round(aware.timestamp(), 3)


def table_record(stored: Stored, catalog_id: str) -> dict[str, object]:
    """Write the record of a table: the client's input, and what Glue fills in around it."""
    record: dict[str, object] = {
        "Retention": 0,
        **{key: value for key, value in stored.input.items() if value is not None},
        "Name": stored.name,
        "DatabaseName": stored.database,
        "CreateTime": seconds(stored.created),
        "UpdateTime": seconds(stored.updated or stored.created),
        "CreatedBy": stored.created_by,
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": catalog_id,
        "VersionId": stored.version,
    }
    storage = stored.input.get("StorageDescriptor")
    if isinstance(storage, dict):
        defaults = {"Compressed": False, "NumberOfBuckets": 0, "SortColumns": [], "StoredAsSubDirectories": False}
        record["StorageDescriptor"] = {**defaults, **storage}
    return record


def database_record(given: Mapping[str, object], name: str, created: float, catalog_id: str) -> dict[str, object]:
    """Write the record of a database: the client's input, and what Glue fills in around it."""
    return {
        "CreateTableDefaultPermissions": OPEN_PERMISSIONS,
        "CreateTime": created,
        **{key: value for key, value in given.items() if value is not None},
        "Name": name,
        "CatalogId": catalog_id,
    }


def encode(name: str, record: Mapping[str, object]) -> Record:
    """Encode a record for a listing."""
    return Record(name.encode(errors="replace"), msgspec.json.encode(record))


def matches(rule: LakeFormation, account: str, principal: str, region: str, database: str) -> bool:
    """Say whether a Lake Formation rule concerns a caller and a database."""
    pairs = (
        (account, rule.account),
        (principal, rule.principal),
        (region, rule.region),
        (database, rule.database),
    )
    return all(fnmatch.fnmatchcase(value, pattern) for value, pattern in pairs)


def hidden_by(rules: Iterable[LakeFormation], table: str) -> LakeFormation | None:
    """Find the rule that leaves a table out."""
    for rule in rules:
        if rule.hide_database or any(fnmatch.fnmatchcase(table, pattern) for pattern in rule.tables):
            return rule
    return None


def filtered(record: Record, rules: Iterable[LakeFormation]) -> Record | None:
    """Apply Lake Formation's rules to a table: left out, without some columns, or registered."""
    rules = list(rules)
    if record.raw or not rules:
        return record
    if hidden_by(rules, record.name.decode()):
        return None
    patterns = [pattern for rule in rules for pattern in rule.columns]
    table = msgspec.json.decode(record.body)
    _drop_columns(table, patterns)
    if any(rule.registered for rule in rules):
        table["IsRegisteredWithLakeFormation"] = True
    return record._replace(body=msgspec.json.encode(table))


def _drop_columns(table: dict[str, Any], patterns: list[str]) -> None:
    """Remove the columns that match, in place."""
    holders: list[tuple[dict[str, Any], str]] = [
        (table.get("StorageDescriptor", {}), "Columns"),
        (table, "PartitionKeys"),
    ]
    for holder, key in holders:
        columns = holder.get(key)
        if isinstance(columns, list):
            holder[key] = [c for c in columns if not any(fnmatch.fnmatchcase(c["Name"], p) for p in patterns)]
