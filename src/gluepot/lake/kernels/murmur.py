"""Cassandra's Murmur3 in compiled code: the token of a partition from the bytes of its key.

It is MurmurHash3_x64_128's first half, with one difference that is there to stay: bytes of the tail are sign-extended
(https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/utils/MurmurHash.java).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from gluepot.lake.kernels.xxh64 import compiled, inlined, word_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bytes: TypeAlias = "NDArray[np.uint8]"
Places: TypeAlias = "NDArray[np.int64]"

C1: Final = np.uint64(0x87C37B91114253D5)
C2: Final = np.uint64(0x4CF5AD432745937F)
_MIX1: Final = np.uint64(0xFF51AFD7ED558CCD)
_MIX2: Final = np.uint64(0xC4CEB9FE1A85EC53)
_FIVE: Final = np.uint64(5)


@inlined
def _turned(word: np.uint64, bits: int) -> np.uint64:
    return (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))


@inlined
def _finished(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(33))) * _MIX1
    word = (word ^ (word >> np.uint64(33))) * _MIX2
    return word ^ (word >> np.uint64(33))


@compiled
def _tail(data: Bytes, start: int, count: int) -> np.uint64:
    """Read the last bytes as a word, each of them signed."""
    word = np.uint64(0)
    for index in range(count):
        word ^= np.uint64(np.int64(np.int8(data[start + index]))) << np.uint64(8 * index)
    return word


@compiled
def token(data: Bytes, start: int, length: int) -> np.int64:
    """Give the token of a serialised partition key, `length` bytes from `start`; an empty one has the least."""
    if length == 0:
        return np.int64(-0x8000000000000000)
    one, two = np.uint64(0), np.uint64(0)
    at, end = start, start + length
    while at + 16 <= end:
        one ^= _turned(word_at(data, at) * C1, 31) * C2
        one = (_turned(one, 27) + two) * _FIVE + np.uint64(0x52DCE729)
        two ^= _turned(word_at(data, at + 8) * C2, 33) * C1
        two = (_turned(two, 31) + one) * _FIVE + np.uint64(0x38495AB5)
        at += 16
    rest = end - at
    if rest > 8:  # noqa: PLR2004 - half a block
        two ^= _turned(_tail(data, at + 8, rest - 8) * C2, 33) * C1
    if rest > 0:
        one ^= _turned(_tail(data, at, min(rest, 8)) * C1, 31) * C2
    one ^= np.uint64(length)
    two ^= np.uint64(length)
    one += two
    two += one
    found = np.int64(_finished(one) + _finished(two))
    return np.int64(0x7FFFFFFFFFFFFFFF) if found == np.int64(-0x8000000000000000) else found


@compiled
def tokens(data: Bytes, starts: Places, lengths: Places) -> Places:
    """Give the tokens of many keys."""
    out = np.empty(len(starts), dtype=np.int64)
    for row in range(len(starts)):
        out[row] = token(data, starts[row], lengths[row])
    return out


@compiled
def appended(out: Bytes, places: Places, data: Bytes, starts: Places, lengths: Places) -> None:
    """Append one component to every composite key: two bytes of length, the value, a zero."""
    for row in range(len(starts)):
        at, length = places[row], lengths[row]
        out[at] = np.uint8(length >> 8)
        out[at + 1] = np.uint8(length & 0xFF)
        for index in range(length):
            out[at + 2 + index] = data[starts[row] + index]
        out[at + 2 + length] = np.uint8(0)
        places[row] = at + 3 + length


@compiled
def of_hex(data: Bytes, bounds: Places, out: Bytes) -> bool:
    """Read UUIDs of 36 characters into 16 bytes each; give whether all of them are such."""
    for row in range(len(bounds) - 1):
        at, length = bounds[row], bounds[row + 1] - bounds[row]
        if length == 0:
            continue
        if length != 36:  # noqa: PLR2004 - 32 digits and four hyphens
            return False
        digits = 0
        for index in range(36):
            char = data[at + index]
            if char == 45:  # noqa: PLR2004 - a hyphen
                continue
            value = char - 48 if char < 58 else (char | 32) - 87  # noqa: PLR2004 - ASCII's digits and letters
            place = row * 16 + (digits >> 1)
            if place >= row * 16 + 16:
                return False
            out[place] = np.uint8(value << 4) if digits & 1 == 0 else out[place] | np.uint8(value & 15)
            digits += 1
    return True


@compiled
def of_varints(words: NDArray[np.uint64], out: Bytes, starts: Places, lengths: Places) -> None:
    """Write 128-bit integers as Java's BigInteger does: big-endian, in as few bytes as hold the sign."""
    for row in range(len(words)):
        high, low = words[row, 1], words[row, 0]
        for index in range(8):
            out[row * 16 + 7 - index] = np.uint8((high >> np.uint64(8 * index)) & np.uint64(0xFF))
            out[row * 16 + 15 - index] = np.uint8((low >> np.uint64(8 * index)) & np.uint64(0xFF))
        at = row * 16
        filler = np.uint8(0xFF) if out[at] & 0x80 else np.uint8(0)
        while at < row * 16 + 15 and out[at] == filler and (out[at + 1] & 0x80) == (filler & 0x80):
            at += 1
        starts[row] = at
        lengths[row] = row * 16 + 16 - at
