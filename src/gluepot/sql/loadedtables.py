"""The loaded tables of a Glue database, read from the catalog for other engines."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gluepot.lake.commit import hive
from gluepot.lake.proof import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.lake.commit.lake import Lake

Format = Literal["iceberg", "parquet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeTable:
    """A loaded table.

    Args:
        name: Its name in the Glue catalog.
        columns: Names of its columns, in order.
        format: How it is stored.
        location: Where its files lie: of a plain Parquet table, the directory that is read.
        metadata: Of an Iceberg table, its metadata file as of now.
    """

    name: str
    columns: tuple[str, ...]
    format: Format
    location: str
    metadata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeDatabase:
    """A Glue database with its loaded tables.

    Args:
        name: Its name.
        region: Of catalog and buckets.
        warehouse: `s3://BUCKET/PREFIX` below which tables lie.
        tables: The tables.
        endpoint: URL of an AWS that is not Amazon's; empty for Amazon's.
    """

    name: str
    region: str
    warehouse: str
    tables: tuple[LakeTable, ...]
    endpoint: str = ""

    def of(self, kind: Format) -> tuple[LakeTable, ...]:
        """Give the tables that are stored in one way."""
        return tuple(table for table in self.tables if table.format == kind)


def lake_database(lake: Lake, warehouse: str, endpoint: str | None = None) -> LakeDatabase:
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
    return LakeDatabase(
        name=lake.database,
        region=lake.account.region,
        warehouse=warehouse.rstrip("/"),
        tables=tuple(_tables(lake, warehouse.rstrip("/"))),
        endpoint=given.rstrip("/"),
    )


def _tables(lake: Lake, warehouse: str) -> Iterator[LakeTable]:
    for glue in described.loaded(lake):
        if described.location_of(glue).startswith(f"{warehouse}/"):
            yield _table(glue)


def _table(glue: dict[str, Any]) -> LakeTable:
    metadata = glue["Parameters"].get("metadata_location", "")
    return LakeTable(
        name=glue["Name"],
        columns=tuple(
            column["Name"]
            for column in glue["StorageDescriptor"]["Columns"]
            if (column.get("Parameters") or {}).get("iceberg.field.current", "true") == "true"
        ),
        format="iceberg" if metadata else "parquet",
        location=hive.location_of(glue),
        metadata=metadata,
    )
