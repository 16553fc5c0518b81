"""Trino's functions on bytes, for DuckDB, which has none of them: https://trino.io/docs/current/functions/binary.html."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, Final

import mmh3
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import sqltypes

from gluepot.lake.checksum import checksum
from gluepot.lake.kernels import arrays

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    Many = Callable[[Any], Any]

_TEXT: Final = (
    "CREATE TEMP MACRO trino_text(x) AS CASE WHEN typeof(x) LIKE 'DECIMAL%' "
    "THEN regexp_replace(CAST(x AS VARCHAR), '^(-?)[.]', '\\10.') ELSE CAST(x AS VARCHAR) END"
)
_WORD: Final = (1 << 64) - 1
_SIGN: Final = 1 << 63
_NAN: Final = bytes.fromhex("7ff8000000000000")


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to a connection."""
    blob, number = sqltypes.BLOB, sqltypes.BIGINT
    _one(con, "xxhash64", _xxhash64, blob, blob)
    _one(con, "murmur3", _each(lambda value: mmh3.hash_bytes(value, x64arch=True), pa.binary()), blob, blob)
    _one(con, "to_big_endian_64", _each(lambda value: value.to_bytes(8, "big", signed=True), pa.binary()), number, blob)
    _one(con, "to_big_endian_32", _each(lambda value: value.to_bytes(4, "big", signed=True), pa.binary()), number, blob)
    _one(con, "from_big_endian_64", _each(_number, pa.int64()), blob, number)
    _one(con, "to_ieee754_64", _each(_double, pa.binary()), sqltypes.DOUBLE, blob)
    con.execute(_TEXT)
    _one(con, "to_ieee754_32", _each(lambda value: struct.pack(">f", value), pa.binary()), sqltypes.FLOAT, blob)

    for name, step in (("bitwise_left_shift", _left), ("bitwise_right_shift", _right)):
        con.create_function(name, _shift(step), [number, number], number, type="arrow")  # type: ignore[call-overload] # likewise


def _shift(step: Callable[[int, int], int]) -> Any:  # noqa: ANN401 - a function of two columns
    """Make a shift of many words of 64 bits: DuckDB's own refuses bits that fall out."""

    def made(words: Any, bits: Any) -> Any:  # noqa: ANN401 - Arrow's arrays
        pairs = zip(words.to_pylist(), bits.to_pylist(), strict=True)
        return pa.array(
            [None if left is None or right is None else step(left, right) for left, right in pairs], pa.int64()
        )

    return made


def _left(word: int, bits: int) -> int:
    return ((word << bits) + _SIGN & _WORD) - _SIGN


def _right(word: int, bits: int) -> int:
    return (((word & _WORD) >> bits) + _SIGN & _WORD) - _SIGN


def _one(con: duckdb.DuckDBPyConnection, name: str, made: Many, taken: Any, given: Any) -> None:  # noqa: ANN401 - DuckDB's types
    con.create_function(name, made, [taken], given, type="arrow")  # type: ignore[call-overload] # the stubs want an enumeration


def _each(step: Callable[[Any], Any], kind: pa.DataType) -> Many:
    """Make a function of many values out of one of a value; null stays null."""

    def made(column: Any) -> Any:  # noqa: ANN401 - Arrow's arrays
        return pa.array([None if value is None else step(value) for value in column.to_pylist()], kind)

    return made


def _xxhash64(column: Any) -> Any:  # noqa: ANN401 - Arrow's arrays
    whole = arrays.whole(column)
    whole = whole.cast(pa.binary()) if whole.type != pa.binary() else whole
    words = checksum.value_hashes(whole)
    hashed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(8), len(words), [None, pa.py_buffer(words.tobytes())])
    made = hashed.cast(pa.binary())
    return made if not whole.null_count else pc.if_else(whole.is_valid(), made, pa.scalar(None, pa.binary()))


def _number(value: bytes) -> int:
    if len(value) != 8:  # noqa: PLR2004 - Trino takes no other
        raise ValueError("expected 8-byte input")
    return int.from_bytes(value, "big", signed=True)


def _double(value: float) -> bytes:
    """Write as Java's `doubleToLongBits` does: all NaN are one."""
    return _NAN if math.isnan(value) else struct.pack(">d", value)
