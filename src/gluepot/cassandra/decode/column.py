"""One column while it is decoded: where its cells are, and what is counted on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gluepot.cassandra.decode.arrow import arrow_type
from gluepot.core.fixed import validity
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gluepot.cassandra.cql import CqlType

Array: TypeAlias = "pa.Array[Any]"
Decoder: TypeAlias = "Callable[[Column, CqlType, Cells], Array]"
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Cells:
    """Where cells are.

    Args:
        page: The page's bytes.
        offsets: Of each cell, in bytes.
        lengths: Of each cell, in bytes; -1 for null.
    """

    page: NDArray[np.uint8]
    offsets: NDArray[np.int32]
    lengths: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offsets)

    def at(self, index: int) -> bytes:
        """Give one cell's bytes; none for null."""
        start = int(self.offsets[index])
        return self.page[start : start + max(int(self.lengths[index]), 0)].tobytes()


@dataclass(slots=True)
class Column:
    """One column while it is decoded.

    Args:
        name: Its name, for errors.
        decoders: What decodes each type.
        as_text: Whether its varints are text.
        empty: Zero-length values so far, of types that know none.
        replaced: Texts so far that were not UTF-8.
    """

    name: str
    decoders: Mapping[str, Decoder]
    as_text: bool = False
    empty: int = field(default=0)
    replaced: int = field(default=0)

    def array(self, kind: CqlType, cells: Cells) -> Array:
        """Decode cells of a type.

        Raises:
            SourceError: A cell is not what its type says.
            FidelityError: A varint has more than 38 digits.
        """
        return self.decoders[kind.name](self, kind, cells)

    def type(self, kind: CqlType) -> pa.DataType:
        """Give the Arrow type that this column's cells of a type have."""
        return arrow_type(kind, as_text=self.as_text)

    def checked(self, found: int, cells: Cells, kind: CqlType) -> int:
        """Give what a kernel found, or raise for the cell that it complains of."""
        if found < 0:
            raise self.wrong(-found - 1, cells, kind)
        return found

    def wrong(self, index: int, cells: Cells, kind: CqlType) -> SourceError:
        """Say that a cell is not what its type says."""
        cell = cells.at(index)
        shown = f"0x{cell[:SHOWN].hex()}" + ("..." if len(cell) > SHOWN else "")
        return SourceError(
            f"column {self.name} holds what is no {kind}",
            f"value {index + 1} of a page: {len(cell)} bytes {shown}",
            "look at it with cqlsh; leave the column out of the plan if it cannot be repaired",
        )

    def bitmap(self, cells: Cells) -> tuple[pa.Buffer | None, int]:
        """Mark in a bitmap what is there; zero-length values are null, and counted. Gives the number of nulls too."""
        bits = bitmap_for(cells)
        return self.nulls(bits, validity(cells.lengths, 1, bits), cells)

    def nulls(self, bits: NDArray[np.uint8], nulls: int, cells: Cells) -> tuple[pa.Buffer | None, int]:
        """Take over a bitmap that a kernel made, and count zero-length values."""
        if not nulls:
            return None, 0
        self.empty += int(np.count_nonzero(cells.lengths == 0))
        return buffer(bits), nulls


def bitmap_for(cells: Cells) -> NDArray[np.uint8]:
    """Make room for a bitmap."""
    return np.empty((len(cells) + 7) // 8, dtype=np.uint8)


def buffer(array: NDArray[Any]) -> pa.Buffer:
    """Lend an array's memory to Arrow, which keeps it."""
    return pa.py_buffer(array)  # type: ignore[arg-type] # the stubs know no NumPy


def patched(array: Array, cells: Cells, chosen: NDArray[np.bool_], make: Callable[[bytes], str]) -> Array:
    """Put text made by Python where a kernel had to pass.

    Args:
        array: Text, of any content where it was passed.
        cells: Its cells.
        chosen: Which to make.
        make: Makes text of a cell's bytes.
    """
    texts = pa.array([make(cells.at(int(index))) for index in np.flatnonzero(chosen)], array.type)
    made: Array = pc.replace_with_mask(array, pa.array(chosen), texts)
    return made
