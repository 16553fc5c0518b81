"""What a plan file takes in AWS: planned, applied, changed, drifted, destroyed, against an emulated account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support.stacks import (
    ALL,
    BUCKET,
    JOB,
    NAME,
    NETWORK,
    NETWORK_SECTION,
    OTHER_TOKEN,
    ROLE,
    SECRET,
    SOURCE,
    TOKEN,
    actions,
    applied,
    aws,
    boto,
    destroyed,
    plan_file,
    planned,
)

from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

__all__ = ["aws"]

NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
FILE = plan_file(aws={"network": NETWORK_SECTION, "tags": {"team": "lake"}})


def test_everything_is_created_and_a_second_apply_leaves_it_as_it_is(aws: Emulator) -> None:
    assert actions(FILE) == dict.fromkeys(ALL, "create")
    assert applied(FILE) == dict.fromkeys(ALL, "created")
    assert actions(FILE) == dict.fromkeys(ALL, "leave")
    aws.forget()
    assert applied(FILE) == dict.fromkeys(ALL, "left")
    written = [call.operation for call in aws.calls() if call.operation.startswith(("Create", "Put", "Update", "PUT"))]
    assert written == []


def test_planning_changes_nothing(aws: Emulator) -> None:
    planned(FILE)
    assert boto(aws, "s3").list_buckets()["Buckets"] == []
    assert boto(aws, "iam").list_roles()["Roles"] == []


def test_a_key_of_kms_encrypts_bucket_secret_and_results(aws: Emulator) -> None:
    key = boto(aws, "kms").create_key()["KeyMetadata"]["Arn"]
    applied(plan_file(aws={"kms_key": key}))
    rule = boto(aws, "s3").get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert boto(aws, "secretsmanager").describe_secret(SecretId=SECRET)["KmsKeyId"] == key
    group = boto(aws, "athena").get_work_group(WorkGroup=NAME)["WorkGroup"]["Configuration"]
    encrypted = group["ResultConfiguration"]["EncryptionConfiguration"]
    assert encrypted == {"EncryptionOption": "SSE_KMS", "KmsKey": key}
    assert actions(plan_file(aws={"kms_key": key}))["bucket"] == "leave"


def test_a_bucket_is_made_in_the_plans_region(aws: Emulator) -> None:
    file = plan_file(target={"region": "eu-west-1"})
    applied(file)
    location = boto(aws, "s3", "eu-west-1").get_bucket_location(Bucket=BUCKET)
    assert location["LocationConstraint"] == "eu-west-1"
    assert set(actions(file).values()) == {"leave"}


def test_the_secret_of_cassandra_holds_its_user(aws: Emulator) -> None:
    source = {"keyspace": "shop", "contact_points": ["10.0.0.1"], "user": "reader", "password": "pa55word-of-nobody"}
    applied(plan_file(source=source))
    held = boto(aws, "secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    assert json.loads(held) == {"user": "reader", "password": "pa55word-of-nobody"}


@pytest.mark.usefixtures("aws")
def test_a_source_without_credentials_takes_no_secret() -> None:
    assert "secret" not in applied(plan_file(source={"keyspace": "shop", "contact_points": ["10.0.0.1"]}))


def test_a_secret_that_the_source_points_to_already_is_used_as_it_is(aws: Emulator) -> None:
    held = json.dumps({"user": "token", "password": TOKEN})
    boto(aws, "secretsmanager").create_secret(Name="AstraGlueCreds", SecretString=held)
    file = plan_file(source={**SOURCE, "token": "secretsmanager:AstraGlueCreds#password"})
    assert planned(file)["secret"].why == "gluepot did not make it: used as it is"
    assert applied(file)["secret"] == "left"
    policy = boto(aws, "iam").get_role_policy(RoleName=ROLE, PolicyName="gluepot")["PolicyDocument"]
    reading = next(one for one in policy["Statement"] if one["Sid"] == "ReadSecret")
    assert reading["Resource"] == [
        f"arn:aws:secretsmanager:us-east-1:{emulator.DEFAULT_ACCOUNT}:secret:AstraGlueCreds-??????"
    ]


def test_the_role_has_a_boundary_where_the_plan_names_one(aws: Emulator) -> None:
    document = json.dumps(NOTHING)
    arn = boto(aws, "iam").create_policy(PolicyName="bounds", PolicyDocument=document)["Policy"]["Arn"]
    bounded = plan_file(aws={"permissions_boundary": arn})
    applied(bounded)
    role = boto(aws, "iam").get_role(RoleName=ROLE)["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert actions(bounded)["role"] == "leave"
    assert applied(plan_file())["role"] == "updated"
    assert "PermissionsBoundary" not in boto(aws, "iam").get_role(RoleName=ROLE)["Role"]


# changes -----------------------------------------------------------------------------------------------


def test_a_change_of_the_plan_is_shown_with_its_difference_and_applied(aws: Emulator) -> None:
    applied(FILE)
    changed = plan_file(aws={"network": NETWORK_SECTION, "tags": {"team": "lake"}}, glue={"workers": 10})
    change = planned(changed)["job"]
    assert [(one.path, one.before, one.after) for one in change.diff] == [("NumberOfWorkers", 2, 10)]
    assert change.action == "update"
    assert applied(changed) == {**dict.fromkeys(ALL, "left"), "job": "updated"}
    assert boto(aws, "glue").get_job(JobName=JOB)["Job"]["NumberOfWorkers"] == 10
    assert set(actions(changed).values()) == {"leave"}


def test_another_subnet_changes_the_connection(aws: Emulator) -> None:
    applied(FILE)
    moved = plan_file(aws={"network": {**NETWORK_SECTION, "subnet": "subnet-9"}, "tags": {"team": "lake"}})
    assert applied(moved)["connection"] == "updated"
    place = boto(aws, "glue").get_connection(Name=NETWORK)["Connection"]["PhysicalConnectionRequirements"]
    assert place["SubnetId"] == "subnet-9"


def test_results_elsewhere_change_the_workgroup(aws: Emulator) -> None:
    applied(FILE)
    changed = plan_file(aws={"network": NETWORK_SECTION, "tags": {"team": "lake"}, "results": f"s3://{BUCKET}/answers"})
    assert applied(changed)["workgroup"] == "updated"
    told = boto(aws, "athena").get_work_group(WorkGroup=NAME)["WorkGroup"]["Configuration"]["ResultConfiguration"]
    assert told["OutputLocation"] == f"s3://{BUCKET}/answers/"


def test_a_further_tag_is_added_without_touching_the_rest(aws: Emulator) -> None:
    applied(FILE)
    tagged = plan_file(aws={"network": NETWORK_SECTION, "tags": {"team": "lake", "cost": "4711"}})
    assert actions(tagged) == dict.fromkeys(ALL, "update")
    aws.forget()
    applied(tagged)
    assert aws.calls("UpdateJob") == []
    assert {"Key": "cost", "Value": "4711"} in boto(aws, "s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert actions(tagged) == dict.fromkeys(ALL, "leave")


def test_a_new_token_of_the_source_is_stored(aws: Emulator) -> None:
    applied(FILE)
    renewed = plan_file(token=OTHER_TOKEN, aws={"network": NETWORK_SECTION, "tags": {"team": "lake"}})
    assert actions(renewed)["secret"] == "update"
    assert applied(renewed)["secret"] == "updated"
    held = boto(aws, "secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    assert json.loads(held)["password"] == OTHER_TOKEN
    assert actions(renewed)["secret"] == "leave"


@pytest.mark.usefixtures("aws")
def test_without_the_token_at_hand_the_secret_is_not_called_another() -> None:
    applied(FILE)
    absent = plan_file(token=None, aws={"network": NETWORK_SECTION, "tags": {"team": "lake"}})
    assert actions(absent)["secret"] == "leave"


def test_what_the_plan_wants_no_more_is_removed(aws: Emulator) -> None:
    applied(FILE)
    without = plan_file(aws={"tags": {"team": "lake"}})
    assert actions(without)["connection"] == "remove"
    assert applied(without)["connection"] == "removed"
    assert boto(aws, "glue").get_connections()["ConnectionList"] == []
    assert "connection" not in actions(without)


def test_a_load_that_runs_here_takes_no_role_and_no_job(aws: Emulator) -> None:
    applied(FILE)
    local = plan_file(engine="local", aws={"tags": {"team": "lake"}})
    told = applied(local)
    assert [kind for kind, outcome in told.items() if outcome == "removed"] == ["job", "connection", "role"]
    assert boto(aws, "iam").list_roles()["Roles"] == []


# drift -------------------------------------------------------------------------------------------------


def test_what_somebody_changed_by_hand_is_shown_and_left_alone(aws: Emulator) -> None:
    applied(FILE)
    glue = boto(aws, "glue")
    job = glue.get_job(JobName=JOB)["Job"]
    glue.update_job(JobName=JOB, JobUpdate={"Role": job["Role"], "Command": job["Command"], "Timeout": 5})
    assert actions(FILE)["job"] == "drift"
    assert ("Timeout", 5, 480) in [(one.path, one.before, one.after) for one in planned(FILE)["job"].diff]
    assert applied(FILE)["job"] == "drifted"
    assert glue.get_job(JobName=JOB)["Job"]["Timeout"] == 5
    assert applied(FILE, force=True)["job"] == "updated"
    assert glue.get_job(JobName=JOB)["Job"]["Timeout"] == 480
    assert actions(FILE)["job"] == "leave"


def test_a_policy_attached_by_hand_is_drift_and_force_takes_it_off(aws: Emulator) -> None:
    applied(FILE)
    iam = boto(aws, "iam")
    document = json.dumps(NOTHING)
    arn = iam.create_policy(PolicyName="extra", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    iam.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=document)
    assert {one.path for one in planned(FILE)["role"].diff} == {"attached", "other policies"}
    assert actions(FILE)["role"] == "drift"
    applied(FILE, force=True)
    assert iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName=ROLE)["PolicyNames"] == ["gluepot"]


def test_each_kind_knows_a_change_by_hand(aws: Emulator) -> None:
    applied(FILE)
    kinds = ["bucket", "secret", "database", "workgroup", "connection"]
    for kind in kinds:
        by_hand(aws, kind)
    assert actions(FILE) == {**dict.fromkeys(ALL, "leave"), **dict.fromkeys(kinds, "drift")}
    assert applied(FILE) == {**dict.fromkeys(ALL, "left"), **dict.fromkeys(kinds, "drifted")}
    assert applied(FILE, force=True) == {**dict.fromkeys(ALL, "left"), **dict.fromkeys(kinds, "updated")}
    assert actions(FILE) == dict.fromkeys(ALL, "leave")


def by_hand(aws: Emulator, kind: str) -> None:
    """Change something of each kind, as somebody would in the console."""
    if kind == "bucket":
        boto(aws, "s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    elif kind == "secret":
        held = json.dumps({"user": "token", "password": "AstraCS:by:hand"})
        boto(aws, "secretsmanager").put_secret_value(SecretId=SECRET, SecretString=held)
    elif kind == "database":
        boto(aws, "glue").update_database(Name="lake", DatabaseInput={"Name": "lake", "Description": "mine"})
    elif kind == "workgroup":
        updates = {"EnforceWorkGroupConfiguration": False}
        boto(aws, "athena").update_work_group(WorkGroup=NAME, ConfigurationUpdates=updates)
    else:
        given = {"Name": NETWORK, "ConnectionType": "NETWORK", "ConnectionProperties": {}}
        boto(aws, "glue").update_connection(Name=NETWORK, ConnectionInput=given)


# destroying --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("aws")
def test_destroy_keeps_what_holds_data() -> None:
    applied(FILE)
    told = destroyed(FILE)
    assert {kind for kind, outcome in told.items() if outcome == "kept"} == {"bucket", "database"}
    assert {kind for kind, outcome in told.items() if outcome == "removed"} == set(ALL) - {"bucket", "database"}
    assert set(destroyed(FILE).values()) == {"kept", "absent"}


def test_destroy_with_data_leaves_nothing(aws: Emulator) -> None:
    applied(FILE)
    s3 = boto(aws, "s3")
    for body in (b"one", b"two"):
        s3.put_object(Bucket=BUCKET, Key="tables/titles/part-0.parquet", Body=body)
    s3.delete_object(Bucket=BUCKET, Key="tables/titles/part-0.parquet")
    assert set(destroyed(FILE, data=True).values()) == {"removed"}
    assert s3.list_buckets()["Buckets"] == []
    assert boto(aws, "glue").get_databases()["DatabaseList"] == []
    told = actions(FILE)
    assert (told.pop("secret"), set(told.values())) == ("update", {"create"})


def test_a_bucket_that_was_there_before_is_used_and_never_removed(aws: Emulator) -> None:
    boto(aws, "s3").create_bucket(Bucket=BUCKET)
    assert planned(FILE)["bucket"].why == "gluepot did not make it: used as it is"
    assert applied(FILE)["bucket"] == "left"
    assert destroyed(FILE, data=True)["bucket"] == "kept"
    assert boto(aws, "s3").list_buckets()["Buckets"][0]["Name"] == BUCKET


@pytest.mark.usefixtures("aws")
def test_destroy_finds_what_an_earlier_plan_took() -> None:
    applied(FILE)
    told = destroyed(plan_file(engine="local"))
    assert {"job", "role", "connection"} <= {kind for kind, outcome in told.items() if outcome == "removed"}


def test_a_secret_that_was_destroyed_is_restored_by_the_next_apply(aws: Emulator) -> None:
    applied(FILE)
    destroyed(FILE)
    assert actions(FILE)["secret"] == "update"
    assert applied(FILE)["secret"] == "updated"
    held = boto(aws, "secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    assert json.loads(held)["password"] == TOKEN
    assert actions(FILE)["secret"] == "leave"
