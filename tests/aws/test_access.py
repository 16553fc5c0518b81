"""How an account is reached: secrets followed, roles in their order, the region named or that of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gluepot.aws.access import REGION_NAMES, Access, Step, access_of, region_named
from gluepot.config.model import Account, RoleStep
from gluepot.crawler.crawlerfile import AccessSection
from gluepot.errors import ConfigError
from gluepot.loader.core.planfile import TargetSection
from gluepot.secret import Secret

if TYPE_CHECKING:
    from gluepot.aws.access import Keys

HUB, SPOKE = "arn:aws:iam::123456789012:role/Hub", "arn:aws:iam::210987654321:role/Spoke"


@pytest.fixture(autouse=True)
def _without_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in REGION_NAMES:
        monkeypatch.delenv(name, raising=False)


def target(**given: Any) -> TargetSection:
    return TargetSection(database="lake", location="s3://lake/t", **given)


@pytest.mark.parametrize("keys", [Account(), target(), AccessSection()])
def test_a_file_that_says_nothing_leaves_it_to_the_standard_chain(keys: Keys) -> None:
    assert access_of(keys, None) == access_of(keys, ()) == access_of(keys, "") == Access()


@pytest.mark.parametrize("kind", [Account, target, AccessSection])
def test_keys_are_revealed_whoever_writes_them(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_SECRET", "revealed")
    keys = kind(key=Secret("AKIA1"), secret=Secret("env:OUR_SECRET"), profile="ours")
    assert access_of(keys, None) == Access(key="AKIA1", secret="revealed", profile="ours")


def test_roles_are_assumed_in_their_order_with_what_each_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_ID", "of the trust policy")
    chain = (HUB, RoleStep(arn=SPOKE, external_id=Secret("env:OUR_ID"), session_duration=900))
    assert access_of(target(), chain).steps == (
        Step(arn=HUB),
        Step(arn=SPOKE, external_id="of the trust policy", seconds=900),
    )
    assert access_of(target(), HUB).steps == (Step(arn=HUB),)


def test_a_reference_that_leads_nowhere_is_said_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUR_SECRET", raising=False)
    with pytest.raises(ConfigError, match="env:OUR_SECRET"):
        access_of(target(key=Secret("AKIA1"), secret=Secret("env:OUR_SECRET")), None)


def test_access_shows_no_secret_and_crosses_to_another_process_whole() -> None:
    keys = Account(key=Secret("AKIA1"), secret=Secret("hidden"))
    access = access_of(keys, (RoleStep(arn=HUB, external_id=Secret("hidden too")),))
    assert "hidden" not in repr(access)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(access), type=Access) == access


def test_the_region_is_the_one_named_else_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert region_named() == region_named(None) == region_named("") == ""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert region_named() == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert (region_named(""), region_named("us-east-1")) == ("eu-central-1", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "")
    assert region_named() == "eu-west-1"
