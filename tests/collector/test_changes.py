"""A table as it is now against the table of an earlier generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.collector.changes import judge
from gluepot.collector.columnchanges import Observed
from gluepot.collector.generation import HIDDEN, MISSING_ONCE, STALE, VISIBLE, StoredTable, encode_columns, encode_links
from gluepot.glue.records import READER, DatabaseRef, Linkage, Table
from gluepot.glue.shapes import WireColumn

if TYPE_CHECKING:
    from gluepot.collector.changes import Verdict

PLACE = DatabaseRef(server="s", partition="aws", region="r", account="1", catalog="", catalog_id="1", database="d")
SEEN = Observed("2024-02-01 00:00:00", "2024-01-01 00:00:00")
Columns = dict[str, str]


def table(columns: Columns, version: str = "1", digest: bytes = b"1", keys: Columns | None = None) -> Table:
    return Table(
        place=PLACE,
        name="t",
        version=version,
        digest=digest,
        updated_at="2024-01-15 00:00:00",
        created_at="2020-01-01 00:00:00",
        created_by="arn:me",
        columns=[WireColumn(Name=name, Type=kind) for name, kind in columns.items()],
        partition_keys=[WireColumn(Name=name, Type=kind) for name, kind in (keys or {}).items()],
    )


def entry(of: Table, verdict: Verdict | None = None, state: int = VISIBLE) -> StoredTable:
    blob = encode_columns(of.columns, of.partition_keys, verdict.kept if verdict else None)
    links = encode_links(of.linkages)
    return StoredTable(of.name, of.kind, of.version, of.updated_at, of.digest, state, True, blob, links=links)  # noqa: FBT003 - proven


def told(verdict: Verdict) -> list[tuple[str, str]]:
    return [(event.event_type, event.object_id.rpartition("/")[2]) for event in verdict.events]


def test_a_table_that_was_not_there_is_created_with_its_time_and_maker() -> None:
    verdict = judge(table({"a": "int"}), None, SEEN)
    (event,) = verdict.events
    assert (event.event_at, event.actor, event.after) == ("2020-01-01 00:00:00", "arn:me", "1")


def test_where_nobody_looked_before_being_new_is_no_event() -> None:
    verdict = judge(table({}), None, None)
    assert (verdict.change, verdict.events, verdict.write) == ("CREATED", [], True)


def test_the_same_digest_is_unchanged_and_not_written() -> None:
    now = table({"a": "int"})
    verdict = judge(now, entry(now), SEEN)
    assert (verdict.change, verdict.events, verdict.write) == ("UNCHANGED", [], False)


def test_what_comes_back_unchanged_is_visible_again_and_written() -> None:
    now = table({"a": "int"})
    for state in (HIDDEN, MISSING_ONCE):
        verdict = judge(now, entry(now, state=state), SEEN)
        assert told(verdict) == [("VISIBLE_AGAIN", "t")]
        assert (verdict.change, verdict.write) == ("UNCHANGED", True)


def test_the_table_comes_before_its_columns() -> None:
    verdict = judge(table({"b": "int", "c": "x"}, "2", b"2"), entry(table({"a": "int", "b": "string"})), SEEN)
    assert told(verdict) == [
        ("UPDATED", "t"),
        ("COLUMN_RETYPED", "t#b"),
        ("COLUMN_ADDED", "t#c"),
        ("COLUMN_DROPPED", "t#a"),
    ]
    assert verdict.columns == {"b": "UPDATED", "c": "CREATED"}


def test_without_a_new_version_a_column_is_hidden_not_dropped_until_it_shows_again() -> None:
    first = table({"a": "int", "b": "int"})
    hidden = table({"a": "int"}, digest=b"2")
    one = judge(hidden, entry(first), SEEN)
    assert told(one) == [("UPDATED", "t"), ("NOT_VISIBLE", "t#b")]
    kept = entry(hidden, one)
    two = judge(hidden, kept, SEEN)
    assert told(two) == []
    assert [column.name for column in two.kept] == ["b"]
    three = judge(first, entry(hidden, two), SEEN)
    assert told(three) == [("UPDATED", "t"), ("VISIBLE_AGAIN", "t#b")]
    assert three.kept == []


def test_columns_that_a_record_no_longer_holds_are_not_dropped_and_compared_when_they_are_back() -> None:
    first, nothing = table({"a": "int", "b": "int"}), table({}, "2", b"2")
    gone = judge(nothing, entry(first), SEEN)
    assert (told(gone), gone.columns) == ([("UPDATED", "t")], {})
    assert judge(nothing, entry(nothing, gone), SEEN).kept == gone.kept
    back = judge(table({"a": "int", "c": "int"}, "3", b"3"), entry(nothing, gone), SEEN)
    assert told(back) == [("UPDATED", "t"), ("COLUMN_ADDED", "t#c"), ("COLUMN_DROPPED", "t#b")]


def test_columns_that_are_known_for_the_first_time_are_not_added() -> None:
    now = judge(table({"a": "int"}, "2", b"2"), entry(table({})), SEEN)
    assert (told(now), now.columns) == ([("UPDATED", "t")], {"a": "CREATED"})


def linked(version: str, *targets: str) -> Table:
    of = table({"a": "int"}, version, version.encode())
    links = [
        Linkage(
            link_type="STORED_AT", source_type="TABLE", source_id=of.id, target_type="S3", target_id=to, evidence=""
        )
        for to in targets
    ]
    return msgspec.structs.replace(of, linkages=links)


def test_each_linkage_that_a_table_has_lost_is_an_event_that_names_it() -> None:
    verdict = judge(linked("2", "s3://b"), entry(linked("1", "s3://a", "s3://b", "s3://c")), SEEN)
    gone = [event for event in verdict.events if event.event_type == "LINKAGE_GONE"]
    assert [(event.object_id.rpartition("/")[2], event.before, event.after) for event in gone] == [
        ("t", "s3://a", ""),
        ("t", "s3://c", ""),
    ]
    assert (gone[0].detail["link_type"], gone[0].detail["target_type"]) == ("STORED_AT", "S3")
    assert (gone[0].event_at, gone[0].evidence, gone[0].object_type) == ("2024-01-15 00:00:00", "generation", "TABLE")
    assert told(judge(linked("2", "s3://a", "s3://b"), entry(linked("1", "s3://a")), SEEN)) == [("UPDATED", "t")]


def fields(**named: str) -> list[WireColumn]:
    return [WireColumn(Name=name, Type="int", Parameters={"iceberg.field.id": id_}) for name, id_ in named.items()]


def iceberg(version: str, **named: str) -> Table:
    return msgspec.structs.replace(table({}, version, version.encode()), columns=fields(**named))


def test_a_column_that_keeps_its_iceberg_field_is_renamed() -> None:
    verdict = judge(iceberg("2", b="1", c="2"), entry(iceberg("1", a="1", c="2")), SEEN)
    assert told(verdict) == [("UPDATED", "t"), ("COLUMN_RENAMED", "t#b")]
    renamed = verdict.events[1]
    assert (renamed.before, renamed.after, renamed.detail["was"].rpartition("/")[2]) == ("a", "b", "t#a")
    assert verdict.columns == {"b": "UPDATED"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": "1", "b": "2"}, {"b": "1", "a": "2"}, [("COLUMN_RENAMED", "t#b"), ("COLUMN_RENAMED", "t#a")]),
        ({"a": "1"}, {"b": "1", "a": "3"}, [("COLUMN_RENAMED", "t#b"), ("COLUMN_ADDED", "t#a")]),
        ({"a": "1", "b": "2"}, {"b": "1"}, [("COLUMN_RENAMED", "t#b")]),
        ({"a": "1"}, {"b": "2"}, [("COLUMN_ADDED", "t#b"), ("COLUMN_DROPPED", "t#a")]),
    ],
)
def test_renames_beside_other_changes(before: Columns, after: Columns, expected: list[tuple[str, str]]) -> None:
    assert told(judge(iceberg("2", **after), entry(iceberg("1", **before)), SEEN))[1:] == expected


def test_a_column_may_be_renamed_and_retyped_at_once() -> None:
    now = iceberg("2", b="1")
    now.columns[0].Type = "bigint"
    assert told(judge(now, entry(iceberg("1", a="1")), SEEN))[1:] == [
        ("COLUMN_RENAMED", "t#b"),
        ("COLUMN_RETYPED", "t#b"),
    ]


# a table without columns is one whose columns nobody knows
columns = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["int", "string"]), min_size=1, max_size=5)


@given(columns, columns, columns)
def test_after_each_comparison_the_events_lead_from_one_set_of_columns_to_the_next(
    one: Columns, two: Columns, three: Columns
) -> None:
    known = dict(one)
    before = entry(table(one, "1", repr(sorted(one.items())).encode()))
    for version, now in (("2", two), ("3", three)):
        current = table(now, version, repr(sorted(now.items())).encode())
        verdict = judge(current, before, SEEN)
        for event in verdict.events:
            name = event.object_id.rpartition("#")[2]
            if event.event_type == "COLUMN_DROPPED":
                assert known.pop(name) == event.before
            elif event.event_type == "COLUMN_ADDED":
                assert name not in known
                known[name] = event.after
            elif event.event_type == "COLUMN_RETYPED":
                assert known[name] == event.before
                known[name] = event.after
        assert known == now
        before = entry(current, verdict)


def older(of: Table, reader: int = 1) -> StoredTable:
    return msgspec.structs.replace(entry(of), reader=reader)


def test_what_is_only_read_better_is_written_once_without_an_alarm() -> None:
    before, now = table({"dummy": "string"}), table({"a": "int", "b": "string"})
    verdict = judge(now, older(before), SEEN)
    (event,) = verdict.events
    assert (event.event_type, event.evidence, event.object_type) == ("UPDATED", "reader", "TABLE")
    assert event.detail["no_columns"] == ["dummy"]
    assert (verdict.change, verdict.columns, verdict.kept) == ("UPDATED", {"a": "UPDATED", "b": "UPDATED"}, [])
    assert (verdict.write, verdict.reader) == (True, True)
    again = judge(now, entry(now), SEEN)
    assert (again.change, again.events, again.write) == ("UNCHANGED", [], False)


def test_a_stand_in_is_no_column_of_a_table_whose_columns_nobody_knows() -> None:
    now = msgspec.structs.replace(table({}), reader=READER)
    verdict = judge(now, older(table({"col": "array<string>"})), SEEN)
    assert (verdict.events[0].detail["no_columns"], verdict.kept) == (["col"], [])
    known = judge(now, older(table({"a": "int"})), SEEN)
    assert ("no_columns" in known.events[0].detail, [column.name for column in known.kept]) == (False, ["a"])


def test_a_better_reading_of_more_than_columns_says_so_itself() -> None:
    now = table({"a": "int"})
    assert not judge(now, older(now), SEEN).write, "it is read as it was"
    now.reader = READER
    verdict = judge(now, older(now), SEEN)
    assert ([event.evidence for event in verdict.events], verdict.columns) == (["reader"], {})


def test_a_record_whose_hash_is_made_otherwise_now_has_not_changed() -> None:
    before, now = table({"a": "int"}, digest=b"old rule"), table({"a": "int"}, digest=b"new rule")
    assert not judge(now, older(before), SEEN, same_record=True).write
    assert judge(now, older(before), SEEN).change == "UPDATED"


def test_a_table_that_changed_and_is_read_better_drops_no_column() -> None:
    before, now = table({"dummy": "string"}), table({"a": "int"}, "2", b"2")
    now.reader = READER
    assert told(judge(now, older(before), SEEN)) == [("UPDATED", "t")]
    now.reader = 1
    assert told(judge(now, older(before), SEEN))[1:] == [("COLUMN_ADDED", "t#a"), ("COLUMN_DROPPED", "t#dummy")]


def test_what_a_landing_has_otherwise_than_asked_for_is_written_without_an_event() -> None:
    now = table({"a": "int"})
    verdict = judge(now, older(now, STALE), SEEN)
    assert (verdict.change, verdict.events, verdict.write) == ("UNCHANGED", [], True)
