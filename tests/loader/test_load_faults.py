"""What goes wrong around a load: the store, the catalog, the disk, credentials, the source, another load."""

from __future__ import annotations

import json
import random
import resource
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.disks import mounted
from tests.support.loads import BUCKET, ROWS, SMALL, Hook

from gluepot.errors import ConflictError, DeniedError, OutputError, SourceError
from gluepot_sandbox.aws import DEFAULT_ACCOUNT, Fault, FaultKind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.loads import Bench

    from gluepot.loader.core.results import LoadedTable

ROLE = f"arn:aws:iam::{DEFAULT_ACCOUNT}:role/loader"


def recorded(bench: Bench) -> list[str]:
    return [key for key in bench.objects("warehouse/events/_gluepot/") if "/ranges/" in key]


# --- the store and the catalog


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (FaultKind.ERROR, "GET"),
        (FaultKind.THROTTLE, "PUT"),
        (FaultKind.RESET, "PUT"),
        pytest.param(FaultKind.ERROR, "PUT", marks=pytest.mark.long),
        pytest.param(FaultKind.THROTTLE, "GET", marks=pytest.mark.long),
        pytest.param(FaultKind.RESET, "GET", marks=pytest.mark.long),
    ],
)
def test_a_store_that_fails_now_and_then_changes_nothing(bench: Bench, kind: FaultKind, method: str) -> None:
    """A reset takes the answer only: the object is there."""
    expected = bench.fill()
    bench.aws.add(faults=[Fault(kind, service="s3", operation=method, every=3, status=500, code="InternalError")])
    (done,) = bench.load()
    struck = [call for call in bench.aws.calls(method, "s3") if call.fault]
    bench.aws.change(faults=[])
    assert done.error is None
    assert struck
    assert bench.lake_rows("events") == expected
    assert bench.snapshots("events") == 1


def test_a_store_that_is_slow_changes_nothing(bench: Bench) -> None:
    expected = bench.fill()
    bench.aws.add(faults=[Fault(FaultKind.HANG, service="s3", every=9, seconds=2)])
    (done,) = bench.load()
    assert done.error is None
    assert bench.lake_rows("events") == expected


def test_a_store_that_denies_in_mid_load_is_named_and_a_later_run_goes_on(bench: Bench) -> None:
    expected = bench.fill()
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", skip=8)])
    (denied,) = bench.load(range_bytes=SMALL)
    assert isinstance(denied.error, DeniedError)
    assert "s3:PutObject" in denied.error.hint
    assert bench.tables() == []
    bench.aws.change(faults=[])
    (done,) = bench.load(range_bytes=SMALL)
    assert done.error is None
    assert done.load_id == denied.load_id
    assert done.resumed >= 1
    assert bench.lake_rows("events") == expected


def test_the_command_tells_what_was_denied_with_the_permission_to_give(bench: Bench) -> None:
    bench.fill(10)
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", path=f"{BUCKET}/warehouse/*/data/*")])
    ran = bench.cli("load", "run", "--output", "json")
    assert ran.returncode == DeniedError.exit_code, ran.stderr
    told = json.loads(ran.stdout)["tables"][0]["error"]
    named = [told[name] for name in ("kind", "code", "action", "resource")]
    assert named[:3] == ["DeniedError", "AccessDenied", "s3:PutObject"]
    assert named[3].startswith(f"arn:aws:s3:::{BUCKET}")
    assert f"next: events: {told['hint']}" in " ".join(ran.stderr.split())
    assert "s3:PutObject" in told["hint"]


@pytest.mark.parametrize(
    ("operation", "mode"),
    [
        ("CreateTable", "replace"),
        ("UpdateTable", "append"),
        pytest.param("CreateTable", "append", marks=pytest.mark.long),
        pytest.param("UpdateTable", "replace", marks=pytest.mark.long),
    ],
)
def test_a_commit_whose_answer_is_lost_is_made_once(bench: Bench, operation: str, mode: str) -> None:
    expected = bench.fill(400)
    bench.plan(target={"mode": mode})
    before = 0
    if operation == "UpdateTable":
        bench.load()
        before = 1
    bench.aws.add(faults=[Fault(FaultKind.RESET, operation=operation, times=1)])
    (done,) = bench.load()
    assert done.error is None
    assert bench.snapshots("events") == before + 1
    assert bench.lake_rows("events") == (expected + expected if before and mode == "append" else expected)


# --- the disk


def fill_with_noise(bench: Bench) -> None:
    """Make a table of some megabytes that cannot be compressed much."""
    from cassandra.concurrent import execute_concurrent_with_args

    bench.session.execute(f"CREATE TABLE {bench.keyspace}.events (a int, b int, c text, PRIMARY KEY (a, b))")
    insert = bench.session.prepare(f"INSERT INTO {bench.keyspace}.events (a, b, c) VALUES (?, ?, ?)")
    noise = random.Random(1)
    values = [(number % 97, number, noise.randbytes(4000).hex()) for number in range(400)]
    execute_concurrent_with_args(bench.session, insert, values, concurrency=64)


def check_full(bench: Bench, full: Any) -> None:
    """The disk is named, and nothing of the load is recorded or visible; the next run finishes it."""
    assert isinstance(full.error, OutputError)
    assert "is full" in full.error.what
    assert "TMPDIR" in full.error.hint
    assert recorded(bench) == []
    assert bench.tables() == []
    (done,) = bench.load(range_bytes=10**7)
    assert (done.error, done.load_id) == (None, full.load_id)
    assert sum(bench.lake_rows("events").values()) == 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    with mounted(tmp_path / "small", 1) as folder:
        yield folder


def test_a_full_disk_is_said_and_the_next_run_goes_on(bench: Bench, small_disk: Path) -> None:
    fill_with_noise(bench)
    (full,) = bench.load(temporary=small_disk, range_bytes=10**7)
    assert list(small_disk.iterdir()) == []
    check_full(bench, full)


def test_a_limit_on_files_is_said_and_the_next_run_goes_on(bench: Bench) -> None:
    fill_with_noise(bench)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
        (full,) = bench.load(range_bytes=10**7)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    check_full(bench, full)


# --- credentials


def test_credentials_are_renewed_before_their_end(bench: Bench) -> None:
    """A load of several seconds on credentials of two."""
    expected = bench.fill()
    bench.plan(target={"role": ROLE})
    bench.aws.add(roles=[Role(ROLE)])
    bench.aws.change(credentials_seconds=2, latency_of={"PUT": 200})
    (done,) = bench.load(range_bytes=SMALL // 2)
    assert done.error is None
    assert len(bench.aws.calls("AssumeRole")) > 2
    assert bench.lake_rows("events") == expected


def test_credentials_that_die_early_are_renewed(bench: Bench) -> None:
    expected = bench.fill()
    bench.plan(target={"role": ROLE})
    bench.aws.add(roles=[Role(ROLE)])
    bench.aws.change(credentials_calls=25, expire_early=True)
    (done,) = bench.load(range_bytes=SMALL)
    assert done.error is None
    assert any(call.error.startswith("ExpiredToken") for call in bench.aws.calls(service="s3"))
    bench.aws.change(credentials_calls=None)
    assert bench.lake_rows("events") == expected


def test_credentials_that_are_revoked_in_mid_load_are_renewed(bench: Bench) -> None:
    expected = bench.fill()
    bench.plan(target={"role": ROLE})
    bench.aws.add(roles=[Role(ROLE)])
    (done,) = bench.load(watcher=Hook(bench.aws.revoke, after=10), range_bytes=SMALL)
    assert done.error is None
    assert len(bench.aws.calls("AssumeRole")) > 1
    assert bench.lake_rows("events") == expected


# --- the source


def test_a_column_that_is_added_during_the_scan_does_no_harm(bench: Bench) -> None:
    expected = bench.fill()
    alter = f"ALTER TABLE {bench.keyspace}.events ADD extra double"
    (done,) = bench.load(watcher=Hook(lambda: bench.session.execute(alter)), range_bytes=SMALL)
    assert done.error is None
    bench.plan(table={"events": {"drop": ["extra"]}})  # what was loaded knows nothing of it
    assert bench.lake_rows("events") == expected


def test_a_column_that_is_dropped_during_the_scan_is_named_and_nothing_is_visible(bench: Bench) -> None:
    bench.fill()
    alter = f"ALTER TABLE {bench.keyspace}.events DROP c"
    (done,) = bench.load(watcher=Hook(lambda: bench.session.execute(alter)), range_bytes=SMALL)
    assert isinstance(done.error, SourceError)
    assert f"{bench.keyspace}.events is not what it was" in done.error.what
    assert "gluepot load plan" in done.error.hint
    assert bench.tables() == []


def test_a_load_after_a_column_was_dropped_has_the_columns_that_are_left(bench: Bench) -> None:
    """Ranges that were staged with the column are not mixed with ranges without it."""
    bench.fill()
    alter = f"ALTER TABLE {bench.keyspace}.events DROP c"
    bench.load(watcher=Hook(lambda: bench.session.execute(alter)), range_bytes=SMALL)
    (done,) = bench.load(range_bytes=SMALL)
    assert (done.error, done.resumed) == (None, 0)
    assert bench.lake_rows("events") == Counter(str({"a": number % 97, "b": number}) for number in range(ROWS))


def test_a_table_that_is_dropped_during_the_scan_is_named_and_nothing_is_visible(bench: Bench) -> None:
    bench.fill()
    drop = f"DROP TABLE {bench.keyspace}.events"
    (done,) = bench.load(watcher=Hook(lambda: bench.session.execute(drop)), range_bytes=SMALL)
    assert isinstance(done.error, SourceError)
    assert f"{bench.keyspace}.events" in str(done.error)
    assert bench.tables() == []


def test_a_table_that_is_made_anew_during_the_scan_is_named_and_the_old_snapshot_stays(bench: Bench) -> None:
    """Rows of two tables never make one snapshot."""
    expected = bench.fill()
    bench.load()

    def anew() -> None:
        bench.session.execute(f"DROP TABLE {bench.keyspace}.events")
        bench.fill(10)

    (done,) = bench.load(watcher=Hook(anew), range_bytes=SMALL)
    assert isinstance(done.error, SourceError)
    assert bench.lake_rows("events") == expected


# --- another load


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (0, "parquet"),
        (1, "iceberg"),
        pytest.param(0, "iceberg", marks=pytest.mark.long),
        pytest.param(1, "parquet", marks=pytest.mark.long),
    ],
)
def test_of_two_loads_at_once_the_first_commit_stands(bench: Bench, before: int, kind: str) -> None:
    expected = bench.fill()
    bench.plan(target={"format": kind})
    for _ in range(before):
        bench.load()
    others: list[LoadedTable] = []

    def other() -> None:
        bench.session.execute(f"INSERT INTO {bench.keyspace}.events (a, b, c) VALUES (5000, 1, 'late')")
        others.extend(bench.load(load_id="second", range_bytes=10**7))

    (late,) = bench.load(load_id="first", watcher=Hook(other), range_bytes=SMALL)
    assert [one.error for one in others] == [None]
    assert isinstance(late.error, ConflictError)
    assert "run the load again: it begins anew" in late.error.hint
    assert bench.lake_rows("events") == expected + Counter([str({"a": 5000, "b": 1, "c": "late"})])


def test_the_load_that_comes_second_ends_with_its_own_exit_code(bench: Bench) -> None:
    expected = bench.fill(400, width=10_000)
    bench.plan(limits={"range_mb": 1, "in_flight": 1})
    bench.aws.change(latency_of={"PUT": 400})
    with bench.started("load", "run", "--load-id", "first") as process:
        while process.poll() is None and not recorded(bench):
            time.sleep(0.1)
        bench.aws.change(latency_of={"PUT": 0})
        bench.aws.add(faults=[Fault(FaultKind.HANG, service="s3", operation="PUT", times=1, seconds=8)])
        bench.load(load_id="second", range_bytes=10**9)
        said = process.communicate(timeout=120)
    assert process.returncode == ConflictError.exit_code, said
    assert "load second" in said[0]
    is_same = bench.lake_rows("events") == expected
    assert is_same
