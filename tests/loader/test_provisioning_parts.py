"""The parts of provisioning that ask nobody: names, resources, policies, differences, waiting, refusals, prices."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from gluepot.aws.arn import Arns
from gluepot.aws.faults import error_of, is_missing, is_taken, statement
from gluepot.errors import ConfigError, CredentialsError, DeniedError, RemoteError, ThrottledError
from gluepot.loader.plan import readfile
from gluepot.loader.stack.credential import Credential, credential_of
from gluepot.loader.stack.jobpolicy import job_policy, outermost, storage_statements
from gluepot.loader.stack.names import names, shortened
from gluepot.loader.stack.prices import prices
from gluepot.loader.stack.stack import left_over, stack
from gluepot.provision.changes import compared
from gluepot.provision.differences import differences
from gluepot.provision.resource import APPLIED, KINDS, STACK, ExistingResource, Resource, fingerprint, kind_of, ordered
from gluepot.provision.waiting import TRIES, once_assumable
from gluepot.secret import Secret

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile

ACCOUNT = "123456789012"
TOKEN = "AstraCS:T0ken-of-nobody"
SOURCE = {"keyspace": "shop", "database": "astraglue_db", "token": "env:ASTRA_TOKEN"}
TARGET = {"database": "lake", "location": "s3://our-lake/tables", "region": "eu-west-1"}
NETWORK = {"subnet": "subnet-1", "security_groups": ["sg-1"]}


def plan_file(engine: str = "glue", target: dict[str, Any] | None = None, **sections: Any) -> PlanFile:
    plain = {"source": SOURCE, **sections, "target": {**TARGET, **(target or {})}}
    file = readfile.from_mapping(plain)
    source = msgspec.structs.replace(file.source, token=Secret("env:ASTRA_TOKEN", {"ASTRA_TOKEN": TOKEN}))
    return msgspec.structs.replace(file, engine=engine, source=source)


# names ---------------------------------------------------------------------------------------------------


def test_names_follow_the_database_unless_the_plan_names_them() -> None:
    found = names(plan_file())
    assert (found.name, found.role, found.job) == ("gluepot-lake", "gluepot-lake-job", "gluepot-lake-load")
    assert (found.assets, found.results) == ("s3://our-lake/tables/_gluepot", "s3://our-lake/tables/_athena")
    assert found.stack == "gluepot-lake/eu-west-1"
    given = names(plan_file(aws={"name": "n", "role": "r", "secret": "s", "workgroup": "w", "assets": "s3://a-b/c/"}))
    assert (given.role, given.secret, given.workgroup, given.job) == ("r", "s", "w", "n-load")
    assert given.assets == "s3://a-b/c"


def test_long_names_stay_within_what_iam_takes_and_stay_apart() -> None:
    one, other = (names(plan_file(target={"database": f"{'d' * 200}_{end}"})) for end in ("a", "b"))
    assert len(one.role) <= 64
    assert one.role != other.role
    assert one.role.startswith("gluepot-ddd")


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_-", max_size=300))
def test_shortened_names_are_never_too_long(name: str) -> None:
    assert len(shortened(name)) <= 48
    assert shortened(name) == name or len(name) > 48


def test_the_secrets_usual_name_is_none_that_aws_mistakes_for_an_arns_end() -> None:
    assert not re.fullmatch(r".*-\w{6}", names(plan_file()).secret)


# resources -------------------------------------------------------------------------------------------------


def test_every_kind_has_its_module() -> None:
    for kind in KINDS:
        module = kind_of(Resource(kind, "name", {}))
        assert all(callable(getattr(module, name)) for name in ("read", "create", "update", "delete", "tag"))


def test_wanted_is_plain_json_without_the_token() -> None:
    for one in stack(plan_file(aws={"network": NETWORK}), ACCOUNT):
        text = json.dumps(one.wanted)
        assert TOKEN not in text
        assert json.loads(text) == one.wanted


def test_one_bucket_is_made_once_and_several_each() -> None:
    one = [r.name for r in stack(plan_file(), ACCOUNT) if r.kind == "bucket"]
    several = plan_file(aws={"assets": "s3://our-assets/a", "results": "s3://our-results"})
    assert one == ["our-lake"]
    assert [r.name for r in stack(several, ACCOUNT) if r.kind == "bucket"] == ["our-lake", "our-assets", "our-results"]


def test_everything_comes_behind_what_it_needs() -> None:
    found = ordered(reversed(stack(plan_file(aws={"network": NETWORK}), ACCOUNT)))
    for at, one in enumerate(found):
        assert set(one.needs) <= {before.key for before in found[:at]}


def test_a_plan_and_its_left_overs_are_never_the_same_resource() -> None:
    for engine in ("local", "glue"):
        for aws in ({}, {"network": NETWORK}):
            file = plan_file(engine, aws=aws)
            assert not {one.key for one in stack(file, ACCOUNT)} & {one.key for one in left_over(file)}


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": {"c": [1], "d": 2}}) == fingerprint({"b": {"d": 2, "c": [1]}, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})


# policies ---------------------------------------------------------------------------------------------------


def policy(**sections: Any) -> dict[str, Any]:
    file = plan_file(**sections)
    return {one["Sid"]: one for one in job_policy(file, names(file), ACCOUNT)["Statement"]}


def test_the_role_may_use_one_prefix_one_database_one_secret_and_nothing_whole() -> None:
    found = policy()
    assert found["UseObjects"]["Resource"] == ["arn:aws:s3:::our-lake/tables/*"]
    assert found["ListBucket"]["Condition"] == {"StringLikeIfExists": {"s3:prefix": ["tables", "tables/*"]}}
    assert found["ReadSecret"]["Resource"] == [
        f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:gluepot-lake-credentials-??????"
    ]
    assert found["UseTables"]["Resource"][1:] == [
        f"arn:aws:glue:eu-west-1:{ACCOUNT}:database/lake",
        f"arn:aws:glue:eu-west-1:{ACCOUNT}:table/lake/*",
    ]
    actions = [action for one in found.values() for action in one["Action"]]
    assert [action for action in actions if "*" in action] == []
    assert [sid for sid, one in found.items() if "*" in one["Resource"]] == ["WriteMetrics"]


def test_a_key_of_kms_and_a_vpc_add_what_they_need() -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/abc"
    found = policy(aws={"kms_key": key, "network": NETWORK})
    assert found["UseKey"]["Resource"] == [key]
    assert found["ReadConnection"]["Resource"][1].endswith("connection/gluepot-lake-network")
    assert "ec2:CreateNetworkInterface" in found["JoinNetwork"]["Action"]


def test_a_policy_fits_into_a_role() -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{'k' * 36}"
    long = "p" * 200
    file = plan_file(
        target={"database": "d" * 200, "location": f"s3://{'b' * 60}/{long}"},
        aws={"kms_key": key, "network": NETWORK, "assets": f"s3://{'a' * 60}/{long}"},
    )
    assert len(json.dumps(job_policy(file, names(file), ACCOUNT), separators=(",", ":"))) < 10_240


def test_assets_in_another_bucket_are_listed_there_only_below_their_prefix() -> None:
    found = storage_statements(Arns("cn-north-1", ACCOUNT), ["s3://one/a", "s3://two/b", "s3://one/a/b"])
    assert [(one["Sid"], one["Resource"]) for one in found] == [
        ("ListBucket1", ["arn:aws-cn:s3:::one"]),
        ("ListBucket2", ["arn:aws-cn:s3:::two"]),
        ("UseObjects", ["arn:aws-cn:s3:::one/a/*", "arn:aws-cn:s3:::two/b/*"]),
    ]


def test_a_whole_bucket_is_listed_whole() -> None:
    listing, using = storage_statements(Arns("eu-west-1", ACCOUNT), ["s3://one", "s3://one/a"])
    assert "Condition" not in listing
    assert using["Resource"] == ["arn:aws:s3:::one/*"]


def test_places_inside_others_are_left_out_and_neighbours_stay() -> None:
    assert outermost(["s3://a/x", "s3://a/x/y", "s3://a/xy"]) == ["s3://a/x/", "s3://a/xy/"]


# differences ------------------------------------------------------------------------------------------------


def test_differences_name_places_and_statements_by_their_sid() -> None:
    before = {"policy": {"Statement": [{"Sid": "A", "Action": "x"}, {"Sid": "B", "Action": "y"}]}, "same": [1]}
    after = {"policy": {"Statement": [{"Sid": "B", "Action": "z"}]}, "same": [1], "new": 5}
    found = {one.path: (one.before, one.after) for one in differences(before, after)}
    assert found == {
        "policy.Statement.A": ({"Sid": "A", "Action": "x"}, None),
        "policy.Statement.B.Action": ("y", "z"),
        "new": (None, 5),
    }


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), PLAIN, max_size=4))
def test_nothing_differs_from_itself(plain: dict[str, Any]) -> None:
    assert list(differences(plain, plain)) == []


# what becomes of a resource -------------------------------------------------------------------------------------


WANTED = Resource("job", "j", {"workers": 2})


def found(state: dict[str, Any], applied: str, stack: str = "s") -> ExistingResource:
    return ExistingResource(state, {STACK: stack, APPLIED: applied})


@pytest.mark.parametrize(
    ("now", "action"),
    [
        (None, "create"),
        (found({"workers": 2}, fingerprint({"workers": 2})), "leave"),
        (found({"workers": 5}, fingerprint({"workers": 5})), "update"),
        (found({"workers": 5}, fingerprint({"workers": 2})), "drift"),
        (found({"workers": 5}, fingerprint({"workers": 9})), "drift"),
        (found({"workers": 2}, fingerprint({"workers": 5})), "update"),  # by hand what the plan says by now
        (found({"workers": 5}, "unfinished/abc"), "finish"),
        (found({"workers": 2}, fingerprint({"workers": 2}), stack="other"), "conflict"),
        (ExistingResource({"workers": 2}), "conflict"),
        (ExistingResource({"workers": 2}, {STACK: "s"}, problems=("broken",)), "conflict"),
    ],
)
def test_what_becomes_of_a_resource(now: ExistingResource | None, action: str) -> None:
    assert compared(WANTED, now, "s").action == action


# waiting ---------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes only where it is slept through."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.naps.append(seconds)
        self.now += seconds


def refused(message: str, code: str = "InvalidInputException") -> RemoteError:
    return RemoteError("CreateJob failed", f"{code}: {message}", code=code)


def test_a_role_that_cannot_be_assumed_is_given_up_after_the_limit() -> None:
    clock, told = Clock(), list[str]()

    def call() -> None:
        raise refused("Service is unable to assume provided role. Please verify role's TrustPolicy")

    with pytest.raises(RemoteError, match="cannot be assumed, 90 seconds after it was made") as raised:
        once_assumable(call, tell=told.append, tries=replace(TRIES, sleep=clock.sleep), clock=lambda: clock.now)
    assert clock.naps[:5] == [1.0, 2.0, 4.0, 8.0, 10.0]
    assert 80 <= clock.now <= 90
    assert "glue.amazonaws.com" in raised.value.hint
    assert told[0] == "waiting until AWS Glue knows the new role"


@pytest.mark.parametrize(
    "error", [refused("Worker type G.9X"), refused("unable to assume role", code="AccessDeniedException")]
)
def test_other_refusals_are_not_waited_for(error: RemoteError) -> None:
    clock = Clock()

    def call() -> None:
        raise error

    with pytest.raises(RemoteError):
        once_assumable(call, tries=replace(TRIES, sleep=clock.sleep), clock=lambda: clock.now)
    assert clock.naps == []


# refusals --------------------------------------------------------------------------------------------------------


def client_error(code: str, message: str = "", status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Operation")


@pytest.mark.parametrize(
    ("code", "message", "kind", "told"),
    [
        ("AccessDeniedException", "", DeniedError, '"Action": "glue:CreateJob"'),
        ("403", "Forbidden", DeniedError, '"Resource": "arn:x"'),
        ("ResourceNumberLimitExceededException", "", RemoteError, "Service Quotas"),
        ("LimitExceededException", "", RemoteError, "Service Quotas"),
        ("InvalidRequestException", "You have reached the limit of workgroups", RemoteError, "Service Quotas"),
        ("ThrottlingException", "", ThrottledError, "quota"),
        ("ExpiredTokenException", "", CredentialsError, "renew"),
    ],
)
def test_refusals_say_what_to_do(code: str, message: str, kind: type[Exception], told: str) -> None:
    error = error_of(client_error(code, message), "glue", "CreateJob", "arn:x")
    assert isinstance(error, kind)
    assert told in error.hint


def test_a_denial_by_an_organisation_is_not_mended_by_a_statement_of_ones_own() -> None:
    why = (
        "User: arn:aws:iam::1:user/me is not authorized to perform: glue:CreateJob on resource: arn:x with an explicit"
    )
    error = error_of(client_error("AccessDeniedException", f"{why} deny in a service control policy"), "glue", "a", "b")
    assert error.hint.startswith("a service control policy denies it")


def test_the_action_that_iam_knows_is_named_not_the_operation() -> None:
    error = error_of(client_error("AccessDenied"), "s3", "HeadBucket", "arn:aws:s3:::b")
    assert isinstance(error, DeniedError)
    assert error.action == "s3:ListBucket"


def test_handing_a_role_to_glue_is_granted_for_glue_only() -> None:
    assert statement("iam:PassRole", "arn")["Condition"] == {
        "StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}
    }


def test_missing_and_taken_are_told_from_the_rest() -> None:
    assert is_missing(client_error("InvalidRequestException", "WorkGroup x is not found."))
    assert not is_missing(client_error("InvalidRequestException", "Invalid output location"))
    assert is_taken(client_error("InvalidRequestException", "WorkGroup is already created"))
    assert not is_taken(EndpointConnectionError(endpoint_url="http://x"))


# the credential ----------------------------------------------------------------------------------------------------


def test_a_credential_never_shows_itself() -> None:
    made = Credential("token", Secret(TOKEN))
    assert TOKEN not in f"{made!r} {made}"
    assert made.value() == ("token", TOKEN)


def test_a_reference_that_leads_nowhere_is_asked_for_once() -> None:
    asked = []

    def ask(what: str) -> str:
        asked.append(what)
        return "typed"

    made = Credential("token", Secret("env:NONE", {}), ask)
    assert made.at_hand() is None
    assert [made.value(), made.value()] == [("token", "typed")] * 2
    assert (asked, made.at_hand()) == (["token of the source"], ("token", "typed"))


def test_nothing_entered_is_no_secret() -> None:
    with pytest.raises(ConfigError, match="nothing was entered"):
        Credential("reader", Secret("env:NONE", {}), lambda _: "").value()


def test_without_anybody_to_ask_the_reference_is_named() -> None:
    with pytest.raises(ConfigError, match="'NONE' is not set"):
        Credential("token", Secret("env:NONE", {})).value()


def test_a_source_without_credentials_has_none() -> None:
    assert (
        credential_of(
            readfile.from_mapping({"source": {"keyspace": "k", "contact_points": ["h"]}, "target": TARGET}).source
        )
        is None
    )


# prices --------------------------------------------------------------------------------------------------------------


def test_a_run_costs_its_workers_for_a_minute_to_its_timeout() -> None:
    file = plan_file(glue={"worker_type": "G.2X", "workers": 10, "timeout_minutes": 90, "flex": True})
    found = {one.per: one.dollars for one in prices(file, names(file)) if one.what.startswith("job")}
    hour = 10 * 2 * 0.29
    assert found == pytest.approx({"hour of a run": hour, "run at the least": hour / 60, "run at the most": hour * 1.5})


def test_what_does_not_run_in_glue_has_no_price_of_a_job() -> None:
    file = plan_file("local")
    assert [one.per for one in prices(file, names(file))] == ["GB and month", "month", "TB scanned"]


# the plan file's section ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aws", "told"),
    [
        ({"name": "-x"}, "aws.name"),
        ({"name": "n" * 49}, "48 letters"),
        ({"role": "path/role"}, "no path"),
        ({"secret": "has space"}, "aws.secret"),
        ({"secret": "creds-abc123"}, "looks like part of an ARN"),
        ({"workgroup": "a b"}, "aws.workgroup"),
        ({"assets": "our-lake/x"}, "is no place in S3"),
        ({"results": "s3://Our_Lake/x"}, "cannot name a bucket"),
        ({"kms_key": "alias/mine"}, "arn:aws:kms"),
        ({"permissions_boundary": "Bounds"}, "arn:aws:iam"),
        ({"tags": {"gluepot:stack": "x"}}, "begins as tags of AWS"),
        ({"tags": {"AWS:x": "x"}}, "begins as tags of AWS"),
        ({"tags": {"a": "b" * 257}}, "cannot be a tag"),
        ({"tags": {"a": "<b>"}}, "cannot be a tag"),
        ({"tags": {str(number): "x" for number in range(41)}}, "40 at most"),
        ({"network": {"subnet": "s-1", "security_groups": ["sg-1"]}}, "is no subnet's id"),
        ({"network": {"subnet": "subnet-1", "security_groups": []}}, "is empty"),
        ({"network": {"subnet": "subnet-1", "security_groups": ["default"]}}, "is no security group's id"),
    ],
)
def test_what_cannot_be_in_aws_is_told_before_anything_is_asked(aws: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        plan_file(aws=aws)
    assert told in f"{raised.value} {raised.value.hint}"
