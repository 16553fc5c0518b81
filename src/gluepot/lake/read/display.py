"""Arrow values as people and JSON read them: exact, in UTC, of any year, and without losing what they are.

pyarrow's own conversion to Python fails for times outside the years 1 to 9999, and shows 32-bit floats as if they had
64 bits. `plain` gives what JSON holds; `text` writes one such value on one line.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from gluepot.lake.types.isotime import day_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    kind = column.type
    step = _step(kind)
    return [None if value is None else step(value) for value in column.cast(_countable(kind)).to_pylist()]


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


def _countable(kind: Any) -> Any:  # noqa: ANN401, PLR0911 - likewise; a line for each kind of type
    """Give the type with times as the numbers that they are, at any depth."""
    if (
        pa.types.is_timestamp(kind)
        or pa.types.is_time64(kind)
        or pa.types.is_date64(kind)
        or pa.types.is_duration(kind)
    ):
        return pa.int64()
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return pa.int32()
    if pa.types.is_dictionary(kind):
        return _countable(kind.value_type)
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_field(kind.value_field), kind.list_size)
    if pa.types.is_list(kind):
        return pa.list_(_field(kind.value_field))
    if pa.types.is_large_list(kind):
        return pa.large_list(_field(kind.value_field))
    if pa.types.is_map(kind):
        return pa.map_(_field(kind.key_field), _field(kind.item_field))
    return pa.struct([_field(field) for field in kind]) if pa.types.is_struct(kind) else kind


def _field(field: Any) -> Any:  # noqa: ANN401 - likewise
    return field.with_type(_countable(field.type))


def _step(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - likewise
    """Give what turns one value of a type, times as numbers, into what JSON holds."""
    if (simple := _simple(kind)) is not None:
        return simple
    if pa.types.is_dictionary(kind):
        return _step(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = _null_safe(kind.value_type)
        return lambda many: [inner(value) for value in many]
    if pa.types.is_map(kind):
        return _map(kind)
    if pa.types.is_struct(kind):
        steps = {field.name: _null_safe(field.type) for field in kind}
        return lambda value: {name: step(value[name]) for name, step in steps.items()}
    return lambda one: one


def _simple(kind: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401, PLR0911 - likewise; a line for each kind of type
    if pa.types.is_timestamp(kind):
        per, zone = _PER_SECOND[kind.unit], "Z" if kind.tz else ""
        return lambda ticks: _instant(ticks, per) + zone
    if pa.types.is_time(kind):
        per = _PER_SECOND[kind.unit]
        return lambda ticks: _clock(ticks, per)
    if pa.types.is_date(kind):
        return day_text if pa.types.is_date32(kind) else lambda ticks: day_text(ticks // _DAY_MS)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return lambda value: f"0x{value.hex()}"
    if pa.types.is_decimal(kind):
        return int if kind.scale == 0 else lambda value: value
    if pa.types.is_floating(kind):
        return _float64 if pa.types.is_float64(kind) else _float32
    return str if pa.types.is_interval(kind) else None


def _null_safe(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - likewise
    step = _step(kind)
    return lambda value: None if value is None else step(value)


def _map(kind: Any) -> Callable[[Iterable[tuple[Any, Any]]], Any]:  # noqa: ANN401 - likewise
    key, value = _step(kind.key_type), _null_safe(kind.item_type)
    if pa.types.is_string(kind.key_type) or pa.types.is_large_string(kind.key_type):
        return lambda pairs: {key(name): value(other) for name, other in pairs}
    return lambda pairs: [(key(name), value(other)) for name, other in pairs]


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
