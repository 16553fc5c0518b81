"""A keyspace becomes tables of the catalog: planned, loaded, verified, queried."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support.loads import BUCKET, DATABASE, ROWS

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from tests.support.loads import Bench


def test_plan_run_verify_and_again(bench: Bench) -> None:
    """The three commands, as a person types them; what they print holds no secret."""
    expected = bench.fill()
    planned = bench.cli("load", "plan", process=True)
    assert planned.returncode == 0, planned.stderr
    assert f"{bench.keyspace}.events -> {DATABASE}.events" in planned.stdout
    ran = bench.cli("load", "run", "--output", "json", process=True)
    assert ran.returncode == 0, ran.stderr
    (table,) = json.loads(ran.stdout)["tables"]
    assert (table["read"], table["rows"]) == (ROWS, ROWS)
    assert bench.lake_rows("events") == expected
    verified = bench.cli("load", "verify", "--rescan", process=True)
    assert verified.returncode == 0, verified.stderr
    assert f"equal, {ROWS:,} rows" in verified.stdout
    for done in (planned, ran, verified):
        assert bench.node.password not in done.stdout + done.stderr


def test_no_object_in_the_bucket_and_no_catalog_entry_holds_the_password(bench: Bench) -> None:
    bench.fill(500)
    assert [one.error for one in bench.load()] == [None]
    secret = bench.node.password.encode()
    for key in bench.objects():
        assert secret not in bench.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert bench.node.password not in str(bench.glue.get_tables(DatabaseName=DATABASE))


def test_replacing_leaves_the_old_snapshot_readable_and_rows_once(bench: Bench) -> None:
    bench.fill(800)
    first = bench.load()[0]
    bench.session.execute(f"DELETE FROM {bench.keyspace}.events WHERE a = 1")
    second = bench.load()[0]
    assert second.load_id != first.load_id
    assert sum(bench.lake_rows("events").values()) == second.rows < first.rows
    assert bench.snapshots("events") == 2


def test_appending_adds(bench: Bench) -> None:
    expected = bench.fill(300)
    bench.plan(target={"mode": "append"})
    bench.load()
    bench.load()
    assert bench.lake_rows("events") == expected + expected


def test_a_parquet_table_is_swapped_by_its_location(bench: Bench) -> None:
    expected = bench.fill(400)
    bench.plan(target={"format": "parquet"})
    bench.load()
    first = bench.glue.get_table(DatabaseName=DATABASE, Name="events")["Table"]["StorageDescriptor"]["Location"]
    bench.load()
    second = bench.glue.get_table(DatabaseName=DATABASE, Name="events")["Table"]["StorageDescriptor"]["Location"]
    assert first != second
    assert bench.lake_rows("events") == expected


def test_partitions_are_written_in_a_second_pass(bench: Bench) -> None:
    expected = bench.fill(1000)
    bench.plan(table={"events": {"partition": ["bucket(4, a)"]}})
    assert [one.error for one in bench.load()] == [None]
    assert bench.lake_rows("events") == expected
    data = [key for key in bench.objects("warehouse/events/") if key.endswith(".parquet")]
    assert len(data) >= 4
    assert bench.cli("load", "verify").returncode == 0


def test_the_plan_offers_the_scale_of_a_decimal_and_writes_it(bench: Bench) -> None:
    bench.session.execute(f"CREATE TABLE {bench.keyspace}.prices (id int PRIMARY KEY, price decimal)")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.prices (id, price) VALUES (1, 12.345)")
    refused = bench.cli("load", "plan")
    assert refused.returncode == 2
    assert 'types.price = "decimal(9,3)"' in refused.stdout
    assert bench.cli("load", "run").returncode == 2
    assert bench.cli("load", "plan", "--write").returncode == 2
    assert bench.cli("load", "run").returncode == 0
    column = bench.glue.get_table(DatabaseName=DATABASE, Name="prices")["Table"]["StorageDescriptor"]["Columns"][1]
    assert column["Type"] == "decimal(9,3)"


def test_a_value_that_does_not_fit_stops_the_load_before_anything_is_visible(bench: Bench) -> None:
    bench.session.execute(f"CREATE TABLE {bench.keyspace}.big (id int PRIMARY KEY, n varint)")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.big (id, n) VALUES (1, {10**40})")
    (done,) = bench.load()
    assert done.error is not None
    assert "38 digits" in f"{done.error.what} {done.error.why}"
    assert f"in the row of {bench.keyspace}.big with id=1" in done.error.why
    assert '[table.big.policy] n = "null"' in done.error.hint
    assert bench.glue.get_tables(DatabaseName=DATABASE)["TableList"] == []
    bench.plan(table={"big": {"policy": {"n": "null"}}})
    (done,) = bench.load()
    assert done.error is None
    assert done.tallies["n"].nulled == 1


def test_verify_names_the_range_and_the_keys_that_differ(bench: Bench) -> None:
    """Rows are changed behind gluepot's back, in the lake: one lost, one altered."""
    bench.fill(600)
    bench.load()
    with bench.opened() as everything:
        table = everything.lake.catalog.table("events")
        assert table is not None
        rows = table.scan().to_arrow()
        kept = rows.filter(
            [not (a == 5 and b == 5) for a, b in zip(*rows.select(["a", "b"]).to_pydict().values(), strict=True)]
        )
        texts = [
            f"altered {c}" if b == 6 else c for b, c in zip(kept["b"].to_pylist(), kept["c"].to_pylist(), strict=True)
        ]
        import pyarrow as pa

        table.overwrite(kept.set_column(2, "c", pa.array(texts)))
    verified = bench.cli("load", "verify")
    assert verified.returncode == 3, verified.stdout
    assert "missing: a=5, b=5" in verified.stdout
    assert "other values: a=6, b=6" in verified.stdout


def test_static_columns_can_have_a_table_of_their_own(bench: Bench) -> None:
    session, keyspace = bench.session, bench.keyspace
    session.execute(f"CREATE TABLE {keyspace}.s (a int, b int, c text, d text static, PRIMARY KEY (a, b))")
    session.execute(f"INSERT INTO {keyspace}.s (a, b, c, d) VALUES (1, 1, 'x', 'one')")
    session.execute(f"INSERT INTO {keyspace}.s (a, b, c) VALUES (1, 2, 'y')")
    session.execute(f"INSERT INTO {keyspace}.s (a, d) VALUES (2, 'alone')")
    bench.plan(table={"s": {"static": "split"}})
    assert [one.error for one in bench.load()] == [None, None]
    assert sum(bench.lake_rows("s").values()) == 2
    assert bench.lake_rows("s__static") == {"{'a': 1, 'd': 'one'}": 1, "{'a': 2, 'd': 'alone'}": 1}


def test_names_are_lowered_and_the_originals_are_kept_in_the_catalog(bench: Bench) -> None:
    bench.session.execute(f'CREATE TABLE {bench.keyspace}.n (id int PRIMARY KEY, "userId" text, userid text)')
    bench.session.execute(f"""INSERT INTO {bench.keyspace}.n (id, "userId", userid) VALUES (1, 'Big', 'small')""")
    assert [one.error for one in bench.load()] == [None]
    columns = bench.glue.get_table(DatabaseName=DATABASE, Name="n")["Table"]["StorageDescriptor"]["Columns"]
    names = [one["Name"] for one in columns]
    assert len(set(names)) == 3
    assert all(name == name.lower() for name in names)
    assert any("userId" in str(one) for one in columns)


def test_a_column_that_is_added_in_the_source_is_added_in_the_lake(bench: Bench) -> None:
    bench.fill(200)
    bench.load()
    bench.session.execute(f"ALTER TABLE {bench.keyspace}.events ADD extra double")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.events (a, b, extra) VALUES (1000, 1, 2.5)")
    assert [one.error for one in bench.load()] == [None]
    columns = bench.glue.get_table(DatabaseName=DATABASE, Name="events")["Table"]["StorageDescriptor"]["Columns"]
    assert "extra" in [one["Name"] for one in columns]
    assert sum(bench.lake_rows("events").values()) == 201


def test_a_column_never_goes_on_with_the_values_of_another_one(bench: Bench) -> None:
    """`"userId"` is `userid` while it is alone; a `userid` that is added later does not take its place unseen."""
    bench.session.execute(f'CREATE TABLE {bench.keyspace}.n (id int PRIMARY KEY, "userId" text)')
    bench.session.execute(f"""INSERT INTO {bench.keyspace}.n (id, "userId") VALUES (1, 'first')""")
    assert [one.error for one in bench.load()] == [None]
    bench.session.execute(f"ALTER TABLE {bench.keyspace}.n ADD userid text")
    bench.session.execute(f"UPDATE {bench.keyspace}.n SET userid = 'other' WHERE id = 1")
    with pytest.raises(ConfigError, match="column userid of table n holds 'userId' of the source"):
        bench.load()
    assert bench.snapshots("n") == 1
    bench.plan(table={"n": {"rename": {"userId": "userid", "userid": "userid_new"}}})
    assert [one.error for one in bench.load()] == [None]
    assert bench.lake_rows("n") == {"{'id': 1, 'userid': 'first', 'userid_new': 'other'}": 1}
