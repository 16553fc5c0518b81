"""Every way to a service of AWS waits out what passes, once, by the patience of the run; what crawls is ended."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from tests.support.patient import Outage, Waited, closed_port, serving, whole_request
from tests.support.tlsfront import Authority

from gluepot.athena.place import Place
from gluepot.athena.run import Athena
from gluepot.aws.access import Access, Step
from gluepot.aws.calling import client_of
from gluepot.aws.clients import Clients
from gluepot.aws.credentials import credentials_of, session_of
from gluepot.aws.secrets import resolve
from gluepot.aws.sts import Sts
from gluepot.aws.verdicts import verdict_of
from gluepot.backoff import Backoff
from gluepot.errors import GluepotError, LakeError
from gluepot.glue.caller import Caller
from gluepot.glue.lake_tables import LakeTables
from gluepot.waiting.pace import Limits
from gluepot.waiting.patience import Patience, Verdict, using

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/reader"
ACCESS = Access(key="AKIAIOSFODNN7EXAMPLE", secret="a secret")

STS = (
    "<{0}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{0}Result>{1}</{0}Result>"
    "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{0}Response>"
)
GIVEN = (
    "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
)
IAM = (
    "<ListRolesResponse><ListRolesResult><Roles/><IsTruncated>false</IsTruncated></ListRolesResult></ListRolesResponse>"
)
ANSWERS = {
    b"Action=GetCallerIdentity": STS.format("GetCallerIdentity", "<Account>123456789012</Account>"),
    b"Action=AssumeRole": STS.format("AssumeRole", GIVEN),
    b"Action=ListRoles": IAM,
    b"GET /bucket": "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>",
    b"GetSecretValue": '{"SecretString": "told"}',
    b"GetDatabase": '{"Database": {"Name": "sales"}}',
    b"StartQueryExecution": '{"QueryExecutionId": "q"}',
    b"GetQueryExecution": '{"QueryExecution": {"QueryExecutionId": "q", "Status": {"State": "FAILED"}}}',
}


def answer(request: bytes) -> bytes:
    return next((body for named, body in ANSWERS.items() if named in request), "{}").encode()


def glue() -> object:
    credentials = credentials_of(ACCESS, REGION)
    caller = Caller(session_of(credentials), credentials, REGION, connections=2, cap=None)
    return caller.call("get_database", {"Name": "sales"})


def lake() -> object:
    return LakeTables(credentials_of(ACCESS, REGION), REGION).database("sales")


def identity() -> object:
    session = session_of(credentials_of(ACCESS, REGION))
    return Sts((REGION, "eu-west-1")).ask(session, lambda client: client.get_caller_identity())


def role() -> object:
    access = Access(key=ACCESS.key, secret=ACCESS.secret, steps=(Step(arn=ROLE),))
    return credentials_of(access, REGION, "eu-west-1").current()


def profile() -> object:
    return credentials_of(Access(profile="reader"), REGION).current()


def secret() -> object:
    return resolve("password")


def provisioning(service: str, operation: str, **given: Any) -> Callable[[], object]:
    return lambda: Clients(ACCESS, REGION).call(service, operation, "*", **given)


class Account:
    """An account as Athena uses it."""

    credentials = credentials_of(ACCESS, REGION)

    def landing(self, location: str) -> Any:
        """Open nothing: there is no answer."""
        raise AssertionError(location)

    def renew(self) -> None:
        """Renew nothing: nothing expires."""
        raise AssertionError


def athena() -> object:
    with pytest.raises(LakeError):  # the statement's failure, which is an answer
        Athena(Account(), Place(region=REGION)).run("SELECT 1")
    return True


PATHS: dict[str, Callable[[], object]] = {
    "glue": glue,
    "lake": lake,
    "identity": identity,
    "role": role,
    "profile": profile,
    "secret": secret,
    "athena": athena,
    "iam": provisioning("iam", "ListRoles"),
    "lakeformation": provisioning("lakeformation", "GetDataLakeSettings"),
    "crawlers": provisioning("glue", "GetCrawler", Name="nightly"),
    "s3": provisioning("s3", "ListObjectsV2", Bucket="bucket"),
    "logs": provisioning("logs", "FilterLogEvents", logGroupName="jobs"),
}


@pytest.fixture(params=PATHS)
def call(request: pytest.FixtureRequest) -> Callable[[], object]:
    """One way to a service."""
    return PATHS[request.param]


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that names a role, and keys in the environment."""
    config = tmp_path / "config"
    config.write_text(f"[profile reader]\nrole_arn = {ROLE}\ncredential_source = Environment\n")
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": ACCESS.key,
        "AWS_SECRET_ACCESS_KEY": ACCESS.secret,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def leads(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Leads every client of AWS to an address."""
    return lambda url: monkeypatch.setenv("AWS_ENDPOINT_URL", url)


@pytest.fixture
def waited() -> Iterator[Waited]:
    """The patience of the run, whose seconds pass at once."""
    made = Waited()
    with using(made.patience):
        yield made


@pytest.mark.parametrize("down", [False, True], ids=["503", "refused"])
def test_three_minutes_of_an_outage_are_survived(
    call: Callable[[], object], leads: Callable[[str], None], waited: Waited, *, down: bool
) -> None:
    server = Outage(waited.clock, answer, 180, down=down)
    leads(f"http://127.0.0.1:{server.port}")
    if down:
        with server.answers_once():
            assert call()
    assert call()
    assert 180 <= waited.clock.now < 300
    assert waited.told[0].startswith("waiting for ")
    server.close()


def test_a_request_is_sent_once_for_each_wait_however_deep_its_call_lies(
    call: Callable[[], object], leads: Callable[[str], None], waited: Waited
) -> None:
    server = Outage(waited.clock, answer, None)
    leads(f"http://127.0.0.1:{server.port}")
    with pytest.raises((GluepotError, ClientError)):
        call()
    server.close()
    tries = len(waited.clock.slept) + 1
    is_either = call in {identity, role}  # of two regions, each is asked
    assert len(server.requests) == tries * (2 if is_either else 1)
    assert sum(waited.clock.slept) == pytest.approx(300)


def test_a_host_that_there_is_not_fails_at_once(
    call: Callable[[], object], leads: Callable[[str], None], waited: Waited
) -> None:
    leads("http://nosuch.invalid")
    with pytest.raises((GluepotError, BotoCoreError)):
        call()
    assert waited.clock.slept == []


def test_a_connection_that_nobody_ever_accepted_is_waited_for_shortly(
    call: Callable[[], object], leads: Callable[[str], None], waited: Waited
) -> None:
    leads(f"http://127.0.0.1:{closed_port()}")
    with pytest.raises((GluepotError, BotoCoreError)):
        call()
    assert waited.clock.now == pytest.approx(10)


def test_a_refusal_is_not_repeated(call: Callable[[], object], leads: Callable[[str], None], waited: Waited) -> None:
    def refuse(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with serving(refuse) as port:
        leads(f"http://127.0.0.1:{port}")
        with pytest.raises((GluepotError, ClientError)):
            call()
    assert waited.clock.slept == []


def test_a_start_that_is_sent_again_is_one_start(leads: Callable[[str], None], waited: Waited) -> None:
    server = Outage(waited.clock, answer, 5)
    leads(f"http://127.0.0.1:{server.port}")
    athena()
    server.close()
    starts = [request for request in server.requests if b"StartQueryExecution" in request]
    tokens = {request.partition(b'"ClientRequestToken": "')[2][:36] for request in starts}
    assert len(starts) > 1
    assert len(tokens) == 1
    assert all(tokens)


def test_a_statement_that_is_interrupted_is_stopped_by_one_request(leads: Callable[[str], None]) -> None:
    stops = []

    def serve(connection: socket.socket) -> None:
        request = whole_request(connection)
        if b"StopQueryExecution" in request:
            stops.append(1)
        head = b"200 OK" if b"StartQueryExecution" in request else b"503 Service Unavailable"
        body = answer(request) if b"StartQueryExecution" in request else b""
        length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        connection.sendall(b"HTTP/1.1 " + head + b"\r\n" + length + body)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    impatient = Patience(pauses=Backoff(first=1.0, longest=1.0, sleep=interrupt))
    with serving(serve) as port, using(impatient):
        leads(f"http://127.0.0.1:{port}")
        with pytest.raises(KeyboardInterrupt):
            Athena(Account(), Place(region=REGION)).run("SELECT 1")
    assert stops == [1]


def dripping(connection: socket.socket) -> None:
    """Answer with a byte now and then."""
    whole_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")
    for _ in range(1000):
        connection.sendall(b" ")
        time.sleep(0.02)


QUICK = Limits(seconds=0.3, rate=1000, total=5)


def slow_client() -> Any:
    return client_of(session_of(credentials_of(ACCESS, REGION)), "glue", REGION, limits=QUICK)


def test_an_answer_of_a_byte_now_and_then_is_ended_and_asked_for_again(leads: Callable[[str], None]) -> None:
    tries = []

    def serve(connection: socket.socket) -> None:
        tries.append(1)
        if len(tries) < 3:
            dripping(connection)
        whole_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with serving(serve) as port, using(Waited().patience):
        leads(f"http://127.0.0.1:{port}")
        assert slow_client().get_database(Name="sales")
    assert len(tries) == 3


def test_an_answer_of_a_byte_now_and_then_is_ended_over_tls(
    leads: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server", "127.0.0.1"))

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            dripping(wrapped)

    monkeypatch.setenv("AWS_CA_BUNDLE", authority.ca)
    with serving(serve) as port, using(Patience(0)):
        leads(f"https://127.0.0.1:{port}")
        with pytest.raises(ReadTimeoutError):
            slow_client().get_database(Name="sales")


def test_a_certificate_that_is_not_trusted_is_not_waited_for(
    leads: Callable[[str], None], waited: Waited, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*Authority(tmp_path).issue("server", "127.0.0.1"))
    with serving(lambda connection: context.wrap_socket(connection, server_side=True).close()) as port:
        leads(f"https://127.0.0.1:{port}")
        with pytest.raises(SSLError):
            slow_client().get_database(Name="sales")
    assert waited.clock.slept == []


def error(code: str, status: int = 400, message: str = "m") -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetTable")


@pytest.mark.parametrize(
    ("raised", "verdict"),
    [
        (error("503", 503), Verdict.PASSING),
        (error("InternalServiceException", 500), Verdict.PASSING),
        (error("501", 501), Verdict.FINAL),
        (error("RequestTimeout"), Verdict.PASSING),
        (error("429", 429), Verdict.THROTTLED),
        (error("SlowDown", 503), Verdict.THROTTLED),
        (error("LimitExceededException", 400, "Rate exceeded"), Verdict.THROTTLED),
        (error("LimitExceededException", 400, "too many log groups"), Verdict.FINAL),
        (error("AccessDeniedException"), Verdict.FINAL),
        (error("EntityNotFoundException"), Verdict.FINAL),
        (ConnectTimeoutError(endpoint_url="u"), Verdict.REFUSED),
        (EndpointConnectionError(endpoint_url="u"), Verdict.REFUSED),
        (ReadTimeoutError(endpoint_url="u"), Verdict.PASSING),
        (SSLError(endpoint_url="u", error=OSError("EOF occurred in violation of protocol")), Verdict.PASSING),
        (ValueError("a bug"), Verdict.FINAL),
    ],
    ids=lambda value: value.value if isinstance(value, Verdict) else str(value)[:60],
)
def test_what_an_error_says_of_another_try(raised: Exception, verdict: Verdict) -> None:
    assert verdict_of(raised) is verdict
