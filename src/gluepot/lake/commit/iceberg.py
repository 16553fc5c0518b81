"""One load becomes one snapshot of an Iceberg table, once, whatever is lost on the way.

The load's id goes into table properties in the same transaction as the snapshot, and a commit is never sent twice: when
its answer is lost, or when somebody else was first, the table is read again, and its properties say what stands.
Snapshot expiry erases the summaries of snapshots, not the properties of tables.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io import load_file_io
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation
from pyiceberg.typedef import Record

from gluepot.errors import ConfigError, ConflictError, GluepotError, LakeError
from gluepot.glue.lake_tables import CommitClient, outcome, refusal
from gluepot.lake.commit import evolve, marks
from gluepot.lake.commit.readerror import read_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyiceberg.io import FileIO
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.table import Table, Transaction

    from gluepot.lake.commit.account import Account
    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.plan.records import StagedFile
    from gluepot.plan.table import PlannedTable

ATTEMPTS: Final = 8
FIRST_PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Change:
    """What a load does to a table.

    Args:
        table: The plan.
        load: The load.
        files: What it adds.
        spec: How the table is partitioned, where the load creates it.
        values: Per file, its partition; empty where the table has no partitions.
    """

    table: PlannedTable
    load: LoadRecord
    files: Sequence[StagedFile]
    spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC
    values: Sequence[tuple[Any, ...]] = ()


class Catalog:
    """Iceberg tables of one Glue database.

    Args:
        account: How it is reached.
        database: The database.
    """

    def __init__(self, account: Account, database: str) -> None:
        self._account = account
        self._database = database

    def table(self, name: str, planned: PlannedTable | None = None) -> Table | None:
        """Read a table; None where there is none. Its credentials are fresh: take a new one for each long work.

        Raises:
            LakeError: Its metadata cannot be read.
            ScopeError: Glue or S3 refused.
        """
        where = f"table {self._database}.{name}"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._catalog(planned).load_table((self._database, name))
            except NoSuchTableError:
                return None
            except Exception as error:  # noqa: BLE001 - pyiceberg hands on what botocore and Arrow raise
                self._wait(error, attempt, where, "glue:GetTable")
        raise AssertionError("the last attempt returns or raises")

    def io(self, table: Table) -> FileIO:
        """Give what reads a table's files, with credentials that are good now."""
        return load_file_io(self._account.io_properties(), table.location())

    def commit(self, change: Change) -> tuple[int, bool]:
        """Make a load visible, or find that it is.

        Returns:
            The snapshot of the load, and whether this call made it.

        Raises:
            ConflictError: Something else came first.
            LakeError: It could not be done; nothing of it is visible.
        """
        where = f"committing load {change.load.load_id} to table {self._database}.{change.table.name}"
        for attempt in range(1, ATTEMPTS + 1):
            there = self.table(change.table.name, change.table)
            if there is not None and (done := marks.snapshot_of(there.properties, change.load.load_id)) is not None:
                return done, False
            check_base(there, change)
            try:
                return self._send(there, change), True
            except (CommitFailedException, TableAlreadyExistsError, NoSuchTableError):
                _pause(1)  # somebody was first: look who
            except NoSuchNamespaceError as error:
                raise ConfigError(f"the database {self._database} is gone", str(error), "create it") from error
            except Exception as error:  # noqa: BLE001 - pyiceberg hands on what botocore and Arrow raise
                self._wait(error, attempt, where, "glue:UpdateTable")
        raise LakeError(f"{where} failed", f"others changed it {ATTEMPTS} times meanwhile", "run the load again")

    def _send(self, there: Table | None, change: Change) -> int:
        """Build one transaction and send it once."""
        transaction = self._changed(there, change) if there is not None else self._created(change)
        summary = {marks.LOAD_ID: change.load.load_id}
        update = transaction.update_snapshot(snapshot_properties=summary)
        replaces = change.load.mode == "replace" and there is not None
        producer: Any = update.overwrite() if replaces else update.fast_append()
        if there is not None and replaces:
            producer.delete_by_predicate(AlwaysTrue())  # without it a table without partitions finds no file to delete
            for file in present(there):
                producer.delete_data_file(file)
        for file in _data_files(change, transaction.table_metadata.default_spec_id):
            producer.append_data_file(file)
        given = there.properties if there is not None else {}
        transaction.set_properties(marks.properties(given, change.table, change.load.load_id, producer.snapshot_id))
        producer.commit()
        transaction.commit_transaction()
        return int(producer.snapshot_id)

    def _created(self, change: Change) -> Transaction:
        """Begin a table: it appears with its first rows in it."""
        return self._catalog(change.table).create_table_transaction(
            (self._database, change.table.name),
            Schema.model_validate(change.load.schema),
            location=change.table.location.rstrip("/"),
            partition_spec=change.spec,
            properties={"write.parquet.compression-codec": "zstd"},
        )

    def _changed(self, there: Table, change: Change) -> Transaction:
        """Begin a change to a table; pyiceberg is not to repeat it: it would commit a load twice."""
        once = {**there.metadata.properties, "commit.retry.num-retries": "0"}
        there.metadata = there.metadata.model_copy(update={"properties": once})  # of this copy only, never committed
        transaction = there.transaction()
        found = evolve.steps(there.schema(), change.table)
        if found:
            evolve.apply(transaction.update_schema(), found).commit()
        return transaction

    def _catalog(self, planned: PlannedTable | None) -> GlueCatalog:
        client: Any = CommitClient(self._account.glue, marks.originals(planned) if planned else {})
        return GlueCatalog("gluepot", client=client, **self._account.io_properties())

    def _wait(self, error: Exception, attempt: int, what: str, action: str) -> None:
        """Wait where asking again may help, raise where it does not.

        Raises:
            GluepotError: What it is, in gluepot's words.
        """
        if isinstance(error, GluepotError):
            raise error
        means = outcome(error)
        if means == "expired" or "ExpiredToken" in str(error):
            self._account.renew()
        elif means == "refused" or attempt == ATTEMPTS:
            raise self._error(error, what, action) from error
        elif means == "other" and not isinstance(error, OSError):
            hint = "run the load again; if it stays, look at the table's metadata"
            raise LakeError(f"{what} failed", f"{type(error).__name__}: {error}", hint) from error
        if isinstance(error, OSError) and not isinstance(refused := read_error(error, what), LakeError):
            raise refused from error
        _pause(attempt)

    def _error(self, error: Exception, what: str, action: str) -> GluepotError:
        if isinstance(error, OSError):
            return read_error(error, what)
        return refusal(error, what, action, f"arn:aws:glue:{self._account.region}:*:table/{self._database}/*")


def check_base(there: Table | None, change: Change) -> None:
    """Look whether the table is still the one that the load began with.

    Adding rows goes on top of what others have committed; replacing does not, unless they only rewrote files.

    Raises:
        ConflictError: It is not.
    """
    name, base = change.table.name, change.load.base
    if there is None:
        if base is not None:
            raise _conflict(change, f"table {name} was dropped since")
        return
    if base is None and change.load.mode == "append" and marks.is_ours(there.properties):
        _check_schema(there, change)
        return
    if base is None:
        raise _conflict(change, f"table {name} was created since, {_who(there)}")
    if base.uuid != str(there.metadata.table_uuid):
        raise _conflict(change, f"table {name} was dropped and created again since, {_who(there)}")
    if change.load.mode == "replace" and any(_changes_rows(there, base.snapshot_id)):
        raise _conflict(change, f"table {name} was changed since, {_who(there)}")
    _check_schema(there, change)


def _check_schema(there: Table, change: Change) -> None:
    """Look whether field ids are what the staged files have."""
    schema = evolved(there, change.table)
    expected = Schema.model_validate(change.load.schema)
    names = [column.name for column in change.table.columns]
    pairs = ((schema.find_field(name), expected.find_field(name)) for name in names)
    if any((one.field_id, one.field_type) != (other.field_id, other.field_type) for one, other in pairs):
        raise _conflict(change, f"the columns of table {change.table.name} were changed since")
    specs = ([(one.source_id, one.transform) for one in spec.fields] for spec in (there.spec(), change.spec))
    if next(specs) != next(specs):
        raise _conflict(change, f"the partitioning of table {change.table.name} was changed since")


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


def _data_files(change: Change, spec_id: int) -> Iterator[DataFile]:
    location = change.table.location.rstrip("/")
    for at, file in enumerate(change.files):
        if file.metrics is None:
            raise LakeError(f"{file.key} has no metrics", "it was recorded by something else", "load the table anew")
        yield DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=f"{location}/{file.key}",
            file_format=FileFormat.PARQUET,
            partition=Record(*(change.values[at] if change.values else ())),
            record_count=file.rows,
            file_size_in_bytes=file.bytes,
            column_sizes=file.metrics.column_sizes,
            value_counts=file.metrics.value_counts,
            null_value_counts=file.metrics.null_value_counts,
            nan_value_counts={},
            lower_bounds=file.metrics.lower_bounds,
            upper_bounds=file.metrics.upper_bounds,
            split_offsets=list(file.metrics.split_offsets),
            sort_order_id=None,
            spec_id=spec_id,
            equality_ids=None,
            key_metadata=None,
        )


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


def _conflict(change: Change, why: str) -> ConflictError:
    hint = "what stands is left as it is; to load over it, run again with --no-resume"
    return ConflictError(f"load {change.load.load_id} cannot be committed to table {change.table.name}", why, hint)


def _pause(attempt: int) -> None:
    time.sleep(min(FIRST_PAUSE * 2 ** (attempt - 1), 20) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
