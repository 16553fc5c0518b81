"""What stands in an account when a plan file was applied: facts about each resource."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support.emulated import leads_to
from tests.support.stacks import (
    ALL,
    BUCKET,
    JOB,
    NAME,
    NETWORK,
    NETWORK_SECTION,
    ROLE,
    SECRET,
    STACK,
    TOKEN,
    applied,
    boto,
    plan_file,
)

from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot_sandbox.aws import Emulator

FILE = plan_file(aws={"network": NETWORK_SECTION, "tags": {"team": "lake"}})


@pytest.fixture(scope="module")
def standing(server: Emulator) -> Iterator[Emulator]:
    """An account in which the plan file was applied."""
    server.reset()
    with pytest.MonkeyPatch.context() as patch:
        leads_to(server, patch)
        applied(FILE)
        yield server
        assert server.invalid() == []


def test_everything_carries_the_stack_the_fingerprint_and_the_plan_files_tags(standing: Emulator) -> None:
    arn = f"arn:aws:glue:us-east-1:{emulator.DEFAULT_ACCOUNT}"
    glue = boto(standing, "glue")
    found = [
        glue.get_tags(ResourceArn=f"{arn}:{name}")["Tags"]
        for name in ("database/lake", f"connection/{NETWORK}", f"job/{JOB}")
    ]
    group = f"arn:aws:athena:us-east-1:{emulator.DEFAULT_ACCOUNT}:workgroup/{NAME}"
    lists = [
        boto(standing, "iam").list_role_tags(RoleName=ROLE)["Tags"],
        boto(standing, "s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"],
        boto(standing, "secretsmanager").describe_secret(SecretId=SECRET)["Tags"],
        boto(standing, "athena").list_tags_for_resource(ResourceARN=group)["Tags"],
    ]
    found += [{one["Key"]: one["Value"] for one in told} for told in lists]
    assert len(found) == len(ALL)
    for tags in found:
        assert tags["team"] == "lake"
        assert tags["gluepot:stack"] == STACK
        assert len(tags["gluepot:applied"]) == 32


def test_a_bucket_is_encrypted_versioned_and_closed_to_the_public(standing: Emulator) -> None:
    s3 = boto(standing, "s3")
    rule = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}


def test_the_secret_holds_user_and_token(standing: Emulator) -> None:
    held = boto(standing, "secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    assert json.loads(held) == {"user": "token", "password": TOKEN}


def test_the_job_runs_as_the_role_where_the_vpc_says(standing: Emulator) -> None:
    job = boto(standing, "glue").get_job(JobName=JOB)["Job"]
    assert (job["Role"], job["Connections"]["Connections"]) == (ROLE, [NETWORK])
    connection = boto(standing, "glue").get_connection(Name=NETWORK)["Connection"]
    assert connection["ConnectionType"] == "NETWORK"
    assert connection["PhysicalConnectionRequirements"]["SubnetId"] == NETWORK_SECTION["subnet"]


def test_only_glue_for_this_account_may_assume_the_role(standing: Emulator) -> None:
    statement = boto(standing, "iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"Service": "glue.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": emulator.DEFAULT_ACCOUNT}}
