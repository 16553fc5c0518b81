"""A landing's URL and options, before anything is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from gluepot.config.model import Landing as LandingConfig
from gluepot.errors import ConfigError
from gluepot.landing import LandingOptions, from_url
from gluepot.landing.location import Location, parse_url
from gluepot.secret import Secret

KEY = "c2VjcmV0LWFjY291bnQta2V5LXZhbHVl"
SIGNATURE = "sv=2020-12-06&sp=cw&sig=SECRETSIG%3D"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://bucket", Location(scheme="s3", container="bucket")),
        ("s3://bucket/lz/glue/landing/", Location(scheme="s3", container="bucket", prefix="lz/glue/landing")),
        ("az://container/lz", Location(scheme="az", container="container", prefix="lz")),
        (
            "abfss://container@acc.dfs.core.windows.net/lz",
            Location(
                scheme="az",
                container="container",
                prefix="lz",
                account="acc",
                endpoint="https://acc.blob.core.windows.net",
            ),
        ),
        (
            "https://acc.blob.core.windows.net/container/lz%20a",
            Location(
                scheme="az",
                container="container",
                prefix="lz a",
                account="acc",
                endpoint="https://acc.blob.core.windows.net",
            ),
        ),
        (
            "https://acc.dfs.core.chinacloudapi.cn/container",
            Location(
                scheme="az", container="container", account="acc", endpoint="https://acc.blob.core.chinacloudapi.cn"
            ),
        ),
        (
            "http://127.0.0.1:10000/devstoreaccount1/container/lz",
            Location(
                scheme="az",
                container="container",
                prefix="lz",
                account="devstoreaccount1",
                endpoint="http://127.0.0.1:10000/devstoreaccount1",
            ),
        ),
        ("file:///tmp/a%20b", Location(scheme="file", folder=Path("/tmp/a b"))),
        ("/tmp/lz", Location(scheme="file", folder=Path("/tmp/lz"))),
        ("memory://", Location(scheme="memory")),
    ],
)
def test_every_documented_form_is_read(url: str, place: Location) -> None:
    assert parse_url(url) == place


def test_a_relative_path_is_below_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_url("landing").folder == tmp_path / "landing"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://",
        "s3:///prefix",
        "az://",
        "gs://bucket",
        "ftp://host/dir",
        "https://example.com/container",
        "https://acc.blob.core.windows.net/",
        "http://acc.blob.core.windows.net/container",
        f"https://acc.blob.core.windows.net/container?{SIGNATURE}",
        "s3://KEY:SECRETSIG@bucket/lz",
        "file://host/dir",
        "http://[broken/container",
        "a\0b",
    ],
)
def test_what_is_no_landing_is_refused_without_quoting_a_signature(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        from_url(url)
    assert refused.value.hint
    assert "SECRETSIG" not in str(refused.value) + refused.value.hint


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("s3://bucket", LandingOptions(key="A"), "belong together"),
        ("s3://bucket", LandingOptions(secret="S"), "belong together"),
        ("az://container", LandingOptions(account_key=KEY), "no Azure storage account"),
        ("az://container", LandingOptions(account="a", sas=SIGNATURE, account_key=KEY), "both a SAS"),
        ("https://a.blob.core.windows.net/c", LandingOptions(account="b"), "two storage accounts"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    url: str, options: LandingOptions, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT", raising=False)
    with pytest.raises(ConfigError, match=says):
        from_url(url, options)


def test_plain_http_is_only_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3.example.com")
    with pytest.raises(ConfigError, match="unencrypted"):
        from_url("s3://bucket", LandingOptions(key="A", secret="S"))
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", "http://blob.example.com/acc")
    with pytest.raises(ConfigError, match="unencrypted"):
        from_url("az://container", LandingOptions(account="acc", sas=SIGNATURE))


def test_a_broken_key_or_signature_is_an_error_that_does_not_show_it() -> None:
    for options in (LandingOptions(account="a", account_key="no!base64"), LandingOptions(account="a", sas="SECRETSIG")):
        with pytest.raises(Exception, match="cannot open az://container") as refused:
            from_url("az://container", options)
        assert "SECRETSIG" not in str(refused.value)
        assert "no!base64" not in str(refused.value)


def test_nothing_printed_holds_a_secret() -> None:
    options = LandingOptions(account="acc", sas=SIGNATURE, account_key=KEY, key="AKIAKEY", secret="SECRETKEY")
    assert not any(secret in repr(options) for secret in (SIGNATURE, KEY, "AKIAKEY", "SECRETKEY"))
    assert "account='acc'" in repr(options)
    landing = from_url("az://container/lz", LandingOptions(account="acc", sas=f"?{SIGNATURE}"))
    said = repr(landing) + repr(vars(landing)) + str(landing)
    assert "SECRETSIG" not in said


def test_a_configured_landing_gives_its_secrets_only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LZ_SAS", f"?{SIGNATURE}\n")
    configured = LandingConfig(url="az://container", account="acc", sas=Secret("env:LZ_SAS"))
    options = LandingOptions.of(configured)
    assert options.sas == f"?{SIGNATURE}"
    assert options.account == "acc"
    assert (options.key, options.secret, options.profile, options.region) == ("", "", "", "")
