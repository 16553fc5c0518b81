"""A load becomes one snapshot of an Iceberg table: created, replaced, added to; once, whoever else is at work."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.support import lakes
from tests.support.lakes import KINDS, RANGES, ids, load, numbered, planned, rows_of, stage

from gluepot.cassandra.cql import Range
from gluepot.errors import ConfigError, ConflictError, LakeError
from gluepot.lake.proof import described, readback
from gluepot.lake.types.typemap import schema_of
from gluepot.plan.identity import Latest

if TYPE_CHECKING:
    from tests.support.lakes import World

    from gluepot.lake.commit.staging import Staging
    from gluepot.plan.table import PlannedTable


def staged(world: World, table: PlannedTable, load_id: str, first: int = 0, last: int = 10) -> Staging:
    """Stage rows in every range, and commit nothing."""
    staging = world.lake.begin(table, load_id=load_id, digest="digest", ranges=RANGES)
    for at, token_range in enumerate(RANGES):
        stage(staging, token_range, table, numbered(first, last)[at::4])
    return staging


def snapshots(world: World, table: PlannedTable) -> int:
    found = world.lake.catalog.table(table.name)
    assert found is not None
    return len(found.snapshots())


def test_a_table_is_created_with_its_rows_in_it(world: World) -> None:
    table = planned()
    done = load(world.lake, table, "one", numbered(0, 10))
    assert (done.rows, done.files, done.ours) == (10, 4, True)
    assert rows_of(world.lake, table) == numbered(0, 10)
    found = world.lake.catalog.table(table.name)
    assert found is not None
    assert [one.snapshot_id for one in found.snapshots()] == [done.snapshot_id]


def test_a_replaced_table_keeps_its_old_snapshot_readable(world: World) -> None:
    table = planned()
    first = load(world.lake, table, "one", numbered(0, 10))
    second = load(world.lake, table, "two", numbered(5, 8))
    assert rows_of(world.lake, table) == numbered(5, 8)
    assert rows_of(world.lake, table, first.snapshot_id) == numbered(0, 10)
    assert first.snapshot_id != second.snapshot_id
    assert world.glue_table(table.name)["Parameters"]["gluepot.load-id"] == "two"


def test_replacing_is_one_snapshot(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 10))
    load(world.lake, table, "two", numbered(5, 8))
    found = world.lake.catalog.table(table.name)
    assert found is not None
    summary = found.snapshots()[-1].summary
    assert len(found.snapshots()) == 2
    assert summary is not None
    assert (summary["deleted-records"], summary["added-records"], summary["total-records"]) == ("10", "3", "3")


def test_a_load_that_adds_leaves_what_is_there(world: World) -> None:
    table = planned(mode="append")
    load(world.lake, table, "one", numbered(0, 10))
    load(world.lake, table, "two", numbered(10, 12))
    assert rows_of(world.lake, table) == numbered(0, 12)


@pytest.mark.parametrize("mode", ["replace", "append"])
def test_an_empty_load_is_a_snapshot_too(world: World, mode: str) -> None:
    table = planned(mode=mode)
    assert load(world.lake, table, "one", []).rows == 0
    assert rows_of(world.lake, table) == []
    load(world.lake, table, "two", numbered(0, 3))
    load(world.lake, table, "three", [])
    assert rows_of(world.lake, table) == ([] if mode == "replace" else numbered(0, 3))
    assert snapshots(world, table) == 3


def test_nothing_is_visible_before_the_commit(world: World) -> None:
    table = planned()
    staged(world, table, "one")
    assert world.lake.catalog.table(table.name) is None
    load(world.lake, table, "two", numbered(5, 8))
    staged(world, table, "three")
    assert rows_of(world.lake, table) == numbered(5, 8)


def test_a_load_is_not_committed_before_all_its_ranges_are_staged(world: World) -> None:
    table = planned()
    staging = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    stage(staging, RANGES[0], table, numbered(0, 3))
    with pytest.raises(LakeError, match="3 of 4 token ranges have no record"):
        staging.commit()


def test_a_second_commit_of_the_same_load_finds_it_done(world: World) -> None:
    table = planned(mode="append")
    first = staged(world, table, "one").commit()
    again = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES).commit()
    assert (first.ours, again.ours, again.snapshot_id, again.rows) == (True, False, first.snapshot_id, 10)
    assert rows_of(world.lake, table) == numbered(0, 10)


def test_a_commit_is_found_though_its_done_record_was_never_written(world: World) -> None:
    table = planned(mode="append")
    first = staged(world, table, "one").commit()
    world.lake.store(table).remove(["_gluepot/one/done.json"])
    load(world.lake, table, "two", numbered(10, 12))
    again = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES).commit()
    assert (again.ours, again.snapshot_id) == (False, first.snapshot_id)
    assert rows_of(world.lake, table) == numbered(0, 12)


def test_the_first_of_two_loads_wins_and_the_other_says_so(world: World) -> None:
    table = planned()
    one, two = staged(world, table, "one"), staged(world, table, "two", 5, 8)
    two.commit()
    with pytest.raises(ConflictError, match="was created since, by load two"):
        one.commit()
    assert rows_of(world.lake, table) == numbered(5, 8)


def test_the_first_of_two_loads_that_replace_a_table_wins(world: World) -> None:
    table = planned()
    load(world.lake, table, "zero", numbered(0, 1))
    one, two = staged(world, table, "one"), staged(world, table, "two", 5, 8)
    one.commit()
    with pytest.raises(ConflictError, match="was changed since, by load one") as refused:
        two.commit()
    assert refused.value.hint.endswith("run the load again: it begins anew")
    assert rows_of(world.lake, table) == numbered(0, 10)


def test_two_loads_that_add_are_both_there(world: World) -> None:
    table = planned(mode="append")
    one, two = staged(world, table, "one"), staged(world, table, "two", 10, 12)
    two.commit()
    one.commit()
    assert rows_of(world.lake, table) == numbered(0, 12)


def test_rows_that_another_tool_wrote_meanwhile_are_not_thrown_away(world: World) -> None:
    table = planned()
    load(world.lake, table, "zero", numbered(0, 1))
    one = staged(world, table, "one")
    found = world.lake.catalog.table(table.name)
    assert found is not None
    found.append(pa.Table.from_batches([lakes.batch(table, numbered(90, 92))]))
    with pytest.raises(ConflictError, match="by something else than gluepot \\(append\\)"):
        one.commit()


def test_a_table_that_was_dropped_meanwhile_is_not_made_again(world: World) -> None:
    table = planned()
    load(world.lake, table, "zero", numbered(0, 1))
    one = staged(world, table, "one")
    world.aws.client("glue").delete_table(DatabaseName=lakes.DATABASE, Name=table.name)
    with pytest.raises(ConflictError, match="was dropped since"):
        one.commit()


def test_joining_a_load_takes_its_ranges(world: World) -> None:
    table = planned()
    world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    joined = world.lake.begin(table, load_id="one", digest="digest", ranges=[Range(0, 1)])
    assert joined.ranges == RANGES


def test_a_load_of_another_plan_is_not_joined(world: World) -> None:
    table = planned()
    world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    with pytest.raises(ConfigError, match=r"load one .* is of another plan"):
        world.lake.begin(table, load_id="one", digest="other", ranges=RANGES)


def test_the_first_record_of_a_range_stands_and_the_twins_files_go(world: World) -> None:
    table = planned()
    one = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    twin = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    first = stage(one, RANGES[0], table, numbered(0, 5))
    second = stage(twin, RANGES[0], table, numbered(0, 6))
    assert second == first
    assert world.keys(table, "data") == [file.key for file in first.files]


def test_equal_files_of_twins_are_one_file(world: World) -> None:
    table = planned()
    one = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    twin = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    assert stage(one, RANGES[0], table, numbered(0, 5)) == stage(twin, RANGES[0], table, numbered(0, 5))
    assert len(world.keys(table, "data")) == 1


def test_files_that_nobody_recorded_go_after_the_commit_and_not_before(world: World) -> None:
    table = planned()
    staging = staged(world, table, "one")
    orphan = "data/one/0_1-000-feedfeedfeedfeed.parquet"
    world.lake.account.landing(table.location).put(orphan, b"PAR1")
    staging.clean()
    assert orphan in world.keys(table, "data")
    staging.commit()
    staging.clean()
    assert len(world.keys(table, "data")) == 4
    assert rows_of(world.lake, table) == numbered(0, 10)


def test_the_newest_load_of_a_table_is_found(world: World) -> None:
    table = planned()
    assert world.lake.latest(table) is None
    load(world.lake, table, "20260101T000000-a", numbered(0, 1), digest="first")
    assert newest(world, table) == Latest("20260101T000000-a", "first", is_done=True)
    for number in (".2", ".10"):
        world.lake.begin(table, load_id=f"20260101T000000-a{number}", digest="second", ranges=RANGES)
    assert newest(world, table) == Latest("20260101T000000-a.10", "second", is_done=False)
    assert newest(world, table, "20260101T000000-a") == Latest("20260101T000000-a", "first", is_done=True)
    assert world.lake.latest(table, "20260101T000000-b") is None


def test_a_load_that_was_cut_short_says_how_far_it_was_and_when(world: World) -> None:
    table = planned()
    began = datetime.now(UTC).replace(microsecond=0)
    staging = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    found = world.lake.latest(table)
    assert found is not None
    assert (found.finished, found.began, found.last) == (0, staging.began, datetime.fromisoformat(staging.began))
    stage(staging, RANGES[0], table, numbered(0, 5))
    found = world.lake.latest(table)
    assert found is not None
    assert (found.finished, found.is_done, found.conflict) == (1, False, "")
    assert found.last is not None
    assert found.last >= began


@pytest.mark.parametrize("kind", ["replace", "parquet", "append"])
def test_a_load_that_was_cut_short_before_the_record_of_its_commit_is_found_in_its_table(
    world: World, kind: str
) -> None:
    table = planned(**KINDS[kind])
    load(world.lake, table, "one", numbered(0, 3))
    world.aws.client("s3").delete_object(Bucket=lakes.BUCKET, Key=f"tables/{table.name}/_gluepot/one/done.json")
    found = world.lake.latest(table)
    assert found is not None
    assert (found.is_done, found.is_cut_short, found.conflict) == (True, True, "")
    assert not world.lake.kept(table, "one").commit().ours
    assert ids(world, table) == [0, 1, 2]


def test_a_load_is_a_thing_of_the_past_once_its_run_has_ended_or_one_that_has_taken_that_up(world: World) -> None:
    table = planned(mode="append")
    staged(world, table, "one").commit("run1")
    found = world.lake.latest(table)
    assert found is not None
    assert (found.is_done, found.is_cut_short, found.run, found.adds) == (True, True, "run1", True)
    world.lake.ends(table).end("run2", ["run1", "run2", ""])
    for ended in (world.lake.latest(table), world.lake.latest(table, "one")):
        assert ended is not None
        assert (ended.is_done, ended.is_cut_short, ended.run) == (True, False, "")
    assert world.lake.ends(table).open_run("run3") == "run3"


def test_a_load_that_was_cut_short_knows_that_another_one_came_first(world: World) -> None:
    table = planned()
    world.lake.begin(table, load_id="two", digest="digest", ranges=RANGES)
    load(world.lake, table, "one", numbered(0, 3))
    found = world.lake.latest(table, "two")
    assert found is not None
    assert f"table {table.name} was created since, by load one" in found.conflict


def test_rows_that_are_added_are_told_beside_those_that_were_there(world: World) -> None:
    """A table that was replaced before is added to: what the load did is not what the table holds."""
    table = planned()
    assert load(world.lake, table, "one", numbered(0, 10)).total == 10
    added = load(world.lake, planned(name=table.name, mode="append"), "two", numbered(10, 12))
    assert (added.rows, added.total) == (2, 12)
    assert load(world.lake, table, "three", numbered(0, 4)).total == 4
    assert load(world.lake, planned(format="parquet"), "one", numbered(0, 4)).total is None


def newest(world: World, table: PlannedTable, load_id: str = "") -> Latest:
    """Give a load as its records say, without times."""
    found = world.lake.latest(table, load_id)
    assert found is not None
    return dataclasses.replace(found, began="", last=None, run="")


def test_a_reader_gets_the_plans_columns_and_types(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 10))
    read = pa.Table.from_batches(list(readback.batches(world.lake, table, load_id="one")))
    assert read.schema == schema_of(table.columns)
    assert set(read.column("id").to_pylist()) == set(range(10))


def test_a_reader_of_one_load_gets_the_rows_that_it_added(world: World) -> None:
    table = planned(mode="append")
    load(world.lake, table, "one", numbered(0, 10))
    load(world.lake, table, "two", numbered(10, 12))
    read = pa.Table.from_batches(list(readback.batches(world.lake, table, load_id="two")))
    assert set(read.column("id").to_pylist()) == {10, 11}
    found = described.of(world.lake, table.name)
    assert (found.load_id, sum(part.rows for part in found.parts)) == ("two", 2)


def test_a_reader_can_ask_for_an_old_snapshot(world: World) -> None:
    table = planned()
    first = load(world.lake, table, "one", numbered(0, 10))
    load(world.lake, table, "two", numbered(10, 12))
    assert sum(one.num_rows for one in readback.batches(world.lake, table, first.snapshot_id)) == 10


def test_columns_carry_what_they_were(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 1))
    load(world.lake, table, "two", numbered(0, 1))
    glue = world.glue_table(table.name)
    column = glue["StorageDescriptor"]["Columns"][0]
    assert (column["Name"], column["Type"], column["Comment"]) == ("id", "bigint", "was ID")
    assert column["Parameters"]["gluepot.source"] == "ID"
    assert column["Parameters"]["iceberg.field.id"] == "1"
    assert json.loads(glue["Parameters"]["gluepot.columns"])["name"]["source"] == "NAME"


def test_other_writers_keep_their_own_retries(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 1))
    load(world.lake, table, "two", numbered(0, 1))
    found = world.lake.catalog.table(table.name)
    assert found is not None
    assert "commit.retry.num-retries" not in found.properties


def test_nothing_of_a_load_names_a_key(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 3))
    secret = world.environment["AWS_SECRET_ACCESS_KEY"].encode()
    store = world.lake.store(table)
    assert [key for key in world.keys(table) if secret in store.get(key)] == []
    assert secret.decode() not in repr((world.lake, world.glue_table(table.name)))
