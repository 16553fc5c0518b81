"""Pushing a folder of staged runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.support.runs import FIRST, SECOND, stage

from gluepot.collector.extract.manifest import read_manifest
from gluepot.collector.hwm import EPOCH, Marks
from gluepot.collector.push import PushReport, advance, push
from gluepot.errors import LandingError, StateError
from gluepot.landing import StoreError, from_url

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.collector.extract.manifest import Manifest
    from gluepot.landing import Landing


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def landing() -> Landing:
    return from_url("memory://")


def lying(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def at(landing: Landing) -> dict[str, bytes]:
    return {found.key: landing.get(found.key) or b"" for found in landing.list()}


class Shown:
    """A progress bar that remembers."""

    def __init__(self) -> None:
        self.total = (-1, -1)
        self.seen: list[tuple[str, int]] = []
        self.ended = 0

    def start(self, files: int, size: int) -> None:
        """Keep the totals."""
        self.total = (files, size)

    def advance(self, name: str, size: int) -> None:
        """Keep the file."""
        self.seen.append((name, size))

    def done(self) -> None:
        """Count the ends."""
        self.ended += 1


def test_it_pushes_what_manifests_name_and_nothing_else(output: Path, landing: Landing) -> None:
    staged = stage(output)
    for other in ("METADATA_20990101000000.csv", ".hidden", "notes.txt", ".METADATA.csv.1.tmp"):
        (output / other).write_text("not named")
    (output / "sub").mkdir()
    (output / "sub" / "MANIFEST_20240101000000.json").write_text("not directly in the folder")
    report = push(output, landing)
    assert at(landing) == staged
    assert lying(output) == [".METADATA.csv.1.tmp", ".hidden", "METADATA_20990101000000.csv", "notes.txt"]
    assert lying(output / "pushed") == sorted(staged)
    assert [file.name for file in report.runs[0].files][-1].startswith("MANIFEST_")
    assert report.sent_bytes == sum(len(body) for body in staged.values())


def test_a_report_says_what_was_sent_what_was_there_and_how_it_is_known(output: Path, landing: Landing) -> None:
    staged = stage(output)
    landing.put_new("EVENTS_20240101000000.csv", staged["EVENTS_20240101000000.csv"])
    report = push(output, landing)
    files = {file.name: file for file in report.runs[0].files}
    assert files["EVENTS_20240101000000.csv"].status == "already there"
    assert files["METADATA_20240101000000.csv"].status == "sent"
    assert {file.verified for file in files.values()} == {"content"}
    assert {file.name: file.bytes for file in files.values()} == {name: len(body) for name, body in staged.items()}
    assert msgspec.json.decode(msgspec.json.encode(report), type=PushReport) == report


def test_runs_go_oldest_first_and_the_mark_follows_them(output: Path, landing: Landing, tmp_path: Path) -> None:
    stage(output, FIRST, SECOND)
    stage(output, EPOCH, FIRST)
    marks = Marks.at(tmp_path)
    pushed: list[str] = []

    def on_pushed(manifest: Manifest) -> None:
        assert f"MANIFEST_{manifest.end[:10].replace('-', '')}000000.json" in at(landing)
        pushed.append(manifest.end)
        assert advance(marks, manifest)

    report = push(output, landing, on_pushed=on_pushed)
    assert pushed == [FIRST, SECOND]
    assert [run.end for run in report.pushed] == [FIRST, SECOND]
    assert marks.read("glue") == SECOND


def test_pushing_again_does_nothing(output: Path, landing: Landing) -> None:
    staged = stage(output)
    push(output, landing)
    again = push(output, landing, on_pushed=lambda _manifest: pytest.fail("nothing was pushed"))
    assert again.runs == []
    assert at(landing) == staged


def test_an_incomplete_run_that_must_not_be_pushed_is_withheld(output: Path, landing: Landing) -> None:
    staged = stage(output, complete=False, on_incomplete="fail")
    later = stage(output, FIRST, SECOND, complete=False, on_incomplete="push")
    report = push(output, landing)
    assert [run.end for run in report.withheld] == [FIRST]
    assert "incomplete" in report.withheld[0].withheld
    assert report.withheld[0].files == []
    assert at(landing) == later
    assert lying(output) == sorted(staged)


def test_the_manifest_can_stay_at_home(output: Path, landing: Landing) -> None:
    staged = stage(output)
    push(output, landing, manifest=False)
    assert sorted(at(landing)) == sorted(name for name in staged if not name.startswith("MANIFEST"))
    assert lying(output) == []
    assert lying(output / "pushed") == sorted(staged)


@pytest.mark.parametrize("harm", ["missing", "longer", "altered"])
def test_a_missing_or_altered_file_is_named_and_its_manifest_not_sent(
    output: Path, landing: Landing, harm: str
) -> None:
    staged = stage(output)
    file = output / "LINKAGES_20240101000000.csv"
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"x" if harm == "longer" else file.read_bytes()[::-1])
    with pytest.raises(StateError, match=r"LINKAGES_20240101000000\.csv"):
        push(output, landing, on_pushed=lambda _manifest: pytest.fail("it was not pushed"))
    assert "MANIFEST_20240101000000.json" not in at(landing)
    assert "LINKAGES_20240101000000.csv" not in at(landing)
    file.write_bytes(staged[file.name])
    push(output, landing)
    assert at(landing) == staged


def test_files_that_an_interrupted_push_moved_are_taken_from_there(output: Path, landing: Landing) -> None:
    staged = stage(output)
    (output / "pushed").mkdir()
    (output / "METADATA_20240101000000.csv").rename(output / "pushed" / "METADATA_20240101000000.csv")
    push(output, landing)
    assert at(landing) == staged
    assert lying(output / "pushed") == sorted(staged)


def test_another_file_at_the_landing_stops_the_run_before_its_manifest(output: Path, landing: Landing) -> None:
    staged = stage(output)
    landing.put_new("METADATA_20240101000000.csv", b"somebody else's")
    with pytest.raises(StoreError, match=r"another METADATA_20240101000000\.csv is already at"):
        push(output, landing)
    assert landing.get("METADATA_20240101000000.csv") == b"somebody else's"
    assert "MANIFEST_20240101000000.json" not in at(landing)
    assert lying(output) == sorted(staged)


def test_another_file_in_the_pushed_folder_is_kept(output: Path, landing: Landing) -> None:
    stage(output)
    (output / "pushed").mkdir()
    (output / "pushed" / "EVENTS_20240101000000.csv").write_bytes(b"older")
    with pytest.raises(LandingError, match="another file of the same name"):
        push(output, landing)
    assert (output / "pushed" / "EVENTS_20240101000000.csv").read_bytes() == b"older"
    (output / "pushed" / "EVENTS_20240101000000.csv").unlink()
    push(output, landing)
    assert "MANIFEST_20240101000000.json" not in lying(output)


def test_a_manifest_that_names_a_path_is_refused(output: Path, landing: Landing, tmp_path: Path) -> None:
    stage(output)
    (tmp_path / "secret.txt").write_text("not yours")
    path = output / "MANIFEST_20240101000000.json"
    path.write_bytes(path.read_bytes().replace(b"EVENTS_20240101000000.csv", b"../secret.txt"))
    with pytest.raises(StateError, match="not a plain name"):
        push(output, landing)
    assert at(landing) == {}


def test_progress_counts_every_file_once_those_already_there_included(output: Path, landing: Landing) -> None:
    staged = stage(output)
    stage(output, FIRST, SECOND, complete=False, on_incomplete="fail")
    landing.put_new("EVENTS_20240101000000.csv", staged["EVENTS_20240101000000.csv"])
    shown = Shown()
    push(output, landing, progress=shown)
    assert shown.total == (4, sum(len(body) for body in staged.values()))
    assert sorted(shown.seen) == sorted((name, len(body)) for name, body in staged.items())
    assert shown.seen[-1][0].startswith("MANIFEST")
    assert shown.ended == 1


def test_progress_ends_when_the_push_fails(output: Path, landing: Landing) -> None:
    stage(output)
    landing.put_new("EVENTS_20240101000000.csv", b"other")
    shown = Shown()
    with pytest.raises(StoreError):
        push(output, landing, progress=shown)
    assert shown.ended == 1


def test_files_go_in_parallel(output: Path, landing: Landing) -> None:
    stage(output)
    meet = threading.Barrier(3, timeout=20)

    class Meeting(Shown):
        def advance(self, name: str, size: int) -> None:
            if not name.startswith("MANIFEST"):
                meet.wait()  # breaks unless three files are in flight at once
            super().advance(name, size)

    push(output, landing, parallel=3, progress=Meeting())
    assert not meet.broken


def test_a_failing_report_leaves_the_run_to_be_pushed_again(output: Path, landing: Landing) -> None:
    staged = stage(output)

    def refuse(_manifest: Manifest) -> None:
        raise StateError("the mark is no date")

    with pytest.raises(StateError, match="no date"):
        push(output, landing, on_pushed=refuse)
    assert lying(output) == sorted(staged)
    seen: list[str] = []
    push(output, landing, on_pushed=lambda manifest: seen.append(manifest.end))
    assert seen == [FIRST]
    assert at(landing) == staged


def test_the_mark_moves_only_where_it_stands_and_never_backwards(output: Path, tmp_path: Path) -> None:
    stage(output, FIRST, SECOND)
    manifest = read_manifest(output / "MANIFEST_20240102000000.json")
    marks = Marks.at(tmp_path)
    assert not advance(marks, manifest)
    assert marks.read("glue") == EPOCH
    marks.write("glue", "2025-01-01 00:00:00")
    assert not advance(marks, manifest)
    assert marks.read("glue") == "2025-01-01 00:00:00"
    backwards = msgspec.structs.replace(manifest, start="2025-01-01 00:00:00")
    assert not advance(marks, backwards)
    marks.write("glue", FIRST)
    assert advance(marks, manifest)
    assert marks.read("glue") == SECOND
    assert not advance(marks, manifest)


def test_a_manifest_without_marks_moves_nothing(output: Path, tmp_path: Path) -> None:
    stage(output)
    manifest = msgspec.structs.replace(read_manifest(output / "MANIFEST_20240101000000.json"), start="soon")
    with pytest.raises(StateError, match="holds no marks"):
        advance(Marks.at(tmp_path), manifest)
