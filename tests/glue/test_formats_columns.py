"""Which columns a table has, wherever its writer keeps them, and that none is lost."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.glue.columns import NOWHERE, Columns, columns_of, needs_care
from gluepot.glue.types import parse_type

PLACEHOLDER = [{"Name": "col", "Type": "array<string>", "Comment": "from deserializer"}]


def column(name: str, kind: str = "int", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, **more}


def table(columns: Any = None, keys: Any = None, parameters: Any = None, **descriptor: Any) -> dict[str, object]:
    return {
        "Name": "t",
        "StorageDescriptor": {"Columns": columns, **descriptor},
        "PartitionKeys": keys,
        "Parameters": parameters,
    }


def spark(*fields: dict[str, Any], keys: tuple[str, ...] = (), part_length: int = 0) -> dict[str, str]:
    text = json.dumps({"type": "struct", "fields": list(fields)})
    parts = [text[at : at + part_length] for at in range(0, len(text), part_length)] if part_length else []
    schema = {f"spark.sql.sources.schema.part.{number}": part for number, part in enumerate(parts)}
    if parts:
        schema["spark.sql.sources.schema.numParts"] = str(len(parts))
    else:
        schema["spark.sql.sources.schema"] = text
    if keys:
        schema["spark.sql.sources.schema.numPartCols"] = str(len(keys))
    named = {f"spark.sql.sources.schema.partCol.{number}": key for number, key in enumerate(keys)}
    return {"spark.sql.sources.provider": "delta", **schema, **named}


def field(name: str, kind: Any = "integer", **metadata: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


SPARK = "Parameters.spark.sql.sources.schema"


def from_spark(name: str, kind: str, engine: str, **more: Any) -> dict[str, Any]:
    return column(name, kind, EngineType=engine, ReadFrom=SPARK, **more)


def names(columns: list[dict[str, object]]) -> list[object]:
    return [one["Name"] for one in columns]


def test_a_plain_table_has_the_columns_that_glue_lists() -> None:
    listed, keys = [column("a", Comment="x"), column("b", Parameters={"k": "v"})], [column("day", "date")]
    assert columns_of(table(listed, keys)) == Columns(columns=listed, partition_keys=keys)


@pytest.mark.parametrize("empty", [{}, {"StorageDescriptor": None}, {"StorageDescriptor": {}}])
def test_a_table_may_have_no_columns(empty: dict[str, object]) -> None:
    assert columns_of(empty) == Columns(elsewhere=True)


@pytest.mark.parametrize("more", [{}, {"Parameters": {"table_type": "ICEBERG"}}, {"TableType": "VIRTUAL_VIEW"}])
def test_a_record_of_which_columns_are_expected_and_that_holds_none_is_named(more: dict[str, object]) -> None:
    assert columns_of({**table([], []), **more}) == Columns(elsewhere=True, warnings=[NOWHERE])


@pytest.mark.parametrize("flag", ["false", "FALSE", " False ", False])
def test_columns_that_iceberg_dropped_are_retired(flag: object) -> None:
    gone = column("a", "string", Parameters={"iceberg.field.id": "1", "iceberg.field.current": flag})
    now = column("a", "int", Parameters={"iceberg.field.id": "3", "iceberg.field.current": "true"})
    assert columns_of(table([gone, now])) == Columns(columns=[now], retired=[gone])


def test_a_partition_key_wins_over_columns_of_its_name() -> None:
    first, again, other = column("day", "string"), column("a"), column("a", "bigint")
    found = columns_of(table([first, again, other], [column("day", "date")]))
    assert found.columns == [again]
    assert found.partition_keys == [column("day", "date")]
    assert found.repeated == [first, other]
    assert found.warnings == ["2 columns whose name another one has: day, a"]


def test_names_are_compared_to_the_letter() -> None:
    assert names(columns_of(table([column("Date"), column("date")])).columns) == ["Date", "date"]


def test_columns_without_name_or_type_are_kept() -> None:
    listed = [column("a"), {"Name": "_unnamed_3", "Type": None}, {"Name": "", "Type": "int"}, None, "x"]
    found = columns_of(table(listed, [{"Type": 5}]))
    assert names(found.columns) == ["a", "_unnamed_3", "_unnamed_3_", "_unnamed_4", "_unnamed_5"]
    assert [one["Type"] for one in found.columns] == ["int", "", "int", "", ""]
    assert names(found.partition_keys) == ["_unnamed_6"]
    assert found.warnings == [
        "3 columns without a name, given one from the position: _unnamed_3_, _unnamed_4, _unnamed_5",
        "3 columns without a type: _unnamed_3, _unnamed_4, _unnamed_5",
        "1 column without a name, given one from the position: _unnamed_6",
        "1 column without a type: _unnamed_6",
    ]


@pytest.mark.parametrize("listed", [[], None, PLACEHOLDER])
@pytest.mark.parametrize("part_length", [0, 50])
def test_delta_takes_its_columns_from_sparks_schema(listed: Any, part_length: int) -> None:
    parameters = spark(
        field("id", "long", comment="the key"),
        field("Day", "date"),
        field("price", "decimal(10,2)"),
        field("code", "string", __CHAR_VARCHAR_TYPE_STRING="varchar(10)"),
        keys=("Day",),
        part_length=part_length,
    )
    found = columns_of(table(listed, [], parameters))
    assert found == Columns(
        columns=[
            from_spark("id", "bigint", "long", Comment="the key"),
            from_spark("price", "decimal(10,2)", "decimal(10,2)"),
            from_spark("code", "varchar(10)", "varchar(10)"),
        ],
        partition_keys=[from_spark("Day", "date", "date")],
        elsewhere=True,
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("byte", "tinyint"),
        ("short", "smallint"),
        ("timestamp_ntz", "timestamp_ntz"),
        ("void", "void"),
        ("interval day to second", "interval day to second"),
        ({"type": "array", "elementType": "long", "containsNull": True}, "array<bigint>"),
        ({"type": "map", "keyType": "string", "valueType": "byte"}, "map<string,tinyint>"),
        ({"type": "udt", "class": "x.Y", "sqlType": {"type": "array", "elementType": "double"}}, "array<double>"),
        (
            {"type": "struct", "fields": [field("a:b", "integer", comment="it's"), field("c", "short")]},
            r"struct<`a:b`:int comment 'it\'s',c:smallint>",
        ),
        ("string collate UNICODE", "string collate UNICODE"),
        ({"type": "tensor", "of": "float"}, '{"type":"tensor","of":"float"}'),
        ({"type": "array", "elementType": 5}, '{"type":"array","elementType":5}'),
        (None, "null"),
    ],
)
def test_sparks_types_get_their_names_in_hive(kind: Any, expected: str) -> None:
    found = columns_of(table([], [], spark(field("a", kind))))
    engine = kind if isinstance(kind, str) else json.dumps(kind, separators=(",", ":"))
    assert (found.columns, found.warnings) == ([from_spark("a", expected, engine)], [])


def test_hudi_keeps_its_meta_columns_and_glues_partition_keys() -> None:
    parameters = spark(field("_hoodie_commit_time", "string"), field("id"), field("Day", "string"), keys=("Day",))
    found = columns_of(table([], [column("day", "string")], parameters))
    assert names(found.columns) == ["_hoodie_commit_time", "id"]
    assert found.partition_keys == [column("day", "string")]


def test_columns_that_glue_lists_are_believed_before_sparks_schema() -> None:
    found = columns_of(table([column("id")], [], spark(field("other"))))
    assert names(found.columns) == ["id"]


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"spark.sql.sources.schema.part.1": ""}, "lacks its part 1 of"),
        ({"spark.sql.sources.schema.numParts": "99"}, "lacks its part"),
        ({"spark.sql.sources.schema.numParts": "-1"}, "has no number in spark.sql.sources.schema.numParts"),
        ({"spark.sql.sources.schema.numParts": "9" * 9000}, "has no number in spark.sql.sources.schema.numParts"),
        ({"spark.sql.sources.schema.numPartCols": "²"}, "has no number in spark.sql.sources.schema.numPartCols"),
        ({"spark.sql.sources.schema.numPartCols": "1"}, "does not have its partition column"),
        ({"spark.sql.sources.schema": "{"}, "is not JSON"),
        ({"spark.sql.sources.schema": "[" * 9000}, "is nested too deeply"),
        ({"spark.sql.sources.schema": "[]"}, "has no columns"),
        ({"spark.sql.sources.schema": '{"fields":[{"name":"a"},{"name":"a"}]}'}, "has no columns, or some without"),
        ({"spark.sql.sources.schema": '{"fields":[{"type":"integer"},5]}'}, "has no columns, or some without"),
        (spark(field("a", json.loads('{"type":"array","elementType":' * 160 + '"x"' + "}" * 160))), "is nested more"),
    ],
)
def test_a_schema_that_cannot_be_used_is_named_and_no_placeholder_becomes_a_column(
    change: dict[str, str], warning: str
) -> None:
    parameters = spark(field("a"), field("b"), part_length=40) | change
    found = columns_of(table(PLACEHOLDER, [], parameters))
    assert (found.columns, found.warnings[1:]) == ([], [NOWHERE])
    assert found.warnings[0].startswith(f"the Spark schema in the parameters {warning}")


@pytest.mark.parametrize(
    ("listed", "parameters"),
    [
        (PLACEHOLDER, {}),
        (PLACEHOLDER, {"spark.sql.sources.provider": "delta"}),
        ([column("col", "array<string>")], {"spark.sql.sources.provider": "DELTA"}),
        (PLACEHOLDER, {"spark.sql.sources.schema": '{"type":"struct","fields":[]}'}),
        ([column("error_error_error_error_error_error_error", "string"), column("cannot_determine_schema")], {}),
    ],
)
def test_a_placeholder_without_a_schema_is_no_column(listed: Any, parameters: dict[str, str]) -> None:
    assert columns_of(table(listed, [], parameters)) == Columns(elsewhere=True, warnings=[NOWHERE])


def test_a_column_that_only_looks_like_a_placeholder_is_one() -> None:
    for listed in ([column("col", "array<string>")], [column("dummy", "string")]):
        assert columns_of(table(listed, [], {"classification": "json"})).columns == listed


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ({"SchemaId": {"SchemaArn": "arn:aws:glue:x:1:schema/r/s"}}, "arn:aws:glue:x:1:schema/r/s"),
        ({"SchemaId": {"RegistryName": "r", "SchemaName": "s"}}, "r/s"),
        ({"SchemaVersionId": "4711"}, "version 4711"),
        ({"SchemaId": None, "SchemaVersionNumber": 1}, "version without a name"),
    ],
)
def test_columns_kept_in_the_schema_registry_are_named(reference: dict[str, object], shown: str) -> None:
    found = columns_of(table([], SchemaReference=reference))
    assert found.warnings == [f"the columns are kept in the schema registry, as {shown}"]
    assert columns_of(table([column("a")], SchemaReference=reference)).warnings == []


some_name = st.sampled_from(["a", "b", "A", "col", "_unnamed_1", "", None]) | st.text(max_size=3)
some_type = st.sampled_from(["int", "array<string>", "", None, "iceberg.field.current"])
some_parameters = st.none() | st.dictionaries(
    st.sampled_from(["iceberg.field.current", "Type", "k"]),
    st.sampled_from(["true", "false", "False", "iceberg.field.current", "\u0001"]),
)
some_column = st.fixed_dictionaries(
    {"Name": some_name, "Type": some_type}, optional={"Comment": st.text(max_size=3), "Parameters": some_parameters}
)
good_column = st.fixed_dictionaries(
    {"Name": st.text(min_size=1, max_size=4), "Type": st.just("int")}, optional={"Parameters": some_parameters}
)
some_table = st.builds(
    table,
    st.lists(some_column, max_size=4) | st.lists(good_column, max_size=4),
    st.lists(some_column, max_size=1) | st.lists(good_column, max_size=2),
    st.sampled_from([{}, {"table_type": "ICEBERG"}, spark(field("x")), {"spark.sql.sources.provider": "delta"}]),
    SchemaReference=st.none() | st.just({"SchemaVersionId": "1"}),
)


def care(record: dict[str, Any], encoded: str) -> bool:
    listed, keys = record["StorageDescriptor"]["Columns"], record["PartitionKeys"]
    every = [*listed, *keys]
    return needs_care([one["Name"] for one in every], [one["Type"] for one in every], len(listed), encoded.encode())


@given(some_table, st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_a_table_that_needs_no_care_is_left_as_it_is(record: Any, ascii_only: bool, marks: Any) -> None:  # noqa: FBT001 - hypothesis passes it
    encoded = json.dumps(record, ensure_ascii=ascii_only, separators=marks)
    if not care(record, encoded):
        listed, keys = record["StorageDescriptor"]["Columns"], record["PartitionKeys"]
        assert columns_of(record) == Columns(columns=listed, partition_keys=keys)


def test_plain_and_iceberg_tables_need_no_care() -> None:
    current = {"iceberg.field.current": "true"}
    for record in (table([column("a"), column("b")], []), table([column("a", Parameters=current)], [column("d")])):
        assert not care(record, json.dumps(record, separators=(",", ":")))


@pytest.mark.parametrize("missing", [None, msgspec.UNSET, ""])
def test_what_is_missing_needs_care(missing: Any) -> None:
    assert not needs_care(["a", "b"], ["int", "int"], 1, b"")
    assert needs_care(["a", "b"], ["int", missing], 1, b"")
    assert needs_care(["a", missing], ["int", "int"], 1, b"")


def test_a_retired_column_is_noticed_behind_json_escapes() -> None:
    record = table([column("a", Parameters={"iceberg.field.current": "false"})], [])
    hidden = json.dumps(record).replace("iceberg.field", r"iceber\u0067.field")
    assert json.loads(hidden) == record
    assert care(record, hidden)


@given(some_table)
def test_every_column_ends_in_exactly_one_list(record: Any) -> None:
    found = columns_of(record)
    ids = names([*found.columns, *found.partition_keys])
    assert len(set(ids)) == len(ids)
    assert all(isinstance(one["Type"], str) for one in [*found.columns, *found.partition_keys])
    given_columns = [*record["StorageDescriptor"]["Columns"], *record["PartitionKeys"]]
    if "x" not in ids:  # Spark's schema was not used
        kept = [*found.columns, *found.partition_keys, *found.retired, *found.repeated]
        assert len(kept) == len(given_columns)


@given(st.recursive(st.sampled_from(["long", "string", "decimal(3,1)"]), lambda kind: st.one_of(
    st.builds(lambda inner: {"type": "array", "elementType": inner}, kind),
    st.builds(lambda key, value: {"type": "map", "keyType": key, "valueType": value}, kind, kind),
    st.builds(lambda inner, name: {"type": "struct", "fields": [field(name, inner)]}, kind, st.text()),
), max_leaves=8))  # fmt: skip
def test_sparks_types_become_type_strings_that_parse(kind: Any) -> None:
    found = columns_of(table([], [], spark(field("a", kind))))
    parse_type(str(found.columns[0]["Type"]))
