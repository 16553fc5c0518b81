"""The smallest and the largest of many texts, by their bytes: UTF-8 sorts as its characters do."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gluepot.lake.kernels.xxh64 import compiled, swapped, word_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bytes: TypeAlias = "NDArray[np.uint8]"
Places: TypeAlias = "NDArray[np.int64]"


@compiled
def of_texts(data: Bytes, bounds: Places, valid: Bytes) -> tuple[int, int]:
    """Find the smallest and the largest text.

    Returns:
        Their places; -1 twice where there is none.
    """
    smallest, largest = -1, -1
    low, high = np.uint64(0), np.uint64(0)
    for row in range(len(bounds) - 1):
        if len(valid) and not valid[row]:
            continue
        head = _head(data, bounds[row], bounds[row + 1])
        if smallest < 0 or head < low or (head == low and _is_less(data, bounds, row, smallest)):
            smallest, low = row, head
        if largest < 0 or head > high or (head == high and _is_less(data, bounds, largest, row)):
            largest, high = row, head
    return smallest, largest


@compiled
def _head(data: Bytes, start: int, end: int) -> np.uint64:
    """Give the first eight bytes as a number that sorts as they do, zeros behind a shorter text."""
    length = end - start
    if length >= 8:  # noqa: PLR2004 - a word
        return swapped(word_at(data, start))
    if start + 8 <= len(data):
        if length == 0:
            return np.uint64(0)
        unused = np.uint64(64 - 8 * length)
        return (swapped(word_at(data, start)) >> unused) << unused
    found = np.uint64(0)
    for index in range(length):
        found |= np.uint64(data[start + index]) << np.uint64(56 - 8 * index)
    return found


@compiled
def _is_less(data: Bytes, bounds: Places, one: int, other: int) -> bool:
    """Compare two texts by their bytes, eight at a time; a text is less than what it begins."""
    length, others = bounds[one + 1] - bounds[one], bounds[other + 1] - bounds[other]
    at, left, right = 0, bounds[one], bounds[other]
    both = min(length, others)
    while at + 8 <= both:
        if word_at(data, left + at) != word_at(data, right + at):
            return bool(swapped(word_at(data, left + at)) < swapped(word_at(data, right + at)))
        at += 8
    while at < both:
        if data[left + at] != data[right + at]:
            return bool(data[left + at] < data[right + at])
        at += 1
    return bool(length < others)
