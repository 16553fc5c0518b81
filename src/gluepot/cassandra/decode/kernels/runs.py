"""Vectors of numbers: many values of one width, one behind the other in each cell."""

from __future__ import annotations

import numpy as np

from gluepot.cassandra.decode.kernels.base import BYTES, I32, INT, OUT, big32, big64, kernel, put32, put64


@kernel(BYTES, I32, I32, INT, INT, I32, OUT)
def gather_runs(page, offsets, lengths, count, width, starts, out):  # type: ignore[no-untyped-def]
    """Gather `count` values of 4 or 8 bytes of each cell, and Arrow's offsets of the lists they make.

    Returns how many values there are. A cell of any other length is wrong, save for those without any.
    """
    size = count * width
    to = np.int64(0)
    starts[0] = 0
    for index in range(offsets.shape[0]):
        length = np.int64(lengths[index])
        if length == size:
            at = np.int64(offsets[index])
            if width == 4:
                for value in range(count):
                    put32(out, to + 4 * value, big32(page, at + 4 * value))
            else:
                for value in range(count):
                    put64(out, to + 8 * value, big64(page, at + 8 * value))
            to += size
        elif length > 0:
            return -index - 1
        starts[index + 1] = to // width
    return to // width
