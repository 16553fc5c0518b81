"""Integers of any length, and decimals: as decimal128, and exactly as text."""

from __future__ import annotations

import numpy as np

from gluepot.cassandra.decode.kernels.base import BYTES, I32, INT, OUT, U64, big32, big64, helper, kernel

ONE, EIGHT, ALL = np.uint64(1), np.uint64(8), np.uint64(0xFFFFFFFFFFFFFFFF)
TEN, BILLION, LOW = np.uint64(10), np.uint64(10**9), np.uint64(0xFFFFFFFF)
LIMIT_HIGH, LIMIT_LOW = np.uint64(10**38 >> 64), np.uint64(10**38 & 0xFFFFFFFFFFFFFFFF)


@helper
def wide_at(page, at, length):  # type: ignore[no-untyped-def]
    """Read a two's-complement integer of 1 to 16 bytes as a high and a low word."""
    low = ALL if page[at] >= 128 else np.uint64(0)
    high = low
    if length >= 8:
        low = big64(page, at + length - 8)
        length -= 8
        if length == 8:
            return big64(page, at), low
        for byte in range(length):
            high = (high << EIGHT) | np.uint64(page[at + byte])
        return high, low
    for byte in range(length):
        low = (low << EIGHT) | np.uint64(page[at + byte])
    return high, low


@helper
def magnitude(high, low):  # type: ignore[no-untyped-def]
    """Drop the sign."""
    if high >> np.uint64(63):
        low = ~low + ONE
        high = ~high + (ONE if low == np.uint64(0) else np.uint64(0))
    return high, low


@kernel(BYTES, I32, I32, U64)
def varints(page, offsets, lengths, out):  # type: ignore[no-untyped-def]
    """Gather integers into decimal128: low and high words in turn. Nulls are zero.

    Returns -(index + 1) of the first that has more than 38 digits.
    """
    for index in range(offsets.shape[0]):
        at = np.int64(offsets[index])
        left = np.int64(lengths[index])
        high = np.uint64(0)
        low = np.uint64(0)
        if left > 0:
            fill = 255 if page[at] >= 128 else 0
            while left > 16:  # more bytes than needed, as blobAsVarint allows
                if page[at] != fill or (page[at + 1] ^ fill) >= 128:
                    return -index - 1
                at += 1
                left -= 1
            high, low = wide_at(page, at, left)
            high_size, low_size = magnitude(high, low)
            if high_size > LIMIT_HIGH or (high_size == LIMIT_HIGH and low_size >= LIMIT_LOW):
                return -index - 1
        out[2 * index] = low
        out[2 * index + 1] = high
    return 0


@helper
def put_digits(high, low, digits):  # type: ignore[no-untyped-def]
    """Write a number's decimal digits, the last one first; return how many they are."""
    count = 0
    while high:  # nine digits at a time: long division of four 32-bit words
        rest = np.uint64(0)
        for _ in range(2):
            part = rest << np.uint64(32) | high >> np.uint64(32)
            upper = part // BILLION
            part = (part % BILLION) << np.uint64(32) | high & LOW
            high = upper << np.uint64(32) | part // BILLION
            rest = part % BILLION
            high, low = low, high
        for _ in range(9):
            digits[count] = np.uint8(48) + np.uint8(rest % TEN)
            rest //= TEN
            count += 1
    while low or count == 0:
        digits[count] = np.uint8(48) + np.uint8(low % TEN)
        low //= TEN
        count += 1
    return count


@helper
def put_plain(digits, count, scale, out, to):  # type: ignore[no-untyped-def]
    """Write digits with a point before the last `scale` of them; return where it ends."""
    for place in range(max(count, scale + 1) - 1, -1, -1):
        out[to] = digits[place] if place < count else 48
        to += 1
        if place == scale and scale > 0:
            out[to] = 46
            to += 1
    return to


@helper
def put_scientific(digits, count, exponent, out, to):  # type: ignore[no-untyped-def]
    """Write digits with a point behind the first one, and an exponent; return where it ends."""
    for place in range(count - 1, -1, -1):
        out[to] = digits[place]
        to += 1
        if place == count - 1 and count > 1:
            out[to] = 46
            to += 1
    out[to] = 69
    out[to + 1] = 43 if exponent >= 0 else 45
    to += 2
    count = put_digits(np.uint64(0), np.uint64(abs(exponent)), digits)
    for place in range(count - 1, -1, -1):
        out[to] = digits[place]
        to += 1
    return to


@kernel(BYTES, I32, I32, INT, I32, OUT)
def decimals(page, offsets, lengths, head, starts, out):  # type: ignore[no-untyped-def]
    """Write decimals (`head` is 4: the bytes of the scale) or integers (`head` is 0) as Python's str(Decimal) does.

    Those of more than 16 bytes are left empty: they are the caller's. Each takes at most 17 characters more than it has
    digits. Rule: https://speleotrove.com/decimal/daconvs.html#reftostr. Returns how many characters there are.
    """
    to = np.int64(0)
    digits = np.empty(48, dtype=np.uint8)
    for index in range(offsets.shape[0]):
        starts[index] = to
        length = np.int64(lengths[index])
        if length <= 0 or length > head + 16:
            continue
        if length <= head:
            return -index - 1
        at = np.int64(offsets[index])
        scale = np.int64(np.int32(big32(page, at))) if head else np.int64(0)
        high, low = wide_at(page, at + head, length - head)
        if high >> np.uint64(63):
            out[to] = 45
            to += 1
        high, low = magnitude(high, low)
        count = put_digits(high, low, digits)
        exponent = count - 1 - scale
        if scale >= 0 and exponent >= -6:
            to = put_plain(digits, count, scale, out, to)
        else:
            to = put_scientific(digits, count, exponent, out, to)
    starts[offsets.shape[0]] = to
    return to
