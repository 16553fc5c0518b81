"""The alternative that `benchmarks/collect.py` measures against: what one would write in an afternoon with boto3.

Paginators, `csv.writer`, one database after the other; it writes the same METADATA rows, ATTRIBUTES
included. It keeps no generation, hashes nothing, looks for no credentials and believes every answer.

    python benchmarks/boto3_paginators.py REGION SERVER OUTPUT.csv
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

HEADER = [
    "OBJECT_TYPE",
    "OBJECT_ID",
    "TOOL_OBJECT_TYPE",
    "NAME",
    "DESCRIPTION",
    "URL",
    "PATH",
    "QUERY_CODE",
    "CREATED_AT",
    "UPDATED_AT",
    "PARENT_ID",
    "DATA_TYPE",
    "ORDINAL_POSITION",
    "IS_PARTITION_KEY",
    "OWNER",
    "LOCATION",
    "FORMAT",
    "CHANGE",
    "ATTRIBUTES",
]
TABLE_FIELDS = {"Name", "Description", "Owner", "TableType", "StorageDescriptor", "PartitionKeys"}


def main(region: str, server: str, output: Path) -> None:
    """Write every database, table and column of one region."""
    glue = boto3.client("glue", region_name=region)
    with output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="|", quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(HEADER)
        for page in glue.get_paginator("get_databases").paginate():
            for database in page["DatabaseList"]:
                write_database(writer, glue, database, region, server)


def write_database(writer: Any, glue: Any, database: Any, region: str, server: str) -> None:
    """Write a database and its tables."""
    arn = f"arn:aws:glue:{region}:{database['CatalogId']}"
    name = database["Name"]
    database_id, path = f"{arn}:database/{name}", f"{server}.{region}.{name.replace('.', '_')}"
    rest = {key: value for key, value in database.items() if key not in {"Name", "Description", "LocationUri"}}
    writer.writerow(
        ("DATABASE", database_id, "DATABASE", name, database.get("Description", ""), "", path, "", "", "", "", "", "",
         "", "", database.get("LocationUri", ""), "", "CREATED", as_json(rest))
    )  # fmt: skip
    for page in glue.get_paginator("get_tables").paginate(DatabaseName=name, CatalogId=database["CatalogId"]):
        for table in page["TableList"]:
            write_table(writer, table, database_id, f"{arn}:table/{name}/{table['Name']}", path)


def write_table(writer: Any, table: dict[str, Any], database_id: str, table_id: str, path: str) -> None:
    """Write a table and its columns."""
    storage = table.get("StorageDescriptor", {})
    path = f"{path}.{table['Name'].replace('.', '_')}"
    updated = table["UpdateTime"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if "UpdateTime" in table else ""
    rest = {key: value for key, value in table.items() if key not in TABLE_FIELDS}
    rest["StorageDescriptor"] = {key: storage[key] for key in storage if key not in {"Columns", "Location"}}
    format_ = table.get("Parameters", {}).get("classification", "")
    writer.writerow(
        ("TABLE", table_id, table.get("TableType", ""), table["Name"], table.get("Description", ""), "", path, "", "",
         updated, database_id, "", "", "", table.get("Owner", ""), storage.get("Location", ""), format_, "CREATED",
         as_json(rest))
    )  # fmt: skip
    position = 0
    for columns, kind, is_key in (
        (storage.get("Columns", []), "COLUMN", "N"),
        (table.get("PartitionKeys", []), "PARTITION_KEY", "Y"),
    ):
        for column in columns:
            position += 1
            more = {"Parameters": column["Parameters"]} if column.get("Parameters") else {}
            writer.writerow(
                ("COLUMN", f"{table_id}#{column['Name']}", kind, column["Name"], column.get("Comment", ""), "",
                 f"{path}.{column['Name'].replace('.', '_')}", "", "", updated, table_id, column.get("Type", ""),
                 position, is_key, "", "", "", "CREATED", as_json(more))
            )  # fmt: skip


def as_json(value: dict[str, Any]) -> str:
    """Write JSON, times as seconds since the epoch, as Glue sends them."""
    return json.dumps(value, default=seconds, ensure_ascii=False, separators=(",", ":"))


def seconds(value: object) -> float:
    """Turn botocore's datetimes back."""
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
