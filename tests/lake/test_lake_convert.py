"""Pages become exactly what the lake's table says, and nothing is changed without being counted."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import lakedata
from tests.support.lakedata import FIRST_MS, LAST_MS, planned, table_of

from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.reading import Page
from gluepot.errors import ConfigError, FidelityError
from gluepot.lake.checksum import checksum
from gluepot.lake.convert import fidelity
from gluepot.lake.convert.convert import Converter
from gluepot.lake.types import isotime, typemap
from gluepot.plan.table import PlannedColumn

C = CqlType
MS = st.integers(-(2**63), 2**63 - 1)
TIMES = pa.timestamp("ms", tz="UTC")


def batch_of(**columns: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def regular(name: str, kind: str, *, policy: str = "error", **more: str) -> PlannedColumn:
    return PlannedColumn(name=name, type=kind, role="regular", source=name, policy=policy, **more)


def convert(kind: CqlType, values: Any, lake: str, policy: str = "error") -> tuple[list[Any], Converter]:
    """Convert one column of values, beside a key."""
    source = table_of({"id": C("int"), "v": kind})
    converter = Converter(planned(source, regular("v", lake, policy=policy)), source)
    array = values if isinstance(values, pa.Array) else lakedata.scan_array(values, kind)
    found = converter.convert(Page(batch_of(id=pa.array(range(len(array)), pa.int32()), v=array)))
    found.validate(full=True)
    assert found.schema == converter.schema
    return found.column("v").to_pylist(), converter


def times(*values: int | None) -> pa.Array[Any]:
    return pa.array(values, pa.int64()).cast(TIMES)


@given(lakedata.rows())
def test_values_of_every_type_are_in_the_lake_as_they_were(rows: lakedata.Rows) -> None:
    converter = Converter(planned(rows.source), rows.source)
    found = converter.convert(Page(rows.batch))
    found.validate(full=True)
    assert found.schema == typemap.schema_of(planned(rows.source).columns)
    assert found.column("v").to_pylist() == rows.lake
    tally = converter.tallies["v"]
    assert (tally.nulls, tally.nulled, tally.empty) == (rows.lake.count(None), 0, 0)


@given(lakedata.rows(), st.integers(0, 6))
def test_slices_of_pages_convert_as_the_whole_does(rows: lakedata.Rows, start: int) -> None:
    converter = Converter(planned(rows.source), rows.source)
    assert converter.convert(Page(rows.batch.slice(start))).column("v").to_pylist() == rows.lake[start:]


@given(st.lists(lakedata.maybe(st.integers(FIRST_MS, LAST_MS).map(lambda ms: lakedata.Value(ms, ms)))))
def test_timestamps_of_years_1_to_9999_are_kept_to_the_millisecond(values: list[lakedata.Value]) -> None:
    found, _ = convert(C("timestamp"), times(*[one.scan for one in values]), "timestamptz")
    assert found == [None if v.lake is None else lakedata.EPOCH + dt.timedelta(milliseconds=v.lake) for v in values]


@given(MS)
@example(FIRST_MS - 1)
@example(FIRST_MS)
@example(LAST_MS)
@example(LAST_MS + 1)
@example(-(2**63))
def test_timestamps_beyond_are_refused_or_given_up_and_counted(ms: int) -> None:
    fits = FIRST_MS <= ms <= LAST_MS
    found, converter = convert(C("timestamp"), times(ms, 0), "timestamptz", "null")
    assert (found[0] is not None) == fits
    assert converter.tallies["v"].nulled == (not fits)
    if not fits:
        with pytest.raises(FidelityError):
            convert(C("timestamp"), times(0, ms), "timestamptz")


@given(MS)
def test_any_timestamp_is_kept_as_text_or_as_a_number(ms: int) -> None:
    assert convert(C("timestamp"), times(ms), "long", "long")[0] == [ms]
    (text,), _ = convert(C("timestamp"), times(ms), "string", "string")
    assert text == isotime.ms_text(ms)
    if FIRST_MS <= ms <= LAST_MS:
        assert dt.datetime.fromisoformat(text) == lakedata.EPOCH + dt.timedelta(milliseconds=ms)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (2**63 - 1, "+292278994-08-17T07:12:55.807Z"),
        (-(2**63), "-292275055-05-16T16:47:04.192Z"),
        (LAST_MS + 1, "+10000-01-01T00:00:00.000Z"),
        (-62_167_219_200_001, "-0001-12-31T23:59:59.999Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
    ],
)
def test_years_beyond_are_written_as_java_writes_them(ms: int, text: str) -> None:
    assert isotime.ms_text(ms) == text


@given(st.integers(-(2**31), 2**31 - 1))
@example(isotime.FIRST_DAY - 1)
@example(isotime.LAST_DAY + 1)
def test_dates_beyond_are_refused_or_given_up_and_counted_or_kept_as_text(day: int) -> None:
    fits = isotime.FIRST_DAY <= day <= isotime.LAST_DAY
    days = pa.array([day], pa.int32()).view(pa.date32())
    found, converter = convert(C("date"), days, "date", "null")
    assert (found[0] is not None) == fits
    assert converter.tallies["v"].nulled == (not fits)
    assert convert(C("date"), days, "string", "string")[0] == [isotime.day_text(day)]
    assert convert(C("date"), days, "long", "long")[0] == [day]


NUMBERS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.builds(
        lambda n, e: Decimal((n < 0, tuple(map(int, str(abs(n)))), e)),
        st.integers(-(10**45), 10**45),
        st.integers(-50, 50),
    ),
)


@given(NUMBERS, st.integers(1, 38).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, p))))
@example(Decimal("1.10"), (10, 1))
@example(Decimal("0E+50"), (5, 2))
@example(Decimal("1." + "0" * 50), (5, 2))
@example(Decimal("1E+1000000000"), (38, 0))
@example(Decimal("1E-1000000000"), (38, 38))
@example(Decimal(10) ** 38 - 1, (38, 0))
@example(Decimal(10) ** 38, (38, 0))
def test_a_decimal_is_exactly_what_it_was_or_refused(number: Decimal, kind: tuple[int, int]) -> None:
    lake = f"decimal({kind[0]}, {kind[1]})"
    found, converter = convert(C("decimal"), [str(number)], lake, "null")
    assert found[0] is None or (found[0] == number and -found[0].as_tuple().exponent == kind[1])
    assert converter.tallies["v"].nulled == (found[0] is None)
    assert (found[0] is not None) == fits(number, *kind)
    if found[0] is None:
        with pytest.raises(FidelityError):
            convert(C("decimal"), [str(number)], lake)
    assert convert(C("decimal"), [str(number)], "string", "string")[0] == [str(number)]


def fits(number: Decimal, precision: int, scale: int) -> bool:
    """Say whether a number is one of decimal(precision, scale), by counting its digits as text."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return True
    stripped = text.rstrip("0")
    exponent += len(text) - len(stripped)
    return -exponent <= scale and len(stripped) + exponent <= precision - scale


@given(st.integers())
@example(10**38 - 1)
@example(10**38)
@example(-(10**38))
def test_a_varint_is_exactly_what_it_was_or_refused(number: int) -> None:
    inside = abs(number) < 10**38
    texts = pa.array([str(number)])
    found, converter = convert(C("varint"), texts, "decimal(38, 0)", "null")
    assert found == [Decimal(number) if inside else None]
    assert converter.tallies["v"].nulled == (not inside)
    assert converter.selection.as_text == {"v"}
    assert convert(C("varint"), texts, "string", "string")[0] == [str(number)]


def test_the_error_names_table_column_row_value_and_the_line_to_add() -> None:
    source = table_of({"id": C("int"), "At": C("text"), "v": C("list", (C("decimal"),))}, clustering=["At"])
    column = regular("v", "list<decimal(4, 2)>")
    batch = batch_of(id=pa.array([7, 7], pa.int32()), At=["x", "y"], v=[["1.5"], ["2", "3.125"]])
    with pytest.raises(FidelityError) as caught:
        Converter(planned(source, column), source).convert(Page(batch))
    assert caught.value.what == "column v.element of table things has a value that list<decimal(4, 2)> cannot hold"
    assert caught.value.why.startswith("the row with id=7, At=y has 3.125: decimal(4, 2) has 2 digits after the point")
    assert '[table.things.types] v = "string"' in caught.value.hint
    assert '[table.things.policy] v = "null"' in caught.value.hint


def test_a_long_value_is_shown_short() -> None:
    with pytest.raises(FidelityError) as caught:
        convert(C("decimal"), ["1" * 5000], "decimal(38, 0)")
    assert len(str(caught.value)) < 400
    assert "(5000 characters)" in caught.value.why


BOTH = C("map", (C("decimal"), C("decimal")))


@pytest.mark.parametrize(
    ("kind", "values", "lake", "found", "nulled"),
    [
        (C("list", (C("decimal"),)), [["1", "1.5", None]], "list<decimal(4, 0)>", [[1, None, None]], 1),
        (
            BOTH,
            [[("1.5", "1")], [("2", "2.5"), ("3", "3")], None],
            "map<decimal(4, 0), decimal(4, 0)>",
            [None, [(2, None), (3, 3)], None],
            2,
        ),
        (
            C("tuple", (C("decimal"), C("int"))),
            [{"_0": "1.5", "_1": 1}],
            "struct<f0: decimal(4, 0), f1: int>",
            [{"f0": None, "f1": 1}],
            1,
        ),
    ],
)
def test_the_policy_null_reaches_into_nested_values(
    kind: CqlType, values: list[Any], lake: str, found: list[Any], nulled: int
) -> None:
    converted, converter = convert(kind, values, lake, "null")
    assert converted == found
    assert converter.tallies["v"].nulled == nulled


def test_nothing_under_a_null_list_is_looked_at() -> None:
    bounds: Any = pa.array([0, 1, 2], pa.int32())
    hidden = pa.ListArray.from_arrays(bounds, pa.array(["1.5", "2"]), mask=pa.array([True, False]))
    assert convert(C("list", (C("decimal"),)), hidden, "list<decimal(4, 0)>")[0] == [None, [2]]


def test_null_and_empty_collections_stay_apart() -> None:
    assert convert(C("list", (C("int"),)), [None, [], [None]], "list<int>")[0] == [None, [], [None]]
    assert convert(C("map", (C("int"), C("int"))), [None, []], "map<int, int>")[0] == [None, []]


def test_a_page_without_rows_converts() -> None:
    assert (
        convert(C("map", (C("tuple", (C("int"),)), C("int"))), [], "list<struct<key: struct<f0: int>, value: int>>")[0]
        == []
    )


def test_writetimes_and_times_to_live_come_beside_their_columns() -> None:
    source = table_of({"id": C("int"), "v": C("text")})
    more = (
        PlannedColumn(name="v_writetime", type="timestamptz", role="writetime", source="v"),
        PlannedColumn(name="v_ttl", type="int", role="ttl", source="v"),
    )
    converter = Converter(planned(source, *more), source)
    assert (converter.selection.columns, converter.selection.writetime, converter.selection.ttl) == (
        ("id", "v"),
        ("v",),
        ("v",),
    )
    page = {
        "id": pa.array([1], pa.int32()),
        "v": ["a"],
        "writetime(v)": pa.array([1_500_000], pa.int64()),
        "ttl(v)": pa.array([9], pa.int32()),
    }
    found = converter.convert(Page(batch_of(**page))).to_pylist()[0]
    assert found["v_writetime"] == lakedata.EPOCH + dt.timedelta(seconds=1.5)
    assert found["v_ttl"] == 9


def test_a_writetime_that_somebody_chose_beyond_all_years_is_refused() -> None:
    source = table_of({"id": C("int"), "v": C("text")})
    column = PlannedColumn(name="w", type="timestamptz", role="writetime", source="v")
    page = {"id": pa.array([1], pa.int32()), "v": ["a"], "writetime(v)": pa.array([2**62], pa.int64())}
    with pytest.raises(FidelityError, match=r"\+148108-07-06") as refused:
        Converter(planned(source, column), source).convert(Page(batch_of(**page)))
    assert '[table.things.types] w = "long"' in refused.value.hint
    assert '[table.things.policy] w = "null"' in refused.value.hint


@pytest.mark.parametrize(
    ("kind", "policy", "expected"),
    [
        ("timestamptz", "null", [None, None, lakedata.EPOCH]),
        ("long", "error", [1_700_000_000_123_456_789, None, 0]),
        ("string", "error", ["+55840-11-08T22:15:23.456789Z", None, "1970-01-01T00:00:00.000000Z"]),
    ],
)
def test_a_writetime_in_nanoseconds_has_ways_out(kind: str, policy: str, expected: list[object]) -> None:
    source = table_of({"id": C("int"), "v": C("text")})
    column = PlannedColumn(name="w", type=kind, role="writetime", source="v", policy=policy)
    written = pa.array([1_700_000_000_123_456_789, None, 0], pa.int64())
    page = {"id": pa.array([1, 2, 3], pa.int32()), "v": ["a", None, "b"], "writetime(v)": written}
    converter = Converter(planned(source, column), source)
    found = converter.convert(Page(batch_of(**page))).column("w").to_pylist()
    assert found == expected
    assert converter.tallies["w"].nulled == (policy == "null")


def test_a_row_expires_with_the_last_of_its_cells_and_never_if_one_has_no_end() -> None:
    source = table_of({"id": C("int"), "a": C("text"), "b": C("text"), "l": C("list", (C("int"),))})
    column = PlannedColumn(name="gone_at", type="timestamptz", role="expires_at")
    converter = Converter(planned(source, column), source)
    assert converter.selection.ttl == ("a", "b")
    page = {
        "id": pa.array([1, 2, 3, 4], pa.int32()),
        "a": ["x", "x", None, None],
        "b": ["y", "y", "y", None],
        "l": pa.nulls(4, pa.list_(pa.int32())),
        "ttl(a)": pa.array([100, 100, None, None], pa.int32()),
        "ttl(b)": pa.array([200, None, 50, None], pa.int32()),
    }
    before = dt.datetime.now(dt.UTC)
    found = converter.convert(Page(batch_of(**page))).column("gone_at").to_pylist()
    left = [None if one is None else round((one - before).total_seconds()) for one in found]
    assert left[1] is None
    assert left[3] is None
    assert left[0] == pytest.approx(200, abs=5)
    assert left[2] == pytest.approx(50, abs=5)


STATIC = table_of({"id": C("int"), "c": C("int"), "s": C("text"), "v": C("text")}, static=["s"], clustering=["c"])


def only(*names: str) -> dict[str, Any]:
    return {"columns": tuple(one for one in planned(STATIC).columns if one.name in names)}


STATIC_PAGE = batch_of(
    id=pa.array([1, 1, 2], pa.int32()), c=pa.array([1, 2, None], pa.int32()), s=["a", "a", "b"], v=["x", None, None]
)


def test_static_values_stand_in_each_row_and_partitions_without_rows_have_one() -> None:
    converter = Converter(planned(STATIC), STATIC)
    assert converter.convert(Page(STATIC_PAGE)).to_pylist()[2] == {"id": 2, "c": None, "s": "b", "v": None}
    assert converter.static_only == 0


def test_rows_of_partitions_without_rows_are_left_out_where_statics_are_split_off() -> None:
    converter = Converter(planned(STATIC, **only("id", "c", "v")), STATIC)
    assert converter.selection.columns == ("id", "c", "v")
    found = converter.convert(Page(STATIC_PAGE.select(["id", "c", "v"])))
    assert found.column("c").to_pylist() == [1, 2]
    assert (converter.read, converter.static_only) == (3, 1)


def test_a_row_whose_clustering_key_is_empty_is_no_partition_without_rows() -> None:
    converter = Converter(planned(STATIC, **only("id", "c", "v")), STATIC)
    found = converter.convert(Page(STATIC_PAGE.select(["id", "c", "v"]), empty={"c": 1}))
    assert found.num_rows == 3


def test_the_table_of_statics_has_one_row_for_each_partition_that_has_any() -> None:
    converter = Converter(planned(STATIC, **only("id", "s"), part="static"), STATIC)
    assert (converter.selection.columns, converter.selection.distinct) == (("id", "s"), True)
    found = converter.convert(Page(batch_of(id=pa.array([1, 2], pa.int32()), s=["a", None])))
    assert found.to_pylist() == [{"id": 1, "s": "a"}]
    assert converter.static_only == 1


def test_the_table_of_statics_holds_no_column_of_rows() -> None:
    with pytest.raises(ConfigError, match="cannot hold v"):
        Converter(planned(STATIC, **only("id", "v"), part="static"), STATIC)


def test_only_what_is_needed_is_read() -> None:
    source = table_of({"id": C("int"), "a": C("text"), "b": C("text")})
    assert Converter(planned(source, columns=(regular("b", "string"),)), source).selection.columns == ("b",)


def test_a_column_that_is_gone_since_the_plan_is_named() -> None:
    source = table_of({"id": C("int")})
    with pytest.raises(ConfigError, match="has no column 'v'"):
        Converter(planned(source, regular("v", "string")), source)


def test_a_type_that_changed_since_the_plan_is_refused() -> None:
    source = table_of({"id": C("int"), "v": C("text")})
    with pytest.raises(ConfigError, match="type text does not become int"):
        Converter(planned(source, regular("v", "int")), source)


def test_what_decoding_counted_is_in_the_tallies_of_the_columns_that_show_it() -> None:
    source = table_of({"id": C("int"), "Name": C("text")})
    converter = Converter(planned(source), source)
    page = Page(batch_of(id=pa.array([1], pa.int32()), Name=["\ufffd"]), empty={"id": 1}, replaced={"Name": 1})
    converter.convert(page)
    assert converter.tallies["id"].empty == 1
    assert converter.tallies["name"].replaced == 1


@pytest.mark.parametrize(
    ("kind", "values", "lake", "low", "high"),
    [
        (C("int"), [3, None, -20], "int", "-20", "3"),
        (C("text"), ["b", "a", None], "string", "a", "b"),
        (C("double"), [1.5, float("nan"), -2.0], "double", "-2.0", "1.5"),
        (C("double"), [float("nan")], "double", "", ""),
        (C("decimal"), ["10", "9.5"], "decimal(4, 2)", "9.50", "10.00"),
        (C("timestamp"), [0, 1], "timestamptz", "1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.001000Z"),
        (C("date"), [dt.date(1, 1, 1)], "date", "0001-01-01", "0001-01-01"),
        (C("boolean"), [True], "boolean", "", ""),
        (C("text"), ["x" * 500], "string", "x" * 128, "x" * 128),
    ],
)
def test_the_smallest_and_the_largest_value_are_told(
    kind: CqlType, values: Any, lake: str, low: str, high: str
) -> None:
    _, converter = convert(kind, values, lake)
    assert (converter.tallies["v"].low, converter.tallies["v"].high) == (low, high)


TEXTS = st.one_of(st.text(max_size=12), st.text("ab\0", max_size=10), st.text("a", min_size=6, max_size=10))


@given(st.lists(st.one_of(st.none(), TEXTS), min_size=1, max_size=8), st.integers(0, 3))
def test_texts_are_compared_as_python_compares_them(values: list[str | None], start: int) -> None:
    _, converter = convert(C("text"), pa.array(values, pa.string()).slice(start), "string")
    some = [value for value in values[start:] if value is not None]
    tally = converter.tallies["v"]
    assert (tally.low, tally.high) == (min(some, default=""), max(some, default=""))


def test_threads_with_a_converter_each_add_up_to_what_one_finds() -> None:
    source = table_of({"id": C("int"), "v": C("timestamp")})
    plan = planned(source, regular("v", "timestamptz", policy="null"))
    pages = [Page(batch_of(id=pa.array(range(9), pa.int32()), v=times(*range(8), 2**60 + n))) for n in range(8)]
    converters = [Converter(plan, source) for _ in pages]
    sums: list[int] = []

    def work(converter: Converter, page: Page) -> None:
        sums.append(checksum.total(checksum.row_hashes(converter.convert(page))))

    threads = [threading.Thread(target=work, args=pair) for pair in zip(converters, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = Converter(plan, source)
    expected = [checksum.total(checksum.row_hashes(alone.convert(page))) for page in pages]
    assert sorted(sums) == sorted(expected)
    assert fidelity.merge([one.tallies for one in converters]) == alone.tallies
