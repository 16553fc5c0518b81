"""Answers that are lost, throttles, errors, expired credentials, a full disk: retried, or said; never half done."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.support import lakes
from tests.support.disks import mounted
from tests.support.lakes import KINDS, RANGES, ids, load, numbered, planned, stage
from tests.support.patient import Waited

from gluepot.aws.access import Access
from gluepot.errors import DeniedError, LakeError, OutputError
from gluepot.lake.commit.files import LakeFiles
from gluepot.lake.commit.lake import Lake
from gluepot.lake.commit.layout import Done
from gluepot.landing.transfer import PART
from gluepot.waiting.patience import using
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.lakes import World

    from gluepot_sandbox.aws import Emulator

DONE = Done(snapshot_id=0, rows=0, bytes=0, committed="", files=())


@pytest.fixture(scope="module")
def world(server: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A lake whose pauses are short."""
    with pytest.MonkeyPatch.context() as patch:
        yield lakes.world(server, patch, tmp_path_factory.mktemp("staging"))


@pytest.fixture(autouse=True)
def _without_faults(world: World) -> Iterator[None]:
    yield
    world.aws.change(faults=[])


@pytest.mark.parametrize("operation", ["CreateTable", "UpdateTable"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_commit_whose_answer_is_lost_is_found_done(world: World, kind: str, operation: str) -> None:
    table = planned(**KINDS[kind])
    if operation == "UpdateTable":
        load(world.lake, table, "zero", numbered(0, 3))
    kept = [0, 1, 2] if kind == "append" and operation == "UpdateTable" else []
    world.aws.change(faults=[Fault(FaultKind.RESET, operation=operation, times=1)])
    world.aws.forget()
    done = load(world.lake, table, "one", numbered(100, 120))
    assert (done.rows, done.ours) == (20, True)
    assert ids(world, table) == [*kept, *range(100, 120)]
    assert len(world.aws.calls(operation)) == 1


@pytest.mark.parametrize("fault", [FaultKind.THROTTLE, FaultKind.ERROR])
@pytest.mark.parametrize("service", ["s3", "glue"])
@pytest.mark.parametrize("kind", ["replace", "parquet"])
def test_three_minutes_of_failures_while_a_load_commits_are_survived(
    world: World, kind: str, service: str, fault: FaultKind
) -> None:
    table = planned(**KINDS[kind])
    load(world.lake, table, "zero", numbered(0, 3))
    waited = Waited()
    staging = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    for number, token_range in enumerate(RANGES):
        stage(staging, token_range, table, numbered(number, number + 1))
    world.aws.forget()
    world.aws.change(faults=[Fault(fault, service=service, status=503)])
    waited.clock.at(180, lambda: world.aws.change(faults=[]))
    with using(waited.patience):
        staging.commit()
    found = world.lake.catalog.table(table.name) if kind == "replace" else None
    assert found is None or isinstance(found.io, LakeFiles)
    assert ids(world, table) == list(range(len(RANGES)))
    assert 180 <= waited.clock.now < 300
    refused = len(waited.clock.slept)
    assert refused < len(world.aws.calls(service=service)) < refused + 60


@pytest.mark.parametrize("fault", [FaultKind.ERROR, FaultKind.THROTTLE, FaultKind.EXPIRED, FaultKind.TRUNCATE_SILENT])
@pytest.mark.parametrize("kind", ["replace", "parquet"])
def test_a_commit_that_fails_in_passing_is_sent_again(world: World, kind: str, fault: FaultKind) -> None:
    table = planned(**KINDS[kind])
    load(world.lake, table, "zero", numbered(0, 3))
    world.aws.change(faults=[Fault(fault, operation="UpdateTable", times=2)])
    load(world.lake, table, "one", numbered(100, 120))
    assert ids(world, table) == list(range(100, 120))


@pytest.mark.parametrize("fault", [FaultKind.RESET, FaultKind.THROTTLE, FaultKind.ERROR])
@pytest.mark.parametrize("kind", ["replace", "partitioned", "parquet"])
def test_a_store_that_fails_now_and_then_does_not_stop_a_load(world: World, kind: str, fault: FaultKind) -> None:
    table = planned(**KINDS[kind])
    world.aws.change(faults=[Fault(fault, service="s3", every=4, status=503, code="ServiceUnavailable")])
    load(world.lake, table, "one", numbered(100, 120))
    world.aws.change(faults=[])
    assert ids(world, table) == list(range(100, 120))


def test_a_record_whose_answer_is_lost_is_ours(world: World) -> None:
    table = planned()
    staging = world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    with staging.writer(RANGES[0]) as writer:
        writer.write(lakes.batch(table, numbered(0, 3)))
        record = lakes.record(RANGES[0], writer.close(), 3)
        world.aws.change(faults=[Fault(FaultKind.RESET, service="s3", operation="PUT", times=1)])
        assert staging.record(record) == record
    assert len(world.keys(table, "data")) == 1


@pytest.mark.parametrize("service", ["s3", "glue"])
def test_credentials_that_expire_are_renewed(world: World, service: str) -> None:
    table = planned()
    load(world.lake, table, "zero", numbered(0, 3))
    for skip in (3, 6, 9):
        world.aws.change(faults=[Fault(FaultKind.EXPIRED, service=service, skip=skip, times=1)])
        load(world.lake, table, f"load-{skip}", numbered(skip, skip + 10))
        assert ids(world, table) == list(range(skip, skip + 10))


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [("s3", "PUT", "s3:PutObject"), ("glue", "GetTable", "glue:GetTable"), ("glue", "UpdateTable", "glue:UpdateTable")],
)
def test_what_is_denied_is_named_and_nothing_is_visible(
    world: World, service: str, operation: str, action: str
) -> None:
    table = planned()
    load(world.lake, table, "zero", numbered(0, 3))
    world.aws.change(faults=[Fault(FaultKind.DENIED, service=service, operation=operation)])
    with pytest.raises(DeniedError) as refused:
        load(world.lake, table, "one", numbered(100, 120))
    assert action in refused.value.hint
    world.aws.change(faults=[])
    assert ids(world, table) == [0, 1, 2]


def test_a_commit_that_never_comes_through_says_so(world: World) -> None:
    table = planned()
    load(world.lake, table, "zero", numbered(0, 3))
    world.aws.change(faults=[Fault(FaultKind.ERROR, operation="UpdateTable")])
    with pytest.raises(Exception, match="committing load one to table") as refused:
        load(world.lake, table, "one", numbered(100, 120))
    assert "run again" in refused.value.hint  # type: ignore[attr-defined] # it is gluepot's
    world.aws.change(faults=[])
    assert ids(world, table) == [0, 1, 2]
    load(world.lake, table, "one", numbered(100, 120))
    assert ids(world, table) == list(range(100, 120))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    with mounted(tmp_path / "small", 4) as folder:
        yield folder


def noise(rows: int) -> list[tuple[int, bytes]]:
    """Make rows of a kilobyte that does not compress."""
    made = np.random.default_rng(1)
    return [(number, made.bytes(1000)) for number in range(rows)]


def test_a_full_disk_is_said_and_leaves_nothing(world: World, small_disk: Path) -> None:
    lake = Lake.open(Access(), lakes.REGION, lakes.DATABASE, temporary=small_disk)
    table = planned((("id", "long"), ("noise", "binary")))
    staging = lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    with pytest.raises(OutputError, match=re.escape(str(small_disk))) as full:
        stage(staging, RANGES[0], table, noise(20_000))
    assert "what is staged is used" in full.value.hint
    assert world.keys(table, "data") == []
    assert staging.finished == {}
    assert list(small_disk.iterdir()) == []


def test_a_full_disk_in_the_second_pass_is_said_and_commits_nothing(world: World, small_disk: Path) -> None:
    lake = Lake.open(Access(), lakes.REGION, lakes.DATABASE, temporary=small_disk)
    table = planned((("id", "long"), ("noise", "binary")), partition=[("id", "bucket[4]")])
    staging = lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    for token_range in RANGES:
        stage(staging, token_range, table, noise(2500))
    with pytest.raises(OutputError, match=re.escape(str(small_disk))):
        staging.commit()
    assert world.lake.catalog.table(table.name) is None
    assert list(small_disk.iterdir()) == []
    assert world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES).commit().rows == 10_000


@pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.ERROR, FaultKind.CUT])
def test_a_store_that_fails_is_waited_for_and_gets_each_request_once_between_two_pauses(
    world: World, kind: FaultKind
) -> None:
    store = Lake.open(Access(), lakes.REGION, lakes.DATABASE).store(planned())
    store.upload("there", io.BytesIO(b"content"), 7)
    requests: dict[str, Callable[[], object]] = {
        "reading there": lambda: store.get("there"),
        "looking at there": lambda: store.exists("there"),
        "writing done.json": lambda: store.create("done.json", DONE),
        "sending other": lambda: store.upload("other", io.BytesIO(b"content"), 7),
        "sending large": lambda: store.upload("large", io.BytesIO(bytes(PART + 1)), PART + 1),
        "copying there": lambda: store.copy("there", "other"),
        "listing data": lambda: store.list("data"),
        "listing folders": lambda: store.folders("folders"),
    }
    world.aws.change(faults=[Fault(kind, service="s3")])
    for what, request in requests.items():
        world.aws.forget()
        waited = Waited()
        with using(waited.patience), pytest.raises(LakeError, match=f"{what.split()[0]} .* failed"):
            request()
        assert waited.clock.now == pytest.approx(300)
        assert len(world.aws.calls(service="s3")) == len(waited.clock.slept) + 1, what
    with using(Waited().patience):
        assert store.remove(["there"]) == 1
    for what, request in requests.items():
        waited = Waited()
        world.aws.change(faults=[Fault(kind, service="s3", status=503)])
        waited.clock.at(180, lambda: world.aws.change(faults=[]))
        with using(waited.patience):
            request()
        assert 180 <= waited.clock.now < 300, what


def test_credentials_that_are_called_expired_time_and_again_are_renewed_twice(world: World) -> None:
    store = Lake.open(Access(), lakes.REGION, lakes.DATABASE).store(planned())
    world.aws.change(faults=[Fault(FaultKind.EXPIRED, service="s3")])
    world.aws.forget()
    with pytest.raises(LakeError, match="ExpiredToken"):
        store.get("any")
    assert len(world.aws.calls(service="s3")) == 3


@pytest.mark.usefixtures("world")
def test_a_store_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    lake = Lake.open(Access(), lakes.REGION, lakes.DATABASE)
    with pytest.raises(LakeError, match=r"reading _gluepot/one/load\.json at s3://lake/") as away:
        lake.begin(planned(), load_id="one", digest="digest", ranges=RANGES)
    assert "run the load again" in away.value.hint


def test_a_load_without_the_right_to_remove_files_is_done_all_the_same(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    table = planned(format="parquet")
    denied = [Fault(FaultKind.DENIED, service="s3", operation=one) for one in ("DELETE", "POST")]
    world.aws.change(faults=denied)
    assert load(world.lake, table, "one", numbered(0, 10)).rows == 10
    assert "4 files that nothing uses are left" in caplog.text
    assert ids(world, table) == list(range(10))
