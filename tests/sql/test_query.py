"""SQL on tables of the Glue catalog, with DuckDB over what the snapshots hold."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support import readlake
from tests.support.emulated import leads_to

from gluepot.aws.access import Access
from gluepot.errors import ConfigError, DeniedError, GluepotError
from gluepot.lake.read.snapshots import Catalog, When
from gluepot.sql.query import answer, running
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot_sandbox.aws import Emulator

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
TEXT = "org.apache.hadoop.mapred.TextInputFormat"


@pytest.fixture(scope="module")
def aws(server: Emulator) -> Iterator[Emulator]:
    """An emulated AWS with a database `shop` whose table `orders` has three snapshots of three rows each."""
    server.reset()
    with pytest.MonkeyPatch.context() as patch:
        leads_to(server, patch)
        server.client("s3").create_bucket(Bucket=readlake.BUCKET)
        catalog = readlake.catalog(server)
        for database in ("shop", "other"):
            catalog.create_namespace(database)
        orders = catalog.create_table("shop.orders", readlake.SCHEMA)
        for first in (0, 100, 200):
            orders.append(readlake.batch(first))
        catalog.create_table("other.empty", readlake.SCHEMA)
        yield server


@pytest.fixture(scope="module")
def catalog(aws: Emulator) -> Catalog:
    assert aws.url
    return Catalog.open(Access(), "us-east-1")


def rows(catalog: Catalog, sql: str, **when: Any) -> list[dict[str, Any]]:
    return answer(sql, catalog, "shop", When(**when)).to_pylist()


def refused(catalog: Catalog, sql: str, **when: Any) -> GluepotError:
    with pytest.raises(GluepotError) as caught:
        rows(catalog, sql, **when)
    return caught.value


def opened(aws: Emulator) -> set[str]:
    """Name the data files that were read since the last `forget`."""
    return {call.path for call in aws.calls(service="s3") if call.path.split("?")[0].endswith(".parquet")}


def test_a_table_is_found_by_its_name_in_the_targets_database(catalog: Catalog) -> None:
    assert rows(catalog, "SELECT count(*) AS n, sum(price) AS p FROM orders") == [{"n": 9, "p": Decimal("9.09")}]


@pytest.mark.parametrize("name", ["Orders", "shop.orders", "SHOP.orders", "awsdatacatalog.shop.orders", '"orders"'])
def test_a_table_may_be_named_as_athena_takes_it(catalog: Catalog, name: str) -> None:
    assert rows(catalog, f"SELECT max(id) AS most FROM {name}") == [{"most": 202}]


def test_another_database_is_named_before_the_table(catalog: Catalog) -> None:
    assert rows(catalog, "SELECT count(*) AS n FROM other.empty") == [{"n": 0}]


def test_tables_are_joined_with_each_other_and_with_themselves(catalog: Catalog) -> None:
    sql = "WITH big AS (FROM orders WHERE id >= 200) SELECT count(*) n FROM big JOIN orders USING (id), other.empty e"
    assert rows(catalog, sql) == [{"n": 0}]
    assert rows(catalog, sql.replace(", other.empty e", "")) == [{"n": 3}]


def test_a_with_clause_may_have_the_name_of_the_table_it_reads(catalog: Catalog) -> None:
    sql = "WITH orders AS (SELECT id FROM shop.orders WHERE id < 2) SELECT count(*) AS n FROM orders"
    assert rows(catalog, sql) == [{"n": 2}]


def test_a_with_clause_needs_no_table_of_its_name(catalog: Catalog) -> None:
    assert rows(catalog, "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) FROM t") == [
        {"n": 1},
        {"n": 2},
        {"n": 3},
    ]


def test_values_are_exact_and_nulls_stay(catalog: Catalog) -> None:
    (row,) = rows(catalog, "SELECT * FROM orders WHERE id = 201")
    assert row.pop("weight") != row["id"]
    assert row == {
        "id": 201,
        "name": None,
        "price": Decimal("2.01"),
        "seen": dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=201),
        "tags": [],
        "sizes": [("x", 201)],
        "place": {"city": "Köln", "zip": 201},
    }


@pytest.mark.parametrize(
    ("condition", "files"),
    [
        ("id > 150", 1),
        ("id = 101 OR id = 1", 2),
        ("name = 'name 201x'", 1),
        ("price BETWEEN 1.00 AND 1.01", 1),
        ("seen < TIMESTAMPTZ '1970-01-01 00:00:00.00005+00'", 1),
        ("name IS NULL", 3),
        ("id > 1000", 0),
    ],
)
def test_files_whose_bounds_exclude_the_condition_are_not_opened(
    aws: Emulator, catalog: Catalog, condition: str, files: int
) -> None:
    aws.forget()
    rows(catalog, f"SELECT id FROM orders WHERE {condition}")
    assert len(opened(aws)) == files


@pytest.mark.parametrize(
    "condition", ["id >= 200", "name > 'name 2'", "price * 2 > 2", "seen IS NOT NULL", "place.zip < 2"]
)
def test_leaving_files_out_leaves_no_row_out(catalog: Catalog, condition: str) -> None:
    whole = [row for row in rows(catalog, f"SELECT id, {condition} AS hit FROM orders") if row["hit"]]
    kept = rows(catalog, f"SELECT id FROM orders WHERE {condition}")
    assert {row["id"] for row in kept} == {row["id"] for row in whole}


def test_an_older_snapshot_is_read_by_its_id(aws: Emulator, catalog: Catalog) -> None:
    first = readlake.catalog(aws).load_table("shop.orders").history()[0].snapshot_id
    assert rows(catalog, "SELECT count(*) AS n FROM orders", snapshot_id=first) == [{"n": 3}]


def test_an_older_state_is_read_by_its_time(aws: Emulator, catalog: Catalog) -> None:
    second = readlake.catalog(aws).load_table("shop.orders").history()[1]
    when = dt.datetime.fromtimestamp(second.timestamp_ms / 1000, dt.UTC)
    assert rows(catalog, "SELECT count(*) AS n FROM orders", as_of=when) == [{"n": 6}]


def test_a_snapshot_that_is_not_there_is_refused_with_those_that_are(catalog: Catalog) -> None:
    error = refused(catalog, "FROM orders", snapshot_id=12)
    assert "no snapshot 12" in error.what
    assert error.why.count(" of 20") == 3


def test_a_time_before_the_first_snapshot_is_refused(catalog: Catalog) -> None:
    error = refused(catalog, "FROM orders", as_of=dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
    assert "had no rows as of 2001-01-01" in error.what
    assert "first snapshot is of 20" in error.why


def test_a_snapshot_goes_with_one_table(catalog: Catalog) -> None:
    assert "one table" in refused(catalog, "SELECT 1", snapshot_id=5).what


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("DROP TABLE orders", "DROP"),
        ("INSERT INTO orders VALUES (1)", "INSERT"),
        ("CREATE TABLE t AS FROM orders", "CREATE"),
        ("COPY orders TO 'x.csv'", "COPY"),
        ("ATTACH 'x.db'", "ATTACH"),
        ("SET threads = 1", "SET"),
        ("PRAGMA version", "PRAGMA"),
        ("INSTALL httpfs", "LOAD"),
        ("CALL pragma_version()", "CALL"),
        ("EXPORT DATABASE 'x'", "EXPORT"),
    ],
)
def test_what_does_not_only_read_is_refused(catalog: Catalog, sql: str, kind: str) -> None:
    error = refused(catalog, sql)
    assert isinstance(error, ConfigError)
    assert error.what == f"{kind} is not run: query only reads"


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE orders"])
def test_several_statements_are_refused(catalog: Catalog, sql: str) -> None:
    assert refused(catalog, sql).what == "there are 2 statements"


@pytest.mark.parametrize("sql", ["", "  ", "-- nothing"])
def test_no_statement_is_refused(catalog: Catalog, sql: str) -> None:
    assert refused(catalog, sql).what == "there is no SQL to run"


@pytest.mark.parametrize(
    "sql",
    [
        "FROM read_csv('/etc/passwd')",
        "FROM read_text('/etc/hostname')",
        "FROM glob('/*')",
        "FROM read_parquet('https://example.com/x.parquet')",
        "SELECT * FROM orders, read_json('/etc/passwd')",
    ],
)
def test_sql_reaches_no_file(catalog: Catalog, sql: str) -> None:
    error = refused(catalog, sql)
    assert error.what in {"the SQL reaches beyond the tables", "the SQL cannot be run"}


def test_a_file_name_is_taken_for_a_table_that_is_not_there(catalog: Catalog) -> None:
    assert "no table /etc/passwd" in refused(catalog, "FROM '/etc/passwd'").what


def test_variables_of_the_caller_are_no_tables(catalog: Catalog) -> None:
    secret = pa.table({"a": [1]})
    assert "no table secret" in refused(catalog, "FROM secret").what
    assert secret.num_rows == 1


def test_a_table_that_is_not_there_is_refused_with_near_names(catalog: Catalog) -> None:
    error = refused(catalog, "FROM ordres")
    assert error.what == "there is no table ordres in database shop"
    assert error.hint == "did you mean orders?"


def test_a_database_that_is_not_there_is_refused_with_near_names(catalog: Catalog) -> None:
    error = refused(catalog, "FROM shopp.orders")
    assert error.what == "there is no database shopp in the Glue catalog"
    assert error.hint == "did you mean shop?"


def test_a_syntax_error_says_where(catalog: Catalog) -> None:
    error = refused(catalog, "SELECT id\nFRM orders")
    assert error.what == "the SQL has a syntax error"
    assert "line 2: FRM >>>orders" in error.why


def test_a_column_that_is_not_there_is_refused_with_near_names(catalog: Catalog) -> None:
    error = refused(catalog, "SELECT nam FROM orders")
    assert '"nam" not found' in error.why
    assert '"name"' in error.why


def test_duckdbs_at_is_refused_with_the_option_that_does_it(catalog: Catalog) -> None:
    assert "--snapshot" in refused(catalog, "FROM orders AT (VERSION => 3)").hint


def test_show_tables_names_the_tables_of_a_database(catalog: Catalog) -> None:
    assert {"name": "orders"} in rows(catalog, "SHOW TABLES")
    assert rows(catalog, "SHOW TABLES FROM other") == [{"name": "empty"}]


def test_describe_and_explain_are_answered(catalog: Catalog) -> None:
    assert [row["column_name"] for row in rows(catalog, "DESCRIBE orders")] == readlake.SCHEMA.names
    assert "Filters" in rows(catalog, "EXPLAIN SELECT id FROM orders WHERE id > 3")[0]["explain_value"]


def test_columns_that_were_renamed_and_rows_that_were_deleted_are_read_by_field_id(
    aws: Emulator, catalog: Catalog
) -> None:
    table = readlake.catalog(aws).create_table("shop.changed", readlake.SCHEMA)
    table.append(readlake.batch(0, 6))
    with table.update_schema() as update:
        update.rename_column("name", "label")
    table.append(
        readlake.batch(100).rename_columns(["label" if one == "name" else one for one in readlake.SCHEMA.names])
    )
    table.delete("id = 1")
    assert rows(catalog, "SELECT id, label FROM changed WHERE id BETWEEN 1 AND 101 ORDER BY id DESC LIMIT 2") == [
        {"id": 101, "label": "name 101"},
        {"id": 100, "label": "name 100"},
    ]
    assert rows(catalog, "SELECT count(*) AS n, count(label) AS named FROM changed") == [{"n": 8, "named": 5}]
    assert rows(catalog, "SELECT a.label FROM changed a JOIN changed b USING (id) WHERE b.id = 2") == [
        {"label": "name 2"}
    ]


def test_a_column_that_was_added_is_null_in_older_files(aws: Emulator, catalog: Catalog) -> None:
    from pyiceberg.types import StringType

    table = readlake.catalog(aws).create_table("shop.grown", readlake.SCHEMA)
    table.append(readlake.batch(0))
    with table.update_schema() as update:
        update.add_column("extra", StringType())
    assert rows(catalog, "SELECT count(*) AS n, count(extra) AS extras FROM grown") == [{"n": 3, "extras": 0}]


def glue_table(aws: Emulator, name: str, location: str, **more: Any) -> None:
    columns = [{"Name": "a", "Type": "bigint"}, {"Name": "b", "Type": "array<struct<x:decimal(5,2)>>"}]
    storage = {"Columns": columns, "Location": location, "InputFormat": PARQUET, **more.pop("storage", {})}
    table = {"Name": name, "StorageDescriptor": storage, **more}
    aws.client("glue").create_table(DatabaseName="shop", TableInput=table)


def test_a_plain_parquet_table_is_read_from_its_location(aws: Emulator, catalog: Catalog) -> None:
    glue_table(aws, "plain", f"s3://{readlake.BUCKET}/plain/")
    assert rows(catalog, "SELECT * FROM plain") == []
    written = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2]}), written)
    s3 = aws.client("s3")
    s3.put_object(Bucket=readlake.BUCKET, Key="plain/one.parquet", Body=written.getvalue())
    s3.put_object(Bucket=readlake.BUCKET, Key="plain/_gluepot/load.json", Body=b"{}")
    assert rows(catalog, "SELECT a, b FROM plain") == [{"a": 1, "b": None}, {"a": 2, "b": None}]
    assert "no snapshots" in refused(catalog, "FROM plain", snapshot_id=1).what


@pytest.mark.parametrize(
    ("name", "more", "why"),
    [
        ("csv", {"storage": {"InputFormat": TEXT}}, "neither an Iceberg table nor a Parquet table"),
        ("a_view", {"TableType": "VIRTUAL_VIEW"}, "a view"),
        ("parted", {"PartitionKeys": [{"Name": "day", "Type": "date"}]}, "partitioned"),
    ],
)
def test_other_tables_are_refused_with_why(
    aws: Emulator, catalog: Catalog, name: str, more: dict[str, Any], why: str
) -> None:
    glue_table(aws, name, "s3://elsewhere/", **more)
    error = refused(catalog, f"FROM {name}")
    assert "cannot be queried here" in error.what
    assert why in error.why


def test_a_bucket_that_is_gone_is_named(aws: Emulator, catalog: Catalog) -> None:
    glue_table(aws, "lost", "s3://no-such-bucket/lost/")
    assert "no-such-bucket" in refused(catalog, "FROM lost").what


def test_a_denied_call_names_the_permission(aws: Emulator) -> None:
    fault = emulator.Fault(emulator.FaultKind.DENIED, operation="GetTable", times=10)
    aws.add(faults=[fault])
    try:
        error = refused(Catalog.open(Access(), "us-east-1"), "FROM orders")
    finally:
        aws.change(faults=[])
    assert isinstance(error, DeniedError)
    assert error.action == "glue:GetTable"


def test_a_denied_object_names_the_permission(aws: Emulator, catalog: Catalog) -> None:
    aws.add(faults=[emulator.Fault(emulator.FaultKind.DENIED, operation="GET", service="s3")])
    try:
        error = refused(catalog, "FROM orders")
    finally:
        aws.change(faults=[])
    assert isinstance(error, DeniedError)
    assert "s3:GetObject" in error.hint


def test_a_file_that_is_gone_is_named(aws: Emulator, catalog: Catalog) -> None:
    table = readlake.catalog(aws).create_table("shop.holed", readlake.SCHEMA)
    table.append(readlake.batch(0))
    (task,) = table.scan().plan_files()
    aws.client("s3").delete_object(Bucket=readlake.BUCKET, Key=task.file.file_path.partition(f"{readlake.BUCKET}/")[2])
    error = refused(catalog, "FROM holed")
    assert error.what == "a file of shop.holed is gone from S3"
    assert ".parquet" in error.why


def test_an_answer_is_read_as_it_is_asked_for(catalog: Catalog) -> None:
    with running("SELECT * FROM range(1000000000000)", catalog, "shop") as found:
        assert next(found.batches).num_rows > 0
