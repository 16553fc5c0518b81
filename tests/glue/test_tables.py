"""Records of every kind become tables: views, links, retired and repeated columns, hostile and broken ones."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.collector.extract.jsonl import JsonlFormat
from gluepot.collector.extract.k import KFormat
from gluepot.collector.generation import encode_columns
from gluepot.errors import MalformedError
from gluepot.glue.digest import VOLATILE_MEMBERS, VOLATILE_PARAMETERS
from gluepot.glue.records import DatabaseRef
from gluepot.glue.shapes import WireTable, table_records
from gluepot.glue.tables import Tables
from gluepot.glue.texts import utc
from gluepot.glue.views import encode_presto_view
from gluepot.mask.credentials import Redactor
from gluepot.mask.sql import DIALECTS, mask_literals

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.glue.records import Table

PLACE: Final = DatabaseRef(
    server="srv",
    partition="aws",
    region="eu-west-1",
    account="123456789012",
    catalog="",
    catalog_id="123456789012",
    database="db",
)
BELOW: Final = "arn:aws:glue:eu-west-1:123456789012:table/db"


def mask(text: str, dialect: str) -> str:
    return mask_literals(text, dialect if dialect in DIALECTS else "trino").text


def read_page(body: bytes, mask_sql: Callable[[str, str], str] | None = None, known: str = "") -> list[Table]:
    """Read a GetTables page as the collector does."""
    tables = Tables(Redactor([known] if known else []), mask_sql)
    clean = tables.is_clean(body)
    return [tables.table(PLACE, raw, record, clean=clean) for raw, record in table_records(body)]


def read(record: dict[str, Any], mask_sql: Callable[[str, str], str] | None = None, known: str = "") -> Table:
    """Read one record, in the bytes that Glue would send."""
    [table] = read_page(json.dumps({"TableList": [record]}, ensure_ascii=False).encode(), mask_sql, known)
    return table


def plain(**more: Any) -> dict[str, Any]:
    """Give a table with nothing special, and what is to be added to it."""
    columns = [{"Name": "a", "Type": "int", "Comment": "first"}, {"Name": "b", "Type": "array<string>"}]
    storage = {"Columns": columns, "Location": "s3://bucket/db/t", "InputFormat": "x.TextInputFormat"}
    return {
        "Name": "t",
        "DatabaseName": "db",
        "TableType": "EXTERNAL_TABLE",
        "CreateTime": 1.7e9,
        "UpdateTime": 1700000001.5,
        "CreatedBy": "arn:aws:iam::1:user/u",
        "VersionId": "3",
        "Owner": "hadoop",
        "Retention": 0,
        "IsRegisteredWithLakeFormation": False,
        "StorageDescriptor": storage,
        "PartitionKeys": [{"Name": "day", "Type": "date"}],
        "Parameters": {"classification": "csv"},
        "CatalogId": "123456789012",
        **more,
    }


def attributes(table: Table) -> dict[str, Any]:
    found = json.loads(table.attributes)
    assert isinstance(found, dict)
    return found


# A plain table.


def test_a_plain_table_has_every_field() -> None:
    table = read(plain(Description="what it is"))
    assert (table.kind, table.tool_type, table.name) == ("TABLE", "EXTERNAL_TABLE", "t")
    assert (table.id, table.path) == (f"{BELOW}/t", "srv.eu-west-1.db.t")
    assert (table.description, table.owner, table.location) == ("what it is", "hadoop", "s3://bucket/db/t")
    assert (table.created_at, table.updated_at) == ("2023-11-14 22:13:20", "2023-11-14 22:13:21")
    assert (table.created_by, table.version, table.format, table.query_code) == (
        "arn:aws:iam::1:user/u",
        "3",
        "csv",
        "",
    )
    assert [(one.Name, one.Type) for one in table.columns] == [("a", "int"), ("b", "array<string>")]
    assert [(one.Name, one.Type) for one in table.partition_keys] == [("day", "date")]
    assert not table.governed
    assert table.warnings == []


def test_attributes_hold_what_has_no_field_of_its_own_and_nothing_twice() -> None:
    found = attributes(read(plain(Description="x")))
    assert found == {
        "DatabaseName": "db",
        "CreateTime": 1.7e9,
        "UpdateTime": 1700000001.5,
        "CreatedBy": "arn:aws:iam::1:user/u",
        "VersionId": "3",
        "Retention": 0,
        "IsRegisteredWithLakeFormation": False,
        "StorageDescriptor": {"InputFormat": "x.TextInputFormat"},
        "Parameters": {"classification": "csv"},
        "CatalogId": "123456789012",
    }


def test_members_that_no_one_knows_yet_are_kept() -> None:
    storage = {**plain()["StorageDescriptor"], "Novelty": 2}
    storage["Columns"] = [{"Name": "a", "Type": "int", "Novelty": [3]}, {"Name": "b", "Type": "int"}]
    table = read(plain(Novelty={"a": 1}, StorageDescriptor=storage))
    found = attributes(table)
    assert (found["Novelty"], found["StorageDescriptor"]["Novelty"]) == ({"a": 1}, 2)
    assert table.column_attributes == {"a": {"Novelty": [3]}}


def test_a_table_without_storage_has_no_columns_and_no_location() -> None:
    record = plain()
    storages: list[dict[str, Any]] = [{}, {"StorageDescriptor": None}, {"StorageDescriptor": {}}]
    for storage in storages:
        bare = {key: one for key, one in record.items() if key not in {"StorageDescriptor", "PartitionKeys"}}
        table = read({**bare, **storage})
        assert (table.columns, table.partition_keys, table.location, table.linkages) == ([], [], "", [])


def test_a_column_without_a_type_stays_and_is_warned_of() -> None:
    table = read(plain(StorageDescriptor={"Columns": [{"Name": "a"}, {"Name": "b", "Type": None}]}))
    assert [(one.Name, one.Type) for one in table.columns] == [("a", ""), ("b", "")]
    assert any("without a type" in warning for warning in table.warnings)


def test_a_type_that_cannot_be_parsed_is_kept_and_warned_of() -> None:
    table = read(plain(StorageDescriptor={"Columns": [{"Name": "a", "Type": "array<"}, {"Name": "b", "Type": "int"}]}))
    assert [one.Type for one in table.columns] == ["array<", "int"]
    assert [warning for warning in table.warnings if "column a" in warning] == table.warnings != []


def test_a_type_as_long_as_glue_allows_is_kept() -> None:
    long = "array<" * 18_000 + "int" + ">" * 18_000
    table = read(plain(StorageDescriptor={"Columns": [{"Name": "a", "Type": long}]}))
    assert [one.Type for one in table.columns] == [long]
    assert table.warnings == []


def test_a_partition_key_wins_over_a_column_of_its_name() -> None:
    columns = [{"Name": "a", "Type": "int"}, {"Name": "day", "Type": "string"}, {"Name": "a", "Type": "bigint"}]
    table = read(plain(StorageDescriptor={"Columns": columns}))
    assert [(one.Name, one.Type) for one in table.columns] == [("a", "int")]
    assert [(one.Name, one.Type) for one in table.partition_keys] == [("day", "date")]
    assert attributes(table)["RepeatedColumns"] == columns[1:]
    assert any("another one has" in warning for warning in table.warnings)


def test_columns_that_iceberg_dropped_are_no_rows() -> None:
    current = {"iceberg.field.current": "true", "iceberg.field.id": "1"}
    gone = {"Name": "gone", "Type": "int", "Parameters": {"iceberg.field.current": "false", "iceberg.field.id": "2"}}
    columns = [{"Name": "a", "Type": "int", "Parameters": current}, gone]
    record = plain(StorageDescriptor={"Columns": columns}, Parameters={"table_type": "ICEBERG"}, PartitionKeys=[])
    table = read(record)
    assert [one.Name for one in table.columns] == ["a"]
    assert table.columns[0].Parameters == current
    assert attributes(table)["RetiredColumns"] == [gone]
    assert table.format == "iceberg"
    now = {**record, "StorageDescriptor": {"Columns": columns[:1]}}
    assert "RetiredColumns" not in attributes(read(now))


# Links and locations.


def test_a_resource_link_is_one_row_that_names_its_target() -> None:
    target = {"CatalogId": "210987654321", "DatabaseName": "their.db", "Name": "t/x", "Region": "us-gov-west-1"}
    table = read(plain(TargetTable=target))
    [link] = [one for one in table.linkages if one.link_type == "RESOURCE_LINK"]
    assert link.target_id == "arn:aws-us-gov:glue:us-gov-west-1:210987654321:table/their.db/t%2Fx"
    assert (link.source_id, link.source_type, link.target_type) == (f"{BELOW}/t", "TABLE", "TABLE")
    assert link.detail == {
        "catalog_id": "210987654321",
        "region": "us-gov-west-1",
        "database": "their.db",
        "table": "t/x",
    }
    assert (table.columns, table.partition_keys) == ([], [])
    assert [one["Name"] for one in attributes(table)["TargetColumns"]] == ["a", "b", "day"]
    assert attributes(table)["TargetTable"] == target


def test_a_resource_link_without_a_region_points_into_its_own() -> None:
    table = read(plain(TargetTable={"CatalogId": "210987654321", "DatabaseName": "d", "Name": "t"}))
    [link] = [one for one in table.linkages if one.link_type == "RESOURCE_LINK"]
    assert link.target_id == "arn:aws:glue:eu-west-1:210987654321:table/d/t"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("s3://b/k/", "s3://b/k/"),
        ("s3a://b/k", "s3://b/k"),
        ("S3N://b/k", "s3://b/k"),
        ("hdfs://n/k", None),
        ("b/k", None),
        ("", None),
    ],
)
def test_locations_in_s3_are_linkages(location: str, target: str | None) -> None:
    storage = {**plain()["StorageDescriptor"], "Location": location}
    table = read(plain(StorageDescriptor=storage))
    assert table.location == location
    assert [(one.link_type, one.target_id) for one in table.linkages] == ([("STORED_AT", target)] if target else [])


def test_additional_locations_are_linkages_too() -> None:
    storage = {**plain()["StorageDescriptor"], "AdditionalLocations": ["s3://c/1", "file:///x", "s3://c/2"]}
    table = read(plain(StorageDescriptor=storage))
    assert [one.target_id for one in table.linkages] == ["s3://bucket/db/t", "s3://c/1", "s3://c/2"]
    assert {one.evidence for one in table.linkages} == {
        "StorageDescriptor.Location",
        "StorageDescriptor.AdditionalLocations",
    }


# Views.

SQL: Final = "SELECT a, 'top secret' AS s FROM db.t WHERE b > 47114711"
MASKED: Final = mask(SQL, "presto")


def holds(table: Table, text: str) -> bool:
    """Tell whether any text of a table's rows holds a text, as it is or in base64."""
    every = "".join(
        piece for writer in (KFormat(), JsonlFormat()) for _, piece, _ in writer.table(table, "CREATED", None)
    )
    forms = [base64.b64encode(("x" * shift + text).encode()).decode()[4:-4] for shift in range(3)]
    return text in every or any(form in every for form in forms)


def athena_view(sql: str = SQL, **more: Any) -> dict[str, Any]:
    encoded = encode_presto_view({"originalSql": sql, "catalog": "awsdatacatalog", "schema": "db", "columns": []})
    view = {"TableType": "VIRTUAL_VIEW", "ViewOriginalText": encoded, "ViewExpandedText": "/* Presto View */"}
    return plain(**view, Parameters={"presto_view": "true"}, **more)


def test_an_athena_view_is_decoded() -> None:
    table = read(athena_view())
    assert (table.kind, table.tool_type, table.query_code) == ("VIEW", "VIRTUAL_VIEW", SQL)
    found = attributes(table)
    assert "ViewOriginalText" not in found
    assert "ViewExpandedText" not in found
    assert found["View"]["definitions"][0]["text"] == SQL
    assert found["View"]["definitions"][0]["details"]["schema"] == "db"
    assert "Presto View" not in table.attributes
    assert [(one.Name, one.Type) for one in table.columns] == [("a", "int"), ("b", "array<string>")]


def test_masking_reaches_every_text_of_a_view() -> None:
    """In the clear and in its encoding: the literals stand in no field of no format."""
    assert "top secret" not in MASKED
    assert MASKED.startswith("SELECT a, ")
    assert holds(read(athena_view()), "top secret")
    table = read(athena_view(), mask)
    assert table.query_code == MASKED
    assert not holds(table, "top secret")
    assert not holds(table, "47114711")


def test_credentials_in_a_view_are_taken_out_whether_masked_or_not() -> None:
    sql = "SELECT * FROM t WHERE url = 'jdbc:postgresql://h/d?user=u&password=Hunter2Hunter2'"
    for mask_sql in (None, mask):
        table = read(athena_view(sql), mask_sql)
        assert not holds(table, "Hunter2Hunter2")
        assert "FROM t WHERE" in table.query_code
    assert not holds(read(athena_view("SELECT 'swordfish-abc'"), known="swordfish-abc"), "swordfish-abc")


def test_code_of_a_view_that_only_sounds_secret_stays_to_the_letter() -> None:
    sql = (
        "SELECT a.account_key, upper(b.password) AS password FROM a JOIN b ON a.account_key = b.account_key "
        "WHERE a.token = CAST(b.token AS varchar) AND b.secret = (SELECT max(secret) FROM c) AND a.client_key = 17"
    )
    for record in (athena_view(sql), plain(TableType="VIRTUAL_VIEW", ViewOriginalText=sql, ViewExpandedText=sql)):
        table = read(record)
        assert table.query_code == sql
        assert "***" not in table.attributes
    table = read(plain(Parameters={"folder": "s3://lake/fact/client_key=17/"}, Description="Session token: opaque"))
    assert table.description == "Session token: opaque"
    assert "***" not in table.attributes


def test_each_dialect_of_a_data_catalog_view_is_masked_and_its_encoding_left_out() -> None:
    representations = [
        {"Dialect": "SPARK", "DialectVersion": "3.5", "ViewOriginalText": SQL, "ViewExpandedText": SQL + " -- x"},
        {"Dialect": "ATHENA", "ViewOriginalText": SQL.replace("top", "hot"), "IsStale": True},
    ]
    subjects = ["arn:aws:glue:eu-west-1:123456789012:table/db/t", "arn:aws:glue:eu-west-1:123456789012:table/db/x y#z"]
    definition = {"IsProtected": True, "SubObjects": subjects, "Representations": representations}
    record = plain(
        TableType="VIRTUAL_VIEW",
        ViewDefinition=definition,
        IsMultiDialectView=True,
        ViewOriginalText=SQL,
        Parameters={},
    )
    table = read(record, mask)
    assert not holds(table, "top secret")
    assert not holds(table, "hot secret")
    found = attributes(table)
    assert [one["dialect"] for one in found["View"]["definitions"]][:2] == ["spark", "athena"]
    assert found["ViewDefinition"] == {"IsProtected": True, "SubObjects": subjects}
    links = [(one.link_type, one.source_type, one.target_id) for one in table.linkages if one.link_type == "VIEW_OF"]
    assert links == [("VIEW_OF", "VIEW", subjects[0]), ("VIEW_OF", "VIEW", subjects[1].replace("#", "%23"))]


def test_a_view_without_a_table_type_is_a_view() -> None:
    record = {key: one for key, one in athena_view().items() if key != "TableType"}
    table = read(record)
    assert (table.kind, table.tool_type, table.format, table.query_code) == ("VIEW", "", "view", SQL)


def test_view_texts_of_a_table_that_is_no_view_are_decoded_and_masked_too() -> None:
    table = read({**athena_view(), "TableType": "EXTERNAL_TABLE"}, mask)
    assert (table.kind, table.query_code) == ("TABLE", "")
    assert not holds(table, "top secret")
    assert attributes(table)["View"]["definitions"][0]["text"] == MASKED


def test_a_view_that_cannot_be_decoded_is_kept_as_text_with_a_warning() -> None:
    table = read(plain(TableType="VIRTUAL_VIEW", ViewOriginalText="/* Presto View: bm8ganNvbg== */"))
    assert table.kind == "VIEW"
    assert table.query_code == "/* Presto View: bm8ganNvbg== */"
    assert table.warnings


def test_a_view_without_any_text_is_a_view() -> None:
    table = read(plain(TableType="VIRTUAL_VIEW"))
    assert (table.kind, table.query_code) == ("VIEW", "")


# Credentials.


def test_credentials_leave_no_field_of_a_table() -> None:
    secret = "Hunter2Hunter2"
    jdbc = f"jdbc:mysql://h:3306/d?user=u&password={secret}"
    columns = [{"Name": "a", "Type": "int", "Comment": f"password={secret}", "Parameters": {"password": secret}}]
    record = plain(
        Description=f"connect with {jdbc}",
        Parameters={"password": secret, "url": jdbc},
        StorageDescriptor={"Columns": columns, "Location": jdbc, "SerdeInfo": {"Parameters": {"connection": jdbc}}},
    )
    table = read(record)
    assert not holds(table, secret)
    assert not any(secret in str(link) for link in table.linkages)
    assert attributes(table)["Parameters"]["password"] == "***"
    assert table.name == "t"


def test_a_secret_of_the_configuration_leaves_a_table_that_is_plain_otherwise() -> None:
    table = read(plain(Parameters={"note": "see swordfish-abc"}), known="swordfish-abc")
    assert not holds(table, "swordfish-abc")


def test_a_changed_credential_changes_the_digest_and_no_text() -> None:
    one, other = (read(plain(Parameters={"password": secret})) for secret in ("Hunter2Hunter2", "Hunter3Hunter3"))
    assert one.digest != other.digest
    assert one.attributes == other.attributes


# The digest.


@pytest.mark.parametrize("careful", [False, True])
def test_what_changes_without_meaning_leaves_the_digest(*, careful: bool) -> None:
    def digest(**changes: Any) -> bytes:
        return read(plain(**changes, **({"TargetTable": {"Name": "x", "DatabaseName": "d"}} if careful else {}))).digest

    before = digest()
    for member in VOLATILE_MEMBERS:
        assert digest(**{member: "9" if member == "VersionId" else 1.8e9}) == before
    volatile = dict.fromkeys(VOLATILE_PARAMETERS, "1")
    assert digest(Parameters={"classification": "csv", **volatile}) == before
    storage = {**plain()["StorageDescriptor"], "Parameters": {"x": "y"}}
    counted = {**storage, "Parameters": {**volatile, "x": "y"}}
    assert digest(StorageDescriptor=counted) == digest(StorageDescriptor=storage) != before
    for changed in ({"Owner": "x"}, {"Description": "x"}, {"Parameters": {"classification": "json"}}, {"Retention": 1}):
        assert digest(**changed) != before


def test_the_digest_does_not_depend_on_how_the_json_is_spelt() -> None:
    """Members in another order, letters as escapes, space between."""
    record = plain(Description="é☃😀")
    bodies = [
        json.dumps({"TableList": [record]}, ensure_ascii=False),
        json.dumps({"TableList": [record]}),
        json.dumps({"TableList": [dict(reversed(record.items()))]}, indent=3),
    ]
    found = [read_page(body.encode())[0] for body in bodies]
    assert len({one.digest for one in found}) == 1


TEXTS: Final = st.one_of(
    st.sampled_from(["", "x", 'say "x"', "a.b", "a/b#c", "line\nbreak", "\\", "☃", "true", "é", "\x00", "s3://b/k"]),
    st.text(max_size=8),
)
NAMES: Final = TEXTS.filter(bool)
PARAMETERS: Final = st.dictionaries(
    st.one_of(TEXTS, st.sampled_from(["classification", "table_type", "numRows", "transient_lastDdlTime"])),
    st.one_of(TEXTS, st.sampled_from(["csv", "ICEBERG", "parquet"])),
    max_size=3,
)
TYPES: Final = st.sampled_from(["int", "string", "array<int>", "struct<a:int,b:string>", "decimal(10,2)", "nope<"])


def columns_strategy(size: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    column = st.fixed_dictionaries(
        {"Name": NAMES, "Type": TYPES},
        optional={"Comment": st.one_of(st.none(), TEXTS), "Parameters": st.one_of(st.none(), PARAMETERS)},
    )
    return st.lists(column, max_size=size, unique_by=lambda one: one["Name"])


STORAGES: Final = st.fixed_dictionaries(
    {"Columns": columns_strategy(4)},
    optional={
        "Location": st.one_of(st.none(), TEXTS),
        "AdditionalLocations": st.lists(TEXTS, max_size=2),
        "InputFormat": st.one_of(st.none(), st.sampled_from(["org.apache.hadoop.mapred.TextInputFormat", "x"])),
        "Compressed": st.booleans(),
        "NumberOfBuckets": st.integers(-1, 5),
        "SerdeInfo": st.one_of(
            st.none(), st.fixed_dictionaries({}, optional={"SerializationLibrary": TEXTS, "Parameters": PARAMETERS})
        ),
        "Parameters": st.one_of(st.none(), PARAMETERS),
    },
)
MOMENTS: Final = st.one_of(st.none(), st.integers(-(10**13), 10**13), st.floats(-1e12, 1e12))
TABLES: Final = st.fixed_dictionaries(
    {"Name": NAMES},
    optional={
        "DatabaseName": TEXTS,
        "Description": st.one_of(st.none(), TEXTS),
        "Owner": st.one_of(st.none(), TEXTS),
        "CreateTime": MOMENTS,
        "UpdateTime": MOMENTS,
        "CreatedBy": TEXTS,
        "VersionId": st.one_of(st.none(), st.integers(0, 99).map(str)),
        "Retention": st.integers(0, 2**40),
        "TableType": st.one_of(st.none(), st.sampled_from(["EXTERNAL_TABLE", "MANAGED_TABLE", "", "GOVERNED"])),
        "Parameters": st.one_of(st.none(), PARAMETERS),
        "StorageDescriptor": st.one_of(st.none(), STORAGES),
        "PartitionKeys": st.one_of(st.none(), columns_strategy(2)),
        "IsRegisteredWithLakeFormation": st.booleans(),
        "FederatedTable": st.one_of(st.none(), st.fixed_dictionaries({"ConnectionName": TEXTS})),
        "CatalogId": TEXTS,
    },
)


@given(record=TABLES)
def test_the_quick_and_the_careful_way_agree(record: dict[str, Any]) -> None:
    """The same digest, rows, linkages, generation entry: a table does not change by changing ways."""
    tables = Tables(Redactor(), None)
    body = json.dumps({"TableList": [record]}, ensure_ascii=False).encode()
    [(raw, wire)] = table_records(body)
    assert isinstance(wire, WireTable)
    quick, careful = (tables.table(PLACE, raw, each, clean=False) for each in (wire, record))
    assert essence(quick) == essence(careful)


def essence(table: Table) -> dict[str, Any]:
    """Give everything that is written of a table, JSON decoded, since its members' order says nothing."""
    rows = [
        json.loads(line)
        for _, text, _ in JsonlFormat().table(table, "CREATED", None)
        for line in text.split("\n")
        if line
    ]
    k_rows = KFormat().table(msgspec.structs.replace(table, attributes="{}"), "CREATED", None)
    kept = (table.version, table.created_by, table.governed, table.warnings, table.linkages, table.digest)
    return {"rows": rows, "k": k_rows, "blob": encode_columns(table.columns, table.partition_keys), "kept": kept}


@given(record=TABLES)
def test_tables_marked_plain_are_plain(record: dict[str, Any]) -> None:
    """The mark lets a writer skip its escaping, so it must never be wrong."""
    table = read(record)
    columns = table.columns + table.partition_keys
    texts = [
        table.name,
        table.description,
        *(str(part) for one in columns for part in (one.Name, one.Type, one.Comment)),
    ]
    if table.plain:
        assert not any(sign == '"' or sign < " " for text in texts for sign in text)


# Hostile and broken records.


def test_lone_surrogates_are_written_out_and_keep_names_apart() -> None:
    body = (
        b'{"TableList": [{"Name": "a\\ud800"}, {"Name": "a\\udfff", "Description": "\\ud800\\u2603"}, {"Name": "a"}]}'
    )
    tables = read_page(body)
    assert [one.name for one in tables] == ["a\\ud800", "a\\udfff", "a"]
    assert tables[1].description == "\\ud800☃"
    assert all("surrogates" in one.warnings[0] for one in tables[:2])
    assert tables[2].warnings == []
    for one in tables:
        for _, text, _ in KFormat().table(one, "CREATED", None):
            text.encode()


def test_one_bad_table_costs_one_table() -> None:
    """Whatever stands in a page's list, its neighbours are read."""
    bodies = [
        b"5",
        b"null",
        b'"t"',
        b"[]",
        b"{}",
        b'{"Name": ""}',
        b'{"Name": 5}',
        b'{"Name": null}',
        b'{"Name": ["t"]}',
    ]
    for bad in bodies:
        body = b'{"TableList": [{"Name": "a"}, ' + bad + b', {"Name": "b"}]}'
        names = []
        tables = Tables(Redactor(), None)
        for raw, record in table_records(body):
            try:
                names.append(tables.table(PLACE, raw, record, clean=False).name)
            except MalformedError as error:
                names.append(error.reason)
        assert names == ["a", "malformed", "b"], bad


@pytest.mark.parametrize(
    "changes",
    [
        {"StorageDescriptor": []},
        {"StorageDescriptor": "s"},
        {"StorageDescriptor": {"Columns": {}}},
        {"StorageDescriptor": {"Columns": "a,b"}},
        {"StorageDescriptor": {"Columns": ["a"]}},
        {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}, 5]}},
        {"PartitionKeys": {"Name": "day"}},
        {"PartitionKeys": [["day"]]},
        {"Parameters": ["a"]},
        {"Parameters": "a=b"},
    ],
)
def test_a_record_whose_rows_could_only_be_guessed_at_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError, match="the table t cannot be read") as malformed:
        read(plain(**changes))
    assert malformed.value.why


@pytest.mark.parametrize(
    "changes",
    [
        {"StorageDescriptor": {"Columns": [None]}},
        {"Description": 5},
        {"Owner": ["x"]},
        {"CreateTime": "yesterday", "UpdateTime": {"a": 1}},
        {"CreateTime": 1e300, "UpdateTime": -1e300},
        {"CreateTime": True},
        {"VersionId": 7},
        {"TableType": {"a": 1}},
        {"TableType": 5},
        {"Parameters": {"a": 1, "b": None, "c": ["d"]}},
        {"Retention": 10**30},
        {"Retention": -(10**30)},
        {"TargetTable": "t"},
        {"TargetTable": {"Name": 5}},
        {"ViewDefinition": []},
        {"ViewDefinition": {"Representations": [5, None, {"Dialect": 5}], "SubObjects": [5, None]}},
        {"ViewOriginalText": 5, "TableType": "VIRTUAL_VIEW"},
        {"FederatedTable": "f"},
        {"IsRegisteredWithLakeFormation": "maybe"},
        {"StorageDescriptor": {"Columns": [{"Name": 5, "Type": 6, "Comment": 7, "Parameters": 8}]}},
        {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int", "Parameters": {"x": 1}}]}},
        {"StorageDescriptor": {"Columns": [{}], "Location": 5, "SerdeInfo": "x", "Parameters": "y"}},
        {
            "StorageDescriptor": {
                "Columns": [{"Name": "a", "Type": "int"}],
                "SerdeInfo": {"SerializationLibrary": ["x"]},
            }
        },
        {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "AdditionalLocations": "s3://b"}},
        {"Description": "x" * 1_000_000},
        {"Parameters": {"k": "v" * 1_000_000}},
        {"Novelty": {"a": {"b": {"c": [[[[]]]]}}}},
    ],
)
def test_a_member_of_an_odd_shape_costs_nothing(changes: dict[str, Any]) -> None:
    """The table has its rows all the same, and they can be written."""
    table = read(plain(**changes))
    assert table.name == "t"
    for writer in (KFormat(), JsonlFormat()):
        for _, text, rows in writer.table(table, "CREATED", None):
            assert rows
            text.encode()


def test_a_page_nested_beyond_reason_is_malformed_and_crashes_nothing() -> None:
    """Glue's own records are some ten levels deep."""
    deep = b'{"Name": "deep", "Retention": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(MalformedError):
        read_page(b'{"TableList": [' + deep + b"]}")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01 00:00:00"),
        (1.9, "1970-01-01 00:00:01"),
        (-62135596800, "0001-01-01 00:00:00"),
        (253402300799, "9999-12-31 23:59:59"),
        (253402300800, ""),
        (-62135596801, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        (None, ""),
        ("0", ""),
        (True, ""),
        ([], ""),
    ],
)
def test_instants_are_utc_with_four_digits_of_a_year(seconds: object, text: str) -> None:
    assert utc(seconds) == text
