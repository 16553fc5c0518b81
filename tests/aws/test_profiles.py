"""A profile brings all of its settings along, and what it signs goes nowhere else."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore
import pytest
from tests.support.collecting import REGION, table
from tests.support.tlsfront import Authority, TlsFront

from gluepot.aws.access import region_named
from gluepot.aws.s3place import S3Place, s3_place
from gluepot.collector.settings import landing_of, marks_of
from gluepot.config import from_mapping
from gluepot.errors import ConfigError, CredentialsError
from gluepot.landing import LandingOptions, StoreError, from_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

KEY = "AKIAPROFILE000000000"
NOWHERE = "http://127.0.0.1:9"
"""Where nothing listens (the discard port)."""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write a file of profiles, in an environment that says nothing of AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def write(text: str) -> None:
        file.write_text(text)

    return write


def test_an_address_of_s3_alone_is_stronger_than_one_of_all_services(
    profiles: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles("[profile lake]\nendpoint_url = https://of-the-profile\n")
    assert s3_place("eu-west-1") == S3Place(region="eu-west-1")
    assert s3_place("eu-west-1", "lake").endpoint == "https://of-the-profile"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://all")
    assert s3_place(profile="lake").endpoint == "https://all"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3")
    assert s3_place(profile="lake").endpoint == "https://s3"
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert s3_place(profile="lake").endpoint == ""


def test_a_profile_says_the_address_of_s3_its_region_and_its_certificates(profiles: Callable[[str], None]) -> None:
    profiles(
        "[profile lake]\nregion = eu-north-1\nservices = ours\nca_bundle = /etc/ours.pem\n"
        "[services ours]\ns3 =\n  endpoint_url = https://s3.ours\n"
    )
    assert s3_place(profile="lake") == S3Place(
        region="eu-north-1", endpoint="https://s3.ours", ca_bundle="/etc/ours.pem"
    )
    assert (region_named(profile="lake"), region_named("us-west-2", "lake"), region_named()) == (
        "eu-north-1",
        "us-west-2",
        "",
    )
    with pytest.raises(ConfigError, match="CA bundle"):
        s3_place(profile="lake").certificates()


def test_fips_and_dual_stack_lead_to_their_own_addresses(profiles: Callable[[str], None]) -> None:
    profiles("[profile lake]\nuse_fips_endpoint = true\n[profile both]\nuse_dualstack_endpoint = true\n")
    assert s3_place("us-west-2", "lake").endpoint == "https://s3-fips.us-west-2.amazonaws.com"
    assert s3_place("us-west-2", "both").endpoint == "https://s3.dualstack.us-west-2.amazonaws.com"


def test_a_profile_that_is_not_there_is_named(profiles: Callable[[str], None]) -> None:
    profiles("[profile lake]\nregion = eu-north-1\n")
    for ask in (region_named, s3_place):
        with pytest.raises(CredentialsError, match="profile does not exist") as refused:
            ask("", "lakes")
        assert "list-profiles" in refused.value.hint


def keys(name: str, endpoint: str) -> str:
    """Write a profile with keys and an address."""
    return f"[profile {name}]\naws_access_key_id = {KEY}\naws_secret_access_key = x\nendpoint_url = {endpoint}\n"


def test_what_a_profile_signs_goes_to_its_own_address(
    aws: Emulator, run: Collector, profiles: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's profile leads elsewhere: nothing of the configured one may go there."""
    aws.add(tables=[table("t")])
    profiles(keys("lake", aws.url) + keys("elsewhere", NOWHERE))
    monkeypatch.setenv("AWS_PROFILE", "elsewhere")
    assert run(profile="lake").names("TABLE") == ["t"]


def test_the_landing_and_the_marks_are_reached_with_the_profile_that_reads(
    aws: Emulator, profiles: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("s3").create_bucket(Bucket="landing-zone")
    profiles(keys("lake", aws.url) + keys("elsewhere", NOWHERE))
    monkeypatch.setenv("AWS_PROFILE", "elsewhere")
    said: dict[str, Any] = {"profile": "lake", "regions": [REGION], "landing": {"url": "s3://landing-zone/lz"}}
    config = from_mapping({**said, "hwm": "s3://landing-zone/marks"})
    (target,) = config.targets()
    assert target.landing is not None
    landing_of(target.landing).put_new("a.csv", b"x")
    marks_of(config).write("glue", "2030-01-01 00:00:00")
    own = from_mapping({**said, "landing": {**said["landing"], "profile": "elsewhere"}})
    assert [one.landing and one.landing.profile for one in own.targets()] == ["elsewhere"]


@pytest.mark.parametrize("acl", ["", "private"], ids=["obstore", "botocore"])
def test_a_landing_behind_an_authority_of_ones_own_is_trusted_by_the_profiles_bundle(
    aws: Emulator, profiles: Callable[[str], None], tmp_path: Path, acl: str
) -> None:
    """Every certificate of a bundle counts, not only its first."""
    aws.client("s3").create_bucket(Bucket="landing-zone")
    ours = Authority(tmp_path)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Path(botocore.__file__).with_name("cacert.pem").read_bytes() + Path(ours.ca).read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ours.issue("front", "127.0.0.1"))
    with TlsFront(urlsplit(aws.url).port or 0, context) as front:
        profiles(keys("lake", f"https://127.0.0.1:{front.port}") + f"ca_bundle = {bundle}\n")
        options = LandingOptions(profile="lake", key=KEY, secret="x", acl=acl)
        landing = from_url("s3://landing-zone/lz", options)
        assert landing.put_new("a.csv", b"x").sent
        profiles(keys("lake", f"https://127.0.0.1:{front.port}"))
        with pytest.raises(StoreError) as refused:
            from_url("s3://landing-zone/lz", options).put_new("b.csv", b"x")
    assert (refused.value.kind, "certificate" in refused.value.why) == ("unreachable", True)
