"""What a bucket's policy asks for is said with each object, signed, by whoever can sign it."""

from __future__ import annotations

import contextlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.landings import fresh, losing_answers
from tests.support.patient import Waited

from gluepot.config import from_mapping
from gluepot.errors import ConfigError, CredentialsError
from gluepot.landing import LandingOptions, StoreError, from_url
from gluepot.landing.faults import describe
from gluepot.landing.transfer import PART
from gluepot.waiting.patience import using
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.landing import Landing, S3Credential
    from gluepot_sandbox.aws import Emulator

BUCKET = "landing-zone"
KMS = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OWNER = "123456789012"


@pytest.fixture(autouse=True)
def _bucket(aws: Emulator) -> None:
    aws.client("s3").create_bucket(Bucket=BUCKET)


def opened(**said: Any) -> tuple[Landing, str]:
    """Open an empty prefix, and name it."""
    prefix = fresh()
    return from_url(f"s3://{BUCKET}/{prefix}", LandingOptions(**said)), prefix


@pytest.mark.parametrize("acl", ["", "bucket-owner-full-control"], ids=["obstore", "botocore"])
@pytest.mark.parametrize(("sse", "kms_key"), [("AES256", ""), ("aws:kms", KMS)])
def test_encryption_is_asked_for_with_every_object(aws: Emulator, acl: str, sse: str, kms_key: str) -> None:
    landing, prefix = opened(sse=sse, kms_key=kms_key, acl=acl)
    landing.put_new("new", b"body")
    landing.put("mark", b"body")
    landing.upload("large", io.BytesIO(bytes(PART + 1)), PART + 1)
    for key in ("new", "mark", "large"):
        told = aws.client("s3").head_object(Bucket=BUCKET, Key=f"{prefix}/{key}")
        assert (told["ServerSideEncryption"], told.get("SSEKMSKeyId", "")) == (sse, kms_key)


def test_an_acl_is_given_to_every_object(aws: Emulator) -> None:
    landing, prefix = opened(acl="authenticated-read")
    receipt = landing.put_new("new", b"body")
    assert (receipt.sent, receipt.verified) == (True, "checksum")
    landing.put("mark", b"body")
    for key in ("new", "mark"):
        grants = aws.client("s3").get_object_acl(Bucket=BUCKET, Key=f"{prefix}/{key}")["Grants"]
        assert "READ" in {grant["Permission"] for grant in grants}


@contextlib.contextmanager
def listening() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Run a server that takes every object, and keeps the headers that came with it."""
    told: list[dict[str, str]] = []

    class Taking(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            told.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("ETag", '"e"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", told
        server.shutdown()


@pytest.mark.parametrize("owner", ["", OWNER], ids=["obstore", "botocore"])
def test_who_pays_and_who_must_own_the_bucket_is_said_and_signed(monkeypatch: pytest.MonkeyPatch, owner: str) -> None:
    """Nothing emulated looks at them, and S3 refuses what is not signed."""
    with listening() as (url, told):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        landing, _ = opened(requester_pays=True, bucket_owner=owner)
        landing.put_new("new", b"body")
        landing.put("mark", b"body")
    asked = {"x-amz-request-payer": "requester"} | ({"x-amz-expected-bucket-owner": owner} if owner else {})
    assert len(told) == 2
    for headers in told:
        assert {name: headers.get(name) for name in asked} == asked
        assert all(name in headers["authorization"] for name in asked)


def test_what_is_signed_apart_never_overwrites_and_is_never_sent_in_vain(aws: Emulator) -> None:
    landing, _ = opened(bucket_owner=OWNER)
    landing.put_new("a.csv", b"first")
    assert landing.put_new("a.csv", b"first").sent is False
    with pytest.raises(StoreError) as refused:
        landing.put_new("a.csv", b"other")
    assert refused.value.kind == "exists"
    aws.change(faults=[Fault(FaultKind.THROTTLE, service="s3", operation="PUT")])
    aws.forget()
    waited = Waited()
    with using(waited.patience), pytest.raises(StoreError) as refused:
        landing.put_new("b.csv", b"first")
    assert refused.value.kind == "unreachable"
    assert len(aws.calls("PUT")) == len(waited.clock.slept) + 1


def test_after_a_lost_answer_an_equal_object_is_the_one_just_signed(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with losing_answers(int(aws.url.rpartition(":")[2]), lost=1) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        landing, _ = opened(acl="private")
        receipt = landing.put_new("a.csv", b"body")
    assert (receipt.sent, receipt.verified) == (True, "content")


def test_a_copy_that_could_not_say_so_is_refused_by_name() -> None:
    landing, _ = opened(acl="private")
    landing.put("a", b"x")
    with pytest.raises(StoreError, match="cannot copy a") as refused:
        landing.copy("a", "b")
    assert "acl" in refused.value.hint


def test_credentials_that_cannot_be_had_are_said_where_botocore_signs_too() -> None:
    def provider() -> S3Credential:
        raise CredentialsError("the role could not be assumed", "its trust policy", "name the caller")

    landing = from_url(f"s3://{BUCKET}/lz", LandingOptions(acl="private"), credentials=provider)
    with pytest.raises(StoreError, match="role could not be assumed") as refused:
        landing.put_new("a.csv", b"x")
    assert (refused.value.kind, refused.value.hint) == ("denied", "name the caller")


@pytest.mark.parametrize("acl", ["", "private"], ids=["obstore", "botocore"])
def test_s3s_own_reason_is_in_the_error_with_the_permission_that_it_names(aws: Emulator, acl: str) -> None:
    landing, _ = opened(acl=acl)
    why = f"User: arn:aws:iam::{OWNER}:user/u is not authorized to perform: kms:GenerateDataKey on resource: {KMS}"
    words = f"{why} because <no> policy"
    aws.change(faults=[Fault(FaultKind.ERROR, service="s3", code="AccessDenied", status=403, message=words)])
    with pytest.raises(StoreError) as refused:
        landing.put_new("a.csv", b"x")
    error = refused.value
    assert error.kind == "denied"
    assert error.why == f"it answered 403 AccessDenied: {words}"
    assert (error.action, error.resource) == ("kms:GenerateDataKey", KMS)
    assert error.hint == f"allow kms:GenerateDataKey on {KMS}"


def test_what_was_signed_is_not_quoted() -> None:
    text = (
        "Client error with status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code>"
        "<Message>The request signature does not match\nRequestId:1\nTime:2</Message>"
        "<AWSAccessKeyId>AKIAHIDDEN</AWSAccessKeyId><StringToSign>HIDDEN</StringToSign></Error>"
    )
    assert describe(ValueError(text), "cannot send").why == (
        "it answered 403 SignatureDoesNotMatch: The request signature does not match"
    )


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ({"kms_key": KMS}, "landing.kms_key"),
        ({"kms_key": KMS, "sse": "AES256"}, "landing.kms_key"),
        ({"sse": "AES128"}, "landing.sse"),
        ({"acl": "public"}, "landing.acl"),
        ({"expected_bucket_owner": "1234-5678-9012"}, "landing.expected_bucket_owner"),
        ({"external_id": "x"}, "landing.external_id"),
        ({"role": ["arn:aws:iam::1:role/r"]}, "landing.role[0]"),
        ({"profile": "p", "key": "k", "secret": "s"}, "landing.profile"),
        ({"url": "az://container/lz", "account": "a", "sse": "AES256"}, "landing.sse"),
    ],
)
def test_what_a_landing_cannot_ask_for_is_refused_by_its_key(said: dict[str, Any], at: str) -> None:
    with pytest.raises(ConfigError) as refused:
        from_mapping({"landing": {"url": "s3://bucket/lz", **said}})
    assert at in str(refused.value)


def test_a_landings_chain_has_the_external_id_that_it_names() -> None:
    hub, spoke = (f"arn:aws:iam::{OWNER}:role/{name}" for name in ("Hub", "Landing"))
    role = [hub, {"arn": spoke, "external_id": "of the step"}]
    config = from_mapping({"landing": {"url": "s3://bucket/lz", "role": role, "external_id": "of the landing"}})
    assert config.landing is not None
    steps = [(step.arn, step.external_id and step.external_id.reveal()) for step in config.landing.chain()]
    assert steps == [(hub, "of the landing"), (spoke, "of the step")]
