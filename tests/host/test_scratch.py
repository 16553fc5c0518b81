"""Temporary folders are gone at the end; those of killed processes the next one clears away, and no others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from gluepot.host.scratch import PREFIX, sweep, temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDS = """
import sys
from gluepot.host.scratch import temporary_folder
with temporary_folder() as folder:
    (folder / "spilled").write_bytes(b"x" * 100)
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that nobody else uses."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def holder(place: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a folder with a file in it."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == str(next(place.iterdir()))
        yield process
        process.kill()


def test_a_folder_is_this_users_alone_and_gone_at_the_end_whatever_happens(place: Path) -> None:
    def interrupted() -> None:
        with temporary_folder() as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "deep").mkdir()
            (folder / "deep" / "file").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away_by_the_next(place: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    (left,) = place.iterdir()
    assert (left / "spilled").exists()
    with temporary_folder() as folder:
        assert list(place.iterdir()) == [folder]
    assert list(place.iterdir()) == []


def test_a_folder_of_a_process_that_lives_stays(place: Path, holder: subprocess.Popen[str]) -> None:
    assert holder.poll() is None
    with temporary_folder():
        sweep()
    (held,) = place.iterdir()
    assert (held / "spilled").exists()


def test_folders_of_others_and_of_other_names_stay(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / f"{PREFIX}abandoned").mkdir()
    (place / "gluepot-of-somebody").mkdir()
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (place / f"{PREFIX}link").symlink_to(elsewhere)
    (place / f"{PREFIX}file").touch()
    everything = sorted(place.iterdir())
    with monkeypatch.context() as patch:
        mine = os.geteuid()
        patch.setattr(os, "geteuid", lambda: mine + 1)
        sweep()
    assert sorted(place.iterdir()) == everything
    sweep()
    assert sorted(place.iterdir()) == [path for path in everything if path.name != f"{PREFIX}abandoned"]
