"""A plain Parquet table is a directory that holds exactly the recorded files, swapped at once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tests.support import lakes
from tests.support.lakes import RANGES, load, numbered, planned, stage

from gluepot.aws.access import Access
from gluepot.errors import ConfigError, ConflictError
from gluepot.lake.proof import described, readback
from gluepot.lake.read.snapshots import Catalog
from gluepot.sql.query import answer

if TYPE_CHECKING:
    from tests.support.lakes import World

    from gluepot.lake.commit.staging import Staging
    from gluepot.plan.table import PlannedTable


def hive(*given: Any, **more: Any) -> PlannedTable:
    return planned(*given, format="parquet", **more)


def rows_of(world: World, table: PlannedTable) -> list[tuple[Any, ...]]:
    batches = list(readback.batches(world.lake, table))
    rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: row[0])


def staged(world: World, table: PlannedTable, load_id: str, first: int = 0, last: int = 10) -> Staging:
    staging = world.lake.begin(table, load_id=load_id, digest="digest", ranges=RANGES)
    for at, token_range in enumerate(RANGES):
        stage(staging, token_range, table, numbered(first, last)[at::4])
    return staging


def folder(world: World, table: PlannedTable) -> list[str]:
    """List the directory that the table points at."""
    location = world.glue_table(table.name)["StorageDescriptor"]["Location"]
    return world.keys(table, location.rstrip("/").removeprefix(f"{table.location}/"))


def test_a_table_is_created_with_its_rows_in_it(world: World) -> None:
    table = hive()
    done = load(world.lake, table, "one", numbered(0, 10))
    assert (done.snapshot_id, done.rows, done.files, done.ours) == (0, 10, 4, True)
    assert rows_of(world, table) == numbered(0, 10)


def test_duckdb_reads_it_as_athena_would(world: World) -> None:
    columns = (("id", "long"), ("at", "timestamptz"), ("day", "date"), ("price", "decimal(10, 2)"))
    table = hive(columns)
    row = (1, dt.datetime(1969, 1, 1, tzinfo=dt.UTC), dt.date(1, 1, 1), Decimal("1.25"))
    load(world.lake, table, "one", [row])
    catalog = Catalog.open(Access(), lakes.REGION)
    assert answer(f"SELECT * FROM {table.name}", catalog, lakes.DATABASE).to_pylist()[0] == dict(
        zip((name for name, _ in columns), row, strict=True)
    )


def test_a_table_is_swapped_as_a_whole(world: World) -> None:
    table = hive()
    load(world.lake, table, "one", numbered(0, 10))
    load(world.lake, table, "two", numbered(5, 8))
    assert rows_of(world, table) == numbered(5, 8)
    assert len(folder(world, table)) == 3


def test_the_files_of_the_load_before_stay(world: World) -> None:
    table = hive()
    load(world.lake, table, "one", numbered(0, 10))
    before = folder(world, table)
    load(world.lake, table, "two", numbered(5, 8))
    assert set(before) <= set(world.keys(table, "data"))


def test_only_the_files_that_the_table_has_are_left_of_a_load(world: World) -> None:
    table = hive()
    load(world.lake, table, "one", numbered(0, 10))
    assert world.keys(table, "data") == folder(world, table)


def test_an_empty_load_is_an_empty_table(world: World) -> None:
    table = hive()
    load(world.lake, table, "one", numbered(0, 10))
    load(world.lake, table, "two", [])
    assert rows_of(world, table) == []


def test_a_second_commit_of_the_same_load_finds_it_done(world: World) -> None:
    table = hive()
    first = staged(world, table, "one").commit()
    world.lake.store(table).remove(["_gluepot/one/done.json"])
    again = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES).commit()
    assert (first.ours, again.ours, again.files, again.bytes) == (True, False, 4, first.bytes)
    assert rows_of(world, table) == numbered(0, 10)


def test_the_loser_of_two_loads_says_so_and_leaves_nothing_in_the_table(world: World) -> None:
    table = hive()
    load(world.lake, table, "zero", numbered(0, 1))
    one, two = staged(world, table, "one"), staged(world, table, "two", 5, 8)
    two.commit()
    with pytest.raises(ConflictError, match="was changed since, by load two"):
        one.commit()
    assert rows_of(world, table) == numbered(5, 8)
    assert [key for key in world.keys(table, "data/one") if key.count("/") > 2] == []


def test_columns_have_their_types_comments_and_originals(world: World) -> None:
    table = hive((("id", "long"), ("m", "map<string, list<timestamptz>>"), ("s", "struct<a: int, b: binary>")))
    load(world.lake, table, "one", [(1, [("k", [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)])], {"a": 1, "b": b"x"})])
    columns = world.glue_table(table.name)["StorageDescriptor"]["Columns"]
    assert [one["Type"] for one in columns] == ["bigint", "map<string,array<timestamp>>", "struct<a:int,b:binary>"]
    assert columns[0]["Comment"] == "was ID"
    assert columns[0]["Parameters"]["gluepot.source"] == "ID"


def test_what_others_wrote_about_the_table_stays(world: World) -> None:
    table = hive()
    load(world.lake, table, "one", numbered(0, 10))
    glue = world.aws.client("glue")
    found = world.glue_table(table.name)
    kept = {key: found[key] for key in ("Name", "StorageDescriptor", "TableType", "PartitionKeys")}
    changed = {**kept, "Description": "ours", "Parameters": {**found["Parameters"], "team": "blue"}}
    staging = staged(world, table, "two", 5, 8)
    glue.update_table(DatabaseName=lakes.DATABASE, TableInput=changed)
    staging.commit()
    found = world.glue_table(table.name)
    assert (found["Description"], found["Parameters"]["team"]) == ("ours", "blue")
    assert rows_of(world, table) == numbered(5, 8)


def test_a_replaced_table_may_have_other_columns(world: World) -> None:
    table = hive()
    load(world.lake, table, "one", numbered(0, 10))
    other = hive((("id", "string"), ("x", "double")), table.name)
    load(world.lake, other, "two", [("a", 1.5)])
    assert rows_of(world, other) == [("a", 1.5)]


@pytest.mark.parametrize(
    ("more", "said"),
    [({"mode": "append"}, "cannot be added to"), ({"partition": [("id", "bucket[4]")]}, "cannot have partitions")],
)
def test_what_a_parquet_table_cannot_do_is_refused(world: World, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        lakes.check(world.lake, hive(**more))


def test_a_reader_gets_the_plans_columns_and_types(world: World) -> None:
    table = hive()
    load(world.lake, table, "one", numbered(0, 10))
    read = pa.Table.from_batches(list(readback.batches(world.lake, table, load_id="one")))
    assert read.schema.names == ["id", "name"]
    assert described.of(world.lake, table.name).load_id == "one"
