"""Compiled loops over a page's cells. Each takes the page's bytes and, for every cell, its offset and length.

A length of -1 is null. Kernels return 0 or more where all is well and -(index + 1) of the first cell that is not what
its type says. They are compiled once, when they are first imported, and kept in numba's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit, types

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES: Final = types.Array(types.uint8, 1, "C", readonly=True)
OUT: Final = types.uint8[::1]
I32: Final = types.int32[::1]
I64: Final = types.int64[::1]
TABLE: Final = types.int32[:, ::1]
INT: Final = types.int64

HEX: Final = np.frombuffer("".join(f"{number:02x}" for number in range(256)).encode(), dtype=np.uint8).copy()


def kernel(*signature: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: ANN401 - numba types
    """Compile a function that returns an int64, without the GIL, and keep it."""
    compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(
        INT(*signature), nogil=True, cache=True, boundscheck=False, error_model="numpy"
    )
    return compiled


@njit(types.int64(BYTES, types.int64), nogil=True, cache=True, inline="always")
def int32_at(page, at):  # type: ignore[no-untyped-def]
    """Read a big-endian signed number of four bytes."""
    return np.int64(
        np.int32(
            (np.uint32(page[at]) << np.uint32(24))
            | (np.uint32(page[at + 1]) << np.uint32(16))
            | (np.uint32(page[at + 2]) << np.uint32(8))
            | np.uint32(page[at + 3])
        )
    )


@kernel(BYTES, INT, TABLE, TABLE)
def find_cells(page, rows, offsets, lengths):  # type: ignore[no-untyped-def]
    """Find the cells of a page: row by row, four bytes of length, then the cell. Cells are numbered row by row."""
    columns = offsets.shape[0]
    size = page.shape[0]
    at = np.int64(0)
    for row in range(rows):
        for column in range(columns):
            if at + 4 > size:
                return -(row * columns + column) - 1
            length = int32_at(page, at)
            at += 4
            if length < 0:
                offsets[column, row] = 0
                lengths[column, row] = -1
            else:
                if length > size - at:
                    return -(row * columns + column) - 1
                offsets[column, row] = at
                lengths[column, row] = length
                at += length
    return at


@kernel(I32, INT, OUT)
def validity(lengths, empty_is_null, bitmap):  # type: ignore[no-untyped-def]
    """Fill a validity bitmap; return how many cells are null. Where `empty_is_null`, so are those of length 0."""
    least = 1 if empty_is_null else 0
    count = lengths.shape[0]
    nulls = 0
    for start in range(0, count, 8):
        bits = np.uint8(0)
        for bit in range(min(8, count - start)):
            if lengths[start + bit] >= least:
                bits |= np.uint8(1 << bit)
            else:
                nulls += 1
        bitmap[start >> 3] = bits
    return nulls


@kernel(I32)
def count_empty(lengths):  # type: ignore[no-untyped-def]
    """Count cells of length 0."""
    found = 0
    for length in lengths:
        found += length == 0
    return found


@kernel(BYTES, I32, I32, types.uint64[::1])
def gather8(page, offsets, lengths, out):  # type: ignore[no-untyped-def]
    """Gather big-endian 8-byte values."""
    for index in range(offsets.shape[0]):
        length = lengths[index]
        if length == 8:
            at = offsets[index]
            value = np.uint64(0)
            for byte in range(8):
                value = (value << np.uint64(8)) | np.uint64(page[at + byte])
            out[index] = value
        elif length > 0:
            return -index - 1
        else:
            out[index] = 0
    return 0


@kernel(BYTES, I32, I32, types.uint32[::1])
def gather4(page, offsets, lengths, out):  # type: ignore[no-untyped-def]
    """Gather big-endian 4-byte values."""
    for index in range(offsets.shape[0]):
        length = lengths[index]
        if length == 4:
            at = offsets[index]
            value = np.uint32(0)
            for byte in range(4):
                value = (value << np.uint32(8)) | np.uint32(page[at + byte])
            out[index] = value
        elif length > 0:
            return -index - 1
        else:
            out[index] = 0
    return 0


@kernel(BYTES, I32, I32, types.uint16[::1])
def gather2(page, offsets, lengths, out):  # type: ignore[no-untyped-def]
    """Gather big-endian 2-byte values."""
    for index in range(offsets.shape[0]):
        length = lengths[index]
        if length == 2:
            at = offsets[index]
            out[index] = (np.uint16(page[at]) << np.uint16(8)) | np.uint16(page[at + 1])
        elif length > 0:
            return -index - 1
        else:
            out[index] = 0
    return 0


@kernel(BYTES, I32, I32, OUT)
def gather1(page, offsets, lengths, out):  # type: ignore[no-untyped-def]
    """Gather single bytes."""
    for index in range(offsets.shape[0]):
        length = lengths[index]
        if length == 1:
            out[index] = page[offsets[index]]
        elif length > 0:
            return -index - 1
        else:
            out[index] = 0
    return 0


@kernel(BYTES, I32, I32, OUT)
def booleans(page, offsets, lengths, bitmap):  # type: ignore[no-untyped-def]
    """Gather booleans into a bitmap: any byte but 0 is true."""
    count = offsets.shape[0]
    for start in range(0, count, 8):
        bits = np.uint8(0)
        for bit in range(min(8, count - start)):
            length = lengths[start + bit]
            if length == 1:
                if page[offsets[start + bit]] != 0:
                    bits |= np.uint8(1 << bit)
            elif length > 0:
                return -(start + bit) - 1
        bitmap[start >> 3] = bits
    return 0


@kernel(I32, I32)
def string_offsets(lengths, out):  # type: ignore[no-untyped-def]
    """Add lengths up to Arrow's offsets; return the total."""
    total = np.int64(0)
    out[0] = 0
    for index in range(lengths.shape[0]):
        length = lengths[index]
        if length > 0:
            total += length
        out[index + 1] = total
    return total


@kernel(BYTES, I32, I32, I32, OUT)
def copy_strings(page, offsets, lengths, starts, out):  # type: ignore[no-untyped-def]
    """Copy cells one behind the other; return 1 where all is ASCII, else 0."""
    seen = np.uint8(0)
    for index in range(offsets.shape[0]):
        at = offsets[index]
        to = starts[index]
        for byte in range(lengths[index]):
            value = page[at + byte]
            seen |= value
            out[to + byte] = value
    return 1 if seen < 128 else 0


@kernel(OUT, I32)
def check_utf8(data, starts):  # type: ignore[no-untyped-def]
    """Return 0 where every string is UTF-8, else -(index + 1) of the first that is not. Rules: RFC 3629, section 4."""
    for index in range(starts.shape[0] - 1):
        at = starts[index]
        end = starts[index + 1]
        while at < end:
            first = data[at]
            if first < 0x80:
                at += 1
                continue
            low = np.uint8(0x80)
            high = np.uint8(0xBF)
            if 0xC2 <= first <= 0xDF:
                more = 1
            elif 0xE0 <= first <= 0xEF:
                more = 2
                if first == 0xE0:
                    low = np.uint8(0xA0)
                elif first == 0xED:
                    high = np.uint8(0x9F)
            elif 0xF0 <= first <= 0xF4:
                more = 3
                if first == 0xF0:
                    low = np.uint8(0x90)
                elif first == 0xF4:
                    high = np.uint8(0x8F)
            else:
                return -index - 1
            if at + more >= end + 0 and at + more > end - 1:
                return -index - 1
            if data[at + 1] < low or data[at + 1] > high:
                return -index - 1
            for byte in range(2, more + 1):
                if data[at + byte] < 0x80 or data[at + byte] > 0xBF:
                    return -index - 1
            at += more + 1
    return 0


@kernel(BYTES, I32, I32, I32, OUT)
def uuids(page, offsets, lengths, starts, out):  # type: ignore[no-untyped-def]
    """Write UUIDs as 36 characters."""
    to = 0
    for index in range(offsets.shape[0]):
        starts[index] = to
        length = lengths[index]
        if length == 16:
            at = offsets[index]
            for byte in range(16):
                if byte in (4, 6, 8, 10):
                    out[to] = 45
                    to += 1
                value = np.int64(page[at + byte]) * 2
                out[to] = HEX[value]
                out[to + 1] = HEX[value + 1]
                to += 2
        elif length > 0:
            return -index - 1
    starts[offsets.shape[0]] = to
    return to


@kernel(BYTES, I32, I32, I32, OUT)
def inets4(page, offsets, lengths, starts, out):  # type: ignore[no-untyped-def]
    """Write IPv4 addresses; return -(index + 1) of the first cell that is none."""
    to = 0
    for index in range(offsets.shape[0]):
        starts[index] = to
        length = lengths[index]
        if length == 4:
            at = offsets[index]
            for byte in range(4):
                if byte:
                    out[to] = 46
                    to += 1
                value = page[at + byte]
                if value >= 100:
                    out[to] = 48 + value // 100
                    to += 1
                if value >= 10:
                    out[to] = 48 + value // 10 % 10
                    to += 1
                out[to] = 48 + value % 10
                to += 1
        elif length > 0:
            return -index - 1
    starts[offsets.shape[0]] = to
    return to


@kernel(BYTES, I32, I32, types.uint64[::1])
def varints(page, offsets, lengths, out):  # type: ignore[no-untyped-def]
    """Gather two's-complement integers of up to 16 bytes into decimal128: low and high words in turn.

    Returns -(index + 1) of the first that is longer, or has more than 38 digits.
    """
    # 10 ** 38 as two words
    limit_high = np.uint64(0x4B3B4CA85A86C47A)
    limit_low = np.uint64(0x098A224000000000)
    for index in range(offsets.shape[0]):
        length = lengths[index]
        low = np.uint64(0)
        high = np.uint64(0)
        if length > 0:
            at = offsets[index]
            negative = page[at] >= 128
            skipped = 0
            while length - skipped > 16:  # more bytes than needed, as blobAsVarint allows
                if page[at + skipped] != (255 if negative else 0):
                    return -index - 1
                skipped += 1
            if negative:
                low = ~low
                high = ~high
            for byte in range(skipped, length):
                high = (high << np.uint64(8)) | (low >> np.uint64(56))
                low = (low << np.uint64(8)) | np.uint64(page[at + byte])
            if negative != (high >= np.uint64(1 << 63)):
                return -index - 1
            size_high = high
            size_low = low
            if negative:
                size_low = ~low + np.uint64(1)
                size_high = ~high + (np.uint64(1) if size_low == 0 else np.uint64(0))
            if size_high > limit_high or (size_high == limit_high and size_low >= limit_low):
                return -index - 1
        out[2 * index] = low
        out[2 * index + 1] = high
    return 0


@kernel(BYTES, I32, I32, I32, OUT)
def decimals(page, offsets, lengths, starts, out):  # type: ignore[no-untyped-def]
    """Write decimals of up to 18 digits as Python's str(Decimal) does, where it needs no exponent.

    Returns -(index + 1) of the first that is longer or needs one: the caller takes another way for all of them.
    """
    to = 0
    digits = np.empty(24, dtype=np.uint8)
    for index in range(offsets.shape[0]):
        starts[index] = to
        length = lengths[index]
        if length <= 0:
            continue
        if length < 5 or length > 12:
            return -index - 1
        at = offsets[index]
        scale = int32_at(page, at)
        value = np.int64(-1) if page[at + 4] >= 128 else np.int64(0)
        for byte in range(4, length):
            value = (value << np.int64(8)) | np.int64(page[at + byte])
        if value <= -1000000000000000000 or value >= 1000000000000000000 or scale < 0 or scale > 24:
            return -index - 1
        if value < 0:
            out[to] = 45
            to += 1
            value = -value
        count = 0
        while value > 0 or count == 0:
            digits[count] = 48 + value % 10
            value //= 10
            count += 1
        if count - scale < -5:  # Decimal's rule: an exponent once the first digit is the seventh behind the point
            return -index - 1
        if scale >= count:
            out[to] = 48
            to += 1
        for place in range(count - 1, scale - 1, -1):
            out[to] = digits[place]
            to += 1
        if scale:
            out[to] = 46
            to += 1
            for place in range(scale - 1, -1, -1):
                out[to] = digits[place] if place < count else 48
                to += 1
    starts[offsets.shape[0]] = to
    return to


@njit(types.Tuple((types.int64, types.uint64))(BYTES, types.int64, types.int64), nogil=True, cache=True)  # type: ignore[no-untyped-call]
def vint_at(page, at, end):  # type: ignore[no-untyped-def]
    """Read an unsigned vint: leading ones of the first byte count the bytes that follow. -1 where it is cut off.

    https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/utils/vint/VIntCoding.java
    """
    if at >= end:
        return np.int64(-1), np.uint64(0)
    first = page[at]
    more = 0
    while more < 8 and first & (128 >> more):
        more += 1
    if at + more >= end:
        return np.int64(-1), np.uint64(0)
    value = np.uint64(first & (0xFF >> more)) if more < 8 else np.uint64(0)
    for byte in range(more):
        value = (value << np.uint64(8)) | np.uint64(page[at + 1 + byte])
    return at + 1 + more, value


@kernel(BYTES, I32, I32, I32, I32, I64)
def durations(page, offsets, lengths, months, days, nanos):  # type: ignore[no-untyped-def]
    """Read durations: three signed vints."""
    for index in range(offsets.shape[0]):
        months[index] = 0
        days[index] = 0
        nanos[index] = 0
        length = lengths[index]
        if length <= 0:
            continue
        at = np.int64(offsets[index])
        end = at + length
        for part in range(3):
            at, coded = vint_at(page, at, end)
            if at < 0:
                return -index - 1
            value = np.int64(coded >> np.uint64(1)) ^ -np.int64(coded & np.uint64(1))
            if part == 0:
                months[index] = value
            elif part == 1:
                days[index] = value
            else:
                nanos[index] = value
    return 0


@kernel(BYTES, I32, I32, INT, I32)
def count_elements(page, offsets, lengths, each, starts):  # type: ignore[no-untyped-def]
    """Add up how many elements (or pairs) collections have, as Arrow's offsets; return the total."""
    total = np.int64(0)
    starts[0] = 0
    for index in range(offsets.shape[0]):
        length = lengths[index]
        if length > 0:
            if length < 4:
                return -index - 1
            count = int32_at(page, offsets[index])
            if count < 0 or count * each * 4 > length - 4:
                return -index - 1
            total += count
        if total > 0x7FFFFFFF:
            return -index - 1
        starts[index + 1] = total
    return total


@kernel(BYTES, I32, I32, TABLE, TABLE)
def find_elements(page, offsets, lengths, inner_offsets, inner_lengths):  # type: ignore[no-untyped-def]
    """Find the elements of collections: four bytes of length, then the element; keys and values in turn for maps."""
    each = inner_offsets.shape[0]
    element = 0
    for index in range(offsets.shape[0]):
        if lengths[index] <= 0:
            continue
        at = np.int64(offsets[index])
        end = at + lengths[index]
        count = int32_at(page, at)
        at += 4
        for _ in range(count):
            for part in range(each):
                if at + 4 > end:
                    return -index - 1
                size = int32_at(page, at)
                at += 4
                if size < 0:
                    inner_offsets[part, element] = 0
                    inner_lengths[part, element] = -1
                else:
                    if size > end - at:
                        return -index - 1
                    inner_offsets[part, element] = at
                    inner_lengths[part, element] = size
                    at += size
            element += 1
        if at != end:
            return -index - 1
    return element


@kernel(BYTES, I32, I32, TABLE, TABLE)
def find_fields(page, offsets, lengths, inner_offsets, inner_lengths):  # type: ignore[no-untyped-def]
    """Find the fields of user-defined types and tuples; those that a value was written without are null."""
    fields = inner_offsets.shape[0]
    for index in range(offsets.shape[0]):
        at = np.int64(offsets[index])
        end = at + max(lengths[index], 0)
        for field in range(fields):
            inner_offsets[field, index] = 0
            inner_lengths[field, index] = -1
            if at >= end:
                continue
            if at + 4 > end:
                return -index - 1
            size = int32_at(page, at)
            at += 4
            if size < 0:
                continue
            if size > end - at:
                return -index - 1
            inner_offsets[field, index] = at
            inner_lengths[field, index] = size
            at += size
        if at != end:
            return -index - 1
    return 0


@kernel(BYTES, I32, I32, INT, INT, I32, I32, I32)
def find_components(page, offsets, lengths, count, width, starts, inner_offsets, inner_lengths):  # type: ignore[no-untyped-def]
    """Find the elements of vectors: of a fixed width one behind the other, else each behind an unsigned vint."""
    element = 0
    starts[0] = 0
    for index in range(offsets.shape[0]):
        if lengths[index] > 0:
            at = np.int64(offsets[index])
            end = at + lengths[index]
            for _ in range(count):
                size = np.int64(width)
                if width == 0:
                    at, coded = vint_at(page, at, end)
                    if at < 0 or coded > np.uint64(0x7FFFFFFF):
                        return -index - 1
                    size = np.int64(coded)
                if size > end - at:
                    return -index - 1
                inner_offsets[element] = at
                inner_lengths[element] = size
                at += size
                element += 1
            if at != end:
                return -index - 1
        starts[index + 1] = element
    return element
