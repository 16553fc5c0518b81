"""Every error leaves its process as an `ErrorRecord`, and comes out as it was."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot import errors
from gluepot.airflow import taskerrors
from gluepot.cassandra.requests import StuckError
from gluepot.collector.reading.messages import Failed
from gluepot.errors import ConfigError, DeniedError, EngineError, ErrorRecord, GluepotError, RemoteError, SourceError
from gluepot.landing import StoreError
from gluepot.loader.engines.reports import Report
from gluepot.loader.engines.status import Status, Teller

CLASSES = [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, GluepotError)]
DENIED = DeniedError(
    "s3 may not", "why", "allow it", code="AccessDenied", action="s3:PutObject", resource="arn:aws:s3:::b/k"
)
TEXT = st.text(st.characters(codec="utf-8"))


def taken(kind: type[GluepotError]) -> list[str]:
    """Give what a class is made of, as its signature has it."""
    return [name for name in inspect.signature(kind).parameters if name != "self"]


def facts(error: GluepotError) -> dict[str, Any]:
    """Give everything that an error carries."""
    return {"class": type(error), "text": str(error), "exit_code": error.exit_code, **vars(error)}


@pytest.mark.parametrize("kind", CLASSES)
def test_a_record_keeps_all_that_a_class_takes(kind: type[GluepotError]) -> None:
    assert list(kind.parts) == taken(kind)
    assert set(kind.parts) <= set(ErrorRecord.__slots__)


@pytest.mark.parametrize("kind", CLASSES)
@given(st.data())
def test_an_error_comes_back_as_it_was(kind: type[GluepotError], data: st.DataObject) -> None:
    error = kind(**{name: data.draw(TEXT, name) for name in taken(kind)})
    record = ErrorRecord.of(error)
    for encoded in (msgspec.json, msgspec.msgpack):
        back = encoded.decode(encoded.encode(record), type=ErrorRecord)
        assert back == record
        assert facts(back.error()) == facts(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_part_is_redacted(kind: type[GluepotError]) -> None:
    error = kind(**dict.fromkeys(taken(kind), "with hunter2"))
    back = ErrorRecord.of(error, lambda text: text.replace("hunter2", "***")).error()
    assert facts(back) == facts(kind(**dict.fromkeys(taken(kind), "with ***")))


@pytest.mark.parametrize(
    ("error", "kind"),
    [(StuckError("what", "why"), SourceError), (StoreError("what", "why", kind="full"), errors.LandingError)],
)
def test_a_class_of_another_module_is_the_nearest_that_callers_know(
    error: GluepotError, kind: type[GluepotError]
) -> None:
    back = ErrorRecord.of(error).error()
    assert type(back) is kind
    assert (str(back), back.hint, back.exit_code) == (str(error), error.hint, error.exit_code)


@pytest.mark.parametrize("kind", ["LaterError", "ErrorRecord", "ClassVar", "__doc__", ""])
def test_a_class_that_is_not_known_keeps_its_words(kind: str) -> None:
    back = ErrorRecord(kind=kind, what="what", why="why", hint="hint").error()
    assert type(back) is EngineError
    assert (str(back), back.hint) == ("what: why", "hint")


def test_the_text_of_an_error_is_that_of_its_parts_now() -> None:
    error = ConfigError("what", "why")
    error.what = "where: what"
    assert str(error) == str(ErrorRecord.of(error).error()) == "where: what: why"


def test_a_spark_task_reports_a_denial_with_the_permission_that_is_missing() -> None:
    report = msgspec.json.decode(msgspec.json.encode(Report(error=ErrorRecord.of(DENIED))), type=Report)
    assert report.error is not None
    assert facts(report.error.error()) == facts(DENIED)


def test_the_status_of_a_job_keeps_an_error_whole_and_hides_secrets() -> None:
    written: list[bytes] = []
    teller = Teller(written.append, lambda _: None, lambda text: text.replace("b/k", "***"))
    assert teller.failed(DENIED) == DENIED.exit_code
    status = msgspec.json.decode(written[-1], type=Status)
    assert status.error is not None
    back = status.error.error()
    assert isinstance(back, DeniedError)
    assert (back.code, back.action, back.resource) == ("AccessDenied", "s3:PutObject", "arn:aws:s3:::***")


def test_a_status_that_an_earlier_version_wrote_is_read() -> None:
    """It had neither code nor action nor resource."""
    old = (
        b'{"started":"2026-01-01T00:00:00+00:00","state":"failed","error":{"kind":"DeniedError","what":"w","hint":"h"}}'
    )
    error = msgspec.json.decode(old, type=Status).error
    assert error is not None
    assert facts(error.error()) == facts(DeniedError("w", hint="h"))


def test_the_reading_process_tells_scopes_errors_and_only_these() -> None:
    assert facts(Failed(1, ErrorRecord.of(DENIED)).error()) == facts(DENIED)
    assert facts(Failed(1, ErrorRecord.of(ConfigError("w", "y", "h"))).error()) == facts(RemoteError("w", "y", "h"))


def test_a_trigger_of_airflow_hands_an_error_on_and_one_of_an_earlier_version_its_text() -> None:
    event = msgspec.json.decode(msgspec.json.encode(taskerrors.event_of(DENIED)))
    with pytest.raises(DeniedError) as caught:
        taskerrors.check_event(event)
    assert facts(caught.value) == facts(DENIED)
    with pytest.raises(EngineError, match="s3 may not: why"):
        taskerrors.check_event({"error": "s3 may not: why"})
    taskerrors.check_event({"run_id": "jr_1", "state": "SUCCEEDED"})
