"""What a load stands on: ids that find an unfinished run, and proofs that cover a range."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, Range
from gluepot.cassandra.splits import cover
from gluepot.errors import ConfigError
from gluepot.loader.core.proof import Proof
from gluepot.plan.identity import Asked, Latest, Rule, choose, new_id
from gluepot.plan.table import LoadPlan, PlannedColumn, PlannedTable

COLUMNS = (PlannedColumn(name="a", type="int", role="partition_key", source="a", cql="int"),)


def table(name: str, **more: object) -> PlannedTable:
    return PlannedTable(source=name, source_id="id", name=name, location=f"s3://b/{name}", columns=COLUMNS, **more)  # type: ignore[arg-type]


ONE, TWO = table("one"), table("two")


def test_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert [one[:21] for one in ids] == sorted(one[:21] for one in ids)


NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
DONE = Latest("run1", "d", is_done=True, began="2026-11-29T02:00:00+00:00")


def cut(digest: str = "d", hours: float = 1, finished: int = 7, **more: object) -> Latest:
    """A load that was cut short so many hours ago."""
    began, last = "2026-11-29T20:00:00+00:00", NOW - timedelta(hours=hours)
    return Latest("run1", digest, is_done=False, began=began, last=last, finished=finished, **more)  # type: ignore[arg-type]


def chosen(*asked: tuple[str, Latest | None], **rule: object) -> list[tuple[str, str]]:
    """Choose, and give each table's load and what becomes of it; the digest of each plan is `d`."""
    found = choose([Asked(name, "d", latest) for name, latest in asked], "new", Rule(now=NOW, **rule))  # type: ignore[arg-type]
    return [(one.load_id, one.how) for one in found.loads]


FRESH = ("new", "fresh")


def test_the_first_run_gives_all_tables_one_new_id() -> None:
    assert chosen(("one", None), ("two", None)) == [FRESH, FRESH]


def test_a_finished_run_is_followed_by_a_new_one() -> None:
    assert chosen(("one", DONE), ("two", DONE)) == [FRESH, FRESH]


def test_each_table_is_looked_at_by_itself_and_a_committed_one_is_never_taken_for_todays() -> None:
    """One table failed last night, one is new, one was loaded alone: the others are not left with yesterday's rows."""
    alone = Latest("run2", "d", is_done=True)
    found = chosen(("failed", cut()), ("committed", DONE), ("new", None), ("alone", alone))
    assert found == [("run1", "resumed"), FRESH, FRESH, FRESH]


def test_what_was_cut_short_before_its_first_range_is_begun_under_its_id() -> None:
    assert chosen(("one", cut(finished=0))) == [("run1", "fresh")]


@pytest.mark.parametrize(
    ("latest", "told"),
    [
        (cut("edited"), "was cut short under another plan than today's: the table is read from its beginning"),
        (cut(hours=24.5), "its last token range was finished at 2026-11-29T01:30:00+00:00, more than 20 hours ago"),
        (cut(conflict="table one was dropped since"), "was cut short, and table one was dropped since"),
    ],
)
def test_what_cannot_be_finished_any_more_is_begun_anew_and_said(latest: Latest, told: str) -> None:
    (choice,) = choose([Asked("one", "d", latest)], "new", Rule(now=NOW)).loads
    assert (choice.load_id, choice.how) == FRESH
    assert choice.told.startswith("load run1, begun at 2026-11-29T20:00:00+00:00, ")
    assert told in choice.told


def test_what_is_finished_says_when_it_began_and_how_far_it_was() -> None:
    (choice,) = choose([Asked("one", "d", cut())], "new", Rule(now=NOW)).loads
    assert choice.told == (
        "finishes load run1, begun at 2026-11-29T20:00:00+00:00: 7 token ranges had been read by "
        "2026-11-30T01:00:00+00:00, and are not read again"
    )


def test_asked_to_resume_a_run_refuses_what_is_too_old_all_of_it_at_once() -> None:
    asked = [Asked(name, "d", cut(hours=25)) for name in ("one", "two")]
    with pytest.raises(ConfigError, match="the load of 2 tables cannot be finished") as caught:
        choose(asked, "new", Rule(now=NOW, resume=True))
    for name in ("one", "two"):
        assert f"{name}: load run1, begun at 2026-11-29T20:00:00+00:00, was cut short" in caught.value.why
    assert "limits.resume_hours" in caught.value.hint
    assert chosen(("one", cut(hours=25)), resume=True, hours=26) == [("run1", "resumed")]
    assert chosen(("one", cut(hours=25)), ("two", None), resume=False) == [FRESH, FRESH]


def test_a_load_that_is_named_is_joined_and_keeps_what_is_committed_in_it() -> None:
    asked = (("one", cut()), ("two", DONE), ("three", None))
    assert chosen(*asked, load_id="run1") == [("run1", "resumed"), ("run1", "kept"), ("run1", "fresh")]
    assert chosen(("two", Latest("run1", "edited", is_done=True)), load_id="run1") == [("run1", "kept")]


@pytest.mark.parametrize(
    ("latest", "rule", "why"),
    [
        (cut(hours=25), {}, "more than 20 hours ago"),
        (cut("edited"), {}, "is of another plan than today's"),
        (cut(conflict="table one was dropped since"), {}, "table one was dropped since"),
        (DONE, {"resume": False}, "is there already"),
    ],
)
def test_a_load_that_is_named_and_cannot_be_joined_is_refused(latest: Latest, rule: dict[str, bool], why: str) -> None:
    with pytest.raises(ConfigError, match="the load of 1 table cannot be finished") as caught:
        chosen(("one", latest), load_id="run1", **rule)
    assert why in caught.value.why


def test_what_was_chosen_for_a_job_is_done_by_it_however_late() -> None:
    ids = {"one": "run1", "two": "run3"}
    assert chosen(("one", cut(hours=99)), ("two", None), ids=ids, load_id="run3") == [
        ("run1", "resumed"),
        ("run3", "fresh"),
    ]


DEAD = dataclasses.replace(DONE, last=NOW - timedelta(hours=1), run="run1", is_cut_short=True, adds=True)
DEAD = dataclasses.replace(DEAD, together=frozenset({"committed", "cut", "never begun"}))
"""A load that is committed, of a run that died an hour ago."""


def run_of(*asked: tuple[str, Latest | None], fresh: str = "run9", **rule: object) -> str:
    found = choose([Asked(name, "d", latest) for name, latest in asked], fresh, Rule(now=NOW, **rule))  # type: ignore[arg-type]
    return found.run


def test_a_run_that_died_is_finished_as_a_whole_and_its_tables_go_on_under_its_id() -> None:
    assert chosen(("committed", DEAD), ("cut", cut(run="run1")), ("never begun", None)) == [
        ("run1", "kept"),
        ("run1", "resumed"),
        ("run1", "fresh"),
    ]
    assert run_of(("committed", DEAD), ("never begun", None)) == "run1"
    assert chosen(("committed", DEAD), ("not meant by it", None)) == [("run1", "kept"), FRESH]
    assert run_of(("committed", DEAD), resume=False) == run_of(("ended", DONE), ("cut", cut())) == "run9"
    assert run_of(("committed", DEAD), run="handed", ids={"committed": "run1"}) == "handed"


def test_of_several_runs_that_died_the_newest_is_finished_and_a_later_load_of_a_table_is_not_overtaken() -> None:
    other = dataclasses.replace(DEAD, load_id="run2", run="run2")
    later = Latest("run3", "d", is_done=True)
    found = choose(
        [Asked("one", "d", DEAD), Asked("two", "d", other), Asked("three", "d", later)], "run9", Rule(now=NOW)
    )
    assert (found.run, [one.load_id for one in found.loads]) == ("run2", ["run1", "run2", "run9"])


def test_asked_to_resume_a_run_refuses_to_add_rows_again_and_replaces_them_all_the_same() -> None:
    old = dataclasses.replace(DEAD, last=NOW - timedelta(hours=25))
    with pytest.raises(ConfigError, match="the load of 1 table cannot be finished") as caught:
        chosen(("one", old), resume=True)
    assert "was cut short after its commit at 2026-11-29T01:00:00+00:00, more than 20 hours ago" in caught.value.why
    assert chosen(("one", dataclasses.replace(old, adds=False)), resume=True) == [FRESH]
    assert chosen(("one", old), load_id="run1") == [("run1", "kept")]


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
