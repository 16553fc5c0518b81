"""A run after another: what is committed is read again, what was cut short is finished while it is young, and told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.loads import SMALL

from gluepot.errors import ConfigError
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.loads import Bench

    from gluepot.loader.core.results import LoadedTable


def cut_short(bench: Bench) -> LoadedTable:
    """Load all, of which `events` fails on its way and the others are committed."""
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", skip=8)])
    (failed,) = load(bench, {"tables": {"include": ["events"]}})
    bench.aws.change(faults=[])
    assert failed.error is not None
    return failed


def load(bench: Bench, sections: Mapping[str, Any], **more: Any) -> tuple[LoadedTable, ...]:
    bench.plan(**sections)
    try:
        return bench.load(range_bytes=SMALL, **more)
    finally:
        bench.plan()


def test_a_night_after_a_night_in_which_one_table_failed(bench: Bench) -> None:
    """The others have today's rows, the one that failed goes on, and the summary keeps them apart."""
    bench.fill(900)
    bench.fill(5, "others")
    load(bench, {"tables": {"include": ["others"]}})
    failed = cut_short(bench)
    bench.fill(3, "late")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.others (a, b, c) VALUES (900, 1, 'today')")
    ran = bench.cli("load", "run", "--output", "json")
    assert ran.returncode == 0, ran.stderr
    told = {one["table"]: one for one in json.loads(ran.stdout)["tables"]}
    assert {name: (one["how"], one["rows"]) for name, one in told.items()} == {
        "events": ("resumed", 900),
        "late": ("fresh", 3),
        "others": ("fresh", 6),
    }
    assert told["events"]["load_id"] == failed.load_id
    assert told["late"]["load_id"] == told["others"]["load_id"] != failed.load_id
    assert f"events: finishes load {failed.load_id}, begun at {told['events']['began']}: " in ran.stderr
    again = bench.cli("load", "run", "--load-id", failed.load_id)
    assert again.returncode == 0, again.stderr
    assert "read from the beginning: late, others" in again.stdout
    assert f"kept: events, load {failed.load_id}, committed " in again.stdout


def test_resuming_is_refused_where_what_was_read_is_too_old(bench: Bench) -> None:
    bench.fill(900)
    failed = cut_short(bench)
    old = {"limits": {"resume_hours": 0.0000001}}
    bench.aws.forget()
    with pytest.raises(ConfigError, match="the load of 1 table cannot be finished") as caught:
        load(bench, old, resume=True)
    assert f"events: load {failed.load_id}, begun at " in caught.value.why
    assert bench.aws.calls("PUT", "s3") == []
    (anew,) = load(bench, old)
    assert (anew.how, anew.resumed, anew.error) == ("fresh", 0, None)
    assert anew.load_id != failed.load_id


def test_a_load_that_another_one_overtook_is_begun_anew_and_not_in_conflict_for_ever(bench: Bench) -> None:
    bench.fill(900)
    failed = cut_short(bench)
    bench.load(load_id=failed.load_id[:-1], resume=False)
    (done,) = bench.load(range_bytes=SMALL)
    assert (done.error, done.how) == (None, "fresh")


def test_rows_that_are_added_after_a_table_was_replaced_are_told_as_added(bench: Bench) -> None:
    bench.fill(20)
    bench.load()
    bench.plan(target={"mode": "append"})
    ran = bench.cli("load", "run")
    assert ran.returncode == 0, ran.stderr
    assert "added to 20 rows" in ran.stdout
    assert sum(bench.lake_rows("events").values()) == 40
    verified = bench.cli("load", "verify")
    assert verified.returncode == 0, verified.stdout
