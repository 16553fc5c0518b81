"""The tables and partitions that a crawl writes: their records, and what becomes of those that are there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws.crawlers.folders import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot_sandbox.aws.crawlers.folders import FoundTable
    from gluepot_sandbox.aws.crawlers.schemas import Schema

DEPRECATED: Final = "DEPRECATED_BY_CRAWLER"
UPDATED: Final = "UPDATED_BY_CRAWLER"
_HIVE: Final = "org.apache.hadoop.hive"
_TEXT: Final = (
    "org.apache.hadoop.mapred.TextInputFormat",
    f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_FORMATS: Final = {
    "parquet": (
        f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}.ql.io.parquet.MapredParquetOutputFormat",
        f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "json": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": (*_TEXT, f"{_HIVE}.serde2.lazy.LazySimpleSerDe"),
}
"""Classification -> input format, output format, SerDe."""


def table_input(found: FoundTable, name: str, crawler: str, held: tuple[int, int]) -> dict[str, Any]:
    """Write a table's record as a crawler does.

    Args:
        found: The table.
        name: Its name.
        crawler: Who writes it.
        held: Files and bytes below its location.
    """
    parameters = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        UPDATED: crawler,
        "classification": found.schema.classification,
        "compressionType": found.schema.compression,
        "typeOfData": "file",
        "objectCount": str(held[0]),
        "sizeKey": str(held[1]),
        "recordCount": str(found.schema.records),
        "averageRecordSize": str(held[1] // max(found.schema.records, 1)),
        **_text_parameters(found.schema),
    }
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.partition_keys],
        "Parameters": parameters,
        "StorageDescriptor": storage(found.schema, found.location, parameters),
    }


def storage(schema: Schema, location: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Write where files lie and how they are read."""
    reads, writes, serde = _FORMATS[schema.classification]
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in schema.columns],
        "Location": location,
        "InputFormat": reads,
        "OutputFormat": writes,
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": _serde(schema)},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": dict(parameters),
        "StoredAsSubDirectories": False,
    }


def partition_input(found: FoundTable, leaf: tuple[str, ...], columns: list[dict[str, str]] | None) -> dict[str, Any]:
    """Write a partition's record; with the table's columns where they are inherited."""
    schema = found.leaves[leaf]
    described = storage(schema, found.location + "/".join(leaf) + "/", {"classification": schema.classification})
    if columns is not None:
        described["Columns"] = columns
    return {"Values": found.values(leaf), "StorageDescriptor": described}


def free_name(found: FoundTable, prefix: str, taken: Mapping[str, str]) -> str:
    """Name a table: where another location has the name, a hash of this one is put behind it.

    Args:
        found: The table.
        prefix: The crawler's table prefix.
        taken: Name -> location of the tables that are there.
    """
    name = name_of(found, prefix)
    if taken.get(name, found.location).rstrip("/") == found.location.rstrip("/"):
        return name
    return f"{name}_{hashlib.md5(found.location.encode(), usedforsecurity=False).hexdigest()}"


def updated(old: Mapping[str, Any], new: dict[str, Any], *, merge: bool) -> dict[str, Any] | None:
    """Write the record that an update leaves, None where nothing changes.

    Args:
        old: The record that is there.
        new: What the crawler found.
        merge: `MergeNewColumns`: columns that are there stay as they are.
    """
    kept = dict(new)
    before = old.get("StorageDescriptor", {}).get("Columns", [])
    if merge:
        known = {column["Name"] for column in before}
        added = [column for column in new["StorageDescriptor"]["Columns"] if column["Name"] not in known]
        kept["StorageDescriptor"] = {**new["StorageDescriptor"], "Columns": [*before, *added]}
    others = {key: value for key, value in old.get("Parameters", {}).items() if key != DEPRECATED}
    kept["Parameters"] = {**others, **new["Parameters"]}
    same = all(kept[key] == old.get(key) for key in ("StorageDescriptor", "PartitionKeys", "Parameters"))
    return None if same else kept


def _text_parameters(schema: Schema) -> dict[str, str]:
    if schema.classification != "csv":
        return {}
    header = {"skip.header.line.count": "1"} if schema.header else {}
    return {"delimiter": schema.delimiter, "columnsOrdered": "true", "areColumnsQuoted": "false", **header}


def _serde(schema: Schema) -> dict[str, str]:
    match schema.classification:
        case "csv":
            return {"field.delim": schema.delimiter}
        case "json":
            return {"paths": ",".join(sorted(name for name, _ in schema.columns))}
        case _:
            return {"serialization.format": "1"}
