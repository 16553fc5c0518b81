"""The sandbox's catalog, made by the clients that make real ones: awswrangler, pyiceberg, Athena's view encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.catalog import planted, titles

if TYPE_CHECKING:
    from typing import Literal

    from gluepot_sandbox.aws import Emulator

    Mode = Literal["append", "overwrite"]

REGION: Final = "ap-southeast-2"
ACCOUNT: Final = "123456789012"
LAKE: Final = "sandbox-lake"
LANDING: Final = "sandbox-landing"
LOADED: Final = "sandbox-tables"
"""The bucket of tables that are loaded from Cassandra."""
MEDIA: Final = "movies_tv"
OPERATIONS: Final = "operations"
RETIRED: Final = "device_note"
"""A column that the Iceberg table had once."""
ADDED: Final = "audience_score"
"""The column that the catalog's change adds."""

VIEW_SQL: Final = """\
SELECT t.title, t.release_year, count(*) AS viewings
FROM movies_tv.titles t
JOIN movies_tv.viewings v ON v.show_id = t.show_id
WHERE t.country = '{country}'
  AND v.viewer <> '{viewer}'
GROUP BY t.title, t.release_year"""


def create(aws: Emulator) -> None:
    """Fill the catalog: two databases, six tables and views, of as many kinds."""
    _databases(aws)
    _raw_table()
    _curated_table()
    _iceberg_table(aws)
    glue = aws.client("glue", region=REGION)
    glue.create_table(DatabaseName=MEDIA, TableInput=_view())
    glue.create_table(DatabaseName=OPERATIONS, TableInput=_jdbc_table())
    glue.create_table(DatabaseName=OPERATIONS, TableInput=_link())


def change(aws: Emulator) -> None:
    """Change the catalog as a working day does: one column more, one table more, one table less."""
    import awswrangler as wr  # noqa: PLC0415 - lazy: start-up

    newest = titles.curated_titles().tail(5).assign(**{ADDED: [7.5, 8.1, 6.0, 9.2, 5.5]})
    _write_titles(newest, {**titles.COMMENTS, ADDED: "Mean of the viewers' scores, 0 to 10"}, mode="append")
    wr.s3.to_parquet(
        titles.countries(),
        path=f"s3://{LAKE}/titles_by_country/",
        dataset=True,
        database=MEDIA,
        table="titles_by_country",
        glue_table_settings={
            "description": "Titles per country of production",
            "columns_comments": {"country": "Country", "titles": "How many titles"},
        },
    )
    aws.client("glue", region=REGION).delete_table(DatabaseName=MEDIA, Name="titles_raw")


def listed(aws: Emulator) -> dict[tuple[str, str], dict[str, Any]]:
    """Ask Glue itself, with plain boto3, for its tables: what the extract has to agree with."""
    glue = aws.client("glue", region=REGION)
    names = [one["Name"] for page in glue.get_paginator("get_databases").paginate() for one in page["DatabaseList"]]
    return {
        (name, table["Name"]): table
        for name in names
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=name)
        for table in page["TableList"]
    }


def rows(aws: Emulator, database: str, table: str) -> list[dict[str, Any]]:
    """Read an Iceberg table with pyiceberg: what a load has to agree with."""
    return list(_iceberg(aws).load_table(f"{database}.{table}").scan().to_arrow().to_pylist())


def _databases(aws: Emulator) -> None:
    import awswrangler as wr  # noqa: PLC0415 - lazy: start-up

    s3 = aws.client("s3", region=REGION)
    for bucket in (LAKE, LANDING, LOADED):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    wr.catalog.create_database(MEDIA, "Movies and TV shows: what is on, and who watches it")
    wr.catalog.create_database(OPERATIONS, "Systems around the catalogue")


def _raw_table() -> None:
    import awswrangler as wr  # noqa: PLC0415 - lazy: start-up

    wr.s3.to_csv(
        titles.raw_titles(),
        path=f"s3://{LAKE}/titles_raw/",
        index=False,
        dataset=True,
        database=MEDIA,
        table="titles_raw",
        glue_table_settings={
            "description": "The sample as it was delivered, every field a text",
            "columns_comments": titles.COMMENTS,
        },
    )


def _curated_table() -> None:
    _write_titles(titles.curated_titles(), titles.COMMENTS, mode="overwrite")


def _write_titles(frame: Any, comments: dict[str, str], *, mode: Mode) -> None:  # noqa: ANN401 - a pandas frame
    import awswrangler as wr  # noqa: PLC0415 - lazy: start-up

    wr.s3.to_parquet(
        frame,
        path=f"s3://{LAKE}/titles/",
        dataset=True,
        partition_cols=["type"],
        mode=mode,
        schema_evolution=True,
        database=MEDIA,
        table="titles",
        dtype={"cast": "array<string>", "date_added": "date"},
        glue_table_settings={"description": "Titles, typed and partitioned by type", "columns_comments": comments},
    )


def _iceberg_table(aws: Emulator) -> None:
    """Make an Iceberg table, then change its schema: Glue keeps the retired column, and says so."""
    import pyarrow as pa  # noqa: PLC0415 - lazy: start-up

    watched = pa.table(
        {
            "show_id": ["s1", "s2", "s3"],
            "viewer": ["v-1001", "v-1002", "v-1001"],
            "minutes": pa.array([12, 45, 90], pa.int32()),
            RETIRED: ["tv", "phone", "tv"],
        }
    )
    table = _iceberg(aws).create_table(f"{MEDIA}.viewings", schema=watched.schema)
    table.append(watched)
    with table.update_schema() as update:
        update.delete_column(RETIRED)
        update.update_column("minutes", doc="Minutes watched")


def _iceberg(aws: Emulator) -> Any:  # noqa: ANN401 - pyiceberg is slow to load
    from pyiceberg.catalog import load_catalog  # noqa: PLC0415 - lazy: start-up

    endpoints = {"glue.endpoint": aws.url, "s3.endpoint": aws.url, "s3.region": REGION, "glue.region": REGION}
    return load_catalog("sandbox", type="glue", warehouse=f"s3://{LAKE}/warehouse", **endpoints)


def _view() -> dict[str, Any]:
    """Write a view as Athena does: the SQL, literals and all, in base64 in a comment."""
    from gluepot.glue.views import encode_presto_view  # noqa: PLC0415 - beside its one use

    columns = [{"name": "title", "type": "varchar"}, {"name": "viewings", "type": "bigint"}]
    sql = VIEW_SQL.format(country=planted.COUNTRY, viewer=planted.READER)
    body: dict[str, object] = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": MEDIA, "columns": columns}
    return {
        "Name": "popular_titles",
        "Description": "What is watched most in one country",
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true"},
        "ViewOriginalText": encode_presto_view(body),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [
                {"Name": "title", "Type": "string"},
                {"Name": "release_year", "Type": "int"},
                {"Name": "viewings", "Type": "bigint"},
            ]
        },
    }


def jdbc_url(password: str) -> str:
    """Write the JDBC table's address."""
    return f"jdbc:postgresql://billing.example.com/crm?password={password}"


def _jdbc_table() -> dict[str, Any]:
    """Write a table over JDBC as careless people do: with the password beside it, twice."""
    return {
        "Name": "subscribers",
        "Description": "Subscribers, in the billing system",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "classification": "postgresql",
            "connectionUrl": jdbc_url(planted.URL_PASSWORD),
            "username": "gluepot",
            "password": planted.PASSWORD,
        },
        "StorageDescriptor": {
            "Columns": [
                {"Name": "subscriber_id", "Type": "bigint", "Comment": "Key"},
                {"Name": "email", "Type": "string", "Comment": "Personal data"},
                {"Name": "joined_on", "Type": "date"},
            ],
            "Location": "crm.public.subscribers",
        },
    }


def _link() -> dict[str, Any]:
    return {"Name": "titles", "TargetTable": {"CatalogId": ACCOUNT, "DatabaseName": MEDIA, "Name": "titles"}}
