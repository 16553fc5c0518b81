"""Landings that refuse, lose answers or do not answer: one clear error each, and no secret in it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import threading
import time
import traceback
from typing import TYPE_CHECKING

import obstore.exceptions
import pytest
from tests.support.azurite import server as azurite
from tests.support.landings import ACCESS_KEY, BUCKET, CONTAINER, SECRET_KEY, fresh, losing_answers, moto_s3
from tests.support.patient import Waited

from gluepot.errors import CredentialsError
from gluepot.landing import LandingOptions, StoreError, from_url
from gluepot.landing.faults import KINDS, describe, store_errors
from gluepot.waiting.patience import using

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot.landing import Landing, S3Credential


@pytest.fixture(autouse=True)
def waited() -> Iterator[Waited]:
    """A patience whose seconds pass at once."""
    patient = Waited()
    with using(patient.patience):
        yield patient


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with moto_s3() as address:
        yield address


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[azurite.Azurite]:
    with azurite.running(tmp_path_factory.mktemp("azurite")) as server:
        server.create_container(CONTAINER)
        yield server


def s3_options() -> LandingOptions:
    return LandingOptions(region="us-east-1", key=ACCESS_KEY, secret=SECRET_KEY)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def refusal(landing: Landing) -> StoreError:
    """Send something that is refused; check that the error is whole, and that nothing in it leads to a secret."""
    with pytest.raises(StoreError) as refused:
        landing.put_new("METADATA_20240101000000.csv", b"x")
    error = refused.value
    assert "METADATA_20240101000000.csv" in error.what
    assert landing.name in error.what
    assert error.why
    assert error.hint
    said = "".join([*traceback.format_exception(error), repr(error), error.hint, repr(landing)])
    for secret in (SECRET_KEY, ACCESS_KEY, azurite.KEY, "sig=", "Signature"):
        assert secret not in said
    return error


def test_a_wrong_signature_is_denied(azure: azurite.Azurite) -> None:
    token = azurite.sas(CONTAINER, "cw").replace("sig=", "sig=AAAA")
    error = refusal(from_url(azure.url(CONTAINER, fresh()), LandingOptions(sas=token)))
    assert error.kind == "denied"
    assert "403" in error.why
    assert "SAS" in error.hint
    assert token.rpartition("sig=")[2] not in "".join(traceback.format_exception(error))


def test_a_signature_that_may_only_read_is_denied(azure: azurite.Azurite) -> None:
    error = refusal(from_url(azure.url(CONTAINER), LandingOptions(sas=azurite.sas(CONTAINER, "rl"))))
    assert error.kind == "denied"
    assert "AuthorizationPermissionMismatch" in error.why


def test_a_missing_container_or_bucket_is_said(
    azure: azurite.Azurite, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refusal(from_url(azure.url("nowhere"), LandingOptions(sas=azurite.sas("nowhere", "cw"))))
    assert (error.kind, error.why) == (
        "not_found",
        "it answered 404 ContainerNotFound: The specified container does not exist.",
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    landing = from_url("s3://no-such-bucket/lz", s3_options())
    assert refusal(landing).why == "it answered 404 NoSuchBucket: The specified bucket does not exist"
    with pytest.raises(StoreError) as refused:
        landing.get("glue_hwm.txt")  # a missing bucket is not a missing mark
    assert refused.value.kind == "not_found"
    assert "bucket" in refused.value.hint


def test_a_landing_that_does_not_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"http://127.0.0.1:{unused_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
    error = refusal(from_url(f"s3://{BUCKET}/lz", s3_options()))
    assert (error.kind, error.why) == ("unreachable", "nothing answers at its address")
    options = LandingOptions(sas=azurite.sas(CONTAINER, "cw"))
    assert refusal(from_url(f"{address}/{azurite.ACCOUNT}/{CONTAINER}", options)).kind == "unreachable"


def test_after_a_lost_answer_an_equal_object_is_the_one_just_sent(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with losing_answers(int(s3.rpartition(":")[2]), lost=1) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        landing = from_url(f"s3://{BUCKET}/{fresh()}", s3_options())
        receipt = landing.put_new("a.csv", b"body")
    assert (receipt.sent, receipt.verified) == (True, "content")


def test_after_a_lost_answer_an_object_that_cannot_be_read_is_the_one_just_sent(azure: azurite.Azurite) -> None:
    prefix = fresh()
    with losing_answers(azure.port, lost=1) as port:
        url = azurite.Azurite(port).url(CONTAINER, prefix)
        receipt = from_url(url, LandingOptions(sas=azurite.sas(CONTAINER, "cw"))).put_new("a.csv", b"body")
    assert (receipt.sent, receipt.verified) == (True, "unverified (write-only)")
    inspector = from_url(azure.url(CONTAINER, prefix), LandingOptions(account_key=azurite.KEY))
    assert inspector.get("a.csv") == b"body"


def test_a_landing_that_loses_every_answer_is_given_up(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with losing_answers(int(s3.rpartition(":")[2]), lost=10_000) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        assert refusal(from_url(f"s3://{BUCKET}/{fresh()}", s3_options())).kind == "unreachable"


def test_credentials_that_cannot_be_had_say_why(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def provider() -> S3Credential:
        raise CredentialsError("the role cannot be assumed", "AccessDenied", "let sts:AssumeRole be allowed")

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3)
    error = refusal(from_url(f"s3://{BUCKET}/lz", credentials=provider))
    assert (error.kind, error.why) == ("denied", "the role cannot be assumed: AccessDenied")
    assert error.hint == "let sts:AssumeRole be allowed"


def test_credentials_are_renewed_when_they_expire(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime, timedelta

    calls: list[None] = []

    def provider() -> S3Credential:
        calls.append(None)
        soon = datetime.now(UTC) + timedelta(seconds=1)
        return {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY, "token": "t", "expires_at": soon}

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3)
    landing = from_url(f"s3://{BUCKET}/{fresh()}", credentials=provider)
    for number in range(200):  # obstore asks again at the earliest 0.1 s after it last did
        landing.put_new(f"{number}.csv", b"")
        if len(calls) > 1:
            break
        time.sleep(0.02)
    assert len(calls) > 1


@contextlib.contextmanager
def refusing_listener(heard: list[bytes]) -> Iterator[str]:
    """Listen for one request, keep it, refuse it; give the address."""

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            heard.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(timeout=20)


def test_given_keys_are_not_mixed_with_another_identity_s_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session token in the environment belongs to the environment's own keys."""
    heard: list[bytes] = []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "OTHERTOKEN")
    with refusing_listener(heard) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        assert refusal(from_url(f"s3://{BUCKET}/lz", s3_options())).kind == "denied"
    assert ACCESS_KEY.encode() in heard[0]
    assert b"OTHER" not in heard[0]


def test_an_s3_upload_creates_only_and_carries_its_sha256_for_the_service_to_verify(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []
    with refusing_listener(heard) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        refusal(from_url(f"s3://{BUCKET}/lz", s3_options()))
    head = heard[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
    assert headers["if-none-match"] == "*"
    assert headers["x-amz-checksum-sha256"] == base64.b64encode(hashlib.sha256(b"x").digest()).decode()


def test_a_folder_that_may_not_be_written_is_denied() -> None:
    """The kernel's own file system takes no folder from anybody, root included."""
    with pytest.raises(StoreError) as refused:
        from_url("/sys/gluepot-landing").put_new("a.csv", b"x")
    assert refused.value.kind == "denied"


def test_a_file_in_place_of_the_landing_s_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot open"):
        from_url(str(tmp_path / "file" / "lz")).put_new("a.csv", b"")


def test_no_exception_of_obstore_is_unmapped() -> None:
    classes = [
        found for found in vars(obstore.exceptions).values() if isinstance(found, type) and issubclass(found, Exception)
    ]
    assert obstore.exceptions.BaseError in classes
    for found in classes:
        assert found.__name__ in KINDS, f"{found.__name__} has no kind"
        with pytest.raises(StoreError) as mapped, store_errors("cannot do it"):
            raise found("https://host/key?sig=SECRETSIG Signature=SECRETSIG")
        assert mapped.value.kind == (KINDS[found.__name__])
        assert "SECRETSIG" not in "".join(traceback.format_exception(mapped.value)) + mapped.value.hint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Server returned non-2xx status code: 403 Forbidden", "denied"),
        ("Server returned non-2xx status code: 503 Slow Down", "unreachable"),
        ("Server returned non-2xx status code: 429 Too Many", "unreachable"),
        ("status code: 400 <Code>AuthorizationHeaderMalformed</Code>", "other"),
        ("HTTP error: error sending request ... dns error (os error 111)", "unreachable"),
        ("Unable to copy data to file: No space left on device (os error 28)", "full"),
        ("Unable to open file: Permission denied (os error 13)", "denied"),
        ("something new", "other"),
    ],
)
def test_a_general_error_is_told_apart_by_what_it_says(text: str, kind: str) -> None:
    error = describe(obstore.exceptions.GenericError(text), "cannot send a.csv")
    assert error.kind == kind
    assert error.why
    assert ("landing.region" in error.hint) == ("Malformed" in text)
