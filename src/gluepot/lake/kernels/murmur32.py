"""Murmur3 in its 32-bit x86 form with seed 0, compiled: what Iceberg's bucket transform hashes with.

https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements says how values become bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gluepot.lake.kernels.xxh64 import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

C1: Final = np.uint32(0xCC9E2D51)
C2: Final = np.uint32(0x1B873593)
R5: Final = np.uint32(0xE6546B64)
F1: Final = np.uint32(0x85EBCA6B)
F2: Final = np.uint32(0xC2B2AE35)


@compiled
def _rotated(word: Any, by: int) -> Any:  # noqa: ANN401 - a number of numba's
    return np.uint32((word << np.uint32(by)) | (word >> np.uint32(32 - by)))


@compiled
def _mixed(state: Any, block: Any) -> Any:  # noqa: ANN401 - likewise
    block = np.uint32(np.uint32(block) * C1)
    block = np.uint32(_rotated(block, 15) * C2)
    state = _rotated(np.uint32(state ^ block), 13)
    return np.uint32(np.uint32(state * np.uint32(5)) + R5)


@compiled
def _finished(state: Any, length: int) -> Any:  # noqa: ANN401 - likewise
    state = np.uint32(state ^ np.uint32(length))
    state = np.uint32(np.uint32(state ^ (state >> np.uint32(16))) * F1)
    state = np.uint32(np.uint32(state ^ (state >> np.uint32(13))) * F2)
    return np.uint32(state ^ (state >> np.uint32(16)))


@compiled
def of_longs(values: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Hash whole numbers as 8 bytes, little-endian: int, long, date and timestamp alike."""
    out = np.empty(len(values), np.uint32)
    for at in range(len(values)):
        word = np.uint64(values[at])
        state = _mixed(np.uint32(0), np.uint32(word & np.uint64(0xFFFFFFFF)))
        state = _mixed(state, np.uint32(word >> np.uint64(32)))
        out[at] = _finished(state, 8)
    return out


@compiled
def of_bytes(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Hash byte strings: `data[offsets[i]:offsets[i + 1]]` each."""
    out = np.empty(len(offsets) - 1, np.uint32)
    for at in range(len(offsets) - 1):
        start, end = offsets[at], offsets[at + 1]
        state = np.uint32(0)
        place = start
        while place + 4 <= end:
            block = (
                np.uint32(data[place])
                | (np.uint32(data[place + 1]) << np.uint32(8))
                | (np.uint32(data[place + 2]) << np.uint32(16))
                | (np.uint32(data[place + 3]) << np.uint32(24))
            )
            state = _mixed(state, block)
            place += 4
        rest = np.uint32(0)
        for more in range(end - place):
            rest = np.uint32(rest | (np.uint32(data[place + more]) << np.uint32(8 * more)))
        if place < end:
            rest = np.uint32(rest * C1)
            state = np.uint32(state ^ np.uint32(_rotated(rest, 15) * C2))
        out[at] = _finished(state, end - start)
    return out
