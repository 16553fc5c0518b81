"""Format `k` to the letter: its columns, and K's published file contract."""

from __future__ import annotations

import csv
import io
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from gluepot.collector.extract.k import COLUMNS, KFormat, read_rows, writer_of
from gluepot.glue.records import Database, DatabaseRef, Event, Linkage, Table
from gluepot.glue.shapes import WireColumn

PLACE: Final = DatabaseRef(
    server="srv", partition="aws", region="eu-west-1", account="123456789012", catalog="", catalog_id="", database="d.b"
)

CONTRACT: Final = {
    "METADATA": (
        "OBJECT_TYPE, OBJECT_ID, TOOL_OBJECT_TYPE, NAME, DESCRIPTION, URL, PATH, QUERY_CODE, CREATED_AT, UPDATED_AT, "
        "PARENT_ID, DATA_TYPE, ORDINAL_POSITION, IS_PARTITION_KEY, OWNER, LOCATION, FORMAT, CHANGE, ATTRIBUTES"
    ),
    "LINKAGES": ("LINK_TYPE, SOURCE_TYPE, SOURCE_ID, TARGET_TYPE, TARGET_ID, EVIDENCE, CONFIDENCE, UPDATED_AT, DETAIL"),
    "EVENTS": ("EVENT_AT, EVENT_TYPE, OBJECT_TYPE, OBJECT_ID, PARENT_ID, ACTOR, EVIDENCE, BEFORE, AFTER, DETAIL"),
    "DATABASELOG": (
        "QUERY_ID, USER_NAME, WORKGROUP, CATALOG_NAME, DATABASE_NAME, QUERY_TYPE, QUERY_STATE, QUERY_TEXT, "
        "FINGERPRINT, STARTED_AT, ENDED_AT, DURATION_MS, BYTES_SCANNED, ERROR, DETAIL"
    ),
}
"""The families and their columns as the project's contract has them, in order."""


def test_the_columns_are_those_of_the_contract() -> None:
    assert {family: ", ".join(columns) for family, columns in COLUMNS.items()} == CONTRACT


def a_table(**changes: object) -> Table:
    table = Table(
        place=PLACE,
        name="t",
        tool_type="EXTERNAL_TABLE",
        created_at="2023-01-01 00:00:00",
        updated_at="2024-01-01 00:00:00",
        columns=[WireColumn(Name="a", Type="int", Comment="first")],
        partition_keys=[WireColumn(Name="y.m", Type="string")],
        attributes='{"Retention":0}',
    )
    return msgspec.structs.replace(table, **changes)


def test_a_table_to_the_letter() -> None:
    r"""Every field quoted, inner quotes doubled, `|` between, `\n` behind, partition keys after the columns."""
    [(family, text, rows)] = KFormat().table(a_table(), "CREATED", None)
    below = "arn:aws:glue:eu-west-1:123456789012:table/d.b/t"
    parent = "arn:aws:glue:eu-west-1:123456789012:database/d.b"
    assert (family, rows) == ("METADATA", 3)
    assert text == (
        f'"TABLE"|"{below}"|"EXTERNAL_TABLE"|"t"|""|""|"srv.eu-west-1.d_b.t"|""|""|"2024-01-01 00:00:00"|"{parent}"'
        '|""|""|""|""|""|""|"CREATED"|"{""Retention"":0}"\n'
        f'"COLUMN"|"{below}#a"|"COLUMN"|"a"|"first"|""|"srv.eu-west-1.d_b.t.a"|""|""|"2024-01-01 00:00:00"|"{below}"'
        '|"int"|"1"|"N"|""|""|""|"CREATED"|"{}"\n'
        f'"COLUMN"|"{below}#y.m"|"PARTITION_KEY"|"y.m"|""|""|"srv.eu-west-1.d_b.t.y_m"|""|""|"2024-01-01 00:00:00"'
        f'|"{below}"|"string"|"2"|"Y"|""|""|""|"CREATED"|"{{}}"\n'
    )


def test_a_database_to_the_letter() -> None:
    record = Database(
        place=PLACE,
        description='say "x"',
        location="s3://b/k",
        tool_type="RESOURCE_LINK",
        created_at="2023-01-01 00:00:00",
    )
    [(family, text, rows)] = KFormat().database(record, "UNCHANGED")
    assert (family, rows) == ("METADATA", 1)
    assert text == (
        '"DATABASE"|"arn:aws:glue:eu-west-1:123456789012:database/d.b"|"RESOURCE_LINK"|"d.b"|"say ""x"""|""'
        '|"srv.eu-west-1.d_b"|""|""|""|""|""|""|""|""|"s3://b/k"|""|"UNCHANGED"|"{}"\n'
    )


def test_a_linkage_and_an_event_to_the_letter() -> None:
    link = Linkage(
        link_type="STORED_AT",
        source_type="TABLE",
        source_id="s",
        target_type="S3",
        target_id="s3://b",
        evidence="e",
        confidence=0.5,
        updated_at="2024-01-01 00:00:00",
        detail={"b": 1, "a": None},
    )
    assert KFormat().linkage(link) == [
        (
            "LINKAGES",
            '"STORED_AT"|"TABLE"|"s"|"S3"|"s3://b"|"e"|"0.5"|"2024-01-01 00:00:00"|"{""a"":null,""b"":1}"\n',
            1,
        )
    ]
    sure = msgspec.structs.replace(link, confidence=1.0)
    assert '|"1"|' in KFormat().linkage(sure)[0][1]
    event = Event(
        event_at="2024-01-01 00:00:00",
        event_type="DELETED",
        object_type="TABLE",
        object_id="o",
        parent_id="p",
        before="7",
    )
    assert KFormat().event(event) == [
        ("EVENTS", '"2024-01-01 00:00:00"|"DELETED"|"TABLE"|"o"|"p"|""|"generation"|"7"|""|"{}"\n', 1)
    ]


def test_ids_are_percent_encoded_and_dots_leave_the_path() -> None:
    column = WireColumn(Name="a/b#c%\n", Type="int")
    table = Table(place=PLACE, name="x/y.z", columns=[column], partition_keys=[])
    [_, row] = metadata(KFormat().table(table, "CREATED", None)[0][1])
    assert row["OBJECT_ID"] == "arn:aws:glue:eu-west-1:123456789012:table/d.b/x%2Fy.z#a%2Fb%23c%25%0A"
    assert row["NAME"] == "a/b#c%\n"
    assert row["PATH"] == "srv.eu-west-1.d_b.x/y_z.a/b#c%\n"


@pytest.mark.parametrize(
    ("change", "changes", "expected"),
    [
        ("CREATED", None, ["CREATED", "CREATED", "CREATED"]),
        ("UPDATED", {}, ["UPDATED", "UNCHANGED", "UNCHANGED"]),
        ("UPDATED", {"y.m": "UPDATED"}, ["UPDATED", "UNCHANGED", "UPDATED"]),
        ("UPDATED", {"a": "CREATED"}, ["UPDATED", "CREATED", "UNCHANGED"]),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
def test_each_column_has_its_own_change(
    change: str, changes: dict[str, str] | None, expected: list[str], *, plain: bool
) -> None:
    """Without a map all columns share the table's change; with one, those that it does not name are unchanged."""
    rows = metadata(KFormat().table(a_table(plain=plain), change, changes)[0][1])
    assert [row["CHANGE"] for row in rows] == expected


def test_what_a_column_has_more_stands_in_its_attributes() -> None:
    columns = [WireColumn(Name="a", Parameters={"b": '"'}), WireColumn(Name="c"), WireColumn(Name="d")]
    table = a_table(columns=columns, column_attributes={"a": {"X": 1}, "d": {"Y": None}})
    rows = metadata(KFormat().table(table, "CREATED", None)[0][1])
    assert [row["ATTRIBUTES"] for row in rows[1:4]] == ['{"Parameters":{"b":"\\""},"X":1}', "{}", '{"Y":null}']


PLAIN_TEXTS: Final = st.text(
    st.characters(exclude_characters='"', min_codepoint=32, exclude_categories=["Cs"]), max_size=8
)


@given(
    names=st.lists(PLAIN_TEXTS, max_size=4),
    keys=st.lists(PLAIN_TEXTS, max_size=2),
    texts=st.lists(st.one_of(PLAIN_TEXTS, st.none(), st.just(UNSET)), min_size=12, max_size=12),
    delimiter=st.sampled_from("|,;\t"),
)
def test_the_quick_way_writes_the_same_rows(
    names: list[str], keys: list[str], texts: list[str], delimiter: str
) -> None:
    """A table whose texts need no escaping is written a quicker way: byte for byte the same."""
    columns = [WireColumn(Name=name, Type=texts[at], Comment=texts[at + 6]) for at, name in enumerate(names + keys)]
    table = a_table(columns=columns[: len(names)], partition_keys=columns[len(names) :])
    quick = msgspec.structs.replace(table, plain=True)
    writer = KFormat(delimiter)
    assert writer.table(quick, "UPDATED", None) == writer.table(table, "UPDATED", None)


@given(fields=st.lists(st.text(), min_size=1, max_size=4), delimiter=st.sampled_from("|,;\t\u0001"))
def test_any_row_is_read_back_by_csv(fields: list[str], delimiter: str) -> None:
    text = KFormat(delimiter).row(fields)
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)) == [fields]


FORMULAS: Final = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1")


@pytest.mark.parametrize("delimiter", ["|", ",", "=", "-"])
@given(texts=st.lists(st.sampled_from(["", "a", '"', '|"=', '"|"=1', *FORMULAS]), min_size=3, max_size=3))
def test_a_guarded_row_holds_no_formula_and_is_otherwise_the_same(delimiter: str, texts: list[str]) -> None:
    name, comment, kind = texts
    table = a_table(description=comment, columns=[WireColumn(Name=name, Type=kind, Comment=comment)])
    (_, plain, count), *_ = KFormat(delimiter).table(table, "CREATED", None)
    (family, guarded, rows), *_ = writer_of(delimiter, guarded=True).table(table, "CREATED", None)
    assert (family, rows) == ("METADATA", count)
    before, after = (
        [field for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for field in row]
        for text in (plain, guarded)
    )
    assert after == [f"'{field}" if field.startswith(tuple("=+-@\t\r")) else field for field in before]


def test_without_the_option_a_field_is_what_the_catalog_holds() -> None:
    table = a_table(description="=1+1")
    (_, text, _), *_ = writer_of("|", guarded=False).table(table, "CREATED", None)
    assert '|"=1+1"|' in text


def test_a_row_of_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="EVENTS"):
        read_rows("EVENTS", [["EVENT_AT"]])


def metadata(text: str) -> list[dict[str, str]]:
    header = KFormat().header("METADATA")
    return read_rows("METADATA", csv.reader(io.StringIO(header + text, newline=""), delimiter="|", strict=True))
