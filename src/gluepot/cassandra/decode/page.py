"""A page's rows become a record batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from gluepot.cassandra.decode import nested, numbers, texts, widths
from gluepot.cassandra.decode.column import Cells, Column
from gluepot.cassandra.reading import Page
from gluepot.core.cells import of_page
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gluepot.cassandra.cql import CqlType
    from gluepot.cassandra.decode.column import Array, Decoder

DECODERS: Final[Mapping[str, Decoder]] = {**widths.DECODERS, **texts.DECODERS, **numbers.DECODERS, **nested.DECODERS}

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a page at most: a frame has 256 MiB at most, and text made of a page must stay below Arrow's 2 GiB."""


def decode(
    columns: Sequence[tuple[str, CqlType]],
    rows: bytes | memoryview,
    count: int,
    *,
    as_text: frozenset[str] = frozenset(),
) -> Page:
    """Decode the rows of one result page.

    Args:
        columns: Name and type of each column, in the page's order.
        rows: The rows region of a ROWS result: for each row and column a big-endian length of four bytes, negative
            for null, and the value. Section 4.2.5.2 of
            https://github.com/apache/cassandra/blob/cassandra-5.0/doc/native_protocol_v4.spec
        count: How many rows there are.
        as_text: Columns whose varints come out as text.

    Returns:
        The batch, and what was met on the way: zero-length values that are null now, and text that was not UTF-8.

    Raises:
        SourceError: The page is cut off, or a value is not what its type says; column and place are named.
        FidelityError: A varint has more than 38 digits and its column is not in `as_text`.
    """
    page = np.frombuffer(rows, dtype=np.uint8)
    offsets, lengths = _cells(columns, page, count)
    arrays, empty, replaced = [], {}, {}
    for index, (name, kind) in enumerate(columns):
        column = Column(name, DECODERS, as_text=name in as_text)
        arrays.append(column.array(kind, Cells(page, offsets[index], lengths[index])))
        if column.empty:
            empty[name] = column.empty
        if column.replaced:
            replaced[name] = column.replaced
    return Page(_batch(columns, arrays, count), empty, replaced)


def _cells(
    columns: Sequence[tuple[str, CqlType]], page: NDArray[np.uint8], count: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Find where the cells of each column are."""
    if len(page) > LARGEST or count < 0 or count * len(columns) * 4 > len(page):
        raise _broken(f"{count} rows of {len(columns)} columns in {len(page)} bytes")
    offsets, lengths = (np.empty((len(columns), count), dtype=np.int32) for _ in range(2))
    found = of_page(page, offsets, lengths) if columns else len(page)
    if found < 0:
        row, column = divmod(-found - 1, len(columns))
        raise _broken(f"it is cut off in row {row + 1}, column {columns[column][0]}")
    if found != len(page):
        raise _broken(f"{len(page) - found} bytes are left over behind the last row")
    return offsets, lengths


def _broken(why: str) -> SourceError:
    return SourceError("a page of the source is broken", why, "run the load again")


def _batch(columns: Sequence[tuple[str, CqlType]], arrays: list[Array], count: int) -> pa.RecordBatch:
    if not columns:
        nothing: Any = pa.Array.from_buffers(pa.struct([]), count, [None], 0)
        return pa.RecordBatch.from_struct_array(nothing)
    return pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])
