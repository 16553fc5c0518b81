"""A plan file's SQL makes one value of one row, the same each time, and reaches nothing else."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.lakedata import EPOCH, planned, table_of

from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.reading import Page
from gluepot.errors import ConfigError, FidelityError
from gluepot.lake.convert import transform
from gluepot.lake.convert.convert import Converter
from gluepot.lake.convert.exact import rounded
from gluepot.plan.table import PlannedColumn

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.plan.table import PlannedTable

C = CqlType
NIL = "00000000-0000-0000-0000-000000000000"
SOURCE = table_of(
    {
        "id": C("int"),
        "Ck": C("int"),
        "amount": C("decimal"),
        "at": C("timestamp"),
        "s": C("text"),
        "l": C("list", (C("int"),)),
        "v": C("varint"),
    },
    clustering=["Ck"],
)
TIMES = pa.timestamp("ms", tz="UTC")
BATCH = pa.RecordBatch.from_pydict(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "Ck": pa.array([10, 20, 30], pa.int32()),
        "amount": ["1.505", None, "2.10"],
        "at": pa.array([0, None, 86_400_000 + 1], pa.int64()).cast(TIMES),
        "s": ["1", "x", None],
        "l": pa.array([[1], None, [2, 3]], pa.list_(pa.int32())),
        "v": pa.array([Decimal(7), None, Decimal(-1)], pa.decimal128(38, 0)),
    }
)


def plan(*more: PlannedColumn, condition: str = "") -> PlannedTable:
    keys = tuple(one for one in planned(SOURCE).columns if one.name in {"id", "ck"})
    return planned(SOURCE, columns=(*keys, *more), filter=condition)


def derived(text: str, kind: str = "", policy: str = "error") -> PlannedColumn:
    return PlannedColumn(name="x", type=kind, role="derived", expression=text, policy=policy)


def cast(source: str, sql: str, kind: str = "", policy: str = "error") -> PlannedColumn:
    return PlannedColumn(name="x", type=kind, role="regular", source=source, cast=sql, policy=policy)


def run(table: PlannedTable, batch: pa.RecordBatch = BATCH) -> tuple[list[Any], Converter]:
    converter = Converter(table, SOURCE)
    found = converter.convert(Page(batch.select(list(converter.selection.columns))))
    found.validate(full=True)
    return found.to_pylist(), converter


def column(table: PlannedTable) -> list[Any]:
    return [row["x"] for row in run(table)[0]]


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("Ck + 1", "int", [11, 21, 31]),
        ("ck * id", "int", [10, 40, 90]),
        ("CAST(amount AS DECIMAL(10, 3)) * 2", "decimal(18, 3)", [Decimal("3.010"), None, Decimal("4.200")]),
        ("lower(s) -- a comment", "string", ["1", "x", None]),
        ('"at"::DATE', "date", [dt.date(1970, 1, 1), None, dt.date(1970, 1, 2)]),
        ("list_transform(l, lambda y: y + ck)", "list<int>", [[11], None, [32, 33]]),
        (
            "{'A b': ck, 'c': l}",
            "struct<a_b: int, c: list<int>>",
            [{"a_b": 10, "c": [1]}, {"a_b": 20, "c": None}, {"a_b": 30, "c": [2, 3]}],
        ),
        ("MAP {s: id}", "map<string, int>", None),
        ("CASE WHEN s = 'x' THEN 'é' ELSE s END", "string", ["1", "é", None]),
        ("1", "int", [1, 1, 1]),
        ("v + 1", "decimal(38, 0)", [8, None, 0]),
        ("date_trunc('day', \"at\")", "timestamptz", [EPOCH, None, EPOCH + dt.timedelta(days=1)]),
        (f"CAST('{NIL}' AS UUID)", "string", [NIL] * 3),
    ],
)
def test_an_expression_is_typed_by_the_check_and_computed_by_the_load(text: str, kind: str, values: Any) -> None:
    assert transform.check(plan(derived(text)), SOURCE) == {"x": kind}
    if values is not None:
        assert column(plan(derived(text, kind))) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nope", "uses column 'nope'"),
        ("amont", "uses column 'amont'"),
        ("ck +* 2 )", "cannot be parsed"),
        ("ck +", "cannot be parsed"),
        ("", "is empty"),
        (" -- nothing", "the lake has no such type"),
        ("at + 1", "cannot be parsed"),
        ("sum(ck)", "sum() looks at many rows"),
        ("row_number() OVER ()", "a window function"),
        ("(SELECT 1)", "a subquery"),
        ("ck IN (SELECT 1)", "a subquery"),
        ("*", "a star"),
        ("COLUMNS(*)", "a star"),
        ("$1", "a parameter"),
        ("unnest(l)", "several rows"),
        ("geomean(ck)", "uses geomean()"),
        ("now()", "not the same each time"),
        ("random()", "not the same each time"),
        ("uuid()", "not the same each time"),
        ("current_date", "uses column 'current_date'"),
        ("current_setting('threads')", "not the same each time"),
        ("hash(s)", "differ between versions"),
        ("1), (2", "not one expression"),
        ("1) FROM read_csv('/etc/passwd') WHERE (true", "not one expression"),
        ("1); DROP TABLE x; SELECT (1", "cannot be parsed"),
        ("read_text('/etc/passwd')", "cannot be computed"),
        ("s + 1", "cannot be computed"),
        ("NULL", "the lake has no such type"),
        ("TIME '10:00'", "the lake has no such type"),
        ("INTERVAL 1 DAY", "the lake has no such type"),
    ],
)
def test_what_is_no_value_of_a_row_is_refused_before_anything_is_read(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        transform.check(plan(derived(text)), SOURCE)
    assert said in str(caught.value)
    assert caught.value.what.startswith("the derived column x of things")


def test_an_unknown_column_is_answered_with_near_names() -> None:
    with pytest.raises(ConfigError) as caught:
        transform.check(plan(derived("amont")), SOURCE)
    assert "did you mean amount" in caught.value.hint


def test_a_syntax_error_is_shown_at_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        transform.check(plan(derived("s = 'é' AND ]")), SOURCE)
    lines = caught.value.why.splitlines()
    assert lines[-1].index("^") == lines[-2].index("]")


@pytest.mark.parametrize(
    ("source", "sql", "kind"),
    [
        ("amount", "DECIMAL(10, 2)", "decimal(10, 2)"),
        ("at", "DATE", "date"),
        ("s", "INTEGER", "int"),
        ("l", "VARCHAR[]", "list<string>"),
        ("v", "BIGINT", "long"),
        ("Ck", "UUID", None),
        ("s", "BLURB", None),
        ("l", "INTEGER", None),
        ("s", "INTEGER), (1", None),
        ("s", "INTEGER) + CAST(1 AS INTEGER", None),
        ("s", "TIME", None),
        ("gone", "INTEGER", None),
    ],
)
def test_a_cast_is_to_a_type_of_the_lake_that_its_values_can_have(source: str, sql: str, kind: str | None) -> None:
    table = plan(cast(source, sql))
    if kind:
        assert transform.check(table, SOURCE) == {"x": kind}
    else:
        with pytest.raises(ConfigError):
            transform.check(table, SOURCE)


def test_digits_that_a_cast_cuts_off_are_counted() -> None:
    rows, converter = run(plan(cast("amount", "DECIMAL(10, 2)", "decimal(10, 2)")))
    assert [row["x"] for row in rows] == [Decimal("1.51"), None, Decimal("2.10")]
    assert converter.tallies["x"].rounded == 1
    rows, converter = run(plan(cast("at", "DATE", "date")))
    assert converter.tallies["x"].rounded == 1


@pytest.mark.parametrize("made", [cast("s", "INTEGER", "int"), derived("CAST(s AS INTEGER)", "int")])
def test_a_value_that_does_not_convert_is_named_with_its_row(made: PlannedColumn) -> None:
    with pytest.raises(FidelityError) as caught:
        run(plan(made))
    assert "the row with id=2, Ck=20" in caught.value.what
    assert "s=x" in caught.value.why
    assert "gluepot" not in caught.value.why


@pytest.mark.parametrize("made", [cast("s", "INTEGER", "int", "null"), derived("CAST(s AS INTEGER)", "int", "null")])
def test_under_the_policy_null_it_is_given_up_and_counted(made: PlannedColumn) -> None:
    rows, converter = run(plan(made))
    assert [row["x"] for row in rows] == [1, None, None]
    assert converter.tallies["x"].nulled == 1


def test_a_filter_keeps_rows_for_which_it_is_true_and_counts_the_others() -> None:
    rows, converter = run(plan(condition="s <> 'x'"))
    assert [row["id"] for row in rows] == [1]
    assert (converter.read, converter.filtered) == (3, 2)
    assert converter.selection.columns == ("id", "Ck", "s")


def test_a_filter_says_yes_or_no() -> None:
    with pytest.raises(ConfigError, match="gives INTEGER"):
        transform.check(plan(condition="ck"), SOURCE)


def test_rows_that_the_filter_leaves_out_break_no_policy() -> None:
    beyond = BATCH.set_column(3, "at", pa.array([0, 2**60, 0], pa.int64()).cast(TIMES))
    at = PlannedColumn(name="x", type="timestamptz", role="regular", source="at")
    rows, _ = run(plan(at, condition="id <> 2"), beyond)
    assert len(rows) == 2
    with pytest.raises(FidelityError):
        run(plan(at), beyond)


def test_a_filter_that_fails_names_the_row() -> None:
    with pytest.raises(FidelityError, match="the filter of things fails on the row with id=2, Ck=20"):
        run(plan(condition="CAST(s AS INTEGER) > 0"))


def test_a_value_that_sql_cannot_see_is_named_unless_its_column_has_a_policy() -> None:
    beyond = BATCH.set_column(3, "at", pa.array([0, 2**60, 0], pa.int64()).cast(TIMES))
    year = derived("date_part('year', \"at\")", "long")
    with pytest.raises(FidelityError, match="SQL uses it"):
        run(plan(year), beyond)
    at = PlannedColumn(name="at", type="timestamptz", role="regular", source="at", policy="null")
    rows, converter = run(plan(at, year), beyond)
    assert [row["x"] for row in rows] == [1970, None, 1970]
    assert (converter.tallies["at"].nulled, converter.tallies["x"].nulled) == (1, 1)


def test_years_that_sql_makes_up_are_refused_too() -> None:
    with pytest.raises(FidelityError, match=r"\+20000-01-01"):
        run(plan(derived("make_timestamptz(20000, 1, 1, 0, 0, 0)", "timestamptz")))


def test_names_that_differ_in_case_only_are_refused_in_one_expression() -> None:
    source = table_of({"id": C("int"), "userId": C("int"), "userid": C("int")})
    with pytest.raises(ConfigError, match="differ in case only"):
        Converter(planned(source, derived('"userId" + userid', "int")), source)
    converter = Converter(planned(source, derived('"userId" * 2', "int")), source)
    batch = pa.RecordBatch.from_pydict(
        {name: pa.array([n], pa.int32()) for n, name in enumerate(["id", "userId", "userid"])}
    )
    assert converter.convert(Page(batch)).column("x").to_pylist() == [2]


def test_a_load_without_sql_does_not_load_duckdb() -> None:
    import subprocess
    import sys

    code = "import sys, gluepot.lake.convert.convert, gluepot.lake.checksum.checksum; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM read_text('{}')", "COPY (SELECT 1) TO '{}'", "ATTACH '{}' AS x", "SET threads = 2"]
)
def test_the_connection_itself_reaches_no_file_and_keeps_its_settings(sql: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    with pytest.raises(transform.SqlError, match=r"(?i)disabled|locked"):
        transform.connection().execute(sql.format(tmp_path / "secret"))


def test_each_thread_has_a_connection_of_its_own() -> None:
    found = [transform.connection()]
    thread = threading.Thread(target=lambda: found.append(transform.connection()))
    thread.start()
    thread.join()
    assert found[0] is not found[1]
    assert found[0] is transform.connection()


@given(st.lists(st.one_of(st.none(), st.decimals(-(10**6), 10**6, places=4)), max_size=20))
def test_rounded_values_are_those_that_are_not_equal(values: list[Decimal | None]) -> None:
    before = pa.array(values, pa.decimal128(20, 4))
    cut = [None if value is None else round(value, 2) for value in values]
    after = pa.array(cut, pa.decimal128(20, 2))
    expected = sum(one != other for one, other in zip(values, cut, strict=True))
    assert rounded(before, after) == expected
    assert (
        rounded(pa.array([None if value is None else str(value) for value in values], pa.string()), after) == expected
    )
