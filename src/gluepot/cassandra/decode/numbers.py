"""Integers of any length, and decimals."""

from __future__ import annotations

import decimal
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from gluepot.cassandra.decode.column import buffer, patched
from gluepot.cassandra.decode.texts import room, written
from gluepot.core import numbers as kernels
from gluepot.errors import FidelityError

if TYPE_CHECKING:
    from gluepot.cassandra.cql import CqlType
    from gluepot.cassandra.decode.column import Array, Cells, Column, Decoder

SCALE: Final = 4
"""Bytes of a decimal's scale, before its digits."""

SHORT: Final = 16
"""Bytes of digits that kernels take; what is longer is rare, and is written by Python."""

EXACT: Final = decimal.Context(decimal.MAX_PREC, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
SHOWN: Final = 45


def varint(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode integers to decimal128, or to text where the column's varints are."""
    if column.as_text:
        return _text(column, kind, cells, 0)
    out = np.empty(2 * len(cells), dtype=np.uint64)
    found = kernels.varints(cells.page, cells.offsets, cells.lengths, out)
    if found < 0:
        raise _too_long(column.name, cells.at(-found - 1))
    valid, nulls = column.bitmap(cells)
    return pa.Array.from_buffers(column.type(kind), len(cells), [valid, buffer(out)], nulls)


def _too_long(name: str, cell: bytes) -> FidelityError:
    digits = integer_text(cell)
    shown = digits if len(digits) <= SHOWN else f"{digits[:SHOWN]}..."
    return FidelityError(
        f"column {name} holds a varint of more than 38 digits",
        f"{shown} has {len(digits.lstrip('-'))}",
        f'plan file: [table.TABLE.types] {name} = "string" keeps all of them as text, '
        f'[table.TABLE.policy] {name} = "null" gives the long ones up; for scan(): as_text=[{name!r}]',
    )


def exact(column: Column, kind: CqlType, cells: Cells) -> Array:
    """Decode decimals to text, exactly as `str(decimal.Decimal)` writes them."""
    return _text(column, kind, cells, SCALE)


def _text(column: Column, kind: CqlType, cells: Cells, head: int) -> Array:
    longest = int(cells.lengths.max(initial=0)) - head
    starts, data = room(cells, 17 + digits_of(min(longest, SHORT)))
    found = kernels.decimals(cells.page, cells.offsets, cells.lengths, head, starts, data)
    array = written(column, cells, starts, data[: column.checked(found, cells, kind)])
    if longest <= SHORT:
        return array
    return patched(array, cells, cells.lengths > head + SHORT, decimal_text if head else integer_text)


def digits_of(size: int) -> int:
    """Give how many decimal digits an integer of so many bytes has at most."""
    return size * 241 // 100 + 1


def integer_text(cell: bytes) -> str:
    """Write a two's-complement integer, however long: Python's own str() ends at 4,300 digits."""
    return str(decimal.Decimal(int.from_bytes(cell, "big", signed=True)))


def decimal_text(cell: bytes) -> str:
    """Write a decimal: a scale of four bytes, then the digits as a two's-complement integer."""
    scale, digits = (int.from_bytes(part, "big", signed=True) for part in (cell[:SCALE], cell[SCALE:]))
    return str(decimal.Decimal(digits).scaleb(-scale, EXACT))


DECODERS: Final[dict[str, Decoder]] = {"decimal": exact, "varint": varint}
