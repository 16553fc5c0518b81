"""What goes wrong on the wire costs time, or one named scope, and never a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.collecting import database, table

from gluepot.aws import calling
from gluepot.errors import UnreachableError
from gluepot_sandbox.aws import Fault, FaultKind, Role, Seed, SeedDatabases, Throttle

if TYPE_CHECKING:
    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

TABLES = {f"table_{i:07d}" for i in range(250)}
PASSING = [FaultKind.TRUNCATE, FaultKind.TRUNCATE_SILENT, FaultKind.MALFORMED, FaultKind.RESET, FaultKind.ERROR]


@pytest.fixture
def catalog(aws: Emulator) -> Emulator:
    """Four databases of 250 tables."""
    aws.add(seeds=[Seed((SeedDatabases(count=4, tables=250, columns=1),))])
    return aws


@pytest.mark.parametrize("operation", ["GetDatabases", "GetTables"])
@pytest.mark.parametrize("kind", PASSING)
def test_a_passing_fault_is_retried_and_nothing_is_lost(
    catalog: Emulator, run: Collector, kind: FaultKind, operation: str
) -> None:
    catalog.add(faults=[Fault(kind, operation=operation, times=3, every=1 if operation == "GetDatabases" else 2)])
    found = run()
    assert found.collected.complete
    assert found.names("TABLE") == sorted([*TABLES] * 4)
    assert [call.fault for call in catalog.calls(operation)].count(kind) == 3


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.TRUNCATE_SILENT, FaultKind.MALFORMED])
@pytest.mark.parametrize("continued", [False, True])
def test_an_answer_that_is_always_cut_fails_its_database_and_no_other(
    catalog: Emulator, run: Collector, kind: FaultKind, *, continued: bool
) -> None:
    catalog.add(faults=[Fault(kind, operation="GetTables", database="db_000002", continued=continued)])
    found = run(patience=0.1)
    assert not found.collected.complete
    assert found.collected.exit_code == 3
    assert found.names("TABLE") == sorted([*TABLES] * 3)
    assert not [row for row in found.metadata if "/db_000002/" in row["OBJECT_ID"]]
    assert [(one.database, one.status) for one in found.manifest.databases if not one.complete] == [
        ("db_000002", "malformed")
    ]
    assert found.problems == [("malformed", "")]


def test_random_faults_on_every_call_lose_nothing(catalog: Emulator, run: Collector) -> None:
    faults = [Fault(kind, operation="Get*", probability=0.1, seed=i) for i, kind in enumerate(PASSING)]
    catalog.add(faults=[*faults, Fault(FaultKind.EMPTY_PAGE, operation="GetT*", probability=0.1)])
    found = run()
    assert found.collected.complete, found.manifest.problems
    assert found.names("TABLE") == sorted([*TABLES] * 4)
    found.verify()


def test_throttling_at_ten_calls_a_second_with_sixteen_in_flight_finishes_exactly(
    aws: Emulator, run: Collector
) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=60, tables=2, columns=1),))])
    aws.change(throttles=[Throttle(10.0, burst=5.0)])
    found = run(concurrency=16)
    assert found.collected.complete, found.manifest.problems
    assert len(found.names("TABLE")) == 120
    calls = aws.calls("GetTables")
    assert any(call.error == "ThrottlingException" for call in calls)
    # a pace that adapts wastes few calls; sixteen clients for themselves waste most of theirs
    assert len(calls) < 3 * 60


def test_a_scope_throttled_beyond_patience_is_named(catalog: Emulator, run: Collector) -> None:
    catalog.add(faults=[Fault(FaultKind.THROTTLE, operation="GetTables", database="db_000001")])
    found = run(patience=1)
    (problem,) = found.manifest.problems
    assert (problem.reason, problem.code) == ("throttled", "ThrottlingException")
    assert "db_000001" in problem.where
    assert "requests_per_second" in problem.message
    assert found.names("TABLE") == sorted([*TABLES] * 3)


def test_whatever_a_listing_meets_in_turn_is_waited_out(catalog: Emulator, run: Collector) -> None:
    catalog.add(
        faults=[
            Fault(FaultKind.THROTTLE, operation="GetTables", times=8),
            Fault(FaultKind.ERROR, operation="GetTables", times=6),
            Fault(FaultKind.TRUNCATE_SILENT, operation="GetTables", times=6),
        ]
    )
    found = run()
    assert found.collected.complete, found.manifest.problems
    assert found.names("TABLE") == sorted([*TABLES] * 4)


def test_a_call_that_hangs_is_given_up_and_made_again(
    catalog: Emulator, run: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "SILENT_SECONDS", 1)
    catalog.add(faults=[Fault(FaultKind.HANG, operation="GetTables", seconds=4, times=2)])
    found = run()
    assert found.collected.complete
    assert found.names("TABLE") == sorted([*TABLES] * 4)


def test_a_database_that_always_hangs_is_given_up_within_patience(
    catalog: Emulator, run: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "SILENT_SECONDS", 0.3)
    catalog.add(faults=[Fault(FaultKind.HANG, operation="GetTables", database="db_000003", seconds=2)])
    found = run(patience=1)
    assert found.problems == [("failed", "")]
    assert found.names("TABLE") == sorted([*TABLES] * 3)
    assert len([call for call in catalog.calls("GetTables") if call.database == "db_000003"]) <= 12


def test_a_region_whose_listing_fails_costs_that_region(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("here"), table("there", region="eu-west-1")])
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetDatabases", region="eu-west-1")])
    found = run(regions=["us-east-1", "eu-west-1"])
    assert found.names("TABLE") == ["here"]
    assert found.problems == [("denied", "glue:GetDatabases")]
    assert [(one.region, one.status, one.complete) for one in found.manifest.regions] == [
        ("us-east-1", "read", True),
        ("eu-west-1", "denied", False),
    ]


def test_a_listing_cut_short_for_good_leaves_its_first_pages_readable_but_the_region_incomplete(
    aws: Emulator, run: Collector
) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=150, tables=1, columns=1),))], tables=[table("t", region="eu-west-1")])
    first = run(regions=["us-east-1", "eu-west-1"])
    assert len(first.names("DATABASE")) == 151
    aws.add(faults=[Fault(FaultKind.TRUNCATE, operation="GetDatabases", continued=True)])
    second = run(regions=["us-east-1", "eu-west-1"], patience=0.1)
    assert second.problems == [("malformed", "")]
    assert second.events == [], "nothing is gone because a listing failed"
    aws.change(faults=[])
    third = run(regions=["us-east-1", "eu-west-1"])
    assert third.collected.complete
    assert (third.metadata, third.events) == ([], [])


def test_where_nothing_can_be_listed_the_run_fails_as_a_whole(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[database("d")], faults=[Fault(FaultKind.DENIED, operation="GetDatabases")])
    with pytest.raises(UnreachableError, match="glue:GetDatabases") as caught:
        run()
    assert caught.value.exit_code == 4
    assert not [path for path in run.output.rglob("*") if path.name != ".gluepot.lock"]
    assert [path.name for path in run.state.iterdir()] == ["glue_hwm.lease"]


def test_requests_per_second_is_never_exceeded(aws: Emulator, run: Collector) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=12, tables=1, columns=1),))])
    run(requests_per_second=10)
    times = sorted(call.time for call in aws.calls("GetTables"))
    assert times[-1] - times[0] > 1.0


@pytest.mark.parametrize("kind", PASSING)
def test_a_cut_proof_is_asked_for_again(aws: Emulator, run: Collector, kind: FaultKind) -> None:
    """An answer to GetTable or GetDatabase that arrives broken is neither a proof nor a failure."""
    aws.add(tables=[table("stays"), table("goes"), table("t", database="gone")])
    run()
    aws.change(tables=[table("stays")])
    aws.add(faults=[Fault(kind, operation=one, times=2) for one in ("GetTable", "GetDatabase")])
    found = run()
    assert found.collected.complete, found.manifest.problems
    assert found.happened == {("DELETED", "goes"), ("DELETED", "gone"), ("DELETED", "t")}


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.RESET, FaultKind.ERROR])
def test_a_cut_answer_of_sts_is_asked_for_again(aws: Emulator, run: Collector, kind: FaultKind) -> None:
    role = "arn:aws:iam::222222222222:role/reader"
    aws.add(roles=[Role(role)], tables=[table("t", at="222222222222")])
    aws.add(faults=[Fault(kind, service="sts", times=2)])
    assert run(role=role).names("TABLE") == ["t"]
    aws.change(faults=[Fault(kind, service="sts", times=2)])
    assert run(full=True).collected.complete, "who the caller is is asked again, too"
