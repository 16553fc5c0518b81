"""What a load made, proven and read in Athena, by the commands as they are typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support import everytype
from tests.support.loads import BUCKET, DATABASE, REGION

from gluepot.athena.run import Athena
from gluepot.loader.core.connect import lake_of
from gluepot.loader.plan import readfile
from gluepot.sql.athena.place import place_of
from gluepot.sql.athena.verify import verify
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    import subprocess

    from tests.support.loads import Bench

    from gluepot.sql.athena.verify import Proven

TYPED = {"types": {"t_decimal": "decimal(10,2)"}}


@pytest.fixture
def team(bench: Bench) -> Bench:
    """A bench whose plan's own workgroup is there."""
    output = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/"}}
    bench.aws.client("athena", region=REGION).create_work_group(Name=f"gluepot-{DATABASE}", Configuration=output)
    return bench


def verified(bench: Bench) -> list[Proven]:
    """Verify in this process, as the command does."""
    file = readfile.read(bench.path, environ=bench.environment())
    lake = lake_of(file.target)
    return list(verify(file, lake, Athena(lake.account, place_of(file))))


def has_no_secret(bench: Bench, done: subprocess.CompletedProcess[str]) -> None:
    for secret in (bench.node.password, emulator.SECRET_KEY):
        assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize("form", ["iceberg", pytest.param("parquet", marks=pytest.mark.long)])
def test_athena_finds_every_type_as_it_was_staged_by_token_range(team: Bench, form: str) -> None:
    everytype.fill(team)
    team.plan(table={"things": TYPED}, target={"format": form})
    (loaded,) = team.load(range_bytes=500)
    assert loaded.error is None
    (found,) = verified(team)
    assert (found.table, found.is_equal, found.differences) == ("things", True, ())
    assert found.found == found.staged
    assert found.found.rows == 60
    assert found.ranges == loaded.parts > 1
    assert found.why_whole == ""
    assert found.answer.bytes_scanned > 0
    assert found.answer.workgroup == f"gluepot-{DATABASE}"
    assert found.answer.output == f"s3://{BUCKET}/results/{found.answer.query_id}.csv"


def test_verify_in_athena_prints_what_ran_where_and_what_it_cost(team: Bench) -> None:
    team.fill(200)
    team.load()
    done = team.cli("load", "verify", "--athena", "--statements")
    assert done.returncode == 0, done.stderr
    assert "events: equal in Athena, 200 rows, " in done.stdout
    for told in (f"workgroup  gluepot-{DATABASE}", f"s3://{BUCKET}/results/", "billed as 10.5 MB: $0.000048"):
        assert told in done.stdout
    assert f'FROM "awsdatacatalog"."{DATABASE}"."events" AS r' in done.stdout
    has_no_secret(team, done)


def test_rows_that_are_lost_and_altered_are_found_in_their_ranges(team: Bench) -> None:
    team.fill(600)
    (loaded,) = team.load()
    with team.opened() as everything:
        table = everything.lake.catalog.table("events")
        assert table is not None
        rows = table.scan().to_arrow()
        table.overwrite(rows.slice(1))
    (found,) = verified(team)
    assert not found.is_equal
    assert found.found.rows == 599
    assert found.ranges == loaded.parts
    (difference,) = found.differences
    assert difference.staged.rows - difference.found.rows == 1
    done = team.cli("load", "verify", "--athena", "--output", "json")
    assert done.returncode == 3
    (told,) = json.loads(done.stdout)["tables"]
    assert told["differences"][0]["range"] == list(difference.range or ())
    assert told["price"] == pytest.approx(10 * 2**20 / 2**40 * 5)


def test_the_source_is_not_asked(team: Bench) -> None:
    team.fill(50)
    team.load()
    team.plan(source={"port": 9})
    assert verified(team)[0].is_equal


def test_a_load_that_added_rows_is_compared_with_its_own(team: Bench) -> None:
    team.fill(100)
    team.plan(target={"mode": "append"})
    team.load()
    (second,) = team.load()
    (found,) = verified(team)
    assert (found.load_id, found.is_equal, found.found.rows) == (second.load_id, True, 100)


def test_a_key_that_is_not_in_the_table_as_it_was_leaves_the_whole_to_compare(team: Bench) -> None:
    team.session.execute(f"CREATE TABLE {team.keyspace}.wide (n varint PRIMARY KEY, v text)")
    team.session.execute(f"INSERT INTO {team.keyspace}.wide (n, v) VALUES (1, 'a')")
    team.load()
    (found,) = verified(team)
    assert (found.is_equal, found.ranges) == (True, 0)
    assert "SQL cannot tell the rows' tokens" in found.why_whole


def test_microseconds_of_a_plain_table_are_left_to_row_counts(team: Bench) -> None:
    team.fill(30)
    team.plan(target={"format": "parquet"}, table={"events": {"writetime": ["c"]}})
    team.load()
    (found,) = verified(team)
    assert found.is_equal
    assert "c_writetime" in found.by_rows


def test_static_columns_in_a_table_of_their_own_are_verified_too(team: Bench) -> None:
    team.session.execute(f"CREATE TABLE {team.keyspace}.marks (a text, b int, s text STATIC, PRIMARY KEY (a, b))")
    for number in range(20):
        team.session.execute(f"INSERT INTO {team.keyspace}.marks (a, b, s) VALUES ('k{number % 5}', {number}, 'x')")
    team.plan(table={"marks": {"static": "split"}})
    team.load()
    found = {one.table: (one.is_equal, one.found.rows) for one in verified(team)}
    assert found == {"marks": (True, 20), "marks__static": (True, 5)}


def test_a_statement_is_run_in_athena_and_told_on_stderr(team: Bench) -> None:
    team.fill(10)
    team.load()
    done = team.cli("query", "--athena", "SELECT count(*) AS n, max(b) AS most FROM events", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"n": 10, "most": 9}
    for told in ("SELECT count(*) AS n", f"gluepot-{DATABASE}", f"s3://{BUCKET}/results/", "billed as"):
        assert told in done.stderr
    has_no_secret(team, done)


def test_what_other_engines_need_is_printed_for_the_tables_there_are(team: Bench) -> None:
    team.fill(10)
    team.load()
    done = team.cli("load", "sql", "--output", "json")
    scripts = json.loads(done.stdout)
    assert list(scripts) == ["athena", "redshift", "spark", "trino", "duckdb"]
    assert scripts["athena"]["statements"] == {
        "events": f'SELECT "a", "b", "c" FROM "awsdatacatalog"."{DATABASE}"."events" LIMIT 10;'
    }
    text = team.cli("load", "sql", "--engine", "spark", "--table", "events").stdout
    assert f"SELECT `a`, `b`, `c` FROM `lake`.`{DATABASE}`.`events` LIMIT 10;" in text
    assert "-- spark.sql.catalog.lake.type=glue" in text
    has_no_secret(team, done)
