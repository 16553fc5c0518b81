"""Values that the lake may not hold: decimals, varints, timestamps and dates, converted exactly or given up aloud."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gluepot.lake.kernels import arrays
from gluepot.lake.types import decimals, isotime

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gluepot.lake.kernels.arrays import Column

TIMESTAMPTZ: Final = pa.timestamp("us", tz="UTC")
YEARS: Final = "its year is not 1 to 9999"
SHOWN: Final = 80
"""Characters of a value that an error shows."""

_BEYOND_MICROS: Final = r"\.\d{6}\d*[1-9]"
_BEYOND_DAYS: Final = r"\d[T ].*[1-9]"


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
        texts = arrays.whole(values if pa.types.is_string(values.type) else values.cast(pa.string()))
        valid = arrays.validity(texts)
        words, status = decimals.parsed(arrays.text(texts), arrays.offsets(texts), valid, precision, scale)
        if status.any():
            _give_up(texts, status, (precision, scale), losses)
            valid = (status == decimals.FITS) & (valid != 0) if len(valid) else status == decimals.FITS
        buffers: list[Column] = [np.packbits(valid, bitorder="little") if len(valid) else None, words]
        return pa.Array.from_buffers(
            target, len(texts), [buffer if buffer is None else pa.py_buffer(buffer) for buffer in buffers]
        )

    return step


def _give_up(texts: Column, status: NDArray[np.uint8], kind: tuple[int, int], losses: Losses) -> None:
    unfit = np.flatnonzero(status)
    if losses.policy != "null":
        index = int(unfit[0])
        text = texts[index].as_py()
        raise Unfit(index, text, _why(int(status[index]), *kind))
    losses.nulled += len(unfit)


def _why(status: int, precision: int, scale: int) -> str:
    if status == decimals.ROUNDS:
        return f"decimal({precision}, {scale}) has {scale} digits after the point, it would be rounded"
    return f"decimal({precision}, {scale}) has {precision - scale} digits before the point"


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
    values, nulls = arrays.fixed(numbers, arrays.number_type(numbers.type)), nulls_of(numbers)
    outside = ((values < bounds[0]) | (values > bounds[1])) & ~nulls
    if losses.policy != "null":
        index = int(np.argmax(outside))
        raise Unfit(index, show(int(values[index])), YEARS)
    losses.nulled += int(outside.sum())
    return pa.array(values, numbers.type, mask=outside | nulls)


def timestamp_text(values: Column, _losses: Losses) -> Column:
    """Write timestamps as ISO 8601, years beyond 9999 included."""
    return isotime.ms_texts(arrays.fixed(values, np.int64), nulls_of(values))


def micros_text(values: Column, _losses: Losses) -> Column:
    """Write microseconds as ISO 8601, whatever year they make."""
    nulls = nulls_of(values)
    texts = [isotime.us_text(int(value)) for value in np.where(nulls, 0, arrays.fixed(values, np.int64))]
    return pa.array(texts, pa.string(), mask=nulls)


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


def rounded(before: Column, after: Column) -> int:
    """Count values that are not null on either side and that say less than before: nothing is changed without a line.

    Args:
        before: Values as the cast got them.
        after: Values as it gave them.
    """
    if before.type == after.type or len(before) == 0:
        return 0
    if pa.types.is_string(before.type):
        return _of_text(before, after)
    if _is_number(before.type) and _is_number(after.type):
        return _of_numbers(before, after)
    if pa.types.is_timestamp(before.type) and pa.types.is_date(after.type):
        whole = after.cast(pa.timestamp("us")).view(pa.int64())
        return _unequal(before.view(pa.int64()), whole)
    return 0


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _of_text(before: Column, after: Column) -> int:
    both = pc.and_(before.is_valid(), after.is_valid())
    if _is_number(after.type):
        pairs = zip(before.filter(both).to_pylist(), after.filter(both).to_pylist(), strict=True)
        return sum(_differs(text, number) for text, number in pairs)
    if pa.types.is_timestamp(after.type) or pa.types.is_date(after.type):
        pattern = _BEYOND_MICROS if pa.types.is_timestamp(after.type) else _BEYOND_DAYS
        longer = pc.match_substring_regex(before.filter(both), pattern)
        return int(pc.sum(longer).as_py() or 0)
    return 0


def _differs(text: str, number: float | Decimal) -> bool:
    """Say whether a number is not what its text says; a float is, where it is the nearest one."""
    if isinstance(number, float):
        return False
    try:
        return Decimal(text.strip().replace("_", "")) != number
    except InvalidOperation:  # 0x1F and the like: DuckDB reads them, whole numbers all
        return False


def _of_numbers(before: Column, after: Column) -> int:
    """Compare numbers exactly: through floats where one side has them, else as decimals."""
    if pa.types.is_floating(after.type) and not pa.types.is_floating(before.type):
        return _not_exact(before, after)
    if pa.types.is_floating(before.type) and not pa.types.is_floating(after.type):
        return _not_exact(after, before)
    if pa.types.is_floating(before.type):
        return _unequal(before.cast(pa.float64()), after.cast(pa.float64()), nan=True)
    return _not_exact(before, after)


def _not_exact(before: Column, after: Column) -> int:
    both = pc.and_(before.is_valid(), after.is_valid())
    pairs = zip(before.filter(both).to_pylist(), after.filter(both).to_pylist(), strict=True)
    return sum(left != right for left, right in pairs)  # Python compares int, Decimal and float by exact value


def _unequal(before: Column, after: Column, *, nan: bool = False) -> int:
    both = pc.and_(before.is_valid(), after.is_valid())
    left = before.filter(both).to_numpy(zero_copy_only=False)
    right = after.filter(both).to_numpy(zero_copy_only=False)
    differ = left != right
    return int((differ & ~(np.isnan(left) & np.isnan(right)) if nan else differ).sum())
