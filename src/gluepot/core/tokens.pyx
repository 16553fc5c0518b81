"""Cassandra's Murmur3: the token of a partition from the bytes of its key, and keys from what the lake holds.

It is MurmurHash3_x64_128's first half, with one difference that is there to stay: bytes of the tail are sign-extended
(https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/utils/MurmurHash.java).
"""

from gluepot.core.bytes cimport Bytes, byte_at, bytes_of, int64_t, require, uint8_t, uint64_t, within, word64
from gluepot.core.xxh64 cimport turned

cdef extern from * nogil:
    """
    #define GLUEPOT_C1 0x87C37B91114253D5ULL
    #define GLUEPOT_C2 0x4CF5AD432745937FULL
    """
    const uint64_t C1 "GLUEPOT_C1"
    const uint64_t C2 "GLUEPOT_C2"
    const int64_t LEAST "INT64_MIN"
    const int64_t MOST "INT64_MAX"

cdef enum:
    BLOCK = 16
    UUID = 36  # characters: 32 digits and four hyphens


cdef inline uint64_t _finished(uint64_t word) noexcept nogil:
    word = (word ^ word >> 33) * 0xFF51AFD7ED558CCDULL
    word = (word ^ word >> 33) * 0xC4CEB9FE1A85EC53ULL
    return word ^ word >> 33


cdef inline uint64_t _tail(const Bytes* key, int64_t start, int64_t count) noexcept nogil:
    """Read the last bytes as a word, each of them signed."""
    cdef uint64_t word = 0
    cdef int64_t index
    for index in range(count):
        word ^= <uint64_t> <int64_t> <signed char> byte_at(key, start + index) << (8 * index)
    return word


cdef int64_t _token(const Bytes* key) noexcept nogil:
    cdef uint64_t one = 0, two = 0
    cdef int64_t at = 0, rest, found
    if key.size == 0:
        return LEAST
    while at + BLOCK <= key.size:
        one ^= turned(word64(key, at) * C1, 31) * C2
        one = (turned(one, 27) + two) * 5 + 0x52DCE729
        two ^= turned(word64(key, at + 8) * C2, 33) * C1
        two = (turned(two, 31) + one) * 5 + 0x38495AB5
        at += BLOCK
    rest = key.size - at
    if rest > 8:
        two ^= turned(_tail(key, at + 8, rest - 8) * C2, 33) * C1
    if rest > 0:
        one ^= turned(_tail(key, at, min(rest, 8)) * C1, 31) * C2
    one ^= <uint64_t> key.size
    two ^= <uint64_t> key.size
    one += two
    two += one
    found = <int64_t> (_finished(one) + _finished(two))
    return MOST if found == LEAST else found


def token(const uint8_t[::1] key):
    """Give the token of a serialised partition key; an empty one has the least."""
    cdef Bytes whole = bytes_of(key)
    return _token(&whole)


def tokens(const uint8_t[::1] data, const int64_t[::1] starts, const int64_t[::1] lengths, int64_t[::1] out):
    """Give the tokens of many keys, which begin at these places and are so long."""
    cdef Bytes whole = bytes_of(data), key
    cdef int64_t row
    cdef bint fits = True
    with nogil:
        for row in range(out.shape[0]):
            fits = fits and within(&whole, starts[row], lengths[row], &key)
            out[row] = _token(&key) if fits else 0
    require(fits)


def appended(
    uint8_t[::1] out, int64_t[::1] places, const uint8_t[::1] data, const int64_t[::1] starts,
    const int64_t[::1] lengths,
):
    """Append one component to every composite key: two bytes of length, the value, a zero. Places move on."""
    cdef Bytes whole = bytes_of(data), value
    cdef int64_t row, at, index
    cdef bint fits = True
    with nogil:
        for row in range(starts.shape[0]):
            at = places[row]
            fits = fits and within(&whole, starts[row], lengths[row], &value)
            if not fits:
                break
            out[at] = <uint8_t> (value.size >> 8)
            out[at + 1] = <uint8_t> (value.size & 0xFF)
            for index in range(value.size):
                out[at + 2 + index] = value.data[index]
            out[at + 2 + value.size] = 0
            places[row] = at + 3 + value.size
    require(fits)


def of_hex(const uint8_t[::1] data, const int64_t[::1] bounds, uint8_t[::1] out):
    """Read UUIDs of 36 characters into 16 bytes each; give whether all of them are such."""
    cdef Bytes whole = bytes_of(data), text
    cdef int64_t row
    cdef bint fits = True
    with nogil:
        for row in range(bounds.shape[0] - 1):
            fits = fits and within(&whole, bounds[row], bounds[row + 1] - bounds[row], &text)
            fits = fits and (text.size == 0 or _of_hex(&text, out, row * 16))
    return fits


cdef bint _of_hex(const Bytes* text, uint8_t[::1] out, int64_t to) except? -1 nogil:
    cdef int64_t index, digits = 0
    cdef uint8_t char, value
    if text.size != UUID:
        return False
    for index in range(UUID):
        char = byte_at(text, index)
        if char == c"-":
            continue
        if digits == 32:
            return False
        value = char - 48 if char < 58 else (char | 32) - 87
        if digits & 1 == 0:
            out[to + (digits >> 1)] = value << 4
        else:
            out[to + (digits >> 1)] |= value & 15
        digits += 1
    return True


def of_varints(const uint64_t[:, ::1] words, uint8_t[::1] out, int64_t[::1] starts, int64_t[::1] lengths):
    """Write 128-bit integers as Java's BigInteger does: big-endian, in as few bytes as hold the sign."""
    cdef int64_t row, at, index
    cdef uint64_t word
    cdef uint8_t filler
    with nogil:
        for row in range(words.shape[0]):
            for index in range(8):
                out[row * 16 + 7 - index] = <uint8_t> (words[row, 1] >> (8 * index))
                out[row * 16 + 15 - index] = <uint8_t> (words[row, 0] >> (8 * index))
            at = row * 16
            filler = 0xFF if out[at] & 0x80 else 0
            while at < row * 16 + 15 and out[at] == filler and out[at + 1] & 0x80 == filler & 0x80:
                at += 1
            starts[row] = at
            lengths[row] = row * 16 + 16 - at
