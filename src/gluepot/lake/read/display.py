"""Arrow values as people and JSON read them: exact, in UTC, of any year, and without losing what they are.

pyarrow's own conversion to Python fails for times outside the years 1 to 9999, and shows 32-bit floats as if they had
64 bits. `plain` gives what JSON holds; `text` writes one such value on one line.
"""

from __future__ import annotations

import itertools
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from gluepot.lake.kernels import arrays
from gluepot.lake.types.isotime import day_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from gluepot.lake.kernels.arrays import Column

_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY_SECONDS: Final = 86_400
_DAY_MS: Final = 86_400_000
_GROUP: Final = 3
"""Digits of a fraction of a second come by threes."""


def plain(column: Any) -> list[Any]:  # noqa: ANN401 - the stubs know arrays one by one only
    """Turn an Arrow array into values that JSON holds, one for each row.

    Integers of any width and booleans stay; decimals without a scale become integers, others are `Decimal`; times are
    ISO 8601 text, with `Z` where they are of UTC; bytes are `0x` and hexadecimal digits; floats that JSON has no number
    for are `NaN`, `Infinity`, `-Infinity`; a map becomes a dictionary where its keys are text, else a list of pairs.
    """
    if isinstance(column, pa.ChunkedArray):
        return [value for chunk in column.chunks for value in plain(chunk)]
    array = arrays.whole(column)
    if pa.types.is_struct(array.type):
        return _nulled(array, _structs(array))
    if pa.types.is_map(array.type):
        return _nulled(array, _maps(array))
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        bounds, (elements,) = arrays.children(array)
        return _nulled(array, _cut(plain(elements), bounds))
    step = _step(array.type)
    countable = array.cast(_countable(array.type)).to_pylist()
    return [None if value is None else step(value) for value in countable] if step else countable


def _nulled(array: Column, values: Iterable[Any]) -> list[Any]:
    return [value if there else None for value, there in zip(values, array.is_valid().to_pylist(), strict=True)]


def _structs(array: Column) -> Iterator[dict[str, Any]]:
    names = [field.name for field in array.type]
    if not names:
        return ({} for _ in range(len(array)))
    return (dict(zip(names, row, strict=True)) for row in zip(*map(plain, array.flatten()), strict=True))


def _maps(array: Column) -> Iterator[Any]:
    """Take maps apart: Arrow ends the process where it casts one of whose keys nobody has counted the nulls."""
    bounds, (keys, values) = arrays.children(array)
    pairs = _cut(list(zip(plain(keys), plain(values), strict=True)), bounds)
    is_text = pa.types.is_string(array.type.key_type) or pa.types.is_large_string(array.type.key_type)
    return map(dict, pairs) if is_text else iter(pairs)


def _cut(values: list[Any], bounds: NDArray[np.int64]) -> Iterator[list[Any]]:
    places = bounds.tolist()
    return (values[start:end] for start, end in itertools.pairwise(places))


def text(value: Any) -> str:  # noqa: ANN401 - whatever `plain` gives
    """Write one value of `plain` on one line; text that stands alone is not quoted."""
    return value if isinstance(value, str) else _nested(value)


def _nested(value: Any) -> str:  # noqa: ANN401, PLR0911 - likewise; a line for each kind of value
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case dict():
            return "{" + ", ".join(f"{name}: {_nested(inner)}" for name, inner in value.items()) + "}"
        case tuple():
            return ": ".join(map(_nested, value))
        case list():
            return "[" + ", ".join(map(_nested, value)) + "]"
        case _:
            return str(value)


def is_number(kind: Any) -> bool:  # noqa: ANN401 - the stubs know types one by one only
    """Say whether values of a type are numbers, which people read aligned to the right."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _countable(kind: Any) -> Any:  # noqa: ANN401 - likewise
    """Give the type with times as the numbers that they are."""
    is_long = pa.types.is_timestamp(kind) or pa.types.is_time64(kind) or pa.types.is_date64(kind)
    if is_long or pa.types.is_duration(kind):
        return pa.int64()
    return pa.int32() if pa.types.is_date32(kind) or pa.types.is_time32(kind) else kind


def _step(kind: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401, PLR0911 - likewise; a line for each kind of type
    """Give what turns one value of a type, times as numbers, into what JSON holds; None where it is that already."""
    if pa.types.is_timestamp(kind):
        per, zone = _PER_SECOND[kind.unit], "Z" if kind.tz else ""
        return lambda ticks: _instant(ticks, per) + zone
    if pa.types.is_time(kind):
        per = _PER_SECOND[kind.unit]
        return lambda ticks: _clock(ticks, per)
    if pa.types.is_date(kind):
        return day_text if pa.types.is_date32(kind) else lambda ticks: day_text(ticks // _DAY_MS)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return lambda value: f"0x{value.hex()}"
    if pa.types.is_decimal(kind):
        return int if kind.scale == 0 else None
    if pa.types.is_floating(kind):
        return _float64 if pa.types.is_float64(kind) else _float32
    return str if pa.types.is_interval(kind) else None


def _float64(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _float32(value: float) -> float | str:
    """Keep the shortest digits that mean this 32-bit float."""
    return float(str(np.float32(value))) if math.isfinite(value) else _float64(value)


def _instant(ticks: int, per: int) -> str:
    day, rest = divmod(ticks, _DAY_SECONDS * per)
    return f"{day_text(day)}T{_clock(rest, per)}"


def _clock(ticks: int, per: int) -> str:
    """Write a time of day; a fraction of a second has 3, 6 or 9 digits, as many as it needs."""
    seconds, fraction = divmod(ticks, per)
    shown = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if not fraction:
        return shown
    digits = f"{fraction:0{len(str(per)) - 1}d}"
    while digits.endswith("0" * _GROUP):
        digits = digits[:-_GROUP]
    return f"{shown}.{digits}"
