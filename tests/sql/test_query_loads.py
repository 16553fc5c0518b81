"""SQL on what loads have committed: Iceberg with and without partitions, replaced and altered, and plain Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support import lakes

from gluepot.lake.read.snapshots import Catalog, When
from gluepot.sql.query import answer

if TYPE_CHECKING:
    from tests.support.lakes import World

    from gluepot.plan.table import PlannedTable

TOTALS = "SELECT count(*) AS n, min(id) AS low, max(id) AS high, max(name) AS last FROM {}"


def ask(world: World, sql: str, table: PlannedTable, **when: Any) -> list[dict[str, Any]]:
    catalog = Catalog.open(world.lake.account.credentials, lakes.REGION)
    return answer(sql.format(table.name), catalog, lakes.DATABASE, When(**when)).to_pylist()


@pytest.mark.parametrize("form", ["iceberg", "parquet"])
def test_a_load_is_queried_as_soon_as_it_is_committed(world: World, form: str) -> None:
    table = lakes.planned(format=form)
    lakes.load(world.lake, table, "load-1", lakes.numbered(0, 10))
    assert ask(world, TOTALS, table) == [{"n": 10, "low": 0, "high": 9, "last": "name 9"}]


@pytest.mark.parametrize("form", ["iceberg", "parquet"])
def test_a_load_that_replaces_another_is_what_is_queried(world: World, form: str) -> None:
    table = lakes.planned(format=form)
    lakes.load(world.lake, table, "load-1", lakes.numbered(0, 10))
    lakes.load(world.lake, table, "load-2", lakes.numbered(50, 53))
    assert ask(world, TOTALS, table) == [{"n": 3, "low": 50, "high": 52, "last": "name 52"}]


def test_what_was_replaced_is_queried_by_its_snapshot(world: World) -> None:
    table = lakes.planned()
    first = lakes.load(world.lake, table, "load-1", lakes.numbered(0, 10))
    lakes.load(world.lake, table, "load-2", lakes.numbered(50, 53))
    assert ask(world, TOTALS, table, snapshot_id=first.snapshot_id)[0]["n"] == 10


def test_a_load_that_is_staged_and_not_committed_is_not_seen(world: World) -> None:
    table = lakes.planned()
    lakes.load(world.lake, table, "load-1", lakes.numbered(0, 10))
    staging = world.lake.begin(table, load_id="load-2", digest="d", ranges=lakes.RANGES)
    lakes.stage(staging, staging.ranges[0], table, lakes.numbered(90, 99))
    assert ask(world, TOTALS, table)[0]["n"] == 10


def test_a_partitioned_table_is_queried(world: World) -> None:
    table = lakes.planned(partition=[("id", "bucket[4]")])
    lakes.load(world.lake, table, "load-1", lakes.numbered(0, 40))
    assert ask(world, TOTALS, table) == [{"n": 40, "low": 0, "high": 39, "last": "name 9"}]
    assert ask(world, "SELECT name FROM {} WHERE id = 17", table) == [{"name": "name 17"}]


def test_a_column_that_a_later_load_adds_is_null_before(world: World) -> None:
    table = lakes.planned(mode="append")
    lakes.load(world.lake, table, "load-1", lakes.numbered(0, 2))
    grown = lakes.planned((*lakes.SIMPLE, ("extra", "int")), name=table.name, mode="append")
    lakes.load(world.lake, grown, "load-2", [(5, "name 5", 7)])
    assert ask(world, "SELECT id, extra FROM {} ORDER BY id", table) == [
        {"id": 0, "extra": None},
        {"id": 1, "extra": None},
        {"id": 5, "extra": 7},
    ]


def test_nested_values_come_as_they_were_loaded(world: World) -> None:
    kinds = (
        ("id", "long"),
        ("tags", "list<string>"),
        ("sizes", "map<string, decimal(5, 2)>"),
        ("place", "struct<city: string, at: timestamptz>"),
    )
    table = lakes.planned(kinds)
    lakes.load(
        world.lake, table, "load-1", [(1, ["a", None], [("x", None)], {"city": "Köln", "at": None}), (2, *[None] * 3)]
    )
    assert ask(world, "SELECT * FROM {} WHERE tags IS NOT NULL", table) == [
        {"id": 1, "tags": ["a", None], "sizes": [("x", None)], "place": {"city": "Köln", "at": None}}
    ]
    assert ask(world, "SELECT place.city AS c, sizes['x'] AS x FROM {} WHERE id = 1", table) == [
        {"c": "Köln", "x": None}
    ]
