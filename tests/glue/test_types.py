"""What type strings mean, as Hive, Spark, Athena, Trino and the crawlers write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from gluepot.glue.types import (
    PLAIN_DEPTH,
    Array,
    Field,
    Map,
    Primitive,
    Struct,
    TypeSyntaxError,
    Union,
    depth,
    format_type,
    parse_type,
    to_plain,
)

if TYPE_CHECKING:
    from gluepot.glue.types import (
        Type,
    )

INT = Primitive("int")
STRING = Primitive("string")


def of(*fields: Field) -> Struct:
    return Struct(fields)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("int", INT),
        (" \n BigInt\t", Primitive("bigint")),
        ("decimal", Primitive("decimal")),
        ("DECIMAL( 10 , 2)", Primitive("decimal", (10, 2))),
        ("decimal(10,-2)", Primitive("decimal", (10, -2))),
        ("varchar(20)", Primitive("varchar", (20,))),
        ("varchar(max)", Primitive("varchar", ("max",))),
        ("character  varying(20)", Primitive("character varying", (20,))),
        ("double PRECISION", Primitive("double precision")),
        ("void", Primitive("void")),
        ("binary", Primitive("binary")),
        ("timestamp(6)", Primitive("timestamp", (6,))),
        ("timestamp(6) with time zone", Primitive("timestamp with time zone", (6,))),
        ("timestamp WITH LOCAL time zone", Primitive("timestamp with local time zone")),
        ("time without time zone", Primitive("time without time zone")),
        ("interval year to month", Primitive("interval year to month")),
        ("interval_day_time", Primitive("interval_day_time")),
        ("hyperloglog9", Primitive("hyperloglog9")),
        ("geometry(OGC:CRS84)", Primitive("geometry", ("OGC:CRS84",))),
        ("struct", Primitive("struct")),
        ("array < struct < user_id: string>>", Array(of(Field("user_id", STRING)))),
        ("map<string,array<map<string,int>>>", Map(STRING, Array(Map(STRING, INT)))),
        ("uniontype<int,string>", Union((INT, STRING))),
        ("struct<u:uniontype<int,string>>", of(Field("u", Union((INT, STRING))))),
        ("struct<>", Struct()),
        ("struct< >", Struct()),
        ("array(integer)", Array(Primitive("integer"))),
        ("map(varchar, array(integer))", Map(Primitive("varchar"), Array(Primitive("integer")))),
    ],
)
def test_a_type_is_read(text: str, tree: Type) -> None:
    assert parse_type(text) == tree


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("STRUCT<camelCase:INT>", "camelCase"),
        ("struct<`a:b`:int>", "a:b"),
        ("struct<`a``b`:int>", "a`b"),
        ("struct<``:int>", ""),
        ("struct<`a<b>,c`:int>", "a<b>,c"),
        ("struct<xmlns:xsi:int>", "xmlns:xsi"),
        ("struct<$oid:int>", "$oid"),
        ("struct<@id:int>", "@id"),
        ("struct<#text:int>", "#text"),
        ("struct<first name:int>", "first name"),
        ("struct<a-b.c/d:int>", "a-b.c/d"),
        ("struct<prix (€):int>", "prix (€)"),
        ("struct<größe:int>", "größe"),
        ("struct<1st:int>", "1st"),
        ("struct<struct:int>", "struct"),
        ("struct<comment:int>", "comment"),
        ("struct<:int>", ""),
        ("struct< a \n :\t int >", "a"),
        ("struct<a int>", "a"),
        ("row(a int)", "a"),
        ("row(a: int)", "a"),
        ('row("a ""b""" int)', 'a "b"'),
        ("row(timestamp int)", "timestamp"),
        ("row(int)", ""),
    ],
)
def test_a_field_keeps_its_name_to_the_letter(text: str, name: str) -> None:
    assert parse_type(text) == of(Field(name, INT))


def test_spark_writes_comments_and_not_null() -> None:
    tree = parse_type("struct<a:int COMMENT 'x: <y>, z', b: string NOT NULL, c int not null comment \"d\">")
    assert tree == of(
        Field("a", INT, "x: <y>, z"), Field("b", STRING, nullable=False), Field("c", INT, "d", nullable=False)
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("''", ""),
        ("'it''s'", "it's"),
        (r"'it\'s'", "it's"),
        (r"'a\\'", "a\\"),
        (r"'a\n'", r"a\n"),
        ("'two\nlines'", "two\nlines"),
        ('"say ""hi"""', 'say "hi"'),
        ('"it\'s"', "it's"),
    ],
)
def test_a_comment_loses_its_quoting_only(written: str, meant: str) -> None:
    assert parse_type(f"struct<a:int comment {written},b:int>") == of(Field("a", INT, meant), Field("b", INT))


def test_trino_rows_may_have_no_names() -> None:
    tree = parse_type("row(integer, decimal(3,2), timestamp(3) with time zone, double precision, array(date))")
    assert [field.name for field in tree.fields] == [""] * 5 if isinstance(tree, Struct) else False
    assert format_type(tree) == (
        "struct<``:integer,``:decimal(3,2),``:timestamp(3) with time zone,``:double precision,``:array<date>>"
    )


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "a type"),
        ("array<", 6, "a type"),
        ("array<int", 9, "'>'"),
        ("array<int)", 9, "'>'"),
        ("array<int>>", 10, "the end of the type"),
        ("int int", 4, "the end of the type"),
        ("map<int>", 7, "','"),
        ("map<int,int,int>", 11, "'>'"),
        ("struct<a>", 8, "':' and a type"),
        ("struct<a:int,>", 13, "a field name"),
        ("struct<a:int b>", 13, "',' or '>'"),
        ("struct<`a:int>", 7, "a name closed by `"),
        ("struct<a:int comment 'x>", 13, "',' or '>'"),
        ("decimal(,)", 7, "arguments, as in (10,2)"),
        ("fóo", 1, "the end of the type"),
        ("uniontype<>", 10, "a type"),
    ],
)
def test_garbage_is_an_error_that_says_where(text: str, position: int, expected: str) -> None:
    with pytest.raises(TypeSyntaxError) as raised:
        parse_type(text)
    assert (raised.value.position, raised.value.expected) == (position, expected)


def test_an_error_never_repeats_the_text() -> None:
    with pytest.raises(TypeSyntaxError) as raised:
        parse_type("struct<a:int comment 'hunter2' ?>")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("opening", ["array<", "struct<a:", "row(a ", "map<int,", "uniontype<int,"])
def test_the_deepest_type_that_glue_can_hold_is_a_tree(opening: str) -> None:
    levels = 131_072 // (len(opening) + 1)
    closing = ")" if "(" in opening else ">"
    tree = parse_type(opening * levels + "int" + closing * levels)
    assert depth(tree) == levels + 1
    again = parse_type(format_type(tree))
    assert tree == again
    assert hash(tree) == hash(again)
    assert "int" in repr(tree)


def test_trees_that_differ_in_the_deepest_place_differ() -> None:
    one, other = (parse_type("array<" * 5000 + leaf + ">" * 5000) for leaf in ("int", "date"))
    assert one != other


@pytest.mark.parametrize(
    "text",
    [
        "struct<" + "a:" * 65_000,
        "struct<" + "(" * 131_000,
        "struct<a " + "( " * 65_000,
        "row(" * 32_000 + "a",
        "decimal(" + "1," * 65_000,
        "struct<a:int comment '" + "''" * 65_000,
        "struct<`" + "``" * 65_000,
        " " * 131_000 + "x y",
    ],
)
def test_hostile_texts_end_as_errors(text: str) -> None:
    with pytest.raises(TypeSyntaxError):
        parse_type(text)


def test_a_wide_struct_is_read_whole() -> None:
    tree = parse_type("struct<" + ",".join(f"f{number}:int" for number in range(10_000)) + ">")
    assert isinstance(tree, Struct)
    assert tree.fields[9_999] == Field("f9999", INT)


def test_plain_trees_are_dictionaries() -> None:
    tree = parse_type("struct<a:array<decimal(10,2)> comment 'x',b:map<string,int> not null,c:uniontype<int>>")
    assert to_plain(tree) == {
        "type": "struct",
        "fields": [
            {"name": "a", "comment": "x", "type": "array", "element": {"type": "decimal", "args": [10, 2]}},
            {"name": "b", "nullable": False, "type": "map", "key": {"type": "string"}, "value": {"type": "int"}},
            {"name": "c", "type": "uniontype", "types": [{"type": "int"}]},
        ],
    }


def test_plain_trees_end_where_json_encoders_would() -> None:
    inner = "struct<a:array<" * 500 + "int" + ">>" * 500
    plain: object = to_plain(parse_type(inner))
    assert json.loads(msgspec.json.encode(plain)) == plain
    for _ in range(PLAIN_DEPTH // 2):
        assert isinstance(plain, dict)
        plain = plain["fields"][0]["element"]
    assert plain == {"text": "struct<a:array<" * 450 + "int" + ">>" * 450}
