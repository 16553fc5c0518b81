"""The rows of a query as a table, as JSON lines and as CSV."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gluepot.cli.query import rows
from gluepot.sql.query import Running

if TYPE_CHECKING:
    from collections.abc import Callable


def running(table: pa.Table, chunk: int = 2) -> Running:
    return Running(table.schema, iter(table.to_batches(chunk)), ())


TABLE = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "name": ['Ann, "A"', None, ""],
        "price": pa.array([Decimal("1.10"), None, Decimal("12345678.90")], pa.decimal128(12, 2)),
        "at": pa.array([0, None, -1], pa.timestamp("us", tz="UTC")),
        "ratio": [0.5, float("nan"), None],
        "tags": [["a", None], [], None],
    }
)


def printed(capsys: pytest.CaptureFixture[str], way: Callable[[Running, int], None], most: int = 0) -> tuple[str, str]:
    way(running(TABLE), most)
    told = capsys.readouterr()
    return told.out, told.err


def test_text_aligns_numbers_and_shows_nulls(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(capsys, rows.as_text)
    lines = out.splitlines()
    assert lines[0].split() == ["id", "name", "price", "at", "ratio", "tags"]
    assert lines[2].split("  ")[0] == " 1"
    end = lines[0].index("price") + len("price")
    assert [line[:end].split()[-1] for line in lines[2:]] == ["1.10", "null", "12345678.90"]
    assert "''" in lines[4]
    assert err == "3 rows\n"


def test_text_says_that_there_are_more_rows(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(capsys, rows.as_text, 2)
    assert len(out.splitlines()) == 4
    assert err.startswith("the first 2 rows, there are more: --limit 0")


def test_json_has_one_object_for_each_row_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = printed(capsys, rows.as_json)
    first, second, third = map(json.loads, out.splitlines())
    assert first == {
        "id": 1, "name": 'Ann, "A"', "price": "1.10", "at": "1970-01-01T00:00:00Z", "ratio": 0.5, "tags": ["a", None],
    }  # fmt: skip
    assert second == {"id": 2, "name": None, "price": None, "at": None, "ratio": "NaN", "tags": []}
    assert third["price"] == "12345678.90"


def test_csv_tells_null_and_no_text_apart(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = printed(capsys, rows.as_csv)
    assert out.splitlines() == [
        "id,name,price,at,ratio,tags",
        '1,"Ann, ""A""",1.10,1970-01-01T00:00:00Z,0.5,"[""a"", null]"',
        "2,,,,NaN,[]",
        '3,"",12345678.90,1969-12-31T23:59:59.999999Z,,',
    ]


@pytest.mark.parametrize("way", [rows.as_json, rows.as_csv])
def test_a_limit_holds(capsys: pytest.CaptureFixture[str], way: Callable[[Running, int], None]) -> None:
    out, _ = printed(capsys, way, 1)
    assert len(out.splitlines()) == 1 + (way is rows.as_csv)


def test_columns_of_one_name_are_told_apart_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "a_2"])
    rows.as_json(running(table), 0)
    assert json.loads(capsys.readouterr().out) == {"a": 1, "a_2": 2, "a_2_2": 3}


def test_an_answer_without_rows_has_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for way in (rows.as_text, rows.as_csv):
        way(running(TABLE.slice(0, 0)), 0)
        assert capsys.readouterr().out.split("\n")[0].replace(",", " ").split() == TABLE.schema.names


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(min_size=1).filter(lambda one: "\r" not in one), min_size=1, max_size=4))
def test_csv_is_read_back_as_it_was(capsys: pytest.CaptureFixture[str], values: list[str]) -> None:
    table = pa.table({f"c{at}": [value] for at, value in enumerate(values)})
    rows.as_csv(running(table), 0)
    _, row = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    assert row == values


def test_a_plan_is_printed_as_it_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    plan: Any = pa.table({"explain_key": ["physical_plan"], "explain_value": ["a\n  b"]})
    rows.as_text(running(plan), 100)
    assert capsys.readouterr().out == "a\n  b\n"
