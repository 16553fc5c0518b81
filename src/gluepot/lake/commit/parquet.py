"""Parquet files as a load writes them: field ids for Iceberg, row groups of one size, rolled before memory grows.

A file is written to a place on the local disk that has no name, so that nothing is left of it when the process dies,
and sent when it is whole. Its name is made of its content.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    MetricModeTypes,
    MetricsMode,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.types import ListType, MapType, StructType

from gluepot.errors import OutputError
from gluepot.lake.kernels import floats
from gluepot.lake.kernels.floats import Floats
from gluepot.lake.types.typemap import arrow_of
from gluepot.plan.records import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType, NestedField

ROW_GROUP_ROWS: Final = 131_072
ROW_GROUP_BYTES: Final = 16 * 1024 * 1024
"""Of Arrow's memory: what a writer holds before it encodes."""

FILE_BYTES: Final = 64 * 1024 * 1024
"""When a file is ended and sent."""

LEVEL: Final = 1
"""Of zstd. Level 3 makes files a few per cent smaller and takes half as much time again."""

_ID: Final = b"PARQUET:field_id"


@dataclass(frozen=True, slots=True)
class Written:
    """A whole file on the local disk.

    Args:
        body: It; nameless, and gone when it is closed.
        rows: Its rows.
        bytes: Its size.
        digest: SHA-256 of its content, in hex.
        metrics: What Iceberg's manifests say of it.
    """

    body: IO[bytes]
    rows: int
    bytes: int
    digest: str
    metrics: Metrics


class Shape:
    """What the files of one table look like.

    Args:
        schema: The table's schema: it gives fields their ids.
        arrow: Columns of the batches that are written, which may be fewer, and narrower.
    """

    def __init__(self, schema: Schema, arrow: pa.Schema) -> None:
        self.schema = with_ids(schema, arrow)
        self.floats = floats.paths(self.schema)
        self._plan = compute_statistics_plan(schema, {})
        self._ids = parquet_path_to_id_mapping(schema)

    def metrics(self, footer: pq.FileMetaData, held: Floats, without: frozenset[str]) -> Metrics:
        """Say what Iceberg's manifests hold of a file.

        Args:
            footer: The file's.
            held: What its floats are.
            without: Its columns of which the footer has no statistics.
        """
        ids = {self._ids[path]: path for path in without}
        none = {number: replace(self._plan[number], mode=MetricsMode(MetricModeTypes.NONE)) for number in ids}
        found = data_file_statistics_from_parquet_metadata(footer, self._plan | none, self._ids).to_serialized_dict()
        values = {number: _values(footer, path) for number, path in ids.items()}
        return Metrics(
            column_sizes=found["column_sizes"],
            value_counts=found["value_counts"] | values,
            null_value_counts=found["null_value_counts"]
            | {number: values[number] - held.valid[path] for number, path in ids.items()},
            nan_value_counts={self._ids[path]: count for path, count in held.nan.items()},
            lower_bounds=found["lower_bounds"],
            upper_bounds=found["upper_bounds"],
            split_offsets=tuple(found["split_offsets"]),
        )

    def statistics(self, without: frozenset[str]) -> Any:  # noqa: ANN401 - pyarrow takes two forms
        """Say for pyarrow which columns get statistics: all, or a list."""
        return sorted(set(self._ids) - without) if without else True

    def fit(self, batch: pa.RecordBatch) -> pa.Table:
        """Give a batch the columns and types of the files; types only ever widen."""
        arrays = [batch.column(field.name).cast(field.type) for field in self.schema]
        return pa.Table.from_arrays(arrays, schema=self.schema)


def _values(footer: pq.FileMetaData, path: str) -> int:
    """Count the values of a column, nulls included, as footers do: a list of none is one."""
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(footer.num_columns)]
    return sum(column.num_values for column in columns if column.path_in_schema == path)


class Roller:
    """Writes batches to files, one after the other.

    Args:
        shape: What the files look like.
        folder: Where they are while they grow; None for the system's place for temporary files.
        finished: Is given each whole file, which is closed after it.
        file_bytes: When a file is ended.
    """

    def __init__(
        self, shape: Shape, folder: Path | None, finished: Callable[[Written], None], file_bytes: int = FILE_BYTES
    ) -> None:
        self._shape = shape
        self._folder = folder
        self._finished = finished
        self._file_bytes = file_bytes
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0
        self._file: _File | None = None
        self._without: frozenset[str] = frozenset()

    def write(self, batch: pa.RecordBatch) -> None:
        """Take rows; files that are full are finished.

        Raises:
            OutputError: The local disk is full.
        """
        for piece in pieces(batch):
            table = self._shape.fit(piece)
            self._waiting.append(table)
            self._rows += table.num_rows
            self._bytes += table.nbytes
            if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
                self._flush()

    def close(self) -> None:
        """Finish the last file.

        Raises:
            OutputError: The local disk is full.
        """
        self._flush()
        self._end()

    def drop(self) -> None:
        """Give up: nothing is left on the disk."""
        self._waiting = []
        if self._file is not None:
            self._file.drop()
            self._file = None

    def _flush(self) -> None:
        """Write what waits as one row group."""
        if not self._waiting:
            return
        group = pa.concat_tables(self._waiting)
        self._waiting, self._rows, self._bytes = [], 0, 0
        held = floats.counted(group)
        if self._file is not None and held.unbounded - self._file.without:
            # a file's columns have statistics in all of its row groups or in none; this is once in a range
            self._end()
            self._without = self._shape.floats
        if self._file is None:
            self._file = _File(self._shape, self._folder, self._without | held.unbounded)
        self._file.write(group, held)
        if self._file.bytes >= self._file_bytes:
            self._end()

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            self._finished(file.end())
        finally:
            file.drop()


class _File:
    """One file while it grows: it counts and hashes what is written to it.

    Args:
        shape: What it looks like.
        folder: Where it is.
        without: Columns that get no statistics.
    """

    def __init__(self, shape: Shape, folder: Path | None, without: frozenset[str]) -> None:
        self._shape = shape
        self._folder = folder
        self.without = without
        self._held = Floats()
        self._rows = 0
        self.bytes = 0
        self._hash = hashlib.sha256()
        self._footers: list[pq.FileMetaData] = []
        try:
            self._body: Any = tempfile.TemporaryFile(dir=folder, prefix="gluepot-", buffering=0)  # noqa: SIM115 - drop() closes it
        except OSError as error:
            raise full(error, folder) from error
        options: dict[str, Any] = {"metadata_collector": self._footers}
        sink: Any = _Sink(self._put)
        self._writer = pq.ParquetWriter(
            sink,
            shape.schema,
            compression="zstd",
            compression_level=LEVEL,
            store_decimal_as_integer=True,
            store_schema=False,
            write_statistics=shape.statistics(without),
            **options,
        )

    def write(self, group: pa.Table, held: Floats) -> None:
        """Write one row group, of which it is known what its floats are."""
        self._writer.write_table(group, row_group_size=group.num_rows)
        self._rows += group.num_rows
        self._held.add(held)

    def end(self) -> Written:
        """Write the footer."""
        self._writer.close()
        metrics = self._shape.metrics(self._footers[0], self._held, self.without)
        return Written(self._body, self._rows, self.bytes, self._hash.hexdigest(), metrics)

    def drop(self) -> None:
        """Close the file, which removes it."""
        self._body.close()

    def _put(self, data: Any) -> int:  # noqa: ANN401 - whatever holds bytes
        view = memoryview(data)
        self._hash.update(view)
        at = 0
        while at < len(view):
            try:
                at += self._body.write(view[at:])
            except OSError as error:
                raise full(error, self._folder) from error
        self.bytes += len(view)
        return len(view)


class _Sink:
    """What Arrow writes to: a file object that passes on what it is given."""

    closed = False

    def __init__(self, put: Callable[[Any], int]) -> None:
        self.write = put

    def writable(self) -> bool:
        """Say that it takes bytes."""
        return True

    def readable(self) -> bool:
        """Say that it gives none."""
        return False

    def seekable(self) -> bool:
        """Say that it only grows."""
        return False

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Do nothing: the file is still to be sent."""


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch into pieces that are no larger than a row group."""
    rows = batch.num_rows
    if not rows:
        return
    step = max(1, min(ROW_GROUP_ROWS, rows * ROW_GROUP_BYTES // max(batch.nbytes, 1)))
    for start in range(0, rows, step):
        yield batch.slice(start, step)


def full(error: OSError, folder: Path | None) -> OutputError | OSError:
    """Say which disk is full; other errors stay what they are."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return error
    where = folder or Path(tempfile.gettempdir())
    left = shutil.disk_usage(where).free // (1024 * 1024)
    return OutputError(
        f"the disk of {where} is full: a file that was to be staged could not be written",
        f"{os.strerror(error.errno)}; {left} MB are free, and each range in flight takes up to "
        f"{FILE_BYTES // (1024 * 1024) * 2} MB for a while",
        "make space, set TMPDIR to another disk, or read fewer ranges at once; then run the load again: "
        "what is staged is used",
    )


def with_ids(schema: Schema, arrow: pa.Schema) -> pa.Schema:
    """Give the Arrow schema of files: the fields of `arrow`, in the types and with the ids that the table has.

    Args:
        schema: The table's, with every field of `arrow` in it.
        arrow: What is written; types may be narrower than the table's.
    """
    asked = {field.name: field for field in arrow}
    return pa.schema([_field(field, asked[field.name].type) for field in schema.fields if field.name in asked])


def _field(field: NestedField, asked: Any) -> Any:  # noqa: ANN401 - Arrow's types, which the stubs keep apart
    return pa.field(field.name, _type(field.field_type, asked), not field.required, {_ID: str(field.field_id).encode()})


def _type(kind: IcebergType, asked: Any) -> Any:  # noqa: ANN401 - likewise
    """Give the table's type with ids in it; of a struct, only the fields that are written."""
    match kind:
        case ListType():
            return pa.list_(_field(kind.element_field, asked.value_type))
        case MapType():
            return pa.map_(_field(kind.key_field, asked.key_type), _field(kind.value_field, asked.item_type))
        case StructType():
            inner = {field.name: field.type for field in asked}
            return pa.struct([_field(field, inner[field.name]) for field in kind.fields if field.name in inner])
    return arrow_of(str(kind))
