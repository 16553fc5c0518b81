"""What happened to each lake column's values, counted as batches go by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gluepot.core import extremes
from gluepot.lake.kernels import arrays
from gluepot.lake.kernels.floats import nans
from gluepot.lake.types import isotime
from gluepot.plan.records import Tally

if TYPE_CHECKING:
    from gluepot.lake.kernels.arrays import Column

SHOWN: Final = 128
"""Characters of the smallest and the largest text that are kept."""


@dataclass(slots=True)
class Count:
    """The counts of one column.

    Args:
        nulls: As in Tally, like the others.
        low: The smallest value, as Python has it; None where there is none yet or the type has no order.
        high: The largest.
    """

    nulls: int = 0
    nan: int = 0
    empty: int = 0
    nulled: int = 0
    replaced: int = 0
    rounded: int = 0
    low: Any = None
    high: Any = None

    def add(self, column: Column) -> None:
        """Count a lake array's nulls, and widen its extremes; NaN is neither."""
        self.nulls += column.null_count
        self.nan += nans(column)
        if not is_ordered(column.type) or column.null_count == len(column):
            return
        low, high = _extremes(column)
        if low is None:
            return
        self.low = low if self.low is None else min(self.low, low, key=_order)
        self.high = high if self.high is None else max(self.high, high, key=_order)

    def tally(self, kind: pa.DataType) -> Tally:
        """Give the counts as they are recorded."""
        return Tally(
            nulls=self.nulls,
            nan=self.nan,
            empty=self.empty,
            nulled=self.nulled,
            replaced=self.replaced,
            rounded=self.rounded,
            low=_text(self.low, kind),
            high=_text(self.high, kind),
            number=is_number(kind),
        )


def is_number(kind: pa.DataType) -> bool:
    """Say whether values are ordered as numbers rather than as their text."""
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def is_ordered(kind: pa.DataType) -> bool:
    """Say whether values of a lake type have a smallest one that says something."""
    return is_number(kind) or pa.types.is_string(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind)


def _extremes(column: Column) -> tuple[Any, Any]:
    """Find the smallest and the largest value, as Python has them; None where all are NaN."""
    if pa.types.is_string(column.type):
        width, there = arrays.place_width(column.type), arrays.bits(column)
        places = extremes.of_texts(arrays.text(column), arrays.raw(column, 1), width, there, column.offset, len(column))
        return column[places[0]].as_py()[:SHOWN], column[places[1]].as_py()[:SHOWN]
    found = pc.min_max(_numbers(column))
    low, high = found["min"].as_py(), found["max"].as_py()
    if not isinstance(low, float):
        return low, high
    return (None, None) if math.isnan(low) else (_zero(column, low, -1), _zero(column, high, 1))


def _zero(column: Column, extreme: float, sign: int) -> float:
    """Give an extreme as it is; of zeros, which are equal, that with the sign where there is one."""
    if extreme:
        return extreme
    values = arrays.fixed(column.drop_null(), arrays.number_type(column.type))
    signs = np.copysign(1, values[values == 0])
    return math.copysign(0.0, sign if sign in signs else -sign)


def _order(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """Sort -0.0 before 0.0."""
    return (value, math.copysign(1, value)) if isinstance(value, float) else value


def _numbers(column: Column) -> Column:
    """Look at times as integers: Python's own classes stop at the years 1 and 9999, and need a time zone database."""
    if pa.types.is_timestamp(column.type):
        return column.view(pa.int64())
    return column.view(pa.int32()) if pa.types.is_date(column.type) else column


def _text(value: Any, kind: pa.DataType) -> str:  # noqa: ANN401 - whatever a column holds
    if value is None:
        return ""
    if pa.types.is_timestamp(kind):
        return isotime.us_text(value) if kind.tz else isotime.us_text(value)[:-1]
    return isotime.day_text(value) if pa.types.is_date(kind) else str(value)
