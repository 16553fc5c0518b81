"""Each row's token, found again from the key that the lake holds, so that ranges can be compared one by one.

A key column of the lake becomes the bytes that Cassandra serialises it to, and these are hashed.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from gluepot.core import tokens as kernels
from gluepot.errors import LakeError
from gluepot.lake.kernels import arrays
from gluepot.lake.types.typetext import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gluepot.cassandra.cql import CqlType, Table
    from gluepot.lake.kernels.arrays import Column
    from gluepot.plan.table import PlannedColumn, PlannedTable

Serialiser: TypeAlias = "Callable[[Column], Parts]"


@dataclass(frozen=True, slots=True)
class Parts:
    """One component of many keys.

    Args:
        data: Bytes.
        starts: Where each value begins in them.
        lengths: How long it is; 0 for CQL's empty value, which is null in the lake.
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]


def tokens(batch: pa.RecordBatch | pa.Table, table: PlannedTable, source: Table) -> NDArray[np.int64] | None:
    """Find the Murmur3 tokens of a batch's rows.

    Args:
        batch: Rows as the lake holds them, with the table's names.
        table: The plan of the table.
        source: The table in Cassandra.

    Returns:
        One token for each row; None where the key is not in the lake as it was: a column of it is dropped, cast,
        masked, a decimal, a collection, a UDT or a tuple, or under a policy that changes values.
    """
    key = _key(table, source)
    if key is None:
        return None
    parts = [serialise(arrays.whole(batch.column(name))) for name, serialise in key]
    if len(parts) == 1:
        return hashed(parts[0])
    return _of_composites(parts, batch.num_rows)


def _key(table: PlannedTable, source: Table) -> list[tuple[str, Serialiser]] | None:
    """Find the lake's column of each key column, with what serialises it."""
    found = []
    for column in source.partition_key:
        planned = [key for key in table.columns if key.role == "partition_key" and key.source == column.name]
        usable = [(key.name, made) for key in planned if (made := serialiser_of(key, column.type))]
        if not usable:
            return None
        found.append(usable[0])
    return found or None


def _of_composites(parts: Sequence[Parts], rows: int) -> NDArray[np.int64]:
    """Lay components behind each other as CompositeType does, and hash them."""
    lengths: NDArray[np.int64] = np.sum([part.lengths + 3 for part in parts], axis=0, dtype=np.int64)
    bounds = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    laid = np.zeros(int(bounds[-1]) + 1, dtype=np.uint8)
    places = bounds[:-1].copy()
    for part in parts:
        kernels.appended(laid, places, part.data, part.starts, part.lengths)
    return hashed(Parts(laid, bounds[:rows], lengths))


def hashed(keys: Parts) -> NDArray[np.int64]:
    """Give the token of each serialised key."""
    out = np.empty(len(keys.starts), dtype=np.int64)
    kernels.tokens(keys.data, keys.starts, keys.lengths, out)
    return out


def serialiser_of(planned: PlannedColumn, kind: CqlType) -> Serialiser | None:
    """Give what turns a key column back into Cassandra's bytes; None where it does not hold them any more.

    Args:
        planned: The lake's column.
        kind: The source column's CQL type.
    """
    if planned.cast or planned.masked:
        return None
    lake = parse(planned.type)
    if kind.name in _LIMITED and planned.policy == "null":
        return None
    if kind.name == "varint":
        return _varints if lake.name == "decimal" and lake.scale == 0 else None
    return _SERIALISERS.get((kind.name, lake.name))


_LIMITED: Final = frozenset({"varint", "timestamp", "date"})


def _numbers(dtype: str, scale: int = 1, shift: int = 0) -> Serialiser:
    """Make the serialiser of numbers of one width."""

    def serialise(column: Column) -> Parts:
        kind = np.dtype(dtype)
        values = arrays.fixed(column, _dtype(column.type))
        if scale != 1:
            values = values // scale
        if shift:
            values = values.astype(np.int64) + shift
        return _fixed(column, np.ascontiguousarray(values.astype(kind)).view(np.uint8), kind.itemsize)

    return serialise


def _dtype(kind: pa.DataType) -> Any:  # noqa: ANN401 - a numpy dtype
    if pa.types.is_timestamp(kind):
        return np.int64
    return np.int32 if pa.types.is_date32(kind) else arrays.number_type(kind)


def _fixed(column: Column, data: NDArray[np.uint8], width: int) -> Parts:
    valid = arrays.validity(column)
    starts = np.arange(len(column), dtype=np.int64) * width
    lengths = np.where(valid, width, 0).astype(np.int64) if len(valid) else np.full(len(column), width, dtype=np.int64)
    return Parts(data, starts, lengths)


def _booleans(column: Column) -> Parts:
    return _fixed(column, arrays.booleans(column), 1)


def _texts(column: Column) -> Parts:
    bounds = arrays.offsets(column)
    valid = arrays.validity(column)
    lengths = np.diff(bounds)
    return Parts(arrays.text(column), bounds[:-1], np.where(valid, lengths, 0) if len(valid) else lengths)


def _uuids(column: Column) -> Parts:
    found = np.zeros(16 * len(column), dtype=np.uint8)
    if not kernels.of_hex(arrays.text(column), arrays.offsets(column), found):
        raise LakeError("a key column of UUIDs holds something else", "the table was changed by somebody else")
    return _fixed(column, found, 16)


def _addresses(column: Column) -> Parts:
    packed = [b"" if text is None else ipaddress.ip_address(text).packed for text in column.to_pylist()]
    return _texts(pa.array(packed, pa.binary()))


def _varints(column: Column) -> Parts:
    starts, lengths = np.zeros(len(column), dtype=np.int64), np.zeros(len(column), dtype=np.int64)
    data = np.zeros(16 * len(column) + 1, dtype=np.uint8)
    kernels.of_varints(arrays.decimals(column), data, starts, lengths)
    valid = arrays.validity(column)
    return Parts(data, starts, np.where(valid, lengths, 0) if len(valid) else lengths)


_SERIALISERS: Final[dict[tuple[str, str], Serialiser]] = {
    ("ascii", "string"): _texts,
    ("text", "string"): _texts,
    ("varchar", "string"): _texts,
    ("blob", "binary"): _texts,
    ("tinyint", "int"): _numbers(">i1"),
    ("smallint", "int"): _numbers(">i2"),
    ("int", "int"): _numbers(">i4"),
    ("bigint", "long"): _numbers(">i8"),
    ("time", "long"): _numbers(">i8"),
    ("float", "float"): _numbers(">f4"),
    ("double", "double"): _numbers(">f8"),
    ("boolean", "boolean"): _booleans,
    ("date", "date"): _numbers(">u4", shift=2**31),
    ("date", "long"): _numbers(">u4", shift=2**31),
    ("timestamp", "timestamptz"): _numbers(">i8", scale=1000),
    ("timestamp", "long"): _numbers(">i8"),
    ("uuid", "string"): _uuids,
    ("timeuuid", "string"): _uuids,
    ("inet", "string"): _addresses,
}
