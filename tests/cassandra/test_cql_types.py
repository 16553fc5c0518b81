"""CQL types from the text of system_schema, and from the driver's classes."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from cassandra import cqltypes
from hypothesis import given
from hypothesis import strategies as st

from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.types import EMPTY, SCALARS, from_driver, parse
from gluepot.errors import ConfigError

MARSHAL = "org.apache.cassandra.db.marshal"
NAMES = st.one_of(
    st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    st.sampled_from(
        ["Address", "int", "list", "frozen", 'a"b', "a, b>", "ключ", "select", "it's", " ", "vector<x, 3>"]
    ),
)


@st.composite
def types_with_udts(draw: st.DrawFn) -> tuple[CqlType, dict[str, tuple[tuple[str, str], ...]]]:
    """Any type, nested, and the user's types that it names."""
    udts: dict[str, tuple[tuple[str, str], ...]] = {}

    def user(name: str, parts: list[CqlType]) -> CqlType:
        while name in udts:
            name += "_"
        fields = tuple(f"field {number}" for number in range(len(parts)))
        udts[name] = tuple((field, str(part)) for field, part in zip(fields, parts, strict=True))
        return CqlType("udt", tuple(parts), fields, type_name=name)

    def nested(inner: st.SearchStrategy[CqlType]) -> st.SearchStrategy[CqlType]:
        several = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            st.builds(lambda name, one: CqlType(name, (one,)), st.sampled_from(["list", "set"]), inner),
            st.builds(lambda key, value: CqlType("map", (key, value)), inner, inner),
            st.builds(lambda one, size: CqlType("vector", (one,), size=size), inner, st.integers(1, 8192)),
            st.builds(lambda parts: CqlType("tuple", tuple(parts), frozen=True), several),
            st.builds(user, NAMES, several),
            inner.map(lambda one: replace(one, frozen=bool(one.args))),
        )

    custom = st.builds(lambda name: CqlType("custom", type_name=name), st.text(min_size=1))
    leaves = st.one_of(st.sampled_from(sorted(SCALARS)).map(CqlType), custom)
    return draw(st.recursive(leaves, nested, max_leaves=8)), udts


@given(types_with_udts())
def test_what_a_type_prints_is_read_as_the_same_type(drawn: Any) -> None:
    kind, udts = drawn
    assert parse(str(kind), udts) == kind


@given(st.text(max_size=60))
def test_any_text_is_a_type_or_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse(text, {"a": (("b", text),)})


@pytest.mark.parametrize(
    "text",
    [
        "vector<float, three>",
        "vector<float, 0>",
        "vector<float>",
        "vector<float, -1>",
        "list<int, int>",
        "map<int>",
        "list<int",
        "int>",
        "int int",
        "",
        "frozen<>",
        "'unclosed",
        "list<" * 2000,
        "unknown",
    ],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)


def test_types_that_name_each_other_end_in_an_error() -> None:
    with pytest.raises(ConfigError):
        parse("a", {"a": (("x", "b"),), "b": (("y", "a"),)})


def test_text_as_system_schema_has_it() -> None:
    udts = {"Address": (("street", "text"), ("tags", "frozen<set<text>>"))}
    kind = parse('frozen<map<text, frozen<"Address">>>', udts)
    assert kind.frozen
    assert kind.args[1].fields == ("street", "tags")
    assert str(kind) == 'frozen<map<text, frozen<"Address">>>'
    assert parse("VARCHAR") == CqlType("text")
    assert parse("vector<float, 3>") == CqlType("vector", (CqlType("float"),), size=3)
    java = f"'{MARSHAL}.DynamicCompositeType(a=>{MARSHAL}.BytesType)'"
    assert str(parse(java)) == java
    assert parse("empty") == EMPTY


@pytest.mark.parametrize(
    ("java", "name"),
    [
        ("AsciiType", "ascii"),
        ("BooleanType", "boolean"),
        ("ByteType", "tinyint"),
        ("BytesType", "blob"),
        ("CounterColumnType", "counter"),
        ("DateType", "timestamp"),
        ("DecimalType", "decimal"),
        ("DoubleType", "double"),
        ("DurationType", "duration"),
        ("FloatType", "float"),
        ("InetAddressType", "inet"),
        ("Int32Type", "int"),
        ("IntegerType", "varint"),
        ("LongType", "bigint"),
        ("ShortType", "smallint"),
        ("SimpleDateType", "date"),
        ("TimeType", "time"),
        ("TimestampType", "timestamp"),
        ("TimeUUIDType", "timeuuid"),
        ("UTF8Type", "text"),
        ("UUIDType", "uuid"),
        ("ReversedType(Int32Type)", "int"),
        ("EmptyType", f"'{MARSHAL}.EmptyType'"),
        ("LexicalUUIDType", f"'{MARSHAL}.LexicalUUIDType'"),
        ("CompositeType(UTF8Type, Int32Type)", f"'{MARSHAL}.CompositeType({MARSHAL}.UTF8Type, {MARSHAL}.Int32Type)'"),
        ("DynamicCompositeType(a=>BytesType)", f"'{MARSHAL}.DynamicCompositeType({MARSHAL}.BytesType)'"),
        ("org.example.Own", "'org.example.Own'"),
        ("org.example.int", "'org.example.int'"),
        ("FrozenType(ListType(Int32Type))", "frozen<list<int>>"),
        ("SetType(ReversedType(UTF8Type))", "set<text>"),
        ("MapType(UUIDType,ListType(LongType))", "map<uuid, list<bigint>>"),
        ("TupleType(Int32Type,UTF8Type)", "frozen<tuple<int, text>>"),
        ("VectorType(FloatType , 3)", "vector<float, 3>"),
        ("VectorType(VectorType(UTF8Type , 2) , 3)", "vector<vector<text, 2>, 3>"),
    ],
)
def test_each_class_of_the_driver_is_its_cql_type(java: str, name: str) -> None:
    assert str(from_driver(cqltypes.lookup_casstype(java))) == name


@pytest.mark.parametrize("name", ["list", "int", "frozen", "Address", "reversed"])
def test_a_users_type_may_be_called_as_it_likes(name: str) -> None:
    udt = cqltypes.UserType.make_udt_class("ks", name, ("a", "B c"), (cqltypes.Int32Type, cqltypes.UTF8Type))
    kind = from_driver(cqltypes.ListType.apply_parameters([udt]))
    assert kind.args[0] == CqlType("udt", (CqlType("int"), CqlType("text")), ("a", "B c"), type_name=name)


def test_every_class_that_the_driver_has_is_known() -> None:
    classes = [one for one in vars(cqltypes).values() if isinstance(one, cqltypes.CassandraTypeType)]
    simple = [one for one in classes if hasattr(one, "typename") and not one.num_subtypes]
    assert len(simple) > 20
    for kind in simple:
        if kind is not cqltypes.VectorType:
            assert from_driver(kind).name in SCALARS | {"custom"}
