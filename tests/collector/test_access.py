"""The policies ask for exactly what a collection needs."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gluepot.collector.access.policy import missing_assume, missing_permission, policy
from gluepot.collector.access.template import role_template
from gluepot.config import Config, from_mapping
from gluepot.errors import ConfigError

PAGE = {"catalogId": "123456789012", "regions": ["ap-southeast-2"]}
BASE = "arn:aws:glue:ap-southeast-2:123456789012"


def by_sid(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_the_policy_is_the_pages_two_actions_the_proofs_and_what_else_there_is() -> None:
    """What a security team strikes stands in statements of its own."""
    statements = by_sid(policy(from_mapping({**PAGE, "shared": "none"})))
    assert {sid: statement["Action"] for sid, statement in statements.items()} == {
        "ListDatabases": ["glue:GetDatabases"],
        "ReadTables": ["glue:GetTables"],
        "ProveDeletions": ["glue:GetDatabase", "glue:GetTable"],
        "FindNestedCatalogs": ["glue:GetCatalogs"],
    }
    assert statements["FindNestedCatalogs"]["Resource"] == [f"{BASE}:catalog"]
    assert statements["ListDatabases"]["Resource"] == [f"{BASE}:catalog", f"{BASE}:database/*"]
    assert statements["ReadTables"]["Resource"] == [f"{BASE}:catalog", f"{BASE}:database/*", f"{BASE}:table/*/*"]
    assert {statement["Effect"] for statement in statements.values()} == {"Allow"}


def test_globs_narrow_the_tables_and_never_the_listing() -> None:
    config = from_mapping(
        {**PAGE, "databases": {"include": ["Sales_*", "h[!a]r"]}, "tables": {"include": ["o?", "x.y"]}}
    )
    statements = by_sid(policy(config))
    assert statements["ListDatabases"]["Resource"][-1] == f"{BASE}:database/*"
    assert statements["ReadTables"]["Resource"] == [
        f"{BASE}:catalog",
        *(f"{BASE}:database/{name}" for name in ("sales_*", "h?r", "x")),
        *(f"{BASE}:table/{name}" for name in ("sales_*/o?", "h?r/o?", "sales_*/x.y", "h?r/x.y", "x/y")),
    ]


def test_very_many_globs_become_one_wildcard() -> None:
    """A policy has a size; one that AWS refuses helps nobody."""
    config = from_mapping({**PAGE, "databases": {"include": [f"d{number}" for number in range(200)]}})
    assert by_sid(policy(config))["ReadTables"]["Resource"][1:] == [f"{BASE}:database/*", f"{BASE}:table/*/*"]


NAMES = st.text("abxyz_.*?[]!$", min_size=1, max_size=6)
PLAIN = st.text("abxyz_", min_size=1, max_size=5)


@given(st.lists(NAMES, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=3), PLAIN, PLAIN | NAMES)
def test_every_table_that_the_globs_read_is_allowed(
    databases: list[str], tables: list[str], database: str, table: str
) -> None:
    """Wildcards of IAM cross slashes; a table is a part of its ARN, so the pattern may not be too narrow."""
    config = from_mapping({**PAGE, "databases": {"include": databases}, "tables": {"include": tables}})
    if config.databases.matches(database) and config.tables.matches(table, database=database):
        allowed = by_sid(policy(config))["ReadTables"]["Resource"]
        for needed in (f"{BASE}:database/{database}", f"{BASE}:table/{database}/{table}"):
            assert any(fnmatchcase(needed, resource.replace("[", "[[]")) for resource in allowed)


def test_every_region_and_account_is_named_with_its_partition() -> None:
    config = from_mapping(
        {
            "shared": "none",
            "accounts": [
                {"server": "a", "role": "arn:aws:iam::111111111111:role/A", "regions": ["eu-west-1", "us-east-1"]},
                {"server": "b", "role": "arn:aws-cn:iam::222222222222:role/B", "regions": ["cn-north-1"]},
            ],
        }
    )
    listed = by_sid(policy(config))["ListDatabases"]["Resource"]
    assert [name for name in listed if name.endswith(":catalog")] == [
        "arn:aws:glue:eu-west-1:111111111111:catalog",
        "arn:aws:glue:us-east-1:111111111111:catalog",
        "arn:aws-cn:glue:cn-north-1:222222222222:catalog",
    ]
    only = by_sid(policy(config, server="b"))
    assert only["ListDatabases"]["Resource"][0] == "arn:aws-cn:glue:cn-north-1:222222222222:catalog"
    assert only["AssumeNextRole"]["Resource"] == ["arn:aws-cn:iam::222222222222:role/B"]
    with pytest.raises(ConfigError, match="no server 'c'") as caught:
        policy(config, server="c")
    assert caught.value.hint == "its servers are: a, b"


def test_an_unknown_account_is_a_wildcard_and_a_partition_can_be_given() -> None:
    listed = by_sid(policy(Config(regions=("us-east-1",)), partition="aws-us-gov"))["ListDatabases"]["Resource"]
    assert listed[0] == "arn:aws-us-gov:glue:us-east-1:*:catalog"


def test_a_nested_catalog_is_named_with_its_parent() -> None:
    config = from_mapping({**PAGE, "catalogId": "123456789012:s3tablescatalog/bucket"})
    statements = by_sid(policy(config))
    assert "FindNestedCatalogs" not in statements
    assert statements["ReadTables"]["Resource"] == [
        f"{BASE}:catalog",
        f"{BASE}:catalog/s3tablescatalog/bucket",
        f"{BASE}:database/s3tablescatalog/bucket/*",
        f"{BASE}:table/s3tablescatalog/bucket/*/*",
    ]


@pytest.mark.parametrize(("shared", "expected"), [("auto", True), ("all", True), ("none", False)])
def test_shared_databases_are_asked_for_only_where_wanted(shared: str, expected: bool) -> None:  # noqa: FBT001 - a parametrized fact
    statements = by_sid(policy(from_mapping({**PAGE, "shared": shared})))
    assert ("ReadSharedDatabases" in statements) is expected
    if expected:
        assert statements["ReadSharedDatabases"]["Resource"][-1] == "arn:aws:glue:ap-southeast-2:*:table/*/*"


def test_every_role_of_a_chain_can_be_assumed() -> None:
    chain = ["arn:aws:iam::111111111111:role/Hub", "arn:aws:iam::222222222222:role/Spoke"]
    statements = by_sid(policy(from_mapping({"role": chain, "regions": ["eu-west-1"]})))
    assert statements["AssumeNextRole"]["Action"] == ["sts:AssumeRole"]
    assert statements["AssumeNextRole"]["Resource"] == chain
    assert statements["ReadTables"]["Resource"][0] == "arn:aws:glue:eu-west-1:222222222222:catalog"
    assert "AssumeNextRole" not in by_sid(policy(from_mapping(PAGE)))


def test_s3_is_opened_below_the_prefix_only() -> None:
    statements = by_sid(policy(from_mapping(PAGE), s3_prefix="s3://data-lake/raw/sales/"))
    assert statements["ReadObjects"]["Resource"] == ["arn:aws:s3:::data-lake/raw/sales/*"]
    assert statements["ListObjects"]["Resource"] == ["arn:aws:s3:::data-lake"]
    assert statements["ListObjects"]["Condition"] == {"StringLike": {"s3:prefix": ["raw/sales", "raw/sales/*"]}}
    whole = by_sid(policy(from_mapping(PAGE), s3_prefix="data-lake"))
    assert whole["ReadObjects"]["Resource"] == ["arn:aws:s3:::data-lake/*"]
    assert "Condition" not in whole["ListObjects"]


@pytest.mark.parametrize("prefix", ["s3://", "gs://b/c", "s3://b*/c", "s3://bucket/*", "s3://bucket/${x}", "B/c"])
def test_a_prefix_without_a_bucket_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigError, match="not a bucket and a prefix"):
        policy(from_mapping(PAGE), s3_prefix=prefix)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("GetDatabases",), ("glue:GetDatabases", "catalog")),
        (("GetDatabase", "db"), ("glue:GetDatabase", "database/db")),
        (("GetTables", "db"), ("glue:GetTables", "table/db/*")),
        (("GetTable", "db", "t"), ("glue:GetTable", "table/db/t")),
    ],
)
def test_a_missing_permission_is_named_exactly(arguments: tuple[str, ...], expected: tuple[str, str]) -> None:
    operation, *names = arguments
    action, resource = missing_permission(operation, "ap-southeast-2", "123456789012", "aws", *names)
    assert (action, resource) == (expected[0], f"{BASE}:{expected[1]}")


def test_a_missing_permission_in_a_nested_catalog_names_that_catalog() -> None:
    place = ("ap-southeast-2", "123456789012:a/b", "aws")
    assert missing_permission("GetDatabases", *place)[1] == f"{BASE}:catalog/a/b"
    assert missing_permission("GetTables", *place, "db")[1] == f"{BASE}:table/a/b/db/*"
    role = "arn:aws:iam::123456789012:role/X"
    assert missing_assume(role) == ("sts:AssumeRole", role)


class CloudFormation(yaml.SafeLoader):
    """Reads the short forms as the long ones."""


def as_function(loader: yaml.SafeLoader, suffix: str, node: yaml.ScalarNode) -> dict[str, Any]:
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": loader.construct_scalar(node)}


CloudFormation.add_multi_constructor("!", as_function)


def read(template: str) -> dict[str, Any]:
    parsed = yaml.load(template, Loader=CloudFormation)
    assert isinstance(parsed, dict)
    return parsed


def role_of(template: str) -> dict[str, Any]:
    properties = read(template)["Resources"]["CollectorRole"]["Properties"]
    assert isinstance(properties, dict)
    return properties


def test_the_template_is_the_pages_role() -> None:
    template = role_template(from_mapping(PAGE), principal="999999999999")
    role = role_of(template)
    assert (role["MaxSessionDuration"], role["Path"], role["RoleName"]) == (43200, "/", {"Ref": "RoleName"})
    parameters = read(template)["Parameters"]
    assert parameters["RoleName"]["Default"] == "KadaGlueRole"
    assert parameters["TrustedPrincipal"]["Default"] == "arn:aws:iam::999999999999:root"
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {"Effect": "Allow", "Principal": {"AWS": {"Ref": "TrustedPrincipal"}}, "Action": "sts:AssumeRole"}
    assert read(template)["Outputs"]["RoleArn"]["Value"] == {"Fn::GetAtt": "CollectorRole.Arn"}


def test_the_templates_policy_is_the_policy() -> None:
    config = from_mapping(PAGE)
    inline = role_of(role_template(config, principal="999999999999"))["Policies"][0]["PolicyDocument"]
    assert inline == policy(config)


def test_without_an_account_the_template_means_its_own() -> None:
    template = role_template(from_mapping({"regions": ["us-gov-west-1"]}), principal="999999999999")
    statements = by_sid(role_of(template)["Policies"][0]["PolicyDocument"])
    own = {"Fn::Sub": "arn:aws-us-gov:glue:us-gov-west-1:${AWS::AccountId}:catalog"}
    assert statements["ReadTables"]["Resource"][0] == own
    assert statements["ReadSharedDatabases"]["Resource"][0] == "arn:aws-us-gov:glue:us-gov-west-1:*:catalog"
    assert read(template)["Parameters"]["TrustedPrincipal"]["Default"] == "arn:aws-us-gov:iam::999999999999:root"


def test_an_external_id_becomes_a_condition_and_a_secret_one_a_parameter() -> None:
    given_now = role_of(role_template(from_mapping(PAGE), principal="999999999999", external_id="tenant:7"))
    (trust,) = given_now["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "tenant:7"}}
    config = from_mapping({"role": "arn:aws:iam::123456789012:role/deep/Mine", "external_id": "s3kr3t"})
    template = role_template(config, principal="999999999999")
    (trust,) = role_of(template)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    assert read(template)["Parameters"]["ExternalId"]["NoEcho"] is True
    assert read(template)["Parameters"]["RoleName"]["Default"] == "Mine"
    assert "s3kr3t" not in template


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"principal": "everyone"}, "neither an account id nor an ARN"),
        ({"principal": "*"}, "neither an account id nor an ARN"),
        ({"principal": "999999999999", "external_id": "x"}, "external id cannot be"),
        ({"principal": "999999999999", "external_id": "a b"}, "external id cannot be"),
    ],
)
def test_a_template_that_would_trust_the_wrong_one_is_refused(arguments: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        role_template(from_mapping(PAGE), **arguments)


def test_a_template_is_for_one_account() -> None:
    config = from_mapping({"accounts": [{"server": "a", "catalogId": "1"}, {"server": "b", "catalogId": "2"}]})
    with pytest.raises(ConfigError, match="belongs to one account") as caught:
        role_template(config, principal="999999999999")
    assert "choose a server: a, b" in caught.value.hint
    assert ":2:catalog" in role_template(config, principal="999999999999", server="b")


@pytest.mark.parametrize(
    ("mapping", "arguments"),
    [
        (PAGE, {}),
        ({"regions": ["us-gov-west-1", "us-gov-east-1"]}, {"external_id": "tenant:7", "s3_prefix": "s3://lake/raw"}),
        (
            {
                "role": "arn:aws:iam::123456789012:role/Mine",
                "external_id": "env:X",
                "databases": {"include": ["a", "b*"]},
            },
            {},
        ),
    ],
)
@pytest.mark.filterwarnings("default")  # cfn-lint's own modules warn of deprecations while they load
def test_the_template_is_valid_under_cfn_lint(mapping: dict[str, Any], arguments: dict[str, str]) -> None:
    from cfnlint.api import lint_all

    template = role_template(from_mapping(mapping), principal="999999999999", **arguments)
    # as the cfn-lint command does, leave out what is informational (I...)
    found = [f"{match.rule.id} {match.message}" for match in lint_all(template)]
    assert [line for line in found if not line.startswith("I")] == []
