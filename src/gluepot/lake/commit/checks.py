"""What has to be true before a load writes anything, each fault with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.errors import ConfigError, GluepotError
from gluepot.lake.commit import evolve, hive, iceberg, layout, marks, records
from gluepot.lake.commit.partvalues import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyiceberg.schema import Schema
    from pyiceberg.table import Table

    from gluepot.lake.commit.catalog import IcebergCatalog
    from gluepot.lake.commit.store import Store
    from gluepot.plan.table import PlannedTable


class AbsentError(ConfigError):
    """The database is not there; a run may be asked to create it."""


def check_database(catalog: IcebergCatalog) -> None:
    """Look whether the database is there.

    Raises:
        AbsentError: It is not.
        ScopeError: Glue refused to say.
    """
    if catalog.account.glue.database(catalog.database) is None:
        raise AbsentError(
            f"there is no database {catalog.database} in the Glue catalog of {catalog.account.region}",
            "",
            "write create_database = true into the plan file's [target], or run with --create-database",
        )


def look(
    catalog: IcebergCatalog, store: Store, table: PlannedTable, *, take_over: bool = False
) -> Iterator[GluepotError | str]:
    """Say everything that keeps a table from being loaded, and, as texts, what a load changes about what is there.

    Args:
        catalog: Where it is to be; there may be no such database.
        store: Its location.
        table: The plan.
        take_over: Whether a table of another source may be replaced.
    """
    there: tuple[str, ...] = ()
    try:
        there = store.folders()
    except GluepotError as error:
        yield error
    try:
        _, base, notes = target(catalog, table, take_over=take_over)
    except GluepotError as error:
        yield error
        return
    yield from notes
    if base is None:
        try:
            _check_location(catalog.database, store, table, there)
        except GluepotError as error:
            yield error


def target(
    catalog: IcebergCatalog, table: PlannedTable, *, take_over: bool = False
) -> tuple[Schema, layout.Base | None, tuple[str, ...]]:
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
    told = check_origin(glue, catalog.database, table, take_over=take_over)
    origin = marks.origin_of(glue.get("Parameters") or {})
    if table.format == "parquet":
        return evolve.schema_of(table.columns), layout.Base(location=hive.location_of(glue), origin=origin), told
    found = catalog.table(table.name)
    if found is None:
        return evolve.schema_of(table.columns), None, ()
    schema, base, notes = _of_iceberg(found, table)
    return schema, msgspec.structs.replace(base, origin=origin), (*told, *notes)


def _of_iceberg(found: Table, table: PlannedTable) -> tuple[Schema, layout.Base, tuple[str, ...]]:
    _check_partitions(found, table)
    snapshot = found.current_snapshot()
    base = layout.Base(uuid=str(found.metadata.table_uuid), snapshot_id=snapshot.snapshot_id if snapshot else 0)
    notes = evolve.notes(found.schema(), table, evolve.steps(found.schema(), table))
    return iceberg.evolved(found, table), base, notes


def check_origin(
    glue: Mapping[str, Any], database: str, table: PlannedTable, *, take_over: bool = False
) -> tuple[str, ...]:
    """Look whether a table is of the source that a plan loads into it; gives what there is to say about that.

    Raises:
        ConfigError: It is of another one.
    """
    parameters, name = glue.get("Parameters") or {}, f"{database}.{table.name}"
    taken = f"it held {marks.origin_of(parameters)}, and is taken over for {table.origin}"
    hint = (
        f"give table {table.source} another name in the plan file, or load into another database; with --take-over it "
        "is this plan's from then on"
    )
    if not marks.is_from(parameters, table):
        if take_over:
            return (taken,)
        why = f"it was loaded from {marks.origin_of(parameters)}, and the plan loads {table.origin}"
        raise ConfigError(f"table {name} holds another source table", why, hint)
    if not marks.is_adopted(parameters, table):
        return ()
    wrong = marks.misfit(parameters, table)
    if wrong and not take_over:
        why = f"it does not say from which keyspace it was loaded, and {wrong}"
        raise ConfigError(f"table {name} seems to hold another source table", why, hint)
    return (taken if wrong else f"it does not say its keyspace yet: it is taken for {table.origin} from this load on",)


def _check_ours(glue: dict[str, Any], database: str, table: PlannedTable) -> None:
    """Look whether a table in the catalog is one that this plan may load."""
    where = f"table {database}.{table.name}"
    parameters = glue.get("Parameters") or {}
    another = f"give table {table.source} another name in the plan file, or drop the one that stands"
    if not marks.is_ours(parameters):
        raise ConfigError(f"{where} is there already, and is not gluepot's", _what(glue), another)
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
