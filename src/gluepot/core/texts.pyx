"""Text and bytes as they are, and UUIDs and addresses as text.

Functions that write text return its length, or -(number + 1) of the first cell that is not what its type says.
"""

from gluepot.core.bytes cimport (
    Bytes, Cells, Room, big16, big32, byte_at, bytes_of, cell_at, cells_of, int32_t, int64_t, load64, memcpy, put8,
    put32, put64, require, room_of, takes, uint8_t, uint32_t, uint64_t, word32, word64,
)

cdef enum:
    SPARE = 32  # bytes that copies may write behind the last text
    UUID = 36  # characters
    STATE = 63  # bits of an automaton's state
    ADDRESS = 39  # characters of the longest address

cdef uint64_t[256] UTF8

TAIL = range(0x80, 0xC0)
STEPS = {
    "whole": {
        "whole": range(0x80),
        "one more": range(0xC2, 0xE0),
        "E0": range(0xE0, 0xE1),
        "two more": range(0xE1, 0xF0),
        "ED": range(0xED, 0xEE),
        "F0": range(0xF0, 0xF1),
        "three more": range(0xF1, 0xF4),
        "F4": range(0xF4, 0xF5),
    },
    "wrong": {},
    "one more": {"whole": TAIL},
    "two more": {"one more": TAIL},
    "three more": {"two more": TAIL},
    "E0": {"one more": range(0xA0, 0xC0)},
    "ED": {"one more": range(0x80, 0xA0)},
    "F0": {"two more": range(0x90, 0xC0)},
    "F4": {"two more": range(0x80, 0x90)},
}
"""State -> next state -> bytes that lead there; of two the last, others are wrong.

https://www.rfc-editor.org/rfc/rfc3629#section-4"""


def _make_utf8():
    """Make a word for each byte, with six bits for each state: where the byte leads from there, as a shift to its bits.

    So that a step of the automaton is one load and one shift; the state of whole characters is 0.
    https://gist.github.com/pervognsen/218ea17743e1442e59bb60d29b1aa725
    """
    shifts = {state: 6 * number for number, state in enumerate(STEPS)}
    for byte in range(256):
        word = 0
        for state, steps in STEPS.items():
            leads = "wrong"
            for following, those in steps.items():
                leads = following if byte in those else leads
            word |= shifts[leads] << shifts[state]
        UTF8[byte] = word


_make_utf8()


def measure(const int32_t[::1] lengths, int32_t[::1] starts, uint8_t[::1] bitmap):
    """Add lengths up to Arrow's offsets, and mark what is there in a bitmap; return how many are null."""
    cdef int64_t found, count = lengths.shape[0]
    require(starts.shape[0] > count and bitmap.shape[0] * 8 >= count)
    starts[0] = 0
    if not count:
        return 0
    with nogil:
        found = _measure(&lengths[0], count, &starts[0], &bitmap[0])
    return found


cdef int64_t _measure(const int32_t* lengths, int64_t count, int32_t* starts, uint8_t* bitmap) noexcept nogil:
    cdef int64_t valid = 0, start, index
    cdef int32_t total = 0
    cdef uint8_t bits
    for start in range(0, count, 8):
        bits = 0
        for index in range(start, min(start + 8, count)):
            if lengths[index] >= 0:
                bits |= 1 << (index & 7)
                valid += 1
                total += lengths[index]
            starts[index + 1] = total
        bitmap[start >> 3] = bits
    return count - valid


def copy(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, const int32_t[::1] starts,
    uint8_t[::1] out,
):
    """Copy cells one behind the other; say whether all is ASCII. `out` has 32 bytes to spare."""
    cdef bint fits, is_ascii = True
    cdef Cells cells = cells_of(page, offsets, lengths)
    cdef Room room = room_of(out)
    require(starts.shape[0] > cells.count and starts[cells.count] <= room.size)
    with nogil:
        fits = _copy(&cells, &starts[0], &room)
        if fits:
            is_ascii = _is_ascii(room.data, starts[cells.count])
    require(fits)
    return is_ascii


cdef bint _copy(const Cells* cells, const int32_t* starts, const Room* out) noexcept nogil:
    """Copy 32 bytes at a time: what is too much is written over by the next cell, and most cells take one copy.

    So no branch depends on a length, save for long texts and at the page's end.
    """
    cdef int64_t index, at, to, last = cells.page.size - SPARE
    cdef Bytes cell
    for index in range(cells.count):
        at, to = cells.offsets[index], starts[index]
        if cells.lengths[index] <= SPARE and at >= 0 and at <= last and takes(out, to, SPARE):
            memcpy(out.data + to, cells.page.data + at, SPARE)
        elif cells.lengths[index] > 0:
            if not cell_at(cells, index, &cell) or to < 0 or cell.size > out.size - to:
                return False
            memcpy(out.data + to, cell.data, cell.size)
    return True


cdef bint _is_ascii(const uint8_t* data, int64_t count) noexcept nogil:
    cdef uint64_t seen = 0
    cdef int64_t at = 0
    while at + 8 <= count:
        seen |= load64(data + at)
        at += 8
    while at < count:
        seen |= data[at]
        at += 1
    return (seen & 0x8080808080808080ULL) == 0


def is_utf8(const uint8_t[::1] data, const int32_t[::1] starts):
    """Tell whether all strings are UTF-8: they are if all of them together are, and none begins within a character."""
    cdef bint found
    require(starts.shape[0] > 0 and starts[starts.shape[0] - 1] <= data.shape[0])
    with nogil:
        found = _is_utf8(bytes_of(data), starts)
    return found


cdef bint _is_utf8(Bytes data, const int32_t[::1] starts) except? -1 nogil:
    cdef int64_t at = 0, index, word, within_one = 0, total = starts[starts.shape[0] - 1]
    cdef uint64_t state = 0, seen
    while at + 64 <= total:
        seen = 0
        for word in range(8):
            seen |= word64(&data, at + 8 * word)
        if seen & 0x8080808080808080ULL or state & STATE:  # else all are ASCII, and lead nowhere
            for word in range(8):
                state = _after(state, word64(&data, at + 8 * word))
        at += 64
    while at < total:
        state = UTF8[byte_at(&data, at)] >> (state & STATE)
        at += 1
    for index in range(starts.shape[0] - 1):
        within_one += starts[index] < total and byte_at(&data, starts[index]) & 0xC0 == 0x80
    return state & STATE == 0 and within_one == 0


cdef inline uint64_t _after(uint64_t state, uint64_t word) noexcept nogil:
    """Give the automaton's state after the eight bytes of a word."""
    cdef int byte
    for byte in range(8):
        state = UTF8[<uint8_t> (word >> (8 * byte))] >> (state & STATE)
    return state


def not_utf8(const uint8_t[::1] data, const int32_t[::1] starts, uint8_t[::1] wrong):
    """Mark strings that are not UTF-8; return how many they are."""
    cdef int64_t found
    require(starts.shape[0] > 0 and starts[starts.shape[0] - 1] <= data.shape[0])
    with nogil:
        found = _not_utf8(bytes_of(data), starts, wrong)
    return found


cdef int64_t _not_utf8(Bytes data, const int32_t[::1] starts, uint8_t[::1] wrong) except? -1 nogil:
    cdef int64_t index, at, found = 0
    cdef uint64_t state
    for index in range(starts.shape[0] - 1):
        state = 0
        for at in range(starts[index], starts[index + 1]):
            state = UTF8[byte_at(&data, at)] >> (state & STATE)
        wrong[index] = state & STATE != 0
        found += wrong[index]
    return found


cdef inline uint64_t _hex8(uint64_t word) noexcept nogil:
    """Spread four bytes, the first of them lowest, to the eight hexadecimal digits they are, all at once."""
    cdef uint64_t digits, letters
    word = (word | word << 16) & 0x0000FFFF0000FFFFULL
    word = (word | word << 8) & 0x00FF00FF00FF00FFULL
    digits = (word >> 4) & 0x000F000F000F000FULL | (word << 8) & 0x0F000F000F000F00ULL
    letters = (digits + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL
    return digits + 0x3030303030303030ULL + letters * 0x27


def uuids(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int32_t[::1] starts,
    uint8_t[::1] out,
):
    """Write UUIDs as 36 characters; return how many there are."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    cdef Room room = room_of(out)
    require(room.size >= UUID * cells.count and starts.shape[0] > cells.count)
    with nogil:
        found = _uuids(&cells, &starts[0], &room)
    return found


cdef int64_t _uuids(const Cells* cells, int32_t* starts, const Room* out) noexcept nogil:
    cdef int64_t index, to = 0
    cdef uint64_t digits
    cdef Bytes cell
    for index in range(cells.count):
        starts[index] = <int32_t> to
        if cells.lengths[index] == 16:
            if not cell_at(cells, index, &cell):
                return -index - 1
            put64(out, to, _hex8(word32(&cell, 0)))
            digits = _hex8(word32(&cell, 4))
            put8(out, to + 8, c"-")
            put32(out, to + 9, <uint32_t> digits)
            put8(out, to + 13, c"-")
            put32(out, to + 14, digits >> 32)
            digits = _hex8(word32(&cell, 8))
            put8(out, to + 18, c"-")
            put32(out, to + 19, <uint32_t> digits)
            put8(out, to + 23, c"-")
            put32(out, to + 24, digits >> 32)
            put64(out, to + 28, _hex8(word32(&cell, 12)))
            to += UUID
        elif cells.lengths[index] > 0:
            return -index - 1
    starts[cells.count] = <int32_t> to
    return to


def addresses(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int32_t[::1] starts,
    uint8_t[::1] out,
):
    """Write IP addresses, of up to 39 characters; return how many characters there are."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    cdef Room room = room_of(out)
    require(room.size >= ADDRESS * cells.count and starts.shape[0] > cells.count)
    with nogil:
        found = _addresses(&cells, &starts[0], &room)
    return found


cdef int64_t _addresses(const Cells* cells, int32_t* starts, const Room* out) noexcept nogil:
    cdef int64_t index, to = 0
    cdef Bytes cell
    for index in range(cells.count):
        starts[index] = <int32_t> to
        if cells.lengths[index] <= 0:
            continue
        if not cell_at(cells, index, &cell):
            return -index - 1
        if cell.size == 4:
            to = _put_ipv4(&cell, 0, out, to)
        elif cell.size == 16:
            to = _put_ipv6(&cell, out, to)
        else:
            return -index - 1
    starts[cells.count] = <int32_t> to
    return to


cdef int64_t _put_ipv4(const Bytes* cell, int64_t at, const Room* out, int64_t to) noexcept nogil:
    """Write an IPv4 address; return where it ends."""
    cdef int64_t index
    cdef uint8_t value
    for index in range(4):
        if index:
            put8(out, to, c".")
            to += 1
        value = byte_at(cell, at + index)
        if value >= 100:
            put8(out, to, 48 + value // 100)
            to += 1
        if value >= 10:
            put8(out, to, 48 + value // 10 % 10)
            to += 1
        put8(out, to, 48 + value % 10)
        to += 1
    return to


cdef int64_t _put_ipv6(const Bytes* cell, const Room* out, int64_t to) noexcept nogil:
    """Write an IPv6 address, its longest run of zeros left out; return where it ends.

    https://www.rfc-editor.org/rfc/rfc5952#section-4; mapped IPv4 addresses as its section 5 recommends.
    """
    cdef int64_t longest = 1, skip = -1, run = 0, group = 0
    for group in range(8):
        run = run + 1 if big16(cell, 2 * group) == 0 else 0
        if run > longest:
            longest, skip = run, group + 1 - run
    if skip == 0 and longest == 5 and big32(cell, 8) == 0xFFFF:
        memcpy(out.data + to, <const char*> b"::ffff:", 7)
        return _put_ipv4(cell, 12, out, to + 7)
    group = 0
    while group < 8:
        if group == skip:
            put8(out, to, c":")
            to += 1
            if group == 0:
                put8(out, to, c":")
                to += 1
            group += longest
            continue
        to = _put_group(big16(cell, 2 * group), out, to)
        if group < 7:
            put8(out, to, c":")
            to += 1
        group += 1
    return to


cdef int64_t _put_group(int64_t value, const Room* out, int64_t to) noexcept nogil:
    """Write 16 bits as hexadecimal digits without leading zeros; return where they end."""
    cdef int64_t shift = 12, digit
    cdef bint begun = False
    while shift >= 0:
        digit = value >> shift & 15
        begun = begun or digit != 0 or shift == 0
        if begun:
            put8(out, to, digit + (48 if digit < 10 else 87))
            to += 1
        shift -= 4
    return to
