"""Airflow's connections become keys of a configuration or a plan file, by the fields that Airflow's providers use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.conns import conn

from gluepot.airflow.connections import aws_keys, azure_keys, source_keys, store_keys
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from tests.support.conns import Conn

ROLE = "arn:aws:iam::123456789012:role/Reader"
KEYS = {"login": "AKIA1", "password": "secret-1"}


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (conn(**KEYS), {"key": "AKIA1", "secret": "secret-1"}),
        (conn(extra={"aws_access_key_id": "A", "aws_secret_access_key": "B"}), {"key": "A", "secret": "B"}),
        (conn(extra={"profile_name": "p", "region_name": "eu-west-1"}), {"profile": "p", "region": "eu-west-1"}),
        (conn(extra={"role_arn": ROLE}), {"role": [{"arn": ROLE}]}),
        (
            conn(**KEYS, extra={"role_arn": ROLE, "assume_role_kwargs": {"ExternalId": "x", "DurationSeconds": 900}}),
            {
                "key": "AKIA1",
                "secret": "secret-1",
                "role": [{"arn": ROLE, "external_id": "x", "session_duration": 900}],
            },
        ),
        (conn(extra={"config_kwargs": {"retries": {}}}), {}),
    ],
)
def test_an_aws_connection_gives_what_a_configuration_says(given: Conn, keys: dict[str, Any]) -> None:
    assert aws_keys(given) == keys


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (conn("wasb", login="acc", password="a2V5"), {"account": "acc", "account_key": "a2V5"}),
        (conn("wasb", login="acc", extra={"sas_token": "?sv=1&sig=s"}), {"account": "acc", "sas": "?sv=1&sig=s"}),
        (conn("adls", host="https://acc.blob.core.windows.net", password="k"), {"account": "acc", "account_key": "k"}),
        (
            conn("wasb", extra={"sas_token": "https://acc.blob.core.windows.net/?sv=1&sig=s"}),
            {"account": "acc", "sas": "sv=1&sig=s"},
        ),
        (
            conn(
                "wasb",
                extra={"connection_string": "AccountName=acc;AccountKey=a2==;EndpointSuffix=x"},
            ),
            {"account": "acc", "account_key": "a2=="},
        ),
        (
            conn(
                "wasb",
                extra={"connection_string": "BlobEndpoint=https://acc.blob.x.net/;SharedAccessSignature=sv=1&sig=s%3D"},
            ),
            {"account": "acc", "sas": "sv=1&sig=s%3D"},
        ),
        (conn("wasb", login="acc"), {"account": "acc"}),
    ],
)
def test_an_azure_connection_gives_what_a_landing_says(given: Conn, keys: dict[str, Any]) -> None:
    assert azure_keys(given) == keys


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (
            conn("cassandra", host="a, b", port=9043, schema="ks", login="u", password="p"),
            {"keyspace": "ks", "contact_points": ["a", "b"], "port": 9043, "user": "u", "password": "p"},
        ),
        (
            conn("cassandra", host="a", extra={"ssl_options": {"ca_certs": "/ca.pem", "certfile": "/c.pem"}}),
            {"contact_points": ["a"], "tls": {"ca": "/ca.pem", "cert": "/c.pem"}},
        ),
        (conn("cassandra", host="a", extra={"ssl_options": True}), {"contact_points": ["a"], "tls": True}),
        (
            conn("astra", host="astraglue_db", login="token", password="AstraCS:x", extra={"region": "us-east1"}),
            {"database": "astraglue_db", "token": "AstraCS:x", "region": "us-east1"},
        ),
        (
            conn("generic", schema="ks", password="AstraCS:x", extra={"bundle": "/b.zip"}),
            {"keyspace": "ks", "token": "AstraCS:x", "bundle": "/b.zip"},
        ),
    ],
)
def test_a_source_connection_gives_what_a_plan_says(given: Conn, keys: dict[str, Any]) -> None:
    assert source_keys(given) == keys


@pytest.mark.parametrize(
    ("call", "given", "said"),
    [
        (aws_keys, conn("http"), "is of type 'http'"),
        (aws_keys, conn(login="A"), "half a key: password"),
        (aws_keys, conn(password="B"), "half a key: login"),
        (aws_keys, conn(extra={"aws_session_token": "t0ken"}), "has aws_session_token in its extra"),
        (aws_keys, conn(extra={"endpoint_url": "http://x"}), "has endpoint_url in its extra"),
        (aws_keys, conn(extra={"role_arn": ROLE, "assume_role_method": "assume_role_with_saml"}), "assume_role_method"),
        (aws_keys, conn(extra={"role_arn": ROLE, "assume_role_kwargs": {"Policy": "{}"}}), "assume_role_kwargs.Policy"),
        (aws_keys, conn(extra="{secret"), "is not JSON"),
        (azure_keys, conn("aws"), "wants 'wasb' or 'adls'"),
        (azure_keys, conn("wasb", login="app", password="s", extra={"tenant_id": "t"}), "has tenant_id"),
        (azure_keys, conn("wasb", extra={"connection_string": "AccountKey=s3cret"}), "names no AccountName"),
        (source_keys, conn("postgres"), "wants 'cassandra' or 'astra' or 'generic'"),
        (source_keys, conn("astra", host="db"), "its password, the token, is empty"),
        (source_keys, conn("cassandra", extra={"protocol_version": 3}), "has protocol_version"),
    ],
)
def test_what_cannot_be_honoured_is_an_error_and_never_ignored(call: Any, given: Conn, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        call(given)
    assert said in str(caught.value)
    assert "'c'" in str(caught.value)
    assert caught.value.hint
    for secret in ("t0ken", "s3cret", "{secret"):
        assert secret not in f"{caught.value} {caught.value.hint}"


def test_a_store_takes_the_connection_of_its_kind() -> None:
    assert store_keys(conn(**KEYS, extra={"role_arn": ROLE}), "s3://b/p", "the landing") == {
        "key": "AKIA1",
        "secret": "secret-1",
        "role": ROLE,
    }
    assert store_keys(conn("wasb", login="a", password="k"), "az://c/p", "x") == {"account": "a", "account_key": "k"}


@pytest.mark.parametrize(
    ("given", "url", "said"),
    [
        (conn(**KEYS), "az://c/p", "is of type 'aws': the landing wants 'wasb' or 'adls'"),
        (conn("wasb"), "s3://b/p", "is of type 'wasb': the landing wants 'aws'"),
        (conn(**KEYS), "/tmp/landing", "opens nothing: the landing is a path"),
        (conn(extra={"profile_name": "p"}), "s3://b/p", "profile_name"),
        (conn(extra={"role_arn": ROLE, "external_id": "x"}), "s3://b/p", "assume_role_kwargs"),
    ],
)
def test_a_connection_that_does_not_fit_its_url_is_refused(given: Conn, url: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        store_keys(given, url, "the landing")
    assert said in str(caught.value)
