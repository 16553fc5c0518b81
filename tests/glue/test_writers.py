"""Records that real engines wrote, each read to the letter: `writers/writers.jsonl`, and what its README names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from tools import writers
from tools.writers import read

from gluepot.collector.changes import judge
from gluepot.collector.columnchanges import Observed
from gluepot.collector.extract.k import KFormat, attributes_of
from gluepot.collector.generation import VISIBLE, StoredTable, encode_columns
from gluepot.glue.columns import NOWHERE
from gluepot.glue.enginetypes import from_trino
from gluepot.glue.records import READER
from gluepot.glue.views import encode_presto_view

if TYPE_CHECKING:
    from gluepot.glue.records import Table

RECORDS: Final[dict[str, dict[str, Any]]] = {record["Name"]: record for _, record in writers.records()}
SPARK: Final = "Parameters.spark.sql.sources.schema"


def types(table: Table) -> dict[str, Any]:
    return {column.Name: column.Type for column in table.columns}


def attributes(table: Table, name: str) -> dict[str, Any]:
    column = next(column for column in (*table.columns, *table.partition_keys) if column.Name == name)
    found: dict[str, Any] = json.loads(attributes_of(column, table.column_attributes))
    return found


def changed(name: str, **members: Any) -> dict[str, Any]:
    return {**RECORDS[name], **members}


def test_a_view_of_trino_has_the_columns_of_its_text_in_glues_spelling() -> None:
    table = read(RECORDS["v1"])
    assert types(table) == {
        "i": "int",
        "l": "bigint",
        "vc": "varchar(10)",
        "ts": "timestamp",
        "rw": "struct<a b:int,c:string>",
        "j": "json",
        "u": "string",
        "t": "string",
        "iv": "interval day to second",
        "h": "hyperloglog",
        "tz": "timestamp",
        "p": "string",
    }
    assert attributes(table, "rw") == {"EngineType": 'row("a b" integer,"c" varchar)', "ReadFrom": "ViewOriginalText"}
    assert (table.kind, table.description, table.warnings) == ("VIEW", "view comment", [])
    assert table.query_code.startswith("SELECT\n  i\n")


def test_a_view_without_a_comment_has_none_of_trinos_marker() -> None:
    assert (read(RECORDS["v2"]).description, types(read(RECORDS["v2"]))) == ("", {"one": "int"})


def test_trinos_types_are_spelt_as_trino_itself_spells_them_in_glue() -> None:
    """Its Iceberg connector leaves its own word beside each type that it lists."""
    pairs = {
        (column["Parameters"]["trino_type_id"], column["Type"])
        for record in RECORDS.values()
        for column in record["StorageDescriptor"].get("Columns", ())
        if "trino_type_id" in column.get("Parameters", {})
    }
    assert len(pairs) > 10
    assert {(engine, from_trino(engine)) for engine, _ in pairs} == pairs


def test_a_rename_keeps_its_field_in_what_pyiceberg_writes() -> None:
    before, after = (
        read(RECORDS["pyi_before"]),
        read({**RECORDS["pyi_evolved"], "Name": "pyi_before", "VersionId": "2"}),
    )
    blob = encode_columns(before.columns, before.partition_keys)
    entry = StoredTable("pyi_before", "TABLE", "1", "", before.digest, VISIBLE, proven=True, blob=blob)
    events = judge(after, entry, Observed("", "")).events
    assert [(event.event_type, event.object_id.rpartition("#")[2]) for event in events[1:]] == [
        ("COLUMN_RENAMED", "new"),
        ("COLUMN_ADDED", "added"),
        ("COLUMN_RETYPED", "gone"),
    ]


def materialized(**storage: Any) -> dict[str, Any]:
    text = encode_presto_view(
        {
            "originalSql": "SELECT 1 a",
            "columns": [{"name": "a", "type": "varchar", "comment": "the a"}, {"name": "b", "type": "real"}],
            "comment": "of the view",
        },
        materialized=True,
    )
    return {
        "Name": "mv",
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": text,
        "ViewExpandedText": "/* Presto Materialized View */",
        "Parameters": {
            "presto_view": "true",
            "comment": "Presto Materialized View",
            "metadata_location": "s3://lake/x/mv-1/metadata/00001-a.metadata.json",
        },
        **storage,
    }


@pytest.mark.parametrize("storage", [{}, {"StorageDescriptor": {"Columns": [{"Name": "dummy", "Type": "string"}]}}])
def test_a_materialized_view_of_trino_is_read_from_its_text_and_lies_where_its_metadata_does(storage: Any) -> None:
    table = read(materialized(**storage))
    assert [(column.Name, column.Type, column.Comment or "") for column in table.columns] == [
        ("a", "string", "the a"),
        ("b", "float", ""),
    ]
    assert (table.description, table.query_code, table.location) == ("of the view", "SELECT 1 a", "s3://lake/x/mv-1")
    [link] = table.linkages
    assert (link.link_type, link.source_type, link.target_id) == ("STORED_AT", "VIEW", "s3://lake/x/mv-1")
    assert link.evidence == "Parameters.metadata_location"


@pytest.mark.parametrize("marker", ["/* Presto View */", "Presto View", "Presto Materialized View", "trino view;"])
def test_trinos_marker_is_no_sql_and_no_description(marker: str) -> None:
    table = read(changed("v1", ViewOriginalText=marker, ViewExpandedText=marker, Parameters={"comment": marker}))
    assert table.query_code == ""
    assert table.description == ("" if marker.startswith("Presto") else marker)


def test_a_view_whose_text_cannot_be_decoded_has_no_dummy_column() -> None:
    table = read(changed("v1", ViewOriginalText="/* Presto View: e30= */"))
    assert (table.columns, table.description) == ([], "")
    assert NOWHERE in table.warnings


@pytest.mark.parametrize("name", ["longc", "wide", "spark35_dl1", "spark35_dl3"])
def test_where_a_record_has_no_columns_anywhere_there_are_none_and_a_warning(name: str) -> None:
    table = read(RECORDS[name])
    assert (table.columns, table.partition_keys, table.warnings) == ([], [], [NOWHERE])


@pytest.mark.parametrize(
    ("name", "expected", "engine"),
    [
        ("spark35_extcsv", {"a": "int", "b": "string"}, "integer"),
        ("spark35_dl4", {"a": "int", "B": "string", "Day": "date"}, "integer"),
        ("spark41_ntz", {"a": "timestamp_ntz", "b": "timestamp", "c": "binary", "d": "void"}, "timestamp_ntz"),
        ("spark41_v1", {"x": "int", "y": "variant"}, "integer"),
    ],
)
def test_columns_of_sparks_schema(name: str, expected: dict[str, str], engine: str) -> None:
    table = read(RECORDS[name])
    assert types(table) == expected
    assert attributes(table, next(iter(expected))) == {"EngineType": engine, "ReadFrom": SPARK}


@pytest.mark.parametrize(
    ("name", "location", "description"),
    [
        ("spark35_extcsv", "s3://lake/ext35/csv", "ext csv"),
        ("spark35_extpqi", "s3://lake/ext35/pqi", ""),
        ("spark41_buck1", "s3://lake/wh4/buck1", "tc"),
        ("h1", "s3://lake/trino/tr2/h1", "hive table comment"),
    ],
)
def test_where_a_table_lies_and_what_it_is(name: str, location: str, description: str) -> None:
    table = read(RECORDS[name])
    assert (table.location, [link.target_id for link in table.linkages]) == (location, [location])
    assert table.description == description


def test_a_location_that_spark_made_up_stays_in_the_attributes() -> None:
    assert json.loads(read(RECORDS["spark35_extcsv"]).attributes)["StorageDescriptor"]["Location"] == (
        "s3://lake/wh35/extcsv-__PLACEHOLDER__"
    )
    nowhere = changed("spark35_extcsv")
    nowhere["StorageDescriptor"] = {**nowhere["StorageDescriptor"], "SerdeInfo": {}}
    assert (read(nowhere).location, read(nowhere).linkages) == ("", [])


def test_lazy_binary_columns_are_rcfile() -> None:
    assert read(RECORDS["rct"]).format == "rcfile"


SCHEMA: Final = {
    "type": "struct",
    "schema-id": 1,
    "fields": [
        {"id": 1, "name": "id", "required": True, "type": "long", "doc": "the key"},
        {"id": 2, "name": "at", "required": False, "type": "timestamptz_ns"},
        {"id": 3, "name": "fx", "required": False, "type": "fixed[16]"},
        {"id": 4, "name": "am", "required": False, "type": "decimal(9, 2)"},
        {"id": 5, "name": "ge", "required": False, "type": "geometry(srid:4326)"},
        {
            "id": 6,
            "name": "li",
            "required": False,
            "type": {
                "type": "list",
                "element-id": 7,
                "element": {
                    "type": "struct",
                    "fields": [
                        {"id": 8, "name": "a b", "type": "uuid"},
                        {"id": 9, "name": "m", "type": {"type": "map", "key": "string", "value": "time"}},
                    ],
                },
            },
        },
    ],
}  # fmt: skip
ICEBERG_TYPES: Final = {
    "id": "bigint",
    "at": "timestamp_nano",
    "fx": "binary",
    "am": "decimal(9,2)",
    "ge": "geometry",
    "li": "array<struct<a b:string,m:map<string,string>>>",
}


def test_iceberg_columns_are_read_from_glues_iceberg_metadata() -> None:
    fields = [{key.capitalize(): value for key, value in field.items()} for field in SCHEMA["fields"]]  # type: ignore[attr-defined] # a list
    metadata = {
        "CurrentSchemaId": 1,
        "Location": "s3://lake/there",
        "Schemas": [{"SchemaId": 0, "Fields": []}, {"SchemaId": 1, "Type": "struct", "Fields": fields}],
    }
    table = read(changed("wide", IcebergTableMetadata=metadata))
    assert types(table) == ICEBERG_TYPES
    assert table.columns[0].Comment == "the key"
    assert attributes(table, "id") == {
        "EngineType": "long",
        "ReadFrom": "IcebergTableMetadata",
        "Parameters": {"iceberg.field.id": "1", "iceberg.field.optional": "false", "iceberg.field.current": "true"},
    }


def test_iceberg_columns_are_read_from_what_its_hive_catalog_leaves_in_the_parameters() -> None:
    record = changed("wide", Parameters={**RECORDS["wide"]["Parameters"], "current-schema": json.dumps(SCHEMA)})
    assert types(read(record)) == ICEBERG_TYPES


def test_columns_of_trinos_delta_tables_are_read_from_its_schema_string() -> None:
    schema = {"type": "struct", "fields": [{"name": "a", "type": "long", "nullable": True, "metadata": {}}]}
    record = {
        "Name": "d",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "spark.sql.sources.provider": "DELTA",
            "trino_last_transaction_version": "4",
            "trino_metadata_schema_string": json.dumps(schema),
        },
        "StorageDescriptor": {"Columns": [{"Name": "col", "Type": "array<string>"}], "Location": "s3://lake/d"},
    }
    table = read(record)
    assert (types(table), table.format, table.warnings) == ({"a": "bigint"}, "delta", [])
    assert attributes(table, "a") == {"EngineType": "long", "ReadFrom": "Parameters.trino_metadata_schema_string"}


AVRO: Final = {
    "type": "record",
    "name": "r",
    "fields": [
        {"name": "a", "type": "long", "doc": "the a"},
        {"name": "b", "type": ["null", "string"]},
        {"name": "c", "type": {"type": "array", "items": {"type": "record", "name": "n.s", "fields": [
            {"name": "x", "type": "bytes"}, {"name": "y", "type": {"type": "map", "values": "double"}}]}}},
        {"name": "d", "type": ["int", "s"]},
        {"name": "e", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "f", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "g", "type": {"type": "enum", "name": "k", "symbols": ["A"]}},
    ],
}  # fmt: skip


@pytest.mark.parametrize("place", ["Parameters", "StorageDescriptor.SerdeInfo.Parameters"])
def test_avro_columns_are_read_from_the_schema_literal(place: str) -> None:
    literal = {"avro.schema.literal": json.dumps(AVRO)}
    storage: dict[str, Any] = {
        "Location": "s3://lake/a",
        "SerdeInfo": {} if place == "Parameters" else {"Parameters": literal},
    }
    table = read({"Name": "a", "StorageDescriptor": storage, "Parameters": literal if place == "Parameters" else {}})
    assert types(table) == {
        "a": "bigint",
        "b": "string",
        "c": "array<struct<x:binary,y:map<string,double>>>",
        "d": "uniontype<int,struct<x:binary,y:map<string,double>>>",
        "e": "decimal(9,2)",
        "f": "timestamp",
        "g": "string",
    }
    assert attributes(table, "a") == {"EngineType": "long", "ReadFrom": f"{place}.avro.schema.literal"}
    assert table.columns[0].Comment == "the a"


def test_an_avro_schema_whose_names_double_each_other_is_refused_and_not_spelt_out() -> None:
    kind: Any = "int"
    for number in range(60):
        kind = {
            "type": "record",
            "name": f"n{number}",
            "fields": [{"name": "a", "type": kind}, {"name": "b", "type": f"n{number - 1}"}],
        }
    literal = json.dumps({"type": "record", "name": "r", "fields": [{"name": "a", "type": kind}]})
    table = read({"Name": "a", "StorageDescriptor": {}, "Parameters": {"avro.schema.literal": literal}})
    assert (table.columns, len(table.warnings)) == ([], 2)
    assert "with its names spelt out" in table.warnings[0]


def test_what_another_place_says_of_a_listed_column_is_added_to_it() -> None:
    """Hudi's sync lists a timestamp as bigint, and no comment."""
    record = changed("spark35_h1")
    listed = [{"Name": column["Name"], "Type": "bigint" if column["Name"] == "id" else column["Type"]}
              for column in record["StorageDescriptor"]["Columns"]]  # fmt: skip
    record["StorageDescriptor"] = {**record["StorageDescriptor"], "Columns": listed}
    table = read(record)
    assert [column.Comment for column in table.columns if column.Name == "id"] == ["idc"]
    assert types(table)["id"] == "bigint"
    place = "Parameters.spark.sql.sources.schema"
    assert attributes(table, "id") == {"EngineType": "integer", "ReadFrom": place}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("own", {"Parameters": {"trino_table_metadata_info_valid_for": "x", "metadata_location": "y"}}),
        ("spark35_dl4", {"Parameters": {"delta.lastUpdateVersion": "9", "spark.sql.statistics.colStats.a.max": "9"}}),
        ("v1", {"Parameters": {"trino_query_id": "another"}}),
        ("h1", {"Status": {"State": "SUCCESS", "UpdateTime": 5}}),
        ("v1", {"ViewDefinition": {"SubObjectVersionIds": [2], "ViewVersionId": 5, "LastRefreshType": "FULL"}}),
        ("wide", {"IcebergTableMetadata": {"Properties": {"current-snapshot-id": "7"}}}),
    ],
)
def test_what_changes_with_each_commit_is_no_change(name: str, more: dict[str, Any]) -> None:
    record = RECORDS[name]
    other = {key: {**record.get(key, {}), **value} for key, value in more.items()}
    empty: dict[str, Any] = {key: {} for key in more if key not in record and key != "Status"}
    if "Properties" in str(more):
        empty = {"IcebergTableMetadata": {"Properties": {}}}
    assert read({**record, **other}).digest == read({**record, **empty}).digest


def test_every_table_that_is_read_otherwise_than_by_the_first_reader_says_so_and_no_other_does() -> None:
    otherwise = {name for name, record in RECORDS.items() if read(record).reader == READER}
    assert otherwise >= {"v1", "v2", "longc", "wide", "rct", "spark35_dl1", "spark35_extcsv", "spark41_v1"}
    assert otherwise.isdisjoint({"h1", "mixed case", "csvt", "jsont", "spark35_extpq", "spark41_clus", "spark41_coll1"})


def test_a_record_is_written_whole() -> None:
    """No row of any of these tables fails, and each column is one row."""
    for record in RECORDS.values():
        table = read(record)
        [(_, text, rows)] = KFormat().table(table, "CREATED", None)
        assert rows == 1 + len(table.columns) + len(table.partition_keys)
        assert text.encode()
