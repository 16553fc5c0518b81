"""What has to be true before a load writes anything, each fault with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.errors import ConfigError
from gluepot.lake.commit import evolve, hive, iceberg, layout, marks, records
from gluepot.lake.commit.partvalues import spec_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyiceberg.schema import Schema
    from pyiceberg.table import Table

    from gluepot.lake.commit.catalog import IcebergCatalog
    from gluepot.lake.commit.store import Store
    from gluepot.plan.table import PlannedTable


def check(catalog: IcebergCatalog, store: Store, table: PlannedTable) -> None:
    """Look whether a table can be loaded.

    Raises:
        ConfigError: Bucket or database are missing, or what stands in the table's place cannot take the load.
        DeniedError: Glue or S3 refused.
    """
    if catalog.account.glue.database(catalog.database) is None:
        raise ConfigError(
            f"there is no database {catalog.database} in the Glue catalog of {catalog.account.region}",
            "",
            "write create_database = true into the plan file's [target], or run with --create-database",
        )
    there = store.folders()
    if target(catalog, table)[1] is None:
        _check_location(catalog.database, store, table, there)


def target(catalog: IcebergCatalog, table: PlannedTable) -> tuple[Schema, layout.Base | None, tuple[str, ...]]:
    """Give the schema that a load commits, what stands in its table's place, and what changes about that.

    Raises:
        ConfigError: What stands there cannot take the load.
    """
    if table.format == "parquet" and table.mode == "append":
        raise ConfigError(
            f"table {table.name} cannot be added to",
            "a Parquet table is swapped as a whole, so each load replaces it",
            'write mode = "replace", or format = "iceberg"',
        )
    if table.format == "parquet" and table.partition:
        raise ConfigError(
            f"table {table.name} cannot have partitions",
            "a partitioned Parquet table cannot be replaced in one step",
            'write format = "iceberg", or leave the partitioning out',
        )
    spec_of(evolve.schema_of(table.columns), table.partition)
    glue = catalog.account.glue.table(catalog.database, table.name)
    if glue is None:
        return evolve.schema_of(table.columns), None, ()
    _check_ours(glue, catalog.database, table)
    if table.format == "parquet":
        return evolve.schema_of(table.columns), layout.Base(location=hive.location_of(glue)), ()
    found = catalog.table(table.name)
    if found is None:
        return evolve.schema_of(table.columns), None, ()
    return _of_iceberg(found, table)


def _of_iceberg(found: Table, table: PlannedTable) -> tuple[Schema, layout.Base, tuple[str, ...]]:
    _check_partitions(found, table)
    snapshot = found.current_snapshot()
    base = layout.Base(uuid=str(found.metadata.table_uuid), snapshot_id=snapshot.snapshot_id if snapshot else 0)
    notes = evolve.notes(found.schema(), table, evolve.steps(found.schema(), table))
    return iceberg.evolved(found, table), base, notes


def _check_ours(glue: dict[str, Any], database: str, table: PlannedTable) -> None:
    """Look whether a table in the catalog is one that this plan may load."""
    where = f"table {database}.{table.name}"
    parameters = glue.get("Parameters") or {}
    another = f"give table {table.source} another name in the plan file, or drop the one that stands"
    if not marks.is_ours(parameters):
        raise ConfigError(f"{where} is there already, and is not gluepot's", _what(glue), another)
    held = parameters.get(marks.SOURCE, "")
    if held != marks.source_of(table):
        raise ConfigError(f"{where} holds another source table", f"it was loaded from {held}", another)
    kind = "iceberg" if parameters.get("table_type", "").lower() == "iceberg" else "parquet"
    if kind != table.format:
        raise ConfigError(
            f"{where} is a table of format {kind}, and the plan says {table.format}",
            "a table does not change its format",
            f'write format = "{kind}", or drop the table and load it anew',
        )
    location = glue.get("StorageDescriptor", {}).get("Location", "").rstrip("/")
    if location != table.location.rstrip("/") and not location.startswith(table.location.rstrip("/") + "/"):
        raise ConfigError(
            f"{where} lies at another place than the plan says",
            f"it lies at {location}, the plan says {table.location}",
            "correct the plan's location, or drop the table and load it anew",
        )


def _what(glue: dict[str, Any]) -> str:
    kind = (glue.get("Parameters") or {}).get("table_type") or glue.get("TableType", "table")
    by = f", created by {glue['CreatedBy']}" if glue.get("CreatedBy") else ""
    return f"it is of type {kind} at {glue.get('StorageDescriptor', {}).get('Location') or 'no location'}{by}"


def _check_location(database: str, store: Store, table: PlannedTable, there: tuple[str, ...]) -> None:
    """Look whether the location of a table that does not exist yet is free, or is left over from this very table."""
    if f"{layout.OWN}/" not in there:
        if there:
            raise ConfigError(
                f"the location {table.location} is not empty",
                f"something else lies there: {', '.join(there[:5])}",
                "give the table another location, or empty this one",
            )
        return
    latest = records.latest(store)
    record = store.read(layout.load_key(latest.load_id), layout.LoadRecord) if latest else None
    if record is not None and (record.database, record.table) != (database, table.name):
        raise ConfigError(
            f"the location {table.location} is that of another table",
            f"{record.database}.{record.table} was loaded into it at {record.started}",
            "give each table a location of its own",
        )


def _check_partitions(found: Table, table: PlannedTable) -> None:
    there = [(found.schema().find_column_name(field.source_id), str(field.transform)) for field in found.spec().fields]
    asked = [(partition.column, partition.transform) for partition in table.partition]
    if there != asked:
        raise ConfigError(
            f"table {table.name} has other partitions than the plan says",
            f"it has {_partitions(there)}, the plan says {_partitions(asked)}",
            "write the partitioning that the table has, or drop the table and load it anew",
        )


def _partitions(fields: Sequence[tuple[str | None, str]]) -> str:
    return ", ".join(f"{transform}({column})" for column, transform in fields) or "none"
