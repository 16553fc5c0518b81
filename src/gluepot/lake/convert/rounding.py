"""How many values a cast made shorter: counted, since nothing is changed without a line in the report."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from gluepot.lake.kernels.arrays import Column

_BEYOND_MICROS: Final = r"\.\d{6}\d*[1-9]"
_BEYOND_DAYS: Final = r"\d[T ].*[1-9]"


def rounded(before: Column, after: Column) -> int:
    """Count values that are not null on either side and that say less than before.

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


def _not_exact(one: Column, other: Column) -> int:
    both = pc.and_(one.is_valid(), other.is_valid())
    pairs = zip(one.filter(both).to_pylist(), other.filter(both).to_pylist(), strict=True)
    return sum(left != right for left, right in pairs)  # Python compares int, Decimal and float by exact value


def _unequal(one: Column, other: Column, *, nan: bool = False) -> int:
    both = pc.and_(one.is_valid(), other.is_valid())
    left = one.filter(both).to_numpy(zero_copy_only=False)
    right = other.filter(both).to_numpy(zero_copy_only=False)
    differ = left != right
    return int((differ & ~(np.isnan(left) & np.isnan(right)) if nan else differ).sum())
