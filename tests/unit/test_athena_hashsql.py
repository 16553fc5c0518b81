"""The checksum in SQL is gluepot's own, for every type: here in DuckDB, with Trino's functions added to it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlglot import exp
from tests import lakedata

from gluepot.athena import hashsql
from gluepot.cassandra.reading import Page
from gluepot.emulator.athena import functions
from gluepot.emulator.athena.translate import parse, translate
from gluepot.lake import checksum
from gluepot.lake.convert import Converter
from gluepot.lake.typemap import schema_of
from gluepot.loading.plan import PlannedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        opened.execute("SET threads = 1")
        functions.add(opened)
        yield opened


def columns(*kinds: str) -> tuple[PlannedColumn, ...]:
    return tuple(PlannedColumn(name=f"c{at}", type=kind, role="regular") for at, kind in enumerate(kinds))


def batch_of(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    schema = schema_of(columns(*kinds))
    arrays = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def in_sql(con: duckdb.DuckDBPyConnection, planned: Sequence[PlannedColumn], batch: pa.RecordBatch) -> list[int]:
    """Hash rows with the SQL that Athena is sent."""
    con.register("gluepot table 0", pa.Table.from_batches([batch]))
    sql = f'SELECT {hashsql.row_hash(planned)} FROM "t" AS {hashsql.ROWS}'
    return [found for (found,) in con.sql(translate(parse(sql)).sql).fetchall()]


CASES: list[tuple[str, list[Any]]] = [
    ("string", ["", "a", "Zürich 🎬", "it's"]),
    ("binary", [b"", b"\x00\xff", b"abc"]),
    ("int", [0, -1, 2**31 - 1, -(2**31)]),
    ("long", [0, -1, 2**63 - 1, -(2**63)]),
    ("boolean", [True, False]),
    ("float", [0.0, -0.0, 1.1, float("nan"), float("inf"), float("-inf")]),
    ("double", [0.0, -0.0, 1.1, float("nan"), float("inf"), 5e-324]),
    ("decimal(12, 2)", [Decimal("-0.50"), Decimal("0.00"), Decimal("1234567890.12")]),
    ("decimal(38, 0)", [Decimal(10**38 - 1), Decimal(-(10**38) + 1), Decimal(0)]),
    ("decimal(38, 38)", [Decimal("0.00000000000000000000000000000000000001")]),
    ("date", [0, -719_162, 2_932_896]),
    ("timestamptz", [0, -1, 1, -62_135_596_800_000_000, 253_402_300_799_999_999, -999_999, 1_000_000]),
    ("timestamp", [0, -1, 1_700_000_000_123_456]),
    ("list<string>", [[], [""], ["a", None, "b"], ["b", None, "a"]]),
    ("list<list<int>>", [[], [[]], [[1, 2], [3]], [[1], [2, 3]], [None]]),
    ("map<string, int>", [[], [("a", 1), ("b", None)], [("b", None), ("a", 1)]]),
    ("map<int, map<string, list<date>>>", [[(1, [("x", [0, None])]), (2, None)]]),
    ("struct<a: int, b: string>", [{"a": None, "b": None}, {"a": 1, "b": ""}]),
    ('struct<"order": struct<"a b": int>, c0: list<struct<x: timestamptz>>>',
     [{"order": {"a b": 5}, "c0": [{"x": 1}, None]}, {"order": None, "c0": None}]),
    ("list<struct<k: map<string, struct<v: int>>>>", [[{"k": [("a", {"v": 1}), ("b", None)]}]]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), CASES, ids=[kind for kind, _ in CASES])
def test_every_type_is_hashed_in_sql_as_it_was_staged(
    con: duckdb.DuckDBPyConnection, kind: str, values: list[Any]
) -> None:
    batch = batch_of([kind], [[value] for value in [None, *values]])
    assert in_sql(con, columns(kind), batch) == checksum.row_hashes(batch).tolist()


def test_null_empty_and_a_struct_of_nulls_are_three(con: duckdb.DuckDBPyConnection) -> None:
    batch = batch_of(["struct<a: int>"], [[None], [{"a": None}], [{"a": 0}]])
    assert len(set(in_sql(con, columns("struct<a: int>"), batch))) == 3


@pytest.mark.parametrize("count", [1, 59, 60, 61, 127, 128, 300])
def test_tables_of_any_width_are_hashed(con: duckdb.DuckDBPyConnection, count: int) -> None:
    batch = batch_of(["int"] * count, [list(range(count)), [None] * count])
    assert in_sql(con, columns(*["int"] * count), batch) == checksum.row_hashes(batch).tolist()


def test_no_concat_has_more_arguments_than_trino_takes() -> None:
    sql = hashsql.row_hash(columns(*["int"] * 500))
    found = sqlglot.parse_one(sql, read="trino").find_all(exp.Concat)
    assert max(len(one.expressions) for one in found) <= 127


@given(st.data())
@settings(suppress_health_check=list(HealthCheck), max_examples=15)
def test_rows_of_any_types_are_hashed_in_sql_as_they_were_staged(
    con: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    rows = data.draw(lakedata.rows())
    table = lakedata.planned(rows.source)
    batch = Converter(table, rows.source).convert(Page(rows.batch))
    try:
        found = in_sql(con, table.columns, batch)
    except duckdb.InvalidInputException as error:  # a map with a key twice, which Cassandra has not either
        assume("duplicate key" not in str(error))
        raise
    assert found == checksum.row_hashes(batch).tolist()
