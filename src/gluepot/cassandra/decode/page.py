"""A page's rows become a record batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.decode import kernels
from gluepot.cassandra.decode.columns import Cells, Column
from gluepot.cassandra.reading import Page
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence


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
            for null, and the value. Section 4.2.5.2 of the native protocol.
        count: How many rows there are.
        as_text: Columns whose varints come out as text.

    Returns:
        The batch, and what was met on the way: zero-length values that are null now, and text that was not UTF-8.

    Raises:
        SourceError: The page is cut off, or a value is not what its type says; column and row are named.
        FidelityError: A varint has more than 38 digits and its column is not in `as_text`.
    """
    page = np.frombuffer(rows, dtype=np.uint8)
    offsets, lengths = (np.empty((len(columns), count), dtype=np.int32) for _ in range(2))
    found = kernels.find_cells(page, count, offsets, lengths)
    if found < 0:
        row, column = divmod(-found - 1, len(columns))
        name = columns[column][0]
        raise SourceError("a page of the source is cut off", f"in row {row + 1}, column {name}", "run the load again")
    if columns and found != len(page):
        raise SourceError("a page of the source is longer than its rows", f"{len(page) - found} bytes are left over")
    arrays, empty, replaced = [], {}, {}
    for index, (name, kind) in enumerate(columns):
        column = Column(name, as_text=name in as_text)
        arrays.append(column.array(kind, Cells(page, offsets[index], lengths[index])))
        if column.empty:
            empty[name] = column.empty
        if column.replaced:
            replaced[name] = column.replaced
    fields = [pa.field(name, array.type) for (name, _), array in zip(columns, arrays, strict=True)]
    return Page(pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)), empty, replaced)


def warm() -> None:
    """Load every kernel now rather than with the first page: importing this module has compiled them already."""
    decode([("a", CqlType("int"))], b"\0\0\0\4\0\0\0\1", 1)
