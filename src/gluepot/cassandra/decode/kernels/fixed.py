"""Values of one width, turned to the machine's order of bytes, with a bitmap of which are there."""

from __future__ import annotations

import numpy as np

from gluepot.cassandra.decode.kernels.base import (
    BYTES,
    I32,
    I64,
    INT,
    OUT,
    big16,
    big32,
    big64,
    helper,
    kernel,
    put8,
    put16,
    put32,
    put64,
)
from gluepot.cassandra.decode.kernels.cells import vint_at


@kernel(I32, INT, OUT)
def validity(lengths, least, bitmap):  # type: ignore[no-untyped-def]
    """Mark cells of at least this length in a bitmap; return how many are shorter, which are null."""
    count = lengths.shape[0]
    valid = 0
    for start in range(0, count, 8):
        bits = np.uint8(0)
        for index in range(start, min(start + 8, count)):
            if lengths[index] >= least:
                bits |= np.uint8(1 << (index & 7))
                valid += 1
        bitmap[start >> 3] = bits
    return count - valid


@helper
def big_at(page, at, width):  # type: ignore[no-untyped-def]
    """Read an unsigned value of 1, 2, 4 or 8 bytes."""
    if width == 8:
        return big64(page, at)
    if width == 4:
        return np.uint64(big32(page, at))
    if width == 2:
        return np.uint64(big16(page, at))
    return np.uint64(page[at])


@kernel(BYTES, I32, I32, INT, OUT, OUT)
def gather(page, offsets, lengths, width, out, bitmap):  # type: ignore[no-untyped-def]
    """Gather values of 1, 2, 4 or 8 bytes; return how many are null. Nulls are zeros."""
    count = offsets.shape[0]
    valid = 0
    for start in range(0, count, 8):
        bits = np.uint8(0)
        for index in range(start, min(start + 8, count)):
            length = lengths[index]
            word = np.uint64(0)
            if length == width:
                word = big_at(page, offsets[index], width)
                bits |= np.uint8(1 << (index & 7))
                valid += 1
            elif length > 0:
                return -index - 1
            if width == 8:
                put64(out, index * 8, word)
            elif width == 4:
                put32(out, index * 4, np.uint32(word))
            elif width == 2:
                put16(out, index * 2, np.uint16(word))
            else:
                put8(out, index, np.uint8(word))
        bitmap[start >> 3] = bits
    return count - valid


@kernel(BYTES, I32, I32, OUT, OUT)
def booleans(page, offsets, lengths, out, bitmap):  # type: ignore[no-untyped-def]
    """Gather booleans into a bitmap, any byte but 0 is true; return how many are null."""
    count = offsets.shape[0]
    valid = 0
    for start in range(0, count, 8):
        bits = np.uint8(0)
        true = np.uint8(0)
        for index in range(start, min(start + 8, count)):
            length = lengths[index]
            if length == 1:
                bit = np.uint8(1 << (index & 7))
                bits |= bit
                if page[offsets[index]] != 0:
                    true |= bit
                valid += 1
            elif length > 0:
                return -index - 1
        bitmap[start >> 3] = bits
        out[start >> 3] = true
    return count - valid


@kernel(BYTES, I32, I32, I32, I32, I64)
def durations(page, offsets, lengths, months, days, nanos):  # type: ignore[no-untyped-def]
    """Read durations: three signed vints, the first two of which fit 32 bits. Nulls are zeros."""
    for index in range(offsets.shape[0]):
        months[index] = 0
        days[index] = 0
        nanos[index] = 0
        if lengths[index] <= 0:
            continue
        at = np.int64(offsets[index])
        end = at + lengths[index]
        for part in range(3):
            at, coded = vint_at(page, at, end)
            if at < 0:
                return -index - 1
            value = np.int64(coded >> np.uint64(1)) ^ -np.int64(coded & np.uint64(1))
            if part == 2:
                nanos[index] = value
                continue
            if value != np.int64(np.int32(value)):
                return -index - 1
            if part == 0:
                months[index] = value
            else:
                days[index] = value
    return 0
