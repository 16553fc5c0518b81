"""What a catalog record says of other things: resource links, storage locations, what a view stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.aws.arn import encode_part, partition_of, split_catalog_id
from gluepot.glue.records import DatabaseRef, Linkage
from gluepot.glue.statements import location_of

if TYPE_CHECKING:
    from gluepot.glue.records import Table
    from gluepot.glue.shapes import Json
    from gluepot.glue.views import View


def table_target(record: Json) -> tuple[DatabaseRef, str] | None:
    """Read the target of a table's resource link: its database's place, and its name.

    Source: https://docs.aws.amazon.com/glue/latest/webapi/API_TableIdentifier.html.
    """
    target = record.get("TargetTable")
    if not isinstance(target, dict) or not target.get("Name"):
        return None
    place = _place(target, str(target.get("DatabaseName") or ""))
    return place, str(target["Name"])


def database_target(record: Json, link: DatabaseRef) -> DatabaseRef | None:
    """Read the target of a database's resource link; what it leaves out, region or catalog, is the link's own."""
    target = record.get("TargetDatabase")
    if not isinstance(target, dict) or not target.get("DatabaseName"):
        return None
    given = {key: value for key, value in target.items() if value}
    return _place({**_own(link), **given}, str(target["DatabaseName"]), link.server)


def _own(place: DatabaseRef) -> Json:
    return {"Region": place.region, "CatalogId": place.catalog_id or place.account}


def _place(target: Json, database: str, server: str = "") -> DatabaseRef:
    region, catalog_id = str(target.get("Region") or ""), str(target.get("CatalogId") or "")
    account, nested = split_catalog_id(catalog_id)
    return DatabaseRef(
        server=server,
        partition=partition_of(region),
        region=region,
        account=account,
        catalog=nested,
        catalog_id=catalog_id,
        database=database,
    )


def linkages_of(table: Table, record: Json, view: View | None, target: tuple[DatabaseRef, str] | None) -> list[Linkage]:
    """List what the table's own record says it stands on: a link's target, S3 locations, a view's tables."""
    links = [_stored_at(table, location, evidence) for location, evidence in _locations(record)]
    if target:
        place, name = target
        if not (place.region and place.account):
            given = {"Region": place.region, "CatalogId": place.catalog_id}
            own = {key: given[key] or value for key, value in _own(table.place).items()}
            place = _place(own, place.database)
        detail = {
            "catalog_id": place.catalog_id, "region": place.region, "database": place.database, "table": name,
        }  # fmt: skip
        links.append(_link(table, "RESOURCE_LINK", "TABLE", place.table_id(name), "TargetTable", detail))
    stands_on = [table_arn(arn) for arn in view.sub_objects] if view else []
    return links + [_link(table, "VIEW_OF", "TABLE", arn, "ViewDefinition.SubObjects", {}) for arn in stands_on]


def _locations(record: Json) -> list[tuple[str, str]]:
    more = (record.get("StorageDescriptor") or {}).get("AdditionalLocations")
    found: list[tuple[Any, str]] = [location_of(record)]
    found += [(url, "StorageDescriptor.AdditionalLocations") for url in (more if isinstance(more, list) else [])]
    return [(url, evidence) for url, evidence in found if isinstance(url, str) and _is_s3(url)]


def _is_s3(location: str) -> bool:
    return location.lower().startswith(("s3://", "s3a://", "s3n://"))


def _stored_at(table: Table, location: str, evidence: str) -> Linkage:
    # s3a and s3n are Hadoop's names for the same store
    return _link(table, "STORED_AT", "S3", "s3" + location[location.index("://") :], evidence, {})


def table_arn(arn: str) -> str:
    """Bring a table's ARN into the form of OBJECT_ID: each part of its path percent-encoded."""
    head, mark, path = arn.partition(":table/")
    return head + mark + "/".join(encode_part(part) for part in path.split("/")) if mark else arn


def _link(table: Table, kind: str, target_type: str, target_id: str, evidence: str, detail: Json) -> Linkage:
    return Linkage(
        link_type=kind,
        source_type=table.kind,
        source_id=table.id,
        target_type=target_type,
        target_id=target_id,
        evidence=evidence,
        updated_at=table.updated_at,
        detail=detail,
    )
