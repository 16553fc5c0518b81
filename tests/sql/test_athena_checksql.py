"""Statements that tell token ranges apart are right at the bounds, and fit into what Athena takes."""

from __future__ import annotations

from itertools import pairwise

import duckdb
import pytest

from gluepot.athena.run import STATEMENT_BYTES
from gluepot.plan.table import PlannedColumn, PlannedTable
from gluepot.sql.athena import checksql

LAST = 2**63 - 1


def table(kind: str = "string", cql: str = "text", columns: int = 1) -> PlannedTable:
    key = PlannedColumn(name="k", type=kind, role="partition_key", cql=cql)
    more = (PlannedColumn(name=f"c{at}", type="list<map<string, int>>", role="regular") for at in range(columns))
    return PlannedTable(source="t", source_id="", name="t", location="s3://lake/t", columns=(key, *more))


@pytest.mark.parametrize(("count", "most"), [(1, 10), (10, 10), (11, 10), (25, 10), (4000, 2000), (4001, 2000)])
def test_groups_cover_all_ranges_in_order_and_are_no_more_than_asked_for(count: int, most: int) -> None:
    kept = checksql.groups(count, most)
    assert kept[-1] == count - 1
    assert all(one < other for one, other in pairwise(kept))
    assert len(kept) <= most


@pytest.mark.parametrize("ends", [[LAST], [-5, LAST], [-(2**62), -1, 0, 7, LAST], [*range(-60, 60, 3), LAST]])
def test_a_token_belongs_to_the_range_that_ends_with_it(ends: list[int]) -> None:
    given = [(token, place + more) for place, end in enumerate(ends) for more, token in enumerate((end, end + 1))]
    wanted = {token: place for token, place in given if token <= LAST}
    sql = checksql._place("token", ends).replace("if(", "trino_if(")
    with duckdb.connect() as con:
        con.execute("CREATE MACRO trino_if(a, b, c) AS CASE WHEN a THEN b ELSE c END")
        found = con.execute(
            f"SELECT token, {sql} FROM (SELECT unnest(?::BIGINT[]) AS token)", [list(wanted)]
        ).fetchall()
    assert dict(found) == wanted


def test_a_statement_of_many_ranges_fits() -> None:
    ends = [at * 9_000_000_000_000_000 for at in range(-1000, 999)] + [LAST]
    sql = checksql.by_range("db", table(columns=60), ends)
    assert sql is not None
    assert len(sql.encode()) <= STATEMENT_BYTES


def test_a_statement_that_would_not_fit_is_none() -> None:
    assert checksql.by_range("db", table(columns=600), [LAST]) is None


@pytest.mark.parametrize(
    ("kind", "cql"), [("decimal(38, 0)", "varint"), ("string", "inet"), ("list<int>", "list<int>")]
)
def test_keys_that_sql_cannot_serialise_have_no_statement_by_range(kind: str, cql: str) -> None:
    assert checksql.by_range("db", table(kind, cql), [LAST]) is None


def test_rows_of_one_load_are_told_by_the_files_that_they_are_in() -> None:
    sql = checksql.whole("d b", table(), "s3://lake/it's/")
    assert """FROM "awsdatacatalog"."d b"."t" AS r WHERE starts_with(r."$path", 's3://lake/it''s/')""" in sql
