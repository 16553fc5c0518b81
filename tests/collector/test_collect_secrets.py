"""No credential leaves: not the configuration's own, not one that stands in the catalog, in no file and no log."""

from __future__ import annotations

import base64
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.collecting import attributes, column, database, decoded, everything_below, table

from gluepot.errors import GluepotError
from gluepot_sandbox.aws import DEFAULT_ACCOUNT, Fault, FaultKind, RawTable, Role

if TYPE_CHECKING:
    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

ROLE = f"arn:aws:iam::{DEFAULT_ACCOUNT}:role/reader"
OWN: dict[str, Any] = {
    "key": "AKIAOWNKEYOFCONFIG00",
    "secret": "own/secret+of=the-configuration-1234",
    "external_id": "own-external-id-7788",
    "landing": {
        "url": "az://c/p",
        "account": "acct",
        "sas": "sv=2024-01-01&sp=cw&sig=T3duU2lnbmF0dXJlT2ZUaGVMYW5kaW5n%3D",
    },
}  # fmt: skip
AWS_KEY = "AKIAZ7PLANTEDKEY0001"
PLANTED = [
    AWS_KEY,
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYPLANTEDKEY",
    "PlantedPassw0rd!",
    "AstraCS:plantedPlantedPlanted:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "UGxhbnRlZFNpZ25hdHVyZU9mQW5BY2NvdW50MTIzNDU2Nzg5MA%3D%3D",
    "MIIEplantedprivatekeybodyplantedprivatekeybodyplanted",
    "glpat-plantedplantedplante",
    "hf_" + "planted" * 4 + "planta",
]
KEY, SECRET, PASSWORD, ASTRA, SIGNATURE, PRIVATE, GITLAB, FACE = PLANTED
MARKER = "/* Presto View */"
SQL = f"SELECT * FROM t WHERE k = 'x' AND password = '{PASSWORD}' -- aws_secret_access_key={SECRET}"


def presto(sql: str) -> str:
    """Write a view's text in Athena's own encoding."""
    inner = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": "s", "columns": [{"name": "a", "type": "int"}]}
    return f"/* Presto View: {base64.b64encode(json.dumps(inner).encode()).decode()} */"


def plant(aws: Emulator) -> None:
    """Hide credentials wherever a catalog holds text."""
    parameters = {
        "password": PASSWORD,
        "aws_secret_access_key": SECRET,
        "connection_url": f"jdbc:postgresql://host/db?user=u&password={PASSWORD}",
        "token": ASTRA,
        "note": f"-----BEGIN RSA PRIVATE KEY-----\n{PRIVATE}\n-----END RSA PRIVATE KEY-----",
        "json": json.dumps({"inner": {"password": PASSWORD, "k": f"aws_access_key_id={KEY}"}}),
        "encoded": base64.b64encode(f'{{"password": "{PASSWORD}"}}'.encode()).decode(),
        "lines": f"db.example.com:5432:sales:reader:{PASSWORD}",
        "entities": f"pass&#119;ord&#61;{PASSWORD} &lt;password&gt;{PASSWORD}&lt;/password&gt;",
        "site": f"<name>javax.jdo.option.ConnectionPassword</name><value>{PASSWORD}</value>",
        "steps": f"curl -u reader:{PASSWORD} https://h/ && mysql -ureader -p{PASSWORD} sales",
        "--conf": f"spark.hadoop.fs.s3a.secret.key={SECRET} --token {GITLAB}",
        "model": f"loaded with {FACE}",
        "own": f"x {OWN['secret']} y {OWN['external_id']} z",
        "encoded own": base64.b64encode(f"the secret is {OWN['secret']} here".encode()).decode(),
    }
    storage = {
        "Columns": [
            column("a", Comment=f"key {KEY}"),
            column("b", Parameters={"password": PASSWORD}),
            column("c", f"struct<a:int> /* {ASTRA} */"),
            column("d", Comment=f"see {GITLAB}"),
        ],
        "BucketColumns": [f"x {FACE}"],
        "SkewedInfo": {"SkewedColumnValueLocationMaps": {"a": f"s3://b/?sig={SIGNATURE}"}},
        "Location": f"https://acct.blob.core.windows.net/c?sv=2024&sig={SIGNATURE}",
        "SerdeInfo": {"Parameters": {"password": PASSWORD}},
    }
    aws.add(
        databases=[
            database("sales", Description=f"key {KEY}", Parameters=parameters, LocationUri=f"s3://b?sig={SIGNATURE}")
        ],
        tables=[
            table("t", Description=f"use {KEY} and password={PASSWORD}", Parameters=parameters, Owner=ASTRA),
            table("storage", StorageDescriptor=storage),
            table("athena", TableType="VIRTUAL_VIEW", ViewOriginalText=presto(SQL), ViewExpandedText=MARKER),
            table("plain_view", TableType="VIRTUAL_VIEW", ViewOriginalText=SQL, ViewExpandedText=SQL),
            table(
                "dialects",
                TableType="VIRTUAL_VIEW",
                ViewDefinition={"Representations": [{"Dialect": "SPARK", "ViewOriginalText": SQL}]},
            ),
        ],
        raw_tables=[
            RawTable("sales", json.dumps({"Name": "odd", "Future": {"password": PASSWORD, "x": [KEY]}}).encode()),
            RawTable("sales", json.dumps({"Name": f"bad {KEY}", "Parameters": [PASSWORD]}).encode()),
        ],
    )


@pytest.mark.parametrize("keys", [{}, {"mask": True}, {"compress": True}, {"formats": ["k", "jsonl", "parquet"]}])
def test_no_credential_is_in_any_file_or_log(
    aws: Emulator, run: Collector, caplog: pytest.LogCaptureFixture, keys: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO)
    plant(aws)
    aws.add(roles=[Role(ROLE, external_id=OWN["external_id"])], accounts={OWN["key"]: DEFAULT_ACCOUNT})
    first = run(role=ROLE, **OWN, **keys)
    aws.change(tables=[table("t", Description=f"secret_key={SECRET}", Parameters={"password": PASSWORD + "2"})])
    second = run(role=ROLE, **OWN, **keys)
    told = [OWN["secret"], OWN["external_id"], "T3duU2lnbmF0dXJlT2ZUaGVMYW5kaW5n", *PLANTED]
    logs = "\n".join(record.getMessage() for record in caplog.records)
    for secret in told:
        # a name is an identity, and is written as it is; `bad AKIA...` cannot be read and is only told of
        assert secret not in logs
        for path, body in everything_below(run.home):
            assert secret.encode() not in decoded(body), (secret, path)
    assert {"password", "known"} <= set(first.manifest.redacted) or first.manifest.redacted["known"]
    assert sum(first.manifest.redacted.values()) > 15
    assert sum(second.manifest.redacted.values()) > 1
    assert first.names("TABLE", "VIEW") == ["athena", "dialects", "odd", "plain_view", "storage", "t"]


def test_the_configurations_own_key_is_no_more_told_than_its_secret(aws: Emulator, run: Collector) -> None:
    """A key of another store than AWS has no form by which it could be known."""
    own, signature = "minio-access-key", "sv=2024-01-01&sp=cw&sig=T3duU2lnbmF0dXJl"
    aws.add(tables=[table("t", Description=f"made by {own} for {signature.replace('sig', 'magic')} and {signature}")])
    aws.add(accounts={own: DEFAULT_ACCOUNT})
    found = run(key=own, secret=OWN["secret"], landing={"url": "az://c/p", "account": "acct", "sas": signature})
    for path, body in everything_below(run.home):
        assert own.encode() not in body, path
        assert signature.encode() not in body, path
    assert found.manifest.redacted["known"] >= 2


def test_an_error_that_quotes_a_credential_is_told_without_it(aws: Emulator, run: Collector) -> None:
    words = f"Could not connect with password={PASSWORD} and {KEY} and {OWN['secret']}"
    aws.add(tables=[table("t"), table("u", database="remote")])
    aws.add(faults=[Fault(FaultKind.FEDERATION, operation="GetTables", database="remote", message=words)])
    found = run(key=OWN["key"], secret=OWN["secret"])
    (problem,) = found.manifest.problems
    assert "Could not connect" in problem.message
    for path, body in everything_below(run.home):
        for secret in (PASSWORD, KEY, OWN["secret"]):
            assert secret.encode() not in body, path


def test_an_error_that_ends_the_run_is_told_without_credentials(aws: Emulator, run: Collector) -> None:
    words = f"no: password={PASSWORD} {OWN['secret']}"
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetDatabases", message=words)])
    with pytest.raises(GluepotError) as caught:
        run(key=OWN["key"], secret=OWN["secret"])
    told = f"{caught.value} {caught.value.why} {caught.value.hint} {caught.value!r}"
    assert PASSWORD not in told
    assert OWN["secret"] not in told


LITERAL = "jane.doe@example.com"
MASKED = f"SELECT a, decimal '1' FROM t WHERE email = '{LITERAL}' AND n = 4711 LIMIT 10"


@pytest.mark.parametrize("formats", [["k"], ["k", "jsonl"]])
def test_mask_takes_the_literals_out_of_every_field(aws: Emulator, run: Collector, formats: list[str]) -> None:
    representations = [{"Dialect": "SPARK", "ViewOriginalText": MASKED, "ViewExpandedText": MASKED}]
    aws.add(
        tables=[
            table("athena", TableType="VIRTUAL_VIEW", ViewOriginalText=presto(MASKED), ViewExpandedText=MARKER),
            table("plain", TableType="VIRTUAL_VIEW", ViewOriginalText=MASKED, ViewExpandedText=MASKED),
            table("dialects", TableType="VIRTUAL_VIEW", ViewDefinition={"Representations": representations}),
            table("spark", TableType="VIRTUAL_VIEW", ViewOriginalText=MASKED, Parameters={"view.sqlConfig.x": "1"}),
        ]
    )  # fmt: skip
    found = run(mask=True, formats=formats)
    for path, body in everything_below(run.home):
        assert LITERAL.encode() not in decoded(body), path
        assert b"4711" not in decoded(body), path
    for name in ("athena", "plain", "dialects", "spark"):
        row = found.row(name, "VIEW")
        assert "FROM t WHERE email" in row["QUERY_CODE"]
        assert "LIMIT 10" in row["QUERY_CODE"]
    assert attributes(found.row("athena", "VIEW"))["View"]
    plain = run(full=True)
    assert LITERAL in plain.row("athena", "VIEW")["QUERY_CODE"]
    assert {row["CHANGE"] for row in plain.metadata} == {"UNCHANGED"}, "the hash is of the record, not of the masking"


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.TRUNCATE_SILENT, FaultKind.MALFORMED])
def test_the_credentials_in_a_cut_answer_of_sts_are_not_quoted(aws: Emulator, run: Collector, kind: FaultKind) -> None:
    aws.add(tables=[table("t")], faults=[Fault(kind, service="sts", operation="AssumeRole", keep=0.8)])
    found = run(accounts=[{"server": "mine"}, {"server": "other", "role": "arn:aws:iam::222222222222:role/reader"}])
    (problem,) = [one for _, manifest in found.collected.manifests for one in manifest.problems]
    assert "could not be assumed" in problem.message
    for path, body in everything_below(run.home):
        assert b"SecretAccessKey" not in body, path
        assert b"SessionToken" not in body, path
