"""What a view's record in Glue says, however its writer encoded it."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.glue.views import Definition, View, encode_presto_view, is_view, view_of

SQL = "SELECT a, 'it''s ☃' AS b\nFROM \"db\".t -- */ not the end"
PRESTO = {
    "originalSql": SQL,
    "catalog": "awsdatacatalog",
    "schema": "db",
    "columns": [{"name": "a", "type": "row(x integer)"}],
    "owner": "alice",
    "runAsInvoker": False,
}
DETAILS = {key: value for key, value in PRESTO.items() if key != "originalSql"}


def view(**record: Any) -> View:
    found = view_of({"Name": "v", "TableType": "VIRTUAL_VIEW", **record})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"TableType": "VIRTUAL_VIEW"}, True),
        ({"TableType": "virtual_view"}, True),
        ({"TableType": "MATERIALIZED_VIEW"}, True),
        ({"TableType": "EXTERNAL_TABLE", "IsMaterializedView": True}, True),
        ({"ViewDefinition": {"Representations": [{"Dialect": "SPARK"}]}}, True),
        ({"ViewOriginalText": "SELECT 1"}, True),
        ({"TableType": "EXTERNAL_TABLE"}, False),
        ({"TableType": "EXTERNAL_TABLE", "ViewOriginalText": "", "ViewExpandedText": ""}, False),
        ({"TableType": "EXTERNAL_TABLE", "ViewOriginalText": "SELECT 1"}, False),
        ({"TableType": 5, "ViewOriginalText": None, "ViewDefinition": [], "IsMaterializedView": None}, False),
        ({}, False),
    ],
)
def test_a_table_is_a_view_or_is_not(table: dict[str, object], *, expected: bool) -> None:
    assert is_view(table) is expected
    assert (view_of(table) is not None) is expected


def test_athena_views_are_decoded() -> None:
    found = view(ViewOriginalText=encode_presto_view(PRESTO), ViewExpandedText="/* Presto View */")
    assert found == View(definitions=(Definition("presto", SQL, details=DETAILS),))


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: f"\n  {text} ;\n",
        lambda text: text.replace("/* Presto View: ", "/*presto view:").replace(" */", "*/"),
        lambda text: text.replace("Presto View: ", "\n Presto\n View :\t"),
        lambda text: text.replace("Presto", "Trino"),
        lambda text: text.replace("=", ""),
        lambda text: "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        lambda text: text.replace("+", "-"),
        lambda text: text.removesuffix(" */"),
    ],
)
def test_the_encoding_is_read_in_every_dress(dress: Any) -> None:
    found = view(ViewOriginalText=dress(encode_presto_view(PRESTO)))
    assert (found.definitions[0].text, found.warnings) == (SQL, ())


def test_trino_names_itself_in_the_parameters() -> None:
    parameters = {"presto_view": "true", "trino_created_by": "Trino Hive connector", "trino_version": "470"}
    found = view(ViewOriginalText=encode_presto_view(PRESTO), Parameters=parameters)
    assert (found.definitions[0].dialect, found.definitions[0].version) == ("trino", "470")


def test_trinos_materialized_views_are_materialized() -> None:
    found = view(
        ViewOriginalText=encode_presto_view(PRESTO, materialized=True),
        ViewExpandedText="/* Presto Materialized View */",
    )
    assert found.materialized
    assert found.definitions[0].text == SQL


def broken(body: bytes) -> str:
    return f"/* Presto View: {base64.b64encode(body).decode()} */"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("/* Presto View: e#? */", "the view's encoded text is not base64"),
        ("/* Presto View: eyJvc */", "the view's encoded text is cut off"),
        (encode_presto_view(PRESTO)[:60], "the view's encoded text is not JSON"),
        (broken(b"plain"), "the view's encoded text is not JSON"),
        (broken(b"[" * 100_000), "the view's encoded text is not JSON"),
        (broken(b"[1]"), "the view's encoded text has no originalSql"),
        (broken(b'{"originalSql": 5}'), "the view's encoded text has no originalSql"),
        ("/* Presto View: */", "the view's encoded text is not JSON"),
    ],
)
def test_what_cannot_be_decoded_is_kept_with_a_warning(text: str, warning: str) -> None:
    found = view(ViewOriginalText=text)
    assert found.definitions[0].text == text
    assert found.warnings == (warning,)


@pytest.mark.parametrize("body", [b'{"originalSql": "SELECT \'\\ud800\'"}', b'{"originalSql": "SELECT \'\xff\'"}'])
def test_characters_that_are_no_unicode_are_replaced(body: bytes) -> None:
    found = view(ViewOriginalText=broken(body))
    assert found.definitions[0].text == "SELECT '\ufffd'"
    assert "U+FFFD" in found.warnings[0]


def test_a_view_with_only_the_marker_has_no_text() -> None:
    found = view(ViewOriginalText=None, ViewExpandedText="/* Presto View */")
    assert (found.definitions, found.warnings) == ((), ("the view has no SQL text",))


@pytest.mark.parametrize("text", ["/* Presto View */ SELECT 1", "/* Presto Viewpoint */", "/* by me */ SELECT 2", "/*"])
def test_a_comment_at_the_head_of_sql_is_sql(text: str) -> None:
    found = view(ViewOriginalText=text)
    assert (found.definitions, found.warnings) == ((Definition("hive", text),), ())


def test_spark_views_keep_namespace_and_settings() -> None:
    found = view(
        ViewOriginalText="SELECT * FROM t",
        ViewExpandedText="SELECT * FROM t",
        Parameters={
            "spark.sql.create.version": "3.5.2",
            "view.catalogAndNamespace.numParts": "2",
            "view.catalogAndNamespace.part.0": "spark_catalog",
            "view.catalogAndNamespace.part.1": "db",
            "view.sqlConfig.spark.sql.ansi.enabled": "true",
        },
    )
    assert found.definitions == (Definition("spark", "SELECT * FROM t", version="3.5.2"),)
    assert found.details == {
        "catalogAndNamespace": ["spark_catalog", "db"],
        "sqlConfig": {"spark.sql.ansi.enabled": "true"},
    }


def test_hive_views_keep_both_texts() -> None:
    found = view(ViewOriginalText="SELECT * FROM t", ViewExpandedText="SELECT `t`.`a` FROM `db`.`t`")
    assert found.definitions == (Definition("hive", "SELECT * FROM t", expanded="SELECT `t`.`a` FROM `db`.`t`"),)


def test_data_catalog_views_speak_several_dialects() -> None:
    found = view(
        TableType="VIRTUAL_VIEW",
        IsMultiDialectView=True,
        ViewOriginalText="SELECT 1",
        ViewDefinition={
            "IsProtected": True,
            "Definer": "arn:aws:iam::123456789012:role/Definer",
            "SubObjects": ["arn:aws:glue:eu-west-1:123456789012:table/db/t", None],
            "Representations": [
                {
                    "Dialect": "ATHENA",
                    "DialectVersion": "3",
                    "ViewOriginalText": "SELECT 1",
                    "ViewExpandedText": "SELECT 1 AS one",
                    "IsStale": False,
                },
                {"Dialect": "SPARK", "ViewOriginalText": "SELECT 2", "IsStale": True, "ValidationConnection": "c"},
                {"Dialect": "REDSHIFT"},
                "not a representation",
            ],
        },
    )
    assert found == View(
        definitions=(
            Definition("athena", "SELECT 1", version="3", is_stale=False, expanded="SELECT 1 AS one"),
            Definition("spark", "SELECT 2", is_stale=True, connection="c"),
        ),
        sub_objects=("arn:aws:glue:eu-west-1:123456789012:table/db/t",),
        protected=True,
        definer="arn:aws:iam::123456789012:role/Definer",
        details={"IsProtected": True, "Definer": "arn:aws:iam::123456789012:role/Definer"},
        warnings=("the view has no SQL text in the dialect redshift",),
    )


def test_glues_materialized_views_keep_their_refresh_settings() -> None:
    found = view(
        TableType="EXTERNAL_TABLE",
        IsMaterializedView=True,
        ViewDefinition={
            "RefreshSeconds": 3600,
            "Representations": [{"Dialect": "SPARK", "ViewExpandedText": "SELECT 1"}],
        },
    )
    assert found.materialized
    assert found.definitions == (Definition("spark", "SELECT 1"),)
    assert found.details == {"RefreshSeconds": 3600}


@pytest.mark.parametrize(
    "text",
    ["/* Presto View: " + " " * 409_000, "/*" * 204_000, "/* " + "Presto " * 58_000, "/* Presto View:" + "=" * 409_000],
)
def test_hostile_texts_are_kept(text: str) -> None:
    assert view(ViewOriginalText=text).definitions[0].text == text


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.fixed_dictionaries(
        {"TableType": st.just("VIRTUAL_VIEW") | anything},
        optional={
            "ViewOriginalText": anything,
            "ViewExpandedText": anything,
            "Parameters": anything,
            "IsMaterializedView": anything,
            "ViewDefinition": anything
            | st.fixed_dictionaries(
                {"Representations": anything, "SubObjects": anything}, optional={"IsProtected": anything}
            ),
        },
    )
)
def test_parts_of_wrong_types_never_end_a_run(table: dict[str, Any]) -> None:
    found = view_of(table)
    assert (found is not None) == is_view(table)


@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_what_is_encoded_is_decoded(sql: str, details: dict[str, object]) -> None:
    with contextlib.suppress(UnicodeEncodeError):  # half of a surrogate pair cannot be encoded
        encoded = encode_presto_view({**details, "originalSql": sql})
        found = view(ViewOriginalText=encoded)
        assert [one.text for one in found.definitions] == [sql or encoded]
