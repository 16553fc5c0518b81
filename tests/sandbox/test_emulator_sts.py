"""The emulated STS, asked by boto3: roles, external ids, chains, lives of credentials."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import DEFAULT_ACCOUNT, ExtraTable, Role, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot_sandbox.aws import Emulator

OTHER = "222222222222"
READER = f"arn:aws:iam::{OTHER}:role/path/reader"
CHAINED = "arn:aws:iam::333333333333:role/chained"


@pytest.fixture
def aws(server: Emulator) -> Iterator[Emulator]:
    server.reset()
    yield server
    assert server.invalid() == []


def refused(call: Callable[..., Any], /, **parameters: object) -> tuple[str, int, str]:
    """Make a call that must fail; code, status and message."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def assume(sts: Any, role: str = READER, **more: object) -> dict[str, Any]:
    answer: dict[str, Any] = sts.assume_role(RoleArn=role, RoleSessionName="gluepot", **more)
    return answer


def client_of(aws: Emulator, service: str, issued: dict[str, Any]) -> Any:
    """Make a client with issued credentials."""
    import boto3

    credentials = issued["Credentials"]
    connect: Any = boto3.client  # its overloads want the service as a literal
    return connect(
        service,
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_keys_belong_to_accounts(aws: Emulator) -> None:
    aws.settings(Settings(accounts={"AKIAOTHER00000000000": OTHER}, users={"AKIAOTHER00000000000": "ann"}))
    assert aws.client("sts").get_caller_identity()["Account"] == DEFAULT_ACCOUNT
    other = aws.client("sts", "AKIAOTHER00000000000").get_caller_identity()
    assert (other["Account"], other["Arn"]) == (OTHER, f"arn:aws:iam::{OTHER}:user/ann")
    arn = aws.client("sts", region="cn-north-1").get_caller_identity()["Arn"]
    assert arn.startswith("arn:aws-cn:")


def test_an_assumed_role_acts_in_its_own_account(aws: Emulator) -> None:
    aws.settings(Settings(roles=(Role(READER),), tables=(ExtraTable("theirs", {"Name": "t"}, catalog_id=OTHER),)))
    issued = assume(aws.client("sts"))
    assert client_of(aws, "sts", issued).get_caller_identity()["Arn"] == (
        f"arn:aws:sts::{OTHER}:assumed-role/reader/gluepot"
    )
    assert [d["Name"] for d in client_of(aws, "glue", issued).get_databases()["DatabaseList"]] == ["theirs"]
    assert aws.client("glue").get_databases()["DatabaseList"] == []


def test_undeclared_roles_and_keys_are_refused_when_strict(aws: Emulator) -> None:
    sts = aws.client("sts")
    assert assume(sts)["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{OTHER}:")
    aws.settings(Settings(strict=True, accounts={emulator.ACCESS_KEY: DEFAULT_ACCOUNT}))
    code, status, message = refused(assume, sts=sts)
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {READER}")
    stranger = "AKIASTRANGER00000000"
    assert refused(aws.client("sts", stranger).get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
    assert refused(aws.client("glue", stranger).get_databases)[:2] == ("UnrecognizedClientException", 400)


def test_the_external_id_must_be_the_roles(aws: Emulator) -> None:
    aws.settings(Settings(roles=(Role(READER, external_id="kada-7"),)))
    sts = aws.client("sts")
    assert refused(assume, sts=sts)[0] == "AccessDenied"
    assert refused(assume, sts=sts, ExternalId="kada-8")[0] == "AccessDenied"
    assert assume(sts, ExternalId="kada-7")["Credentials"]


def test_only_those_whom_a_role_trusts_may_assume_it(aws: Emulator) -> None:
    aws.settings(Settings(roles=(Role(READER, trusts=(DEFAULT_ACCOUNT,)), Role(CHAINED, trusts=(READER,)))))
    sts = aws.client("sts")
    assert refused(assume, sts=sts, role=CHAINED)[0] == "AccessDenied"
    through = client_of(aws, "sts", assume(sts))
    assert assume(through, CHAINED)["AssumedRoleUser"]["Arn"].endswith(":assumed-role/chained/gluepot")


@pytest.mark.parametrize("seconds", [899, 43_201])
def test_durations_out_of_bounds_are_refused(aws: Emulator, seconds: int) -> None:
    sts = aws.client("sts", config=Config(parameter_validation=False))
    code, status, message = refused(assume, sts=sts, DurationSeconds=seconds)
    assert (code, status) == ("ValidationError", 400)
    assert f"Value '{seconds}' at 'durationSeconds'" in message


def test_a_role_limits_the_duration_and_a_chain_to_an_hour(aws: Emulator) -> None:
    aws.settings(Settings(roles=(Role(READER, max_session_seconds=7200), Role(CHAINED, max_session_seconds=43_200))))
    sts = aws.client("sts")
    assert "MaxSessionDuration" in refused(assume, sts=sts, DurationSeconds=7201)[2]
    issued = assume(sts, DurationSeconds=7200)
    assert issued["Credentials"]["Expiration"].timestamp() == pytest.approx(time.time() + 7200, abs=60)
    through = client_of(aws, "sts", issued)
    code, _, message = refused(assume, sts=through, role=CHAINED, DurationSeconds=3601)
    assert code == "ValidationError"
    assert "1 hour session limit" in message
    assert assume(through, CHAINED, DurationSeconds=3600)


def test_bad_names_are_refused(aws: Emulator) -> None:
    sts = aws.client("sts")
    assert refused(assume, sts=sts, role="arn:aws:iam::12:role/short-account")[0] == "ValidationError"
    named = {"RoleArn": READER, "RoleSessionName": "spaces are bad"}
    assert refused(sts.assume_role, **named)[0] == "ValidationError"


def test_credentials_die_when_they_say(aws: Emulator) -> None:
    aws.settings(Settings(credentials_seconds=0.2))
    issued = assume(aws.client("sts"))
    assert issued["Credentials"]["Expiration"].timestamp() <= time.time() + 0.2
    time.sleep(0.3)
    code, status, message = refused(client_of(aws, "glue", issued).get_databases)
    assert (code, status) == ("ExpiredTokenException", 400)
    assert "expired" in message
    assert refused(client_of(aws, "sts", issued).get_caller_identity)[:2] == ("ExpiredToken", 403)
    assert refused(client_of(aws, "s3", issued).list_buckets)[:2] == ("ExpiredToken", 400)


def test_credentials_die_earlier_than_they_say(aws: Emulator) -> None:
    aws.settings(Settings(credentials_calls=2, expire_early=True))
    issued = assume(aws.client("sts"))
    assert issued["Credentials"]["Expiration"].timestamp() > time.time() + 3000
    glue = client_of(aws, "glue", issued)
    glue.get_databases()
    glue.get_databases()
    assert refused(glue.get_databases)[0] == "ExpiredTokenException"


def test_revoked_credentials_are_dead_at_once(aws: Emulator) -> None:
    sts = aws.client("sts")
    dead, alive = assume(sts), assume(sts, CHAINED)
    assert aws.revoke("*:role/path/*") == 1
    assert refused(client_of(aws, "glue", dead).get_databases)[0] == "ExpiredTokenException"
    assert client_of(aws, "glue", alive).get_databases()["DatabaseList"] == []


def test_a_key_without_its_token_is_not_known(aws: Emulator) -> None:
    issued = assume(aws.client("sts"))
    issued["Credentials"]["SessionToken"] = "another"
    assert refused(client_of(aws, "glue", issued).get_databases)[0] == "UnrecognizedClientException"
