"""The output folder of a run: one run at a time, nothing half-done visible, manifest last.

A run's files grow in `.gluepot-<stamp>` below `output_path`. Writing the manifest into that folder is
the commit: from there on the files belong outside, and whoever comes next moves them, so that a
process killed between two renames is finished by the following one. Before it, the folder is waste.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import shutil
from typing import TYPE_CHECKING

from gluepot.collector.extract.manifest import PUSHED, find_manifests, manifest_name, read_manifest, write_manifest
from gluepot.errors import BusyError, OutputError, StateError
from gluepot.files import output_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot.collector.extract.manifest import Manifest

LOCK = ".gluepot.lock"
GROWING = ".gluepot-"


@contextlib.contextmanager
def locked(output: Path) -> Iterator[Path]:
    """Hold the output folder for this process, making it first where it is missing.

    The lock is the operating system's: it ends with the process, however that ends.

    Raises:
        BusyError: Another run holds it.
        OutputError: It cannot be made or written to.
    """
    with output_errors(output):
        output.mkdir(parents=True, exist_ok=True)
        lock = (output / LOCK).open("a+b")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                f"another run is writing to {output}",
                "two at once would mix their files",
                "wait for it to end, or give this run another output_path",
            ) from error
        yield output


def hidden(folder: Path, stamp: str) -> Path:
    """Name the hidden folder in which a run's files grow."""
    return folder / f"{GROWING}{stamp}"


def growing(folder: Path, stamp: str) -> Path:
    """Make the hidden folder in which a run's files grow."""
    path = hidden(folder, stamp)
    with output_errors(folder):
        path.mkdir(parents=True)
    return path


def refuse_another(folder: Path, mark: str, name: str, server: str) -> None:
    """Refuse to write over the run of another name or server that ends at the same mark.

    Raises:
        OutputError: It lies there.
    """
    path = folder / manifest_name(mark)
    if not path.exists():
        return
    found = read_manifest(path)
    if (found.name, found.server) != (name, server):
        why = f"{path} is of the server {found.server} and the name {found.name}"
        hint = "push that one first, or give each configuration an output_path of its own"
        raise OutputError(f"a run of {server} cannot end at {mark} in {folder}", why, hint)


def discard(path: Path) -> None:
    """Clear a run's hidden folder away, unless it is committed: then the next run brings its files out."""
    if not find_manifests(path):
        shutil.rmtree(path, ignore_errors=True)


def commit(path: Path, manifest: Manifest) -> Path:
    """Make a run's files visible: write the manifest into the hidden folder, then move everything out.

    Returns:
        The manifest's final path.
    """
    write_manifest(path, manifest)
    return _move_out(path, manifest)


def _move_out(path: Path, manifest: Manifest) -> Path:
    """Move the files out, the manifest last; files that an interrupted move has brought out are skipped."""
    folder = path.parent
    names = [entry.name for entry in manifest.files] + [manifest_name(manifest.end)]
    _give_way(folder, manifest)
    with output_errors(folder):
        for name in names:
            if (path / name).exists():
                (path / name).replace(folder / name)
        shutil.rmtree(path)
    return folder / names[-1]


def _give_way(folder: Path, manifest: Manifest) -> None:
    """Remove an earlier run with the same end mark (a scheduler's retry): its files first, its manifest last."""
    path = folder / manifest_name(manifest.end)
    if not path.exists():
        return
    with contextlib.suppress(StateError):
        kept = {entry.name for entry in manifest.files}
        with output_errors(folder):
            for entry in read_manifest(path).files:
                if entry.name not in kept:
                    (folder / entry.name).unlink(missing_ok=True)
    with output_errors(folder):
        path.unlink()


def recover(folder: Path) -> list[Path]:
    """Finish what a killed run had committed, and clear away what it had not; list the manifests brought out."""
    finished = []
    for path in sorted(folder.glob(f"{GROWING}*")):
        manifests = find_manifests(path)
        if manifests:
            finished.append(_move_out(path, read_manifest(manifests[0])))
            continue
        # with the manifest moved out last, an empty folder is a run that was interrupted just before its end
        with output_errors(folder):
            shutil.rmtree(path)
    return finished


def set_aside(folder: Path) -> None:
    """Move the files of earlier runs to `pushed/`, so that an upload of the folder sends only what is new.

    Raises:
        OutputError: They cannot be moved; or a run lies there that is to be pushed to a landing, which the upload
            would take along.
    """
    here = str(folder.resolve())
    for path in find_manifests(folder):
        manifest = read_manifest(path)
        if manifest.landing not in {"", here}:
            why = f"{path} is of {manifest.server} (name {manifest.name}), and goes to {manifest.landing}"
            hint = "push it with the configuration that it was collected with, or choose another output_path"
            raise OutputError(f"{folder} holds a run that is still to be pushed elsewhere", why, hint)
        aside = _aside(path, manifest)
        with output_errors(aside):
            aside.mkdir(parents=True, exist_ok=True)
            for entry in manifest.files:
                if (folder / entry.name).exists():
                    (folder / entry.name).replace(aside / entry.name)
            path.replace(aside / path.name)


def _aside(path: Path, manifest: Manifest) -> Path:
    """Choose where a run's files go: `pushed/`, or a numbered folder in it where another run of the same second lies.

    Killed between two files and done again it is the same one: its manifest is still here, and moves last.
    """
    folder, number = path.parent, 1
    names = [*(entry.name for entry in manifest.files), path.name]
    while True:
        aside = folder / PUSHED / f"{number:04d}" if number > 1 else folder / PUSHED
        if not any(_is_another(folder / name, aside / name) for name in names):
            return aside
        number += 1


def _is_another(here: Path, there: Path) -> bool:
    """Tell whether a file would be moved over a different one."""
    with output_errors(here):
        return here.exists() and there.exists() and not filecmp.cmp(here, there, shallow=False)


def has_run(folder: Path, mark: str) -> bool:
    """Tell whether a run with this end mark is here already, pushed or not."""
    name = manifest_name(mark)
    return (folder / name).exists() or (folder / PUSHED / name).exists()


__all__ = [
    "OutputError",
    "commit",
    "discard",
    "growing",
    "has_run",
    "hidden",
    "locked",
    "recover",
    "refuse_another",
    "set_aside",
]
