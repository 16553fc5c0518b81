"""Runs that meet on one mark: from two folders, on two machines, and after one of them has slept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.collector.test_lease import ELSEWHERE
from tests.support.cli import next_second
from tests.support.collecting import REGION, table

from gluepot.collector.collect import Options, collect
from gluepot.collector.hwm import EPOCH
from gluepot.collector.lease import Lease, leased
from gluepot.collector.run import push_pending, run
from gluepot.collector.settings import marks_of
from gluepot.config import from_mapping
from gluepot.errors import BusyError
from gluepot.kada import Extractor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.cli import Home

    from gluepot.config import Config
    from gluepot_sandbox.aws import Emulator

BUCKET = "marks"


def config(home: Path, output: str = "one", **keys: Any) -> Config:
    """Configure a run with a folder of its own, and marks that others have too."""
    landing = {"url": str(home / "landing")}
    plain = {"regions": [REGION], "output_path": str(home / output), "landing": landing, "hwm": str(home / "marks")}
    return from_mapping({**plain, **keys})


def overtake(settings: Config) -> None:
    """Take the mark's lease on another machine, as one does that finds it too old."""
    lease = Lease(marks_of(settings), "glue", holder=ELSEWHERE, good=0.0)
    lease.take()
    assert not lease.warning


def files(folder: Path) -> list[str]:
    """List what lies below a folder, hidden things aside."""
    return sorted(path.name for path in folder.rglob("[!.]*") if path.is_file()) if folder.is_dir() else []


@pytest.mark.parametrize("where", ["a folder", "S3"])
def test_the_second_run_ends_before_it_has_asked_anything(aws: Emulator, tmp_path: Path, where: str) -> None:
    keys = {}
    if where == "S3":
        aws.client("s3", region=REGION).create_bucket(Bucket=BUCKET)
        keys["hwm"] = f"s3://{BUCKET}/{tmp_path.name}"
    aws.add(tables=[table("t")])
    first, second = config(tmp_path, "one", **keys), config(tmp_path, "two", **keys)
    with leased(marks_of(first), "glue") as lease:
        aws.forget()
        for job in (run, collect, push_pending):
            with pytest.raises(BusyError, match="another run is at work on the mark"):
                job(second)
        assert aws.calls(service="glue") == aws.calls(service="sts") == []
        assert files(tmp_path / "two") == []
        run(first, options=Options(lease=lease))
    mark = marks_of(first).read("glue")
    assert run(second).collected.manifests[0][1].start == mark != EPOCH


def test_a_run_that_was_overtaken_while_it_read_leaves_nothing_and_moves_nothing(aws: Emulator, tmp_path: Path) -> None:
    aws.add(tables=[table("t")])
    settings = config(tmp_path)
    told: list[bool] = []

    def slept(_: object) -> None:
        if not told:
            told.append(True)
            overtake(settings)

    with pytest.raises(BusyError, match="has taken over"):
        run(settings, options=Options(progress=slept))
    assert told
    assert files(tmp_path / "one") == files(tmp_path / "landing") == []
    assert files(tmp_path / "marks") == ["glue_hwm.lease"]
    (tmp_path / "marks" / "glue_hwm.lease").unlink()
    assert run(settings).exit_code == 0


def test_a_run_that_was_overtaken_before_it_pushed_sends_nothing_and_keeps_its_files(
    aws: Emulator, tmp_path: Path
) -> None:
    """The other run may fail: then these files are pushed by the next one, from the mark that still stands."""
    aws.add(tables=[table("t")])
    settings = config(tmp_path)
    with pytest.raises(BusyError, match="has taken over"):
        run(settings, on_collected=lambda _: overtake(settings))
    assert files(tmp_path / "landing") == []
    assert marks_of(settings).read("glue") == EPOCH
    kept = files(tmp_path / "one")
    assert [name.partition("_")[0] for name in kept] == ["LINKAGES", "MANIFEST", "METADATA"]
    (tmp_path / "marks" / "glue_hwm.lease").unlink()
    ran = run(settings)
    assert [sent.status for sent in ran.before.runs] == ["pushed"]
    assert set(kept) <= set(files(tmp_path / "landing"))


def test_what_the_other_run_had_found_as_well_is_not_sent_behind_it(aws: Emulator, tmp_path: Path) -> None:
    """Older rows that arrive last would bring back what has been deleted meanwhile."""
    aws.add(tables=[table("t"), table("u")])
    one, two = config(tmp_path, "one"), config(tmp_path, "two")
    run(one)
    aws.change(tables=[table("t", Description="first"), table("u")])
    with pytest.raises(BusyError):
        run(one, on_collected=lambda _: overtake(one))
    (tmp_path / "marks" / "glue_hwm.lease").unlink()
    aws.change(tables=[table("u")])
    next_second()  # on two machines at once it would take three minutes
    there = files(tmp_path / "landing")
    second = run(two)
    ran = run(one)
    assert [(sent.status, sent.why) for sent in ran.before.runs] == [
        ("superseded", "a later run was pushed in its place")
    ]
    assert ran.exit_code == 0
    landed = set(files(tmp_path / "landing")) - set(there)
    stamps = {name.rpartition("_")[2].partition(".")[0] for name in landed}
    assert len(stamps) == 2, "the second run's files, and those of the last"
    assert second.pushed.marks[0].start == ran.before.runs[0].start


def test_what_waits_from_before_the_last_run_is_sent_where_nothing_else_has_it(aws: Emulator, tmp_path: Path) -> None:
    """`collect --publish` moves marks without pushing: two of them, and then a push, send both."""
    aws.add(tables=[table("t")])
    settings = config(tmp_path)
    for _ in range(2):
        collected = collect(settings)
        marks_of(settings).write("glue", collected.manifests[0][1].end)
        aws.add(tables=[table(f"t{_}")])
    assert [sent.status for sent in push_pending(settings).runs] == ["pushed", "pushed"]


def test_the_command_says_who_is_in_its_way(home: Home) -> None:
    home.configure(hwm=str(home.folder / "marks"))
    marks = marks_of(from_mapping({"hwm": str(home.folder / "marks")}))
    with leased(marks, "glue"):
        for command in ("run", "push", "collect"):
            done = home.run(command, "-c", "c.json")
            assert done.returncode == 5
            assert f"another run is at work on the mark {home.folder}/marks/glue_hwm.txt" in " ".join(
                done.stderr.split()
            )
        home.ok("run", "-c", "c.json", "-n", "nightly")
    home.ok("collect", "-c", "c.json", "--publish")


def test_a_warning_says_that_no_lease_is_kept(home: Home) -> None:
    (home.folder / "glue_hwm.lease").mkdir()
    done = home.run("run", "-c", "c.json")
    assert done.returncode == 0
    assert "no lease can be kept beside" in done.stderr
    assert "no lease can be kept beside" in " ".join(home.run("push", "-c", "c.json").stderr.split())


def test_kadas_surface_takes_none(aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.add(tables=[table("t")])
    monkeypatch.chdir(tmp_path)
    with leased(marks_of(from_mapping({"hwm": "."})), "glue"):
        Extractor(regions=[REGION], output_path="output").run()
    Extractor(regions=[REGION], output_path="output", hwm="elsewhere").run()
    assert not (tmp_path / "elsewhere" / "glue_hwm.lease").exists()
