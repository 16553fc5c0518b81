"""The smallest and the largest text of a column, by their bytes: UTF-8 sorts as its characters do."""

from libc.string cimport memcmp

from gluepot.core.bytes cimport (
    Bytes, big64, byte_at, bytes_of, covers, int64_t, is_there, place_at, require, uint8_t, uint64_t, within,
)


def of_texts(
    const uint8_t[::1] data, const uint8_t[::1] places, int64_t width, const uint8_t[::1] bits, int64_t first,
    int64_t count,
):
    """Find the smallest and the largest text of Arrow's buffers, of which an array takes `count` values from `first` on.

    Returns:
        Their places in the array; -1 twice where there is none.
    """
    cdef Bytes whole = bytes_of(data), bounds = bytes_of(places), there = bytes_of(bits)
    cdef int64_t smallest = -1, largest = -1
    cdef bint fits = first >= 0 and covers(&there, first, count)
    fits = fits and (count == 0 or (first + count + 1) * width <= bounds.size)
    if fits:
        with nogil:
            fits = _of_texts(&whole, &bounds, width, &there, first, count, &smallest, &largest)
    require(fits)
    return smallest, largest


cdef bint _of_texts(
    const Bytes* whole, const Bytes* bounds, int64_t width, const Bytes* there, int64_t first, int64_t count,
    int64_t* smallest, int64_t* largest,
) noexcept nogil:
    cdef int64_t row, start, end
    cdef uint64_t head, low = 0, high = 0
    cdef Bytes text, least, most
    least.data = most.data = NULL
    least.size = most.size = 0
    for row in range(count):
        if not is_there(there, first + row):
            continue
        start, end = place_at(bounds, first + row, width), place_at(bounds, first + row + 1, width)
        if not within(whole, start, end - start, &text):
            return False
        head = _head(&text)
        if smallest[0] < 0 or head < low or (head == low and _is_less(&text, &least)):
            smallest[0], low, least = row, head, text
        if largest[0] < 0 or head > high or (head == high and _is_less(&most, &text)):
            largest[0], high, most = row, head, text
    return True


cdef inline uint64_t _head(const Bytes* text) noexcept nogil:
    """Give the first eight bytes as a number that sorts as they do, zeros behind a shorter text."""
    cdef uint64_t found = 0
    cdef int64_t index
    if text.size >= 8:
        return big64(text, 0)
    for index in range(text.size):
        found |= <uint64_t> byte_at(text, index) << (56 - 8 * index)
    return found


cdef bint _is_less(const Bytes* one, const Bytes* other) noexcept nogil:
    """Compare two texts by their bytes; a text is less than what it begins."""
    cdef int64_t both = min(one.size, other.size)
    cdef int found = memcmp(one.data, other.data, both) if both else 0
    return found < 0 or (found == 0 and one.size < other.size)
