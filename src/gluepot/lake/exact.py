"""Values that the lake may not hold: decimals, varints, timestamps and dates, converted exactly or given up aloud."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gluepot.lake import arrays, isotime

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gluepot.lake.arrays import Column

TIMESTAMPTZ: Final = pa.timestamp("us", tz="UTC")
YEARS: Final = "its year is not 1 to 9999"
SHOWN: Final = 80
"""Characters of a value that an error shows."""


class Unfit(Exception):  # noqa: N818 - caught on the way up, by whoever knows the row
    """A value that the lake cannot hold, under a policy that does not give it up.

    Args:
        index: Its place among the values that were converted.
        value: The value, as text.
        why: What is wrong with it.
        path: Where it stands within the column: ``, `.element`, `.price`, ...
    """

    def __init__(self, index: int, value: str, why: str, path: str = "") -> None:
        self.index = index
        self.value = value if len(value) <= SHOWN else f"{value[:SHOWN]}... ({len(value)} characters)"
        self.why = why
        self.path = path
        super().__init__(why)


@dataclass(slots=True)
class Losses:
    """What happens to values of one column that do not fit, and how many did not.

    Args:
        policy: `null` gives them up; with any other they raise Unfit.
        nulled: How many were given up.
    """

    policy: str
    nulled: int = 0


Step: TypeAlias = "Callable[[Column, Losses], Column]"
"""Converts the values of one type: scan-level Arrow in, lake Arrow out."""


def to_decimal(precision: int, scale: int) -> Step:
    """Make the step from exact text, or from decimal128(38, 0), to a decimal of the lake."""
    target = pa.decimal128(precision, scale)

    def step(values: Column, losses: Losses) -> Column:
        if values.type == target:
            return values
        try:
            return values.cast(target)
        except pa.ArrowInvalid:  # some value does not fit, or its text is longer than Arrow reads
            return _one_by_one(values, target, losses)

    return step


def _one_by_one(values: Column, target: Any, losses: Losses) -> Column:  # noqa: ANN401 - a decimal's pyarrow type
    found: list[Decimal | None] = []
    for index, value in enumerate(values.cast(pa.string()).to_pylist()):
        number, why = (None, "") if value is None else fitted(value, target.precision, target.scale)
        if why and losses.policy != "null":
            raise Unfit(index, value or "", why)
        losses.nulled += bool(why)
        found.append(number)
    return pa.array(found, target)


def fitted(text: str, precision: int, scale: int) -> tuple[Decimal | None, str]:
    """Give a number as decimal(precision, scale) if it is exactly one, or why it is not."""
    number = Decimal(text)
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return None, "it is not a number"
    if not number:
        return Decimal((sign, (0,), -scale)), ""
    if number.adjusted() >= precision - scale:
        return None, f"decimal({precision}, {scale}) has {precision - scale} digits before the point"
    spare = -scale - exponent
    if spare > 0:
        if any(digits[-spare:]) or spare >= len(digits):
            return None, f"decimal({precision}, {scale}) has {scale} digits after the point, it would be rounded"
        return Decimal((sign, digits[:-spare], -scale)), ""
    return number, ""


def to_timestamptz(values: Column, losses: Losses) -> Column:
    """Convert timestamps of milliseconds, or integers of microseconds, to microseconds with a zone."""
    micros = pa.types.is_integer(values.type)
    numbers, factor = values.view(pa.int64()), 1000 if micros else 1
    low, high = isotime.FIRST_MS * factor, isotime.LAST_MS * factor + factor - 1
    show = isotime.us_text if micros else isotime.ms_text
    return (
        _within(numbers, (low, high), losses, show)
        .cast(pa.timestamp("us" if micros else "ms", "UTC"))
        .cast(TIMESTAMPTZ)
    )


def checked_times(values: Column, losses: Losses) -> Column:
    """Check that times of microseconds are of years 1 to 9999; those with a zone are told in UTC."""
    kind = pa.timestamp("us", values.type.tz and "UTC")
    return to_timestamptz(values.view(pa.int64()), losses).view(pa.int64()).view(kind)


def to_date(values: Column, losses: Losses) -> Column:
    """Check that dates are of years 1 to 9999."""
    bounds = (isotime.FIRST_DAY, isotime.LAST_DAY)
    return _within(values.view(pa.int32()), bounds, losses, isotime.day_text).view(pa.date32())


def _within(numbers: Column, bounds: tuple[int, int], losses: Losses, show: Callable[[int], str]) -> Column:
    extremes = pc.min_max(numbers)
    low, high = extremes["min"].as_py(), extremes["max"].as_py()
    if low is None or (bounds[0] <= low and high <= bounds[1]):
        return numbers
    values, nulls = arrays.fixed(numbers, numbers.type.to_pandas_dtype()), nulls_of(numbers)
    outside = ((values < bounds[0]) | (values > bounds[1])) & ~nulls
    if losses.policy != "null":
        index = int(np.argmax(outside))
        raise Unfit(index, show(int(values[index])), YEARS)
    losses.nulled += int(outside.sum())
    return pa.array(values, numbers.type, mask=outside | nulls)


def timestamp_text(values: Column, _losses: Losses) -> Column:
    """Write timestamps as ISO 8601, years beyond 9999 included."""
    return isotime.ms_texts(arrays.fixed(values, np.int64), nulls_of(values))


def date_text(values: Column, _losses: Losses) -> Column:
    """Write dates as ISO 8601, years beyond 9999 included."""
    return isotime.day_texts(arrays.fixed(values, np.int32), nulls_of(values))


def to_long(values: Column, _losses: Losses) -> Column:
    """Give timestamps as milliseconds, dates as days, as Cassandra holds them."""
    return values.view(pa.int32() if pa.types.is_date32(values.type) else pa.int64()).cast(pa.int64())


def cast_to(target: pa.DataType) -> Step:
    """Make the step between two Arrow types that loses nothing."""

    def step(values: Column, _losses: Losses) -> Column:
        return values if values.type == target else values.cast(target)

    return step


def nulls_of(values: Column) -> NDArray[np.bool_]:
    """Give where values are null."""
    valid = arrays.validity(values)
    return valid == 0 if len(valid) else np.zeros(len(values), dtype=np.bool_)
