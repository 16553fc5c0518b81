"""Text and bytes, and what becomes text: UUIDs and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from gluepot.cassandra.decode.column import bitmap_for, buffer, patched
from gluepot.core import texts as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gluepot.cassandra.cql import CqlType
    from gluepot.cassandra.decode.column import Array, Cells, Column, Decoder

SPARE: Final = 32
"""Bytes that kernels may write behind the last text, since they write many at once."""


def text(column: Column, _kind: CqlType, cells: Cells) -> Array:
    """Decode text; what is not UTF-8 is replaced, and counted."""
    array, starts, data, is_ascii = _copied(cells, pa.string())
    if is_ascii or kernels.is_utf8(data, starts):
        return array
    wrong = np.empty(len(cells), dtype=np.uint8)
    column.replaced += kernels.not_utf8(data, starts, wrong)
    return patched(array, cells, wrong.view(np.bool_), lambda cell: cell.decode("utf-8", "replace"))


def binary(_column: Column, _kind: CqlType, cells: Cells) -> Array:
    """Decode bytes, which are as they are."""
    return _copied(cells, pa.binary())[0]


def _copied(cells: Cells, of: pa.DataType) -> tuple[Array, NDArray[Any], NDArray[Any], bool]:
    starts, bits = np.empty(len(cells) + 1, dtype=np.int32), bitmap_for(cells)
    nulls = kernels.measure(cells.lengths, starts, bits)
    data = np.empty(int(starts[-1]) + SPARE, dtype=np.uint8)
    is_ascii = kernels.copy(cells.page, cells.offsets, cells.lengths, starts, data)
    buffers = [buffer(bits) if nulls else None, buffer(starts), buffer(data[:-SPARE])]
    return pa.Array.from_buffers(of, len(cells), buffers, nulls), starts, data, is_ascii


def uuid(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode UUIDs to their 36 characters."""
    starts, data = room(cells, 36)
    found = kernels.uuids(cells.page, cells.offsets, cells.lengths, starts, data)
    return written(column, cells, starts, data[: column.checked(found, cells, kind)])


def inet(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode addresses: `127.0.0.1`, `2001:db8::1`, and `::ffff:127.0.0.1` where IPv4 is mapped."""
    starts, data = room(cells, 39)
    found = kernels.addresses(cells.page, cells.offsets, cells.lengths, starts, data)
    return written(column, cells, starts, data[: column.checked(found, cells, kind)])


def room(cells: Cells, longest: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Make room for offsets, and for as many texts of the longest kind as there are cells."""
    return np.empty(len(cells) + 1, dtype=np.int32), np.empty(longest * len(cells), dtype=np.uint8)


def written(column: Column, cells: Cells, starts: NDArray[np.int32], data: NDArray[np.uint8]) -> Array:
    """Make an array of text that a kernel wrote; zero-length cells are null, and counted."""
    valid, nulls = column.bitmap(cells)
    return pa.Array.from_buffers(pa.string(), len(cells), [valid, buffer(starts), buffer(data)], nulls)


DECODERS: Final[dict[str, Decoder]] = {
    "ascii": text,
    "blob": binary,
    "custom": binary,
    "inet": inet,
    "text": text,
    "timeuuid": uuid,
    "uuid": uuid,
}
