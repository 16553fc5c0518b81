"""What clients created: moto's Glue backend, read in the process, its inputs untouched.

moto's own GetTables and GetDatabases neither page nor know CatalogId; its backend keeps each input whole, though.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from gluepot_sandbox.aws.records import Stored, database_record, seconds, table_record

if TYPE_CHECKING:
    from collections.abc import Mapping


def backend(catalog_id: str, region: str) -> Any:  # noqa: ANN401 - moto ships no types
    """Find moto's backend for an account and a region; None where nothing can have been created yet."""
    # moto is loaded with the first call that is forwarded: benchmarks of simulated catalogs never pay for it
    models = sys.modules.get("moto.glue.models")
    if models is None or not (catalog_id.isdigit() and catalog_id in models.glue_backends):
        return None
    regions = models.glue_backends[catalog_id]
    return regions.get(region)


def database_names(catalog_id: str, region: str) -> list[str]:
    """Name the databases that clients created."""
    found = backend(catalog_id, region)
    return sorted(found.databases) if found else []


def database(catalog_id: str, region: str, name: str) -> dict[str, object] | None:
    """Write the record of a database that a client created."""
    found = backend(catalog_id, region)
    kept = found.databases.get(name) if found else None
    return database_record(kept.input, name, seconds(kept.created_time), catalog_id) if kept else None


def table_names(catalog_id: str, region: str, database: str) -> list[str]:
    """Name the tables that clients created in a database."""
    found = backend(catalog_id, region)
    kept = found.databases.get(database) if found else None
    return sorted(kept.tables) if kept else []


def table(
    catalog_id: str, region: str, database: str, name: str, creators: Mapping[tuple[str, ...], str]
) -> dict[str, object] | None:
    """Write the record of a table that a client created.

    Args:
        catalog_id: The account.
        region: Its region.
        database: Its database.
        name: Its name.
        creators: (catalog id, region, database, table) -> ARN of who created it, which moto does not keep.
    """
    found = backend(catalog_id, region)
    holder = found.databases.get(database) if found else None
    kept = holder.tables.get(name) if holder else None
    if kept is None:
        return None
    version = list(kept.versions)[-1]
    by = creators.get((catalog_id, region, database, name), f"arn:aws:iam::{catalog_id}:root")
    given = kept.versions[version]
    return table_record(
        Stored(database, name, given, version, kept.created_time, kept.updated_time, by),
        catalog_id,
    )
