"""Decimal text into 128-bit integers, exactly: compiled, because Arrow's own cast is not to be trusted with it.

pyarrow 25 crashes on text like `1E-1000000000`, which CQL allows, and wraps silently where a value times its scale
leaves 38 digits: `35` becomes 0.97... as decimal(37, 37). The tests hold both against this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from gluepot.lake.kernels.xxh64 import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bytes: TypeAlias = "NDArray[np.uint8]"
Places: TypeAlias = "NDArray[np.int64]"

FITS: Final = 0
ROUNDS: Final = 1
TOO_LARGE: Final = 2

_MANY: Final = 10**9
"""Where exponents are cut off: beyond every scale, and far from overflowing."""

_SAFE: Final = 18
"""Digits that a signed word holds, whatever they are."""

_NOT_SMALL: Final = np.int64(-(2**63))

_TEN_19: Final = np.uint64(10**19)
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


@compiled
def parsed(data: Bytes, bounds: Places, valid: Bytes, precision: int, scale: int) -> tuple[NDArray[np.uint64], Bytes]:
    """Read numbers such as `-12.50`, `1E-7`, `0E+3` as decimal(precision, scale).

    Args:
        data: Text, as Python's `str(Decimal)` writes it.
        bounds: Where each number begins, and where the last one ends.
        valid: 0 where there is none; empty where all are there.
        precision: Digits that the type has.
        scale: Those of them behind the point.

    Returns:
        Pairs of words, the low one first, in two's complement; and for each number whether it fits.
    """
    words = np.zeros((len(bounds) - 1, 2), dtype=np.uint64)
    status = np.zeros(len(words), dtype=np.uint8)
    for row in range(len(words)):
        if not len(valid) or valid[row]:
            small = _small(data, bounds[row], bounds[row + 1], min(precision, _SAFE), scale)
            if small != _NOT_SMALL:
                words[row, 0] = np.uint64(small)
                words[row, 1] = np.uint64(small >> 63)
            else:
                status[row] = _one(data, bounds[row], bounds[row + 1], precision, scale, words[row])
    return words, status


@compiled
def _small(data: Bytes, start: int, end: int, precision: int, scale: int) -> np.int64:
    """Read the usual number: no exponent, within a word with all its digits behind the point."""
    negative = start < end and data[start] == 45  # noqa: PLR2004 - a minus
    found, digits, behind = np.int64(0), 0, -1
    for at in range(start + 1 if negative else start, end):
        char = data[at]
        if 48 <= char <= 57:  # noqa: PLR2004 - digits
            found = found * 10 + np.int64(char - 48)
            digits += 1
            behind += 1 if behind >= 0 else 0
        elif char == 46 and behind < 0:  # noqa: PLR2004 - a point
            behind = 0
        else:
            return _NOT_SMALL
        if digits > _SAFE:
            return _NOT_SMALL
    missing = scale - max(behind, 0)
    if missing < 0 or digits + missing > precision:
        return _NOT_SMALL
    for _ in range(missing):
        found *= 10
    return -found if negative else found


@compiled
def _one(data: Bytes, start: int, end: int, precision: int, scale: int, word: NDArray[np.uint64]) -> int:
    negative = start < end and data[start] == 45  # noqa: PLR2004 - a minus
    first, last, digits, point, exponent = _shape(data, start, end)
    if digits == 0:
        return FITS  # zero, whatever its exponent
    power = exponent - point
    if digits + power > precision - scale:
        return TOO_LARGE
    if power < -scale:
        return ROUNDS
    high, low = _value(data, first, last, digits + power + scale)
    if negative:
        low = ~low + np.uint64(1)
        high = ~high + np.uint64(1 if low == 0 else 0)
    word[0], word[1] = low, high
    return FITS


@compiled
def _shape(data: Bytes, start: int, end: int) -> tuple[int, int, int, int, int]:
    """Find the digits that count.

    Returns:
        Places of the first and the last digit that is not 0, how many digits they span, how many of all digits up to
        the last one stand behind the point (less than 0 where it comes later), and the exponent.
    """
    first, last, digits, span, behind, last_behind, trailing = -1, -1, 0, 0, -1, 0, 0
    at, exponent = start, 0
    while at < end:
        char = data[at]
        if char == 69 or char == 101:  # noqa: PLR1714, PLR2004 - E and e; numba knows no sets here
            exponent = _exponent(data, at + 1, end)
            break
        if char == 46:  # noqa: PLR2004 - a point
            behind = 0
        elif 48 <= char <= 57:  # noqa: PLR2004 - digits
            behind += 1 if behind >= 0 else 0
            if first >= 0 or char != 48:  # noqa: PLR2004 - 0
                first = at if first < 0 else first
                digits += 1
            if char != 48:  # noqa: PLR2004 - 0
                last, span, last_behind = at, digits, max(behind, 0)
                trailing = 0
            elif first >= 0 and behind < 0:
                trailing += 1
        at += 1
    if first < 0:
        return 0, 0, 0, 0, 0
    return first, last, span, last_behind or -trailing, exponent


@compiled
def _exponent(data: Bytes, start: int, end: int) -> int:
    value, at = 0, start
    negative = at < end and data[at] == 45  # noqa: PLR2004 - a minus
    while at < end:
        if 48 <= data[at] <= 57:  # noqa: PLR2004 - digits
            value = min(value * 10 + (data[at] - 48), _MANY)
        at += 1
    return -value if negative else value


@compiled
def _value(data: Bytes, first: int, last: int, count: int) -> tuple[np.uint64, np.uint64]:
    """Give the 128 bits of a number of `count` digits: those from `first` to `last`, zeros behind them."""
    upper, lower, left, at = np.uint64(0), np.uint64(0), count, first
    while left > 0:
        digit = np.uint64(0)
        if at <= last:
            at += 1 if data[at] == 46 else 0  # noqa: PLR2004 - a point
            digit = np.uint64(data[at] - 48)
            at += 1
        if left > 19:  # noqa: PLR2004 - digits that a word holds
            upper = upper * np.uint64(10) + digit
        else:
            lower = lower * np.uint64(10) + digit
        left -= 1
    high, low = _times(upper, _TEN_19)
    low += lower
    return high + np.uint64(1 if low < lower else 0), low


@compiled
def _times(left: np.uint64, right: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Multiply two words to 128 bits."""
    first = (left & _LOW) * (right & _LOW)
    second = (left >> _HALF) * (right & _LOW) + (first >> _HALF)
    third = (left & _LOW) * (right >> _HALF) + (second & _LOW)
    return (left >> _HALF) * (right >> _HALF) + (second >> _HALF) + (third >> _HALF), third << _HALF | first & _LOW
