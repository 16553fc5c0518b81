"""What is not encrypted does not leave this machine, unless a file says that it may; what TLS refuses says so."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.support.tlsfront import Authority, TlsFront

from gluepot.aws import plainhttp, secrets
from gluepot.aws.access import Access
from gluepot.aws.clients import Clients
from gluepot.config import from_mapping
from gluepot.errors import ConfigError, RemoteError
from gluepot.lake.commit.account import Account
from gluepot.landing import LandingOptions, StoreError, from_url
from gluepot.waiting.patience import Patience, using

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

ELSEWHERE = "203.0.113.7"
"""Of a network for documentation: nobody is there (RFC 5737)."""

KEYS = Access(key="AKIAPLAINHTTP0000000", secret="x")


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    """An endpoint of all services on another machine, without TLS; connecting to it is an error of the test."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{ELSEWHERE}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return f"http://{ELSEWHERE}"


ASKING: dict[str, Any] = {
    "secretsmanager": lambda: secrets.resolve("shop"),
    "glue": lambda: Account(KEYS, "eu-west-1").glue.table("shop", "orders"),
    "sts": lambda: Clients(KEYS, "eu-west-1").account,
    "athena": lambda: Clients(KEYS, "eu-west-1").call("athena", "ListWorkGroups", "*"),
    "S3": lambda: Account(KEYS, "eu-west-1").io_properties(),
    "landing": lambda: from_url("s3://zone/lz", LandingOptions(key="AKIA", secret="x")),
}


@pytest.mark.parametrize("service", ASKING)
@pytest.mark.usefixtures("address")
def test_nothing_is_sent_unencrypted_to_another_machine(service: str) -> None:
    with pytest.raises(ConfigError) as refused:
        ASKING[service]()
    assert f"http://{ELSEWHERE}" in refused.value.why
    assert service in refused.value.what
    assert "allow_http" in refused.value.hint


def test_the_endpoint_of_one_service_and_that_of_a_profile_are_refused_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", f"http://{ELSEWHERE}")
    with pytest.raises(ConfigError, match="endpoint of glue is not encrypted"):
        Account(KEYS, "eu-west-1").glue.table("shop", "orders")
    monkeypatch.delenv("AWS_ENDPOINT_URL_GLUE")
    file = tmp_path / "config"
    file.write_text(
        f"[profile p]\naws_access_key_id = a\naws_secret_access_key = b\nendpoint_url = http://{ELSEWHERE}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    with pytest.raises(ConfigError, match="endpoint of sts is not encrypted"):
        _ = Clients(Access(profile="p"), "eu-west-1").account


@pytest.mark.usefixtures("address")
def test_a_collection_that_would_be_unencrypted_ends_before_it_begins(run: Collector) -> None:
    with pytest.raises(ConfigError, match="not encrypted"):
        run()


def test_a_file_may_allow_it_and_every_run_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    assert from_mapping({}).allow_http is False
    assert from_mapping({"allow_http": True}).allow_http is True
    with caplog.at_level(logging.WARNING):
        for _ in "two runs":
            caplog.clear()
            with using(Patience(allow_http=True)):
                plainhttp.check(f"http://{ELSEWHERE}", "glue")
                plainhttp.check(f"http://{ELSEWHERE}", "sts")
            assert len(caplog.records) == 1
            assert "without TLS" in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "[::1]", "localhost"])
def test_this_machine_needs_no_tls(host: str) -> None:
    plainhttp.check(f"http://{host}:4566", "glue")


@pytest.mark.parametrize("host", ["0.0.0.0", "localhost.example.org", "10.0.0.1", "127.0.0.1.example.org"])
def test_other_machines_do_whatever_they_are_called(host: str) -> None:
    with pytest.raises(ConfigError):
        plainhttp.check(f"HTTP://{host}:4566", "glue")


def read_as_a_lake(port: int, bundle: str) -> str:
    """Look at an object as Arrow does, in a process of its own, which trusts what its environment says."""
    ask = "from gluepot.lake.commit.errors import read_error\nfrom pyarrow.fs import S3FileSystem\n"
    ask += f"s3 = S3FileSystem(access_key='AKIA', secret_key='x', endpoint_override='https://127.0.0.1:{port}')\n"
    ask += "try: print(s3.get_file_info('zone/lz/a').path)\nexcept OSError as error: print(read_error(error, 'orders'))"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", ask],
        env={**environ, "AWS_EC2_METADATA_DISABLED": "true", **({"AWS_CA_BUNDLE": bundle} if bundle else {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_certificate_that_nobody_vouches_for_is_told_as_what_it_is(
    aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("s3").create_bucket(Bucket="zone")
    ours = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ours.issue("front", "127.0.0.1"))
    with TlsFront(urlsplit(aws.url).port or 0, context) as front:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{front.port}")
        with pytest.raises(RemoteError) as glue:
            Account(KEYS, "eu-west-1").glue.table("shop", "orders")
        with pytest.raises(StoreError) as landing:
            from_url("s3://zone/lz", LandingOptions(key="AKIA", secret="x")).put_new("a", b"x")
        with pytest.raises(ConfigError) as secret:
            secrets.resolve("shop")
        monkeypatch.setenv("AWS_CA_BUNDLE", ours.ca)
        assert from_url("s3://zone/lz", LandingOptions(key="AKIA", secret="x")).put_new("a", b"x").sent
        lake_says = {"without": read_as_a_lake(front.port, ""), "with": read_as_a_lake(front.port, ours.ca)}
    assert "no TLS connection" in glue.value.what
    assert "certificate" in glue.value.why.lower()
    assert "AWS_CA_BUNDLE" in glue.value.hint
    assert "TLS" in lake_says["without"]
    assert lake_says["with"] == "zone/lz/a"
    assert "TLS certificate" in landing.value.why
    assert "AWS_CA_BUNDLE" in secret.value.hint


def test_a_landing_that_speaks_no_tls_is_told_as_that(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url.replace("http://", "https://"))
    with pytest.raises(StoreError) as refused:
        from_url("s3://zone/lz", LandingOptions(key="AKIA", secret="x")).put_new("a", b"x")
    assert "TLS" in refused.value.why
