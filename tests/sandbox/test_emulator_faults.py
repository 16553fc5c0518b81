"""What goes wrong on demand: faults, throttles, latency; and the emulator as a process."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from gluepot.errors import GluepotError
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Emulator, Fault, FaultKind, Seed, SeedDatabases, Settings, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=5)
TABLES = (Seed((SeedDatabases(count=2, tables=150),)),)
SCOPE = "AWS4-HMAC-SHA256 Credential=AKIAEMULATEDKEY00000/20260101/us-east-1/glue/aws4_request, Signature=0"


@pytest.fixture
def aws(server: Emulator) -> Iterator[Emulator]:
    server.reset()
    server.change(seeds=TABLES)
    yield server
    assert server.invalid() == []


def glue_of(aws: Emulator) -> Any:
    return aws.client("glue", config=ONCE)


def outcome(call: Callable[..., Any], /, **parameters: object) -> str:
    """Make a call; its error code, or `ok`."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def outcomes(aws: Emulator, count: int, database: str = "db_000000") -> list[str]:
    glue = glue_of(aws)
    return [outcome(glue.get_tables, DatabaseName=database, MaxResults=1) for _ in range(count)]


def body_of(aws: Emulator) -> tuple[int, bytes]:
    """Read a page without a client's leniency: announced length, and what came."""
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"))
    headers = {"Authorization": SCOPE, "X-Amz-Target": "AWSGlue.GetTables"}
    connection.request("POST", "/", json.dumps({"DatabaseName": "db_000000"}), headers)
    answer = connection.getresponse()
    try:
        body = answer.read()
    except http.client.IncompleteRead as cut:
        body = cut.partial
    connection.close()
    return int(answer.headers["Content-Length"]), body


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (Fault(FaultKind.ERROR), "InternalServiceException", 500),
        (Fault(FaultKind.ERROR, code="ResourceNotReadyException", status=409), "ResourceNotReadyException", 409),
        (Fault(FaultKind.THROTTLE), "ThrottlingException", 400),
        (Fault(FaultKind.DENIED), "AccessDeniedException", 400),
        (Fault(FaultKind.NOT_FOUND), "EntityNotFoundException", 400),
        (Fault(FaultKind.FEDERATION), "FederationSourceException", 400),
        (Fault(FaultKind.EXPIRED), "ExpiredTokenException", 400),
    ],
)
def test_errors_come_as_glue_words_them(aws: Emulator, fault: Fault, code: str, status: int) -> None:
    aws.change(faults=[fault])
    with pytest.raises(ClientError) as caught:
        glue_of(aws).get_tables(DatabaseName="db_000000")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    (call,) = aws.calls("GetTables")
    assert (call.status, call.error, call.fault, call.database) == (status, code, fault.kind, "db_000000")


def test_sts_and_s3_fail_in_their_own_words(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.THROTTLE, service="s*"), Fault(FaultKind.ERROR, service="glue")])
    assert outcome(aws.client("sts", config=ONCE).get_caller_identity) == "Throttling"
    assert outcome(aws.client("s3", config=ONCE).list_buckets) == "SlowDown"
    assert outcome(glue_of(aws).create_database, DatabaseInput={"Name": "x"}) == "InternalServiceException"


def test_a_reset_connection_has_no_answer(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.RESET, times=1)])
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        glue_of(aws).get_tables(DatabaseName="db_000000")
    assert [call.status for call in aws.calls()] == [0]


def test_a_truncated_body_is_shorter_than_it_says(aws: Emulator) -> None:
    whole = body_of(aws)
    aws.change(faults=[Fault(FaultKind.TRUNCATE, keep=0.25)])
    announced, body = body_of(aws)
    assert announced == len(whole[1])
    assert body == whole[1][: announced // 4]


def test_a_silently_truncated_body_keeps_its_word_about_a_cut_length(aws: Emulator) -> None:
    _, whole = body_of(aws)
    aws.change(faults=[Fault(FaultKind.TRUNCATE_SILENT)])
    announced, body = body_of(aws)
    assert announced == len(body) == len(whole) // 2
    assert whole.startswith(body)


def test_malformed_json_comes_with_a_good_status(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.MALFORMED)])
    with pytest.raises(json.JSONDecodeError):
        json.loads(body_of(aws)[1])


def test_an_empty_page_goes_on_where_it_would_have_begun(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.EMPTY_PAGE, operation="GetTables", times=2)])
    pages = list(glue_of(aws).get_paginator("get_tables").paginate(DatabaseName="db_000000"))
    assert [len(page["TableList"]) for page in pages] == [0, 0, 100, 50]
    aws.change(faults=[Fault(FaultKind.EMPTY_PAGE, continued=True, times=1)])
    pages = list(glue_of(aws).get_paginator("get_tables").paginate(DatabaseName="db_000000"))
    assert [len(page["TableList"]) for page in pages] == [100, 0, 50]


def test_a_hang_ends_in_the_answer(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.HANG, seconds=0.3)])
    started = time.monotonic()
    assert glue_of(aws).get_tables(DatabaseName="db_000000", MaxResults=3)["TableList"]
    assert time.monotonic() - started >= 0.3


def test_rules_say_which_calls_fail_and_how_often(aws: Emulator) -> None:
    bad = "InternalServiceException"
    aws.change(faults=[Fault(FaultKind.ERROR, operation="GetTables", skip=1, every=2, times=2)])
    assert outcomes(aws, 7) == ["ok", "ok", bad, "ok", bad, "ok", "ok"]
    aws.change(faults=[Fault(FaultKind.ERROR, database="*_000001", region="us-*", account="1234*")])
    assert outcomes(aws, 1) == ["ok"]
    assert outcomes(aws, 1, "db_000001") == [bad]
    aws.change(faults=[Fault(FaultKind.ERROR, region="eu-*")])
    assert outcomes(aws, 1) == ["ok"]
    aws.change(faults=[Fault(FaultKind.NOT_FOUND, table="table_0000001")])
    glue = glue_of(aws)
    assert outcome(glue.get_table, DatabaseName="db_000000", Name="table_0000000") == "ok"
    assert outcome(glue.get_table, DatabaseName="db_000000", Name="table_0000001") == "EntityNotFoundException"


def test_probable_faults_repeat_with_their_seed(aws: Emulator) -> None:
    def run(seed: int) -> list[str]:
        aws.change(faults=[])
        aws.change(faults=[Fault(FaultKind.THROTTLE, probability=0.4, seed=seed)])
        return outcomes(aws, 25)

    first = run(1)
    assert {"ok", "ThrottlingException"} == set(first)
    assert run(1) == first
    assert run(2) != first


def test_a_token_bucket_throttles_each_operation_and_region_alone(aws: Emulator) -> None:
    aws.change(throttles=[Throttle(rate=0.001, burst=2, operation="GetTables")])
    assert outcomes(aws, 4) == ["ok", "ok", "ThrottlingException", "ThrottlingException"]
    glue = glue_of(aws)
    assert outcome(glue.get_databases) == "ok"
    elsewhere = aws.client("glue", region="eu-west-1", config=ONCE)
    assert outcome(elsewhere.get_tables, DatabaseName="none") == "EntityNotFoundException"
    aws.change(throttles=[])
    assert outcomes(aws, 1) == ["ok"]


def test_latency_is_added_to_glue_and_to_the_operations_named(aws: Emulator) -> None:
    aws.change(latency_ms=100, latency_of={"GetCallerIdentity": 150})
    glue, sts = glue_of(aws), aws.client("sts")

    def seconds(call: Callable[..., Any], /, **parameters: object) -> float:
        started = time.monotonic()
        call(**parameters)
        return time.monotonic() - started

    assert seconds(glue.get_tables, DatabaseName="db_000000", MaxResults=1) >= 0.1
    assert seconds(sts.get_caller_identity) >= 0.15


def test_a_denial_names_the_missing_action(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.DENIED)])
    with pytest.raises(
        ClientError, match=r"not authorized to perform: glue:GetDatabases on resource: arn:aws:glue:us-"
    ):
        glue_of(aws).get_databases()


def test_calls_are_recorded_as_they_were_made(aws: Emulator) -> None:
    aws.client("glue", region="eu-west-1").get_databases(CatalogId=emulator.DEFAULT_ACCOUNT)
    (call,) = aws.calls("GetDatabases", "glue")
    assert (call.account, call.region, call.catalog_id, call.status, call.error) == (
        emulator.DEFAULT_ACCOUNT,
        "eu-west-1",
        emulator.DEFAULT_ACCOUNT,
        200,
        "",
    )
    assert abs(call.time - time.time()) < 60
    aws.forget()
    assert aws.calls() == []
    list(glue_of(aws).get_paginator("get_tables").paginate(DatabaseName="db_000000"))
    assert [call.continued for call in aws.calls()] == [False, True]


def test_settings_that_make_no_sense_are_refused(aws: Emulator) -> None:
    with pytest.raises(GluepotError, match="unknown field"):
        aws.change(latency=5)
    with pytest.raises(GluepotError, match="latency_ms"):
        aws.change(latency_ms="fast")
    assert aws.settings().latency_ms == 0


def test_added_faults_leave_the_counts_of_the_others(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.ERROR, times=1)])
    assert outcomes(aws, 2) == ["InternalServiceException", "ok"]
    aws.add(faults=[Fault(FaultKind.THROTTLE, times=1)])
    assert outcomes(aws, 2) == ["ThrottlingException", "ok"]


def test_a_reset_forgets_everything(aws: Emulator) -> None:
    aws.client("glue").create_database(DatabaseInput={"Name": "mine"})
    aws.client("s3").create_bucket(Bucket="things")
    aws.reset()
    assert aws.client("glue").get_databases()["DatabaseList"] == []
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.settings() == Settings()


def test_the_process_reads_its_settings_and_ends_on_sigterm(tmp_path: Any) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"page_size": 3}')
    command = [sys.executable, "-m", "gluepot_sandbox.aws", "--settings", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment()) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["pid"] == process.pid
        assert Emulator(None, ready["url"]).settings().page_size == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_process_ends_with_its_parents_pipe() -> None:
    running = emulator.start()
    assert running.process is not None
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(20) == 0
    running.stop()


def test_the_environment_points_a_command_at_the_emulator(aws: Emulator) -> None:
    program = "import boto3; print(boto3.client('glue').get_databases()['DatabaseList'][0]['Name'])"
    run = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **aws.environment()}, capture_output=True, check=True
    )
    assert run.stdout.decode().strip() == "db_000000"


def _environment() -> dict[str, str]:
    source = os.path.dirname(os.path.dirname(os.path.dirname(emulator.__file__)))  # noqa: PTH120 - three parents
    return {**os.environ, "PYTHONPATH": source}
