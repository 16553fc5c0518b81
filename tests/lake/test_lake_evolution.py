"""A table's columns change as Iceberg allows: by name, never what is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tests.support import lakes
from tests.support.lakes import RANGES, load, planned, rows_of

from gluepot.errors import ConfigError, ConflictError
from gluepot.lake.proof import readback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.lakes import World

    from gluepot.plan.table import PlannedTable


def both(world: World, first: PlannedTable, one: Sequence[Any], second: PlannedTable, two: Sequence[Any]) -> list[Any]:
    """Add rows under two plans of the same table, and read them under the second."""
    load(world.lake, first, "one", one)
    load(world.lake, second, "two", two)
    return rows_of(world.lake, second)


def test_an_added_column_is_null_in_old_rows(world: World) -> None:
    first = planned((("id", "long"), ("b", "string")), mode="append")
    second = planned((("id", "long"), ("a", "string"), ("b", "string")), first.name, mode="append")
    assert both(world, first, [(1, "x")], second, [(2, "new", "y")]) == [(1, None, "x"), (2, "new", "y")]


def test_an_added_column_stands_where_the_plan_has_it(world: World) -> None:
    first = planned((("id", "long"), ("b", "string")))
    second = planned((("id", "long"), ("a", "string"), ("b", "string")), first.name)
    both(world, first, [(1, "x")], second, [(2, "new", "y")])
    found = world.lake.catalog.table(first.name)
    assert found is not None
    assert [(field.field_id, field.name) for field in found.schema().fields] == [(1, "id"), (3, "a"), (2, "b")]


def test_a_column_that_is_gone_stays_and_is_said(world: World) -> None:
    first = planned((("id", "long"), ("b", "string")), mode="append")
    second = planned((("id", "long"),), first.name, mode="append")
    both(world, first, [(1, "x")], second, [(2,)])
    assert rows_of(world.lake, first) == [(1, "x"), (2, None)]
    staging = world.lake.begin(second, load_id="three", digest="digest", ranges=RANGES)
    assert staging.notes == ("column b is not in the source any more: it stays, new rows have null in it",)


def test_a_column_that_comes_back_is_the_same_column(world: World) -> None:
    first = planned((("id", "long"), ("b", "string")), mode="append")
    second = planned((("id", "long"),), first.name, mode="append")
    both(world, first, [(1, "x")], second, [(2,)])
    load(world.lake, first, "three", [(3, "z")])
    assert rows_of(world.lake, first) == [(1, "x"), (2, None), (3, "z")]


@pytest.mark.parametrize(
    ("narrow", "wide", "small", "large"),
    [
        ("int", "long", 7, 2**40),
        ("float", "double", 0.5, 1e300),
        ("list<int>", "list<long>", [1], [2**40, None]),
        ("map<string, int>", "map<string, long>", [("a", 1)], [("b", 2**40)]),
        ("struct<a: int>", "struct<a: long, b: string>", {"a": 1}, {"a": 2**40, "b": "x"}),
        ("list<struct<a: int>>", "list<struct<a: int, b: string>>", [{"a": 1}], [{"a": 2, "b": "x"}]),
    ],
)
def test_a_type_is_widened(world: World, narrow: str, wide: str, small: Any, large: Any) -> None:
    first = planned((("id", "long"), ("v", narrow)), mode="append")
    second = planned((("id", "long"), ("v", wide)), first.name, mode="append")
    load(world.lake, first, "one", [(1, small)])
    load(world.lake, second, "two", [(2, large)])
    read = pa.Table.from_batches(list(readback.batches(world.lake, second)))
    found = dict(zip(read.column("id").to_pylist(), read.column("v").to_pylist(), strict=True))
    assert found[2] == large
    assert str(found[1]).startswith(str(small).rstrip("}]"))


def test_decimals_get_more_digits_and_keep_their_scale(world: World) -> None:
    first = planned((("id", "long"), ("v", "decimal(5, 2)")), mode="append")
    load(world.lake, first, "one", [(1, None)])
    lakes.check(world.lake, planned((("id", "long"), ("v", "decimal(20, 2)")), first.name, mode="append"))
    with pytest.raises(ConfigError, match=r"cannot change from decimal\(5, 2\) to decimal\(20, 3\)"):
        lakes.check(world.lake, planned((("id", "long"), ("v", "decimal(20, 3)")), first.name, mode="append"))


def test_a_narrower_plan_leaves_the_table_wide(world: World) -> None:
    first = planned((("id", "long"), ("v", "long")), mode="append")
    second = planned((("id", "long"), ("v", "int")), first.name, mode="append")
    load(world.lake, first, "one", [(1, 7)])
    load(world.lake, second, "two", [(2, 8)])
    assert rows_of(world.lake, second) == [(1, 7), (2, 8)]
    found = world.lake.catalog.table(first.name)
    assert found is not None
    assert str(found.schema().find_type("v")) == "long"


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("long", "string"),
        ("string", "long"),
        ("list<int>", "int"),
        ("list<int>", "list<string>"),
        ("struct<a: int>", "struct<a: string>"),
        ("map<int, string>", "map<long, string>"),
        ("timestamptz", "date"),
    ],
)
def test_any_other_change_is_refused_before_anything_is_written(world: World, there: str, asked: str) -> None:
    first = planned((("id", "long"), ("v", there)))
    second = planned((("id", "long"), ("v", asked)), first.name)
    load(world.lake, first, "one", [])
    before = world.keys(first)
    with pytest.raises(ConfigError, match="column v") as refused:
        lakes.check(world.lake, second)
    assert "another name" in refused.value.hint
    with pytest.raises(ConfigError, match="column v"):
        world.lake.begin(second, load_id="two", digest="digest", ranges=RANGES)
    assert world.keys(first) == before


def test_columns_changed_by_somebody_else_meanwhile_stop_the_commit(world: World) -> None:
    table = planned((("id", "long"),), mode="append")
    load(world.lake, table, "one", [(1,)])
    second = planned((("id", "long"), ("v", "string")), table.name, mode="append")
    staging = world.lake.begin(second, load_id="two", digest="digest", ranges=[RANGES[0]])
    lakes.stage(staging, RANGES[0], second, [(2, "x")])
    found = world.lake.catalog.table(table.name)
    assert found is not None
    with found.update_schema() as update:
        from pyiceberg.types import StringType

        update.add_column("w", StringType())
        update.add_column("v", StringType())
    with pytest.raises(ConflictError, match=r"columns .* were changed since"):
        staging.commit()


def test_new_columns_are_said(world: World) -> None:
    first = planned((("id", "long"), ("v", "int")))
    load(world.lake, first, "one", [])
    second = planned((("id", "long"), ("v", "long"), ("w", "string")), first.name)
    staging = world.lake.begin(second, load_id="two", digest="digest", ranges=RANGES)
    assert staging.notes == (
        "column v becomes long",
        "column w is new, as string: rows that are there already have null in it",
    )
