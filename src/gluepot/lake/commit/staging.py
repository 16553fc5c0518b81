"""Stage and commit: files of token ranges below a table's location, records beside them, one commit for all of them.

A range is finished when its record stands; whoever stages it twice finds the first record, and takes that over. Files
without a record are nobody's: `clean` removes them once the load is committed, and not before, since a twin process may
be about to name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from pyiceberg.schema import Schema

from gluepot.cassandra.cql import Range
from gluepot.errors import ConflictError, LakeError
from gluepot.lake.commit import layout
from gluepot.lake.commit.hive import HiveFormat
from gluepot.lake.commit.iceberg import IcebergFormat
from gluepot.lake.commit.parquet import Roller, Shape
from gluepot.lake.commit.partition import Partitioner
from gluepot.lake.commit.partvalues import spec_of
from gluepot.lake.commit.protocol import Change, commit
from gluepot.lake.commit.records import finished
from gluepot.lake.types.typemap import schema_of
from gluepot.plan.records import RangeRecord, StagedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.lake.commit.parquet import Written
    from gluepot.lake.commit.partition import LocalDisk
    from gluepot.lake.commit.protocol import TableFormat
    from gluepot.lake.commit.store import Store
    from gluepot.plan.table import Format, PlannedTable

FORMATS: Final[Mapping[Format, Callable[[Store, Change], TableFormat[Any]]]] = {
    "iceberg": IcebergFormat,
    "parquet": HiveFormat,
}
"""How a change to a table of each format is committed."""


def stands(store: Store, change: Change) -> str:
    """Say how a load stands that was begun: `committed`, why it cannot be any more, or nothing where it can be."""
    form = FORMATS[change.load.format](store, change)
    there = form.read()
    if form.found(there) is not None:
        return "committed"
    try:
        form.check_base(there)
    except ConflictError as error:
        return error.why
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a load made visible.

    Args:
        snapshot_id: The Iceberg snapshot; 0 for other tables.
        rows: Rows of the load.
        files: Files that hold them.
        bytes: Their size.
        ours: Whether this very call made the commit, and not a twin or an earlier run.
        total: Rows that the table had with it, other loads' included; None where nothing says so.
        at: When the commit was seen, ISO 8601 in UTC.
        run: The run that made it, or found it; empty where nobody says.
    """

    snapshot_id: int
    rows: int
    files: int
    bytes: int
    ours: bool
    total: int | None = None
    at: str = ""
    run: str = ""

    @classmethod
    def of(cls, done: layout.Done, *, ours: bool) -> Committed:
        """Say what the record of a commit says."""
        return cls(
            snapshot_id=done.snapshot_id,
            rows=done.rows,
            files=len(done.files),
            bytes=done.bytes,
            ours=ours,
            total=done.total,
            at=done.committed,
            run=done.run,
        )


class Staging:
    """One load of one table under way; threads may share it.

    Args:
        store: The table's location.
        table: The plan.
        record: The load as it is recorded.
        done: The ranges that have their record.
        disk: Where files are while they grow.
    """

    def __init__(
        self, store: Store, table: PlannedTable, record: LoadRecord, done: dict[Range, RangeRecord], disk: LocalDisk
    ) -> None:
        self._store = store
        self._table = table
        self._load = record
        self._disk = disk
        self._shape = Shape(Schema.model_validate(record.schema), schema_of(table.columns))
        self.load_id = record.load_id
        self.notes = record.notes
        self.began = record.started
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
        return RangeWriter(self._store, self._shape, self.load_id, token_range, self._disk.folder)

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

    def commit(self, run: str = "") -> Committed:
        """Make the load visible, once; a second call, or another process, finds it done.

        Args:
            run: The run that does it: until it has ended, the load is not a thing of the past.

        Raises:
            ConflictError: Something else changed the table since the load began.
            LakeError: Ranges are missing, or it could not be committed; nothing of it is visible.
        """
        done = self._store.read(layout.done_key(self.load_id), layout.Done)
        ours = False
        if done is None:
            done, ours = self._committed(self._records(), run)
        return Committed.of(done, ours=ours)

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

    def _committed(self, records: Sequence[RangeRecord], run: str) -> tuple[layout.Done, bool]:
        change = self._change([file for record in records for file in record.files])
        visible = commit(FORMATS[self._load.format](self._store, change))
        done = layout.Done(
            snapshot_id=visible.snapshot_id,
            rows=sum(file.rows for file in change.files),
            bytes=sum(file.bytes for file in change.files),
            committed=layout.now(),
            files=visible.keys,
            total=visible.total,
            run=run,
        )
        return self._store.create(layout.done_key(self.load_id), done), visible.ours

    def _change(self, files: Sequence[StagedFile]) -> Change:
        """Say what the load does to its table; where that has partitions, write their files first."""
        if not self._table.partition:
            return Change(self._table, self._load, files)
        schema = Schema.model_validate(self._load.schema)
        partitioner = Partitioner(
            store=self._store,
            load_id=self.load_id,
            schema=schema,
            spec=spec_of(schema, self._table.partition),
            shape=self._shape,
            disk=self._disk,
        )
        return Change(self._table, self._load, *partitioner.files(files))

    def _records(self) -> list[RangeRecord]:
        if any(token_range not in self.finished for token_range in self.ranges):
            self.finished.update(finished(self._store, self.load_id))
        missing = [token_range for token_range in self.ranges if token_range not in self.finished]
        if missing:
            raise LakeError(
                f"load {self.load_id} of table {self._table.name} is not staged whole",
                f"{len(missing)} of {len(self.ranges)} token ranges have no record",
                "run the load again: it goes on with these",
            )
        return [self.finished[token_range] for token_range in self.ranges]


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
