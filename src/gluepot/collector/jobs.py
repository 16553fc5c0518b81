"""What the reader is asked, as pure functions of where and what: the API's parameters, and the ARNs for IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.collector.reading.messages import Job

if TYPE_CHECKING:
    from gluepot.collector.context import Region
    from gluepot.collector.reading.messages import Terms
    from gluepot.config import Account
    from gluepot.glue.records import DatabaseRef


def identity_job(target: int, account: Account) -> Job:
    """Ask who the caller is."""
    where = f"the identity of {account.server or 'the caller'}"
    return Job(target=target, region=account.regions[0], kind="identity", where=where)


def databases_job(region: Region, *, shared: bool) -> Job:
    """Ask for a region's databases; with `shared`, for those that other accounts share, too."""
    place = region.place
    parameters: dict[str, Any] = _given({"CatalogId": place.catalog_id})
    if shared:
        parameters["ResourceShareType"] = "ALL"
    arn = f"arn:{place.partition}:glue:{place.region}:{place.account}"
    return Job(
        target=region.target,
        region=place.region,
        kind="databases",
        parameters=parameters,
        where=f"the databases of {place.account} in {place.region}",
        resource=f"{arn}:catalog, {arn}:database/*",
    )


def catalogs_job(region: Region) -> Job:
    """Ask which catalogs that can hold databases lie below a root catalog."""
    place = region.place
    return Job(
        target=region.target,
        region=place.region,
        kind="catalogs",
        parameters={**_given({"ParentCatalogId": place.catalog_id}), "Recursive": True, "HasDatabases": True},
        where=f"the nested catalogs of {place.account} in {place.region}",
        resource=f"arn:{place.partition}:glue:{place.region}:{place.account}:catalog",
    )


def tables_job(region: Region, place: DatabaseRef, terms: Terms | None) -> Job:
    """Ask for a database's tables, on which terms they may be staged in bulk."""
    arn = f"arn:{place.partition}:glue:{place.region}:{place.account}"
    return Job(
        target=region.target,
        region=place.region,
        kind="tables",
        parameters=_given({"DatabaseName": place.database, "CatalogId": place.catalog_id}),
        where=f"database {place.label}",
        resource=f"{arn}:catalog, {place.id}, {place.table_prefix}*",
        terms=terms,
    )


def database_job(region: Region, place: DatabaseRef) -> Job:
    """Ask for one database."""
    return Job(
        target=region.target,
        region=place.region,
        kind="database",
        parameters=_given({"CatalogId": place.catalog_id, "Name": place.database}),
        where=f"database {place.label}",
        resource=place.id,
    )


def table_job(region: Region, place: DatabaseRef, name: str) -> Job:
    """Ask for one table."""
    return Job(
        target=region.target,
        region=place.region,
        kind="table",
        parameters=_given({"CatalogId": place.catalog_id, "DatabaseName": place.database, "Name": name}),
        where=f"table {name} of {place.label}",
        resource=f"{place.id}, {place.table_id(name)}",
    )


def _given(parameters: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in parameters.items() if value}
