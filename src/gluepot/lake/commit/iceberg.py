"""One load becomes one snapshot of an Iceberg table, once, whatever is lost on the way.

The load's id goes into table properties in the same transaction as the snapshot: snapshot expiry erases the summaries
of snapshots, not the properties of tables.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation
from pyiceberg.typedef import Record
from pyiceberg.types import DoubleType, FloatType

from gluepot.errors import ConfigError, LakeError
from gluepot.lake.commit import evolve, marks
from gluepot.lake.commit.catalog import IcebergCatalog
from gluepot.lake.commit.partvalues import spec_of
from gluepot.lake.commit.protocol import Visible, conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.table import Table, Transaction
    from pyiceberg.table.metadata import TableMetadata

    from gluepot.lake.commit.protocol import Change
    from gluepot.lake.commit.store import Store
    from gluepot.plan.table import PlannedTable


class IcebergFormat:
    """One load of an Iceberg table.

    Args:
        store: The table's location.
        change: What the load does.
    """

    def __init__(self, store: Store, change: Change) -> None:
        self.account = store.account
        self.change = change
        self._store = store
        self._catalog = IcebergCatalog(store.account, change.load.database)
        self._sent: set[int] = set()

    def read(self) -> Table | None:
        """Read the table."""
        return self._catalog.table(self.change.table.name, self.change.table)

    def found(self, there: Table | None) -> Visible | None:
        """Find the load in the table's properties."""
        snapshot_id = marks.snapshot_of(there.properties, self.change.load.load_id) if there is not None else None
        if there is None or snapshot_id is None:
            return None
        return self._visible(snapshot_id, total_of(there.metadata, snapshot_id), ours=snapshot_id in self._sent)

    def check_base(self, there: Table | None) -> None:
        """Look whether the table is still what the load began with."""
        check_base(there, self.change)

    def send(self, there: Table | None) -> Visible | None:
        """Build one transaction and send it once."""
        try:
            snapshot_id, total = self._send(there)
        except (CommitFailedException, TableAlreadyExistsError, NoSuchTableError):
            return None
        except NoSuchNamespaceError as error:
            gone = f"the database {self.change.load.database} is gone"
            raise ConfigError(gone, str(error), "create it") from error
        return self._visible(snapshot_id, total, ours=True)

    def discard(self) -> None:
        """Nothing is left: pyiceberg removes the manifests of a commit that was refused."""

    def _visible(self, snapshot_id: int, total: int | None, *, ours: bool) -> Visible:
        keys = tuple(file.key for file in self.change.files)
        return Visible(snapshot_id=snapshot_id, keys=keys, ours=ours, total=total)

    def _send(self, there: Table | None) -> tuple[int, int | None]:
        load_id = self.change.load.load_id
        transaction = self._changed(there) if there is not None else self._created()
        update = transaction.update_snapshot(snapshot_properties={marks.LOAD_ID: load_id})
        replaces = self.change.load.mode == "replace" and there is not None
        producer: Any = update.overwrite() if replaces else update.fast_append()
        if there is not None and replaces:
            producer.delete_by_predicate(AlwaysTrue())  # without it a table without partitions finds no file to delete
            for file in present(there):
                producer.delete_data_file(file)
        for file in self._data_files(transaction.table_metadata.default_spec_id):
            producer.append_data_file(file)
        given = there.properties if there is not None else {}
        transaction.set_properties(marks.properties(given, self.change.table, load_id, producer.snapshot_id))
        producer.commit()
        self._sent.add(int(producer.snapshot_id))
        total = total_of(transaction.table_metadata, int(producer.snapshot_id))
        transaction.commit_transaction()
        return int(producer.snapshot_id), total

    def _created(self) -> Transaction:
        """Begin a table: it appears with its first rows in it."""
        schema = Schema.model_validate(self.change.load.schema)
        return self._catalog.connect(self.change.table).create_table_transaction(
            (self.change.load.database, self.change.table.name),
            schema,
            location=self._store.location,
            partition_spec=spec_of(schema, self.change.table.partition),
            properties={"write.parquet.compression-codec": "zstd"},
        )

    def _changed(self, there: Table) -> Transaction:
        """Begin a change to a table; pyiceberg is not to repeat it: it would commit a load twice."""
        once = {**there.metadata.properties, "commit.retry.num-retries": "0"}
        there.metadata = there.metadata.model_copy(update={"properties": once})  # of this copy only, never committed
        transaction = there.transaction()
        found = evolve.steps(there.schema(), self.change.table)
        if found:
            evolve.apply(transaction.update_schema(), found).commit()
        return transaction

    def _data_files(self, spec_id: int) -> Iterator[DataFile]:
        floats = _floats(Schema.model_validate(self.change.load.schema))
        for at, file in enumerate(self.change.files):
            if file.metrics is None:
                raise LakeError(
                    f"{file.key} has no metrics", "it was recorded by something else", "load the table anew"
                )
            # release 0.1 counted no NaN: what it staged may hold them
            unknown = floats - file.metrics.nan_value_counts.keys()
            yield DataFile.from_args(
                content=DataFileContent.DATA,
                file_path=self._store.url(file.key),
                file_format=FileFormat.PARQUET,
                partition=Record(*(self.change.values[at] if self.change.values else ())),
                record_count=file.rows,
                file_size_in_bytes=file.bytes,
                column_sizes=file.metrics.column_sizes,
                value_counts=file.metrics.value_counts,
                null_value_counts=file.metrics.null_value_counts,
                nan_value_counts=file.metrics.nan_value_counts,
                lower_bounds=_without(file.metrics.lower_bounds, unknown),
                upper_bounds=_without(file.metrics.upper_bounds, unknown),
                split_offsets=list(file.metrics.split_offsets),
                sort_order_id=None,
                spec_id=spec_id,
                equality_ids=None,
                key_metadata=None,
            )


def _floats(schema: Schema) -> set[int]:
    """Give the fields of floats, at any depth."""
    return {number for number in schema.field_ids if isinstance(schema.find_type(number), FloatType | DoubleType)}


def _without(bounds: dict[int, bytes], fields: set[int]) -> dict[int, bytes]:
    return {number: bound for number, bound in bounds.items() if number not in fields}


def total_of(metadata: TableMetadata, snapshot_id: int) -> int | None:
    """Give the rows of a table at a snapshot, as its summary says; None where it does not."""
    snapshot = metadata.snapshot_by_id(snapshot_id)
    told = snapshot.summary.get("total-records") if snapshot is not None and snapshot.summary else None
    return int(told) if told else None


def check_base(there: Table | None, change: Change) -> None:
    """Look whether the table is still the one that the load began with.

    Adding rows goes on top of what others have committed; replacing does not, unless they only rewrote files.

    Raises:
        ConflictError: It is not.
    """
    name, base = change.table.name, change.load.base
    if there is None:
        if base is not None:
            raise conflict(change, f"table {name} was dropped since")
        return
    _check_origin(there, change)
    if base is None and change.load.mode == "append" and marks.is_ours(there.properties):
        _check_schema(there, change)
        return
    if base is None:
        raise conflict(change, f"table {name} was created since, {_who(there)}")
    if base.uuid != str(there.metadata.table_uuid):
        raise conflict(change, f"table {name} was dropped and created again since, {_who(there)}")
    if change.load.mode == "replace" and any(_changes_rows(there, base.snapshot_id)):
        raise conflict(change, f"table {name} was changed since, {_who(there)}")
    _check_schema(there, change)


def _check_origin(there: Table, change: Change) -> None:
    """Look whether a table that is ours is still of the source that it was of, or of this one."""
    now, base = there.properties, change.load.base
    if (
        marks.is_ours(now)
        and not marks.is_from(now, change.table)
        and (base is None or base.origin != marks.origin_of(now))
    ):
        raise conflict(change, f"table {change.table.name} holds {marks.origin_of(now)} by now, {_who(there)}")


def _check_schema(there: Table, change: Change) -> None:
    """Look whether field ids are what the staged files have."""
    schema = evolved(there, change.table)
    expected = Schema.model_validate(change.load.schema)
    names = [column.name for column in change.table.columns]
    pairs = ((schema.find_field(name), expected.find_field(name)) for name in names)
    if any((field.field_id, field.field_type) != (other.field_id, other.field_type) for field, other in pairs):
        raise conflict(change, f"the columns of table {change.table.name} were changed since")
    specs = (there.spec(), spec_of(expected, change.table.partition))
    fields = [[(field.source_id, field.transform) for field in spec.fields] for spec in specs]
    if fields[0] != fields[1]:
        raise conflict(change, f"the partitioning of table {change.table.name} was changed since")


def _changes_rows(there: Table, base: int) -> Iterator[bool]:
    """Go back from the current snapshot to the one that the load began with: did any of them change rows."""
    at = there.current_snapshot()
    while at is not None and at.snapshot_id != base:
        yield at.summary is None or at.summary.operation != Operation.REPLACE
        at = there.snapshot_by_id(at.parent_snapshot_id) if at.parent_snapshot_id is not None else None
    yield base != 0 and at is None


def evolved(there: Table, planned: PlannedTable) -> Schema:
    """Give the schema that a table has once a plan's columns are in it.

    Raises:
        ConfigError: There is no way to it.
    """
    found = evolve.steps(there.schema(), planned)
    return evolve.apply(there.transaction().update_schema(), found)._apply()  # noqa: SLF001 - what commit() would commit


def present(there: Table) -> Iterator[DataFile]:
    """Give the data files that a table consists of now."""
    snapshot = there.current_snapshot()
    if snapshot is None:
        return
    for manifest in snapshot.manifests(there.io):
        if manifest.content == ManifestContent.DATA:
            for entry in manifest.fetch_manifest_entry(there.io, discard_deleted=True):
                yield entry.data_file


def _who(there: Table) -> str:
    """Say who committed last."""
    snapshot = there.current_snapshot()
    if snapshot is None:
        return "and has no snapshot"
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(snapshot.timestamp_ms / 1000))
    summary = snapshot.summary
    load = summary.get(marks.LOAD_ID) if summary else None
    by = f"load {load}" if load else f"something else than gluepot ({summary.operation.value if summary else '?'})"
    return f"by {by} at {when}: snapshot {snapshot.snapshot_id} is current"
