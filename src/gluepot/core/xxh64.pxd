"""XXH64 with seed 0, as Trino's and Athena's `xxhash64(varbinary)` have it.

The algorithm is https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. Words are 64 bits as they lie in memory
on a little-endian machine; a hash that is hashed again goes in as its big-endian bytes, which is how Trino gives it.
"""

from gluepot.core.bytes cimport Bytes, int64_t, load32, load64, uint8_t, uint64_t

cdef enum:
    STRIPE = 32

cdef extern from * nogil:
    """
    #define GLUEPOT_P1 0x9E3779B185EBCA87ULL
    #define GLUEPOT_P2 0xC2B2AE3D27D4EB4FULL
    #define GLUEPOT_P3 0x165667B19E3779F9ULL
    #define GLUEPOT_P4 0x85EBCA77C2B2AE63ULL
    #define GLUEPOT_P5 0x27D4EB2F165667C5ULL
    """
    const uint64_t P1 "GLUEPOT_P1"
    const uint64_t P2 "GLUEPOT_P2"
    const uint64_t P3 "GLUEPOT_P3"
    const uint64_t P4 "GLUEPOT_P4"
    const uint64_t P5 "GLUEPOT_P5"

cdef struct Lanes:
    uint64_t one
    uint64_t two
    uint64_t three
    uint64_t four


cdef inline uint64_t turned(uint64_t word, int bits) noexcept nogil:
    return word << bits | word >> (64 - bits)


cdef inline uint64_t round_of(uint64_t lane, uint64_t word) noexcept nogil:
    return turned(lane + word * P2, 31) * P1


cdef inline uint64_t merged(uint64_t into, uint64_t lane) noexcept nogil:
    return (into ^ round_of(0, lane)) * P1 + P4


cdef inline uint64_t mixed(uint64_t into, uint64_t word) noexcept nogil:
    return turned(into ^ round_of(0, word), 27) * P1 + P4


cdef inline uint64_t finished(uint64_t found) noexcept nogil:
    found = (found ^ found >> 33) * P2
    found = (found ^ found >> 29) * P3
    return found ^ found >> 32


cdef inline Lanes begun() noexcept nogil:
    cdef Lanes lanes
    lanes.one, lanes.two, lanes.three, lanes.four = P1 + P2, P2, 0, <uint64_t> 0 - P1
    return lanes


cdef inline uint64_t joined(const Lanes* lanes) noexcept nogil:
    cdef uint64_t found = turned(lanes.one, 1) + turned(lanes.two, 7) + turned(lanes.three, 12) + turned(lanes.four, 18)
    return merged(merged(merged(merged(found, lanes.one), lanes.two), lanes.three), lanes.four)


cdef inline uint64_t of_word(uint64_t word) noexcept nogil:
    """Hash eight bytes."""
    return finished(mixed(P5 + 8, word))


cdef inline uint64_t of_bytes(const Bytes* source) noexcept nogil:
    """Hash bytes."""
    cdef uint64_t found = P5
    cdef const uint8_t* at = source.data
    cdef int64_t left = source.size
    cdef Lanes lanes
    if left >= STRIPE:
        lanes = begun()
        while left >= STRIPE:
            lanes.one, lanes.two = round_of(lanes.one, load64(at)), round_of(lanes.two, load64(at + 8))
            lanes.three, lanes.four = round_of(lanes.three, load64(at + 16)), round_of(lanes.four, load64(at + 24))
            at += STRIPE
            left -= STRIPE
        found = joined(&lanes)
    found += <uint64_t> source.size
    while left >= 8:
        found = mixed(found, load64(at))
        at += 8
        left -= 8
    if left >= 4:
        found = turned(found ^ load32(at) * P1, 23) * P2 + P3
        at += 4
        left -= 4
    while left > 0:
        found = turned(found ^ at[0] * P5, 11) * P1
        at += 1
        left -= 1
    return finished(found)


cdef inline uint64_t of_words(const uint64_t* words, int64_t count) noexcept nogil:
    """Hash words, eight bytes each; the caller says how many there are."""
    cdef uint64_t found = P5
    cdef int64_t at = 0
    cdef Lanes lanes
    if count >= 4:
        lanes = begun()
        while at + 4 <= count:
            lanes.one, lanes.two = round_of(lanes.one, words[at]), round_of(lanes.two, words[at + 1])
            lanes.three, lanes.four = round_of(lanes.three, words[at + 2]), round_of(lanes.four, words[at + 3])
            at += 4
        found = joined(&lanes)
    found += <uint64_t> count << 3
    while at < count:
        found = mixed(found, words[at])
        at += 1
    return finished(found)
