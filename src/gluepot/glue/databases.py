"""Glue's database records to `Database`, and whether absence proves anything there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.aws.arn import partition_of, split_catalog_id
from gluepot.errors import MalformedError
from gluepot.glue.digest import digest_of_record
from gluepot.glue.links import database_target
from gluepot.glue.records import Database, DatabaseRef, Linkage
from gluepot.glue.shapes import Bad
from gluepot.glue.texts import encodable, utc

if TYPE_CHECKING:
    from gluepot.glue.shapes import Json
    from gluepot.mask.credentials import Redactor

_OWN_FIELDS = frozenset({"Name", "Description", "LocationUri"})


def read_database(record: Json | Bad, asked: DatabaseRef, redactor: Redactor) -> Database:
    """Turn one record of GetDatabases into a database.

    Args:
        record: The record, decoded.
        asked: The catalog that was asked (its `database` is not looked at); the record's own CatalogId wins.
        redactor: Takes credentials out.

    Raises:
        MalformedError: It is no database that could be written down.
    """
    if isinstance(record, Bad):
        raise MalformedError(f"a database of {asked.account} in {asked.region} cannot be read", record.why)
    record, _ = encodable(record)
    name = record["Name"]
    place = _place(record, asked, name)
    clean: Any = redactor.redact_json(record)
    left = {key: value for key, value in clean.items() if key not in _OWN_FIELDS}
    target = database_target(record, place)
    return Database(
        place=place,
        description=_text(clean.get("Description")),
        location=_text(clean.get("LocationUri")),
        created_at=utc(record.get("CreateTime")),
        tool_type="RESOURCE_LINK" if target else "DATABASE",
        attributes=msgspec.json.encode(left).decode(),
        digest=digest_of_record(record),
        governed=is_governed(record, foreign=place.account != asked.account),
        target=target,
    )


def _place(record: Json, asked: DatabaseRef, name: str) -> DatabaseRef:
    catalog_id = record.get("CatalogId") or asked.catalog_id
    account, nested = split_catalog_id(str(catalog_id))
    return DatabaseRef(
        server=asked.server,
        partition=partition_of(asked.region),
        region=asked.region,
        account=account or asked.account,
        catalog=nested or (asked.catalog if account == asked.account else ""),
        catalog_id=str(catalog_id),
        database=name,
    )


def is_governed(record: Json, *, foreign: bool) -> bool:
    """Tell whether Lake Formation, another account or a federated source may be hiding tables.

    Without Lake Formation a database's default permissions give everything to IAM_ALLOWED_PRINCIPALS
    (https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html); anything else, silence
    included, leaves open that lists are filtered.
    """
    if foreign or record.get("FederatedDatabase") or record.get("TargetDatabase"):
        return True
    grants = record.get("CreateTableDefaultPermissions")
    for grant in grants if isinstance(grants, list) else ():
        principal = grant.get("Principal") if isinstance(grant, dict) else None
        name = principal.get("DataLakePrincipalIdentifier") if isinstance(principal, dict) else None
        permissions = grant.get("Permissions") if isinstance(grant, dict) else None
        if name == "IAM_ALLOWED_PRINCIPALS" and isinstance(permissions, list) and "ALL" in permissions:
            return False
    return True


def database_link(database: Database) -> list[Linkage]:
    """The linkage of a resource link to its target; none for a database of its own."""
    target = database.target
    if target is None:
        return []
    detail = {"catalog_id": target.catalog_id, "region": target.region, "database": target.database}
    return [
        Linkage(
            link_type="RESOURCE_LINK",
            source_type="DATABASE",
            source_id=database.place.id,
            target_type="DATABASE",
            target_id=target.id,
            evidence="TargetDatabase",
            detail=detail,
        )
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
