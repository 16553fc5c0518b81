"""An order-independent checksum of rows: the exact sum of their XXH64 hashes.

Every column has one hash for each value, a row is the hash of its columns' hashes, a table or token range is the sum
of its rows' hashes as signed 64-bit integers. Sums add up over ranges and never wrap. The same rows give the same sum
however they are cut into batches, chunks and files, and SQL can give it too: see docs/adr/0008-checksum.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gluepot.core import hashes
from gluepot.errors import LakeError
from gluepot.lake.kernels import arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gluepot.lake.kernels.arrays import Column


def row_hashes(batch: pa.RecordBatch | pa.Table) -> NDArray[np.int64]:
    """Hash every row.

    Args:
        batch: Columns in the order of the lake's table; their names do not count.

    Returns:
        One signed 64-bit hash for each row.

    Raises:
        LakeError: A column has a type that no lake table has.
    """
    words = _side_by_side(batch.columns, batch.num_rows)
    out = np.empty(batch.num_rows, dtype=np.uint64)
    hashes.rows(words, arrays.NOTHING, 0, out)
    return out.byteswap().view(np.int64)


def total(hashes: NDArray[np.int64]) -> int:
    """Add hashes up, exactly: halves are summed apart, so that nothing wraps below two billion rows."""
    return (int((hashes >> 32).sum()) << 32) + int((hashes & 0xFFFFFFFF).sum())


def value_hashes(column: Column) -> NDArray[np.uint64]:
    """Hash every value of a column; a null's hash is 0.

    Returns:
        For each value its hash, in memory as its big-endian bytes.

    Raises:
        LakeError: The column has a type that no lake table has.
    """
    out = np.empty(len(column), dtype=np.uint64)
    _hash(arrays.whole(column), out)
    return out


def _side_by_side(columns: Sequence[Column], rows: int) -> NDArray[np.uint64]:
    words = np.empty((rows, len(columns)), dtype=np.uint64)
    for index, column in enumerate(columns):
        _hash(arrays.whole(column), words[:, index])
    return words


def _hash(array: Column, out: NDArray[np.uint64]) -> None:
    """Hash an array's values from its buffers to where they are wanted."""
    kind = array.type
    if pa.types.is_null(kind):
        out[:] = 0
    elif pa.types.is_string(kind) or pa.types.is_binary(kind) or _is_large(kind):
        width = arrays.place_width(kind)
        hashes.texts(arrays.text(array), arrays.raw(array, 1), width, arrays.bits(array), array.offset, out)
    elif pa.types.is_decimal128(kind):
        hashes.decimals(arrays.raw(array, 1), kind.scale, arrays.bits(array), array.offset, out)
    elif pa.types.is_nested(kind):
        _nested(array, out)
    else:
        _numbers(array, out)


def _is_large(kind: pa.DataType) -> bool:
    return pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)


def _nested(array: Column, out: NDArray[np.uint64]) -> None:
    there, first, kind = arrays.bits(array), array.offset, array.type
    if pa.types.is_struct(kind):
        hashes.rows(_side_by_side(array.flatten(), len(array)), there, first, out)
        return
    bounds, parts = arrays.children(array)
    words = np.empty(len(parts[0]), dtype=np.uint64)
    room = np.empty(len(words) + 1, dtype=np.uint64)
    if pa.types.is_map(kind):
        hashes.rows(_side_by_side(parts, len(parts[0])), arrays.NOTHING, 0, words)
        hashes.maps(words, bounds, there, first, room, out)
    else:
        _hash(arrays.whole(parts[0]), words)
        hashes.lists(words, bounds, there, first, room, out)


def _numbers(array: Column, out: NDArray[np.uint64]) -> None:
    """Hash integers and what integers stand for: of floats their bits, of times their microseconds, of dates days."""
    kind = array.type
    if pa.types.is_boolean(kind):
        hashes.booleans(arrays.raw(array, 1), arrays.bits(array), array.offset, out)
        return
    if pa.types.is_timestamp(kind):
        array = array if kind.unit == "us" else array.cast(pa.timestamp("us", tz=kind.tz))
    elif pa.types.is_float16(kind):
        array = array.cast(pa.float32())
    elif pa.types.is_unsigned_integer(kind):
        array = array.cast(pa.int64(), safe=False)
    elif not (pa.types.is_floating(kind) or pa.types.is_date32(kind) or pa.types.is_integer(kind)):
        raise LakeError(f"values of type {kind} have no checksum", "no lake table of gluepot holds them")
    made = hashes.floats if pa.types.is_floating(kind) else hashes.ints
    made(arrays.raw(array, 1), array.type.bit_width // 8, arrays.bits(array), array.offset, out)
