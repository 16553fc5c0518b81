"""What goes wrong with S3 on demand: chosen methods and keys, in S3's own words, before or after the call is done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ResponseStreamingError

from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot_sandbox.aws import Emulator

BUCKET = "lake"


@pytest.fixture
def aws(server: Emulator) -> Iterator[Emulator]:
    server.reset()
    client(server).create_bucket(Bucket=BUCKET)
    server.forget()
    yield server
    assert server.invalid() == []


def client(aws: Emulator) -> Any:
    return aws.client("s3", config=Config(retries={"total_max_attempts": 1}, read_timeout=120))


def outcome(call: Callable[..., Any], /, **parameters: object) -> str:
    """Make a call; its error code, `lost` for a connection that closed, or `ok`."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except ConnectionClosedError:
        return "lost"
    return "ok"


def put(aws: Emulator, key: str) -> str:
    return outcome(client(aws).put_object, Bucket=BUCKET, Key=key, Body=b"content")


def keys(aws: Emulator) -> list[str]:
    return [found["Key"] for found in client(aws).list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (Fault(FaultKind.THROTTLE, service="s3"), "SlowDown", 503),
        (Fault(FaultKind.ERROR, service="s3"), "InternalError", 500),
        (Fault(FaultKind.ERROR, service="s3", code="ServiceUnavailable", status=503), "ServiceUnavailable", 503),
        (Fault(FaultKind.DENIED, service="s3"), "AccessDenied", 403),
        (Fault(FaultKind.EXPIRED, service="s3"), "ExpiredToken", 400),
        (Fault(FaultKind.NOT_FOUND, service="s3"), "NoSuchKey", 404),
    ],
)
def test_errors_come_as_s3_words_them(aws: Emulator, fault: Fault, code: str, status: int) -> None:
    aws.change(faults=[fault])
    with pytest.raises(ClientError) as caught:
        client(aws).get_object(Bucket=BUCKET, Key="a")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    (call,) = aws.calls(service="s3")
    assert (call.operation, call.status, call.error, call.fault) == ("GET", status, code, fault.kind)


def test_only_the_keys_that_match_fail_and_only_so_often(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.THROTTLE, service="s3", operation="PUT", path="lake/*/data/*.parquet", times=2)])
    tried = ["t/data/a b+ü.parquet", "t/data/x/1.parquet", "t/data/load.json", "t/data/2.parquet"]
    assert [put(aws, key) for key in tried] == ["SlowDown", "SlowDown", "ok", "ok"]
    assert keys(aws) == ["t/data/2.parquet", "t/data/load.json"]


def test_a_path_leaves_other_services_alone(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.ERROR, service="*", path="lake/*")])
    assert outcome(aws.client("glue").get_databases) == "ok"
    assert put(aws, "a") == "InternalError"


def test_the_query_tells_calls_of_one_method_apart(aws: Emulator) -> None:
    aws.change(faults=[Fault(FaultKind.ERROR, service="s3", query="*partNumber=2*")])
    s3 = client(aws)
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]
    part = {"Bucket": BUCKET, "Key": "a", "UploadId": upload, "Body": b"x"}
    assert [outcome(s3.upload_part, **part, PartNumber=number) for number in (1, 2, 3)] == ["ok", "InternalError", "ok"]
    aws.change(faults=[Fault(FaultKind.DENIED, service="s3", query="list-type=2*")])
    assert outcome(s3.list_objects_v2, Bucket=BUCKET) == "AccessDenied"
    assert put(aws, "b") == "ok"


@pytest.mark.parametrize(("kind", "there"), [(FaultKind.RESET, ["a"]), (FaultKind.CUT, [])])
def test_a_lost_connection_comes_after_the_call_or_before_it(aws: Emulator, kind: FaultKind, there: list[str]) -> None:
    aws.change(faults=[Fault(kind, service="s3", operation="PUT", times=1)])
    assert put(aws, "a") == "lost"
    assert keys(aws) == there
    assert [call.status for call in aws.calls("PUT", "s3")] == [0]
    assert put(aws, "a") == "ok"


@pytest.mark.parametrize(("kind", "there"), [(FaultKind.RESET, ["mine"]), (FaultKind.CUT, [])])
def test_glues_connections_are_lost_likewise(aws: Emulator, kind: FaultKind, there: list[str]) -> None:
    aws.change(faults=[Fault(kind, operation="CreateDatabase", times=1)])
    glue = aws.client("glue", config=Config(retries={"total_max_attempts": 1}))
    assert outcome(glue.create_database, DatabaseInput={"Name": "mine"}) == "lost"
    assert [one["Name"] for one in glue.get_databases()["DatabaseList"]] == there


def test_a_body_ends_early(aws: Emulator) -> None:
    put(aws, "a")
    aws.change(faults=[Fault(FaultKind.TRUNCATE, service="s3", operation="GET", times=1)])
    with pytest.raises(ResponseStreamingError):
        client(aws).get_object(Bucket=BUCKET, Key="a")["Body"].read()
    assert client(aws).get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"content"


def test_a_slow_store_is_slow_for_the_keys_that_match(aws: Emulator) -> None:
    def seconds(key: str) -> float:
        started = time.monotonic()
        assert put(aws, key) == "ok"
        return time.monotonic() - started

    aws.change(faults=[Fault(FaultKind.HANG, service="s3", path="*/slow", seconds=0.5)])
    assert seconds("slow") >= 0.5
    aws.change(faults=[], latency_of={"PUT": 500})
    assert seconds("any") >= 0.5
