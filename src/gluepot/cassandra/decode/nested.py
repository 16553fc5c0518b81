"""Collections, user-defined types, tuples and vectors: their elements are cells again, of the same page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from gluepot.cassandra.decode.column import Cells, buffer
from gluepot.core import cells as kernels
from gluepot.core import fixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gluepot.cassandra.cql import CqlType
    from gluepot.cassandra.decode.column import Array, Column, Decoder

IN_VECTORS: Final = {
    "bigint": 8,
    "boolean": 1,
    "double": 8,
    "float": 4,
    "int": 4,
    "timestamp": 8,
    "timeuuid": 16,
    "uuid": 16,
}
"""Bytes of types whose values stand one behind the other in a vector; others have their length before them.

https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/db/marshal/VectorType.java
"""

IN_RUNS: Final = {"bigint", "double", "float", "int", "timestamp"}
"""Those that Arrow holds as they are, but for the order of their bytes."""


def collection(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode lists, sets and maps. Null and empty are what the server says they are; so are null elements."""
    each = len(kind.args)
    starts = np.empty(len(cells) + 1, dtype=np.int32)
    counted = kernels.count_elements(cells.page, cells.offsets, cells.lengths, each, starts)
    offsets, lengths = _tables(each, column.checked(counted, cells, kind))
    found = kernels.of_collections(cells.page, cells.offsets, cells.lengths, offsets, lengths)
    column.checked(found, cells, kind)
    inner = _inner(column, kind, cells, offsets, lengths)
    if each == 1:
        return _listed(column, kind, cells, starts, inner[0])
    if inner[0].null_count:
        first = int(np.flatnonzero(inner[0].is_null())[0])
        raise column.wrong(int(np.searchsorted(starts, first, side="right")) - 1, cells, kind)
    pairs = pa.StructArray.from_arrays(inner, fields=_pair(column.type(kind)))
    return _listed(column, kind, cells, starts, pairs)


def struct(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode user-defined types and tuples; a field that a value was written without is null."""
    offsets, lengths = _tables(len(kind.args), len(cells))
    found = kernels.of_structs(cells.page, cells.offsets, cells.lengths, offsets, lengths)
    column.checked(found, cells, kind)
    inner = _inner(column, kind, cells, offsets, lengths)
    valid, nulls = column.bitmap(cells)
    return pa.Array.from_buffers(column.type(kind), len(cells), [valid], nulls, children=inner)


def vector(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode vectors to lists: all of one size, but for nulls."""
    starts = np.empty(len(cells) + 1, dtype=np.int32)
    if kind.args[0].name in IN_RUNS:
        return _run(column, kind, cells, starts)
    offsets, lengths = _tables(1, kind.size * int(np.count_nonzero(cells.lengths > 0)))
    found = kernels.of_vectors(
        cells.page, cells.offsets, cells.lengths, kind.size, width(kind.args[0]), starts, offsets, lengths
    )
    column.checked(found, cells, kind)
    return _listed(column, kind, cells, starts, _inner(column, kind, cells, offsets, lengths)[0])


def _run(column: Column, kind: CqlType, cells: Cells, starts: NDArray[np.int32]) -> Array:
    """Decode vectors of numbers, as embeddings are: whole vectors at once, without finding each element."""
    inner = kind.args[0]
    each = IN_VECTORS[inner.name]
    out = np.empty(each * kind.size * int(np.count_nonzero(cells.lengths > 0)), dtype=np.uint8)
    found = fixed.runs(cells.page, cells.offsets, cells.lengths, kind.size, each, starts, out)
    total = column.checked(found, cells, kind)
    values: Array = pa.Array.from_buffers(column.type(inner), total, [None, buffer(out)], 0)
    return _listed(column, kind, cells, starts, values)


def width(kind: CqlType) -> int:
    """Give the bytes that every value of a type has inside a vector; 0 where they differ."""
    return kind.size * width(kind.args[0]) if kind.name == "vector" else IN_VECTORS.get(kind.name, 0)


def _tables(parts: int, count: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Make room for offsets and lengths of inner cells."""
    return np.empty((parts, count), dtype=np.int32), np.empty((parts, count), dtype=np.int32)


def _inner(
    column: Column, kind: CqlType, cells: Cells, offsets: NDArray[np.int32], lengths: NDArray[np.int32]
) -> list[Array]:
    found = zip(kind.args, offsets, lengths, strict=True)
    return [column.array(arg, Cells(cells.page, starts, sizes)) for arg, starts, sizes in found]


def _listed(column: Column, kind: CqlType, cells: Cells, starts: NDArray[np.int32], inner: Array) -> Array:
    valid, nulls = column.bitmap(cells)
    return pa.Array.from_buffers(column.type(kind), len(cells), [valid, buffer(starts)], nulls, children=[inner])


def _pair(kind: Any) -> list[pa.Field[Any]]:  # noqa: ANN401 - the stubs hide a map's fields
    return [kind.key_field, kind.item_field]


DECODERS: Final[dict[str, Decoder]] = {
    "list": collection,
    "map": collection,
    "set": collection,
    "tuple": struct,
    "udt": struct,
    "vector": vector,
}
