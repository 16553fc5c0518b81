"""Integers of any length, and decimals: as decimal128, and exactly as text."""

from gluepot.core.bytes cimport (
    Bytes, Cells, Room, big32, big64, byte_at, cell_at, cells_of, int32_t, int64_t, put8, require, room_of, uint8_t,
    uint64_t,
)

cdef enum:
    SHORT = 16  # bytes of digits that are taken here
    MORE = 17  # characters of a number beside its digits, at most
    DIGITS = 48
    NO_ROOM = -0x7FFFFFFF
    BILLION = 1_000_000_000

cdef extern from * nogil:
    """
    #define GLUEPOT_LIMIT_HIGH 0x4B3B4CA85A86C47AULL
    #define GLUEPOT_LIMIT_LOW 0x098A224000000000ULL
    """
    const uint64_t LIMIT_HIGH "GLUEPOT_LIMIT_HIGH"  # 10 to the 38th
    const uint64_t LIMIT_LOW "GLUEPOT_LIMIT_LOW"

cdef struct Wide:
    uint64_t high
    uint64_t low


cdef inline Wide _wide(const Bytes* cell, int64_t at, int64_t length) noexcept nogil:
    """Read a two's-complement integer of 1 to 16 bytes."""
    cdef Wide found
    cdef int64_t index
    found.low = found.high = 0xFFFFFFFFFFFFFFFFULL if byte_at(cell, at) >= 128 else 0
    if length >= 8:
        found.low = big64(cell, at + length - 8)
        for index in range(length - 8):
            found.high = found.high << 8 | byte_at(cell, at + index)
        return found
    for index in range(length):
        found.low = found.low << 8 | byte_at(cell, at + index)
    return found


cdef inline Wide _magnitude(Wide number) noexcept nogil:
    """Drop the sign."""
    if number.high >> 63:
        number.low = ~number.low + 1
        number.high = ~number.high + (number.low == 0)
    return number


def varints(const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, uint64_t[::1] out):
    """Gather integers into decimal128: low and high words in turn. Nulls are zero.

    Returns -(index + 1) of the first that has more than 38 digits, else 0.
    """
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    require(out.shape[0] >= 2 * cells.count)
    if not cells.count:
        return 0
    with nogil:
        found = _varints(&cells, &out[0])
    return found


cdef int64_t _varints(const Cells* cells, uint64_t* out) noexcept nogil:
    cdef int64_t index, at
    cdef uint8_t fill
    cdef Wide number, size
    cdef Bytes cell
    for index in range(cells.count):
        number.high = number.low = 0
        if cells.lengths[index] > 0:
            if not cell_at(cells, index, &cell):
                return -index - 1
            at = 0
            fill = 255 if byte_at(&cell, 0) >= 128 else 0
            while cell.size - at > SHORT:  # more bytes than needed, as blobAsVarint allows
                if byte_at(&cell, at) != fill or byte_at(&cell, at + 1) ^ fill >= 128:
                    return -index - 1
                at += 1
            number = _wide(&cell, at, cell.size - at)
            size = _magnitude(number)
            if size.high > LIMIT_HIGH or (size.high == LIMIT_HIGH and size.low >= LIMIT_LOW):
                return -index - 1
        out[2 * index] = number.low
        out[2 * index + 1] = number.high
    return 0


def decimals(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int64_t head,
    int32_t[::1] starts, uint8_t[::1] out,
):
    """Write decimals (`head` is 4: the bytes of the scale) or integers (`head` is 0) as Python's str(Decimal) does.

    Those of more than 16 bytes are left empty: they are the caller's. Each takes at most 17 characters more than it has
    digits. Rule: https://speleotrove.com/decimal/daconvs.html#reftostr. Returns how many characters there are, or
    -(number + 1) of the first that is none.
    """
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    cdef Room room = room_of(out)
    require(head in (0, 4) and starts.shape[0] > cells.count)
    with nogil:
        found = _decimals(&cells, head, &starts[0], &room)
    require(found != NO_ROOM)
    return found


cdef int64_t _decimals(const Cells* cells, int64_t head, int32_t* starts, const Room* out) noexcept nogil:
    cdef int64_t index, scale, count, to = 0
    cdef uint8_t[DIGITS] digits
    cdef Wide number
    cdef Bytes cell
    for index in range(cells.count):
        starts[index] = <int32_t> to
        if cells.lengths[index] <= 0 or cells.lengths[index] > head + SHORT:
            continue
        if cells.lengths[index] <= head or not cell_at(cells, index, &cell):
            return -index - 1
        scale = <int32_t> big32(&cell, 0) if head else 0
        number = _wide(&cell, head, cell.size - head)
        if number.high >> 63:
            put8(out, to, c"-")
            to += 1
        count = _put_digits(_magnitude(number), digits)
        if count + MORE > out.size - starts[index]:
            return NO_ROOM
        if scale >= 0 and count - 1 - scale >= -6:
            to = _put_plain(digits, count, scale, out, to)
        else:
            to = _put_scientific(digits, count, count - 1 - scale, out, to)
    starts[cells.count] = <int32_t> to
    return to


cdef int64_t _put_digits(Wide number, uint8_t* digits) noexcept nogil:
    """Write a number's decimal digits, of which it has 39 at most, the last one first; return how many they are."""
    cdef int64_t count = 0, index
    cdef uint64_t rest, part, upper, high = number.high, low = number.low
    while high:  # nine digits at a time: long division of four 32-bit words
        rest = 0
        for index in range(2):
            part = rest << 32 | high >> 32
            upper = part // BILLION
            part = part % BILLION << 32 | high & 0xFFFFFFFFULL
            high, low, rest = low, upper << 32 | part // BILLION, part % BILLION
        for index in range(9):
            digits[count] = 48 + rest % 10
            rest //= 10
            count += 1
    while low or count == 0:
        digits[count] = 48 + low % 10
        low //= 10
        count += 1
    return count


cdef int64_t _put_plain(const uint8_t* digits, int64_t count, int64_t scale, const Room* out, int64_t to) noexcept nogil:
    """Write digits with a point before the last `scale` of them; return where it ends."""
    cdef int64_t place = max(count, scale + 1) - 1
    while place >= 0:
        put8(out, to, digits[place] if place < count else 48)
        to += 1
        if place == scale and scale > 0:
            put8(out, to, c".")
            to += 1
        place -= 1
    return to


cdef int64_t _put_scientific(
    uint8_t* digits, int64_t count, int64_t exponent, const Room* out, int64_t to
) noexcept nogil:
    """Write digits with a point behind the first one, and an exponent; return where it ends."""
    cdef int64_t place = count - 1
    cdef Wide size
    while place >= 0:
        put8(out, to, digits[place])
        to += 1
        if place == count - 1 and count > 1:
            put8(out, to, c".")
            to += 1
        place -= 1
    put8(out, to, c"E")
    put8(out, to + 1, c"+" if exponent >= 0 else c"-")
    to += 2
    size.high, size.low = 0, <uint64_t> (exponent if exponent >= 0 else -exponent)
    place = _put_digits(size, digits) - 1
    while place >= 0:
        put8(out, to, digits[place])
        to += 1
        place -= 1
    return to
