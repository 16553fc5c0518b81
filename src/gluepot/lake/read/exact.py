"""One data file of an Iceberg table as a reader of the lake has it: by field id, deletes taken out, null where null is.

pyiceberg's own scan gives an empty list or map for a null one of structs (0.12.0 builds them anew and leaves the
validity out), and in lists of lists it finds fields by their names. So its visitor, which knows of added, renamed and
widened fields, makes lists and maps another way here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.io.pyarrow import (
    ArrowAccessor,
    ArrowProjectionVisitor,
    _combine_positional_deletes,
    _get_column_projection_values,
    _read_all_delete_files,
    pyarrow_to_schema,
)
from pyiceberg.schema import prune_columns, visit_with_partner
from pyiceberg.types import ListType, MapType

from gluepot.lake.kernels import arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.io import FileIO
    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask
    from pyiceberg.table.metadata import TableMetadata

    from gluepot.lake.kernels.arrays import Column

_NEWEST_IN_MICROSECONDS: Final = 2
"""Up to this format version nanoseconds in files are microseconds to readers."""


def batches(metadata: TableMetadata, io: FileIO, projection: Schema, task: FileScanTask) -> Iterator[pa.RecordBatch]:
    """Read a file batch by batch, in the fields of a projection.

    Args:
        metadata: The table's.
        io: What reads its files.
        projection: The fields that are asked for, with their ids.
        task: The file, with its deletes.
    """
    deletes = _read_all_delete_files(io, [task]).get(task.file.file_path)
    with io.new_input(task.file.file_path).open() as body:
        file: Any = body  # the stubs want a file of Python's
        fragment = ds.ParquetFileFormat(pre_buffer=True).make_fragment(file)
        there = _schema(metadata, fragment.physical_schema)
        absent = _get_column_projection_values(
            task.file, projection, metadata.schema(), metadata.specs().get(task.file.spec_id), there.field_ids
        )
        pruned = prune_columns(there, _leaves(projection), select_full_types=False)
        exact = Exact(
            pruned, _in_microseconds(metadata), projected_missing_fields=absent, allow_timestamp_tz_mismatch=True
        )
        first = 0
        for batch in fragment.scanner(columns=[field.name for field in pruned.fields]).to_batches():
            left: Any = batch
            if deletes:
                left = batch.take(_combine_positional_deletes(deletes, first, first + len(batch)))
            first += len(batch)
            if len(left):
                made: Any = visit_with_partner(projection, left, exact, ArrowAccessor(pruned))
                yield pa.RecordBatch.from_struct_array(made)


def _schema(metadata: TableMetadata, physical: pa.Schema) -> Schema:
    return pyarrow_to_schema(
        physical,
        metadata.name_mapping(),
        downcast_ns_timestamp_to_us=_in_microseconds(metadata),
        format_version=metadata.format_version,
    )


def _in_microseconds(metadata: TableMetadata) -> bool:
    return metadata.format_version <= _NEWEST_IN_MICROSECONDS


def _leaves(projection: Schema) -> set[int]:
    """Give the ids that are read from the file; lists and maps come with what is in them."""
    return {
        number for number in projection.field_ids if not isinstance(projection.find_type(number), ListType | MapType)
    }


class Exact(ArrowProjectionVisitor):
    """Lists and maps in the types that are asked for, each where it was, and null where it was."""

    def list(self, list_type: ListType, list_array: Column, value_array: Column) -> Column:
        """Make a list of its elements in their new type."""
        if list_array is None or value_array is None:
            return None
        elements = self._cast_if_needed(list_type.element_field, value_array)
        large = pa.types.is_large_list(list_array.type)
        field = self._construct_field(list_type.element_field, elements.type)
        return (pa.LargeListArray if large else pa.ListArray).from_arrays(
            _offsets(list_array),
            elements,
            type=pa.large_list(field) if large else pa.list_(field),
            mask=list_array.is_null(),
        )

    def map(self, map_type: MapType, map_array: Column, key_result: Column, value_result: Column) -> Column:
        """Make a map of its keys and values in their new types."""
        if map_array is None or key_result is None or value_result is None:
            return None
        keys = self._cast_if_needed(map_type.key_field, key_result)
        values = self._cast_if_needed(map_type.value_field, value_result)
        kind = pa.map_(  # type: ignore[call-overload] # the stubs know no fields there
            self._construct_field(map_type.key_field, keys.type),
            self._construct_field(map_type.value_field, values.type),
        )
        return pa.MapArray.from_arrays(_offsets(map_array), keys, values, type=kind, mask=map_array.is_null())


def _offsets(array: Column) -> Column:
    """Give where each value begins in the child, in an array of its own: Arrow takes no mask beside a slice."""
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        places = np.arange(array.offset, array.offset + len(array) + 1, dtype=np.int64) * size
    else:
        places = arrays.offsets(array)
    return pa.array(places, pa.int64() if pa.types.is_large_list(array.type) else pa.int32())
