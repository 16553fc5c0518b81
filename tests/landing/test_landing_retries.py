"""One layer sends a request again: how often a failing store gets it, and what becomes of answers that are lost."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.landings import QUICK, fresh

from gluepot.landing import BRIEF, PATIENT, StoreError, from_url
from gluepot.landing.transfer import PART
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.landing import Landing, Retries
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
PASSING = [FaultKind.THROTTLE, FaultKind.ERROR, FaultKind.RESET, FaultKind.CUT]


@pytest.fixture
def landing(aws: Emulator) -> Landing:
    """An empty prefix with one object in it."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    opened = from_url(f"s3://{BUCKET}/{fresh()}", retries=QUICK)
    opened.put("there", b"content")
    aws.forget()
    return opened


def sent(aws: Emulator) -> list[str]:
    """Give the methods of the requests that came to the store."""
    return [call.operation for call in aws.calls(service="s3")]


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("operation", ALL)
def test_a_store_that_goes_on_failing_gets_a_request_five_times(
    aws: Emulator, landing: Landing, operation: str, kind: FaultKind
) -> None:
    aws.change(faults=[Fault(kind, service="s3")])
    with pytest.raises(StoreError) as refused:
        ALL[operation](landing)
    assert refused.value.kind == "unreachable"
    assert len(sent(aws)) == QUICK.sends == BRIEF.sends == 5


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
    aws.forget()
    aws.change(faults=[Fault(FaultKind.TRUNCATE, service="s3")])
    with pytest.raises(StoreError) as refused:
        ALL[operation](landing)
    assert refused.value.half
    assert len(sent(aws)) == QUICK.sends


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
    assert sent(aws)[-3:] == ["POST", "DELETE", "HEAD"]  # asked again; given up by obstore; looked at by the landing
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


@pytest.mark.parametrize(("retries", "least", "most"), [(BRIEF, 2.5, 3.5), (PATIENT, 50.0, 60.0)])
def test_a_landing_waits_as_long_as_is_said(retries: Retries, least: float, most: float) -> None:
    slept: list[float] = []
    pauses = replace(retries.pauses, draw=lambda low, high: (low + high) / 2, sleep=slept.append)

    def away() -> None:
        raise StoreError("cannot reach it", kind="unreachable")

    with pytest.raises(StoreError):
        replace(retries, pauses=pauses).run(away)
    assert len(slept) == retries.sends - 1
    assert least <= sum(slept) <= most
