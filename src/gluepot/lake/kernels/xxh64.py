"""XXH64 with seed 0 in compiled code, as Trino's and Athena's `xxhash64(varbinary)` have it.

The algorithm is https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. Words are 64 bits as they lie in memory
on a little-endian machine; a hash that is hashed again goes in as its big-endian bytes, which is how Trino gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numba
import numpy as np
from numba import types
from numba.core import config
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

config._config_fname = ""  # noqa: SLF001 - or it takes settings, its cache's place among them, from the working folder

P1: Final = np.uint64(0x9E3779B185EBCA87)
P2: Final = np.uint64(0xC2B2AE3D27D4EB4F)
P3: Final = np.uint64(0x165667B19E3779F9)
P4: Final = np.uint64(0x85EBCA77C2B2AE63)
P5: Final = np.uint64(0x27D4EB2F165667C5)

F = TypeVar("F", bound="Callable[..., Any]")


def compiled(function: F) -> F:
    """Compile a kernel as all of this package are: without the GIL, and once for each machine."""
    return cast("F", numba.njit(nogil=True, cache=True)(function))


def inlined(function: F) -> F:
    """Compile a small function into each of its callers."""
    return cast("F", numba.njit(nogil=True, cache=True, inline="always")(function))


def _swapped(_context: object, word: object) -> object:  # noqa: ARG001 - numba types the call by this name
    """Turn the bytes of a 64-bit word round."""

    def build(_inner: object, builder: Any, _signature: object, args: Sequence[object]) -> object:  # noqa: ANN401 - llvmlite's
        return builder.bswap(args[0])

    return types.uint64(types.uint64), build


def _word_at(_context: object, data: Any, at: object) -> object:  # noqa: ANN401, ARG001 - numba types the call by these names
    """Read the 64 bits that begin at byte `at` of a uint8 array, aligned or not."""

    def build(context: Any, builder: Any, signature: Any, args: Sequence[object]) -> object:  # noqa: ANN401 - numba has no types
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.gep(array.data, [args[1]])
        pointer = builder.bitcast(place, context.get_value_type(types.uint64).as_pointer())
        return builder.load(pointer, align=1)

    return types.uint64(data, types.intp), build


swapped: Final[Callable[..., np.uint64]] = intrinsic(_swapped)
"""`swapped(word)`: the word with its bytes turned round."""

word_at: Final[Callable[..., np.uint64]] = intrinsic(_word_at)
"""`word_at(data, at)`: the 64 bits that begin at byte `at` of a uint8 array, aligned or not."""


@inlined
def _turned(word: np.uint64, bits: int) -> np.uint64:
    return (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))


@inlined
def _round(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _turned(lane + word * P2, 31) * P1


@inlined
def _merged(into: np.uint64, lane: np.uint64) -> np.uint64:
    return (into ^ _round(np.uint64(0), lane)) * P1 + P4


@inlined
def _mixed(into: np.uint64, word: np.uint64) -> np.uint64:
    return _turned(into ^ _round(np.uint64(0), word), 27) * P1 + P4


@inlined
def _finished(found: np.uint64) -> np.uint64:
    found = (found ^ (found >> np.uint64(33))) * P2
    found = (found ^ (found >> np.uint64(29))) * P3
    return found ^ (found >> np.uint64(32))


@compiled
def of_word(word: np.uint64) -> np.uint64:
    """Hash eight bytes."""
    return _finished(_mixed(P5 + np.uint64(8), word))


@compiled
def of_bytes(data: NDArray[Any], start: int, length: int) -> np.uint64:
    """Hash `length` bytes from `start` of a uint8 array."""
    at, end = start, start + length
    if length >= 32:  # noqa: PLR2004 - the specification's stripe
        one, two, three, four = P1 + P2, P2, np.uint64(0), np.uint64(0) - P1
        while at + 32 <= end:
            one = _round(one, word_at(data, at))
            two = _round(two, word_at(data, at + 8))
            three = _round(three, word_at(data, at + 16))
            four = _round(four, word_at(data, at + 24))
            at += 32
        found = _turned(one, 1) + _turned(two, 7) + _turned(three, 12) + _turned(four, 18)
        found = _merged(_merged(_merged(_merged(found, one), two), three), four)
    else:
        found = P5
    found += np.uint64(length)
    while at + 8 <= end:
        found = _mixed(found, word_at(data, at))
        at += 8
    if at + 4 <= end:
        half = np.uint64(data[at]) | np.uint64(data[at + 1]) << np.uint64(8)
        half |= np.uint64(data[at + 2]) << np.uint64(16) | np.uint64(data[at + 3]) << np.uint64(24)
        found = _turned(found ^ (half * P1), 23) * P2 + P3
        at += 4
    while at < end:
        found = _turned(found ^ (np.uint64(data[at]) * P5), 11) * P1
        at += 1
    return _finished(found)


@compiled
def of_words(words: NDArray[Any], start: int, count: int) -> np.uint64:
    """Hash `count` words, eight bytes each, from `start` of a uint64 array."""
    at, end = start, start + count
    if count >= 4:  # noqa: PLR2004 - the specification's stripe, in words
        one, two, three, four = P1 + P2, P2, np.uint64(0), np.uint64(0) - P1
        while at + 4 <= end:
            one, two = _round(one, words[at]), _round(two, words[at + 1])
            three, four = _round(three, words[at + 2]), _round(four, words[at + 3])
            at += 4
        found = _turned(one, 1) + _turned(two, 7) + _turned(three, 12) + _turned(four, 18)
        found = _merged(_merged(_merged(_merged(found, one), two), three), four)
    else:
        found = P5
    found += np.uint64(count) << np.uint64(3)
    while at < end:
        found = _mixed(found, words[at])
        at += 1
    return _finished(found)
