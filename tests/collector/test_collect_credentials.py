"""Credentials: keys, roles, chains, external ids, lives that end with and without a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support.collecting import table

from gluepot.collector.check import check_access
from gluepot.config import from_mapping
from gluepot.errors import UnreachableError
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind, Role, Seed, SeedDatabases

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

OTHER, THIRD = "222222222222", "333333333333"
FIRST_ROLE, LAST_ROLE = f"arn:aws:iam::{OTHER}:role/jump", f"arn:aws:iam::{THIRD}:role/reader"
KEYS: dict[str, Any] = {"key": "AKIACONFIGURED000000", "secret": "a-secret-of-the-configuration"}


def test_key_and_secret_of_the_configuration_win_over_the_environment(aws: Emulator, run: Collector) -> None:
    aws.add(accounts={KEYS["key"]: OTHER}, tables=[table("theirs", at=OTHER)])
    found = run(**KEYS)
    assert found.names("TABLE") == ["theirs"]
    assert found.manifest.server == f"{OTHER}_glue"


def test_a_profile_gives_credentials(
    aws: Emulator, run: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials"
    file.write_text("[lake]\naws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    aws.add(accounts={"AKIAPROFILE000000000": OTHER}, tables=[table("theirs", at=OTHER)])
    assert run(profile="lake").names("TABLE") == ["theirs"]
    with pytest.raises(UnreachableError, match="profile does not exist"):
        run(profile="lakes")


@pytest.mark.parametrize("apart", [False, True], ids=["threads", "process"])
def test_a_chain_of_roles_ends_in_the_last_ones_account(aws: Emulator, run: Collector, *, apart: bool) -> None:
    first = Role(FIRST_ROLE, external_id="first-id", max_session_seconds=43200)
    last = Role(LAST_ROLE, external_id="last-id", trusts=(FIRST_ROLE,))
    aws.add(roles=[first, last], tables=[table("t", at=THIRD)])
    role = [{"arn": FIRST_ROLE, "external_id": "first-id"}, {"arn": LAST_ROLE, "external_id": "last-id"}]
    found = run(role=role, session_duration=43200, apart=apart)
    assert found.names("TABLE") == ["t"]
    assert {call.account for call in aws.calls(service="glue")} == {THIRD}


def test_a_wrong_external_id_is_named_with_the_action(aws: Emulator, run: Collector) -> None:
    aws.add(roles=[Role(FIRST_ROLE, external_id="right-id")])
    with pytest.raises(UnreachableError, match="could not be assumed") as caught:
        run(role=FIRST_ROLE, external_id="wrong-id")
    assert "wrong-id" not in str(caught.value)
    assert "external id" in str(caught.value)


def test_a_session_longer_than_the_role_allows_is_named(aws: Emulator, run: Collector) -> None:
    aws.add(roles=[Role(FIRST_ROLE, max_session_seconds=3600)])
    with pytest.raises(UnreachableError, match="session_duration"):
        run(role=FIRST_ROLE, session_duration=7200)


def test_credentials_are_renewed_before_their_end(aws: Emulator, run: Collector) -> None:
    """A run of several seconds on credentials of two."""
    aws.add(roles=[Role(FIRST_ROLE)], seeds=[Seed((SeedDatabases(count=60, tables=1, columns=1),), account=OTHER)])
    aws.change(credentials_seconds=2, latency_ms=100)
    found = run(role=FIRST_ROLE, concurrency=1)
    assert len(found.names("TABLE")) == 60
    assert found.collected.complete
    assert len(aws.calls("AssumeRole")) > 2


@pytest.mark.parametrize("apart", [False, True], ids=["threads", "process"])
def test_credentials_that_die_without_warning_are_renewed(aws: Emulator, run: Collector, *, apart: bool) -> None:
    aws.add(roles=[Role(FIRST_ROLE)], seeds=[Seed((SeedDatabases(count=40, tables=120, columns=1),), account=OTHER)])
    aws.change(credentials_calls=15, expire_early=True)
    found = run(role=FIRST_ROLE, concurrency=4, apart=apart)
    assert len(found.names("TABLE")) == 40 * 120
    assert found.collected.complete, found.manifest.problems
    assert any(call.error == "ExpiredTokenException" for call in aws.calls("GetTables"))


def test_the_jump_role_of_a_chain_dying_early_is_renewed_too(aws: Emulator, run: Collector) -> None:
    aws.add(
        roles=[Role(FIRST_ROLE), Role(LAST_ROLE)],
        seeds=[Seed((SeedDatabases(count=30, tables=1, columns=1),), account=THIRD)],
    )
    aws.change(credentials_calls=4, expire_early=True)
    found = run(role=[FIRST_ROLE, LAST_ROLE], concurrency=3)
    assert len(found.names("TABLE")) == 30
    assert found.collected.complete, found.manifest.problems


def test_a_role_that_is_refused_in_the_middle_of_a_run_is_named(aws: Emulator, run: Collector) -> None:
    aws.add(roles=[Role(FIRST_ROLE)], seeds=[Seed((SeedDatabases(count=30, tables=1, columns=1),), account=OTHER)])
    aws.change(credentials_calls=5, expire_early=True)
    aws.add(faults=[Fault(FaultKind.DENIED, service="sts", operation="AssumeRole", skip=2)])
    found = run(role=FIRST_ROLE, concurrency=1)
    assert not found.collected.complete
    assert set(found.problems) == {("denied", "sts:AssumeRole")}
    assert 0 < len(found.names("TABLE")) < 30


def test_a_moment_of_trouble_at_sts_does_not_end_the_run(aws: Emulator, run: Collector) -> None:
    aws.add(roles=[Role(FIRST_ROLE)], tables=[table("t", at=OTHER)])
    aws.add(faults=[Fault(FaultKind.ERROR, service="sts", times=2), Fault(FaultKind.THROTTLE, service="sts", times=2)])
    assert run(role=FIRST_ROLE).names("TABLE") == ["t"]


def test_static_keys_that_expire_are_named_as_credentials(aws: Emulator, run: Collector) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=10, tables=1, columns=1),))])
    aws.add(faults=[Fault(FaultKind.EXPIRED, skip=4)])
    found = run(concurrency=1)
    assert {reason for reason, _ in found.problems} == {"credentials"}
    assert "renew" in found.manifest.problems[0].message
    assert found.manifest.problems[0].code == "ExpiredTokenException"


@pytest.mark.parametrize("told", [{}, {"catalogId": emulator.DEFAULT_ACCOUNT}])
def test_wrong_keys_reach_nothing(aws: Emulator, run: Collector, told: dict[str, Any]) -> None:
    aws.change(strict=True)
    with pytest.raises(UnreachableError, match="refused the credentials") as caught:
        run(key="AKIAWRONG00000000000", secret="a-wrong-secret-value", **told)
    assert caught.value.exit_code == 4
    assert "a-wrong-secret-value" not in str(caught.value)


def test_no_credentials_at_all_are_named(aws: Emulator, run: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(UnreachableError, match="no AWS credentials were found"):
        run()
    assert aws.calls() == []


def test_an_account_that_cannot_be_reached_costs_that_account(aws: Emulator, run: Collector) -> None:
    aws.change(strict=True)
    aws.add(accounts={emulator.ACCESS_KEY: emulator.DEFAULT_ACCOUNT}, tables=[table("mine")])
    found = run(accounts=[{"server": "mine"}, {"server": "other", "role": FIRST_ROLE}])
    assert found.names("TABLE") == ["mine"]
    assert found.problems == [("denied", "sts:AssumeRole")]
    assert [manifest.complete for _, manifest in found.collected.manifests] == [True, False]


OFF = Fault(FaultKind.ERROR, service="*", region="me-south-1", code="InvalidClientTokenId", status=403)


@pytest.mark.parametrize("role", [None, FIRST_ROLE])
def test_the_first_region_being_off_costs_itself_only(aws: Emulator, run: Collector, role: str | None) -> None:
    at = OTHER if role else emulator.DEFAULT_ACCOUNT
    aws.add(roles=[Role(FIRST_ROLE)], tables=[table("t", at=at)], faults=[OFF])
    keys: dict[str, Any] = {"role": role} if role else {}
    found = run(regions=["me-south-1", "us-east-1"], **keys)
    assert found.names("TABLE") == ["t"]
    (problem,) = found.manifest.problems
    assert (problem.reason, "me-south-1" in problem.where) == ("credentials", True)
    assert "switched off" in problem.message


def test_a_region_whose_sts_is_not_reached_is_read_all_the_same(aws: Emulator, run: Collector) -> None:
    unreached = Fault(FaultKind.CUT, service="sts", region="us-east-2")
    aws.add(tables=[table("there", region="us-east-2"), table("here")], faults=[unreached])
    found = run(regions=["us-east-2", "us-east-1"])
    assert found.names("TABLE") == ["here", "there"]
    assert found.collected.complete


def test_an_account_whose_regions_all_refuse_is_told_as_the_first_does(aws: Emulator, run: Collector) -> None:
    aws.add(faults=[msgspec.structs.replace(OFF, region="*")])
    with pytest.raises(UnreachableError, match="refused the credentials"):
        run(regions=["me-south-1", "us-east-1"])


@pytest.mark.parametrize(
    ("words", "action", "resource"),
    [
        (
            "User: u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/k.",
            "kms:Decrypt",
            "arn:aws:kms:us-east-1:123456789012:key/k",
        ),
        ("User: u is not authorized to perform: lakeformation:GetDataAccess", "lakeformation:GetDataAccess", "*"),
    ],
)
def test_the_permission_that_is_named_is_the_one_that_aws_names(
    aws: Emulator, run: Collector, words: str, action: str, resource: str
) -> None:
    aws.add(tables=[table("t")], faults=[Fault(FaultKind.DENIED, operation="GetTables", message=words)])
    (problem,) = run().manifest.problems
    assert (problem.action, problem.resource) == (action, resource)


@pytest.mark.parametrize(
    ("profile", "action"),
    [
        (f"role_arn = {FIRST_ROLE}\nsource_profile = base\n", "sts:AssumeRole"),
        (f"role_arn = {FIRST_ROLE}\nweb_identity_token_file = {{token}}\n", "sts:AssumeRoleWithWebIdentity"),
    ],
)
def test_the_role_of_a_profile_that_is_refused_is_named(
    aws: Emulator,
    run: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    action: str,
) -> None:
    (tmp_path / "token").write_text("a.web.token")
    base = "[profile base]\naws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = x\n"
    (tmp_path / "config").write_text(f"{base}[profile lake]\n{profile}".format(token=tmp_path / "token"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    words = f"Not authorized to perform {action}"
    aws.add(faults=[Fault(FaultKind.DENIED, service="*", operation="Assume*", message=words)])
    config = from_mapping(run.mapping(profile="lake"))
    report = check_access(config)
    (line,) = [line for line in report.access if line.status == "denied"]
    assert (line.action, line.resource) == (action, FIRST_ROLE)
