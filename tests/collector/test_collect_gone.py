"""What is gone is told once, with its evidence; what is merely out of sight is told as that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.collecting import REGION, column, database, short, table

from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind, LakeFormation, Role, Share

if TYPE_CHECKING:
    from tests.support.collecting import Collector, Outcome

    from gluepot_sandbox.aws import Emulator

NO_GET_TABLE = Fault(FaultKind.DENIED, operation="GetTable")
NO_GET_DATABASE = Fault(FaultKind.DENIED, operation="GetDatabase")
OTHER = "222222222222"


def told(found: Outcome) -> list[tuple[str, str, str]]:
    """The events as (type, object, evidence), sorted."""
    return sorted((row["EVENT_TYPE"], short(row["OBJECT_ID"]), row["EVIDENCE"]) for row in found.events)


def tables(*names: str, **more: Any) -> list[Any]:
    return [table(name, **more) for name in names]


def test_a_deleted_table_is_proven_by_get_table(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("stays", "goes", Owner="me"))
    run()
    aws.change(tables=tables("stays", Owner="me"))
    found = run()
    assert told(found) == [("DELETED", "goes", "GetTable")]
    (event,) = found.events
    assert json.loads(event["DETAIL"])["since"] == found.manifest.start
    assert (found.metadata, found.collected.complete) == ([], True)
    assert found.manifest.counts["deleted"] == 1
    assert told(run()) == [], "once"


def test_one_proof_for_a_database_covers_its_tables(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("a", "b") + tables("c", database="kept"))
    run()
    aws.change(tables=tables("c", database="kept"))
    aws.forget()
    found = run()
    assert told(found) == [
        (kind, name, "GetDatabase") for kind, name in [("DELETED", "a"), ("DELETED", "b"), ("DELETED", "sales")]
    ]
    assert not aws.calls("GetTable")
    assert len(aws.calls("GetDatabase")) == 1
    assert told(run()) == []


def test_many_deletions_proven_by_get_table_are_not_held_back(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables(*(f"t{i}" for i in range(30))))
    run()
    aws.change(tables=tables("t0"))
    found = run()
    assert len(found.events) == 29
    assert found.collected.complete


def test_a_deleted_and_recreated_table_is_created_again(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("t", "u"))
    run()
    aws.change(tables=tables("u"))
    assert told(run()) == [("DELETED", "t", "GetTable")]
    aws.change(tables=tables("t", "u"))
    assert told(run()) == [("CREATED", "t", "generation")]


def test_without_get_table_a_table_is_deleted_on_the_second_complete_listing(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("stays", "goes"))
    run()
    aws.change(tables=tables("stays"), faults=[NO_GET_TABLE])
    first = run()
    assert told(first) == [("NOT_VISIBLE", "goes", "listing")]
    assert first.collected.complete
    assert told(run()) == [("DELETED", "goes", "listing")]
    assert told(run()) == []


def test_a_table_that_comes_back_after_one_absence_is_visible_again(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("stays", "shy"))
    run()
    aws.change(tables=tables("stays"), faults=[NO_GET_TABLE])
    assert told(run()) == [("NOT_VISIBLE", "shy", "listing")]
    aws.change(tables=tables("stays", "shy"))
    found = run()
    assert told(found) == [("VISIBLE_AGAIN", "shy", "generation")]
    assert found.row("shy")["CHANGE"] == "UNCHANGED"
    assert told(run()) == []


def test_a_failed_listing_in_between_is_no_absence(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("stays", "goes"))
    run()
    aws.change(tables=tables("stays"), faults=[NO_GET_TABLE])
    assert told(run()) == [("NOT_VISIBLE", "goes", "listing")]
    aws.change(faults=[NO_GET_TABLE, Fault(FaultKind.DENIED, operation="GetTables")])
    assert told(run()) == []
    aws.change(faults=[NO_GET_TABLE])
    assert told(run()) == [("DELETED", "goes", "listing")]


def test_more_than_half_of_a_database_is_not_believed_on_listings_alone(aws: Emulator, run: Collector) -> None:
    names = [f"t{i:02d}" for i in range(12)]
    aws.add(tables=tables(*names))
    run()
    aws.change(tables=tables(*names[:5]), faults=[NO_GET_TABLE])
    assert [kind for kind, _, _ in told(run())] == ["NOT_VISIBLE"] * 7
    second = run()
    assert told(second) == []
    assert second.problems == [("held back", "glue:GetTable")]
    assert "t05" in second.manifest.problems[0].message
    assert second.manifest.counts["held_back"] == 7
    aws.change(faults=[])
    third = run()
    assert [(kind, evidence) for kind, _, evidence in told(third)] == [("DELETED", "GetTable")] * 7
    assert third.collected.complete


def test_exactly_half_is_believed_and_so_is_all_of_a_small_database(aws: Emulator, run: Collector) -> None:
    names = [f"t{i:02d}" for i in range(12)]
    aws.add(tables=tables(*names) + tables("a", "b", database="small"))
    run()
    aws.change(tables=tables(*names[:6]), databases=[database("small")], faults=[NO_GET_TABLE])
    run()
    found = run()
    assert [kind for kind, _, _ in told(found)] == ["DELETED"] * 8
    assert found.collected.complete


def test_under_lake_formation_an_absent_table_is_never_deleted_on_listings(aws: Emulator, run: Collector) -> None:
    governed = database("sales", CreateTableDefaultPermissions=[])
    aws.add(databases=[governed], tables=tables("stays", "shy"))
    run()
    aws.change(lake_formation=[LakeFormation(tables=("shy",))])
    assert told(run()) == [("NOT_VISIBLE", "shy", "listing")]
    assert told(run()) == [], "once"
    assert told(run()) == []
    aws.change(lake_formation=[])
    found = run()
    assert told(found) == [("VISIBLE_AGAIN", "shy", "generation")]
    assert found.names("TABLE") == ["shy"]
    assert told(run()) == []


def test_a_table_registered_with_lake_formation_governs_its_database_for_good(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("stays", IsRegisteredWithLakeFormation=True), table("shy")])
    run()
    aws.change(tables=tables("stays"), faults=[Fault(FaultKind.DENIED, operation="GetTables")])
    run()
    aws.change(faults=[NO_GET_TABLE])
    assert told(run()) == [("UPDATED", "stays", "generation"), ("NOT_VISIBLE", "shy", "listing")][::-1]
    assert told(run()) == []
    assert told(run()) == []


def test_a_table_hidden_and_changed_meanwhile_is_visible_again_and_updated(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[database("sales", CreateTableDefaultPermissions=[])], tables=tables("stays", "shy"))
    run()
    aws.change(lake_formation=[LakeFormation(tables=("shy",))])
    run()
    aws.change(lake_formation=[], tables=[table("stays"), table("shy", column("other"), VersionId="2")])
    assert {(kind, name) for kind, name, _ in told(run())} == {
        ("VISIBLE_AGAIN", "shy"),
        ("UPDATED", "shy"),
        ("COLUMN_ADDED", "shy#other"),
        ("COLUMN_DROPPED", "shy#id"),
    }


def test_hidden_columns_are_not_visible_while_the_version_stays(aws: Emulator, run: Collector) -> None:
    columns = (column("id"), column("salary", "int"), column("name"))
    aws.add(tables=[table("t", *columns)])
    run()
    aws.change(lake_formation=[LakeFormation(columns=("salary",))])
    first = run()
    assert told(first) == [("NOT_VISIBLE", "t#salary", "generation"), ("UPDATED", "t", "generation")]
    assert first.names("COLUMN") == ["id", "name"]
    assert told(run()) == []
    aws.change(lake_formation=[])
    second = run()
    assert told(second) == [("UPDATED", "t", "generation"), ("VISIBLE_AGAIN", "t#salary", "generation")]
    assert second.names("COLUMN") == ["id", "name", "salary"]
    assert told(run()) == []


def test_a_column_hidden_and_the_table_changed_stays_hidden_and_is_not_told_as_dropped(
    aws: Emulator, run: Collector
) -> None:
    columns = (column("id"), column("salary", "int"))
    aws.add(tables=[table("t", *columns)], lake_formation=[])
    run()
    aws.change(lake_formation=[LakeFormation(columns=("salary",))])
    run()
    aws.change(tables=[table("t", *columns, column("more"), VersionId="2")])
    assert told(run()) == [("COLUMN_ADDED", "t#more", "generation"), ("UPDATED", "t", "generation")]
    aws.change(lake_formation=[])
    assert ("VISIBLE_AGAIN", "t#salary", "generation") in told(run())


def test_a_database_without_get_database_is_deleted_on_the_second_listing(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("a", "b") + tables("c", database="kept"))
    run()
    aws.change(tables=tables("c", database="kept"), faults=[NO_GET_DATABASE])
    first = run()
    assert told(first) == [("NOT_VISIBLE", "sales", "listing")]
    assert told(run()) == [
        (kind, name, "listing") for kind, name in [("DELETED", "a"), ("DELETED", "b"), ("DELETED", "sales")]
    ]
    assert told(run()) == []


def test_a_hidden_database_comes_back(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[database("sales", CreateTableDefaultPermissions=[])], tables=tables("a"))
    aws.add(tables=tables("c", database="kept"))
    run()
    aws.change(lake_formation=[LakeFormation(database="sales", hide_database=True)])
    assert told(run()) == [("NOT_VISIBLE", "sales", "listing")]
    assert told(run()) == []
    assert told(run()) == []
    aws.change(lake_formation=[])
    assert told(run()) == [("VISIBLE_AGAIN", "sales", "generation")]
    assert told(run()) == []


def test_a_big_database_is_not_believed_gone_on_listings(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables(*(f"t{i:02d}" for i in range(11))) + tables("c", database="kept"))
    run()
    aws.change(tables=tables("c", database="kept"), faults=[NO_GET_DATABASE])
    run()
    found = run()
    assert told(found) == []
    assert found.problems in ([("denied", "glue:GetDatabase")], [("held back", "glue:GetDatabase")])
    aws.change(faults=[])
    assert len(told(run())) == 12


def test_a_failed_scope_tells_no_deletion(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("a") + tables("b", database="other"))
    run()
    aws.change(tables=[], databases=[database("sales"), database("other")])
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetTables", database="sales")])
    assert told(run()) == [("DELETED", "b", "GetTable")]
    aws.change(faults=[])
    assert told(run()) == [("DELETED", "a", "GetTable")]


def test_a_get_table_that_fails_otherwise_keeps_the_table_and_is_named(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("stays", "goes"))
    run()
    aws.change(tables=tables("stays"))
    aws.add(faults=[Fault(FaultKind.ERROR, operation="GetTable", code="GlueOddException", status=400)])
    found = run()
    assert (told(found), found.problems) == ([], [("failed", "")])
    aws.change(faults=[])
    assert told(run()) == [("DELETED", "goes", "GetTable")]


def test_a_table_that_is_not_listed_but_found_is_kept_with_a_warning(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("stays", "odd"))
    run()
    aws.change(lake_formation=[LakeFormation(tables=("odd",), refusal="EntityNotFoundException")])
    assert told(run()) == [("DELETED", "odd", "GetTable")], "what Lake Formation denies like that cannot be told apart"


@pytest.mark.parametrize("keys", [{"databases": {"exclude": ["sales"]}}, {"tables": {"exclude": ["a"]}}])
def test_what_the_filters_leave_out_is_not_told_as_gone(aws: Emulator, run: Collector, keys: dict[str, Any]) -> None:
    aws.add(tables=tables("a") + tables("b", database="other"))
    run()
    assert told(run(**keys)) == []
    aws.change(tables=tables("b", database="other"), databases=[database("sales")])
    assert told(run(**keys)) == []
    assert told(run()) == [("DELETED", "a", "GetTable")]


def test_a_region_or_account_no_longer_configured_is_not_told_as_gone(aws: Emulator, run: Collector) -> None:
    role = f"arn:aws:iam::{OTHER}:role/reader"
    aws.add(roles=[Role(role)], tables=[table("a"), table("b", region="eu-west-1"), table("c", at=OTHER)])
    every = [{"server": "one", "regions": [REGION, "eu-west-1"]}, {"server": "two", "role": role}]
    run(accounts=every)
    few = run(accounts=[{"server": "one"}])
    assert (few.metadata, few.events) == ([], [])
    aws.change(tables=[table("a"), table("b", region="eu-west-1")])
    assert {(kind, name) for kind, name, _ in told(run(accounts=every))} == {("DELETED", "sales"), ("DELETED", "c")}


def test_a_database_that_is_no_longer_shared_is_not_visible(aws: Emulator, run: Collector) -> None:
    share = Share(OTHER, emulator.DEFAULT_ACCOUNT)
    aws.add(tables=[table("mine"), table("theirs", database="theirs", at=OTHER)], shares=[share])
    run()
    aws.change(shares=[])
    found = run()
    assert told(found) == [("NOT_VISIBLE", "theirs", "listing")]
    assert told(run()) == []
    aws.change(shares=[share])
    assert told(run()) == [("VISIBLE_AGAIN", "theirs", "generation")]


def test_an_unreadable_table_is_not_gone(aws: Emulator, run: Collector) -> None:
    aws.add(tables=tables("good", "odd"))
    run()
    bad = emulator.RawTable("sales", b'{"Name":"odd","StorageDescriptor":[1]}')
    aws.change(tables=tables("good"), raw_tables=[bad])
    found = run()
    assert (told(found), found.problems) == ([], [("malformed", "")])
    aws.change(tables=tables("good", "odd"), raw_tables=[])
    assert told(run()) == []


def test_a_nameless_record_leaves_open_what_else_is_gone(aws: Emulator, run: Collector) -> None:
    """Without GetTable nobody can say whether the record without a name is the table that is missing."""
    aws.add(tables=tables("good", "odd"))
    run()
    aws.change(tables=tables("good"), raw_tables=[emulator.RawTable("sales", b"{}")], faults=[NO_GET_TABLE])
    assert told(run()) == []
    assert told(run()) == []


def test_a_link_that_is_gone_is_told_as_gone(aws: Emulator, run: Collector) -> None:
    link = database("link", TargetDatabase={"CatalogId": emulator.DEFAULT_ACCOUNT, "DatabaseName": "sales"})
    aws.add(databases=[link], tables=tables("t"))
    run()
    aws.change(databases=[])
    assert told(run()) == [("DELETED", "link", "GetDatabase")]
