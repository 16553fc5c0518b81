"""An order-independent checksum of rows: the exact sum of their XXH64 hashes.

Every column has one hash for each value, a row is the hash of its columns' hashes, a table or token range is the sum
of its rows' hashes as signed 64-bit integers. Sums add up over ranges and never wrap. The same rows give the same sum
however they are cut into batches, chunks and files, and SQL can give it too: see docs/adr/0008-checksum.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from gluepot.errors import LakeError
from gluepot.lake.checksum import hashing
from gluepot.lake.kernels import arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gluepot.lake.kernels.arrays import Column

NAN: Final = np.int64(0x7FF8000000000000)
"""The one NaN that all are hashed as; -0.0 and 0.0 are two values, as their bits say."""


def row_hashes(batch: pa.RecordBatch | pa.Table) -> NDArray[np.int64]:
    """Hash every row.

    Args:
        batch: Columns in the order of the lake's table; their names do not count.

    Returns:
        One signed 64-bit hash for each row.

    Raises:
        LakeError: A column has a type that no lake table has.
    """
    words = np.zeros((batch.num_rows, batch.num_columns), dtype=np.uint64)
    for index, column in enumerate(batch.columns):
        words[:, index] = value_hashes(column)
    return hashing.of_rows(words, np.empty(0, dtype=np.uint8)).byteswap().view(np.int64)


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
    array = arrays.whole(column)
    kind = array.type
    valid = arrays.validity(array)
    if pa.types.is_null(kind):
        return np.zeros(len(array), dtype=np.uint64)
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or _is_large(kind):
        return hashing.of_texts(arrays.text(array), arrays.offsets(array), valid)
    if pa.types.is_decimal128(kind):
        return hashing.of_decimals(arrays.decimals(array), kind.scale, valid)
    if pa.types.is_nested(kind):
        return _nested(array, valid)
    return hashing.of_ints(arrays.locked(_integers(array)), valid)


def _is_large(kind: pa.DataType) -> bool:
    return pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)


def _nested(array: Column, valid: NDArray[np.uint8]) -> NDArray[np.uint64]:
    kind = array.type
    if pa.types.is_struct(kind):
        return hashing.of_rows(_side_by_side(array.flatten(), len(array)), valid)
    bounds, parts = arrays.children(array)
    if pa.types.is_map(kind):
        entries = hashing.of_rows(_side_by_side(parts, len(parts[0])), np.empty(0, dtype=np.uint8))
        return hashing.of_maps(entries, bounds, valid)
    return hashing.of_lists(value_hashes(parts[0]), bounds, valid)


def _side_by_side(columns: list[Column], rows: int) -> NDArray[np.uint64]:
    words = np.zeros((rows, len(columns)), dtype=np.uint64)
    for index, column in enumerate(columns):
        words[:, index] = value_hashes(column)
    return words


def _integers(array: Column) -> NDArray[Any]:
    """Give the integers that stand for values: of floats their bits, of times their microseconds, of dates days."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return arrays.booleans(array).astype(np.int32)
    if pa.types.is_floating(kind):
        return _bits(arrays.fixed(array, arrays.number_type(kind)).astype(np.float64))
    if pa.types.is_timestamp(kind):
        exact = array if kind.unit == "us" else array.cast(pa.timestamp("us", tz=kind.tz))
        return arrays.fixed(exact, np.int64)
    if pa.types.is_date32(kind):
        return arrays.fixed(array, np.int32)
    if pa.types.is_integer(kind):
        values = arrays.fixed(array, arrays.number_type(kind))
        return values if values.dtype in {np.dtype(np.int32), np.dtype(np.int64)} else values.astype(np.int64)
    raise LakeError(f"values of type {kind} have no checksum", "no lake table of gluepot holds them")


def _bits(values: NDArray[np.float64]) -> NDArray[np.int64]:
    bits = values.view(np.int64)
    unordered = np.isnan(values)
    return np.where(unordered, NAN, bits) if unordered.any() else bits


def warm() -> None:
    """Compile or load every kernel, so that no thread waits for it later."""
    ints = pa.array([1, None], pa.int64())
    entry = pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64()))
    listed = pa.array([[1], None], pa.list_(pa.int64()))
    decimals = ints.cast(pa.decimal128(38, 0))
    columns: list[Column] = [ints, ints.cast(pa.int32()), decimals, pa.array(["a", None]), entry, listed]
    row_hashes(pa.RecordBatch.from_arrays(columns, list("abcdef")))
