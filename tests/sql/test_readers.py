"""What other engines are told is quoted as each of them reads it, whatever names hold."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from gluepot.errors import ConfigError
from gluepot.sql.loadedtables import LakeDatabase, LakeTable
from gluepot.sql.readers import ENGINES

HOSTILE = [
    "select", "a b", 'q"uote', "ti`ck", "it's", "semi;colon", "-- comment", "/* */", "dot.ted", "back\\slash", "Ünï",
    "new\nline", "$1", "{{x}}", "1st", "", "drop table x; --",
]  # fmt: skip
DIALECTS = {"athena": "athena", "redshift": "redshift", "spark": "spark", "trino": "trino", "duckdb": "duckdb"}


def lake(name: str = "shop", endpoint: str = "", *tables: LakeTable) -> LakeDatabase:
    usual = (
        LakeTable(name="events", columns=("a", "b"), format="iceberg", location="s3://lake/wh/events",
                metadata="s3://lake/wh/events/metadata/1.metadata.json"),
        LakeTable(name="plain", columns=("a",), format="parquet", location="s3://lake/wh/plain/data/1/x"),
    )  # fmt: skip
    return LakeDatabase(
        name=name, region="eu-west-1", warehouse="s3://lake/wh", tables=tables or usual, endpoint=endpoint
    )


def named(name: str, form: str = "iceberg") -> LakeTable:
    return LakeTable(
        name=name,
        columns=(name, "plain"),
        format=form,  # type: ignore[arg-type] # the two there are
        location=f"s3://lake/wh/{name}",
        metadata=f"s3://lake/wh/{name}/1.json" if form == "iceberg" else "",
    )


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("name", [one for one in HOSTILE if one])
def test_every_statement_reads_the_one_column_and_table_that_are_meant(engine: str, name: str) -> None:
    script = ENGINES[engine](lake(name, "", named(name)))
    (sql,) = script.statements.values()
    (tree,) = [one for one in sqlglot.parse(sql, read=DIALECTS[engine]) if one is not None]
    assert isinstance(tree, exp.Select)
    assert [one.name for one in tree.expressions] == [name, "plain"]
    (table,) = tree.find_all(exp.Table)
    assert (table.name, table.db) == (name, name)


@pytest.mark.parametrize("name", [one for one in HOSTILE if one])
def test_duckdb_itself_takes_what_it_is_told(name: str) -> None:
    setup = ENGINES["duckdb"](lake(name, "", named(name), named(f"{name} 2", "parquet"))).setup
    statements = ENGINES["duckdb"](lake(name, "", named(name))).statements
    for sql in (*setup, *statements.values()):
        assert len(duckdb.extract_statements(sql)) == sql.count("INSTALL") + 1


@pytest.mark.parametrize("name", [one for one in HOSTILE if one])
def test_redshifts_schema_names_the_database_that_is_meant(name: str) -> None:
    schema = ENGINES["redshift"](lake(name)).setup[0]
    tokens = [token.text for token in sqlglot.tokenize(schema, read="redshift")]
    assert tokens.count(name) == 2
    assert tokens[-1] == ";"


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_name_with_a_zero_byte_is_refused(engine: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ENGINES[engine](lake("shop", "", named("a\0b")))
    assert "zero byte" in caught.value.why


def test_a_path_that_duckdb_would_take_for_a_pattern_is_a_path() -> None:
    table = LakeTable(name="t", columns=("a",), format="parquet", location="s3://lake/[x]*?/t/")
    assert "read_parquet('s3://lake/[[]x][*][?]/t/*.parquet')" in ENGINES["duckdb"](lake("d", "", table)).setup[-1]


def test_engines_are_told_of_an_aws_that_is_not_amazons() -> None:
    here = "http://127.0.0.1:5000"
    assert ENGINES["spark"](lake("d", here)).settings["spark.sql.catalog.lake.glue.endpoint"] == here
    assert f"s3.endpoint={here}\n" in ENGINES["trino"](lake("d", here)).files["etc/catalog/lake.properties"]
    secret = next(one for one in ENGINES["duckdb"](lake("d", here)).setup if "SECRET" in one)
    assert "ENDPOINT '127.0.0.1:5000', URL_STYLE 'path', USE_SSL false" in secret
    for engine in ENGINES.values():
        assert here not in str(engine(lake("d"))), "Amazon's own is where engines look by themselves"


def test_no_credential_is_printed_for_any_engine() -> None:
    for engine in ENGINES.values():
        said = str(engine(lake("d", "http://127.0.0.1:5000"))).lower()
        assert "secret_access_key" not in said
        assert "access-key" not in said


def test_plain_tables_have_a_catalog_of_their_own_in_trino_and_a_path_in_spark() -> None:
    assert set(ENGINES["trino"](lake()).files) == {
        "etc/catalog/lake.properties",
        "etc/catalog/lake_hive.properties",
    }
    assert ENGINES["trino"](lake()).statements["plain"].endswith('FROM "lake_hive"."shop"."plain" LIMIT 10;')
    spark = ENGINES["spark"](lake())
    assert "FROM parquet.`s3a://lake/wh/plain/data/1/x/`" in spark.statements["plain"]
    assert spark.settings["spark.sql.parquet.datetimeRebaseModeInRead"] == "CORRECTED"
