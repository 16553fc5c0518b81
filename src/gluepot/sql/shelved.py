"""The loaded tables of a database, read from the catalog for other engines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gluepot.lake.commit import hive
from gluepot.lake.proof import described
from gluepot.sql.loadedtables import Shelf, Shelved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.lake.commit.lake import Lake


def shelf(lake: Lake, warehouse: str, endpoint: str | None = None) -> Shelf:
    """Read which tables a location holds that gluepot loaded.

    Args:
        lake: The database.
        warehouse: `s3://BUCKET/PREFIX` below which they lie.
        endpoint: URL of an AWS that is not Amazon's; from the environment if not given.

    Raises:
        ConfigError: There is no such database.
        ScopeError: Glue refused.
    """
    given = os.environ.get("AWS_ENDPOINT_URL", "") if endpoint is None else endpoint
    return Shelf(
        database=lake.database,
        region=lake.account.region,
        warehouse=warehouse.rstrip("/"),
        tables=tuple(_tables(lake, warehouse.rstrip("/"))),
        endpoint=given.rstrip("/"),
    )


def _tables(lake: Lake, warehouse: str) -> Iterator[Shelved]:
    for glue in described.loaded(lake):
        if described.location_of(glue).startswith(f"{warehouse}/"):
            yield _table(glue)


def _table(glue: dict[str, Any]) -> Shelved:
    metadata = glue["Parameters"].get("metadata_location", "")
    return Shelved(
        name=glue["Name"],
        columns=tuple(
            one["Name"]
            for one in glue["StorageDescriptor"]["Columns"]
            if (one.get("Parameters") or {}).get("iceberg.field.current", "true") == "true"
        ),
        format="iceberg" if metadata else "parquet",
        location=hive.location_of(glue),
        metadata=metadata,
    )
