"""Partitioned tables: few large files of one partition each, the same rows, whatever the number of partitions."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import lakes
from tests.support.lakes import RANGES, load, planned, rows_of, stage

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from tests.support.lakes import World

WHEN = dt.datetime(1969, 12, 30, 22, tzinfo=dt.UTC)
COLUMNS = (
    ("id", "long"),
    ("name", "string"),
    ("at", "timestamptz"),
    ("day", "date"),
    ("price", "decimal(10, 2)"),
    ("raw", "binary"),
    ("tags", "list<string>"),
    ("ok", "boolean"),
)


def row(number: int) -> tuple[Any, ...]:
    """Make a row; every seventh has nulls beside its id."""
    if number % 7 == 0:
        return (number, *[None] * 7)
    when = WHEN + dt.timedelta(hours=number)
    return (
        number,
        f"näme {number % 5}",
        when,
        when.date(),
        Decimal(number % 4) + Decimal("0.25"),
        bytes([number % 3, 1, 2, 3, 4]),
        [str(number)] * (number % 3),
        number % 2 == 0,
    )


ROWS = [row(number) for number in range(200)]


@pytest.mark.parametrize(
    "partition",
    [
        [("name", "identity")],
        [("id", "bucket[4]")],
        [("at", "day")],
        [("at", "month"), ("name", "bucket[3]")],
        [("day", "identity"), ("ok", "identity")],
        [("at", "identity")],
        [("price", "identity"), ("raw", "truncate[2]")],
        [("name", "truncate[3]"), ("price", "bucket[2]"), ("id", "truncate[100]")],
    ],
    ids=str,
)
def test_rows_are_the_same_and_files_have_one_partition(world: World, partition: list[tuple[str, str]]) -> None:
    table = planned(COLUMNS, partition=partition)
    done = load(world.lake, table, "one", ROWS)
    assert rows_of(world.lake, table) == ROWS
    found = world.lake.catalog.table(table.name)
    assert found is not None
    tasks = list(found.scan().plan_files())
    partitions = [tuple(task.file.partition[at] for at in range(len(partition))) for task in tasks]
    assert len(set(partitions)) == len(partitions) == done.files  # one file each: they are small


def test_a_filter_reads_only_the_partitions_that_it_needs(world: World) -> None:
    table = planned(COLUMNS, partition=[("id", "bucket[8]")])
    load(world.lake, table, "one", ROWS)
    found = world.lake.catalog.table(table.name)
    assert found is not None
    scan = found.scan(row_filter="id == 17")
    assert len(list(scan.plan_files())) == 1
    assert scan.to_arrow().column("id").to_pylist() == [17]


def test_staged_files_are_removed_once_their_rows_are_in_partitions(world: World) -> None:
    table = planned(COLUMNS, partition=[("id", "bucket[4]")])
    load(world.lake, table, "one", ROWS)
    names = [key.rpartition("/")[2] for key in world.keys(table, "data")]
    assert len(names) == 4
    assert all(name.startswith("p0-") for name in names)


def test_shares_that_fit_the_disk_hold_all_rows_together(world: World) -> None:
    lake = dataclasses.replace(world.lake, disk_bytes=10_000)
    table = planned(COLUMNS, partition=[("at", "day")])
    load(lake, table, "one", ROWS)
    assert len(world.keys(table, "_gluepot/one/partitions")) > 1
    assert rows_of(lake, table) == ROWS


def test_files_are_ended_near_their_target(world: World) -> None:
    lake = dataclasses.replace(world.lake, partition_bytes=1)
    table = planned((("id", "long"), ("text", "string")), partition=[("id", "truncate[1000000]")])
    rows = [(number, f"{number:0100}") for number in range(300_000)]
    done = load(lake, table, "one", rows)
    assert done.files == 3  # a row group is the least that a file holds
    assert done.rows == 300_000


def test_a_second_load_keeps_the_partitioning(world: World) -> None:
    table = planned(COLUMNS, partition=[("at", "month")])
    first = load(world.lake, table, "one", ROWS[:50])
    load(world.lake, table, "two", ROWS[50:])
    assert rows_of(world.lake, table) == ROWS[50:]
    assert rows_of(world.lake, table, first.snapshot_id) == ROWS[:50]


def test_another_partitioning_of_the_same_table_is_refused(world: World) -> None:
    table = planned(COLUMNS, partition=[("at", "month")])
    load(world.lake, table, "one", ROWS)
    with pytest.raises(ConfigError, match="it has month\\(at\\), the plan says none"):
        lakes.check(world.lake, planned(COLUMNS, name=table.name))


def test_a_second_pass_that_was_cut_short_goes_on(world: World) -> None:
    lake = dataclasses.replace(world.lake, disk_bytes=10_000)
    table = planned(COLUMNS, partition=[("at", "day")])
    staging = lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    for at, token_range in enumerate(RANGES):
        stage(staging, token_range, table, ROWS[at::4])
    staging.commit()
    kept = set(world.keys(table, "_gluepot/one/partitions"))
    world.lake.store(table).remove([min(kept), "_gluepot/one/done.json"])
    world.aws.client("glue").delete_table(DatabaseName=lakes.DATABASE, Name=table.name)
    world.aws.forget()
    again = lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    again.commit()
    assert rows_of(lake, table) == ROWS
    written = [call.path for call in world.aws.calls("PUT", "s3") if "/partitions/" in call.path]
    assert len(written) == 1
