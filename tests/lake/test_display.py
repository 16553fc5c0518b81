"""Arrow values as text and JSON: exact, of any year, and told apart from null."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.lake.read import display

MICROS = st.integers(-(2**63), 2**63 - 1)


def one(value: Any, kind: Any) -> Any:
    return display.plain(pa.array([value], kind))[0]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (0, pa.timestamp("us", tz="UTC"), "1970-01-01T00:00:00Z"),
        (-1, pa.timestamp("us", tz="UTC"), "1969-12-31T23:59:59.999999Z"),
        (1_700_000_000_120, pa.timestamp("ms", tz="UTC"), "2023-11-14T22:13:20.120Z"),
        (2**63 - 1, pa.timestamp("us", tz="UTC"), "+294247-01-10T04:00:54.775807Z"),
        (0, pa.timestamp("s"), "1970-01-01T00:00:00"),
        (2**31 - 1, pa.date32(), "+5881580-07-11"),
        (3_000_000_001, pa.time64("ns"), "00:00:03.000000001"),
        (b"\x00\xff", pa.binary(), "0x00ff"),
        (Decimal("1.10"), pa.decimal128(5, 2), Decimal("1.10")),
        (Decimal(10**37), pa.decimal128(38, 0), 10**37),
        (0.1, pa.float32(), 0.1),
        (float("nan"), pa.float64(), "NaN"),
        (float("-inf"), pa.float32(), "-Infinity"),
        ({"a": None}, pa.map_(pa.string(), pa.date32()), {"a": None}),
        ({1: 2}, pa.map_(pa.int32(), pa.date32()), [(1, "1970-01-03")]),
        ([1, None], pa.list_(pa.timestamp("ms", tz="UTC")), ["1970-01-01T00:00:00.001Z", None]),
        ({"at": 0}, pa.struct([("at", pa.date32())]), {"at": "1970-01-01"}),
    ],
)
def test_a_value_is_shown_as_what_it_is(value: Any, kind: Any, expected: Any) -> None:
    assert one(value, kind) == expected


@given(MICROS)
def test_a_timestamp_of_any_year_is_shown(micros: int) -> None:
    text = one(micros, pa.timestamp("us", tz="UTC"))
    assert text.endswith("Z")
    assert len(text) >= len("1970-01-01T00:00:00Z")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20))
def test_a_decimal_keeps_every_digit(value: Decimal) -> None:
    kept = one(value, pa.decimal128(38, 4))
    assert kept == value
    assert Decimal(display.text(kept)) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_of_32_bits_is_shown_with_the_fewest_digits_that_mean_it(value: float) -> None:
    again = pa.array([one(value, pa.float32())], pa.float32())[0].as_py()
    assert again == value


def test_nulls_at_every_depth_stay_nulls() -> None:
    kind = pa.list_(pa.struct([("m", pa.map_(pa.string(), pa.list_(pa.int8())))]))
    rows: list[Any] = [None, [], [None], [{"m": None}], [{"m": {"k": None}}], [{"m": {"k": [None]}}]]
    assert display.plain(pa.array(rows, kind)) == rows


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (None, "null"),
        (True, "true"),
        (["a", None], '["a", null]'),
        ({"x": 1, "y": "z"}, '{x: 1, y: "z"}'),
        ([(1, "0x")], '[1: "0x"]'),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_nested_values_stand_on_one_line(value: Any, expected: str) -> None:
    assert display.text(value) == expected


@given(st.lists(st.one_of(st.none(), st.text()), max_size=3))
def test_what_is_shown_is_json(values: list[str | None]) -> None:
    column = pa.array([values], pa.list_(pa.string()))
    assert json.loads(json.dumps(display.plain(column)[0])) == values
