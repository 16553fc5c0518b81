"""What goes wrong while resources are made: told with what mends it, and carried on by the next apply."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from tests.support.stacks import (
    ALL,
    BUCKET,
    JOB,
    NAME,
    NETWORK_SECTION,
    ROLE,
    SECRET,
    SOURCE,
    STACK,
    TOKEN,
    actions,
    applied,
    aws,
    boto,
    clients,
    destroyed,
    opened,
    outcomes,
    plan_file,
    planned,
)

from gluepot.errors import BusyError, ConfigError, DeniedError, RemoteError
from gluepot.loader.stack import provisioning
from gluepot.loader.stack.stack import stack
from gluepot.provision.applying import Applying
from gluepot.provision.lease import Lease
from gluepot_sandbox.aws import DEFAULT_ACCOUNT, Fault, FaultKind, GlueJobs

if TYPE_CHECKING:
    from gluepot.provision.applying import Done
    from gluepot_sandbox.aws import Emulator

__all__ = ["aws"]

FILE = plan_file(aws={"network": NETWORK_SECTION})
OTHER_ACCOUNT = "210987654321"
NO_ROLE_YET = "com.amazonaws.services.glue.model.InvalidInputException: Service is unable to assume provided role."


def error(code: str, message: str = "", **more: object) -> Fault:
    return Fault(FaultKind.ERROR, code=code, message=message, **{"status": 400, **more})  # type: ignore[arg-type] # fields


def done() -> dict[str, Done]:
    return {one.resource.kind: one for one in provisioning.apply(FILE, clients(FILE))}


# permissions -----------------------------------------------------------------------------------------


def test_a_missing_permission_is_named_with_the_statement_and_holds_up_only_what_needs_it(aws: Emulator) -> None:
    aws.add(faults=[Fault(FaultKind.DENIED, service="iam", operation="CreateRole", message="Access denied")])
    told = done()
    assert outcomes(told.values()) == {**dict.fromkeys(ALL, "created"), "role": "failed", "job": "waiting"}
    refused = told["role"].error
    assert isinstance(refused, DeniedError)
    resource = f"arn:aws:iam::{DEFAULT_ACCOUNT}:role/{ROLE}"
    assert (refused.action, refused.resource) == ("iam:CreateRole", resource)
    statement = json.loads(refused.hint.partition(": ")[2])
    assert statement == {"Effect": "Allow", "Action": "iam:CreateRole", "Resource": resource}
    assert told["job"].why == f"it needs role {ROLE}"
    aws.change(faults=[])
    assert applied(FILE) == {**dict.fromkeys(ALL, "left"), "role": "created", "job": "created"}


def test_the_permission_that_aws_names_is_the_one_that_is_told(aws: Emulator) -> None:
    role = f"arn:aws:iam::{DEFAULT_ACCOUNT}:role/{ROLE}"
    why = f"User: arn:aws:iam::1:user/me is not authorized to perform: iam:PassRole on resource: {role} because no"
    aws.add(faults=[Fault(FaultKind.DENIED, operation="CreateJob", message=f"{why} identity-based policy allows it")])
    refused = done()["job"].error
    assert isinstance(refused, DeniedError)
    statement = json.loads(refused.hint.partition(": ")[2])
    assert (statement["Action"], statement["Resource"]) == ("iam:PassRole", role)
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}


def test_all_that_may_not_be_read_is_told_at_once_and_nothing_is_touched(aws: Emulator) -> None:
    aws.add(
        faults=[
            Fault(FaultKind.DENIED, operation="GetJob"),
            Fault(FaultKind.DENIED, operation="GetWorkGroup", service="athena"),
        ]
    )
    assert [kind for kind, action in actions(FILE).items() if action == "unknown"] == ["workgroup", "job"]
    with pytest.raises(DeniedError, match="2 things stand in the way") as raised:
        applied(FILE)
    assert "glue:GetJob" in raised.value.hint
    assert "athena:GetWorkGroup" in raised.value.hint
    assert boto(aws, "s3").list_buckets()["Buckets"] == []


def test_what_may_not_be_removed_is_told_and_the_rest_goes(aws: Emulator) -> None:
    applied(FILE)
    aws.add(faults=[Fault(FaultKind.DENIED, service="iam", operation="DeleteRole")])
    told = destroyed(FILE)
    assert (told["role"], told["job"], told["secret"]) == ("failed", "removed", "removed")
    aws.change(faults=[])
    assert destroyed(FILE)["role"] == "removed"


# names ------------------------------------------------------------------------------------------------


def test_a_role_of_somebody_else_is_never_touched_and_nothing_else_is_made(aws: Emulator) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    boto(aws, "iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    assert actions(FILE)["role"] == "conflict"
    with pytest.raises(ConfigError, match="gluepot did not make it") as raised:
        applied(FILE)
    assert "section [aws]" in raised.value.hint
    assert boto(aws, "s3").list_buckets()["Buckets"] == []
    assert applied(plan_file(aws={"role": "another-role"}))["role"] == "created"
    assert destroyed(FILE)["role"] == "kept"


@pytest.mark.usefixtures("aws")
def test_the_same_plan_in_another_region_does_not_take_over_the_role() -> None:
    applied(FILE)
    elsewhere = plan_file(target={"region": "eu-west-1", "location": "s3://our-lake-eu/tables"})
    assert planned(elsewhere)["role"].why == f"it is of gluepot's {STACK}"
    with pytest.raises(ConfigError, match="is there already"):
        applied(elsewhere)


def test_a_name_that_somebody_takes_meanwhile_is_told(aws: Emulator) -> None:
    changes = provisioning.plan(FILE, clients(FILE)).changes
    boto(aws, "athena").create_work_group(Name=NAME)
    told = {one.resource.kind: one for one in Applying(clients(FILE), STACK).run(changes)}
    assert outcomes(told.values()) == {**dict.fromkeys(ALL, "created"), "workgroup": "failed"}
    assert "somebody else made it just now" in str(told["workgroup"].error)


def test_a_workgroup_that_the_plan_names_is_used_as_it_is(aws: Emulator) -> None:
    boto(aws, "athena").create_work_group(Name="analysts")
    named = plan_file(aws={"workgroup": "analysts"})
    assert applied(named)["workgroup"] == "left"
    assert destroyed(named)["workgroup"] == "kept"


# buckets ----------------------------------------------------------------------------------------------


def test_a_bucket_of_another_account_is_told_as_that(aws: Emulator) -> None:
    aws.add(accounts={"AKIAOTHER00000000000": OTHER_ACCOUNT})
    aws.client("s3", access_key="AKIAOTHER00000000000").create_bucket(Bucket=BUCKET)
    assert "it is of another account" in planned(FILE)["bucket"].why
    with pytest.raises(ConfigError, match="it is of another account"):
        applied(FILE)


def test_a_bucket_of_ones_own_that_may_not_be_looked_at_is_a_missing_permission(aws: Emulator) -> None:
    boto(aws, "s3").create_bucket(Bucket=BUCKET)
    aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="HEAD", path=BUCKET)])
    with pytest.raises(DeniedError) as raised:
        applied(FILE)
    assert (raised.value.action, raised.value.resource) == ("s3:ListBucket", f"arn:aws:s3:::{BUCKET}")


def test_a_bucket_in_another_region_is_told_as_that(aws: Emulator) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    boto(aws, "s3", "eu-west-1").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    with pytest.raises(ConfigError, match="it is in eu-west-1, while the plan's region is us-east-1"):
        applied(FILE)


def test_a_bucket_that_is_not_to_be_created_has_to_be_there(aws: Emulator) -> None:
    file = plan_file(aws={"create_buckets": False})
    with pytest.raises(ConfigError, match=f"there is no bucket {BUCKET}"):
        applied(file)
    boto(aws, "s3").create_bucket(Bucket=BUCKET)
    assert applied(file)["bucket"] == "left"


def test_objects_that_may_not_go_are_told_and_end_the_removal(aws: Emulator) -> None:
    applied(FILE)
    boto(aws, "s3").put_object(Bucket=BUCKET, Key="kept", Body=b"x")
    policy = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    boto(aws, "s3").put_bucket_policy(Bucket=BUCKET, Policy=document)
    held = {one.resource.kind: one for one in provisioning.destroy(FILE, clients(FILE), data=True)}["bucket"]
    assert held.outcome == "failed"
    assert "could not be removed" in held.why


# secrets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ('{"username": "token", "password": "x"}', "it has no key user"),
        ('{"token": "x"}', "it has no key password and no key user"),
        ("AstraCS:just:text", "it holds no JSON object of texts"),
        ('{"user": "token", "password": 5}', "it holds no JSON object of texts"),
    ],
)
def test_a_secret_with_other_keys_is_refused(aws: Emulator, held: str, told: str) -> None:
    boto(aws, "secretsmanager").create_secret(Name="AstraGlueCreds", SecretString=held)
    with pytest.raises(ConfigError, match=told):
        applied(plan_file(aws={"secret": "AstraGlueCreds"}))


@pytest.mark.usefixtures("aws")
def test_a_secret_that_the_source_points_to_has_to_be_there() -> None:
    file = plan_file(source={**SOURCE, "token": "secretsmanager:AstraGlueCreds#password"})
    with pytest.raises(ConfigError, match="there is no secret AstraGlueCreds"):
        applied(file)


@pytest.mark.usefixtures("aws")
def test_a_token_that_is_not_set_leaves_the_rest_standing_and_is_named() -> None:
    told = {one.resource.kind: one for one in provisioning.apply(plan_file(token=None), opened(token=None))}
    assert outcomes(told.values())["secret"] == "failed"
    assert outcomes(told.values())["job"] == "created"
    assert "'ASTRA_TOKEN' is not set" in str(told["secret"].error)
    assert applied(plan_file())["secret"] == "created"


# quotas, waits, passing faults ---------------------------------------------------------------------------


def test_a_full_quota_is_told_as_that(aws: Emulator) -> None:
    aws.add(
        faults=[
            error("ResourceNumberLimitExceededException", "Job limit exceeded", operation="CreateJob"),
            error("InvalidRequestException", "limit", operation="CreateWorkGroup", service="athena"),
            error("LimitExceeded", "Cannot exceed quota", operation="CreateRole", service="iam", status=409, times=1),
        ]
    )
    told = done()
    assert [kind for kind, one in told.items() if one.outcome == "failed"] == ["workgroup", "role"]
    told |= done()
    for kind in ("workgroup", "job"):
        failed = told[kind].error
        assert isinstance(failed, RemoteError)
        assert "there may be no more of it" in failed.what
        assert "Service Quotas" in failed.hint


def test_a_new_role_is_waited_for(aws: Emulator) -> None:
    aws.add(faults=[error("InvalidInputException", NO_ROLE_YET, operation="CreateJob", times=1)])
    assert applied(FILE)["job"] == "created"
    assert [call.error for call in aws.calls("CreateJob")] == ["InvalidInputException", ""]


def test_other_invalid_input_is_not_waited_for(aws: Emulator) -> None:
    aws.add(faults=[error("InvalidInputException", "Worker type G.9X is not there", operation="CreateJob")])
    assert done()["job"].outcome == "failed"
    assert len(aws.calls("CreateJob")) == 1


def test_answers_that_are_lost_leave_one_of_each_resource_and_it_is_ours(aws: Emulator) -> None:
    aws.add(
        faults=[
            Fault(FaultKind.RESET, operation="CreateJob", times=1),
            Fault(FaultKind.RESET, operation="CreateConnection", times=1),
            Fault(FaultKind.RESET, operation="CreateDatabase", times=1),
            Fault(FaultKind.RESET, service="iam", operation="CreateRole", times=1),
            Fault(FaultKind.RESET, service="secretsmanager", operation="CreateSecret", times=1),
            Fault(FaultKind.RESET, service="s3", operation="PUT", path=BUCKET, query="", times=1),
            Fault(FaultKind.RESET, service="athena", operation="CreateWorkGroup", times=1),
        ]
    )
    assert applied(FILE) == dict.fromkeys(ALL, "created")
    assert actions(FILE) == dict.fromkeys(ALL, "leave")
    assert len([call for call in aws.calls() if call.fault == "reset"]) == len(ALL)


def test_what_an_apply_left_half_made_is_known_and_finished(aws: Emulator) -> None:
    aws.add(
        faults=[
            error("InternalError", "no", service="s3", operation="PUT", path=BUCKET, query="*encryption*", status=400),
            error("ServiceFailure", "no", service="iam", operation="PutRolePolicy"),
        ]
    )
    told = applied(FILE)
    assert (told["bucket"], told["role"], told["job"]) == ("failed", "failed", "waiting")
    aws.change(faults=[])
    assert {kind: one for kind, one in actions(FILE).items() if one == "finish"} == {
        "bucket": "finish",
        "role": "finish",
    }
    assert planned(FILE)["role"].why == "an apply ended in the middle of it, or is at work"
    told = applied(FILE)
    assert (told["bucket"], told["role"], told["job"]) == ("updated", "updated", "created")
    assert actions(FILE) == dict.fromkeys(ALL, "leave")


# two at once ---------------------------------------------------------------------------------------------


def test_an_apply_that_finds_another_at_work_changes_nothing_and_says_who(aws: Emulator) -> None:
    boto(aws, "s3").create_bucket(Bucket=BUCKET)
    lease = Lease(clients(FILE), f"s3://{BUCKET}/tables/_gluepot")
    lease.take()
    told = done()
    assert outcomes(told.values()) == {**dict.fromkeys(ALL, "waiting"), "bucket": "left", "secret": "failed"}
    busy = told["secret"].error
    assert isinstance(busy, BusyError)
    assert f"holds s3://{BUCKET}/tables/_gluepot/aws.lease" in busy.why
    assert boto(aws, "iam").list_roles()["Roles"] == []
    with pytest.raises(BusyError):
        destroyed(FILE)
    lease.release()
    assert applied(FILE)["job"] == "created"


def test_an_apply_that_died_holds_nobody_up_for_long(aws: Emulator) -> None:
    boto(aws, "s3").create_bucket(Bucket=BUCKET)
    place = f"s3://{BUCKET}/tables/_gluepot"
    dead = Lease(clients(FILE), place)
    dead.take()
    with pytest.raises(BusyError):
        Lease(clients(FILE), place).take()
    heir = Lease(clients(FILE), place, seconds=-1)
    heir.take()
    with pytest.raises(BusyError, match="has taken over"):
        dead.beat()
    dead.release()
    assert heir.is_held
    heir.beat()


def test_a_lease_whose_answer_was_lost_is_held_all_the_same(aws: Emulator) -> None:
    boto(aws, "s3").create_bucket(Bucket=BUCKET)
    aws.add(faults=[Fault(FaultKind.RESET, service="s3", operation="PUT", path="*.lease", times=1)])
    lease = Lease(clients(FILE), f"s3://{BUCKET}/a")
    lease.take()
    lease.beat()
    lease.release()
    assert "Contents" not in boto(aws, "s3").list_objects_v2(Bucket=BUCKET)


def test_two_applies_at_once_make_everything_once(aws: Emulator) -> None:
    told: list[tuple[Done, ...]] = []
    gate = threading.Barrier(2)
    accounts = [provisioning.open_account(FILE) for _ in range(2)]

    def work(number: int) -> None:
        planned = provisioning.plan(FILE, accounts[number])
        lease = Lease(accounts[number], planned.names.assets)
        gate.wait()
        told.append(Applying(accounts[number], STACK, lease=lease).run(planned.changes))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [one.error for each in told for one in each if one.error is not None]
    assert all(isinstance(one, BusyError) for one in errors)
    assert applied(FILE).keys() == set(ALL)
    assert actions(FILE) == dict.fromkeys(ALL, "leave")
    assert len(boto(aws, "iam").list_roles()["Roles"]) == 1


# running jobs ----------------------------------------------------------------------------------------------


def test_a_job_that_runs_is_not_removed(aws: Emulator) -> None:
    applied(FILE)
    aws.change(glue_jobs=GlueJobs(starting_seconds=600))
    script = f"s3://{BUCKET}/tables/_gluepot/scripts/gluepot_load.py"
    boto(aws, "s3").put_object(Bucket=BUCKET, Key=script.partition(BUCKET)[2].lstrip("/"), Body=b"pass")
    boto(aws, "glue").start_job_run(JobName=JOB)
    told = {one.resource.kind: one for one in provisioning.destroy(FILE, clients(FILE))}
    assert (told["job"].outcome, told["role"].outcome) == ("failed", "waiting")
    assert "is under way" in str(told["job"].error)


# secrets in nothing ------------------------------------------------------------------------------------------


def test_the_token_is_in_no_resource_but_the_secret(aws: Emulator) -> None:
    for one in stack(FILE, DEFAULT_ACCOUNT):
        assert TOKEN not in repr(one)
    applied(FILE)
    assert TOKEN not in repr(clients(FILE).secret)
    described = repr(boto(aws, "secretsmanager").describe_secret(SecretId=SECRET))
    shown = repr(boto(aws, "glue").get_job(JobName=JOB)) + repr(boto(aws, "iam").get_role(RoleName=ROLE)) + described
    assert TOKEN not in shown
    page = boto(aws, "s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())
    assert all(
        TOKEN.encode() not in boto(aws, "s3").get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in page
    )
