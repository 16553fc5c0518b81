"""A report has a line for whatever was changed."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.lakedata import planned, table_of

from gluepot.cassandra.cql import CqlType
from gluepot.lake.convert import fidelity
from gluepot.plan.records import Part, RangeRecord, Tally
from gluepot.plan.table import PlannedColumn

C = CqlType
COUNTS = st.integers(0, 10**6)
NUMBERS = st.one_of(st.integers().map(str), st.floats(allow_nan=False).map(str), st.decimals(allow_nan=False).map(str))


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    number = draw(st.just(value=True))
    bounds = sorted(draw(st.lists(NUMBERS, min_size=2, max_size=2)), key=Decimal)
    low, high = bounds if draw(st.booleans()) else ("", "")
    return Tally(nulls=draw(COUNTS), nulled=draw(COUNTS), rounded=draw(COUNTS), low=low, high=high, number=number)


@given(st.lists(tallies(), min_size=1, max_size=5), st.randoms())
def test_ranges_add_up_in_any_order(found: list[Tally], random: object) -> None:
    merged = fidelity.merge([{"v": one} for one in found])["v"]
    assert merged.nulls == sum(one.nulls for one in found)
    assert merged.rounded == sum(one.rounded for one in found)
    random.shuffle(found)  # type: ignore[attr-defined]
    again = fidelity.merge([{"v": one} for one in found])["v"]
    assert (again.nulled, bool(again.low)) == (merged.nulled, bool(merged.low))
    if merged.low:
        lows = [Decimal(one.low) for one in found if one.low]
        assert Decimal(merged.low) == Decimal(again.low) == min(lows)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (Tally(low="9", high="9", number=True), Tally(low="10", high="10", number=True), "9", "10"),
        (Tally(low="9", high="9"), Tally(low="10", high="10"), "10", "9"),
        (Tally(low="", high="b"), Tally(low="a", high="a"), "", "b"),
        (Tally(), Tally(low="a", high="c"), "a", "c"),
        (Tally(low="inf", high="inf", number=True), Tally(low="-inf", high="1", number=True), "-inf", "inf"),
    ],
)
def test_numbers_are_compared_as_numbers_and_text_as_text(one: Tally, other: Tally, low: str, high: str) -> None:
    merged = fidelity.merge([{"v": one}, {"v": other}])["v"]
    assert (merged.low, merged.high) == (low, high)


def record(read: int, written: int, **tally: Tally) -> RangeRecord:
    parts = (Part(start=0, end=1, rows=written, checksum=0),)
    return RangeRecord(start=0, end=1, parts=parts, files=(), read=read, tallies=tally, wide=("7",))


def test_a_report_says_what_was_renamed_retyped_changed_left_out_and_dropped() -> None:
    source = table_of({"Id": C("int"), "v": C("varint"), "gone": C("text")})
    columns = (
        *planned(source).columns[:1],
        PlannedColumn(name="v", type="string", role="regular", source="v", cql="varint", policy="string"),
    )
    plan = planned(source, columns=columns, filter="v <> '0'")
    report = fidelity.report(plan, [record(5, 3, v=Tally(nulls=1, nulled=1)), record(2, 2, v=Tally(rounded=2))], source)
    assert (report.read, report.written, report.left_out) == (7, 5, 2)
    assert report.dropped == ("gone",)
    assert [(one.name, one.renamed, one.retyped) for one in report.columns] == [("id", True, False), ("v", False, True)]
    assert report.columns[1].changes == {"nulled": 1, "rounded": 2}
    assert report.wide == ("7", "7")
    assert not report.is_exact
    assert msgspec.json.decode(msgspec.json.encode(report), type=fidelity.TableReport) == report


def test_a_load_that_changed_nothing_is_exact() -> None:
    source = table_of({"id": C("int")})
    assert fidelity.report(planned(source), [record(2, 2, id=Tally(low="1", high="2", number=True))], source).is_exact
