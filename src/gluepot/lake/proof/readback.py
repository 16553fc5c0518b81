"""A loaded table as Athena's readers would see it: what the catalog points to, in the plan's columns and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from gluepot.errors import ConfigError, LakeError
from gluepot.lake.commit import hive, layout
from gluepot.lake.commit.errors import read_error, store_error
from gluepot.lake.commit.store import Store
from gluepot.lake.read import exact
from gluepot.lake.types.typemap import schema_of
from gluepot.landing import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask, Table

    from gluepot.lake.commit.lake import Lake
    from gluepot.plan.table import PlannedTable


def batches(
    lake: Lake, table: PlannedTable, snapshot_id: int | None = None, *, load_id: str = ""
) -> Iterator[pa.RecordBatch]:
    """Read a table as a reader of the lake does, batch by batch.

    Args:
        lake: Where it is.
        table: The plan, which says columns and types.
        snapshot_id: An Iceberg snapshot; None for the current one.
        load_id: Only rows that this load added, where loads add to the table; a table that is replaced has no others.

    Raises:
        ConfigError: The table, or the snapshot, is not there.
        LakeError: Its files cannot be read.
    """
    if table.format == "parquet":
        yield from _parquet(lake, table, snapshot_id)
        return
    found = lake.catalog.table(table.name)
    if found is None:
        raise _absent(lake, table)
    added = f"{table.location.rstrip('/')}/{layout.data_folder(load_id)}/" if load_id and table.mode == "append" else ""
    yield from _iceberg(lake, found, table, snapshot_id, added)


def _iceberg(
    lake: Lake, found: Table, table: PlannedTable, snapshot_id: int | None, added: str
) -> Iterator[pa.RecordBatch]:
    if snapshot_id is not None and found.snapshot_by_id(snapshot_id) is None:
        raise ConfigError(
            f"table {table.name} has no snapshot {snapshot_id}", "was it expired?", "leave it out for the current one"
        )
    names = tuple(column.name for column in table.columns)
    where = f"table {lake.database}.{table.name}"
    gone = sorted(set(names) - {field.name for field in found.schema().fields})
    if gone:
        why = f"its load wrote {', '.join(gone)}, which somebody took out of the table since"
        raise LakeError(f"{where} does not have its columns any more", why, "load the table anew")
    try:
        scan = found.scan(snapshot_id=snapshot_id, selected_fields=names)
        for task in scan.plan_files():
            if task.file.file_path.startswith(added):
                yield from _rows(lake, found, scan.projection(), task, schema_of(table.columns))
    except OSError as error:
        raise read_error(error, where, table.location) from error
    except StoreError as error:
        raise store_error(error, f"reading {where} at {table.location}", lake.account.region) from error


def _rows(
    lake: Lake, found: Table, projection: Schema, task: FileScanTask, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Read one file, with its deletes taken out; a file takes less time than credentials live."""
    for batch in exact.batches(found.metadata, lake.catalog.io(found), projection, task):
        yield _fit(batch, schema)


def _parquet(lake: Lake, table: PlannedTable, snapshot_id: int | None) -> Iterator[pa.RecordBatch]:
    """Read every file that lies below the table's directory, as Athena does, recorded or not."""
    if snapshot_id:
        raise ConfigError(f"table {table.name} has no snapshots", "it is a plain Parquet table", "leave it out")
    glue = lake.account.glue.table(lake.database, table.name)
    if glue is None:
        raise _absent(lake, table)
    store = Store(lake.account, hive.location_of(glue))
    schema = schema_of(table.columns)
    for found in store.list(""):
        file = pq.ParquetFile(pa.BufferReader(store.get(found.key)))
        for group in range(file.num_row_groups):
            for batch in file.read_row_group(group, columns=schema.names).to_batches():
                yield _fit(batch, schema)


def _fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [batch.column(field.name).cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _absent(lake: Lake, table: PlannedTable) -> ConfigError:
    return ConfigError(f"there is no table {lake.database}.{table.name}", "", "load it first: gluepot load run")
