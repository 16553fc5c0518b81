"""An Iceberg table at a snapshot as a pyarrow dataset, which opens only files and columns that a scan needs.

Arrow asks a dataset for columns and a filter. What Iceberg's manifests say about each file (the lowest and the highest
value of a column, and whether there are nulls) is given to Arrow as a guarantee, so that it leaves files out itself.
Where files have to be understood by field id, or have deletes, `gluepot.lake.read.exact` reads those that are left.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyiceberg.conversions import from_bytes
from pyiceberg.io.pyarrow import PyArrowFileIO, schema_to_pyarrow
from pyiceberg.types import DateType, DecimalType, IntegerType, LongType, StringType, TimestampType, TimestamptzType

from gluepot.lake.read import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask, Table
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.types import NestedField

_BOUNDED: Final = (DateType, DecimalType, IntegerType, LongType, StringType, TimestampType, TimestamptzType)
"""Types whose bounds in the manifests compare as Arrow compares; floats do not, for their NaNs."""


class IcebergDataset(ds.InMemoryDataset):
    """One snapshot, to be scanned any number of times; `of` makes it.

    It takes the class of a dataset that needs no files, and answers scans itself.
    """

    table: Table
    projection: Schema
    tasks: tuple[FileScanTask, ...]
    by_name: bool

    @classmethod
    def of(cls, table: Table, snapshot_id: int | None) -> IcebergDataset:
        """Plan the files of a snapshot; None for the current one, in the current schema.

        Raises:
            ValueError: The snapshot has equality deletes, which pyiceberg cannot read.
        """
        scan = table.scan(snapshot_id=snapshot_id)
        projection = scan.projection()
        empty: Any = _arrow(projection).empty_table()
        found = cls(empty)  # type: ignore[call-arg] # the stubs know no way to make one
        found.table, found.projection = table, projection
        found.tasks = tuple(scan.plan_files())
        found.by_name = agree(table.metadata, projection) and not any(task.delete_files for task in found.tasks)
        return found

    def scanner(self, columns: Any = None, filter: Any = None, **options: Any) -> ds.Scanner:  # type: ignore[override] # noqa: A002, ANN401 - pyarrow's own names; it takes the other options as they are
        """Scan, as `pyarrow.dataset.Dataset.scanner` does: names of columns, and an expression of pyarrow."""
        files = self._files(filter)
        if self.by_name:
            return files.scanner(columns=columns, filter=filter, **options)
        paths = {fragment.path for fragment in files.get_fragments(filter)}
        wanted = self._wanted(columns, filter)
        kept = [task for task in self.tasks if self._path(task.file) in paths]
        read = pa.RecordBatchReader.from_batches(_arrow(wanted), self._by_id(wanted, kept))
        return ds.Scanner.from_batches(read, columns=columns, filter=filter, **options)

    def _files(self, condition: pc.Expression | None) -> ds.FileSystemDataset:
        """Give the files, each with what is known of the columns of the condition."""
        form = ds.ParquetFileFormat()
        asked = [field for field in self.projection.fields if _names(condition, field.name)]
        io = self._io()
        scheme, bucket, _ = io.parse_location(self.table.location(), io.properties)
        filesystem = io.fs_by_scheme(scheme, bucket)
        fragments = [
            form.make_fragment(self._path(task.file), filesystem, guarantee(task.file, asked, self.schema))
            for task in self.tasks
        ]
        return ds.FileSystemDataset(fragments, self.schema, form, filesystem)

    def _io(self) -> PyArrowFileIO:
        io = self.table.io
        assert isinstance(io, PyArrowFileIO)  # noqa: S101 - the catalog names this class
        return io

    def _path(self, file: DataFile) -> str:
        return self._io().parse_location(file.file_path, self._io().properties)[2]

    def _wanted(self, columns: Sequence[str] | None, condition: pc.Expression | None) -> Schema:
        if columns is None:
            return self.projection
        names = [
            field.name for field in self.projection.fields if field.name in columns or _names(condition, field.name)
        ]
        return self.projection.select(*(names or [self.projection.fields[0].name]))

    def _by_id(self, wanted: Schema, tasks: Iterable[FileScanTask]) -> Iterable[pa.RecordBatch]:
        """Read by field id, with deletes taken out, in the types of the schema."""
        schema = _arrow(wanted)
        for task in tasks:
            for batch in exact.batches(self.table.metadata, self._io(), wanted, task):
                yield from pa.Table.from_batches([batch]).cast(schema).to_batches()


def agree(metadata: TableMetadata, projection: Schema) -> bool:
    """Say whether columns are found by name in every file: no name ever meant another field, and no type changed.

    A column that is not in a file was added later, and is null there, unless it has a default.
    """
    if "schema.name-mapping.default" in metadata.properties or metadata.format_version > 2:  # noqa: PLR2004 - v3 has defaults
        return False
    fields = {field.name: field for field in projection.fields}
    return all(
        _same(fields[other.name], other)
        for schema in metadata.schemas
        for other in schema.fields
        if other.name in fields
    ) and _keeps_names(metadata, projection)


def _same(left: NestedField, right: NestedField) -> bool:
    return left.field_id == right.field_id and left.field_type == right.field_type


def _keeps_names(metadata: TableMetadata, projection: Schema) -> bool:
    """Say whether no column had another name before."""
    names = {field.field_id: field.name for field in projection.fields}
    return all(
        names.get(field.field_id, field.name) == field.name for schema in metadata.schemas for field in schema.fields
    )


def guarantee(file: DataFile, fields: Iterable[NestedField], schema: pa.Schema) -> pc.Expression | None:
    """Say what holds for every row of a file, from its bounds in the manifest; None where nothing is known."""
    known = None
    for field in fields:
        said = _bounds(file, field, schema)
        if said is not None:
            known = said if known is None else known & said
    return known


def _bounds(file: DataFile, field: NestedField, schema: pa.Schema) -> pc.Expression | None:
    low, high = (file.lower_bounds or {}).get(field.field_id), (file.upper_bounds or {}).get(field.field_id)
    if not isinstance(field.field_type, _BOUNDED) or low is None or high is None:
        return None
    kind = schema.field(field.name).type
    lowest, highest = (pa.scalar(from_bytes(field.field_type, bound), kind) for bound in (low, high))
    column: Any = pc.field(field.name)
    lower, upper = column >= lowest, column <= highest
    known: pc.Expression = lower & upper
    if (file.null_value_counts or {}).get(field.field_id) != 0:
        # each beside its own null: Arrow understands no range beside one
        known = (lower | column.is_null()) & (upper | column.is_null())
    return known


def _names(condition: pc.Expression | None, name: str) -> bool:
    """Say whether a condition may name a column: an expression cannot be asked, but its text names its columns."""
    return condition is not None and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(condition)) is not None


def _arrow(schema: Schema) -> pa.Schema:
    """Give the Arrow schema of an Iceberg schema, with plain strings, binaries and lists."""
    return pa.schema(
        [pa.field(field.name, _small(field.type)) for field in schema_to_pyarrow(schema, include_field_ids=False)]
    )


def _small(kind: Any) -> Any:  # noqa: ANN401 - the stubs know types of Arrow one by one only
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_small_field(kind.value_field))
    if pa.types.is_map(kind):
        return pa.map_(_small_field(kind.key_field), _small_field(kind.item_field))
    if pa.types.is_struct(kind):
        return pa.struct([_small_field(field) for field in kind])
    return kind


def _small_field(field: Any) -> Any:  # noqa: ANN401 - likewise
    return pa.field(field.name, _small(field.type), nullable=field.nullable)
