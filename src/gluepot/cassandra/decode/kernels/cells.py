"""Where cells are: those of a page, and those within collections, user-defined types, tuples and vectors."""

from __future__ import annotations

import numpy as np

from gluepot.cassandra.decode.kernels.base import BYTES, I32, INT, TABLE, helper, kernel, length_at


@helper
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


@kernel(BYTES, INT, TABLE, TABLE)
def of_page(page, rows, offsets, lengths):  # type: ignore[no-untyped-def]
    """Find the cells of a page, numbered row by row: four bytes of length, then the cell. Returns the bytes read."""
    columns = offsets.shape[0]
    size = np.int64(page.shape[0])
    at = np.int64(0)
    for row in range(rows):
        for column in range(columns):
            if at + 4 > size:
                return -(row * columns + column) - 1
            length = length_at(page, at)
            at += 4
            if length > size - at:
                return -(row * columns + column) - 1
            offsets[column, row] = at  # of nulls too: a branch for them would be guessed wrong where they are few
            lengths[column, row] = max(length, -1)
            at += max(length, 0)
    return at


@kernel(BYTES, I32, I32, INT, I32)
def count_elements(page, offsets, lengths, each, starts):  # type: ignore[no-untyped-def]
    """Add up how many elements (or pairs: `each` is 2) collections have, as Arrow's offsets; return the total."""
    total = np.int64(0)
    starts[0] = 0
    for index in range(offsets.shape[0]):
        length = np.int64(lengths[index])
        if length > 0:
            if length < 4:
                return -index - 1
            count = length_at(page, offsets[index])
            if count < 0 or count * each * 4 > length - 4:
                return -index - 1
            total += count
        starts[index + 1] = total
    return total


@kernel(BYTES, I32, I32, TABLE, TABLE)
def of_collections(page, offsets, lengths, inner_offsets, inner_lengths):  # type: ignore[no-untyped-def]
    """Find the elements of collections: four bytes of length, then the element; keys and values in turn for maps."""
    each = inner_offsets.shape[0]
    element = 0
    for index in range(offsets.shape[0]):
        if lengths[index] <= 0:
            continue
        at = np.int64(offsets[index])
        end = at + lengths[index]
        count = length_at(page, at)
        at += 4
        for _ in range(count):
            for part in range(each):
                if at + 4 > end:
                    return -index - 1
                size = length_at(page, at)
                at += 4
                if size > end - at:
                    return -index - 1
                inner_offsets[part, element] = at if size >= 0 else 0
                inner_lengths[part, element] = max(size, -1)
                at += max(size, 0)
            element += 1
        if at != end:
            return -index - 1
    return element


@kernel(BYTES, I32, I32, TABLE, TABLE)
def of_structs(page, offsets, lengths, inner_offsets, inner_lengths):  # type: ignore[no-untyped-def]
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
            size = length_at(page, at)
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
def of_vectors(page, offsets, lengths, count, width, starts, inner_offsets, inner_lengths):  # type: ignore[no-untyped-def]
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
