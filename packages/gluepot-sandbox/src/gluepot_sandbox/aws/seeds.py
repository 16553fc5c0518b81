"""Simulated catalogs: a million tables out of a few templates, none of them held.

The emulator shares its processors with the client that a benchmark measures. So a table is one bytes template of
about 3.9 KB (30 columns) into which a handful of values is formatted; everything follows from the table's number.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import msgspec

from gluepot_sandbox.aws.listing import Record
from gluepot_sandbox.aws.settings import SeedDatabases

if TYPE_CHECKING:
    from gluepot_sandbox.aws.settings import Seed

VARIANTS = 8  # templates for each number of columns, so that no client profits from equal tables
EPOCH = 1_600_000_000
SPREAD = 97_000_000  # seconds over which creation times are spread
DAY = 86_400
OWNERS = ("hadoop", "etl-platform", "analytics", "finance-data")
COLUMNS = (
    ("id", "bigint", "Surrogate key, unique within the table"),
    ("customer_name", "string", ""),
    ("amount", "decimal(18,4)", "Net amount in the account currency"),
    ("created_at", "timestamp", ""),
    ("is_active", "boolean", ""),
    ("tags", "array<string>", "Free labels, in the order in which they were given"),
    ("country_code", "varchar(2)", ""),
    ("score", "double", "Model score between 0 and 1"),
    ("address", "struct<street:string,city:string,postcode:string,geo:struct<lat:double,lon:double>>", ""),
    ("quantity", "int", ""),
    ("attributes", "map<string,string>", "Whatever else the source sent, unparsed, for later use"),
    ("event_date", "date", ""),
    (
        "lines",
        "array<struct<sku:string,qty:int,price:decimal(10,2)>>",
        "Order lines as they were placed, before returns and discounts",
    ),
    ("payload", "binary", ""),
    ("ratio", "float", "Share of the parent total"),
)
SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_TABLE = re.compile(r"table_(\d{7})")
_NUMBER = re.compile(rb'"@(?:created|updated)@"|@(?:revision|version)@')
_TEXT = re.compile(rb"@(?:name|db)@")


class SeedTables(msgspec.Struct, frozen=True):
    """The tables of one simulated database, as a segment of a listing."""

    group: SeedDatabases
    database: str
    catalog_id: str

    @property
    def size(self) -> int:
        """Count the tables, dropped ones included."""
        return self.group.tables

    def start(self, after: str | int | None) -> int:
        """Find the first number behind a cursor."""
        return after + 1 if isinstance(after, int) else 0

    def cursor(self, index: int) -> int:
        """Name a position for a token."""
        return index

    def name(self, index: int) -> str:
        """Name a table."""
        return f"table_{index:07d}"

    def render(self, start: int, stop: int) -> list[Record]:
        """Write the records `start` to `stop`, without those that are dropped."""
        templates = _templates(self.group.columns, self.catalog_id)
        database = self.database.encode()
        dropped = self.group.dropped_every
        records = []
        for i in range(start, stop):
            if not dropped or i % dropped != dropped - 1:
                name = b"table_%07d" % i
                records.append(Record(name, templates[i % VARIANTS] % self._values(i, name, database)))
        return records

    def find(self, name: str) -> Record | None:
        """Write one table by its name."""
        match = _TABLE.fullmatch(name)
        index = int(match[1]) if match else self.size
        records = self.render(index, index + 1) if index < self.size else []
        return records[0] if records else None

    def _values(self, index: int, name: bytes, database: bytes) -> tuple[bytes | int, ...]:
        """List what is formatted into a template, in the order of the marks in `_table`."""
        group = self.group
        changed = group.revision if group.changed_every and index % group.changed_every == 0 else 0
        mixed = index * 2_654_435_761 + group.seed
        created = EPOCH + mixed % SPREAD
        updated = created + mixed % DAY + changed * DAY
        return name, database, created, updated, database, name, changed, name, mixed % 7 + changed


def database_names(seed: Seed) -> list[str]:
    """Name the databases of a seed."""
    return [f"{group.prefix}{i:06d}" for group in seed.databases for i in range(group.count)]


def find_tables(seed: Seed, database: str) -> SeedTables | None:
    """Find a simulated database by its name, without going through them."""
    for group in seed.databases:
        number = database.removeprefix(group.prefix)
        if database.startswith(group.prefix) and re.fullmatch(r"\d{6}", number) and int(number) < group.count:
            return SeedTables(group, database, catalog_of(seed))
    return None


def catalog_of(seed: Seed) -> str:
    """Name the catalog that a seed belongs to."""
    return seed.catalog_id or seed.account


def database_record(name: str, catalog_id: str) -> dict[str, object]:
    """Write the record of a simulated database."""
    return {
        "Name": name,
        "Description": f"Simulated database {name}",
        "LocationUri": f"s3://simulated-lake/{name}/",
        "Parameters": {"classification": "simulated"},
        "CreateTime": float(EPOCH),
        "CatalogId": catalog_id,
    }


@functools.lru_cache(maxsize=64)
def _templates(columns: int, catalog_id: str) -> tuple[bytes, ...]:
    """Write the templates for a number of columns, with `%` formats where tables differ."""
    return tuple(_template(columns, catalog_id, variant) for variant in range(VARIANTS))


def _template(columns: int, catalog_id: str, variant: int) -> bytes:
    body = msgspec.json.encode(_table(columns, catalog_id, variant)).replace(b"%", b"%%")
    return _TEXT.sub(b"%b", _NUMBER.sub(b"%d", body))


def _table(columns: int, catalog_id: str, variant: int) -> dict[str, object]:
    return {
        "Name": "@name@",
        "DatabaseName": "@db@",
        "Description": f"Naïve facts of domain {variant}, loaded nightly by the standard pipeline, a day behind.",
        "Owner": OWNERS[variant % len(OWNERS)],
        "CreateTime": "@created@",
        "UpdateTime": "@updated@",
        "Retention": 0,
        "StorageDescriptor": _storage(columns, variant),
        "PartitionKeys": [
            {"Name": "ingest_date", "Type": "date", "Comment": "Day on which the rows arrived"},
            {"Name": "tenant", "Type": "string"},
        ],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "classification": "parquet",
            "EXTERNAL": "TRUE",
            "parquet.compression": "ZSTD",
            "projection.enabled": "false",
            "numRows": f"{variant}150000",
            "team": f"domain-{variant}",
            "note": "revision @revision@ of table @name@",
            "transient_lastDdlTime": "1700000000",
            "UPDATED_BY_CRAWLER": f"nightly-lake-crawler-{variant}",
            "typeOfData": "file",
            "objectCount": "96",
            "averageRecordSize": "412",
            "recordCount": f"{variant}150000",
            "sizeKey": "48230114532",
        },
        "CreatedBy": f"arn:aws:sts::{catalog_id[:12]}:assumed-role/etl/loader",
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": catalog_id,
        "VersionId": "@version@",
    }


def _storage(columns: int, variant: int) -> dict[str, object]:
    return {
        "Columns": [_column(i, variant) for i in range(columns)],
        "Location": "s3://simulated-lake/@db@/@name@/",
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": SERDE, "Parameters": {"serialization.format": "1"}},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {"CrawlerSchemaDeserializerVersion": "1.0", "compressionType": "none"},
        "StoredAsSubDirectories": False,
    }


def _column(index: int, variant: int) -> dict[str, object]:
    name, kind, comment = COLUMNS[(index + variant * 2) % len(COLUMNS)]
    column: dict[str, object] = {"Name": f"{name}_{index:03d}", "Type": kind}
    return {**column, "Comment": f"{comment} ({index})"} if comment else column
