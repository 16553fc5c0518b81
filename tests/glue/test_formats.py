"""Where a table's format is written, and which place is believed."""

from __future__ import annotations

import pytest

from gluepot.glue.formats import Format, table_format

HIVE = "org.apache.hadoop.hive.ql.io."
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"


def stored(serde: str = "", input_format: str = "", **parameters: str) -> dict[str, object]:
    return {
        "Name": "t",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "StorageDescriptor": {"SerdeInfo": {"SerializationLibrary": serde}, "InputFormat": input_format},
    }


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (stored(table_type="ICEBERG", classification="parquet"), "iceberg"),
        (stored(table_type="DELTA"), "delta"),
        (stored(**{"spark.sql.sources.provider": "delta", "classification": "parquet"}), "delta"),
        (stored(**{"spark.sql.sources.provider": "hudi"}), "hudi"),
        (stored(**{"spark.sql.sources.provider": "org.apache.hudi"}), "hudi"),
        (stored(**{"spark.sql.sources.provider": "hive"}, serde=HIVE + "orc.OrcSerde"), "orc"),
        (stored(classification="UNKNOWN", serde=HIVE + "parquet.serde.ParquetHiveSerDe"), "parquet"),
        (stored(HIVE + "parquet.serde.ParquetHiveSerDe", "org.apache.hudi.hadoop.HoodieParquetInputFormat"), "hudi"),
        (stored(HIVE + "parquet.serde.ParquetHiveSerDe", HIVE + "SymlinkTextInputFormat"), "parquet"),
        (stored("org.apache.iceberg.mr.hive.HiveIcebergSerDe"), "iceberg"),
        (stored("org.apache.hadoop.hive.serde2.avro.AvroSerDe"), "avro"),
        (stored("org.apache.hadoop.hive.serde2.OpenCSVSerde", TEXT_INPUT), "csv"),
        (stored(LAZY, TEXT_INPUT), "text"),
        (stored(LAZY, TEXT_INPUT, classification="csv"), "csv"),
        (stored(LAZY, TEXT_INPUT, classification="tsv"), "csv"),
        (stored("org.openx.data.jsonserde.JsonSerDe", TEXT_INPUT), "json"),
        (stored("com.amazon.ionhiveserde.IonHiveSerDe"), "ion"),
        (stored("com.amazonaws.glue.serde.GrokSerDe", TEXT_INPUT, classification="my-own"), "grok"),
        (stored("org.apache.hadoop.hive.serde2.RegexSerDe", TEXT_INPUT), "regex"),
        (stored(classification="xml"), "xml"),
        (stored(classification="mysql", connectionName="c", typeOfData="table"), "mysql"),
        (stored(classification="dynamodb"), "dynamodb"),
        (stored(connectionName="c"), "jdbc"),
        (stored(connectionType="PostgreSQL", connectionName="c"), "postgresql"),
        (stored("com.example.salesforce.Reader"), ""),
        (stored(table_type="EXTERNAL_TABLE"), ""),
        ({"FederatedTable": {"ConnectionType": "aws:s3tables"}}, "iceberg"),
        ({"FederatedTable": {"ConnectionType": "aws:redshift"}}, "redshift"),
        ({"TableType": "VIRTUAL_VIEW", "Parameters": {"classification": "parquet"}}, "view"),
        ({"Parameters": None, "StorageDescriptor": [], "FederatedTable": 5}, ""),
        ({"StorageDescriptor": {"SerdeInfo": None, "InputFormat": 5}, "Parameters": {"classification": 5}}, ""),
        ({}, ""),
    ],
)
def test_a_table_has_one_format(table: dict[str, object], name: str) -> None:
    assert table_format(table).name == name


def test_a_format_says_where_it_was_found() -> None:
    assert table_format(stored(LAZY, classification="csv")) == Format("csv", "Parameters.classification")
    assert table_format(stored(LAZY)) == Format("text", "StorageDescriptor.SerdeInfo.SerializationLibrary")
