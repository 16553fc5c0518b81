"""Where cells are: those of a page, and those within collections, user-defined types, tuples and vectors.

Every function returns what it counts, or -(number + 1) of the first cell that is not what its type says.
"""

from gluepot.core.bytes cimport (
    Bytes, Cells, big32, bytes_of, cell_at, cells_of, int32_t, int64_t, require, uint8_t, uint64_t, vint_at, within,
)

cdef struct Found:  # room for cells within cells: `parts` tables of `size` each
    int32_t* offsets
    int32_t* lengths
    int64_t parts
    int64_t size


cdef Found _room(int32_t[:, ::1] offsets, int32_t[:, ::1] lengths) except *:
    cdef Found found
    require(offsets.shape[0] == lengths.shape[0] and offsets.shape[1] == lengths.shape[1])
    found.parts, found.size = offsets.shape[0], offsets.shape[1]
    found.offsets = &offsets[0, 0] if found.parts and found.size else NULL
    found.lengths = &lengths[0, 0] if found.parts and found.size else NULL
    return found


cdef inline void _put(const Found* into, int64_t part, int64_t index, int64_t at, int64_t length) noexcept nogil:
    into.offsets[part * into.size + index] = <int32_t> at
    into.lengths[part * into.size + index] = <int32_t> length


def of_page(const uint8_t[::1] page, int32_t[:, ::1] offsets, int32_t[:, ::1] lengths):
    """Find the cells of a page, numbered row by row: four bytes of length, then the cell. Returns the bytes read.

    A table has as many parts as the page has columns, and in each as many cells as there are rows.
    """
    cdef int64_t found
    cdef Bytes whole = bytes_of(page)
    cdef Found into = _room(offsets, lengths)
    require(whole.size <= 0x7FFFFFFF)
    with nogil:
        found = _of_page(&whole, &into)
    return found


cdef int64_t _of_page(const Bytes* page, const Found* into) noexcept nogil:
    cdef int64_t at = 0, row, column, length
    for row in range(into.size):
        for column in range(into.parts):
            if at + 4 > page.size:
                return -(row * into.parts + column) - 1
            length = <int32_t> big32(page, at)
            at += 4
            if length > page.size - at:
                return -(row * into.parts + column) - 1
            length = max(length, -1)
            _put(into, column, row, at, length)  # of nulls too: a branch for them would be guessed wrong
            at += max(length, 0)
    return at


def count_elements(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int64_t each, int32_t[::1] starts
):
    """Add up how many elements (or pairs: `each` is 2) collections have, as Arrow's offsets; return the total."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    require(starts.shape[0] > cells.count and each > 0)
    with nogil:
        found = _count_elements(&cells, each, &starts[0])
    return found


cdef int64_t _count_elements(const Cells* cells, int64_t each, int32_t* starts) noexcept nogil:
    cdef int64_t total = 0, index, count
    cdef Bytes cell
    starts[0] = 0
    for index in range(cells.count):
        if cells.lengths[index] > 0:
            if not cell_at(cells, index, &cell) or cell.size < 4:
                return -index - 1
            count = <int32_t> big32(&cell, 0)
            if count < 0 or count * each * 4 > cell.size - 4:
                return -index - 1
            total += count
        starts[index + 1] = <int32_t> total
    return total


def of_collections(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths,
    int32_t[:, ::1] inner_offsets, int32_t[:, ::1] inner_lengths,
):
    """Find the elements of collections: four bytes of length, then the element; keys and values in turn for maps."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    cdef Found into = _room(inner_offsets, inner_lengths)
    with nogil:
        found = _of_collections(&cells, &into)
    return found


cdef int64_t _of_collections(const Cells* cells, const Found* into) noexcept nogil:
    cdef int64_t element = 0, index, part, at, size, count
    cdef Bytes cell
    for index in range(cells.count):
        if cells.lengths[index] <= 0:
            continue
        if not cell_at(cells, index, &cell):
            return -index - 1
        at, count = 4, <int32_t> big32(&cell, 0)
        while count > 0:
            if element >= into.size:
                return -index - 1
            for part in range(into.parts):
                if at + 4 > cell.size:
                    return -index - 1
                size = max(<int32_t> big32(&cell, at), -1)
                at += 4
                if size > cell.size - at:
                    return -index - 1
                _put(into, part, element, cells.offsets[index] + at if size >= 0 else 0, size)
                at += max(size, 0)
            element += 1
            count -= 1
        if at != cell.size:
            return -index - 1
    return element


def of_structs(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths,
    int32_t[:, ::1] inner_offsets, int32_t[:, ::1] inner_lengths,
):
    """Find the fields of user-defined types and tuples; those that a value was written without are null."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    cdef Found into = _room(inner_offsets, inner_lengths)
    require(into.size >= cells.count)
    with nogil:
        found = _of_structs(&cells, &into)
    return found


cdef int64_t _of_structs(const Cells* cells, const Found* into) noexcept nogil:
    cdef int64_t index, field, at, size
    cdef Bytes cell
    for index in range(cells.count):
        if not within(&cells.page, cells.offsets[index], max(cells.lengths[index], 0), &cell):
            return -index - 1
        at = 0
        for field in range(into.parts):
            _put(into, field, index, 0, -1)
            if at >= cell.size:
                continue
            if at + 4 > cell.size:
                return -index - 1
            size = <int32_t> big32(&cell, at)
            at += 4
            if size < 0:
                continue
            if size > cell.size - at:
                return -index - 1
            _put(into, field, index, cells.offsets[index] + at, size)
            at += size
        if at != cell.size:
            return -index - 1
    return 0


def of_vectors(
    const uint8_t[::1] page, const int32_t[::1] offsets, const int32_t[::1] lengths, int64_t count, int64_t width,
    int32_t[::1] starts, int32_t[:, ::1] inner_offsets, int32_t[:, ::1] inner_lengths,
):
    """Find the elements of vectors: of a fixed width one behind the other, else each behind an unsigned vint."""
    cdef int64_t found
    cdef Cells cells = cells_of(page, offsets, lengths)
    cdef Found into = _room(inner_offsets, inner_lengths)
    require(starts.shape[0] > cells.count and into.parts == 1 and width >= 0)
    with nogil:
        found = _of_vectors(&cells, count, width, &starts[0], &into)
    return found


cdef int64_t _of_vectors(
    const Cells* cells, int64_t count, int64_t width, int32_t* starts, const Found* into
) noexcept nogil:
    cdef int64_t element = 0, index, part, at, size
    cdef uint64_t coded
    cdef Bytes cell
    starts[0] = 0
    for index in range(cells.count):
        if cells.lengths[index] > 0:
            if not cell_at(cells, index, &cell):
                return -index - 1
            at = 0
            for part in range(count):
                size = width
                if width == 0:
                    at = vint_at(&cell, at, &coded)
                    if at < 0 or coded > 0x7FFFFFFF:
                        return -index - 1
                    size = <int64_t> coded
                if size > cell.size - at or element >= into.size:
                    return -index - 1
                _put(into, 0, element, cells.offsets[index] + at, size)
                at += size
                element += 1
            if at != cell.size:
                return -index - 1
        starts[index + 1] = <int32_t> element
    return element
