"""Decimal text into 128-bit integers, exactly: compiled, because Arrow's own cast is not to be trusted with it.

pyarrow 25 crashes on text like `1E-1000000000`, which CQL allows, and wraps silently where a value times its scale
leaves 38 digits: `35` becomes 0.97... as decimal(37, 37). The tests hold both against this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gluepot.core import decimals

if TYPE_CHECKING:
    from numpy.typing import NDArray

FITS: Final = 0
ROUNDS: Final = 1
TOO_LARGE: Final = 2


def parsed(
    data: NDArray[np.uint8], bounds: NDArray[np.int64], valid: NDArray[np.uint8], precision: int, scale: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Read numbers such as `-12.50`, `1E-7`, `0E+3` as decimal(precision, scale).

    Args:
        data: Text, as Python's `str(Decimal)` writes it.
        bounds: Where each number begins, and where the last one ends.
        valid: 0 where there is none; empty where all are there.
        precision: Digits that the type has.
        scale: Those of them behind the point.

    Returns:
        Pairs of words, the low one first, in two's complement; and for each number whether it fits.
    """
    words = np.zeros((len(bounds) - 1, 2), dtype=np.uint64)
    status = np.zeros(len(words), dtype=np.uint8)
    decimals.parsed(data, bounds, valid, precision, scale, words, status)
    return words, status
