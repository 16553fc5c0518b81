"""Text and bytes as they are, and UUIDs and addresses as text."""

from __future__ import annotations

import numpy as np

from gluepot.cassandra.decode.kernels.base import (
    BYTES,
    I32,
    OUT,
    big16,
    big32,
    helper,
    kernel,
    put32,
    put64,
    word32,
    word64,
)
from gluepot.cassandra.decode.kernels.utf8 import utf8_table

HIGH_BITS = np.uint64(0x8080808080808080)
STATE = np.uint64(63)
UTF8 = utf8_table()


@kernel(I32, I32, OUT)
def measure(lengths, starts, bitmap):  # type: ignore[no-untyped-def]
    """Add lengths up to Arrow's offsets, and mark what is there in a bitmap; return how many are null."""
    total = np.int32(0)
    count = lengths.shape[0]
    valid = 0
    starts[0] = 0
    for start in range(0, count, 8):
        bits = np.uint8(0)
        for index in range(start, min(start + 8, count)):
            length = lengths[index]
            if length >= 0:
                bits |= np.uint8(1 << (index & 7))
                valid += 1
                total += length
            starts[index + 1] = total
        bitmap[start >> 3] = bits
    return count - valid


@kernel(BYTES, I32, I32, I32, OUT)
def copy(page, offsets, lengths, starts, out):  # type: ignore[no-untyped-def]
    """Copy cells one behind the other; return 1 where all is ASCII, else 0. `out` has 32 bytes to spare.

    Each copy is of 32 bytes: what is too much is written over by the next cell, and most cells take one, without a
    branch that their lengths decide. Only at the page's end is each byte counted.
    """
    last = np.int64(page.shape[0]) - 32
    for index in range(offsets.shape[0]):
        at = np.int64(offsets[index])
        to = np.int64(starts[index])
        left = np.int64(lengths[index])
        while at <= last:
            first, second = word64(page, at), word64(page, at + 8)
            third, fourth = word64(page, at + 16), word64(page, at + 24)
            put64(out, to, first)
            put64(out, to + 8, second)
            put64(out, to + 16, third)
            put64(out, to + 24, fourth)
            left -= 32
            if left <= 0:
                break
            at += 32
            to += 32
        for byte in range(left):
            out[to + byte] = page[at + byte]
    seen = np.uint8(0)
    for byte in range(starts[starts.shape[0] - 1]):
        seen |= out[byte]
    return 1 if seen < 128 else 0


@helper
def after_word(state, word):  # type: ignore[no-untyped-def]
    """Give the automaton's state after the eight bytes of a word."""
    for byte in range(8):
        state = UTF8[np.uint8(word >> np.uint64(8 * byte))] >> (state & STATE)
    return state


@kernel(OUT, I32)
def is_utf8(data, starts):  # type: ignore[no-untyped-def]
    """Tell whether all strings are UTF-8: they are if all of them together are, and none begins within a character."""
    total = np.int64(starts[starts.shape[0] - 1])
    state = np.uint64(0)
    at = np.int64(0)
    while at + 64 <= total:
        seen = np.uint64(0)
        for word in range(8):
            seen |= word64(data, at + 8 * word)
        if (seen & HIGH_BITS) | (state & STATE):  # else all are ASCII, and lead nowhere
            for word in range(8):
                state = after_word(state, word64(data, at + 8 * word))
        at += 64
    for byte in range(at, total):
        state = UTF8[data[byte]] >> (state & STATE)
    within = 0
    for index in range(starts.shape[0] - 1):
        start = starts[index]
        if start < total and data[start] & 0xC0 == 0x80:
            within += 1
    return 1 if state & STATE == np.uint64(0) and within == 0 else 0


@kernel(OUT, I32, OUT)
def not_utf8(data, starts, wrong):  # type: ignore[no-untyped-def]
    """Mark strings that are not UTF-8; return how many they are."""
    found = 0
    for index in range(starts.shape[0] - 1):
        state = np.uint64(0)
        for at in range(starts[index], starts[index + 1]):
            state = UTF8[data[at]] >> (state & STATE)
        wrong[index] = state & STATE != np.uint64(0)
        found += wrong[index]
    return found


@helper
def hex8(word):  # type: ignore[no-untyped-def]
    """Spread four bytes, the first of them lowest, to the eight hexadecimal digits they are, all at once."""
    wide = np.uint64(word)
    wide = (wide | wide << np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    wide = (wide | wide << np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    digits = (wide >> np.uint64(4)) & np.uint64(0x000F000F000F000F)
    digits |= (wide << np.uint64(8)) & np.uint64(0x0F000F000F000F00)
    letters = ((digits + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    return digits + np.uint64(0x3030303030303030) + letters * np.uint64(0x27)


@kernel(BYTES, I32, I32, I32, OUT)
def uuids(page, offsets, lengths, starts, out):  # type: ignore[no-untyped-def]
    """Write UUIDs as 36 characters; return how many there are."""
    to = np.int64(0)
    for index in range(offsets.shape[0]):
        starts[index] = to
        length = lengths[index]
        if length == 16:
            at = np.int64(offsets[index])
            put64(out, to, hex8(word32(page, at)))
            digits = hex8(word32(page, at + 4))
            out[to + 8] = 45
            put32(out, to + 9, np.uint32(digits))
            out[to + 13] = 45
            put32(out, to + 14, np.uint32(digits >> np.uint64(32)))
            digits = hex8(word32(page, at + 8))
            out[to + 18] = 45
            put32(out, to + 19, np.uint32(digits))
            out[to + 23] = 45
            put32(out, to + 24, np.uint32(digits >> np.uint64(32)))
            put64(out, to + 28, hex8(word32(page, at + 12)))
            to += 36
        elif length > 0:
            return -index - 1
    starts[offsets.shape[0]] = to
    return to


@helper
def put_decimal(value, out, to):  # type: ignore[no-untyped-def]
    """Write a byte as decimal; return where it ends."""
    if value >= 100:
        out[to] = 48 + value // 100
        to += 1
    if value >= 10:
        out[to] = 48 + value // 10 % 10
        to += 1
    out[to] = 48 + value % 10
    return to + 1


@helper
def put_ipv4(page, at, out, to):  # type: ignore[no-untyped-def]
    """Write an IPv4 address; return where it ends."""
    for byte in range(4):
        if byte:
            out[to] = 46
            to += 1
        to = put_decimal(page[at + byte], out, to)
    return to


@helper
def put_ipv6(page, at, out, to):  # type: ignore[no-untyped-def]
    """Write an IPv6 address, its longest run of zeros left out; return where it ends.

    https://www.rfc-editor.org/rfc/rfc5952#section-4; mapped IPv4 addresses as its section 5 recommends.
    """
    longest = 1
    skip = -1
    run = 0
    for group in range(8):
        run = run + 1 if big16(page, at + 2 * group) == 0 else 0
        if run > longest:
            longest = run
            skip = group + 1 - run
    mapped = skip == 0 and longest == 5 and big32(page, at + 8) == 0xFFFF
    group = 0
    while group < 8:
        if group == skip:
            out[to] = 58
            to += 1
            if group == 0:
                out[to] = 58
                to += 1
            group += longest
            continue
        if mapped and group == 6:
            return put_ipv4(page, at + 12, out, to)
        value = np.int64(big16(page, at + 2 * group))
        begun = False
        for shift in (12, 8, 4, 0):
            digit = (value >> shift) & 15
            begun = begun or digit != 0 or shift == 0
            if begun:
                out[to] = digit + (48 if digit < 10 else 87)
                to += 1
        if group < 7:
            out[to] = 58
            to += 1
        group += 1
    return to


@kernel(BYTES, I32, I32, I32, OUT)
def addresses(page, offsets, lengths, starts, out):  # type: ignore[no-untyped-def]
    """Write IP addresses, of up to 39 characters; return how many characters there are."""
    to = np.int64(0)
    for index in range(offsets.shape[0]):
        starts[index] = to
        length = lengths[index]
        if length == 4:
            to = put_ipv4(page, np.int64(offsets[index]), out, to)
        elif length == 16:
            to = put_ipv6(page, np.int64(offsets[index]), out, to)
        elif length > 0:
            return -index - 1
    starts[offsets.shape[0]] = to
    return to
