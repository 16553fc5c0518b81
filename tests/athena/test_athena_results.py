"""What Athena writes as text becomes Arrow's values, exactly; and what a statement costs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from gluepot.athena.price import billed, price
from gluepot.athena.results import Fetch, fetch, parsed
from gluepot.athena.values import typed
from gluepot.errors import LakeError

UTC = dt.UTC


def values(kind: str, *texts: str | None, **more: Any) -> list[Any]:
    column = {"Name": "c", "Type": kind, **more}
    return typed(pa.chunked_array([pa.array(texts, pa.string())]), column).to_pylist()


@pytest.mark.parametrize(
    ("kind", "texts", "found"),
    [
        ("boolean", ["true", "false", None], [True, False, None]),
        ("tinyint", ["-128"], [-128]),
        ("bigint", ["-9223372036854775808", "9223372036854775807"], [-(2**63), 2**63 - 1]),
        ("double", ["1.0E10", "-0.5", "Infinity", "-Infinity"], [1e10, -0.5, float("inf"), float("-inf")]),
        ("real", ["0.5"], [0.5]),
        ("date", ["2024-02-29", "0001-01-01", "9999-12-31"],
         [dt.date(2024, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
        ("time", ["23:59:59.999999"], [dt.time(23, 59, 59, 999_999)]),
        ("timestamp", ["2024-01-02 03:04:05.678", None],
         [dt.datetime(2024, 1, 2, 3, 4, 5, 678_000), None]),  # noqa: DTZ001 - SQL's own has no zone
        ("timestamp with time zone", ["2024-01-02 03:04:05.678901 UTC"],
         [dt.datetime(2024, 1, 2, 3, 4, 5, 678_901, UTC)]),
        ("timestamp with time zone", ["2024-07-02 03:04:05.000 Europe/Zurich", "2024-01-02 03:00:00.000 +05:30"],
         [dt.datetime(2024, 7, 2, 1, 4, 5, tzinfo=UTC), dt.datetime(2024, 1, 1, 21, 30, tzinfo=UTC)]),
        ("varbinary", ["00 ff 61", "", None], [b"\x00\xffa", b"", None]),
        ("varchar", ["", None, "null"], ["", None, "null"]),
        ("array", ["[a, b]"], ["[a, b]"]),
    ],
)  # fmt: skip
def test_every_type_is_read(kind: str, texts: list[str | None], found: list[Any]) -> None:
    assert values(kind, *texts) == found


def test_decimals_keep_all_digits() -> None:
    wide = "-12345678901234567890123456789012345678"
    assert values("decimal", wide, Precision=38, Scale=0) == [Decimal(wide)]
    assert values("decimal", "-0.50", "1.00", Precision=5, Scale=2) == [Decimal("-0.50"), Decimal("1.00")]


def test_nan_is_one() -> None:
    (found,) = values("double", "NaN")
    assert found != found  # noqa: PLR0124 - that is what NaN is


def test_a_value_that_is_none_of_its_type_is_told_with_its_column() -> None:
    with pytest.raises(LakeError) as caught:
        values("bigint", "many")
    assert "column c" in caught.value.what


def test_the_csv_tells_null_from_text_of_no_length() -> None:
    body = b'"a","a"\n"x",""\n,"y\n""z"", w"\n'
    assert [one.to_pylist() for one in parsed(body, 2)] == [["x", None], ["", 'y\n"z", w']]


def test_a_null_of_one_column_is_an_empty_line() -> None:
    assert [one.to_pylist() for one in parsed(b'"a"\n\n""\n"NULL"\n', 1)] == [[None, "", "NULL"]]


def test_a_csv_that_is_cut_is_refused() -> None:
    with pytest.raises(LakeError):
        parsed(b'"a","b"\n"x"\n', 2)


def page(*rows: list[str | None], **more: Any) -> dict[str, Any]:
    data = [{"Data": [{} if one is None else {"VarCharValue": one} for one in row]} for row in rows]
    columns = [{"Name": "n", "Type": "varchar"}]
    return {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": columns}}, **more}


def answer(kind: str, *pages: dict[str, Any]) -> list[Any]:
    given = iter(pages)

    def landing(_location: str) -> Any:
        raise AssertionError("nothing is read from S3")

    found = fetch(Fetch(execution={"StatementType": kind}, page=lambda _more: next(given), landing=landing))
    return found.column(0).to_pylist()


def test_the_first_row_of_a_select_repeats_the_names_and_others_have_no_such_row() -> None:
    assert answer("DML", page(["n"], ["n"], [None], [""])) == ["n", None, ""]
    assert answer("UTILITY", page(["n"], ["m"])) == ["n", "m"]


def test_pages_are_read_to_their_end_where_athena_keeps_results_itself() -> None:
    assert answer("DML", page(["n"], ["1"], NextToken="x"), page(["2"], NextToken="y"), page(["3"])) == ["1", "2", "3"]


def test_answers_of_utilities_may_have_short_rows() -> None:
    assert answer("UTILITY", page([], ["m"])) == [None, "m"]


MB = 1 << 20


@pytest.mark.parametrize(
    ("scanned", "paid"), [(0, 0), (1, 10 * MB), (10 * MB, 10 * MB), (10 * MB + 1, 11 * MB), (1 << 40, 1 << 40)]
)
def test_whole_megabytes_are_billed_and_ten_at_the_least(scanned: int, paid: int) -> None:
    assert billed(scanned) == paid


def test_a_terabyte_costs_its_unit_price() -> None:
    assert price(1 << 40, 5.0) == 5.0
    assert price(0, 5.0) == 0.0
