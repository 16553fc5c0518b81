"""Hashes of columns of values, from Arrow's own buffers: each value's is one word, its big-endian bytes; null is 0.

Written so that Trino's SQL gives the same: docs/adr/0008-checksum.md has the expression for each type. Every function
takes Arrow's validity bitmap, empty where nothing is null, the array's offset into its buffers, and where the hashes go.
"""

from libc.stdlib cimport qsort

from libc.stdint cimport int8_t, int16_t

from gluepot.core.bytes cimport (
    Bytes, byte_at, bytes_of, covers, int32_t, int64_t, is_there, load32, load64, memcpy, place_at, require, swap64, uint8_t,
    uint32_t, uint64_t, within, word32, word64,
)
from gluepot.core.xxh64 cimport of_bytes, of_word, of_words

cdef enum:
    DIGITS = 48  # room for a decimal's text: sign, 39 digits, point
    FEW = 16  # entries that are sorted in place
    BILLION = 1_000_000_000



def xxh64(const uint8_t[::1] data):
    """Hash bytes, for whoever has but one value."""
    cdef Bytes whole = bytes_of(data)
    return of_bytes(&whole)


def ints(const uint8_t[::1] values, int64_t width, const uint8_t[::1] bits, int64_t first, uint64_t[:] out):
    """Hash signed integers of 1, 2, 4 or 8 bytes as eight big-endian bytes: `xxhash64(to_big_endian_64(x))`."""
    cdef Bytes data, whole = bytes_of(values), there = bytes_of(bits)
    cdef int64_t count = out.shape[0]
    require(width in (1, 2, 4, 8) and covers(&there, first, count))
    require(within(&whole, first * width, count * width, &data))
    with nogil:
        if width == 8:
            _ints(data.data, 8, &there, first, out)
        elif width == 4:
            _ints(data.data, 4, &there, first, out)
        elif width == 2:
            _ints(data.data, 2, &there, first, out)
        else:
            _ints(data.data, 1, &there, first, out)


cdef inline void _ints(
    const uint8_t* data, int64_t width, const Bytes* there, int64_t first, uint64_t[:] out
) noexcept nogil:
    """Hash integers; compiled once for each width."""
    cdef int64_t row, value, step = out.strides[0] // 8
    cdef uint64_t* to = <uint64_t*> &out[0] if out.shape[0] else NULL
    for row in range(out.shape[0]):
        if width == 8:
            value = <int64_t> load64(data + row * 8)
        elif width == 4:
            value = <int32_t> load32(data + row * 4)
        elif width == 2:
            value = <int16_t> (data[row * 2] | data[row * 2 + 1] << 8)
        else:
            value = <int8_t> data[row]
        to[row * step] = _of_int(value) if is_there(there, first + row) else 0


cdef inline uint64_t _of_int(int64_t value) noexcept nogil:
    return swap64(of_word(swap64(<uint64_t> value)))


def booleans(const uint8_t[::1] values, const uint8_t[::1] bits, int64_t first, uint64_t[:] out):
    """Hash a bitmap of booleans as the integers 0 and 1."""
    cdef Bytes data = bytes_of(values), there = bytes_of(bits)
    cdef int64_t row, count = out.shape[0]
    cdef uint64_t false = _of_int(0), true = _of_int(1)
    require(first >= 0 and (first + count + 7) >> 3 <= data.size and covers(&there, first, count))
    with nogil:
        for row in range(first, first + count):
            if is_there(&there, row):
                out[row - first] = true if byte_at(&data, row >> 3) >> (row & 7) & 1 else false
            else:
                out[row - first] = 0


def floats(const uint8_t[::1] values, int64_t width, const uint8_t[::1] bits, int64_t first, uint64_t[:] out):
    """Hash floats of 4 or 8 bytes as the bits of a double; all NaN are one, -0.0 and 0.0 are two."""
    cdef Bytes data, whole = bytes_of(values), there = bytes_of(bits)
    cdef int64_t row, count = out.shape[0]
    require(width in (4, 8) and covers(&there, first, count))
    require(within(&whole, first * width, count * width, &data))
    with nogil:
        for row in range(count):
            out[row] = _of_int(_double_at(&data, row, width)) if is_there(&there, first + row) else 0


cdef union Single:
    uint32_t bits
    float value


cdef union Double:
    uint64_t bits
    double value


cdef inline uint64_t _double_at(const Bytes* data, int64_t index, int64_t width) noexcept nogil:
    """Give the bits of a value as a double."""
    cdef Single single
    cdef Double found
    if width == 8:
        found.bits = word64(data, index * 8)
    else:
        single.bits = word32(data, index * 4)
        found.value = single.value
    return 0x7FF8000000000000ULL if found.value != found.value else found.bits


def texts(
    const uint8_t[::1] data, const uint8_t[::1] places, int64_t width, const uint8_t[::1] bits, int64_t first,
    uint64_t[:] out,
):
    """Hash strings or binaries as their bytes, `xxhash64(to_utf8(x))`; `width` is that of Arrow's offsets."""
    cdef Bytes whole = bytes_of(data), bounds = bytes_of(places), there = bytes_of(bits)
    cdef int64_t count = out.shape[0]
    cdef bint fits
    if not count:
        return
    require(first >= 0 and (first + count + 1) * width <= bounds.size and covers(&there, first, count))
    with nogil:
        fits = _texts(&whole, &bounds, width, &there, first, out)
    require(fits)


cdef bint _texts(
    const Bytes* whole, const Bytes* bounds, int64_t width, const Bytes* there, int64_t first, uint64_t[:] out
) except? -1 nogil:
    cdef int64_t row, start, end = place_at(bounds, first, width)
    cdef Bytes text
    for row in range(out.shape[0]):
        start, end = end, place_at(bounds, first + row + 1, width)
        if not is_there(there, first + row):
            out[row] = 0
        elif within(whole, start, end - start, &text):
            out[row] = swap64(of_bytes(&text))
        else:
            return False
    return True


def decimals(const uint8_t[::1] values, int64_t scale, const uint8_t[::1] bits, int64_t first, uint64_t[:] out):
    """Hash decimals of 16 bytes as their text with all digits of the scale: `xxhash64(to_utf8(cast(x as varchar)))`."""
    cdef Bytes data = bytes_of(values), there = bytes_of(bits)
    cdef int64_t row, count = out.shape[0]
    require(0 <= scale <= 38)
    require(first >= 0 and (first + count) * 16 <= data.size and covers(&there, first, count))
    with nogil:
        for row in range(first, first + count):
            if is_there(&there, row):
                out[row - first] = _of_decimal(word64(&data, row * 16), word64(&data, row * 16 + 8), scale)
            else:
                out[row - first] = 0


cdef uint64_t _of_decimal(uint64_t low, uint64_t high, int64_t scale) noexcept nogil:
    cdef uint8_t[DIGITS] text
    cdef int64_t at = _written(low, high, scale, text)
    cdef Bytes found
    found.data, found.size = text + at, DIGITS - at
    return swap64(of_bytes(&found))


cdef int64_t _written(uint64_t low, uint64_t high, int64_t scale, uint8_t* text) noexcept nogil:
    """Write a 128-bit integer with a decimal point to the end of `text`; give where it begins.

    39 digits, or 39 with the zero before a scale of 38, a point and a sign: 41 characters at most.
    """
    cdef bint negative = high >> 63
    cdef int64_t at = DIGITS, index
    cdef uint64_t rest, part, top, middle
    if negative:
        low = ~low + 1
        high = ~high + (low == 0)
    while high:  # nine digits at a time
        top, rest = high // BILLION, high % BILLION
        part = rest << 32 | low >> 32
        middle, rest = part // BILLION, part % BILLION
        part = rest << 32 | low & 0xFFFFFFFFULL
        high, low, rest = top, middle << 32 | part // BILLION, part % BILLION
        for index in range(9):
            at -= 1
            text[at] = 48 + rest % 10
            rest //= 10
    while low:
        at -= 1
        text[at] = 48 + low % 10
        low //= 10
    while DIGITS - at <= scale:
        at -= 1
        text[at] = 48
    if scale:
        at -= 1
        for index in range(at, DIGITS - scale - 1):
            text[index] = text[index + 1]
        text[DIGITS - scale - 1] = c"."
    if negative:
        at -= 1
        text[at] = c"-"
    return at


def lists(
    const uint64_t[::1] words, const int64_t[::1] bounds, const uint8_t[::1] bits, int64_t first,
    uint64_t[::1] room, uint64_t[:] out,
):
    """Hash lists as their count, as eight big-endian bytes, followed by the hashes of their elements.

    Args:
        words: The elements' hashes.
        bounds: Where each list begins in them, and where the last one ends.
        bits: Arrow's validity bitmap.
        first: The array's offset.
        room: One word more than there are words.
        out: Where the hashes go.
    """
    cdef bint fits
    with nogil:
        fits = _lists(words, bounds, bytes_of(bits), first, room, out, False)
    require(fits)


def maps(
    const uint64_t[::1] words, const int64_t[::1] bounds, const uint8_t[::1] bits, int64_t first,
    uint64_t[::1] room, uint64_t[:] out,
):
    """Hash maps as lists of their entries' hashes in the order of these: entries have no order of their own."""
    cdef bint fits
    with nogil:
        fits = _lists(words, bounds, bytes_of(bits), first, room, out, True)
    require(fits)


cdef bint _lists(
    const uint64_t[::1] words, const int64_t[::1] bounds, Bytes there, int64_t first, uint64_t[::1] room,
    uint64_t[:] out, bint is_map,
) noexcept nogil:
    cdef int64_t row, start, count, rows = out.shape[0]
    if bounds.shape[0] <= rows or room.shape[0] <= words.shape[0] or not covers(&there, first, rows):
        return False
    for row in range(rows):
        start, count = bounds[row], bounds[row + 1] - bounds[row]
        if not is_there(&there, first + row):
            out[row] = 0
            continue
        if start < 0 or count < 0 or start > words.shape[0] or count > words.shape[0] - start:
            return False
        room[0] = swap64(<uint64_t> count)
        if count:
            memcpy(&room[1], &words[start], count * sizeof(uint64_t))
        if is_map:
            _sort(&room[0] + 1, count)
        out[row] = swap64(of_words(&room[0], count + 1))
    return True


cdef void _sort(uint64_t* words, int64_t count) noexcept nogil:
    """Sort words as their bytes sort."""
    cdef int64_t index, place
    cdef uint64_t word
    if count > FEW:
        qsort(words, count, sizeof(uint64_t), _compared)
        return
    for index in range(1, count):
        word, place = words[index], index
        while place > 0 and swap64(words[place - 1]) > swap64(word):
            words[place] = words[place - 1]
            place -= 1
        words[place] = word


cdef int _compared(const void* left, const void* right) noexcept nogil:
    cdef uint64_t one = swap64((<const uint64_t*> left)[0]), other = swap64((<const uint64_t*> right)[0])
    return (one > other) - (one < other)


def rows(const uint64_t[:, ::1] words, const uint8_t[::1] bits, int64_t first, uint64_t[:] out):
    """Hash rows of words: structs, a map's entries, and the rows of a table."""
    cdef Bytes there = bytes_of(bits)
    cdef int64_t row, count = words.shape[0], width = words.shape[1]
    require(first >= 0 and out.shape[0] == count and covers(&there, first, count))
    with nogil:
        for row in range(count):
            if is_there(&there, first + row):
                out[row] = swap64(of_words(&words[row, 0] if width else NULL, width))
            else:
                out[row] = 0
