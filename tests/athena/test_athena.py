"""Statements in the emulated Athena: answers as Arrow, what they scan, and what goes wrong."""

from __future__ import annotations

import datetime as dt
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import readlake
from tests.support.emulated import leads_to

from gluepot.athena.place import Place
from gluepot.athena.run import Athena, run
from gluepot.aws.access import Access
from gluepot.backoff import Backoff
from gluepot.errors import ConfigError, DeniedError, GluepotError, LakeError, RemoteError
from gluepot.lake.commit.account import Account
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.athena.run import Answer
    from gluepot_sandbox.aws import Emulator

OUTPUT = f"s3://{readlake.BUCKET}/athena/"


@pytest.fixture(scope="module")
def aws(server: Emulator) -> Iterator[Emulator]:
    """An emulated AWS with a database `shop` whose table `orders` has 2,500 rows in three files."""
    server.reset()
    with pytest.MonkeyPatch.context() as patch:
        leads_to(server, patch)
        server.client("s3").create_bucket(Bucket=readlake.BUCKET)
        catalog = readlake.catalog(server)
        catalog.create_namespace("shop")
        orders = catalog.create_table("shop.orders", readlake.SCHEMA)
        for first, count in ((0, 1000), (1000, 1000), (2000, 500)):
            orders.append(readlake.batch(first, count))
        yield server
        assert server.invalid() == []


def ask(sql: str, **more: Any) -> Answer:
    given: dict[str, Any] = {"region": "us-east-1", "output": OUTPUT, "database": "shop"}
    return run(sql, account=Account(Access(), given["region"]), **(given | more))


def refused(sql: str, **more: Any) -> GluepotError:
    with pytest.raises(GluepotError) as caught:
        ask(sql, **more)
    return caught.value


def test_scalars_are_arrows_own_exactly(aws: Emulator) -> None:
    assert aws.url
    answer = ask("SELECT id, name, price, seen, weight FROM orders WHERE id = 201")
    assert [str(kind) for kind in answer.table.schema.types] == [
        "int64", "string", "decimal128(10, 2)", "timestamp[us, tz=UTC]", "double",
    ]  # fmt: skip
    (row,) = answer.table.to_pylist()
    assert row.pop("weight") != 201
    instant = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=201)
    assert row == {"id": 201, "name": None, "price": Decimal("2.01"), "seen": instant}


def test_what_athena_writes_without_quotes_stays_its_text(aws: Emulator) -> None:
    assert aws.url
    table = ask("SELECT tags, sizes, place FROM orders WHERE id = 0").table
    assert table.to_pylist() == [{"tags": "[a, null]", "sizes": "{x=0}", "place": "{city=Köln, zip=0}"}]
    assert table.schema.field("place").metadata == {b"athena.type": b"row"}


def test_null_and_text_of_no_length_are_two(aws: Emulator) -> None:
    assert aws.url
    table = ask("SELECT '' AS a, cast(NULL AS varchar) AS b, 'it''s \"x\", y' AS c").table
    assert table.to_pylist() == [{"a": "", "b": None, "c": 'it\'s "x", y'}]


def test_an_answer_of_many_pages_is_read_from_its_object_in_one(aws: Emulator) -> None:
    aws.forget()
    table = ask("SELECT id, name, '' AS empty FROM orders ORDER BY id").table
    assert table.column("id").to_pylist() == list(range(2500))
    assert table.column("name").to_pylist()[:3] == [None, "name 1", "name 2"]
    assert set(table.column("empty").to_pylist()) == {""}
    assert len(aws.calls("GetQueryResults")) == 1


def test_credentials_that_are_called_expired_are_renewed_and_the_call_is_sent_once_more(aws: Emulator) -> None:
    aws.forget()
    aws.add(faults=[Fault(FaultKind.EXPIRED, service="athena", operation="StartQueryExecution", times=1)])
    try:
        assert ask("SELECT 8 AS n").table.to_pylist() == [{"n": 8}]
    finally:
        aws.change(faults=[])
    assert [bool(call.fault) for call in aws.calls("StartQueryExecution")] == [True, False]


def test_a_refused_call_is_sent_once(aws: Emulator) -> None:
    aws.forget()
    aws.add(faults=[Fault(FaultKind.DENIED, service="athena", operation="StartQueryExecution")])
    try:
        assert isinstance(refused("SELECT 8 AS n"), DeniedError)
    finally:
        aws.change(faults=[])
    assert len(aws.calls("StartQueryExecution")) == 1


def test_an_answer_of_many_pages_whose_object_may_not_be_read_is_paged(aws: Emulator) -> None:
    aws.forget()
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GET", service="s3", path="*/athena/*")])
    try:
        table = ask("SELECT id, cast(NULL AS varchar) AS gone FROM orders ORDER BY id").table
    finally:
        aws.change(faults=[])
    assert table.column("id").to_pylist() == list(range(2500))
    assert table.column("gone").null_count == 2500
    assert len(aws.calls("GetQueryResults")) == 3


def test_an_answer_without_rows_has_its_columns(aws: Emulator) -> None:
    assert aws.url
    table = ask("SELECT id, price FROM orders WHERE id < 0").table
    assert table.num_rows == 0
    assert [str(kind) for kind in table.schema.types] == ["int64", "decimal128(10, 2)"]


def test_what_a_statement_scans_is_told_and_metadata_is_not_counted(aws: Emulator) -> None:
    assert aws.url
    narrow, wide = ask("SELECT count(id) AS n FROM orders"), ask("SELECT * FROM orders")
    assert 0 < narrow.bytes_scanned < wide.bytes_scanned
    assert ask("SELECT 1 AS one").bytes_scanned == 0


def test_where_it_ran_and_where_its_result_lies_is_told(aws: Emulator) -> None:
    answer = ask("SELECT 1 AS one")
    assert (answer.workgroup, answer.statement) == ("primary", "SELECT 1 AS one")
    assert answer.output == f"{OUTPUT}{answer.query_id}.csv"
    body = aws.client("s3").get_object(Bucket=readlake.BUCKET, Key=f"athena/{answer.query_id}.csv")["Body"].read()
    assert body == b'"one"\n"1"\n'


def test_show_and_describe_are_answered_without_a_header(aws: Emulator) -> None:
    assert aws.url
    assert ask("SHOW TABLES").table.to_pylist() == [{"tab_name": "orders"}]
    assert ask("DESCRIBE orders").table.column("col_name").to_pylist() == readlake.SCHEMA.names


def test_an_earlier_snapshot_is_named_in_the_sql(aws: Emulator) -> None:
    first = readlake.catalog(aws).load_table("shop.orders").history()[0].snapshot_id
    found = ask(f"SELECT count(*) AS n FROM orders FOR VERSION AS OF {first}").table
    assert found.to_pylist() == [{"n": 1000}]


def test_a_workgroup_may_say_where_results_go(aws: Emulator) -> None:
    own = {"ResultConfiguration": {"OutputLocation": f"s3://{readlake.BUCKET}/own/"}}
    enforced = own | {"EnforceWorkGroupConfiguration": True}
    aws.client("athena").create_work_group(Name="team", Configuration=enforced)
    answer = ask("SELECT 1 AS one", workgroup="team")
    assert answer.output.startswith(f"s3://{readlake.BUCKET}/own/")
    assert ask("SELECT 1 AS one", workgroup="team", output="").workgroup == "team"


@pytest.mark.parametrize(
    ("sql", "kind", "what", "why"),
    [
        ("SELECT * FRM orders o", ConfigError, "the SQL has a syntax error", "line 1:"),
        ("SELECT 1; SELECT 2", ConfigError, "the SQL has a syntax error", "Only one sql statement"),
        ("", ConfigError, "there is no SQL to run", ""),
        ("SELECT nope FROM orders", ConfigError, "names what Athena does not find", "Column 'nope'"),
        ("SELECT * FROM ordes", ConfigError, "names what Athena does not find", "awsdatacatalog.shop.ordes"),
        ("SELECT * FROM shopp.orders", ConfigError, "names what Athena does not find", "Schema 'shopp'"),
        ("SELECT nope(1)", ConfigError, "names what Athena does not find", "Function 'nope'"),
        ("DROP TABLE orders", ConfigError, "the SQL cannot be run", "only reads"),
        ("SELECT '" + "x" * 262_144 + "'", ConfigError, "too long for Athena", "262,144"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_wrong_with_a_statement_is_told(
    aws: Emulator, sql: str, kind: type[GluepotError], what: str, why: str
) -> None:
    assert aws.url
    error = refused(sql)
    assert type(error) is kind
    assert what in error.what
    assert why in error.why
    assert error.hint


@pytest.mark.parametrize(
    ("more", "what", "hint"),
    [
        ({"workgroup": "nobody"}, "the workgroup nobody is not there in us-east-1", "gluepot aws apply"),
        ({"output": ""}, "Athena was not told where results go", "--results"),
        ({"output": "s3://no-such-bucket/x/"}, "cannot write results to s3://no-such-bucket/x/", "create the bucket"),
    ],
)
def test_a_workgroup_or_an_output_that_is_not_there_is_named(
    aws: Emulator, more: dict[str, str], what: str, hint: str
) -> None:
    assert aws.url
    error = refused("SELECT 1", **more)
    assert isinstance(error, ConfigError)
    assert what in error.what
    assert hint in error.hint


FAILURES: list[tuple[Fault, type[GluepotError], str, str]] = [
    (Fault(FaultKind.DENIED, service="athena", operation="StartQueryExecution"), DeniedError, "was denied",
     "athena:StartQueryExecution on arn:aws:athena:us-east-1:*:workgroup/primary"),
    (Fault(FaultKind.DENIED, service="athena", operation="GetQueryResults"), DeniedError, "was denied",
     "athena:GetQueryResults"),
    (Fault(FaultKind.DENIED, service="athena", operation="QueryExecution"), DeniedError, "denied what the statement",
     "Lake Formation"),
    (Fault(FaultKind.DENIED, service="s3", operation="GET", path="*.parquet*"), DeniedError,
     "denied what the statement", "s3:GetObject"),
    (Fault(FaultKind.DENIED, service="glue", operation="GetTable"), DeniedError, "denied what the statement",
     "glue:GetTable"),
    (Fault(FaultKind.DENIED, service="s3", operation="PUT"), DeniedError, "denied what the statement", "s3:PutObject"),
    (Fault(FaultKind.ERROR, service="athena", operation="QueryExecution", message="HIVE_BAD_DATA: bad file"),
     LakeError, "cannot read a table", "gluepot load verify"),
    (Fault(FaultKind.ERROR, service="athena", operation="QueryExecution",
           message="Query exhausted resources at this scale factor"), LakeError, "more than Athena gives", "fewer"),
    (Fault(FaultKind.THROTTLE, service="athena", operation="QueryExecution", message="INTERNAL: try later"),
     LakeError, "failed in Athena", "may pass"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "what", "hint"), FAILURES, ids=[str(number) for number in range(9)])
def test_why_a_statement_failed_is_told_with_what_to_do(
    aws: Emulator, fault: Fault, kind: type[GluepotError], what: str, hint: str
) -> None:
    aws.add(faults=[fault])
    try:
        error = refused("SELECT count(name) AS n FROM orders")
    finally:
        aws.change(faults=[])
    assert type(error) is kind
    assert what in error.what
    assert hint in error.hint


def test_a_service_that_fails_once_is_asked_again_and_the_statement_runs_once(aws: Emulator) -> None:
    aws.forget()
    aws.add(faults=[Fault(FaultKind.RESET, service="athena", operation="StartQueryExecution", times=1)])
    try:
        answer = ask("SELECT 7 AS n")
    finally:
        aws.change(faults=[])
    assert answer.table.to_pylist() == [{"n": 7}]
    assert len(aws.calls("StartQueryExecution")) == 2
    ids = aws.client("athena").list_query_executions(WorkGroup="primary")["QueryExecutionIds"]
    told = aws.client("athena").batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
    assert [one["Query"] for one in told].count("SELECT 7 AS n") == 1


def test_a_service_that_stays_away_is_an_error_of_the_network(aws: Emulator) -> None:
    assert aws.url
    account = Account(Access(key="AKIA1", secret="s"), "us-east-1")
    athena = Athena(account, Place(region="us-east-1", output=OUTPUT))
    athena._client = aws.client("athena")
    aws.add(faults=[Fault(FaultKind.ERROR, service="athena", operation="StartQueryExecution", status=500)])
    try:
        with pytest.raises(RemoteError):
            athena.run("SELECT 1")
    finally:
        aws.change(faults=[])


def test_a_statement_that_somebody_cancels_is_told_so(aws: Emulator) -> None:
    aws.change(latency_of={"QueryExecution": 20_000})
    client = aws.client("athena")

    def cancel() -> None:
        while not (ids := client.list_query_executions(WorkGroup="primary")["QueryExecutionIds"]):
            time.sleep(0.1)
        client.stop_query_execution(QueryExecutionId=ids[0])

    helper = threading.Timer(1.0, cancel)
    helper.start()
    try:
        error = refused("SELECT 'to be cancelled' AS a")
    finally:
        aws.change(latency_of={})
        helper.join()
    assert isinstance(error, LakeError)
    assert "was cancelled in Athena" in error.what


def test_a_statement_that_nobody_waits_for_any_more_is_stopped_in_athena(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.change(latency_of={"QueryExecution": 20_000})
    seen = iter([None])

    def interrupted(_seconds: float) -> None:
        if next(seen, "again") is not None:
            raise KeyboardInterrupt

    monkeypatch.setattr("gluepot.athena.run.LOOKS", Backoff(first=0.1, longest=0.1, sleep=interrupted))
    try:
        with pytest.raises(KeyboardInterrupt):
            ask("SELECT 'interrupted' AS a")
    finally:
        aws.change(latency_of={})
        monkeypatch.undo()
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
    client = aws.client("athena")
    newest = client.list_query_executions(WorkGroup="primary")["QueryExecutionIds"][0]
    for _ in range(100):
        told = client.get_query_execution(QueryExecutionId=newest)["QueryExecution"]
        if told["Status"]["State"] == "CANCELLED":
            break
        time.sleep(0.1)
    assert (told["Query"], told["Status"]["State"]) == ("SELECT 'interrupted' AS a", "CANCELLED")
