"""Catalogs as real clients make them: awswrangler, pyiceberg, Athena's views."""

from __future__ import annotations

import base64
import json
import warnings
from typing import TYPE_CHECKING, Any

import pyarrow  # noqa: ICN001 - `pa` is the same without its stubs, below
import pytest
from tests.support.collecting import REGION, attributes

if TYPE_CHECKING:
    from tests.support.collecting import Collector, Outcome

    from gluepot_sandbox.aws import Emulator

pa: Any = pyarrow  # its stubs are stricter than it is


@pytest.fixture
def lake(aws: Emulator) -> Emulator:
    """A bucket and a database."""
    aws.client("s3").create_bucket(Bucket="lake")
    aws.client("glue").create_database(
        DatabaseInput={"Name": "media", "Description": "Titles", "LocationUri": "s3://lake/"}
    )
    return aws  # fmt: skip


def columns(found: Outcome) -> dict[str, str]:
    """The types of the columns by name."""
    return {row["NAME"]: row["DATA_TYPE"] for row in found.metadata if row["OBJECT_TYPE"] == "COLUMN"}


def iceberg(aws: Emulator) -> Any:
    """Open pyiceberg's Glue catalog."""
    from pyiceberg.catalog import load_catalog

    access = {"access-key-id": "AKIAEMULATEDKEY00000", "secret-access-key": "x", "region": REGION, "endpoint": aws.url}
    options = {f"{kind}.{key}": value for kind in ("glue", "s3") for key, value in access.items()}
    return load_catalog("glue", type="glue", warehouse="s3://lake/warehouse", **options)


def test_a_table_of_awswrangler_is_read_with_its_columns_and_partitions(
    lake: Emulator, run: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    import awswrangler as wr

    monkeypatch.setenv("AWS_ENDPOINT_URL", lake.url)
    wr.catalog.create_parquet_table(
        database="media",
        table="titles",
        path="s3://lake/titles/",
        columns_types={"show_id": "string", "cast": "array<string>", "rating": "decimal(3,1)"},
        partitions_types={"release_year": "int"},
        description="Movies and TV Shows",
        parameters={"source": "walkthrough"},
        columns_comments={"show_id": "the id"},
        boto3_session=lake.session(),
    )
    found = run()
    assert columns(found) == {
        "show_id": "string", "cast": "array<string>", "rating": "decimal(3,1)", "release_year": "int",
    }  # fmt: skip
    row = found.row("titles")
    assert (row["DESCRIPTION"], row["LOCATION"], row["FORMAT"]) == (
        "Movies and TV Shows",
        "s3://lake/titles/",
        "parquet",
    )
    assert attributes(row)["Parameters"]["source"] == "walkthrough"
    assert found.row("release_year", "COLUMN")["IS_PARTITION_KEY"] == "Y"
    assert found.row("show_id", "COLUMN")["DESCRIPTION"] == "the id"
    assert run().metadata == []


def test_an_iceberg_table_changes_with_its_schema_and_not_with_its_data(lake: Emulator, run: Collector) -> None:
    from pyiceberg.types import StringType

    warnings.simplefilter("ignore")  # pyiceberg's own
    catalog = iceberg(lake)
    schema = pa.schema([("show_id", pa.string()), ("type", pa.string()), ("release_year", pa.int32())])
    table = catalog.create_table("media.titles", schema)
    first = run()
    assert first.row("titles")["FORMAT"] == "iceberg"
    assert columns(first) == {"show_id": "string", "type": "string", "release_year": "int"}

    rows = [{"show_id": "s1", "type": "Movie", "release_year": 2020}]
    table.append(pa.Table.from_pylist(rows, schema=schema))
    data_only = run()
    assert (data_only.metadata, data_only.events) == ([], []), "a commit of rows is no change of the catalog"

    with table.update_schema() as update:
        update.delete_column("type")
        update.add_column("rating", StringType())
    changed = run()
    assert columns(changed) == {"show_id": "string", "release_year": "int", "rating": "string"}
    assert changed.happened == {
        ("UPDATED", "titles"),
        ("COLUMN_DROPPED", "titles#type"),
        ("COLUMN_ADDED", "titles#rating"),
    }
    assert {one["Name"] for one in attributes(changed.row("titles"))["RetiredColumns"]} == {"type"}
    assert run().metadata == []

    catalog.drop_table("media.titles")
    assert run().happened == {("DELETED", "titles")}


def test_a_view_in_athenas_encoding_is_read_as_its_sql(lake: Emulator, run: Collector) -> None:
    sql = "SELECT show_id FROM titles WHERE type = 'Movie'"
    encoded = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": "media"}
    encoded_columns = [{"name": "show_id", "type": "varchar"}]
    text = base64.b64encode(json.dumps({**encoded, "columns": encoded_columns}).encode()).decode()
    view = {
        "Name": "movies",
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "StorageDescriptor": {"Columns": [{"Name": "show_id", "Type": "string"}], "SerdeInfo": {}},
        "ViewOriginalText": f"/* Presto View: {text} */",
        "ViewExpandedText": "/* Presto View */",
    }
    lake.client("glue").create_table(DatabaseName="media", TableInput=view)
    found = run()
    row = found.row("movies", "VIEW")
    assert (row["QUERY_CODE"], row["OBJECT_TYPE"]) == (sql, "VIEW")
    assert columns(found) == {"show_id": "string"}
    assert text not in row["ATTRIBUTES"], "the decoded text stands in its place"
    masked = run(full=True, mask=True).row("movies", "VIEW")
    assert "Movie" not in json.dumps(masked).replace("movies", "")
