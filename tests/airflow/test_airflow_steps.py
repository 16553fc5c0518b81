"""What the tasks of a collection do, one worker after the other, with nothing between them but a landing URL."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support.azurite import server as azurite
from tests.support.conns import Book, conn
from tests.support.emulated import leads_to

from gluepot.airflow import steps
from gluepot.airflow.collector import Collector, splits_of, work_of
from gluepot.collector.handover import KEPT, Handed, prune, push_handed
from gluepot.collector.hwm import EPOCH
from gluepot.collector.settings import marks_of
from gluepot.errors import ConfigError, LandingError, ScopeError, StateError, UnreachableError
from gluepot.landing import LandingOptions, from_url
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind, Seed, SeedDatabases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.airflow.collector import Work
    from gluepot.landing import Landing

REGIONS = ["eu-west-1", "us-east-1"]
BUCKETS = ("k-landing", "our-gluepot")


@pytest.fixture
def aws(server: emulator.Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[emulator.Emulator]:
    """That AWS, fresh, to which the environment leads."""
    seeds = tuple(Seed(databases=(SeedDatabases(tables=3, columns=2),), region=region) for region in REGIONS)
    server.reset(emulator.Settings(seeds=seeds))
    leads_to(server, monkeypatch)
    for bucket in BUCKETS:
        server.client("s3", region="us-east-1").create_bucket(Bucket=bucket)
    yield server
    assert server.invalid() == []


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[azurite.Azurite]:
    """An Azure storage account with a landing."""
    with azurite.running(tmp_path_factory.mktemp("azurite")) as running:
        running.create_container("landing")
        yield running


CONFIG: dict[str, Any] = {
    "server": "1_glue",
    "regions": ["us-east-1"],
    "landing": {"url": "s3://k-landing/lz", "region": "us-east-1"},
    "hwm": "s3://our-gluepot/marks",
}


def work(config: dict[str, Any] | None = None, staging: str = "s3://our-gluepot/staging", **more: Any) -> Work:
    book = more.pop("book", Book())
    return work_of(Collector(config={**CONFIG, **(config or {})}, staging=staging, **more), get=book)


def keys(aws: emulator.Emulator, bucket: str) -> list[str]:
    listed = aws.client("s3", region="us-east-1").list_objects_v2(Bucket=bucket)
    return [one["Key"] for one in listed.get("Contents", [])]


def through_xcom(runs: list[Handed]) -> list[Handed]:
    """Pass runs on as Airflow does: as JSON."""
    return msgspec.json.decode(msgspec.json.encode(runs), type=list[Handed])


@pytest.mark.parametrize("shared", [False, True], ids=["at a URL", "in a shared folder"])
def test_each_step_goes_on_where_the_last_one_ended(aws: emulator.Emulator, tmp_path: Path, *, shared: bool) -> None:
    given: dict[str, Any] = {"staging": str(tmp_path / "staging")} if shared else {}
    assert steps.check(work(**given)) == []
    runs = through_xcom(steps.collect(work(**given)))
    (pushed,) = steps.push(work(**given), runs)
    assert (pushed["files"], pushed["sent"]) == (3, 3)
    saved = steps.save_mark(work(**given), runs)
    assert (saved["before"], saved["after"]) == (EPOCH, runs[0].end)
    steps.complete(work(**given), runs)
    assert sorted(key.rpartition("/")[2].partition("_")[0] for key in keys(aws, "k-landing")) == [
        "LINKAGES",
        "MANIFEST",
        "METADATA",
    ]
    second = steps.collect(work(**given))
    assert (second[0].start, second[0].complete) == (runs[0].end, True)


def test_every_step_can_be_repeated_after_everything_is_done(aws: emulator.Emulator) -> None:
    runs = steps.collect(work())
    for sent in (3, 0):
        assert [one["sent"] for one in steps.push(work(), runs)] == [sent]
        assert steps.save_mark(work(), runs)["after"] == runs[0].end
        steps.complete(work(), runs)
    assert len(keys(aws, "k-landing")) == 3


def test_a_push_that_fails_in_its_midst_is_taken_up_by_another_worker(aws: emulator.Emulator) -> None:
    runs = steps.collect(work())
    fault = Fault(FaultKind.DENIED, operation="PUT", service="s3", path="k-landing/*MANIFEST*", times=1)
    aws.add(faults=[fault])
    with pytest.raises(LandingError, match="MANIFEST"):
        steps.push(work(), runs)
    assert marks_of(work().config).read("glue") == EPOCH
    (again,) = steps.push(work(), runs)
    assert (again["files"], again["sent"]) == (3, 1)


def test_a_landing_that_may_only_be_written_is_pushed_to_again_by_what_was_noted(
    aws: emulator.Emulator, blobs: azurite.Azurite, tmp_path: Path
) -> None:
    """Nobody can ask it what has arrived; and no worker has the disk of the last one."""
    assert aws.url
    url = blobs.url("landing", tmp_path.name)
    book = Book(k=conn("wasb", login=azurite.ACCOUNT, extra={"sas_token": azurite.sas("landing", "cw")}))

    def azure() -> Work:
        return work({"landing": {"url": url}}, landing_conn_id="k", book=book)

    assert steps.check(azure()) == []
    runs = steps.collect(azure())
    assert [one["sent"] for one in steps.push(azure(), runs)] == [3]
    assert [one["sent"] for one in steps.push(azure(), runs)] == [0]
    found = from_url(url, LandingOptions(account_key=azurite.KEY)).list()
    assert len(found) == 3


def test_a_killed_collection_leaves_nothing_that_counts(aws: emulator.Emulator) -> None:
    """It dies while it hands its files over; the next try begins from the same mark, in a folder of its own."""
    code = f"""
import os, signal
from gluepot.airflow import steps
from gluepot.airflow.collector import Collector, work_of
from gluepot.landing import Landing
sent = Landing.upload
def upload(self, key, body, size):
    sent(self, key, body, size)
    os.kill(os.getpid(), signal.SIGKILL)
Landing.upload = upload
steps.collect(work_of(Collector(config={CONFIG!r}, staging="s3://our-gluepot/staging")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = [key for key in keys(aws, "our-gluepot") if "staging" in key]
    assert len(left) == 1
    assert "MANIFEST" not in left[0]
    (run,) = steps.collect(work())
    assert (run.start, run.folder.split("/")[1]) != (EPOCH, left[0].split("/")[2])
    steps.push(work(), [run])
    assert steps.save_mark(work(), [run])["after"] == run.end
    assert len(keys(aws, "k-landing")) == 3


@pytest.mark.long
def test_regions_of_one_server_go_to_one_landing_side_by_side(aws: emulator.Emulator) -> None:
    asked = Collector(config={**CONFIG, "regions": REGIONS}, staging="s3://our-gluepot/staging")
    parts = splits_of(asked, "regions")
    runs = {part.region: steps.collect(work_of(asked, part, Book()), part) for part in parts}
    for part in parts:
        steps.push(work_of(asked, part, Book()), runs[part.region])
        steps.save_mark(work_of(asked, part, Book()), runs[part.region])
    assert len({run.end for (run,) in runs.values()}) == 2
    assert len(keys(aws, "k-landing")) == 6
    marks = sorted(key for key in keys(aws, "our-gluepot") if key.endswith("_hwm.txt"))
    assert marks == [f"marks/glue_1_glue_{region}_hwm.txt" for region in REGIONS]


@pytest.mark.long
def test_accounts_go_to_folders_of_their_servers_as_without_airflow(aws: emulator.Emulator) -> None:
    accounts = [{"server": "1_glue"}, {"server": "2_glue"}]
    whole = {key: value for key, value in CONFIG.items() if key != "server"}
    asked = Collector(config={**whole, "accounts": accounts}, staging="s3://our-gluepot/staging")
    for part in splits_of(asked, "accounts"):
        one = work_of(asked, part, Book())
        steps.push(one, steps.collect(one, part))
    assert {key.split("/")[1] for key in keys(aws, "k-landing")} == {"1_glue", "2_glue"}


def test_a_scope_that_fails_is_named_at_the_end_and_the_rest_is_pushed(aws: emulator.Emulator) -> None:
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetTables", region="eu-west-1")])
    both = {"regions": REGIONS}
    (lacks,) = steps.check(work(both))
    assert "glue:GetTables" in lacks
    runs = steps.collect(work(both))
    assert not runs[0].complete
    assert steps.push(work(both), runs)[0]["sent"] == 3
    assert steps.save_mark(work(both), runs)["after"] == runs[0].end
    with pytest.raises(ScopeError, match=r"(?s)1 failed, everything.*eu-west-1.*allow glue:GetTables"):
        steps.complete(work(both), runs)


def test_with_on_incomplete_fail_nothing_is_pushed_and_the_mark_stays(aws: emulator.Emulator) -> None:
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetTables", region="eu-west-1")])
    fail = {"regions": REGIONS, "on_incomplete": "fail"}
    with pytest.raises(ScopeError, match="glue:GetTables"):
        steps.check(work(fail))
    with pytest.raises(ScopeError, match="nothing is pushed"):
        steps.collect(work(fail))
    assert marks_of(work().config).read("glue") == EPOCH
    assert keys(aws, "k-landing") == []


@pytest.mark.parametrize(
    ("config", "said", "kind"),
    [
        ({"landing": {"url": "s3://no-such-bucket/lz"}}, "no-such-bucket", ConfigError),
        ({"hwm": "s3://no-such-marks/m"}, "no-such-marks", ConfigError),
        ({"landing": None}, "names no landing", ConfigError),
        ({"role": "arn:aws:iam::123456789012:role/Nobody"}, "role/Nobody", UnreachableError),
    ],
)
def test_a_check_names_what_is_missing_before_anything_is_read(
    aws: emulator.Emulator, config: dict[str, Any], said: str, kind: type[Exception]
) -> None:
    aws.change(strict=True, accounts={emulator.ACCESS_KEY: emulator.DEFAULT_ACCOUNT})
    with pytest.raises(kind, match=said):
        steps.check(work(config))


def test_a_check_sees_that_the_place_between_the_tasks_is_missing(aws: emulator.Emulator) -> None:
    assert aws.url
    with pytest.raises(LandingError, match="no-such-staging"):
        steps.check(work(staging="s3://no-such-staging/x"))


@pytest.mark.long
def test_a_mark_that_was_set_meanwhile_stays(aws: emulator.Emulator) -> None:
    assert aws.url
    runs = steps.collect(work())
    steps.push(work(), runs)
    marks_of(work().config).write("glue", "2020-01-01 00:00:00")
    assert steps.save_mark(work(), runs)["after"] == "2020-01-01 00:00:00"
    marks_of(work().config).write("glue", "2999-01-01 00:00:00")
    assert steps.save_mark(work(), runs)["after"] == "2999-01-01 00:00:00"


def test_what_was_collected_with_another_configuration_is_not_pushed(aws: emulator.Emulator, tmp_path: Path) -> None:
    """The DAG was edited between two tasks."""
    assert aws.url
    here: dict[str, Any] = {"staging": str(tmp_path / "staging")}
    runs = steps.collect(work(**here))
    others: list[tuple[dict[str, Any], str]] = [
        ({"server": "2_glue"}, "it is of 1_glue, not of 2_glue"),
        ({"mask": True}, "mask was false"),
        (
            {"landing": {"url": "s3://k-landing/other"}},
            "it was collected for s3://k-landing/lz, not for s3://k-landing/other",
        ),
    ]
    for changed, said in others:
        with pytest.raises(StateError, match=said):
            steps.push(work(changed, **here), runs)
    assert keys(aws, "k-landing") == []


def place(tmp_path: Path) -> Landing:
    return from_url(str(tmp_path / "staging"))


def test_the_last_few_runs_stay_where_they_were_handed_over(aws: emulator.Emulator, tmp_path: Path) -> None:
    assert aws.url
    (first,) = steps.collect(work(staging=str(tmp_path / "staging")))
    here = place(tmp_path)
    for number in range(KEPT + 2):
        here.put(f"glue/2020010100000{number}-aaaa/1_glue/METADATA.csv", b"x")
    here.put("glue/20990101000000-bbbb/1_glue/METADATA.csv", b"x")
    here.put("glue_other/20200101000000-cccc/1_glue/METADATA.csv", b"x")
    for number in range(KEPT + 2):
        here.put(f"glue/2019010100000{number}-dddd/2_glue/METADATA.csv", b"another server's")
    assert prune(first, here) == 2
    left = {found.key.split("/")[1] for found in here.list()}
    assert "20200101000001-aaaa" not in left
    assert {"20200101000002-aaaa", "20990101000000-bbbb", "20200101000000-cccc"} <= left
    assert prune(first, here) == 0


def test_files_that_are_gone_or_altered_are_said_to_be(aws: emulator.Emulator, tmp_path: Path) -> None:
    assert aws.url
    (run,) = steps.collect(work(staging=str(tmp_path / "staging")))
    here, landing = place(tmp_path), from_url(str(tmp_path / "landing"))
    (name,) = (Path(found.key).name for found in here.list(run.folder) if "METADATA" in found.key)
    body = here.get(f"{run.folder}/{name}") or b""
    here.put(f"{run.folder}/{name}", body[:-2] + b"x\n")
    with pytest.raises(StateError, match="was altered"):
        push_handed(run, here, landing)
    here.delete(f"{run.folder}/{name}")
    with pytest.raises(StateError, match=r"is not at .* any more") as caught:
        push_handed(run, here, landing)
    assert "nothing is lost" in caught.value.hint
    assert [found.key for found in landing.list() if "MANIFEST" in found.key] == []
