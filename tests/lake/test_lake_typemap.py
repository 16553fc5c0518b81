"""CQL types become types that Athena reads, and their text is read as it is written."""

from __future__ import annotations

import string

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import lakedata

from gluepot.cassandra.cql import CqlType
from gluepot.errors import ConfigError
from gluepot.lake.types import typemap, typetext
from gluepot.lake.types.typetext import PRIMITIVES, LakeType

C = CqlType
FIELDS = st.lists(
    st.text(string.ascii_lowercase + ' "é.<>', min_size=1, max_size=5), min_size=1, unique=True, max_size=3
)
SIMPLE = st.one_of(
    st.sampled_from(PRIMITIVES).map(LakeType),
    st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: typetext.decimal(p, s))),
)


def _nested(inner: st.SearchStrategy[LakeType]) -> st.SearchStrategy[LakeType]:
    return st.one_of(
        inner.map(lambda one: LakeType("list", (one,))),
        st.tuples(SIMPLE, inner).map(lambda pair: LakeType("map", pair)),
        FIELDS.flatmap(
            lambda names: st.tuples(*[inner for _ in names]).map(lambda args: LakeType("struct", args, tuple(names)))
        ),
    )


LAKE_TYPES = st.recursive(SIMPLE, _nested, max_leaves=6)


@given(LAKE_TYPES)
def test_type_text_is_read_as_it_is_written(kind: LakeType) -> None:
    assert typetext.parse(str(kind)) == kind


@pytest.mark.parametrize(
    "text",
    [
        *("", "int<", "list<int", "list<>", "map<int>", "decimal(10)", "decimal(39, 0)", "decimal(2, 3)", "time", "("),
        *("uuid", "fixed[16]", "struct<>", "struct<a int>", "struct<a: int, a: int>", "int int", "list<int>>", '"int"'),
    ],
)
def test_what_is_no_type_of_the_lake_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        typetext.parse(text)


@given(st.text("listmap<>(),:int decimal0123", max_size=20))
def test_any_text_is_a_type_or_refused(text: str) -> None:
    try:
        kind = typetext.parse(text)
    except ConfigError:
        return
    assert typetext.parse(str(kind)) == kind


@pytest.mark.parametrize(
    ("kind", "lake", "hive"),
    [
        (C("tinyint"), "int", "int"),
        (C("smallint"), "int", "int"),
        (C("counter"), "long", "bigint"),
        (C("varint"), "decimal(38, 0)", "decimal(38,0)"),
        (C("timestamp"), "timestamptz", "timestamp"),
        (C("time"), "long", "bigint"),
        (C("uuid"), "string", "string"),
        (C("custom", type_name="a.b.C"), "binary", "binary"),
        (C("duration"), "struct<months: int, days: int, nanos: long>", "struct<months:int,days:int,nanos:bigint>"),
        (C("vector", (C("float"),), size=3), "list<float>", "array<float>"),
        (C("set", (C("text"),)), "list<string>", "array<string>"),
        (C("map", (C("uuid"), C("int"))), "map<string, int>", "map<string,int>"),
        (
            C("map", (C("tuple", (C("int"), C("text"))), C("int"))),
            "list<struct<key: struct<f0: int, f1: string>, value: int>>",
            "array<struct<key:struct<f0:int,f1:string>,value:int>>",
        ),
        (
            C("udt", (C("int"), C("int")), ("Id", "id"), type_name="u"),
            "struct<id_12156e92: int, id: int>",
            "struct<id_12156e92:int,id:int>",
        ),
    ],
)
def test_a_type_becomes_what_athena_reads(kind: CqlType, lake: str, hive: str) -> None:
    assert typemap.lake_type(kind) == lake
    assert typemap.glue_of(lake) == hive


@given(lakedata.TYPES)
def test_every_cql_type_has_a_lake_type_once_decimals_are_chosen(kind: CqlType) -> None:
    for choice in ("decimal(20, 6)", "string"):
        text = typemap.lake_type(kind, choice)
        assert str(typetext.parse(text)) == text
        typemap.arrow_of(text)
        assert typemap.glue_of(text)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (C("decimal"), ""),
        (C("list", (C("decimal"),)), ".element"),
        (C("map", (C("text"), C("set", (C("decimal"),)))), ".value.element"),
        (C("udt", (C("int"), C("decimal")), ("a", "Price"), type_name="u"), ".price"),
        (C("tuple", (C("int"), C("decimal"))), ".f1"),
    ],
)
def test_a_decimal_asks_for_a_choice_and_says_where_it_stands(kind: CqlType, path: str) -> None:
    with pytest.raises(typemap.NeedsChoice) as caught:
        typemap.lake_type(kind)
    assert caught.value.path == path


def test_a_choice_for_decimals_leaves_varints_beside_them_alone() -> None:
    kind = C("map", (C("varint"), C("decimal")))
    assert typemap.lake_type(kind, "decimal(10, 2)") == "map<decimal(38, 0), decimal(10, 2)>"
    assert typemap.lake_type(C("varint"), "decimal(20, 0)") == "decimal(20, 0)"


def test_arrow_types_are_those_that_pyiceberg_writes() -> None:
    from pyiceberg.io.pyarrow import schema_to_pyarrow
    from pyiceberg.schema import Schema
    from pyiceberg.types import DecimalType, ListType, LongType, MapType, NestedField, StructType, TimestamptzType

    iceberg = Schema(
        NestedField(1, "a", ListType(2, TimestamptzType(), element_required=False), required=False),
        NestedField(3, "m", MapType(4, LongType(), 5, DecimalType(9, 2), value_required=False), required=False),
        NestedField(6, "s", StructType(NestedField(7, "x", LongType(), required=False)), required=False),
    )
    theirs = schema_to_pyarrow(iceberg, include_field_ids=False)
    ours = [typemap.arrow_of(text) for text in ("list<timestamptz>", "map<long, decimal(9, 2)>", "struct<x: long>")]
    assert ours[1:] == theirs.types[1:]
    assert ours[0] == pa.list_(pa.field("element", pa.timestamp("us", tz="UTC")))
    assert theirs.field("a").type.value_field == ours[0].value_field
