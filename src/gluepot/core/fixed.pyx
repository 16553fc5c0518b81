"""Values of one width, turned to the machine's order of bytes, with a bitmap of which are there.

Every function returns what it counts, or -(number + 1) of the first cell that is not what its type says.
"""

from gluepot.core.bytes cimport (
    Bytes, Cells, big16, big32, big64, byte_at, cell_at, cells_of, int32_t, int64_t, load32, load64, memcpy, require,
    store32, store64, swap32, swap64, uint8_t, uint16_t, uint32_t, uint64_t, vint_at,
)


def validity(const int32_t[::1] lengths, int64_t least, uint8_t[::1] bitmap):
    """Mark cells of at least this length in a bitmap; return how many are shorter, which are null."""
    cdef int64_t found, count = lengths.shape[0]
    require(bitmap.shape[0] * 8 >= count)
    if not count:
        return 0
    with nogil:
        found = _validity(&lengths[0], count, least, &bitmap[0])
    return found


cdef int64_t _validity(const int32_t* lengths, int64_t count, int64_t least, uint8_t* bitmap) noexcept nogil:
    cdef int64_t valid = 0, start, index
    cdef uint8_t bits
    for start in range(0, count, 8):
        bits = 0
        for index in range(start, min(start + 8, count)):
            if lengths[index] >= least:
                bits |= 1 << (index & 7)
                valid += 1
        bitmap[start >> 3] = bits
    return count - valid


def gather(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int64_t width, uint8_t[::1] out,
    uint8_t[::1] bitmap,
):
    """Gather values of 1, 2, 4 or 8 bytes; return how many are null. Nulls are zeros."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    require(width in (1, 2, 4, 8) and out.shape[0] >= width * cells.count and bitmap.shape[0] * 8 >= cells.count)
    if not cells.count:
        return 0
    with nogil:
        if width == 8:
            found = _gather(&cells, 8, &out[0], &bitmap[0])
        elif width == 4:
            found = _gather(&cells, 4, &out[0], &bitmap[0])
        elif width == 2:
            found = _gather(&cells, 2, &out[0], &bitmap[0])
        else:
            found = _gather(&cells, 1, &out[0], &bitmap[0])
    return found


cdef inline int64_t _gather(const Cells* cells, int64_t width, uint8_t* out, uint8_t* bitmap) noexcept nogil:
    """Gather values; compiled once for each width."""
    cdef int64_t valid = 0, start, index
    cdef uint8_t bits
    for start in range(0, cells.count, 8):
        bits = 0
        for index in range(start, min(start + 8, cells.count)):
            if cells.lengths[index] == width:
                _put(&cells.page, cells.offsets[index], width, out + index * width)
                bits |= 1 << (index & 7)
                valid += 1
            elif cells.lengths[index] > 0:
                return -index - 1
            else:
                _put(&cells.page, -1, width, out + index * width)
        bitmap[start >> 3] = bits
    return cells.count - valid


cdef inline void _put(const Bytes* page, int64_t at, int64_t width, uint8_t* out) noexcept nogil:
    """Write a value as the machine has it; zero where there is none."""
    cdef uint16_t half
    if width == 8:
        store64(out, big64(page, at))
    elif width == 4:
        store32(out, big32(page, at))
    elif width == 2:
        half = big16(page, at)
        memcpy(out, &half, 2)
    else:
        out[0] = byte_at(page, at)


def booleans(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, uint8_t[::1] out,
    uint8_t[::1] bitmap,
):
    """Gather booleans into a bitmap, any byte but 0 is true; return how many are null."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    require(out.shape[0] * 8 >= cells.count and bitmap.shape[0] * 8 >= cells.count)
    if not cells.count:
        return 0
    with nogil:
        found = _booleans(&cells, &out[0], &bitmap[0])
    return found


cdef int64_t _booleans(const Cells* cells, uint8_t* out, uint8_t* bitmap) noexcept nogil:
    cdef int64_t valid = 0, start, index
    cdef uint8_t bits, true
    for start in range(0, cells.count, 8):
        bits = true = 0
        for index in range(start, min(start + 8, cells.count)):
            if cells.lengths[index] == 1:
                bits |= 1 << (index & 7)
                true |= (byte_at(&cells.page, cells.offsets[index]) != 0) << (index & 7)
                valid += 1
            elif cells.lengths[index] > 0:
                return -index - 1
        bitmap[start >> 3] = bits
        out[start >> 3] = true
    return cells.count - valid


def durations(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int32_t[::1] months,
    int32_t[::1] days, int64_t[::1] nanos,
):
    """Read durations: three signed vints, the first two of which fit 32 bits. Nulls are zeros. Returns 0."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    require(months.shape[0] >= cells.count and days.shape[0] >= cells.count and nanos.shape[0] >= cells.count)
    if not cells.count:
        return 0
    with nogil:
        found = _durations(&cells, &months[0], &days[0], &nanos[0])
    return found


cdef int64_t _durations(const Cells* cells, int32_t* months, int32_t* days, int64_t* nanos) noexcept nogil:
    cdef int64_t index, at, part
    cdef int64_t[3] values
    cdef uint64_t coded
    cdef Bytes cell
    for index in range(cells.count):
        months[index] = days[index] = 0
        nanos[index] = 0
        if cells.lengths[index] <= 0:
            continue
        if not cell_at(cells, index, &cell):
            return -index - 1
        at = 0
        for part in range(3):
            at = vint_at(&cell, at, &coded)
            if at < 0:
                return -index - 1
            values[part] = <int64_t> (coded >> 1) ^ -<int64_t> (coded & 1)
            if part < 2 and values[part] != <int32_t> values[part]:
                return -index - 1
        months[index], days[index], nanos[index] = <int32_t> values[0], <int32_t> values[1], values[2]
    return 0


def runs(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int64_t count, int64_t width,
    int32_t[::1] starts, uint8_t[::1] out,
):
    """Gather vectors: `count` values of 4 or 8 bytes of each cell, and Arrow's offsets of the lists they make.

    Returns how many values there are. A cell of any other length is wrong, save for those without any.
    """
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    require(width in (4, 8) and 0 < count <= 0x7FFFFFFF and starts.shape[0] > cells.count)
    with nogil:
        found = _runs(&cells, count, width, &starts[0], &out[0] if out.shape[0] else NULL, out.shape[0])
    return found


cdef int64_t _runs(
    const Cells* cells, int64_t count, int64_t width, int32_t* starts, uint8_t* out, int64_t room
) noexcept nogil:
    cdef int64_t index, value, to = 0
    cdef Bytes cell
    starts[0] = 0
    for index in range(cells.count):
        if cells.lengths[index] == count * width:
            if not cell_at(cells, index, &cell) or cell.size > room - to:
                return -index - 1
            if width == 4:
                for value in range(count):
                    store32(out + to + 4 * value, swap32(load32(cell.data + 4 * value)))
            else:
                for value in range(count):
                    store64(out + to + 8 * value, swap64(load64(cell.data + 8 * value)))
            to += cell.size
        elif cells.lengths[index] > 0:
            return -index - 1
        starts[index + 1] = <int32_t> (to // width)
    return to // width
