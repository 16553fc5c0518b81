"""What passes is waited out, and sent by one layer only; what becomes of answers that are lost."""

from __future__ import annotations

import contextlib
import io
import socket
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.azurite import server as azurite
from tests.support.landings import ACCESS_KEY, SECRET_KEY, fresh
from tests.support.patient import Waited, closed_port, serving

from gluepot.landing import LandingOptions, StoreError, from_url
from gluepot.landing.transfer import PART, STEP
from gluepot.waiting.patience import Verdict, using
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot.landing import Landing
    from gluepot_sandbox.aws import Emulator

BUCKET = "landing-zone"
LARGE = bytes(2 * PART + 1)
"""Three parts."""

ONE_REQUEST: dict[str, Callable[[Landing], object]] = {
    "get": lambda landing: landing.get("there"),
    "head": lambda landing: landing.head("there"),
    "put": lambda landing: landing.put("new", b"body"),
    "copy": lambda landing: landing.copy("there", "new"),
    "delete": lambda landing: landing.delete("there"),
    "small upload": lambda landing: landing.upload("new", io.BytesIO(b"body"), 4),
}
MANY_REQUESTS: dict[str, Callable[[Landing], object]] = {
    "list": lambda landing: landing.list(),
    "folders": lambda landing: landing.folders(),
    "large upload": lambda landing: landing.upload("new", io.BytesIO(LARGE), len(LARGE)),
}
ALL: dict[str, Callable[[Landing], object]] = {
    **ONE_REQUEST,
    **MANY_REQUESTS,
    "create": lambda landing: landing.put_new("new", b"body"),
}
KEYS = LandingOptions(region="us-east-1", key=ACCESS_KEY, secret=SECRET_KEY)
PASSING = [FaultKind.THROTTLE, FaultKind.ERROR, FaultKind.RESET, FaultKind.CUT]


@pytest.fixture(autouse=True)
def waited() -> Iterator[Waited]:
    """A patience whose seconds pass at once."""
    patient = Waited()
    with using(patient.patience):
        yield patient


@pytest.fixture
def landing(aws: Emulator, waited: Waited) -> Landing:
    """An empty prefix with one object in it."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    opened = from_url(f"s3://{BUCKET}/{fresh()}")
    opened.put("there", b"content")
    aws.forget()
    waited.clock.now = 0.0
    return opened


def sent(aws: Emulator) -> list[str]:
    """Give the methods of the requests that came to the store."""
    return [call.operation for call in aws.calls(service="s3")]


@pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.ERROR, FaultKind.CUT])
@pytest.mark.parametrize("operation", ["get", "put", "create", "list", "large upload"])
def test_three_minutes_of_a_failing_store_are_survived(
    aws: Emulator, landing: Landing, waited: Waited, operation: str, kind: FaultKind
) -> None:
    aws.change(faults=[Fault(kind, service="s3", status=503)])
    waited.clock.at(180, lambda: aws.change(faults=[]))
    ALL[operation](landing)
    assert 180 <= waited.clock.now < 300


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("operation", ALL)
def test_a_store_that_goes_on_failing_gets_a_request_once_between_two_pauses(
    aws: Emulator, landing: Landing, waited: Waited, operation: str, kind: FaultKind
) -> None:
    aws.change(faults=[Fault(kind, service="s3")])
    with pytest.raises(StoreError) as refused:
        ALL[operation](landing)
    assert refused.value.kind == "unreachable"
    assert waited.clock.now == pytest.approx(300)
    assert len(sent(aws)) == len(waited.clock.slept) + 1


def test_three_minutes_without_a_connection_are_survived_once_the_store_has_answered(
    aws: Emulator, waited: Waited, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    behind = int(aws.url.rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(front(behind, closed_port()))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        landing = from_url(f"s3://{BUCKET}/{fresh()}")
        landing.put("there", b"content")
        stack.pop_all().close()
        waited.clock.at(180, lambda: stack.enter_context(front(behind, port)))
        assert landing.get("there") == b"content"
        assert 180 <= waited.clock.now < 300
        stack.pop_all().close()
        waited.clock.at(waited.clock.now + 180, lambda: stack.enter_context(front(behind, port)))
        assert landing.put_new("new", b"body").sent


@contextlib.contextmanager
def front(behind: int, port: int) -> Iterator[int]:
    """Pass connections on to a server, one request each."""

    def passed(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", behind)) as server:
            server.sendall(connection.recv(65536).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            while got := server.recv(65536):
                connection.sendall(got)

    with serving(passed, port) as found:
        yield found


@pytest.mark.parametrize("store", ["s3", "azure"])
@pytest.mark.parametrize(("verdict", "seconds"), [(Verdict.UNKNOWN, 0), (Verdict.REFUSED, 10)])
def test_a_store_that_was_never_there_is_said_soon(
    waited: Waited, monkeypatch: pytest.MonkeyPatch, store: str, verdict: Verdict, seconds: float
) -> None:
    """A name without an address at once, a connection that nobody accepts after ten seconds."""
    monkeypatch.setenv("NO_PROXY", "*")
    nowhere = "https://nowhere.blob.invalid" if verdict is Verdict.UNKNOWN else f"http://127.0.0.1:{closed_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", nowhere)
    url = f"s3://{BUCKET}/lz" if store == "s3" else f"{nowhere}/nowhere/landing"
    options = LandingOptions(account_key=azurite.KEY, account="nowhere") if store == "azure" else KEYS
    landing = from_url(url, options)
    for ask in (landing.list, lambda: landing.get("a")):  # the second is not waited for again
        with pytest.raises(StoreError) as refused:
            ask()
        assert refused.value.verdict is verdict
    assert waited.clock.now == pytest.approx(seconds)


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("operation", ONE_REQUEST)
def test_one_request_that_fails_in_passing_is_sent_once_more(
    aws: Emulator, landing: Landing, operation: str, kind: FaultKind
) -> None:
    aws.change(faults=[Fault(kind, service="s3", times=1)])
    ONE_REQUEST[operation](landing)
    assert len(sent(aws)) == 2


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.EXPIRED])
@pytest.mark.parametrize("operation", ALL)
def test_what_is_refused_is_not_sent_again(aws: Emulator, landing: Landing, operation: str, kind: FaultKind) -> None:
    aws.change(faults=[Fault(kind, service="s3")])
    with pytest.raises(StoreError):
        ALL[operation](landing)
    assert len(sent(aws)) == 1


@pytest.mark.parametrize("operation", ["get", "list", "folders"])
def test_an_answer_that_breaks_off_is_asked_for_again(aws: Emulator, landing: Landing, operation: str) -> None:
    whole = ALL[operation](landing)
    aws.forget()
    aws.change(faults=[Fault(FaultKind.TRUNCATE, service="s3", times=1)])
    assert ALL[operation](landing) == whole
    assert sent(aws) == ["GET", "GET"]


FULL = [f"{number:03}" for number in range(STEP)]


def page(keys: list[str], *, more: bool) -> bytes:
    """Write an answer of S3's to a listing."""
    each = "".join(
        f"<Contents><Key>lz/{key}</Key><LastModified>2026-01-01T00:00:00Z</LastModified><Size>1</Size></Contents>"
        for key in keys
    )
    token = "<NextContinuationToken>next</NextContinuationToken>" if more else ""
    body = f"<ListBucketResult>{each}<IsTruncated>{str(more).lower()}</IsTruncated>{token}</ListBucketResult>"
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body.encode())


@pytest.mark.parametrize("ordered", [True, False])
def test_a_listing_goes_on_behind_what_was_listed_where_the_store_lists_in_order(
    waited: Waited, monkeypatch: pytest.MonkeyPatch, *, ordered: bool
) -> None:
    """One that begins anew for each page that fails may never end."""
    failed = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"
    first, rest = page(FULL, more=True), page(["last"], more=False)
    answers = iter([first, failed, rest] if ordered else [first, failed, first, rest])
    asked: list[str] = []

    def answer(connection: socket.socket) -> None:
        while request := connection.recv(65536):
            asked.append(request.decode().partition("?")[2].partition(" ")[0])
            connection.sendall(next(answers))

    with serving(answer) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        landing = from_url("s3://directory--x-s3/lz" if not ordered else f"s3://{BUCKET}/lz", KEYS)
        assert [found.key for found in landing.list()] == [*FULL, "last"]
    assert (f"start-after=lz%2F{FULL[-1]}" in asked[2]) is ordered
    assert len(waited.clock.slept) == 1


def test_of_an_upload_only_the_part_that_failed_is_sent_again(aws: Emulator, landing: Landing) -> None:
    aws.change(faults=[Fault(FaultKind.THROTTLE, service="s3", query="*partNumber=2*", times=3)])
    landing.upload("large", io.BytesIO(LARGE), len(LARGE))
    assert sorted(sent(aws)) == ["POST"] * 2 + ["PUT"] * 6
    assert landing.get("large") == LARGE


def lost_end(kind: FaultKind) -> list[Fault]:
    """Lose the answer to an upload's end; whoever asks again is told that there is no such upload."""
    end: dict[str, Any] = {"service": "s3", "operation": "POST", "query": "*uploadId=*"}
    return [Fault(kind, times=1, **end), Fault(FaultKind.NOT_FOUND, skip=1, **end)]


def test_an_upload_whose_last_answer_is_lost_is_found_done(aws: Emulator, landing: Landing) -> None:
    aws.change(faults=lost_end(FaultKind.RESET))
    landing.upload("large", io.BytesIO(LARGE), len(LARGE))
    assert sent(aws)[-3:] == ["POST", "DELETE", "HEAD"]  # asked again; given up; looked at
    assert landing.get("large") == LARGE


def test_an_upload_that_was_not_done_is_not_taken_for_done(aws: Emulator, landing: Landing) -> None:
    aws.change(faults=lost_end(FaultKind.CUT))
    with pytest.raises(StoreError) as refused:
        landing.upload("large", io.BytesIO(LARGE), len(LARGE))
    assert refused.value.kind == "not_found"
    assert landing.head("large") is None


def test_a_creation_whose_answer_is_lost_is_looked_at_and_not_sent_a_third_time(
    aws: Emulator, landing: Landing
) -> None:
    aws.change(faults=[Fault(FaultKind.RESET, service="s3", operation="PUT", times=1)])
    receipt = landing.put_new("new", b"body")
    assert (receipt.sent, receipt.verified) == (True, "content")
    assert sent(aws) == ["PUT", "PUT", "GET"]
