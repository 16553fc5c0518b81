"""Arrow arrays as numpy views, for the core: chunks, dictionaries and views made alike first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Column: TypeAlias = Any
"""An Arrow array, chunked or not: pyarrow's stubs know neither the members of nested arrays nor buffers for numpy."""


NOTHING: Final[NDArray[np.uint8]] = np.empty(0, dtype=np.uint8)
"""In place of a buffer that is not there."""


def whole(column: Column) -> Column:
    """Give a column as one array that is no dictionary, whose strings and lists have offsets."""
    array: Column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], column.type)
    kind = array.type
    if pa.types.is_dictionary(kind):
        return whole(array.dictionary_decode())
    if pa.types.is_string_view(kind):
        return array.cast(pa.large_string())
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return array.cast(pa.large_binary())
    if pa.types.is_fixed_size_list(kind):
        return array.cast(pa.list_(kind.field(0)))
    return array


def validity(array: Column) -> NDArray[np.uint8]:
    """Give one byte for each value, 0 where it is null; empty where none is."""
    bitmap = array.buffers()[0]
    if bitmap is None or array.null_count == 0:
        return np.empty(0, dtype=np.uint8)
    return _bits(bitmap, array.offset, len(array))


def booleans(array: Column) -> NDArray[np.uint8]:
    """Give a boolean array's values as 0 and 1."""
    bitmap = array.buffers()[1]
    return np.zeros(len(array), dtype=np.uint8) if bitmap is None else _bits(bitmap, array.offset, len(array))


_NUMBERS: dict[pa.DataType, type[np.generic]] = {
    pa.int8(): np.int8,
    pa.int16(): np.int16,
    pa.int32(): np.int32,
    pa.int64(): np.int64,
    pa.uint8(): np.uint8,
    pa.uint16(): np.uint16,
    pa.uint32(): np.uint32,
    pa.uint64(): np.uint64,
    pa.float16(): np.float16,
    pa.float32(): np.float32,
    pa.float64(): np.float64,
}


def number_type(kind: pa.DataType) -> type[np.generic]:
    """Give numpy's type for a type of numbers; pyarrow's own answer imports pandas, which nothing else here needs."""
    return _NUMBERS[kind]


def fixed(array: Column, dtype: DTypeLike) -> NDArray[Any]:
    """Give the values of a fixed-width array; what stands at nulls means nothing."""
    kind = np.dtype(dtype)
    data = array.buffers()[1]
    if data is None or not len(array):
        return np.zeros(len(array), dtype=kind)
    return np.frombuffer(data, dtype=kind, count=len(array), offset=array.offset * kind.itemsize)


def decimals(array: Column) -> NDArray[np.uint64]:
    """Give decimal128 values as pairs of words, the low one first."""
    data = array.buffers()[1]
    if data is None or not len(array):
        return np.zeros((len(array), 2), dtype=np.uint64)
    words: NDArray[np.uint64] = np.frombuffer(data, np.uint64, 2 * len(array), array.offset * 16)
    return words.reshape(len(array), 2)


def offsets(array: Column) -> NDArray[np.int64]:
    """Give where each value of a string, binary, list or map array begins, and where the last one ends."""
    dtype = np.dtype(np.int64 if place_width(array.type) == 8 else np.int32)  # noqa: PLR2004 - bytes
    data = array.buffers()[1]
    if data is None or not len(array):
        return np.zeros(len(array) + 1, dtype=np.int64)
    found: NDArray[Any] = np.frombuffer(data, dtype, len(array) + 1, array.offset * dtype.itemsize)
    return found.astype(np.int64)


def text(array: Column) -> NDArray[np.uint8]:
    """Give the bytes of a string or binary array, to which its offsets point."""
    return raw(array, 2)


def raw(array: Column, index: int) -> NDArray[np.uint8]:
    """Give one of an array's buffers as it is: its slice begins `array.offset` values into it."""
    data = array.buffers()[index]
    return NOTHING if data is None or not data.size else np.frombuffer(data, dtype=np.uint8)


def bits(array: Column) -> NDArray[np.uint8]:
    """Give the bitmap of what is not null, as it is; nothing where all is there."""
    return raw(array, 0) if array.null_count else NOTHING


def place_width(kind: pa.DataType) -> int:
    """Give the bytes of each offset of a type of strings, binaries, lists or maps."""
    large = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind) or pa.types.is_large_list(kind)
    return 8 if large else 4


def children(array: Column) -> tuple[NDArray[np.int64], list[Column]]:
    """Give a list's or map's offsets from 0 on, and what they point to: its elements, or its keys and its values."""
    bounds = offsets(array)
    start, length = int(bounds[0]), int(bounds[-1] - bounds[0])
    found = [array.keys, array.items] if pa.types.is_map(array.type) else [array.values]
    return bounds - start, [child.slice(start, length) for child in found]


def _bits(bitmap: Column, start: int, count: int) -> NDArray[np.uint8]:
    skipped = start // 8
    data = np.frombuffer(bitmap, dtype=np.uint8, offset=skipped, count=(start + count + 7) // 8 - skipped)
    return np.unpackbits(data, bitorder="little", count=start - skipped * 8 + count)[start - skipped * 8 :]
