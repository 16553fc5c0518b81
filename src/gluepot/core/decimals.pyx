"""Decimal text into 128-bit integers, exactly: `-12.50`, `1E-7`, `0E+3`, as Python's `str(Decimal)` writes them."""

from gluepot.core.bytes cimport Bytes, byte_at, bytes_of, int64_t, require, uint8_t, uint64_t, within

cdef enum:
    FITS = 0
    ROUNDS = 1
    TOO_LARGE = 2
    MANY = 1_000_000_000  # where exponents are cut off: beyond every scale, and far from overflowing
    SAFE = 18  # digits that a signed word holds, whatever they are

cdef extern from * nogil:
    """
    #define GLUEPOT_TEN_19 10000000000000000000ULL
    #define GLUEPOT_LOW 0xFFFFFFFFULL
    """
    const int64_t NOT_SMALL "INT64_MIN"
    const uint64_t TEN_19 "GLUEPOT_TEN_19"
    const uint64_t LOW "GLUEPOT_LOW"

cdef struct Shape:
    int64_t first  # place of the first digit that is not 0
    int64_t last  # of the last one
    int64_t digits  # how many digits they span
    int64_t point  # digits up to the last one behind the point; less than 0 where it comes later
    int64_t exponent


def parsed(
    const uint8_t[::1] data, const int64_t[::1] bounds, const uint8_t[::1] valid, int64_t precision, int64_t scale,
    uint64_t[:, ::1] words, uint8_t[::1] status,
):
    """Read numbers as decimal(precision, scale).

    Args:
        data: Text.
        bounds: Where each number begins, and where the last one ends.
        valid: 0 where there is none; empty where all are there.
        precision: Digits that the type has.
        scale: Those of them behind the point.
        words: Zeros, for pairs of words, the low one first, in two's complement.
        status: Zeros, for each number whether it fits: 0, would be rounded: 1, or is too large: 2.
    """
    cdef Bytes whole = bytes_of(data), text
    cdef int64_t row, small
    cdef bint fits = True
    require(0 <= scale <= precision <= 38)
    with nogil:
        for row in range(words.shape[0]):
            if valid.shape[0] and not valid[row]:
                continue
            fits = fits and within(&whole, bounds[row], bounds[row + 1] - bounds[row], &text)
            if not fits:
                break
            small = _small(&text, min(precision, SAFE), scale)
            if small != NOT_SMALL:
                words[row, 0] = <uint64_t> small
                words[row, 1] = <uint64_t> (small >> 63)
            else:
                status[row] = _one(&text, precision, scale, &words[row, 0], &words[row, 1])
    require(fits)


cdef int64_t _small(const Bytes* text, int64_t precision, int64_t scale) noexcept nogil:
    """Read the usual number: no exponent, within a word with all its digits behind the point."""
    cdef bint negative = byte_at(text, 0) == c"-"
    cdef int64_t found = 0, digits = 0, behind = -1, at, missing
    cdef uint8_t char
    for at in range(negative, text.size):
        char = byte_at(text, at)
        if 48 <= char <= 57:
            found = found * 10 + (char - 48)
            digits += 1
            behind += behind >= 0
        elif char == c"." and behind < 0:
            behind = 0
        else:
            return NOT_SMALL
        if digits > SAFE:
            return NOT_SMALL
    missing = scale - max(behind, 0)
    if missing < 0 or digits + missing > precision:
        return NOT_SMALL
    while missing:
        found *= 10
        missing -= 1
    return -found if negative else found


cdef uint8_t _one(
    const Bytes* text, int64_t precision, int64_t scale, uint64_t* low, uint64_t* high
) noexcept nogil:
    cdef Shape shape = _shape(text)
    cdef int64_t power = shape.exponent - shape.point
    if shape.digits == 0:
        return FITS  # zero, whatever its exponent
    if shape.digits + power > precision - scale:
        return TOO_LARGE
    if power < -scale:
        return ROUNDS
    _value(text, shape.first, shape.last, shape.digits + power + scale, low, high)
    if byte_at(text, 0) == c"-":
        low[0] = ~low[0] + 1
        high[0] = ~high[0] + (low[0] == 0)
    return FITS


cdef Shape _shape(const Bytes* text) noexcept nogil:
    """Find the digits that count."""
    cdef int64_t at = 0, digits = 0, behind = -1, last_behind = 0, trailing = 0
    cdef uint8_t char
    cdef Shape found
    found.first = found.last = -1
    found.digits = found.exponent = found.point = 0
    while at < text.size:
        char = byte_at(text, at)
        if char == c"E" or char == c"e":
            found.exponent = _exponent(text, at + 1)
            break
        if char == c".":
            behind = 0
        elif 48 <= char <= 57:
            behind += behind >= 0
            if found.first >= 0 or char != 48:
                found.first = at if found.first < 0 else found.first
                digits += 1
            if char != 48:
                found.last, found.digits, last_behind, trailing = at, digits, max(behind, 0), 0
            elif found.first >= 0 and behind < 0:
                trailing += 1
        at += 1
    found.point = last_behind if last_behind else -trailing
    return found


cdef int64_t _exponent(const Bytes* text, int64_t start) noexcept nogil:
    cdef int64_t value = 0, at
    for at in range(start, text.size):
        if 48 <= byte_at(text, at) <= 57:
            value = min(value * 10 + (byte_at(text, at) - 48), MANY)
    return -value if byte_at(text, start) == c"-" else value


cdef void _value(
    const Bytes* text, int64_t first, int64_t last, int64_t count, uint64_t* low, uint64_t* high
) noexcept nogil:
    """Give the 128 bits of a number of `count` digits: those from `first` to `last`, zeros behind them."""
    cdef uint64_t upper = 0, lower = 0, digit
    cdef int64_t left = count, at = first
    while left > 0:
        digit = 0
        if at <= last:
            at += byte_at(text, at) == c"."
            digit = byte_at(text, at) - 48
            at += 1
        if left > 19:  # digits that a word holds
            upper = upper * 10 + digit
        else:
            lower = lower * 10 + digit
        left -= 1
    _times(upper, TEN_19, low, high)
    low[0] += lower
    high[0] += low[0] < lower


cdef inline void _times(uint64_t left, uint64_t right, uint64_t* low, uint64_t* high) noexcept nogil:
    """Multiply two words to 128 bits."""
    cdef uint64_t first = (left & LOW) * (right & LOW)
    cdef uint64_t second = (left >> 32) * (right & LOW) + (first >> 32)
    cdef uint64_t third = (left & LOW) * (right >> 32) + (second & LOW)
    high[0] = (left >> 32) * (right >> 32) + (second >> 32) + (third >> 32)
    low[0] = third << 32 | first & LOW
