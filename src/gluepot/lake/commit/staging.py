"""Stage and commit: files of token ranges below a table's location, records beside them, one commit for all of them.

A range is finished when its record stands; whoever stages it twice finds the first record, and takes that over. Files
without a record are nobody's: `clean` removes them once the load is committed, and not before, since a twin process may
be about to name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import msgspec
from pyiceberg.schema import Schema

from gluepot.cassandra.cql import Range
from gluepot.errors import ConfigError, LakeError
from gluepot.lake.commit import checks, hive, iceberg, layout
from gluepot.lake.commit.account import Account
from gluepot.lake.commit.parquet import Roller, Shape
from gluepot.lake.commit.partition import DISK_BYTES, FILE_BYTES, Second
from gluepot.lake.commit.partvalues import spec_of
from gluepot.lake.commit.store import Store
from gluepot.lake.types.typemap import schema_of
from gluepot.plan.identity import Latest
from gluepot.plan.records import RangeRecord, StagedFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

    from gluepot.aws.access import Access
    from gluepot.aws.session import Renewable
    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.lake.commit.parquet import Written
    from gluepot.plan.table import PlannedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a load made visible.

    Args:
        snapshot_id: The Iceberg snapshot; 0 for other tables.
        rows: Rows of the load.
        files: Files that hold them.
        bytes: Their size.
        ours: Whether this very call made the commit, and not a twin or an earlier run.
    """

    snapshot_id: int
    rows: int
    files: int
    bytes: int
    ours: bool


@dataclass(frozen=True, slots=True)
class Lake:
    """A Glue database and the buckets that its tables lie in.

    Args:
        account: How it is reached.
        database: The database.
        temporary: Where files are while they grow; None for the system's place for temporary files.
        partition_bytes: When a file of a partition is ended.
        disk_bytes: Of the local disk that the second pass of a partitioned table may take at once.
    """

    account: Account
    database: str
    temporary: Path | None = None
    partition_bytes: int = FILE_BYTES
    disk_bytes: int = DISK_BYTES

    @classmethod
    def open(cls, access: Access | Renewable, region: str, database: str, *, temporary: Path | None = None) -> Lake:
        """Open a lake; nothing is called yet.

        Args:
            access: How the account is reached, or credentials that renew themselves.
            region: Of catalog and buckets.
            database: The Glue database.
            temporary: Where files are while they grow; None for the system's place for temporary files.
        """
        return cls(Account(access, region), database, temporary)

    @property
    def catalog(self) -> iceberg.Catalog:
        """The database's Iceberg tables."""
        return iceberg.Catalog(self.account, self.database)

    def store(self, table: PlannedTable) -> Store:
        """Open a table's location."""
        return Store(self.account, table.location)

    def check(self, table: PlannedTable) -> None:
        """Look whether a table can be loaded, before anything is written.

        Raises:
            ConfigError: Bucket or database are missing, or what stands in the table's place cannot take the load.
            DeniedError: Glue or S3 refused.
        """
        checks.check(self, table)

    def create_database(self, location: str = "") -> None:
        """Create the Glue database; one that is there stays as it is.

        Args:
            location: Where tables that other tools create in it go by default; empty for nowhere.
        """
        self.account.glue.create_database(self.database, location)

    def latest(self, table: PlannedTable) -> Latest | None:
        """Find the newest load of a table's location; None where there is none."""
        store = self.store(table)
        ids = [name.rstrip("/") for name in store.folders(layout.OWN) if name.endswith("/")]
        for load_id in sorted(ids, key=layout.age, reverse=True):
            record = store.read(layout.load_key(load_id), layout.LoadRecord)
            if record is not None:
                return Latest(load_id, record.digest, store.exists(layout.done_key(load_id)))
        return None

    def begin(self, table: PlannedTable, *, load_id: str, digest: str, ranges: Sequence[Range]) -> Staging:
        """Begin a load, or join the load of that id: the ranges that it recorded then win.

        Args:
            table: The plan.
            load_id: The load.
            digest: Of the plan.
            ranges: Token ranges that cover the ring.

        Raises:
            ConfigError: The load of that id is of another plan, or the table cannot take it.
            LakeError: The store did not take the record.
        """
        store = self.store(table)
        key = layout.load_key(layout.checked_id(load_id))
        record = store.read(key, layout.LoadRecord)
        if record is None:
            record = store.create(key, self._record(table, load_id, digest, ranges))
        if record.digest != digest or record.table != table.name or record.database != self.database:
            raise ConfigError(
                f"load {load_id} at {table.location} is of another plan",
                f"it began at {record.started} for table {record.database}.{record.table}",
                "run it with the plan that it began with, or leave the load id out to begin another",
            )
        return Staging(self, table, record, store, finished(store, load_id))

    def join(self, table: PlannedTable, record: LoadRecord) -> Staging:
        """Take part in a load that another process began, knowing of no finished range: nothing is called yet.

        Args:
            table: The plan.
            record: The load, as `Staging.shared` gives it.
        """
        return Staging(self, table, record, self.store(table), {})

    def _record(self, table: PlannedTable, load_id: str, digest: str, ranges: Sequence[Range]) -> LoadRecord:
        schema, base, notes = checks.target(self, table)
        return layout.LoadRecord(
            load_id=load_id,
            digest=digest,
            database=self.database,
            table=table.name,
            format=table.format,
            mode=table.mode,
            started=_now(),
            ranges=layout.pairs(ranges),
            schema=schema.model_dump(mode="json", by_alias=True),
            base=base,
            notes=notes,
        )


class Staging:
    """One load of one table under way; threads may share it.

    Args:
        lake: Where it goes.
        table: The plan.
        record: The load as it is recorded.
        store: The table's location.
        done: The ranges that have their record.
    """

    def __init__(
        self, lake: Lake, table: PlannedTable, record: LoadRecord, store: Store, done: dict[Range, RangeRecord]
    ) -> None:
        self._lake = lake
        self._table = table
        self._load = record
        self._store = store
        self._shape = Shape(Schema.model_validate(record.schema), schema_of(table.columns))
        self.load_id = record.load_id
        self.notes = record.notes
        self.ranges = tuple(Range(start, end) for start, end in record.ranges)
        self.finished = done

    def shared(self) -> LoadRecord:
        """Give what another process needs to take part: the load without its ranges, of which each gets its own."""
        return msgspec.structs.replace(self._load, ranges=())

    def standing(self, token_range: Range) -> RangeRecord | None:
        """Read the record of a range; None where it has none yet."""
        return self._store.read(layout.range_key(self.load_id, token_range), RangeRecord)

    def writer(self, token_range: Range) -> RangeWriter:
        """Open what takes the rows of a range; a context manager."""
        return RangeWriter(self._store, self._shape, self.load_id, token_range, self._lake.temporary)

    def record(self, record: RangeRecord) -> RangeRecord:
        """Record a finished range, and give the record that stands: this one, or that of another process.

        Files of this one that the standing record does not name are removed: nobody can name them any more.
        """
        token_range = Range(record.start, record.end)
        standing = self._store.create(layout.range_key(self.load_id, token_range), record)
        kept = {file.key for file in standing.files}
        self._store.remove(file.key for file in record.files if file.key not in kept)
        self.finished[token_range] = standing
        return standing

    def commit(self) -> Committed:
        """Make the load visible, once; a second call, or another process, finds it done.

        Raises:
            ConflictError: Something else changed the table since the load began.
            LakeError: Ranges are missing, or it could not be committed; nothing of it is visible.
        """
        done = self._store.read(layout.done_key(self.load_id), layout.Done)
        ours = False
        if done is None:
            done, ours = self._committed(self._records())
        return Committed(
            snapshot_id=done.snapshot_id, rows=done.rows, files=len(done.files), bytes=done.bytes, ours=ours
        )

    def clean(self) -> int:
        """Remove the load's files that its table does not use; nothing happens before the load is committed.

        Returns:
            How many files could not be removed; they are in nobody's way.
        """
        done = self._store.read(layout.done_key(self.load_id), layout.Done)
        if done is None:
            return 0
        kept = set(done.files)
        there = self._store.list(layout.data_folder(self.load_id))
        return self._store.remove(found.key for found in there if found.key not in kept)

    def _committed(self, records: Sequence[RangeRecord]) -> tuple[layout.Done, bool]:
        files = [file for record in records for file in record.files]
        snapshot_id, ours = 0, False
        if self._load.format == "parquet":
            swap = hive.Swap(
                account=self._lake.account, store=self._store, table=self._table, load=self._load, files=files
            )
            keys, ours = hive.commit(swap)
        else:
            change = self._change(files)
            files = list(change.files)
            keys = tuple(file.key for file in files)
            snapshot_id, ours = self._lake.catalog.commit(change)
        done = layout.Done(
            snapshot_id=snapshot_id,
            rows=sum(file.rows for file in files),
            bytes=sum(file.bytes for file in files),
            committed=_now(),
            files=keys,
        )
        return self._store.create(layout.done_key(self.load_id), done), ours

    def _change(self, files: Sequence[StagedFile]) -> iceberg.Change:
        """Say what the load does to its Iceberg table; where that has partitions, write their files first."""
        schema = Schema.model_validate(self._load.schema)
        spec = spec_of(schema, self._table.partition)
        if not self._table.partition:
            return iceberg.Change(self._table, self._load, files, spec)
        second = Second(
            store=self._store,
            load_id=self.load_id,
            schema=schema,
            spec=spec,
            shape=self._shape,
            temporary=self._lake.temporary,
            file_bytes=self._lake.partition_bytes,
            disk_bytes=self._lake.disk_bytes,
        )
        written, values = second.files(files)
        return iceberg.Change(self._table, self._load, written, spec, values)

    def _records(self) -> list[RangeRecord]:
        if any(one not in self.finished for one in self.ranges):
            self.finished.update(finished(self._store, self.load_id))
        missing = [one for one in self.ranges if one not in self.finished]
        if missing:
            raise LakeError(
                f"load {self.load_id} of table {self._table.name} is not staged whole",
                f"{len(missing)} of {len(self.ranges)} token ranges have no record",
                "run the load again: it goes on with these",
            )
        return [self.finished[one] for one in self.ranges]


class RangeWriter:
    """Takes the rows of one range and sends them as Parquet files.

    Leaving the context with an exception, or without `close`, leaves nothing on the local disk. What has been sent
    already stays until `Staging.clean`: a twin process may have sent and recorded the very same file.

    Args:
        store: The table's location.
        shape: What files look like.
        load_id: The load.
        token_range: The range.
        temporary: Where files are while they grow.
    """

    def __init__(
        self, store: Store, shape: Shape, load_id: str, token_range: Range, temporary: Path | None = None
    ) -> None:
        self._store = store
        self._load_id = load_id
        self._range = token_range
        self._roller = Roller(shape, temporary, self._send)
        self._files: list[StagedFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._roller.drop()

    def write(self, batch: pa.RecordBatch) -> None:
        """Take rows, in the columns and types of the plan.

        Raises:
            OutputError: The local disk is full.
            LakeError: A full file could not be sent.
        """
        self._roller.write(batch)

    def close(self) -> tuple[StagedFile, ...]:
        """Send what is left, and name all the files.

        Raises:
            OutputError: The local disk is full.
            LakeError: A file could not be sent.
        """
        self._roller.close()
        return tuple(self._files)

    def _send(self, file: Written) -> None:
        key = layout.data_key(self._load_id, self._range, len(self._files), file.digest)
        self._store.upload(key, file.body, file.bytes)
        self._files.append(StagedFile(key=key, rows=file.rows, bytes=file.bytes, metrics=file.metrics))


def finished(store: Store, load_id: str) -> dict[Range, RangeRecord]:
    """Read the records of a load's finished ranges."""
    keys = [found.key for found in store.list(layout.ranges_folder(load_id))]
    return {Range(one.start, one.end): one for one in store.read_all(keys, RangeRecord)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
