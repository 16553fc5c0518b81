"""What a load stands on: ids that find an unfinished run, and proofs that cover a range."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, Range
from gluepot.cassandra.splits import cover
from gluepot.errors import ConfigError
from gluepot.loader.core.proof import Proof
from gluepot.plan.identity import Latest, ids_of, new_id, run_of
from gluepot.plan.table import LoadPlan, PlannedColumn, PlannedTable

COLUMNS = (PlannedColumn(name="a", type="int", role="partition_key", source="a", cql="int"),)


def table(name: str, **more: object) -> PlannedTable:
    return PlannedTable(source=name, source_id="id", name=name, location=f"s3://b/{name}", columns=COLUMNS, **more)  # type: ignore[arg-type]


ONE, TWO = table("one"), table("two")


def test_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert [one[:21] for one in ids] == sorted(one[:21] for one in ids)


def test_the_first_run_gives_all_tables_one_new_id() -> None:
    assert ids_of([(None, "d", ONE), (None, "d", TWO)], "new") == ["new", "new"]


def test_a_finished_run_is_followed_by_a_new_one() -> None:
    done = Latest("run1", "d", is_done=True)
    assert ids_of([(done, "d", ONE), (done, "d", TWO)], "new") == ["new", "new"]


def test_an_unfinished_run_is_taken_up_and_its_committed_tables_stay() -> None:
    done, begun = Latest("run1", "d", is_done=True), Latest("run1", "e", is_done=False)
    assert ids_of([(done, "d", ONE), (begun, "e", TWO), (None, "f", table("three"))], "new") == ["run1"] * 3


def test_a_table_whose_plan_was_edited_is_begun_again_within_the_run() -> None:
    begun = Latest("run1", "old", is_done=False)
    assert ids_of([(begun, "edited", ONE)], "new") == ["run1.2"]
    assert ids_of([(Latest("run1.2", "old", is_done=False), "edited", ONE)], "new") == ["run1.3"]
    assert run_of("run1.3") == "run1"


def test_rows_are_never_added_twice_to_finish_a_run() -> None:
    added, begun = Latest("run1", "old", is_done=True), Latest("run1", "e", is_done=False)
    with pytest.raises(ConfigError, match="under another plan") as caught:
        ids_of([(added, "edited", table("one", mode="append")), (begun, "e", TWO)], "new")
    assert "--no-resume" in caught.value.hint


def test_a_digest_knows_a_table_by_what_is_done_with_it_and_not_by_its_size() -> None:
    plan = LoadPlan(cluster="c", keyspace="k", database="d", tables=(ONE, TWO))
    assert plan.digest(ONE) == plan.digest(table("one", rows=7, bytes=9, splits=3))
    assert len({plan.digest(ONE), plan.digest(TWO), plan.digest(table("one", filter="a > 1"))}) == 3


@given(st.lists(st.integers(-100, 100), max_size=8), st.lists(st.integers(0, 9), max_size=9))
def test_parts_cover_a_range_without_gaps_wherever_it_was_cut(cuts: list[int], rows: list[int]) -> None:
    proof = Proof(Range(-50, 50))
    for index, cut in enumerate(cuts):
        proof.add(*((rows[index], rows[index] * 3) if index < len(rows) else (0, 0)))
        proof.cut(cut)
    parts = proof.parts()
    assert parts[0].start == -50
    assert parts[-1].end == 50
    assert all(one.end == other.start for one, other in itertools.pairwise(parts))
    assert all(part.start < part.end for part in parts)
    counted = sum(rows[: len(cuts)])
    assert (sum(part.rows for part in parts), sum(part.checksum for part in parts)) == (counted, counted * 3)


@given(st.lists(st.integers(MIN_TOKEN + 1, MAX_TOKEN - 1), unique=True, max_size=40), st.integers(1, 300))
def test_ranges_cover_the_ring_once(tokens: list[int], wanted: int) -> None:
    ranges = cover(sorted(tokens), wanted)
    assert ranges[0].start == MIN_TOKEN
    assert ranges[-1].end == MAX_TOKEN
    assert all(one.end == other.start for one, other in itertools.pairwise(ranges))
    assert all(one.start < one.end for one in ranges)
