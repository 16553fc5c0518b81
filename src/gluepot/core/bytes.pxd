"""Bytes that came from outside, and how many there are: a read beyond their end is impossible.

Each read knows the end and gives 0 beyond it, a write there is left out; whoever reads and writes asks first what is
`within`, or `require`s room for all of it, and then only `load`s and `store`s in loops that end there.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from * nogil:
    """
    #if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "gluepot's core is written for little-endian machines"
    #endif
    """
    uint16_t swap16 "__builtin_bswap16"(uint16_t word)
    uint32_t swap32 "__builtin_bswap32"(uint32_t word)
    uint64_t swap64 "__builtin_bswap64"(uint64_t word)

cdef struct Bytes:
    const uint8_t* data
    int64_t size

cdef struct Room:
    uint8_t* data
    int64_t size

cdef struct Cells:  # of a page: where each begins, and its length, -1 for null
    Bytes page
    const int32_t* offsets
    const int32_t* lengths
    int64_t count


cdef inline int require(bint fits) except -1:
    """Raise where a caller gave too little room, or arrays of different lengths."""
    if not fits:
        raise ValueError("arrays and buffers do not fit each other")
    return 0


cdef inline Bytes bytes_of(const uint8_t[::1] view) noexcept nogil:
    """Look at a buffer."""
    cdef Bytes found
    found.size = view.shape[0]
    found.data = &view[0] if found.size else NULL
    return found


cdef inline Room room_of(uint8_t[::1] view) noexcept nogil:
    """Look at a buffer that is written to."""
    cdef Room found
    found.size = view.shape[0]
    found.data = &view[0] if found.size else NULL
    return found


cdef inline Cells cells_of(const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths) except *:
    """Look at cells, of which each has an offset and a length."""
    cdef Cells found
    require(offsets.shape[0] == lengths.shape[0])
    found.page, found.count = bytes_of(page), offsets.shape[0]
    found.offsets = &offsets[0] if found.count else NULL
    found.lengths = &lengths[0] if found.count else NULL
    return found


cdef inline bint within(const Bytes* whole, int64_t at, int64_t length, Bytes* part) noexcept nogil:
    """Take a part where all of it is there; else there is nothing in it."""
    if at < 0 or length < 0 or at > whole.size or length > whole.size - at:
        part.data, part.size = NULL, 0
        return False
    part.data, part.size = whole.data + at, length
    return True


cdef inline bint cell_at(const Cells* cells, int64_t index, Bytes* cell) noexcept nogil:
    """Take a cell that is not null, where all of it lies within the page."""
    return within(&cells.page, cells.offsets[index], cells.lengths[index], cell)


cdef inline bint holds(const Bytes* source, int64_t at, int64_t count) noexcept nogil:
    """Say whether `count` bytes, few, are there from a place on."""
    return at >= 0 and at <= source.size - count


cdef inline uint32_t load32(const uint8_t* at) noexcept nogil:
    """Read a word whose place was looked at before."""
    cdef uint32_t word
    memcpy(&word, at, 4)
    return word


cdef inline uint64_t load64(const uint8_t* at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline void store32(uint8_t* at, uint32_t word) noexcept nogil:
    """Write a word where room was required before."""
    memcpy(at, &word, 4)


cdef inline void store64(uint8_t* at, uint64_t word) noexcept nogil:
    memcpy(at, &word, 8)


cdef inline uint8_t byte_at(const Bytes* source, int64_t at) noexcept nogil:
    return source.data[at] if holds(source, at, 1) else 0


cdef inline uint32_t word32(const Bytes* source, int64_t at) noexcept nogil:
    """Read a word as it lies."""
    return load32(source.data + at) if holds(source, at, 4) else 0


cdef inline uint64_t word64(const Bytes* source, int64_t at) noexcept nogil:
    return load64(source.data + at) if holds(source, at, 8) else 0


cdef inline uint16_t big16(const Bytes* source, int64_t at) noexcept nogil:
    """Read a word whose first byte counts most."""
    cdef uint16_t word = 0
    if holds(source, at, 2):
        memcpy(&word, source.data + at, 2)
    return swap16(word)


cdef inline uint32_t big32(const Bytes* source, int64_t at) noexcept nogil:
    return swap32(word32(source, at))


cdef inline uint64_t big64(const Bytes* source, int64_t at) noexcept nogil:
    return swap64(word64(source, at))


cdef inline bint takes(const Room* out, int64_t at, int64_t count) noexcept nogil:
    """Say whether there is room for `count` bytes, few, from a place on."""
    return at >= 0 and at <= out.size - count


cdef inline void put8(const Room* out, int64_t at, uint8_t byte) noexcept nogil:
    if takes(out, at, 1):
        out.data[at] = byte


cdef inline void put16(const Room* out, int64_t at, uint16_t word) noexcept nogil:
    if takes(out, at, 2):
        memcpy(out.data + at, &word, 2)


cdef inline void put32(const Room* out, int64_t at, uint32_t word) noexcept nogil:
    if takes(out, at, 4):
        memcpy(out.data + at, &word, 4)


cdef inline void put64(const Room* out, int64_t at, uint64_t word) noexcept nogil:
    if takes(out, at, 8):
        memcpy(out.data + at, &word, 8)


cdef inline bint covers(const Bytes* bits, int64_t first, int64_t count) noexcept nogil:
    """Say whether an Arrow bitmap has these bits; one that is not there has all of them, set."""
    return bits.size == 0 or (first >= 0 and (first + count + 7) >> 3 <= bits.size)


cdef inline bint is_there(const Bytes* bits, int64_t index) noexcept nogil:
    """Look at a bit of an Arrow bitmap that says which values are not null."""
    return bits.size == 0 or byte_at(bits, index >> 3) >> (index & 7) & 1


cdef inline int64_t place_at(const Bytes* places, int64_t index, int64_t width) noexcept nogil:
    """Read one of Arrow's offsets, which have 4 bytes, or 8 in the large types."""
    return <int64_t> word64(places, index * 8) if width == 8 else <int32_t> word32(places, index * 4)


cdef inline int64_t vint_at(const Bytes* source, int64_t at, uint64_t* value) noexcept nogil:
    """Read an unsigned vint: leading ones of the first byte count the bytes that follow. Returns where it ends.

    -1 where it is cut off.
    https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/utils/vint/VIntCoding.java
    """
    cdef int64_t more = 0, index
    cdef uint8_t first
    value[0] = 0
    if not holds(source, at, 1):
        return -1
    first = source.data[at]
    while more < 8 and first & (128 >> more):
        more += 1
    if not holds(source, at, more + 1):
        return -1
    if more < 8:
        value[0] = first & (0xFF >> more)
    for index in range(more):
        value[0] = value[0] << 8 | source.data[at + 1 + index]
    return at + 1 + more
