"""Whatever a catalog holds, it ends as correct rows, or as one named problem beside everybody else's rows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.collecting import attributes, database, table

from gluepot_sandbox.aws import RawDatabase, RawTable

if TYPE_CHECKING:
    from tests.support.collecting import Collector, Outcome

    from gluepot_sandbox.aws import Emulator

NAMES = [
    "../../etc/passwd",
    "a/b",
    "a%2Fb",
    "a#b",
    "new\nline",
    "carriage\r\nreturn",
    "tab\tnul\x00bell\x07",
    'quote"s',
    "pi|pe",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "-1+1",
    "日本語",
    "🦆",
    "e\u0301",
    "é",
    "\u202egnp.exe",
    "\ufeffbom",
    "\u2028line",
    "dot.dot",
    " spaced ",
    "'; DROP TABLE t; --",
    "%s%n{0}",
    "x" * 255,
]
ASKED = [name for name in NAMES if not re.search(r"[\x00-\x08\n-\x1f]", name)]
"""Those that Glue takes in a call: it may list others, and answers no question about them."""

ID = re.compile(r"arn:aws:glue:us-east-1:123456789012:(database|table)/[^\x00-\x1f\x7f]+")


def raw(name: str, database: str = "sales", **more: Any) -> RawTable:
    """A table as bytes, whatever its members are."""
    return RawTable(database, json.dumps({"Name": name, "DatabaseName": database, **more}).encode(), name=name)


def check(found: Outcome) -> None:
    """Hold every file to the contract, and every id to its form."""
    found.verify()
    for row in found.metadata:
        assert ID.fullmatch(row["OBJECT_ID"]), row["OBJECT_ID"]
        json.loads(row["ATTRIBUTES"])
    for row in [*found.events, *found.rows("LINKAGES")]:
        json.loads(row["DETAIL"])


def test_hostile_names_of_tables_and_columns_are_kept_to_the_letter(aws: Emulator, run: Collector) -> None:
    columns = [{"Name": name, "Type": "int"} for name in NAMES]
    tables = [raw(name, StorageDescriptor={"Columns": columns}) for name in NAMES]
    aws.add(raw_tables=tables, tables=[table("plain")])
    found = run()
    assert found.collected.complete, found.manifest.problems
    assert found.names("TABLE") == sorted([*NAMES, "plain"])
    assert found.names("COLUMN") == sorted([*NAMES * len(NAMES), "id"])
    check(found)
    for row in found.metadata:
        assert len(row["PATH"].split(".")) == {"DATABASE": 3, "TABLE": 4, "COLUMN": 5}[row["OBJECT_TYPE"]]
    assert run().metadata == []


def test_hostile_names_of_databases_are_kept_to_the_letter(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[database(name) for name in ASKED])
    aws.add(tables=[table("t", database=name) for name in ASKED])
    found = run()
    assert found.collected.complete, found.manifest.problems
    assert found.names("DATABASE") == sorted(ASKED)
    assert len(found.names("TABLE")) == len(ASKED)
    check(found)
    assert not [path for path in run.home.rglob("*") if "passwd" in path.name]


def test_hostile_changes_are_compared(aws: Emulator, run: Collector) -> None:
    aws.add(raw_tables=[raw(name, StorageDescriptor={"Columns": [{"Name": n} for n in NAMES]}) for name in ASKED])
    run()
    aws.change(raw_tables=[raw("plain")])
    found = run()
    assert len(found.events) == len(ASKED) + 1
    check(found)


WRONG: dict[str, dict[str, Any]] = {
    "storage is a list": {"StorageDescriptor": [1]},
    "columns is a text": {"StorageDescriptor": {"Columns": "id int"}},
    "columns hold a number": {"StorageDescriptor": {"Columns": [7]}},
    "keys is an object": {"PartitionKeys": {"a": 1}},
    "parameters is a list": {"Parameters": [1]},
}
ODD: dict[str, dict[str, Any]] = {
    "no storage": {},
    "null storage": {"StorageDescriptor": None, "PartitionKeys": None, "Parameters": None},
    "column without a type": {"StorageDescriptor": {"Columns": [{"Name": "a"}]}},
    "column with a null type": {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": None, "Comment": None}]}},
    "column with a number for a type": {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": 7}]}},
    "column with unknown members": {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int", "X": [1]}]}},
    "type that is none": {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "struct<<<>"}]}},
    "unknown members": {"Future": {"x": [1, None, 1.5]}, "Another": "y"},
    "times that are none": {"CreateTime": "yesterday", "UpdateTime": 1e300, "LastAccessTime": -1e300},
    "times out of range": {"CreateTime": -99999999999999, "UpdateTime": 99999999999999},
    "numbers for texts": {"Description": 1, "Owner": 2.5, "TableType": True, "VersionId": 3},
    "lists for texts": {"Description": ["a"], "Owner": {"b": 1}, "CreatedBy": []},
    "parameters that are no texts": {"Parameters": {"a": 1, "b": None, "c": ["d"], "e": {"f": "g"}}},
    "huge numbers": {"Retention": 10**40, "Parameters": {"a": "1"}, "Big": 2**64},
    "not a number": {"Odd": float("nan"), "Inf": float("inf")},
    "deep": {"Deep": json.loads("[" * 200 + "]" * 200)},
    "view text that is no base64": {"TableType": "VIRTUAL_VIEW", "ViewOriginalText": "/* Presto View: %%% */"},
    "view that is a number": {"TableType": "VIRTUAL_VIEW", "ViewOriginalText": 7},
    "view definition of wrong types": {
        "TableType": "VIRTUAL_VIEW",
        "ViewDefinition": {"Representations": 7, "SubObjects": {}},
    },
    "view definition that is a text": {"ViewDefinition": "SELECT 1", "TableType": "VIRTUAL_VIEW"},
    "target of wrong types": {"TargetTable": {"Name": 7, "DatabaseName": [], "CatalogId": {}, "Region": 1}},
    "target that is a text": {"TargetTable": "x"},
    "serde that is a text": {"StorageDescriptor": {"SerdeInfo": "x", "Parameters": "y", "Location": 7}},
    "locations of wrong types": {"StorageDescriptor": {"AdditionalLocations": [1, None, "s3://b/x"], "Columns": []}},
    "repeated columns": {
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}, {"Name": "a", "Type": "string"}]},
        "PartitionKeys": [{"Name": "a", "Type": "date"}],
    },
    "delta schema that is none": {
        "Parameters": {"spark.sql.sources.provider": "delta", "spark.sql.sources.schema.numParts": "x",
                       "spark.sql.sources.schema.part.0": "{"},
    },
    "iceberg columns of wrong types": {
        "Parameters": {"table_type": "ICEBERG"},
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int", "Parameters": {"iceberg.field.current": 7}}]},
    },
    "federated table that is a text": {"FederatedTable": "x"},
    "iceberg metadata of wrong types": {"IcebergTableMetadata": [1]},
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_table_of_a_wrong_shape_costs_itself(aws: Emulator, run: Collector, what: str) -> None:
    aws.add(raw_tables=[raw("bad", **WRONG[what])], tables=[table("good")])
    found = run()
    assert found.names("TABLE") == ["good"]
    (problem,) = found.manifest.problems
    assert problem.reason == "malformed"
    assert "bad" in problem.where
    (entry,) = found.manifest.databases
    assert (entry.complete, entry.listed, entry.read, entry.failed) == (True, 2, 1, 1)
    check(found)


@pytest.mark.parametrize("what", ODD)
def test_an_odd_table_is_written_beside_the_others(aws: Emulator, run: Collector, what: str) -> None:
    aws.add(raw_tables=[raw("odd", **ODD[what])], tables=[table("good")])
    found = run()
    assert found.collected.complete, found.manifest.problems
    assert found.names("TABLE", "VIEW") == ["good", "odd"]
    check(found)
    assert run().metadata == []


@pytest.mark.parametrize("record", [b"{}", b'{"Name":""}', b'{"Name":7}', b'{"Name":null}', b"null", b"[]", b'"x"'])
def test_a_record_without_a_name_is_one_problem(aws: Emulator, run: Collector, record: bytes) -> None:
    aws.add(raw_tables=[RawTable("sales", record)], tables=[table("good")])
    found = run()
    assert found.names("TABLE") == ["good"]
    assert found.problems == [("malformed", "")]
    check(found)


SURROGATE = (
    b'{"Name":"s\\ud800","Description":"\\udfff","StorageDescriptor":{"Columns":[{"Name":"c\\ud83d","Type":"int"}]}}'
)


def test_lone_surrogates_are_written_out(aws: Emulator, run: Collector) -> None:
    aws.add(raw_tables=[RawTable("sales", SURROGATE, name="s")], tables=[table("good")])
    found = run()
    assert found.names("TABLE") == ["good", "s\\ud800"]
    assert found.row("s\\ud800")["DESCRIPTION"] == "\\udfff"
    assert any("surrogate" in one.message for one in found.manifest.warnings)
    check(found)
    assert run().metadata == []


def test_lone_surrogates_in_a_record_that_cannot_be_read_break_nothing(aws: Emulator, run: Collector) -> None:
    body = b'{"Name":"s\\ud800","StorageDescriptor":{"Columns":"\\udfff"}}'
    aws.add(raw_tables=[RawTable("sales", body, name="s")], tables=[table("good")])
    found = run()
    assert found.names("TABLE") == ["good"]
    assert found.problems == [("malformed", "")]
    check(found)


def test_bytes_that_are_no_utf8_cost_their_page_or_their_table(aws: Emulator, run: Collector) -> None:
    aws.add(raw_tables=[RawTable("bad", b'{"Name":"x\xff\xfe"}', name="x")], tables=[table("good")])
    found = run()
    assert found.names("TABLE") == ["good"]
    assert found.problems == [("malformed", "")]
    check(found)


def test_the_longest_texts_that_glue_allows_survive(aws: Emulator, run: Collector) -> None:
    long_type = "struct<" + ",".join(f"field_{i:05d}:string" for i in range(6_880)) + ">"
    assert len(long_type) < 131_072 < len(long_type) + 500
    text = "x" * 1_000_000
    parameters = {"big": text, "quotes": '"' * 100_000}
    odd = raw("odd", Parameters=parameters, StorageDescriptor={"Columns": [{"Name": "c", "Type": long_type}]})
    view = raw("view", TableType="VIRTUAL_VIEW", ViewOriginalText="SELECT " + "1, " * 136_000 + "1")
    aws.add(raw_tables=[odd, view], tables=[table("good")])
    found = run()
    assert found.collected.complete, found.manifest.problems
    assert found.row("c", "COLUMN")["DATA_TYPE"] == long_type
    assert attributes(found.row("odd"))["Parameters"] == parameters
    assert len(found.row("view", "VIEW")["QUERY_CODE"]) > 400_000
    check(found)


def test_ten_thousand_columns_survive(aws: Emulator, run: Collector) -> None:
    columns = [{"Name": f"c{i}", "Type": "string"} for i in range(10_000)]
    aws.add(raw_tables=[raw("wide", StorageDescriptor={"Columns": columns})])
    found = run()
    assert len(found.names("COLUMN")) == 10_000
    assert max(int(row["ORDINAL_POSITION"]) for row in found.metadata if row["ORDINAL_POSITION"]) == 10_000


@pytest.mark.parametrize(
    "body",
    [
        b'{"Name":"odd","Parameters":[1],"Description":7,"LocationUri":{},"CreateTime":"x"}',
        b'{"Name":"odd","TargetDatabase":7,"FederatedDatabase":[],"CreateTableDefaultPermissions":{"a":1}}',
        b'{"Name":"odd","TargetDatabase":{"DatabaseName":7,"CatalogId":[1],"Region":{}}}',
        b'{"Name":"odd","CatalogId":17}',
        b'{"Name":"odd","CreateTableDefaultPermissions":[1,{"Principal":7,"Permissions":"ALL"}],"Future":1e400}',
        b'{"Name":"odd\\ud800","Description":"\\udfff"}',
    ],
)
def test_an_odd_database_record_costs_at_most_itself(aws: Emulator, run: Collector, body: bytes) -> None:
    aws.add(raw_databases=[RawDatabase(body)], tables=[table("good")])
    found = run()
    assert found.names("TABLE") == ["good"]
    found.verify()


def test_formulas_stay_as_they_are(aws: Emulator, run: Collector) -> None:
    """The contract is a data file, not a spreadsheet: what is changed here would be wrong there."""
    aws.add(tables=[table("t", Description='=cmd|" /C calc"!A0')])
    assert run().row("t")["DESCRIPTION"] == '=cmd|" /C calc"!A0'
