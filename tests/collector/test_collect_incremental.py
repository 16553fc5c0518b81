"""An incremental run tells what changed since its mark, and nothing else."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.collecting import FOUND, REGION, attributes, column, database, short, table
from tools import writers

from gluepot.collector.hwm import EPOCH
from gluepot.collector.state import KEPT, FolderState
from gluepot.errors import StateError
from gluepot_sandbox.aws import ExtraTable

if TYPE_CHECKING:
    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator, ExtraDatabase


def changed(run: Collector, aws: Emulator, *tables: ExtraTable) -> Any:
    """Replace the tables, and run again."""
    aws.change(tables=tables)
    return run()


def test_the_first_run_is_a_full_snapshot_without_events(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    found = run()
    assert found.manifest.full
    assert found.manifest.start == EPOCH
    assert {row["CHANGE"] for row in found.metadata} == {"CREATED"}
    assert found.events == []


def test_nothing_changed_is_a_header_only(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t"), table("u", database="other")])
    run()
    found = run()
    assert [(entry.family, entry.rows) for entry in found.manifest.files] == [("METADATA", 0)]
    assert found.collected.complete
    assert not found.manifest.full
    found.verify()


def test_a_new_table_is_created_with_an_event_at_its_own_time(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    run()
    found = changed(run, aws, table("t"), table("new"))
    assert found.names("TABLE", "COLUMN") == ["id", "new"]
    assert {row["CHANGE"] for row in found.metadata} == {"CREATED"}
    (event,) = found.events
    assert (event["EVENT_TYPE"], event["OBJECT_TYPE"], event["EVENT_AT"]) == ("CREATED", "TABLE", FOUND)
    assert event["ACTOR"].startswith("arn:aws:iam::")


def test_a_new_database_is_created_with_an_event(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    run()
    aws.add(databases=[database("fresh")])
    found = run()
    assert found.happened == {("CREATED", "fresh")}
    assert found.names("DATABASE") == ["fresh"]


def test_a_database_whose_description_changed_is_updated_without_its_tables(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[database("sales")], tables=[table("t")])
    run()
    aws.change(databases=[database("sales", Description="new")])
    found = run()
    assert found.happened == {("UPDATED", "sales")}
    assert [(row["NAME"], row["CHANGE"]) for row in found.metadata] == [("sales", "UPDATED")]


COLUMNS = (column("a", "int"), column("b", "string"))
CHANGES: dict[str, tuple[dict[str, Any], dict[str, str], set[tuple[str, str]]]] = {
    "a comment of the table": ({"Description": "new"}, {"a": "UNCHANGED", "b": "UNCHANGED", "k": "UNCHANGED"}, set()),
    "a parameter": ({"Parameters": {"team": "x"}}, {"a": "UNCHANGED", "b": "UNCHANGED", "k": "UNCHANGED"}, set()),
    "a column added": (
        {"columns": (*COLUMNS, column("c"))},
        {"a": "UNCHANGED", "b": "UNCHANGED", "c": "CREATED", "k": "UNCHANGED"},
        {("COLUMN_ADDED", "t#c")},
    ),
    "a column dropped": (
        {"columns": COLUMNS[:1]},
        {"a": "UNCHANGED", "k": "UNCHANGED"},
        {("COLUMN_DROPPED", "t#b")},
    ),
    "a column retyped": (
        {"columns": (column("a", "bigint"), COLUMNS[1])},
        {"a": "UPDATED", "b": "UNCHANGED", "k": "UNCHANGED"},
        {("COLUMN_RETYPED", "t#a")},
    ),
    "a column's comment": (
        {"columns": (column("a", "int", Comment="new"), COLUMNS[1])},
        {"a": "UPDATED", "b": "UNCHANGED", "k": "UNCHANGED"},
        {("UPDATED", "t#a")},
    ),
    "a partition key added": (
        {"PartitionKeys": [column("k", "date"), column("l", "date")]},
        {"a": "UNCHANGED", "b": "UNCHANGED", "k": "UNCHANGED", "l": "CREATED"},
        {("COLUMN_ADDED", "t#l")},
    ),
    "a column that became a partition key": (
        {"columns": COLUMNS[:1], "PartitionKeys": [column("k", "date"), column("b")]},
        {"a": "UNCHANGED", "b": "UPDATED", "k": "UNCHANGED"},
        {("UPDATED", "t#b")},
    ),
    "columns in another order": (
        {"columns": COLUMNS[::-1]},
        {"a": "UNCHANGED", "b": "UNCHANGED", "k": "UNCHANGED"},
        set(),
    ),
    "a column renamed": (
        {"columns": (COLUMNS[0], column("B2", "string"))},
        {"a": "UNCHANGED", "B2": "CREATED", "k": "UNCHANGED"},
        {("COLUMN_DROPPED", "t#b"), ("COLUMN_ADDED", "t#B2")},
    ),
    "another location": (
        {"ViewOriginalText": "x"},
        {"a": "UNCHANGED", "b": "UNCHANGED", "k": "UNCHANGED"},
        set(),
    ),
}


def version(number: str, columns: tuple[dict[str, object], ...] = COLUMNS, **more: Any) -> ExtraTable:
    """One version of a table with two columns and a partition key."""
    return table("t", *columns, **{"VersionId": number, "PartitionKeys": [column("k", "date")], **more})


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_table_is_written_whole_and_each_changed_column_is_an_event(
    aws: Emulator, run: Collector, what: str
) -> None:
    change, columns, events = CHANGES[what]
    aws.add(tables=[version("1"), table("other")])
    run()
    found = changed(run, aws, version("2", **change), table("other"))
    assert {row["NAME"]: row["CHANGE"] for row in found.metadata if row["OBJECT_TYPE"] == "COLUMN"} == columns
    assert [(r["NAME"], r["CHANGE"]) for r in found.metadata if r["OBJECT_TYPE"] != "COLUMN"] == [("t", "UPDATED")]
    assert found.happened == events | {("UPDATED", "t")}
    (event,) = [row for row in found.events if row["OBJECT_TYPE"] == "TABLE"]
    assert (event["BEFORE"], event["AFTER"]) == ("1", "2")
    found.verify()


def test_a_retyped_column_says_both_types(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[version("1")])
    run()
    found = changed(run, aws, version("2", (column("a", "bigint"), COLUMNS[1])))
    (event,) = [row for row in found.events if row["EVENT_TYPE"] == "COLUMN_RETYPED"]
    assert (event["BEFORE"], event["AFTER"]) == ("int", "bigint")


VOLATILE: list[dict[str, Any]] = [
    {"UpdateTime": 1700000000.0},
    {"VersionId": "9"},
    {"LastAccessTime": 1700000000.0, "LastAnalyzedTime": 1700000000.0},
    {"Parameters": {"metadata_location": "s3://b/2.json", "previous_metadata_location": "s3://b/1.json"}},
    {"Parameters": {"transient_lastDdlTime": "1700000000", "numRows": "17", "totalSize": "1", "numFiles": "3"}},
    {"Parameters": {"recordCount": "17", "averageRecordSize": "4", "objectCount": "1", "sizeKey": "9"}},
    {"Parameters": {"COLUMN_STATS_ACCURATE": "false", "rawDataSize": "4"}},
]


@pytest.mark.parametrize("before", [{}, {"Parameters": {}}, {"Parameters": {"numRows": "1"}}])
@pytest.mark.parametrize("volatile", VOLATILE)
def test_what_changes_without_meaning_changes_nothing(
    aws: Emulator, run: Collector, before: dict[str, Any], volatile: dict[str, Any]
) -> None:
    aws.add(tables=[table("t", **before)])
    run()
    found = changed(run, aws, table("t", **{**before, **volatile}))
    assert (found.metadata, found.events) == ([], [])


def test_a_late_update_with_an_old_time_is_seen(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t", UpdateTime=1700000000.0)])
    run()
    found = changed(run, aws, table("t", UpdateTime=1500000000.0, Description="late"))
    assert found.happened == {("UPDATED", "t")}


def test_what_is_newer_than_the_end_mark_is_not_withheld(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t", UpdateTime=4000000000.0)])
    assert run(end="2020-01-01 00:00:00").names("TABLE") == ["t"]


def test_the_same_mark_gives_the_same_answer_again(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t"), table("gone")])
    mark = run().end
    aws.change(tables=[table("t", Description="new"), table("added")])
    first = run()
    again = run(start=mark)
    assert again.metadata == first.metadata
    assert again.happened == first.happened == {("UPDATED", "t"), ("CREATED", "added"), ("DELETED", "gone")}


def test_two_marks_in_a_row_tell_each_change_once(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    run()
    assert changed(run, aws, table("t", Description="2")).happened == {("UPDATED", "t")}
    assert changed(run, aws, table("t", Description="2"), table("u")).happened == {("CREATED", "u")}
    assert changed(run, aws, table("u")).happened == {("DELETED", "t")}
    assert run().happened == set()


def test_a_mark_in_the_future_gives_a_full_snapshot_and_a_warning(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    run()
    found = run(start="2031-01-01 00:00:00")
    assert found.manifest.full
    assert found.names("TABLE") == ["t"]
    assert "future" in found.collected.warnings[0]


def test_a_lost_generation_gives_a_full_snapshot_and_a_warning(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    run()
    for path in run.state.glob("*.sqlite"):
        path.unlink()
    found = run()
    assert found.manifest.full
    assert found.names("TABLE") == ["t"]
    assert found.events == []
    assert "no generation" in found.collected.warnings[0]
    assert run().metadata == []


def test_full_writes_everything_and_says_what_changed(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("same"), table("t"), table("gone")])
    run()
    aws.change(tables=[table("same"), table("t", Description="new")])
    found = run(full=True)
    assert found.manifest.full
    assert {row["NAME"]: row["CHANGE"] for row in found.metadata if row["OBJECT_TYPE"] == "TABLE"} == {
        "same": "UNCHANGED",
        "t": "UPDATED",
    }
    assert found.happened == {("UPDATED", "t"), ("DELETED", "gone")}


@pytest.mark.parametrize("damage", ["cut", "not sqlite", "newer", "empty", "another"])
def test_a_generation_that_cannot_be_trusted_stops_the_run_before_it_writes(
    aws: Emulator, run: Collector, damage: str
) -> None:
    aws.add(tables=[table("t")])
    run()
    (path,) = run.state.glob("*.sqlite")
    body = path.read_bytes()
    if damage == "newer":
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
    elif damage == "another":
        path.unlink()
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE t (x)")
        db.close()
    else:
        path.write_bytes({"cut": body[: len(body) // 2], "not sqlite": b"x" * 9000, "empty": b""}[damage])
    before = sorted(run.output.rglob("*"))
    with pytest.raises(StateError) as caught:
        run()
    assert caught.value.exit_code == 2
    assert str(path) in str(caught.value)
    assert ("upgrade" in caught.value.hint) is (damage == "newer")
    assert sorted(run.output.rglob("*")) == before


def test_pruning_keeps_what_the_mark_needs(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    mark = run().end
    for _ in range(KEPT + 3):
        run(start=mark)
    assert len(list(run.state.glob("*.sqlite"))) == KEPT + 4, "the mark has not moved: everything from it on may count"
    aws.change(tables=[table("t", Description="new")])
    assert run(start=mark).happened == {("UPDATED", "t")}
    for _ in range(KEPT + 3):
        run()
    assert FolderState(run.state).fetch("glue", run.mark, run.home) is not None
    assert len(list(run.state.glob("*.sqlite"))) <= KEPT + 3
    assert run().metadata == []


def test_generations_of_two_names_do_not_mix(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    run()
    state = FolderState(run.state)
    assert state.fetch("glue", run.mark, run.home)
    assert state.fetch("glu", run.mark, run.home) is None
    assert state.fetch("other", run.mark, run.home) is None


def test_generations_may_live_apart_from_the_marks(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    where = str(run.home / "elsewhere")
    run(state=where)
    assert list((run.home / "elsewhere").glob("glue_generation_*.sqlite"))
    assert [path.name for path in run.home.glob("state/*")] == ["glue_hwm.lease"], "it lies beside the mark"
    assert run(state=where).metadata == []


def test_the_same_end_mark_twice_leaves_the_last_runs_files_only(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    mark = run().end
    aws.change(tables=[table("u", Description="new")])
    first = run(end="2030-06-01 00:00:00")
    assert {entry.family for entry in first.manifest.files} == {"METADATA", "EVENTS", "LINKAGES"}
    aws.change(tables=[table("t")])
    second = run(start=mark, end="2030-06-01 00:00:00")
    assert (second.metadata, second.events) == ([], [])
    second.verify()
    aws.change(tables=[table("t"), table("v")])
    assert run(end="2030-07-01 00:00:00").happened == {("CREATED", "v")}


def test_attributes_hold_everything_else(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t", Retention=7, Parameters={"numRows": "3", "k": "v"}, LastAccessTime=1.6e9)])
    found = attributes(run().row("t"))
    assert (found["Retention"], found["Parameters"]) == (7, {"numRows": "3", "k": "v"})
    assert found["VersionId"] == "1"
    assert "Columns" not in found["StorageDescriptor"]


def test_what_a_view_a_table_and_a_link_no_longer_lead_to_is_told_and_only_once(aws: Emulator, run: Collector) -> None:
    def link(target: str) -> ExtraDatabase:
        return database("link", TargetDatabase={"CatalogId": "123456789012", "DatabaseName": target})

    def view(*objects: str) -> ExtraTable:
        arns = [f"arn:aws:glue:us-east-1:123456789012:table/sales/{name}" for name in objects]
        shown = {"SubObjects": arns, "Representations": [{"Dialect": "SPARK", "ViewOriginalText": "SELECT 1 id"}]}
        return table("v", TableType="VIRTUAL_VIEW", ViewDefinition=shown)

    def storage(location: str) -> dict[str, Any]:
        return {"Columns": [column("id")], "Location": location}

    aws.add(
        databases=[link("sales"), database("other")],
        tables=[table("t", StorageDescriptor=storage("s3://lake/old/")), view("t", "u"), table("u")],
    )
    run()
    aws.change(
        databases=[link("other"), database("other")],
        tables=[table("t", StorageDescriptor=storage("s3://lake/new/"), VersionId="2"), view("t"), table("u")],
    )
    found = run()
    gone = {
        (short(row["OBJECT_ID"]), row["OBJECT_TYPE"], short(row["BEFORE"].rstrip("/")))
        for row in found.events
        if row["EVENT_TYPE"] == "LINKAGE_GONE"
    }
    assert gone == {("t", "TABLE", "old"), ("v", "VIEW", "u"), ("link", "DATABASE", "sales")}
    assert run().events == []


def test_columns_that_an_engine_left_out_are_not_dropped_and_a_rename_is_one(aws: Emulator, run: Collector) -> None:
    """Trino writes no columns where a comment is too long; they are compared again when they are back."""

    def iceberg(version: str, **named: str) -> ExtraTable:
        columns = [column(name, Parameters={"iceberg.field.id": field}) for name, field in named.items()]
        storage = {"Location": "s3://lake/t", **({"Columns": columns} if columns else {})}
        return table("t", StorageDescriptor=storage, Parameters={"table_type": "ICEBERG"}, VersionId=version)

    aws.add(tables=[iceberg("1", a="1", b="2")])
    run()
    without = changed(run, aws, iceberg("2"))
    assert without.happened == {("UPDATED", "t")}
    assert without.names("TABLE", "COLUMN") == ["t"]
    (warned,) = without.manifest.warnings
    assert "none that was known is called dropped" in warned.message
    back = changed(run, aws, iceberg("3", a="1", c="2", d="3"))
    assert back.happened == {("UPDATED", "t"), ("COLUMN_RENAMED", "t#c"), ("COLUMN_ADDED", "t#d")}
    (renamed,) = [row for row in back.events if row["EVENT_TYPE"] == "COLUMN_RENAMED"]
    assert (renamed["BEFORE"], renamed["AFTER"]) == ("b", "c")
    assert attributes({"ATTRIBUTES": renamed["DETAIL"]})["was"].endswith("t#b")


def test_every_record_of_a_real_engine_is_collected_and_stays_the_same(aws: Emulator, run: Collector) -> None:
    records = {record["Name"]: record for _, record in writers.records()}
    aws.add(tables=[ExtraTable("lake", record, region=REGION) for record in records.values()])
    found = run(formats=["k", "jsonl"])
    assert found.collected.complete
    found.verify()
    assert {row["NAME"] for row in found.metadata if row["OBJECT_TYPE"] in {"TABLE", "VIEW"}} == {*records}
    assert not [row for row in found.metadata if row["NAME"] in {"dummy", "col"} and row["OBJECT_TYPE"] == "COLUMN"]
    assert run(formats=["k", "jsonl"]).metadata == []
