"""One scope that cannot be read costs that scope only, and what was known of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.collecting import REGION, attributes, column, database, short, table

from gluepot_sandbox.aws import (
    DEFAULT_ACCOUNT,
    Fault,
    FaultKind,
    Grant,
    LakeFormation,
    RawDatabase,
    RawTable,
    Role,
    Share,
)

if TYPE_CHECKING:
    from tests.support.collecting import Collector, Outcome

    from gluepot_sandbox.aws import Emulator

OTHER, THIRD = "222222222222", "333333333333"
ROLE = f"arn:aws:iam::{OTHER}:role/reader"
THEIRS = f"arn:aws:glue:{REGION}:{OTHER}"
KINDS = {
    FaultKind.DENIED: ("denied", "glue:GetTables"),
    FaultKind.FEDERATION: ("federation", ""),
    FaultKind.NOT_FOUND: ("vanished", ""),
}


def ids(found: Outcome) -> set[str]:
    """The ids of the tables and databases written."""
    return {row["OBJECT_ID"] for row in found.metadata if row["OBJECT_TYPE"] != "COLUMN"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_fails_is_named_and_compared_next_time(aws: Emulator, run: Collector, kind: FaultKind) -> None:
    aws.add(tables=[table("good"), table("one", database="bad"), table("two", database="bad")])
    run()
    changed = [table("good", VersionId="2", Description="new"), table("one", database="bad", Description="new")]
    aws.change(tables=changed)
    aws.add(faults=[Fault(kind, operation="GetTables", database="bad")])
    second = run()
    assert second.problems == [KINDS[kind]]
    assert second.names("TABLE") == ["good"]
    assert second.happened == {("UPDATED", "good")}
    aws.change(faults=[])
    third = run()
    assert third.collected.complete
    assert third.happened == {("UPDATED", "one"), ("DELETED", "two")}
    assert third.names("TABLE") == ["one"]


def test_the_rows_of_pages_before_the_failure_are_dropped(aws: Emulator, run: Collector) -> None:
    aws.change(page_size=2)
    aws.add(tables=[table(f"t{i}", database="bad") for i in range(7)])
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetTables", continued=True, skip=2)])
    found = run()
    assert ids(found) == {f"arn:aws:glue:{REGION}:{DEFAULT_ACCOUNT}:database/bad"}
    assert "LINKAGES" not in {entry.family for entry in found.manifest.files}
    (entry,) = found.manifest.databases
    assert (entry.status, entry.complete, entry.listed, entry.read) == ("denied", False, 6, 0)
    found.verify()


def test_a_database_first_read_in_a_later_run_was_not_created_then(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("old", database="late")])
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetTables", times=1)])
    assert run().problems == [("denied", "glue:GetTables")]
    second = run()
    assert second.names("TABLE") == ["old"]
    assert second.events == [], "nobody knows when it was created: it was there before, and could not be seen"
    aws.add(tables=[table("new", database="late")])
    assert run().happened == {("CREATED", "new")}


def test_a_database_deleted_between_listing_and_reading_is_no_failure(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("good"), table("t", database="gone")])
    both = [
        Fault(FaultKind.NOT_FOUND, operation="GetTables", database="gone"),
        Fault(FaultKind.NOT_FOUND, operation="GetDatabase", database="gone"),
    ]
    aws.add(faults=both)
    first = run()
    assert first.collected.complete
    assert first.names("DATABASE", "TABLE") == ["good", "sales"], "what never was known is not told as deleted either"
    assert first.events == []


def test_a_known_database_deleted_between_listing_and_reading_is_deleted_once(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("good"), table("t", database="gone")])
    run()
    both = [
        Fault(FaultKind.NOT_FOUND, operation="GetTables", database="gone"),
        Fault(FaultKind.NOT_FOUND, operation="GetDatabase", database="gone"),
    ]
    aws.add(faults=both)
    second = run()
    assert second.collected.complete
    assert sorted((row["EVENT_TYPE"], short(row["OBJECT_ID"])) for row in second.events) == [
        ("DELETED", "gone"),
        ("DELETED", "t"),
    ]
    aws.change(tables=[table("good")], faults=[])
    assert run().events == []


def test_a_malformed_page_costs_its_database(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("good")], raw_tables=[RawTable("bad", b'{"Name":"a"'), RawTable("worse", b"}}")])
    found = run()
    assert {(one.database, one.status) for one in found.manifest.databases if not one.complete} == {
        ("bad", "malformed"),
        ("worse", "malformed"),
    }
    assert found.names("TABLE") == ["good"]


def test_a_database_record_without_a_name_is_named_as_a_problem_and_costs_itself(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("good")], raw_databases=[RawDatabase(b'{"Description":"nobody"}'), RawDatabase(b"17")])
    found = run()
    assert found.problems == [("malformed", ""), ("malformed", "")]
    assert found.names("TABLE") == ["good"]


# what others share ---------------------------------------------------------------------------------


@pytest.fixture
def shared(aws: Emulator) -> Emulator:
    """One database of another account that may be read, one that is listed and may not."""
    aws.add(
        tables=[table("mine"), table("open", database="open", at=OTHER), table("shut", database="shut", at=OTHER)],
        shares=[Share(OTHER, DEFAULT_ACCOUNT)],
        faults=[Fault(FaultKind.DENIED, operation="GetTables", database="shut")],
    )
    return aws


def test_a_shared_database_is_read_with_its_owners_id(shared: Emulator, run: Collector) -> None:
    found = run()
    assert f"{THEIRS}:table/open/open" in ids(found)
    assert {call.catalog_id for call in shared.calls("GetTables") if call.database == "open"} == {OTHER}


@pytest.mark.usefixtures("shared")
def test_a_foreign_database_that_is_not_granted_leaves_the_run_complete(run: Collector) -> None:
    found = run()
    assert found.collected.complete
    assert [(one.database, one.status) for one in found.manifest.databases if one.status != "read"] == [
        ("shut", "not granted")
    ]
    assert found.manifest.regions[0].not_granted == 1


@pytest.mark.parametrize("keys", [{"shared": "all"}, {"databases": {"include": ["sales", "shut"]}}])
def test_a_foreign_database_that_was_asked_for_and_not_granted_is_a_failure(
    shared: Emulator, run: Collector, keys: dict[str, Any]
) -> None:
    assert run(**keys).problems == [("denied", "glue:GetTables")]
    assert shared.calls("GetTables")


def test_shared_none_leaves_others_out_and_says_nothing_of_them_later(shared: Emulator, run: Collector) -> None:
    assert run().collected.complete
    second = run(shared="none")
    assert (second.collected.complete, second.manifest.full, second.events) == (True, True, [])
    assert second.names("TABLE") == ["mine"]
    told = [warned.message for warned in second.manifest.warnings]
    assert told[0].startswith('shared was "auto" and is "none"')
    assert told[1].startswith("not asked for any more: 2 databases, which stay")
    assert {call.operation for call in shared.calls()} <= {
        "GetCallerIdentity", "GetCatalogs", "GetDatabases", "GetTables",
    }  # fmt: skip
    shared.change(tables=[table("mine"), table("shut", database="shut", at=OTHER)])
    third = run(shared="auto")
    assert ("DELETED", "open") in third.happened


def test_what_several_accounts_see_is_written_once_from_its_owner(shared: Emulator, run: Collector) -> None:
    shared.change(roles=[Role(ROLE)], faults=[])
    rule = LakeFormation(account=DEFAULT_ACCOUNT, database="open", columns=("secret",))
    columns = (column("id"), column("secret"))
    shared.change(tables=[table("open", *columns, database="open", at=OTHER)], lake_formation=[rule])
    for order in (1, -1):
        found = run(accounts=[{"server": "mine"}, {"server": "owner", "role": ROLE}][::order], full=True)
        (row,) = [row for row in found.metadata if row["OBJECT_TYPE"] == "TABLE"]
        assert row["PATH"].startswith("owner.")
        assert found.names("COLUMN") == ["id", "secret"]
        found.verify()


def test_an_owner_that_cannot_be_listed_leaves_its_shared_objects_to_who_sees_them(
    shared: Emulator, run: Collector
) -> None:
    shared.change(roles=[Role(ROLE)], faults=[Fault(FaultKind.DENIED, operation="GetDatabases", account=OTHER)])
    found = run(accounts=[{"server": "mine"}, {"server": "owner", "role": ROLE}])
    assert f"{THEIRS}:table/open/open" in ids(found)
    assert found.problems == [("denied", "glue:GetDatabases")]


def test_the_same_account_named_twice_is_written_once(aws: Emulator, run: Collector) -> None:
    link = database("link", TargetDatabase={"CatalogId": OTHER, "DatabaseName": "theirs"})
    aws.add(tables=[table("t")], databases=[link])
    found = run(accounts=[{"server": "one"}, {"server": "two"}])
    assert sorted(row["NAME"] for row in found.metadata if row["OBJECT_TYPE"] != "COLUMN") == ["link", "sales", "t"]


# resource links --------------------------------------------------------------------------------------


def linked(name: str = "link", region: str = "", **target: str) -> object:
    """A database resource link."""
    return database(
        name, TargetDatabase={"CatalogId": OTHER, "DatabaseName": "theirs", **target}, region=region or REGION
    )


def test_a_database_link_is_one_row_and_its_targets_tables_are_the_targets(aws: Emulator, run: Collector) -> None:
    aws.add(
        databases=[linked()],
        tables=[table("t", database="theirs", at=OTHER)],
        grants=[Grant(OTHER, DEFAULT_ACCOUNT)],
    )
    found = run()
    assert found.row("link", "DATABASE")["TOOL_OBJECT_TYPE"] == "RESOURCE_LINK"
    assert found.row("t")["OBJECT_ID"] == f"{THEIRS}:table/theirs/t"
    (row,) = [row for row in found.rows("LINKAGES") if row["LINK_TYPE"] == "RESOURCE_LINK"]
    assert (short(row["SOURCE_ID"]), row["TARGET_ID"]) == ("link", f"{THEIRS}:database/theirs")
    assert found.collected.complete
    assert run().metadata == []


def test_a_link_to_what_is_collected_anyway_is_not_followed(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[linked()], tables=[table("t", database="theirs", at=OTHER)], roles=[Role(ROLE)])
    found = run(accounts=[{"server": "mine"}, {"server": "owner", "role": ROLE}])
    assert [row["PATH"] for row in found.metadata if row["NAME"] == "t"] == [f"owner.{REGION}.theirs.t"]
    assert [call.account for call in aws.calls("GetTables")] == [OTHER]


def test_a_link_within_the_account_is_not_followed(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[linked(CatalogId=DEFAULT_ACCOUNT, DatabaseName="sales")], tables=[table("t")])
    found = run()
    assert found.names("TABLE") == ["t"]
    assert len(aws.calls("GetTables")) == 1


def test_a_link_to_another_region_is_followed_there(aws: Emulator, run: Collector) -> None:
    aws.add(
        databases=[linked(Region="eu-west-1")],
        tables=[table("t", database="theirs", at=OTHER, region="eu-west-1")],
        grants=[Grant(OTHER, DEFAULT_ACCOUNT)],
    )
    found = run()
    assert found.row("t")["OBJECT_ID"] == f"arn:aws:glue:eu-west-1:{OTHER}:table/theirs/t"
    assert found.row("t")["PATH"].endswith("_glue.eu-west-1.theirs.t")


def test_a_dangling_link_is_a_row_with_a_warning_and_its_target_is_none(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[linked()], grants=[Grant(OTHER, DEFAULT_ACCOUNT)])
    found = run()
    assert found.collected.complete
    assert found.names("DATABASE") == ["link"]
    assert found.events == []
    assert any("link" in one.where + one.message for one in found.manifest.warnings)
    second = run()
    assert (second.metadata, second.events) == ([], [])


def test_a_link_whose_target_goes_away_tells_the_targets_deletion_once(aws: Emulator, run: Collector) -> None:
    aws.add(
        databases=[linked()],
        tables=[table("t", database="theirs", at=OTHER)],
        grants=[Grant(OTHER, DEFAULT_ACCOUNT)],
    )
    run()
    aws.change(tables=[])
    second = run()
    assert sorted((row["EVENT_TYPE"], short(row["OBJECT_ID"])) for row in second.events) == [
        ("DELETED", "t"),
        ("DELETED", "theirs"),
    ]
    assert run().events == []


def test_a_links_target_that_is_not_granted_leaves_the_run_complete(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[linked()], tables=[table("t", database="theirs", at=OTHER)])
    found = run()
    assert found.collected.complete
    assert found.names("DATABASE", "TABLE") == ["link"]
    assert run(shared="all").problems == [("denied", "glue:GetTables")]


@pytest.mark.parametrize("target", [{}, {"CatalogId": OTHER, "Region": "eu-west-1"}])
def test_a_table_link_is_one_row_that_names_its_target(aws: Emulator, run: Collector, target: dict[str, str]) -> None:
    record = {"DatabaseName": "theirs", "Name": "t", **target}
    aws.add(tables=[table("link", TargetTable=record, StorageDescriptor=None, TableType=None)])
    found = run()
    account, region = target.get("CatalogId", DEFAULT_ACCOUNT), target.get("Region", REGION)
    (row,) = found.rows("LINKAGES")
    assert row["TARGET_ID"] == f"arn:aws:glue:{region}:{account}:table/theirs/t"
    assert attributes(found.row("link"))["TargetTable"] == record
    assert found.names("COLUMN") == []
    (warned,) = found.manifest.warnings
    assert warned.where == f"theirs ({account}, {region})"
    assert warned.message.startswith("not read, though links lead there: 1 table, link -> t.")


def test_the_target_of_a_table_link_that_is_read_is_not_named(aws: Emulator, run: Collector) -> None:
    link = {"DatabaseName": "sales", "Name": "t"}
    aws.add(tables=[table("t"), table("link", TargetTable=link, StorageDescriptor=None, database="other")])
    assert run().manifest.warnings == []
    assert run().manifest.warnings == [], "an increment looks it up as well"


def test_a_database_link_that_names_no_catalog_leads_to_its_own(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[database("link", TargetDatabase={"DatabaseName": "sales"})], tables=[table("t")])
    found = run()
    (row,) = [row for row in found.rows("LINKAGES") if row["LINK_TYPE"] == "RESOURCE_LINK"]
    assert row["TARGET_ID"] == f"arn:aws:glue:{REGION}:{DEFAULT_ACCOUNT}:database/sales"
