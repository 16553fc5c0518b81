"""Kernels that hash columns of values: each gives one word per value, its hash as big-endian bytes; null is 0.

Written so that Trino's SQL gives the same: docs/adr/0008-checksum.md has the expression for each type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from gluepot.lake.kernels.xxh64 import compiled, of_bytes, of_word, of_words, swapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

Words: TypeAlias = "NDArray[np.uint64]"
Flags: TypeAlias = "NDArray[np.uint8]"
Places: TypeAlias = "NDArray[np.int64]"

DIGITS: Final = 48
"""Room for a decimal's text: sign, 39 digits, point."""

_BILLION: Final = np.uint64(1_000_000_000)
_HUNDRED: Final = np.uint64(100)


@compiled
def of_ints(values: NDArray[Any], valid: Flags) -> Words:
    """Hash integers as eight big-endian bytes: `xxhash64(to_big_endian_64(x))`."""
    out = np.zeros(len(values), dtype=np.uint64)
    for row in range(len(values)):
        if not len(valid) or valid[row]:
            out[row] = swapped(of_word(swapped(np.uint64(np.int64(values[row])))))
    return out


@compiled
def of_texts(data: Flags, bounds: Places, valid: Flags) -> Words:
    """Hash strings or binaries as their bytes: `xxhash64(to_utf8(x))`."""
    out = np.zeros(len(bounds) - 1, dtype=np.uint64)
    for row in range(len(out)):
        if not len(valid) or valid[row]:
            out[row] = swapped(of_bytes(data, bounds[row], bounds[row + 1] - bounds[row]))
    return out


@compiled
def of_decimals(values: Words, scale: int, valid: Flags) -> Words:
    """Hash decimals as their text with all digits of the scale: `xxhash64(to_utf8(cast(x as varchar)))`."""
    out = np.zeros(len(values), dtype=np.uint64)
    text = np.zeros(DIGITS, dtype=np.uint8)
    for row in range(len(values)):
        if not len(valid) or valid[row]:
            start = written(values[row, 0], values[row, 1], scale, text)
            out[row] = swapped(of_bytes(text, start, DIGITS - start))
    return out


@compiled
def written(low: np.uint64, high: np.uint64, scale: int, text: Flags) -> int:
    """Write a 128-bit integer with a decimal point to the end of `text`; give where it begins."""
    negative = (high >> np.uint64(63)) == np.uint64(1)
    if negative:
        low = ~low + np.uint64(1)
        high = ~high + np.uint64(1 if low == 0 else 0)
    at = len(text)
    while high != 0:
        high, low, rest = _divided(high, low)
        for _ in range(9):
            at -= 1
            text[at] = np.uint8(48) + np.uint8(rest % np.uint64(10))
            rest //= np.uint64(10)
    while low >= _HUNDRED:
        rest = low % _HUNDRED
        low //= _HUNDRED
        at -= 2
        text[at] = np.uint8(48) + np.uint8(rest // np.uint64(10))
        text[at + 1] = np.uint8(48) + np.uint8(rest % np.uint64(10))
    while low != 0:
        at -= 1
        text[at] = np.uint8(48) + np.uint8(low % np.uint64(10))
        low //= np.uint64(10)
    while len(text) - at <= scale:
        at -= 1
        text[at] = np.uint8(48)
    if scale > 0:
        at -= 1
        for index in range(at, len(text) - scale - 1):
            text[index] = text[index + 1]
        text[len(text) - scale - 1] = np.uint8(46)
    if negative:
        at -= 1
        text[at] = np.uint8(45)
    return at


@compiled
def _divided(high: np.uint64, low: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Divide 128 bits by a billion; give the quotient's halves and the remainder."""
    mask = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    top, rest = high // _BILLION, high % _BILLION
    part = rest << half | low >> half
    middle, rest = part // _BILLION, part % _BILLION
    part = rest << half | low & mask
    return top, middle << half | part // _BILLION, part % _BILLION


@compiled
def of_lists(words: Words, bounds: Places, valid: Flags) -> Words:
    """Hash lists as their count, as eight big-endian bytes, followed by the hashes of their elements."""
    out = np.zeros(len(bounds) - 1, dtype=np.uint64)
    laid = np.empty(len(words) + len(out), dtype=np.uint64)
    at = 0
    for row in range(len(out)):
        if not len(valid) or valid[row]:
            count = bounds[row + 1] - bounds[row]
            laid[at] = swapped(np.uint64(count))
            for index in range(count):
                laid[at + 1 + index] = words[bounds[row] + index]
            out[row] = swapped(of_words(laid, at, count + 1))
            at += count + 1
    return out


@compiled
def of_maps(entries: Words, bounds: Places, valid: Flags) -> Words:
    """Hash maps as lists of their entries' hashes in the order of these: entries have no order of their own."""
    words = np.empty_like(entries)
    for row in range(len(bounds) - 1):
        start, end = bounds[row], bounds[row + 1]
        for index in range(start, end):
            words[index] = swapped(entries[index])
        words[start:end].sort()
        for index in range(start, end):
            words[index] = swapped(words[index])
    return of_lists(words, bounds, valid)


@compiled
def of_rows(words: Words, valid: Flags) -> Words:
    """Hash rows of words: structs, a map's entries, and the rows of a table."""
    rows, width = words.shape
    flat = words.reshape(rows * width)
    out = np.zeros(rows, dtype=np.uint64)
    for row in range(rows):
        if not len(valid) or valid[row]:
            out[row] = swapped(of_words(flat, row * width, width))
    return out
