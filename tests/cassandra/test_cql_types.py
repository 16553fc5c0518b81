"""CQL types from the text of system_schema, and from what results carry."""

from __future__ import annotations

import contextlib
import io
import struct
from dataclasses import replace
from typing import Any

import pytest
from cassandra import cqltypes
from hypothesis import given
from hypothesis import strategies as st

from gluepot.cassandra import javatypes, wiretypes
from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.types import EMPTY, SCALARS, parse
from gluepot.errors import ConfigError, SourceError

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


@given(types_with_udts())
def test_types_are_read_as_java_writes_them_at_any_depth(drawn: Any) -> None:
    """Vectors of user-defined types too, which end the driver's reader."""
    kind = plain_inside(drawn[0])
    assert javatypes.parse(java(kind)) == kind


@given(types_with_udts())
def test_types_are_read_as_the_protocol_carries_them_at_any_depth(drawn: Any) -> None:
    kind = unfrozen(drawn[0])
    stream = io.BytesIO(carried(kind) + b"next")
    assert wiretypes.read(stream) == kind
    assert stream.read() == b"next"


@given(st.text("()<>,:=. 0123456789abcdefTypVecorUsFzn", max_size=60))
def test_any_text_of_java_is_some_type(text: str) -> None:
    for whole in (text, f"{MARSHAL}.VectorType({text}", f"{MARSHAL}.UserType(ks,61,{text})"):
        assert isinstance(javatypes.parse(whole), CqlType)


def test_a_code_that_nobody_knows_is_said() -> None:
    with pytest.raises(SourceError, match="type with code 0x0042"):
        wiretypes.read(io.BytesIO(b"\x00\x20\x00\x42"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AsciiType", "ascii"),
        ("DateType", "timestamp"),
        ("SimpleDateType", "date"),
        ("CounterColumnType", "counter"),
        ("ReversedType(Int32Type)", "int"),
        ("EmptyType", f"'{MARSHAL}.EmptyType'"),
        ("LexicalUUIDType", f"'{MARSHAL}.LexicalUUIDType'"),
        ("CompositeType(UTF8Type,Int32Type)", f"'{MARSHAL}.CompositeType(UTF8Type,Int32Type)'"),
        ("DynamicCompositeType(a=>BytesType)", f"'{MARSHAL}.DynamicCompositeType(a=>BytesType)'"),
        ("FrozenType(ListType(Int32Type))", "frozen<list<int>>"),
        ("SetType(ReversedType(UTF8Type))", "set<text>"),
        ("MapType(UUIDType,ListType(LongType))", "map<uuid, list<bigint>>"),
        ("TupleType(Int32Type,UTF8Type)", "frozen<tuple<int, text>>"),
        ("VectorType(FloatType , 3)", "vector<float, 3>"),
        ("VectorType(VectorType(UTF8Type , 2) , 3)", "vector<vector<text, 2>, 3>"),
        ("VectorType(UserType(ks,70,78:Int32Type,79:UTF8Type) , 2)", "vector<p, 2>"),
    ],
)
def test_classes_of_cassandra_are_cql_types(text: str, name: str) -> None:
    assert str(javatypes.parse(f"{MARSHAL}.{text}")) == name


@pytest.mark.parametrize("text", ["org.example.Own", "org.example.int", "org.example.Own(a(b,c),d=>e)", "", "("])
def test_other_classes_are_custom_under_their_name(text: str) -> None:
    assert javatypes.parse(text) == CqlType("custom", type_name=text)


def test_every_class_that_the_driver_has_is_known() -> None:
    classes = [one for one in vars(cqltypes).values() if isinstance(one, cqltypes.CassandraTypeType)]
    simple = [one for one in classes if hasattr(one, "typename") and not one.num_subtypes]
    assert len(simple) > 20
    for kind in simple:
        assert javatypes.parse(kind.cass_parameterized_type(full=True)).name in SCALARS | {"custom"}


JAVA = {
    name: kind.cassname
    for kind in vars(cqltypes).values()
    if isinstance(kind, cqltypes.CassandraTypeType) and (name := getattr(kind, "typename", "")) in SCALARS
}
CODES = {name: code for code, name in wiretypes.SCALARS.items()}


def java(kind: CqlType) -> str:
    """Write a type as Cassandra's `AbstractType.toString` does."""
    inner = [java(arg) for arg in kind.args]
    match kind.name:
        case "custom":
            return kind.type_name
        case "udt":
            fields = zip(kind.fields, inner, strict=True)
            named = "".join(f",{field.encode().hex()}:{text}" for field, text in fields)
            text = f"{MARSHAL}.UserType(ks,{kind.type_name.encode().hex()}{named})"
        case "vector":
            text = f"{MARSHAL}.VectorType({inner[0]} , {kind.size})"
        case "list" | "set" | "map" | "tuple":
            text = f"{MARSHAL}.{kind.name.title()}Type({','.join(inner)})"
        case _:
            text = f"{MARSHAL}.{JAVA[kind.name]}"
    return f"{MARSHAL}.FrozenType({text})" if kind.frozen and kind.name != "tuple" else text


def plain_inside(kind: CqlType) -> CqlType:
    """Give a type whose custom ones have names that a class of Java can have."""
    if kind.name == "custom":
        return CqlType("custom", type_name=f"org.example.T{kind.type_name.encode().hex()}")
    return replace(kind, args=tuple(plain_inside(arg) for arg in kind.args))


def unfrozen(kind: CqlType) -> CqlType:
    """Give a type as metadata tell it: without what is frozen, and as custom only what has no code."""
    if kind.name == "custom":
        return plain_inside(kind)
    if kind.name == "vector":
        return plain_inside(replace(kind, frozen=False))
    return replace(kind, args=tuple(unfrozen(arg) for arg in kind.args), frozen=kind.name == "tuple")


def carried(kind: CqlType) -> bytes:
    """Write a type as the protocol does."""
    if kind.name in {"custom", "vector"}:
        return b"\0\0" + string(java(kind))
    if kind.name in CODES:
        return struct.pack(">H", CODES[kind.name])
    inner = [carried(arg) for arg in kind.args]
    count = struct.pack(">H", len(inner))
    if kind.name == "udt":
        inner = [string(field) + text for field, text in zip(kind.fields, inner, strict=True)]
    head = {
        "list": b"\0\x20",
        "map": b"\0\x21",
        "set": b"\0\x22",
        "udt": b"\0\x30" + string("ks") + string(kind.type_name) + count,
        "tuple": b"\0\x31" + count,
    }
    return head[kind.name] + b"".join(inner)


def string(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()
