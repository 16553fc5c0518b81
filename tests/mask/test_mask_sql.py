"""No literal of a query leaves, and nothing else of it changes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.mask.sql import DIALECTS, WITHHELD, fingerprint, mask_literals

SAME_EVERYWHERE = [
    ("SELECT 'a', 5 FROM t", "SELECT '***', 0 FROM t"),
    ("select  x\n,\ty from `T`.u", "select  x\n,\ty from `T`.u"),
    ("where a = 'its' or b in (1, -2, .5, 1e10, 3.25)", "where a = '***' or b in (0, -0, 0, 0, 0)"),
    ("cast(x as decimal(10,2)), y varchar( 20 ), z array(decimal(3, 1))", None),
    ("cast('1' as timestamp(6) with time zone), char(3)", "cast('***' as timestamp(6) with time zone), char(3)"),
    ("decimal '1.5'", "decimal '***'"),
    ("round(x, 2)", "round(x, 0)"),
    ("select * from t offset 5 limit 10", None),
    ("select * from t fetch first 3 rows only", None),
    ("date '2020-01-01' + interval '3' day", "date '***' + interval '***' day"),
    ("timestamp '2020-01-01 00:00:00'", "timestamp '***'"),
    ("a -- born 1970 in 'Bonn'\n, b", "a -- born 0 in '***'\n, b"),
    ("a /* it's 'x' \"y\" 12 */ , b", "a /* it's '***' '***' 0 */ , b"),
    ("CALL system.sync('a', 5)", "CALL system.sync('***', 0)"),
    ("EXPLAIN SELECT 'a'", "EXPLAIN SELECT '***'"),
    ("select $$ a 5 $$, $t$ x $t$, 1", "select '***', '***', 0"),
    ("select t1.c2, 'é😀', 7 from s3.t1", "select t1.c2, '***', 0 from s3.t1"),
    ("", ""),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("sql", "expected"), SAME_EVERYWHERE)
def test_literals_are_replaced_in_place(sql: str, expected: str | None, dialect: str) -> None:
    masked = mask_literals(sql, dialect)
    assert masked.text == (sql if expected is None else expected)
    assert not masked.withheld


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("trino", "X'ab', U&'\\0041', 0xFF, 1_000", "'***', '***', 0, 0"),
        ("trino", 'select "5 \'x\'" from "t"', None),
        ("redshift", "E'a\\'b', X'ab', \"5\"", "'***', '***', \"5\""),
        ("redshift", "select top 5 x", None),
        ("redshift", "a = 'it''s'", "a = '***'"),
        ("trino", "a = 'it''s'", "a = '***'"),
        ("spark", "a = 'it''s'", "a = '***''***'"),
        ("spark", "r'a', X'ab', 10L, 1.5BD, `5`", "'***', '***', 0, 0, `5`"),
        ("spark", "select \"it's 5\", 'a\\'b'", "select '***', '***'"),
        ("hive", "select \"it's 5\", 10L, 'a\\'b'", "select '***', 0, '***'"),
        (
            "athena",
            'CREATE EXTERNAL TABLE t (a char(3) COMMENT "x")',
            "CREATE EXTERNAL TABLE t (a char(3) COMMENT '***')",
        ),
        ("athena", "select \"5\" from t where x = 'y'", "select \"5\" from t where x = '***'"),
    ],
)
def test_each_dialect_has_its_own_literals(dialect: str, sql: str, expected: str | None) -> None:
    assert mask_literals(sql, dialect).text == (sql if expected is None else expected)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_text_that_cannot_be_tokenised_is_withheld_whole(dialect: str) -> None:
    masked = mask_literals("select 'hunter2", dialect)
    assert (masked.text, masked.count, masked.withheld) == (WITHHELD, 1, True)
    assert mask_literals(masked.text, dialect).text == WITHHELD


def test_an_unknown_dialect_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="mysql"):
        mask_literals("select 1", "mysql")


def test_literals_are_counted() -> None:
    assert mask_literals("select 1, 'a', x -- 'b'").count == 3


strings = st.text(st.characters(codec="utf-8", exclude_characters="'\\", exclude_categories=["Cc", "Cs"]), max_size=12)
string_literals = strings.map(lambda text: f"'Q{text}Q'")
numbers = st.one_of(
    st.integers(1111, 10**12).map(str), st.floats(1111, 1e12).map(repr), st.integers(1111, 9999).map(lambda n: f".{n}")
)
others = st.sampled_from(
    [
        "SELECT",
        "x",
        "t.c",
        '"Ident 5"',
        "\n",
        "  ",
        "(",
        ")",
        ",",
        "=",
        "<>",
        "||",
        "cast(a as decimal(10,2))",
        "-",
        "/*c*/",
        "LIMIT 10",
        "CASE WHEN",
        "-- note\n",
        "varchar(20)",
        "AND",
    ]
)


@given(st.lists(st.one_of(others, st.one_of(string_literals, numbers).map(lambda text: (text,))), max_size=12))
def test_no_literal_survives_and_the_rest_is_identical(parts: list[str | tuple[str]]) -> None:
    sql = " ".join(part if isinstance(part, str) else part[0] for part in parts)
    expected = " ".join(
        part if isinstance(part, str) else "'***'" if part[0].startswith("'") else "0" for part in parts
    )
    masked = mask_literals(sql)
    assert masked.text == expected
    assert mask_literals(masked.text).text == masked.text


@given(st.text(max_size=60), st.sampled_from(DIALECTS))
def test_any_text_is_masked_or_withheld_and_masking_again_changes_nothing(sql: str, dialect: str) -> None:
    masked = mask_literals(sql, dialect)
    again = mask_literals(masked.text, dialect)
    assert again.text == masked.text


@given(st.text("sel'\"`$-/*0.5eE \nxU&(),;", max_size=30), st.sampled_from(DIALECTS))
def test_hostile_text_is_masked_or_withheld_and_masking_again_changes_nothing(sql: str, dialect: str) -> None:
    masked = mask_literals(sql, dialect)
    assert mask_literals(masked.text, dialect).text == masked.text


def test_queries_that_do_the_same_have_one_fingerprint() -> None:
    first = fingerprint("select  a from T where x in (1, 2, 3) and y = 'b' -- run 5")
    assert first == fingerprint("SELECT A\nFROM t WHERE x IN (9) AND y = 'c'")
    assert len(first) == 32


@pytest.mark.parametrize("other", ['select "A" from t', "select b from t", 'select "a" from t limit 5', "select 'open"])
def test_queries_that_differ_have_different_fingerprints(other: str) -> None:
    assert fingerprint(other) != fingerprint('select "a" from t')


def test_sqlglot_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, gluepot.mask.sql, gluepot.mask.credentials; sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
