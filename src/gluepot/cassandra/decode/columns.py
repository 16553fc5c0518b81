"""One column's cells become one Arrow array."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from gluepot.cassandra.decode import kernels
from gluepot.cassandra.decode.arrow import DURATION, arrow_type
from gluepot.errors import FidelityError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gluepot.cassandra.cql import CqlType

FIXED: Final = {
    "bigint": 8,
    "boolean": 1,
    "counter": 8,
    "double": 8,
    "float": 4,
    "int": 4,
    "timestamp": 8,
    "timeuuid": 16,
    "uuid": 16,
}
"""Types whose values have one width inside a vector; others have their length before them.

https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/db/marshal/VectorType.java
"""


def buffer(array: Any) -> pa.Buffer:  # noqa: ANN401 - a numpy array of any type
    """Lend an array's memory to Arrow."""
    return pa.py_buffer(array)


@dataclass(slots=True)
class Cells:
    """Where cells are.

    Args:
        page: The page's bytes.
        offsets: Of each cell.
        lengths: Of each cell; -1 for null.
    """

    page: NDArray[np.uint8]
    offsets: NDArray[np.int32]
    lengths: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offsets)

    def at(self, index: int) -> bytes | None:
        """Give one cell's bytes; None for null."""
        length = int(self.lengths[index])
        start = int(self.offsets[index])
        return None if length < 0 else self.page[start : start + length].tobytes()


@dataclass(slots=True)
class Column:
    """One column while it is decoded.

    Args:
        name: Its name, for errors.
        as_text: Whether its varints are text.
        empty: Zero-length values so far, of types that know none.
        replaced: Texts so far that were not UTF-8.
    """

    name: str
    as_text: bool = False
    empty: int = field(default=0)
    replaced: int = field(default=0)

    def array(self, kind: CqlType, cells: Cells) -> pa.Array[Any]:
        """Decode cells of a type.

        Raises:
            SourceError: A cell is not what its type says.
            FidelityError: A varint has more than 38 digits.
        """
        return _DECODERS[kind.name](self, kind, cells)

    def check(self, found: int, cells: Cells, kind: CqlType) -> int:
        """Raise for what a kernel complains of."""
        if found < 0:
            cell = cells.at(-found - 1) or b""
            raise SourceError(
                f"column {self.name} holds what is no {kind}",
                f"row {-found} of a page: {len(cell)} bytes 0x{cell[:40].hex()}",
                "look at this row with cqlsh; leave the column out of the plan if it cannot be repaired",
            )
        return found

    def valid(self, cells: Cells, *, empty_is_null: bool) -> tuple[pa.Buffer | None, int]:
        """Make the validity bitmap, and count zero-length values where they are null."""
        bitmap = np.empty((len(cells) + 7) // 8, dtype=np.uint8)
        nulls = kernels.validity(cells.lengths, int(empty_is_null), bitmap)
        if nulls and empty_is_null:
            self.empty += kernels.count_empty(cells.lengths)
        return (buffer(bitmap) if nulls else None), nulls


def _gathered(kernel: Callable[..., int], dtype: type) -> Callable[[Column, CqlType, Cells], pa.Array[Any]]:
    """Make a decoder for values of one width."""

    def decode(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
        out: NDArray[Any] = np.empty(len(cells), dtype=dtype)
        column.check(kernel(cells.page, cells.offsets, cells.lengths, out), cells, kind)
        valid, nulls = column.valid(cells, empty_is_null=True)
        return pa.Array.from_buffers(arrow_type(kind), len(cells), [valid, buffer(out)], nulls)

    return decode


def _date(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    """Days are unsigned and centred at 2^31: https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v5.spec."""
    out = np.empty(len(cells), dtype=np.uint32)
    column.check(kernels.gather4(cells.page, cells.offsets, cells.lengths, out), cells, kind)
    out ^= np.uint32(1 << 31)
    valid, nulls = column.valid(cells, empty_is_null=True)
    return pa.Array.from_buffers(pa.date32(), len(cells), [valid, buffer(out)], nulls)


def _boolean(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    out = np.empty((len(cells) + 7) // 8, dtype=np.uint8)
    column.check(kernels.booleans(cells.page, cells.offsets, cells.lengths, out), cells, kind)
    valid, nulls = column.valid(cells, empty_is_null=True)
    return pa.Array.from_buffers(pa.bool_(), len(cells), [valid, buffer(out)], nulls)


def _copied(column: Column, cells: Cells) -> tuple[list[pa.Buffer | None], int, bool, NDArray[Any], NDArray[Any]]:
    starts = np.empty(len(cells) + 1, dtype=np.int32)
    total = kernels.string_offsets(cells.lengths, starts)
    data = np.empty(total, dtype=np.uint8)
    is_ascii = kernels.copy_strings(cells.page, cells.offsets, cells.lengths, starts, data) == 1
    valid, nulls = column.valid(cells, empty_is_null=False)
    return [valid, buffer(starts), buffer(data)], nulls, is_ascii, starts, data


def _text(column: Column, _kind: CqlType, cells: Cells) -> pa.Array[Any]:
    buffers, nulls, is_ascii, starts, data = _copied(column, cells)
    if not is_ascii and kernels.check_utf8(data, starts) < 0:
        return _replaced(column, cells)
    return pa.Array.from_buffers(pa.string(), len(cells), buffers, nulls)


def _replaced(column: Column, cells: Cells) -> pa.Array[Any]:
    """Take the slow way for text that is not UTF-8: replaced, and counted."""
    texts: list[str | None] = []
    for index in range(len(cells)):
        cell = cells.at(index)
        try:
            texts.append(None if cell is None else cell.decode())
        except UnicodeDecodeError:
            column.replaced += 1
            texts.append((cell or b"").decode("utf-8", "replace"))
    return pa.array(texts, pa.string())


def _binary(column: Column, _kind: CqlType, cells: Cells) -> pa.Array[Any]:
    buffers, nulls, *_ = _copied(column, cells)
    return pa.Array.from_buffers(pa.binary(), len(cells), buffers, nulls)


def _written(column: Column, cells: Cells, starts: NDArray[Any], data: NDArray[Any], total: int) -> pa.Array[Any]:
    """Make an array of text that a kernel has written."""
    valid, nulls = column.valid(cells, empty_is_null=True)
    buffers = [valid, buffer(starts), buffer(data[:total])]
    return pa.Array.from_buffers(pa.string(), len(cells), buffers, nulls)


def _uuid(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    starts, data = np.empty(len(cells) + 1, dtype=np.int32), np.empty(36 * len(cells), dtype=np.uint8)
    total = kernels.uuids(cells.page, cells.offsets, cells.lengths, starts, data)
    return _written(column, cells, starts, data, column.check(total, cells, kind))


def _inet(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    """IPv4 in compiled code; where there is IPv6, all of the page's as the C library writes them (RFC 5952)."""
    starts, data = np.empty(len(cells) + 1, dtype=np.int32), np.empty(15 * len(cells), dtype=np.uint8)
    total = kernels.inets4(cells.page, cells.offsets, cells.lengths, starts, data)
    if total >= 0:
        return _written(column, cells, starts, data, total)
    return _slowly(column, kind, cells, _address, pa.string())


def _address(cell: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(cell) == 4 else socket.AF_INET6, cell)  # noqa: PLR2004 - bytes of IPv4


def _varint(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    if column.as_text:
        return _slowly(column, kind, cells, lambda cell: str(int.from_bytes(cell, "big", signed=True)), pa.string())
    out = np.empty(2 * len(cells), dtype=np.uint64)
    found = kernels.varints(cells.page, cells.offsets, cells.lengths, out)
    if found < 0:
        value = int.from_bytes(cells.at(-found - 1) or b"", "big", signed=True)
        digits = f"{value.bit_length()} bits"
        raise FidelityError(
            f"column {column.name} holds a varint of more than 38 digits",
            f"{_shortened(value)}, {digits}",
            f'say what to do with it in the plan file: policy.{column.name} = "string" (or "null")',
        )
    valid, nulls = column.valid(cells, empty_is_null=True)
    return pa.Array.from_buffers(arrow_type(kind), len(cells), [valid, buffer(out)], nulls)


def _shortened(value: int) -> str:
    """Write the beginning of a number, however long it is."""
    digits = max(len(f"{abs(value):x}") * 12 // 10 - 30, 0)
    return f"{value // 10**digits}..." if digits else str(value)


def _decimal(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    starts, data = np.empty(len(cells) + 1, dtype=np.int32), np.empty(28 * len(cells), dtype=np.uint8)
    total = kernels.decimals(cells.page, cells.offsets, cells.lengths, starts, data)
    if total >= 0:
        return _written(column, cells, starts, data, total)
    return _slowly(column, kind, cells, _decimal_text, pa.string())


def _decimal_text(cell: bytes) -> str:
    """A scale of four bytes, then the digits as a two's-complement integer."""
    if len(cell) <= 4:  # noqa: PLR2004 - bytes of the scale
        raise ValueError("no digits")
    scale, digits = int.from_bytes(cell[:4], "big", signed=True), int.from_bytes(cell[4:], "big", signed=True)
    sign, told = ("-" if digits < 0 else ""), str(abs(digits))
    exponent = len(told) - 1 - scale
    if -scale <= 0 and exponent >= -6:  # noqa: PLR2004 - the rule of https://speleotrove.com/decimal/daconvs.html#reftostr
        return sign + (f"{told:0>{scale + 1}}"[:-scale] + "." + f"{told:0>{scale + 1}}"[-scale:] if scale else told)
    return f"{sign}{told[0]}{'.' if told[1:] else ''}{told[1:]}E{exponent:+d}"


def _slowly(
    column: Column, kind: CqlType, cells: Cells, make: Callable[[bytes], Any], of: pa.DataType
) -> pa.Array[Any]:
    """Decode cell by cell, exactly: for what is too rare or too long for compiled code."""
    values: list[Any] = []
    for index in range(len(cells)):
        cell = cells.at(index)
        if not cell:
            column.empty += cell is not None
            values.append(None)
            continue
        try:
            values.append(make(cell))
        except ValueError:
            column.check(-index - 1, cells, kind)
    return pa.array(values, of)


def _duration(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    months, days = np.empty(len(cells), dtype=np.int32), np.empty(len(cells), dtype=np.int32)
    nanos = np.empty(len(cells), dtype=np.int64)
    column.check(kernels.durations(cells.page, cells.offsets, cells.lengths, months, days, nanos), cells, kind)
    valid, nulls = column.valid(cells, empty_is_null=True)
    children = [pa.array(one) for one in (months, days, nanos)]
    return pa.Array.from_buffers(DURATION, len(cells), [valid], nulls, children=children)


def _collection(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    """Lists and sets, and maps as pairs. Null and empty are what the server says they are."""
    each = len(kind.args)
    starts = np.empty(len(cells) + 1, dtype=np.int32)
    counted = kernels.count_elements(cells.page, cells.offsets, cells.lengths, each, starts)
    total = column.check(counted, cells, kind)
    offsets, lengths = (np.empty((each, total), dtype=np.int32) for _ in range(2))
    column.check(kernels.find_elements(cells.page, cells.offsets, cells.lengths, offsets, lengths), cells, kind)
    inner = [column.array(one, Cells(cells.page, offsets[part], lengths[part])) for part, one in enumerate(kind.args)]
    valid, nulls = column.valid(cells, empty_is_null=True)
    of = arrow_type(kind, as_text=column.as_text)
    if each > 1:
        pairs = pa.Array.from_buffers(_pair(of), total, [None], 0, children=inner)
        inner = [pairs]
    return pa.Array.from_buffers(of, len(cells), [valid, buffer(starts)], nulls, children=inner)


def _pair(of: Any) -> pa.DataType:  # noqa: ANN401 - a map type
    return pa.struct([of.key_field, of.item_field])


def _struct(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    """User-defined types and tuples."""
    offsets, lengths = (np.empty((len(kind.args), len(cells)), dtype=np.int32) for _ in range(2))
    column.check(kernels.find_fields(cells.page, cells.offsets, cells.lengths, offsets, lengths), cells, kind)
    inner = [column.array(one, Cells(cells.page, offsets[part], lengths[part])) for part, one in enumerate(kind.args)]
    valid, nulls = column.valid(cells, empty_is_null=True)
    return pa.Array.from_buffers(arrow_type(kind, as_text=column.as_text), len(cells), [valid], nulls, children=inner)


def width(kind: CqlType) -> int:
    """Give the bytes that every value of a type has inside a vector; 0 where they differ."""
    if kind.name == "vector":
        return kind.size * width(kind.args[0])
    return FIXED.get(kind.name, 0)


def _vector(column: Column, kind: CqlType, cells: Cells) -> pa.Array[Any]:
    most = kind.size * len(cells)
    starts = np.empty(len(cells) + 1, dtype=np.int32)
    offsets, lengths = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    found = kernels.find_components(
        cells.page, cells.offsets, cells.lengths, kind.size, width(kind.args[0]), starts, offsets, lengths
    )
    total = column.check(found, cells, kind)
    inner = column.array(kind.args[0], Cells(cells.page, offsets[:total], lengths[:total]))
    valid, nulls = column.valid(cells, empty_is_null=True)
    of = arrow_type(kind, as_text=column.as_text)
    return pa.Array.from_buffers(of, len(cells), [valid, buffer(starts)], nulls, children=[inner])


_DECODERS: Final[dict[str, Callable[[Column, CqlType, Cells], pa.Array[Any]]]] = {
    "ascii": _text,
    "bigint": _gathered(kernels.gather8, np.uint64),
    "blob": _binary,
    "boolean": _boolean,
    "counter": _gathered(kernels.gather8, np.uint64),
    "custom": _binary,
    "date": _date,
    "decimal": _decimal,
    "double": _gathered(kernels.gather8, np.uint64),
    "duration": _duration,
    "float": _gathered(kernels.gather4, np.uint32),
    "inet": _inet,
    "int": _gathered(kernels.gather4, np.uint32),
    "list": _collection,
    "map": _collection,
    "set": _collection,
    "smallint": _gathered(kernels.gather2, np.uint16),
    "text": _text,
    "time": _gathered(kernels.gather8, np.uint64),
    "timestamp": _gathered(kernels.gather8, np.uint64),
    "timeuuid": _uuid,
    "tinyint": _gathered(kernels.gather1, np.uint8),
    "tuple": _struct,
    "udt": _struct,
    "uuid": _uuid,
    "varint": _varint,
    "vector": _vector,
}
