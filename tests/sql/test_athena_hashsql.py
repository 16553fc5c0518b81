"""The checksum in SQL is gluepot's own, for every type: here in DuckDB, with Trino's functions added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlglot import exp
from tests.support import lakedata
from tests.support.hashcases import CASES, batch_of, columns

from gluepot.cassandra.reading import Page
from gluepot.lake.checksum import checksum
from gluepot.lake.convert.convert import Converter
from gluepot.sql.athena import hashsql
from gluepot_sandbox.aws.athena import functions
from gluepot_sandbox.aws.athena.translate import parse, translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.plan.table import PlannedColumn


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        opened.execute("SET threads = 1")
        functions.add(opened)
        yield opened


def in_sql(con: duckdb.DuckDBPyConnection, planned: Sequence[PlannedColumn], batch: pa.RecordBatch) -> list[int]:
    """Hash rows with the SQL that Athena is sent."""
    con.register("gluepot table 0", pa.Table.from_batches([batch]))
    sql = f'SELECT {hashsql.row_hash(planned)} FROM "t" AS {hashsql.ROWS}'
    return [found for (found,) in con.sql(translate(parse(sql)).sql).fetchall()]


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
