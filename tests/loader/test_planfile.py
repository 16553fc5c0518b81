"""A plan file is read whole, and everything wrong with it is said at once, as with the collector's configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gluepot.cassandra.source import Tls
from gluepot.config import Globs
from gluepot.errors import ConfigError
from gluepot.loader.core import planfile
from gluepot.loader.core.planfile import PlanFile, TableSection
from gluepot.loader.plan.readfile import from_mapping, read
from gluepot.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = {"keyspace": "shop", "contact_points": ["10.0.0.1"], "user": "reader", "password": "env:PW"}
ASTRA = {"keyspace": "shop", "database": "astraglue_db", "token": "env:ASTRA_TOKEN"}
TARGET = {"database": "shop", "location": "s3://our-lake/wh", "region": "eu-central-1"}
ROLE = "arn:aws:iam::123456789012:role/Loader"

TOML = """
engine = "local"

[source]
keyspace = "shop"
contact_points = ["10.0.0.1", "10.0.0.2"]
port = 9043
user = "reader"
password = "env:PW"
datacenter = "dc1"
consistency = "LOCAL_ONE"
tls = { ca = "ca.pem", verify = false }

[target]
database = "shop"
location = "s3://our-lake/wh"
region = "eu-central-1"
mode = "append"

[tables]
include = ["o*"]

[table.orders]
name = "all_orders"
rename = { userId = "user_id" }
drop = ["note"]
types.price = "decimal(12,2)"

[table.orders.derive]
total = "price * 2"

[limits]
requests_per_second = 100.5

[prices]
date = "2026-10-01"
"""

PLAN = PlanFile(
    source=planfile.SourceSection(
        keyspace="shop",
        contact_points=("10.0.0.1", "10.0.0.2"),
        port=9043,
        user="reader",
        password=Secret("env:PW"),
        datacenter="dc1",
        consistency="LOCAL_ONE",
        tls=Tls(ca="ca.pem", verify=False),
    ),
    target=planfile.TargetSection(database="shop", location="s3://our-lake/wh", region="eu-central-1", mode="append"),
    tables=Globs(include=("o*",)),
    table={
        "orders": TableSection(
            name="all_orders",
            rename={"userId": "user_id"},
            drop=("note",),
            types={"price": "decimal(12,2)"},
            derive={"total": "price * 2"},
        )
    },
    limits=planfile.LimitsSection(requests_per_second=100.5),
    prices=planfile.PricesSection(date="2026-10-01"),
)


def plan(**sections: Any) -> dict[str, Any]:
    return {"source": SOURCE, "target": TARGET, **sections}


def source(**keys: Any) -> dict[str, Any]:
    return plan(source={**SOURCE, **keys})


def astra(**keys: Any) -> dict[str, Any]:
    return plan(source={**ASTRA, **keys})


def target(**keys: Any) -> dict[str, Any]:
    return plan(target={**TARGET, **keys})


def refusal(mapping: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        from_mapping(mapping)
    return f"{caught.value} {caught.value.hint}"


def test_every_key_reaches_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(TOML)
    assert read(path) == PLAN


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_the_three_languages_say_the_same(tmp_path: Path, suffix: str) -> None:
    import tomllib

    path = tmp_path / f"plan{suffix}"
    path.write_text(json.dumps(tomllib.loads(TOML)))  # JSON is YAML too
    assert read(path) == PLAN


def test_what_is_left_out_is_what_most_loads_want() -> None:
    made = from_mapping(plan())
    assert (made.engine, made.target.format, made.target.mode, made.source.consistency) == (
        "local",
        "iceberg",
        "replace",
        "LOCAL_QUORUM",
    )
    assert made.of("orders") == TableSection()
    assert made.prices.date == planfile.PRICED_AT


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({}, ("source: is missing", "target: is missing")),
        (plan(sorce={}), ("sorce: is not a key", "did you mean 'source'")),
        (plan(tabel={"orders": {"drop": ["x"]}}), ("tabel: is not a key", "did you mean 'table'")),
        (plan(table={"orders": {"renames": {"a": "b"}}}), ("table.orders.renames: is not", "did you mean 'rename'")),
        (plan(table={"orders": {"drop": "note"}}), ("table.orders.drop: must be a list", '["note"]')),
        (plan(table={"orders": {"types": {"price": 2}}}), ("table.orders.types.price: must be text", "in quotes")),
        (plan(table={"orders": {"rename": ["a"]}}), ("table.orders.rename: must be a table of keys, not a list",)),
        (plan(table={"orders": "x"}), ("table.orders: must be an object, not 'x'",)),
        (plan(table={"orders": {1: 2}}), ("table.orders: a key must be text, not the number 1",)),
        (plan(table={5: {"drop": ["x"]}}), ("table: a key must be text, not the number 5", "in quotes")),
        (plan(table={"orders": {"types": {7: "string"}}}), ("table.orders.types: a key must be text",)),
        (plan(table={"orders": {"static": "splt"}}), ("table.orders.static: must be", "did you mean 'split'")),
        (plan(table={"o": {"name": "a\x00b"}}), ("table.o.name: holds a character that does not print",)),
        (plan(table={"o": {"partition": ["a\x1b"]}}), ("table.o.partition[0]: holds a character",)),
        (plan(engine="flink"), ("engine", "'local'")),
        (
            {**source(password="pw", user="me"), "engine": "spark"},
            ("engine: 'spark' tells other machines of source.password", "secret itself is written", "env:NAME"),
        ),
        (plan(engine="dask"), ("engine: must be 'local' or 'spark' or 'glue', not 'dask'",)),
        (plan(tables={"include": []}), ("tables.include: is an empty list",)),
        (plan(tables={"exclude": [" "]}), ("tables.exclude[0]: is blank",)),
        ({"target": TARGET, "source": {"contact_points": ["a"]}}, ("source.keyspace: is missing",)),
        (plan(source={"keyspace": "shop"}), ("source: names no cluster", "contact_points", "database and token")),
        (source(token="env:T"), ("source: is of Cassandra (contact_points, user, password) and of Astra (token)",)),
        (source(region="us-east1"), ("source.region: belongs to Astra, while the source is Cassandra",)),
        (source(port=70000), ("source.port: must be int <= 65535",)),
        (source(port="9042"), ("source.port: must be a whole number, not '9042'", "without quotes")),
        (source(password=None), ("source.password: is missing, while user is given",)),
        (source(user=""), ("source.user: is missing, while password is given",)),
        (source(contact_points=["10.0.0.1:9042"]), ("source.contact_points[0]: '10.0.0.1:9042' has a port", "port =")),
        (source(contact_points=["cql://a"]), ("source.contact_points[0]: 'cql://a' is no host",)),
        (source(contact_points=[""]), ("source.contact_points[0]: '' is no host",)),
        (source(contact_points="10.0.0.1"), ("source.contact_points: must be a list", '["10.0.0.1"]')),
        (source(consistency="LOCAL_QOURUM"), ("source.consistency: must be", "'LOCAL_QUORUM'")),
        (source(tls={"key": "k.pem"}), ("source.tls.cert: is missing, while key is given",)),
        (source(tls={"certificate": "k.pem"}), ("source.tls.certificate: is not a key",)),
        (source(password="vault:x"), ("source.password: is a reference of an unknown kind", "env:, file:")),
        (astra(token="AstraCS:abc:def"), ("source.token: is a token written out", "write env:ASTRA_TOKEN")),
        (astra(token=None), ("source.token: is missing", "env:ASTRA_TOKEN")),
        (astra(database=""), ("source.database: is missing", "bundle")),
        (astra(user="token"), ("source.user: belongs to Cassandra, while the source is Astra",)),
        (astra(token=4711), ("source.token: must be text, not a number",)),
        (astra(devops_url="http://api.example.org"), ("source.devops_url: would get the token unencrypted",)),
        (astra(devops_url="https://u:p@api.example.org"), ("source.devops_url: is not the address",)),
        ({"source": SOURCE, "target": {"region": "eu-west-1"}}, ("target.database: is missing", "target.location:")),
        (target(database="Shop"), ("target.database: 'Shop' cannot name a Glue database", "lower-case")),
        (target(table_prefix="Raw-"), ("target.table_prefix: 'Raw-' cannot begin",)),
        (target(location="our-lake/wh"), ("target.location: 'our-lake/wh' is no place in S3", "s3://BUCKET/PREFIX")),
        (target(location="s3://"), ("target.location: 's3://' is no place",)),
        (target(location="s3://Our_Lake/wh"), ("target.location: 'Our_Lake' cannot name a bucket",)),
        (target(location="s3://our-lake/a//b"), ("target.location: 'a//b' cannot be a prefix",)),
        (target(location="s3://our-lake/../b"), ("target.location: '../b' cannot be a prefix",)),
        (target(location="s3://our-lake/a b?c#d"), ("target.location:", "cannot be a prefix")),
        (target(region="frankfurt"), ("target.region: 'frankfurt' is not a region",)),
        (target(format="orc"), ("target.format: must be 'iceberg' or 'parquet', not 'orc'",)),
        (target(mode="upsert"), ("target.mode: must be 'replace' or 'append'",)),
        (target(key="AKIA"), ("target.secret: is missing, while key is given",)),
        (target(key="a", secret="b", profile="c"), ("target.profile: is given beside key and secret",)),
        (target(role="Loader"), ("target.role: 'Loader' is not the ARN of a role",)),
        (target(role=[ROLE, {"arn": "x"}]), ("target.role[1].arn: 'x' is not the ARN",)),
        (target(create_database="yes"), ("target.create_database: must be true or false, not 'yes'",)),
        (plan(limits={"requests_per_second": 0}), ("limits.requests_per_second: must be float > 0",)),
        (plan(limits={"requests_per_second": float("inf")}), ("limits.requests_per_second: must be finite",)),
        (plan(limits={"timeout": float("nan")}), ("limits.timeout: must be",)),
        (plan(limits={"in_flight": 1000}), ("limits.in_flight: must be int <= 256",)),
        (plan(limits={"range_mb": 0}), ("limits.range_mb: must be int >= 1",)),
        (plan(prices={"s3_gb_month": -1}), ("prices.s3_gb_month: must be float >= 0",)),
        (plan(prices={"athena_per_tb": float("inf")}), ("prices.athena_per_tb: must be finite",)),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_key(mapping: dict[str, Any], said: tuple[str, ...]) -> None:
    message = refusal(mapping)
    for part in said:
        assert part in message


@pytest.mark.parametrize(
    "keys", [{"tls": True}, {"contact_points": ["::1", "node-1.example.org"]}, {"user": "", "password": None}]
)
def test_what_is_unusual_but_right_is_taken(keys: dict[str, Any]) -> None:
    assert from_mapping(source(**keys)).source.contact_points


def test_a_bundle_needs_no_database_and_a_local_stand_in_no_encryption() -> None:
    made = from_mapping(astra(database="", bundle="scb.zip", devops_url="http://127.0.0.1:8443"))
    assert made.source.bundle == "scb.zip"


def test_all_mistakes_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        '[source]\nkeyspace = "shop"\ncontact_points = "a"\n[target]\ndatabase = "Shop"\nlocation = "x"\n'
        'region = "eu-west-1"\n[table.orders]\nfilters = "x"\n[prices]\ndate = 2026-01-01\n'
    )
    with pytest.raises(ConfigError) as caught:
        read(path)
    message = str(caught.value)
    assert "has 5 problems" in message
    assert "source.contact_points: must be a list, not 'a' (line 3)" in message
    assert "target.database: 'Shop' cannot name a Glue database (line 5)" in message
    assert "target.location: 'x' is no place in S3 (line 6)" in message
    assert "table.orders.filters: is not a key of the configuration (line 9); did you mean 'filter'?" in message
    assert "prices.date: must be text, not a value of type date (line 11); put it in quotes" in message
    assert caught.value.hint == "see: gluepot load schema"


def test_the_region_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert "target.region: is missing" in refusal(target(region=""))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert from_mapping(target(region="")).target.region == ""


def test_sql_may_go_over_several_lines() -> None:
    made = from_mapping(plan(table={"orders": {"filter": "a > 1\n\tAND b > 2", "derive": {"c": "a +\n b"}}}))
    assert made.of("orders").derive == {"c": "a +\n b"}


def test_a_missing_file_and_an_empty_one_lead_to_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no configuration file") as missing:
        read(tmp_path / "none.toml")
    assert "gluepot load init" in missing.value.hint
    (tmp_path / "a.yaml").write_text("")
    with pytest.raises(ConfigError, match="it is empty") as empty:
        read(tmp_path / "a.yaml")
    assert "gluepot load init" in empty.value.hint


def test_no_message_quotes_a_secret() -> None:
    message = refusal(
        plan(
            source={**ASTRA, "token": ["s3kr3t"], "tokn": "s3kr3t", "password": "s3kr3t"},
            target={
                **TARGET,
                "key": "vault:s3kr3t",
                "secret": 4711,
                "role": [{"arn": ROLE, "external_id": ["s3kr3t"]}],
            },
        )
    )
    assert "s3kr3t" not in message
    assert "4711" not in message


def test_a_plan_prints_without_its_secrets() -> None:
    made = from_mapping(
        plan(source={**SOURCE, "password": "s3kr3t"}, target={**TARGET, "key": "s3kr3t", "secret": "s3kr3t"})
    )
    from gluepot.config import masked

    assert "s3kr3t" not in f"{made!r} {made}"
    assert "s3kr3t" not in msgspec.json.encode(masked(made)).decode()
