"""The output folder of a run: one at a time, whole or not there, wherever the process is killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gluepot.collector import runfolder
from gluepot.collector.extract.manifest import (
    PUSHED,
    FileEntry,
    Manifest,
    manifest_name,
    read_manifest,
    stamp,
    write_manifest,
)
from gluepot.collector.status import status
from gluepot.config import from_mapping
from gluepot.errors import BusyError, OutputError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK: Final = "2024-01-02 03:04:05"
NAMES: Final = ("METADATA_20240102030405.csv", "METADATA_20240102030405_0002.csv", "EVENTS_20240102030405.csv")


def a_manifest(mark: str = MARK, names: tuple[str, ...] = NAMES) -> Manifest:
    files = [FileEntry(name=name, family="METADATA", format="k", rows=1, bytes=2, sha256="ab") for name in names]
    return Manifest(
        version="1",
        name="glue",
        server="s",
        start="1970-01-01 00:00:00",
        end=mark,
        full=True,
        complete=True,
        files=files,
    )


def grown(folder: Path, mark: str = MARK, names: tuple[str, ...] = NAMES) -> Path:
    """Make a run's hidden folder with all its files, and one that no manifest names."""
    path = runfolder.growing(folder, stamp(mark))
    for name in (*names, "left.over"):
        (path / name).write_text(name)
    return path


def files_in(folder: Path) -> dict[str, str]:
    """Read everything in a folder but manifests, hidden things included."""
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file() and path.suffix == ".csv"}


# Committing.


def test_a_run_becomes_visible_and_its_hidden_folder_goes(tmp_path: Path) -> None:
    path = grown(tmp_path)
    assert runfolder.commit(path, a_manifest()) == tmp_path / manifest_name(MARK)
    assert files_in(tmp_path) == {name: name for name in NAMES}
    assert read_manifest(tmp_path / manifest_name(MARK)) == a_manifest()
    assert not path.exists()
    assert not (tmp_path / "left.over").exists()


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        runfolder.growing(tmp_path / "file", "1")


# Killed, and found by the next run.


@pytest.mark.parametrize("moved", range(len(NAMES) + 1))
def test_a_run_killed_between_two_renames_is_finished(tmp_path: Path, moved: int) -> None:
    """From the manifest's writing on the run counts, however many of its files had been brought out."""
    path = grown(tmp_path)
    write_manifest(path, a_manifest())
    for name in NAMES[:moved]:
        (path / name).replace(tmp_path / name)
    assert runfolder.recover(tmp_path) == [tmp_path / manifest_name(MARK)]
    assert files_in(tmp_path) == {name: name for name in NAMES}
    assert read_manifest(tmp_path / manifest_name(MARK)) == a_manifest()
    assert not path.exists()


def test_a_run_killed_before_its_folder_was_removed_stays_as_it_is(tmp_path: Path) -> None:
    path = grown(tmp_path)
    runfolder.commit(path, a_manifest())
    path.mkdir()
    (path / "left.over").touch()
    before = files_in(tmp_path)
    assert runfolder.recover(tmp_path) == []
    assert files_in(tmp_path) == before
    assert not path.exists()
    assert (tmp_path / manifest_name(MARK)).exists()


def test_a_run_killed_before_its_manifest_leaves_nothing(tmp_path: Path) -> None:
    path = grown(tmp_path)
    (path / f".{manifest_name(MARK)}.123.tmp").write_text("half of a manif")
    assert runfolder.recover(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_recovering_twice_is_recovering_once(tmp_path: Path) -> None:
    path = grown(tmp_path)
    write_manifest(path, a_manifest())
    runfolder.recover(tmp_path)
    assert runfolder.recover(tmp_path) == []
    assert files_in(tmp_path) == {name: name for name in NAMES}


def test_several_killed_runs_are_finished_oldest_first(tmp_path: Path) -> None:
    for year in (2025, 2023):
        mark, names = f"{year}-01-01 00:00:00", (f"METADATA_{year}0101000000.csv",)
        write_manifest(grown(tmp_path, mark, names), a_manifest(mark, names))
    grown(tmp_path, "2024-01-01 00:00:00")
    assert [path.name[9:13] for path in runfolder.recover(tmp_path)] == ["2023", "2025"]
    assert sorted(files_in(tmp_path)) == ["METADATA_20230101000000.csv", "METADATA_20250101000000.csv"]


def test_a_broken_manifest_in_a_hidden_folder_stops_and_nothing_is_lost(tmp_path: Path) -> None:
    path = grown(tmp_path)
    (path / manifest_name(MARK)).write_text("{")
    with pytest.raises(StateError, match="is not a manifest"):
        runfolder.recover(tmp_path)
    assert files_in(path) == {name: name for name in NAMES}


def test_what_others_keep_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("mine")
    (tmp_path / ".hidden").mkdir()
    grown(tmp_path)
    runfolder.recover(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"notes.csv", ".hidden"}


# One run at a time.


def test_a_second_lock_in_the_same_process_is_refused(tmp_path: Path) -> None:
    output = tmp_path / "new" / "folder"
    with runfolder.locked(output) as found:
        assert found == output
        with pytest.raises(BusyError, match="another run is writing") as busy, runfolder.locked(output):
            pass
    assert busy.value.exit_code == 5
    with runfolder.locked(output):
        pass  # it was released


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of `out` until it is ended."""
    code = (
        "import sys; from pathlib import Path; from gluepot.collector.runfolder import locked\n"
        "with locked(Path(sys.argv[1])): print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_a_lock_of_another_process_ends_with_it(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """Killed without a chance to clean up, it leaves no lock behind."""
    with pytest.raises(BusyError), runfolder.locked(tmp_path / "out"):
        pass
    other.kill()
    other.wait()
    with runfolder.locked(tmp_path / "out"):
        pass


def test_the_lock_is_released_when_the_run_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), runfolder.locked(tmp_path):
        raise KeyError
    with runfolder.locked(tmp_path):
        pass


def test_an_output_path_that_is_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="file"), runfolder.locked(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_text() == "mine"


# Setting aside.


def test_earlier_runs_are_set_aside_with_their_files(tmp_path: Path) -> None:
    runfolder.commit(grown(tmp_path), a_manifest())
    (tmp_path / "notes.csv").write_text("mine")
    runfolder.set_aside(tmp_path)
    assert files_in(tmp_path) == {"notes.csv": "mine"}
    assert files_in(tmp_path / PUSHED) == {name: name for name in NAMES}
    assert (tmp_path / PUSHED / manifest_name(MARK)).exists()
    assert runfolder.has_run(tmp_path, MARK)
    runfolder.set_aside(tmp_path)  # nothing is left to do


@pytest.mark.parametrize("moved", range(len(NAMES) + 1))
def test_setting_aside_that_was_killed_is_finished_by_the_next(tmp_path: Path, moved: int) -> None:
    runfolder.commit(grown(tmp_path), a_manifest())
    (tmp_path / PUSHED).mkdir()
    for name in NAMES[:moved]:
        shutil.move(tmp_path / name, tmp_path / PUSHED / name)
    runfolder.set_aside(tmp_path)
    assert files_in(tmp_path) == {}
    assert files_in(tmp_path / PUSHED) == {name: name for name in NAMES}
    assert (tmp_path / PUSHED / manifest_name(MARK)).exists()


def test_a_mark_is_taken_by_a_run_pushed_or_not(tmp_path: Path) -> None:
    assert not runfolder.has_run(tmp_path, MARK)
    runfolder.commit(grown(tmp_path), a_manifest())
    assert runfolder.has_run(tmp_path, MARK)
    assert not runfolder.has_run(tmp_path, "2024-01-02 03:04:06")


def test_a_run_that_is_interrupted_while_it_comes_out_is_finished_by_the_next(tmp_path: Path) -> None:
    """Clearing away after an interruption takes what was not committed, and never what was."""
    waste = runfolder.growing(tmp_path, "20240101000000")
    (waste / "METADATA_20240101000000.csv").write_text("half")
    runfolder.discard(waste)
    assert not waste.exists()
    committed = runfolder.growing(tmp_path, "20240102000000")
    (committed / "MANIFEST_20240102000000.json").write_text("{}")
    runfolder.discard(committed)
    assert committed.exists()


@pytest.mark.parametrize("moved", range(3))
def test_a_run_that_ends_in_the_same_second_as_another_is_set_aside_beside_it(tmp_path: Path, moved: int) -> None:
    """Whoever gives end marks of his own can give one twice; killed between two files it ends the same."""
    names = NAMES[:2]
    runs = []
    for run in range(3):
        manifest = a_manifest(names=names)
        manifest.seconds = {"wall": float(run)}
        path = runfolder.growing(tmp_path, stamp(MARK))
        for name in names:
            (path / name).write_text(f"{name} of {run}")
        runfolder.commit(path, manifest)
        runs.append(manifest)
        if run == 2:  # as a kill leaves it
            (tmp_path / PUSHED / "0003").mkdir()
            for name in names[:moved]:
                shutil.move(tmp_path / name, tmp_path / PUSHED / "0003" / name)
        runfolder.set_aside(tmp_path)
        assert files_in(tmp_path) == {}
    for run, folder in enumerate((tmp_path / PUSHED, tmp_path / PUSHED / "0002", tmp_path / PUSHED / "0003")):
        assert files_in(folder) == {name: f"{name} of {run}" for name in names}
        assert read_manifest(folder / manifest_name(MARK)) == runs[run]
    found = status(from_mapping({"output_path": str(tmp_path)}))
    assert [run.state for run in found.runs] == ["pushed"] * 3
