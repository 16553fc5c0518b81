"""Real clients through the emulator: awswrangler and pyiceberg write, Glue's front reads what they wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.emulated import leads_to

from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot_sandbox.aws import Emulator

REGION = "us-east-1"


@pytest.fixture(scope="module")
def small(server: Emulator) -> Emulator:
    """An emulator with pages of two records."""
    server.reset(Settings(page_size=2))
    server.client("s3").create_bucket(Bucket="lake")
    server.client("glue").create_database(DatabaseInput={"Name": "media"})
    return server


@pytest.fixture
def aws(small: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    leads_to(small, monkeypatch, REGION)
    yield small
    assert small.invalid() == []


@pytest.mark.filterwarnings("default")  # what the clients warn about is theirs
def test_awswrangler_creates_and_changes_a_table(aws: Emulator) -> None:
    import awswrangler
    import pandas as pd  # type: ignore[import-untyped] # its stubs are not among the tools

    session = aws.session(region=REGION)
    frame = pd.DataFrame({"show_id": ["s1", "s2"], "release_year": [2019, 2021]})
    where: dict[str, Any] = {"dataset": True, "database": "media", "table": "titles", "path": "s3://lake/titles/"}
    awswrangler.s3.to_parquet(frame, **where, glue_table_settings={"description": "Shows"}, boto3_session=session)
    awswrangler.s3.to_parquet(
        frame.assign(rating="PG"), **where, mode="append", schema_evolution=True, boto3_session=session
    )
    table = aws.client("glue").get_table(DatabaseName="media", Name="titles")["Table"]
    columns = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    assert columns == {"show_id": "string", "release_year": "bigint", "rating": "string"}
    assert table["StorageDescriptor"]["Location"] == "s3://lake/titles/"
    assert table["Description"] == "Shows"
    assert table["CreatedBy"].endswith(":user/emulator")
    assert int(table["VersionId"]) > 1
    assert len(awswrangler.s3.read_parquet("s3://lake/titles/", dataset=True, boto3_session=session)) == 4
    listed = awswrangler.catalog.get_tables(database="media", name_contains="itle", boto3_session=session)
    assert [found["Name"] for found in listed] == ["titles"]


@pytest.mark.filterwarnings("default")  # what the clients warn about is theirs
def test_pyiceberg_creates_a_table_and_commits_to_it(aws: Emulator) -> None:
    import pyarrow as pa
    from pyiceberg.catalog import load_catalog

    keys = {"access-key-id": emulator.ACCESS_KEY, "secret-access-key": emulator.SECRET_KEY, "region": REGION}
    catalog = load_catalog(
        "emulated",
        type="glue",
        **{f"glue.{key}": value for key, value in keys.items()},
        **{f"s3.{key}": value for key, value in keys.items()},
        **{"glue.endpoint": aws.url, "s3.endpoint": aws.url, "warehouse": "s3://lake/warehouse"},
    )
    rows = pa.table({"show_id": ["s1", "s2"], "duration": pa.array([90, 120], pa.int32())})
    table = catalog.create_table("media.watched", schema=rows.schema)
    created = aws.client("glue").get_table(DatabaseName="media", Name="watched")["Table"]
    table.append(rows)
    committed = aws.client("glue").get_table(DatabaseName="media", Name="watched")["Table"]
    assert committed["Parameters"]["table_type"] == "ICEBERG"
    assert committed["Parameters"]["metadata_location"] != created["Parameters"]["metadata_location"]
    assert int(committed["VersionId"]) > int(created["VersionId"])
    assert catalog.load_table("media.watched").scan().to_arrow().num_rows == 2
    assert ("media", "watched") in catalog.list_tables("media")


def test_objects_go_through_to_s3_unchanged(aws: Emulator) -> None:
    s3 = aws.client("s3")
    for key in ("plain", "a/../b c|ü?#%", "empty"):
        body = b"" if key == "empty" else key.encode() * 1000
        s3.put_object(Bucket="lake", Key=key, Body=body, Metadata={"under_score": "kept"}, ContentEncoding="gzip")
        head = s3.head_object(Bucket="lake", Key=key)
        assert (head["ContentLength"], head["ContentEncoding"]) == (len(body), "gzip")
        assert head["Metadata"] == {"under_score": "kept"}
        assert s3.get_object(Bucket="lake", Key=key)["Body"].read() == body


def test_secrets_and_policies_are_kept_by_moto(aws: Emulator) -> None:
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="astra", SecretString='{"token": "x"}')
    assert secrets.get_secret_value(SecretId="astra")["SecretString"] == '{"token": "x"}'
    iam = aws.client("iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    assert iam.get_role(RoleName="reader")["Role"]["Arn"].endswith(":role/reader")


def test_an_upload_that_must_not_replace_is_refused_the_second_time(aws: Emulator) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="lake", Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(s3.exceptions.ClientError) as caught:
        s3.put_object(Bucket="lake", Key="once", Body=b"2", IfNoneMatch="*")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
