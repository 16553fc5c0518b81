"""Values of one width, and durations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from gluepot.cassandra.decode.arrow import DURATION
from gluepot.cassandra.decode.column import bitmap_for, buffer
from gluepot.core import fixed as kernels

if TYPE_CHECKING:
    from gluepot.cassandra.cql import CqlType
    from gluepot.cassandra.decode.column import Array, Cells, Column, Decoder

BYTES: Final = {
    "bigint": 8,
    "counter": 8,
    "date": 4,
    "double": 8,
    "float": 4,
    "int": 4,
    "smallint": 2,
    "time": 8,
    "timestamp": 8,
    "tinyint": 1,
}


def number(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode numbers of 1, 2, 4 or 8 bytes, and what counts days, milliseconds or nanoseconds."""
    width = BYTES[kind.name]
    out, bits = np.empty(len(cells) * width, dtype=np.uint8), bitmap_for(cells)
    found = kernels.gather(cells.page, cells.offsets, cells.lengths, width, out, bits)
    valid, nulls = column.nulls(bits, column.checked(found, cells, kind), cells)
    if kind.name == "date":
        # days are unsigned, and 1970-01-01 is 2^31: section 6.5 of
        # https://github.com/apache/cassandra/blob/cassandra-5.0/doc/native_protocol_v5.spec
        out.view(np.uint32)[:] ^= np.uint32(1 << 31)
    return pa.Array.from_buffers(column.type(kind), len(cells), [valid, buffer(out)], nulls)


def boolean(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode booleans to bits."""
    out, bits = bitmap_for(cells), bitmap_for(cells)
    found = kernels.booleans(cells.page, cells.offsets, cells.lengths, out, bits)
    valid, nulls = column.nulls(bits, column.checked(found, cells, kind), cells)
    return pa.Array.from_buffers(pa.bool_(), len(cells), [valid, buffer(out)], nulls)


def duration(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode durations to months, days and nanoseconds, which do not convert into each other."""
    months, days = (np.empty(len(cells), dtype=np.int32) for _ in range(2))
    nanos = np.empty(len(cells), dtype=np.int64)
    column.checked(kernels.durations(cells.page, cells.offsets, cells.lengths, months, days, nanos), cells, kind)
    valid, nulls = column.bitmap(cells)
    children = [pa.array(numbers) for numbers in (months, days, nanos)]
    return pa.Array.from_buffers(DURATION, len(cells), [valid], nulls, children=children)


DECODERS: Final[dict[str, Decoder]] = dict.fromkeys(BYTES, number) | {"boolean": boolean, "duration": duration}
