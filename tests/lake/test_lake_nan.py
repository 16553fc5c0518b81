"""NaN hides behind no bounds: not in Iceberg's manifests, not in Parquet's footers, at no depth; it is counted."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.conversions import from_bytes
from pyiceberg.expressions import IsNaN, Reference
from pyiceberg.schema import Schema
from pyiceberg.types import DoubleType, FloatType, ListType, LongType, MapType, NestedField, StructType
from tests.support import lakes
from tests.support.lakes import planned

from gluepot.lake.commit.parquet import ROW_GROUP_ROWS, Roller, Shape
from gluepot.lake.convert import fidelity
from gluepot.lake.convert.tallies import Count
from gluepot.plan.records import StagedFile, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.lakes import World

    from gluepot.plan.records import Metrics

NAN = math.nan
SCHEMA = Schema(
    NestedField(1, "d", DoubleType()),
    NestedField(2, "f", FloatType()),
    NestedField(3, "s", StructType(NestedField(6, "x", DoubleType()), NestedField(7, "n", LongType()))),
    NestedField(4, "l", ListType(8, FloatType(), element_required=False)),
    NestedField(5, "m", MapType(9, DoubleType(), 10, ListType(11, DoubleType(), element_required=False))),
)
ARROW = pa.schema(
    [
        ("d", pa.float64()),
        ("f", pa.float32()),
        ("s", pa.struct([("x", pa.float64()), ("n", pa.int64())])),
        ("l", pa.list_(pa.float32())),
        ("m", pa.map_(pa.float64(), pa.list_(pa.float64()))),
    ]
)
LEAVES = {"d": 1, "f": 2, "s.x": 6, "l.list.element": 8, "m.key_value.key": 9, "m.key_value.value.list.element": 11}

FLOATS = st.sampled_from([None, 1.0, -0.0, 0.0, NAN, math.inf])
KEYS = st.sampled_from([1.0, -0.0, NAN])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "d": FLOATS,
            "f": FLOATS,
            "s": st.none() | st.fixed_dictionaries({"x": FLOATS, "n": st.none() | st.integers(0, 9)}),
            "l": st.none() | st.lists(FLOATS, max_size=3),
            "m": st.none() | st.lists(st.tuples(KEYS, st.none() | st.lists(FLOATS, max_size=2)), max_size=2),
        }
    ),
    max_size=8,
)


def values(rows: Sequence[dict[str, Any]], path: str) -> list[Any]:
    """Give what stands under one path of a Parquet file."""
    name, *rest = path.split(".")
    found = [row[name] for row in rows]
    if name == "s":
        return [one["x"] for one in found if one]
    if name == "l":
        return [value for one in found if one for value in one]
    if name != "m":
        return found
    pairs = [pair for one in found if one for pair in one]
    return (
        [key for key, _ in pairs]
        if rest[-1] == "key"
        else [one for _, many in pairs if many is not None for one in many]
    )


def is_nan(value: Any) -> bool:
    return value is not None and math.isnan(value)


def written(batches: Sequence[pa.RecordBatch], schema: Schema = SCHEMA) -> list[tuple[bytes, Metrics]]:
    """Write batches as a load does."""
    found: list[tuple[bytes, Metrics]] = []
    shape = Shape(schema, batches[0].schema)
    roller = Roller(shape, None, lambda file: found.append((_body(file.body), file.metrics)))
    for batch in batches:
        roller.write(batch)
    roller.close()
    return found


def _body(file: Any) -> bytes:
    file.seek(0)
    return bytes(file.read())


def statistics(body: bytes) -> dict[str, Any]:
    """Give the statistics of a file's columns, by path; None where there are none."""
    footer = pq.read_metadata(pa.BufferReader(body))
    columns = [
        footer.row_group(group).column(at) for group in range(footer.num_row_groups) for at in range(footer.num_columns)
    ]
    return {column.path_in_schema: column.statistics for column in columns}


@given(ROWS)
def test_a_column_has_bounds_only_where_it_holds_no_nan(rows: list[dict[str, Any]]) -> None:
    files = written([pa.RecordBatch.from_pylist(rows, ARROW)])
    for body, metrics in files:
        footer = statistics(body)
        for path, number in LEAVES.items():
            expected = values(rows, path)
            nans = sum(map(is_nan, expected))
            assert metrics.nan_value_counts[number] == nans
            there = metrics.value_counts[number] - metrics.null_value_counts[number]
            assert there == sum(value is not None for value in expected)
            assert (footer[path] is None) == bool(nans)
            assert not nans or (number not in metrics.lower_bounds and number not in metrics.upper_bounds)
        assert footer["s.n"] is not None
    assert len(files) == bool(rows)


@given(ROWS)
def test_zeros_lie_between_bounds_of_both_signs(rows: list[dict[str, Any]]) -> None:
    for _, metrics in written([pa.RecordBatch.from_pylist(rows, ARROW)]):
        for bounds, sign in ((metrics.lower_bounds, -1), (metrics.upper_bounds, 1)):
            bound: Any = from_bytes(DoubleType(), bounds[1]) if 1 in bounds else None
            if bound == 0:
                assert math.copysign(1, bound) == sign


def test_nan_in_a_later_row_group_ends_the_file_once() -> None:
    groups = [(1.0, 1.0), (1.0, 2.0), (NAN, 2.0), (3.0, NAN), (4.0, 4.0)]
    schema = Schema(NestedField(1, "d", DoubleType()), NestedField(2, "e", DoubleType()))
    batches = [
        pa.RecordBatch.from_arrays([pa.repeat(value, ROW_GROUP_ROWS) for value in pair], names=["d", "e"])
        for pair in groups
    ]
    first, second = written(batches, schema)
    assert [pq.read_metadata(pa.BufferReader(body)).num_row_groups for body, _ in (first, second)] == [2, 3]
    assert first[1].nan_value_counts == {1: 0, 2: 0}
    highest: Any = from_bytes(DoubleType(), first[1].upper_bounds[2])
    assert highest == 2.0
    assert second[1].nan_value_counts == {1: ROW_GROUP_ROWS, 2: ROW_GROUP_ROWS}
    assert second[1].null_value_counts == {1: 0, 2: 0}
    assert not second[1].lower_bounds
    assert set(statistics(second[0]).values()) == {None}


def ids(found: pa.Table) -> list[Any]:
    return sorted(found.column("id").to_pylist(), key=str)


def duckdb_rows(sql: str) -> pa.Table:
    with contextlib.closing(duckdb.connect()) as con:
        found: pa.Table = con.sql(sql).to_arrow_table()
        return found


COLUMNS = (("id", "long"), ("x", "double"), ("s", "struct<y: double>"))
FOUR = [(0, 1.0, {"y": NAN}), (4, NAN, {"y": 1.0}), (8, NAN, None), (12, -0.0, {"y": 1.0})]
"""All of them in one range: each has one file."""


@pytest.mark.parametrize("kind", sorted(lakes.KINDS))
def test_readers_find_nan_in_files_of_every_kind_of_table(world: World, tmp_path: Path, kind: str) -> None:
    table = planned(COLUMNS, **lakes.KINDS[kind])
    staging = world.lake.begin(table, load_id="one", digest="digest", ranges=lakes.RANGES[:1])
    lakes.stage(staging, lakes.RANGES[0], table, FOUR)
    staging.commit()
    staging.clean()
    for key in world.keys(table, "data"):
        (tmp_path / key.rpartition("/")[2]).write_bytes(world.lake.store(table).get(key))
    dataset = ds.dataset(tmp_path)
    assert ids(dataset.to_table(filter=pc.is_nan(pc.field("x")))) == [4, 8]
    assert ids(duckdb_rows(f"SELECT id FROM '{tmp_path}/*.parquet' WHERE x > 100")) == [4, 8]
    assert ids(duckdb_rows(f"SELECT id FROM '{tmp_path}/*.parquet' WHERE isnan(s.y)")) == [0]
    if table.format == "parquet":
        return
    iceberg = world.lake.catalog.table(table.name)
    assert iceberg is not None
    for condition, expected in (("nan", [4, 8]), ("x > 100", []), ("x > 0.5", [0])):
        kept: Any = IsNaN(term=Reference("x")) if condition == "nan" else condition
        assert ids(iceberg.scan(row_filter=kept).to_arrow()) == expected
    files = [task.file for task in iceberg.scan().plan_files()]
    assert sum((file.nan_value_counts or {})[iceberg.schema().find_field("x").field_id] for file in files) == 2


def test_what_an_earlier_release_staged_has_no_bounds_of_floats(world: World) -> None:
    table = planned(COLUMNS[:2])
    staging = world.lake.begin(table, load_id="one", digest="digest", ranges=lakes.RANGES[:1])
    with staging.writer(lakes.RANGES[0]) as writer:
        writer.write(lakes.batch(table, [(1, 1.0), (2, 1.0)]))
        (file,) = writer.close()
    assert file.metrics is not None
    old: dict[str, Any] = msgspec.to_builtins(file)
    del old["metrics"]["nan_value_counts"]
    staging.record(lakes.record(lakes.RANGES[0], [msgspec.convert(old, StagedFile)], 2))
    staging.commit()
    found = world.lake.catalog.table(table.name)
    assert found is not None
    (task,) = found.scan().plan_files()
    assert list(task.file.lower_bounds or ()) == [1]


def test_nan_is_counted_at_any_depth_and_zeros_are_told_apart() -> None:
    count = Count()
    count.add(pa.array([0.0, NAN, None]))
    count.add(pa.array([NAN]))
    assert (count.nan, count.nulls) == (2, 1)
    assert [str(count.low), str(count.high)] == ["0.0", "0.0"]
    count.add(pa.array([-0.0, NAN]))
    assert [str(count.low), str(count.high)] == ["-0.0", "0.0"]
    nested = Count()
    nested.add(pa.array([[{"y": NAN}, {"y": 1.0}], None], pa.list_(pa.struct([("y", pa.float32())]))))
    assert nested.nan == 1


@pytest.mark.parametrize("order", [1, -1])
def test_ranges_keep_zeros_apart_when_they_add_up(order: int) -> None:
    one, other = Tally(nan=1, low="0.0", high="0.0", number=True), Tally(nan=2, low="-0.0", high="-0.0", number=True)
    merged = fidelity.merge([{"v": tally} for tally in (one, other)[::order]])["v"]
    assert (merged.nan, merged.low, merged.high) == (3, "-0.0", "0.0")
