"""Where generations are kept: a folder or a landing URL, one immutable file per name and end mark.

A second collection with the same name and end mark (a scheduler's retry) is kept beside the first
with a number behind it, and the last one counts: it is the one whose files were written last.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import re
import shutil
from typing import TYPE_CHECKING, Protocol

from gluepot.collector.extract.manifest import stamp
from gluepot.errors import StateError
from gluepot.files import output_errors, sync
from gluepot.host import capped

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.landing import Landing

KEPT = 5
"""How many generations of a name are kept, those from the mark on not counted."""

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})
"""The scratch file lies on another disk, or on one without hard links: it is copied first."""

_NUMBER = re.compile(r"_generation_(\d{14})(?:_(\d{4}))?\.sqlite(?:\.gz)?\Z")


class State(Protocol):
    """Keeps generations."""

    def fetch(self, name: str, mark: str, scratch: Path) -> Path | None:
        """Bring the generation of a mark here, as a file; None where there is none."""

    def marks(self, name: str) -> list[str]:
        """List the marks that have a generation, the newest first, as digits."""

    def store(self, source: Path, name: str, mark: str) -> str:
        """Keep a finished generation, create-only; return the name it got."""

    def prune(self, name: str, mark: str) -> None:
        """Remove all but the last few generations that are older than `mark`."""


def file_name(name: str, mark: str, number: int = 1) -> str:
    """Name a generation's file."""
    behind = f"_{number:04d}" if number > 1 else ""
    return f"{name}_generation_{stamp(mark)}{behind}.sqlite"


def _order(file: str) -> tuple[str, int]:
    found = _NUMBER.search(file)
    return (found[1], int(found[2] or 1)) if found else ("", 0)


def _next(files: list[str]) -> int:
    """Number the next generation of a mark: behind the last one, whatever was removed before it."""
    return max((_order(file)[1] for file in files), default=0) + 1


def _marks(files: list[str]) -> list[str]:
    return sorted({digits for digits, _ in map(_order, files)}, reverse=True)


def _old(files: list[str], mark: str) -> list[str]:
    """Choose what to remove: files older than the mark, but for the last few."""
    older = sorted((file for file in files if _order(file)[0] < stamp(mark)), key=_order)
    return older[: max(len(older) - KEPT, 0)]


class FolderState:
    """Generations in a local folder.

    Args:
        folder: The folder; it is made when first needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _files(self, name: str, mark: str = "") -> list[str]:
        start = f"{name}_generation_{stamp(mark)}"
        if not self.folder.is_dir():
            return []
        return [
            path.name for path in self.folder.iterdir() if path.name.startswith(start) and _NUMBER.search(path.name)
        ]

    def fetch(self, name: str, mark: str, scratch: Path) -> Path | None:  # noqa: ARG002 - it is a local file already
        """Return the path of the generation of a mark."""
        files = self._files(name, mark)
        return self.folder / max(files, key=_order) if files else None

    def marks(self, name: str) -> list[str]:
        """List the marks that have a generation, the newest first."""
        return _marks(self._files(name))

    def store(self, source: Path, name: str, mark: str) -> str:
        """Move a finished generation here, never over another one."""
        with output_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as file:
                sync(file.fileno())
            try:
                return self._link(source, name, mark)
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
            beside = self.folder / f".{source.name}.{os.getpid()}.tmp"
            try:
                shutil.copyfile(source, beside)
                with beside.open("rb") as file:
                    sync(file.fileno())
                return self._link(beside, name, mark)
            finally:
                beside.unlink(missing_ok=True)

    def _link(self, beside: Path, name: str, mark: str) -> str:
        """Give the file its name; a link fails where the name is taken, which a rename would not."""
        number = _next(self._files(name, mark))
        while True:
            try:
                os.link(beside, self.folder / file_name(name, mark, number))
            except FileExistsError:
                number += 1
            else:
                return file_name(name, mark, number)

    def prune(self, name: str, mark: str) -> None:
        """Remove all but the last few generations older than the mark."""
        for file in _old(self._files(name), mark):
            (self.folder / file).unlink(missing_ok=True)


class LandingState:
    """Generations at a landing URL, gzipped.

    Args:
        landing: Where they are kept; it must allow reading, listing and creating.
    """

    def __init__(self, landing: Landing) -> None:
        self._landing = landing

    def _files(self, name: str, mark: str = "") -> list[str]:
        # object stores list by whole path segments, so a part of a name is filtered here
        keys = [found.key for found in self._landing.list()]
        start = f"{name}_generation_{stamp(mark)}"
        return [key for key in keys if key.startswith(start) and _NUMBER.search(key)]

    def fetch(self, name: str, mark: str, scratch: Path) -> Path | None:
        """Download the generation of a mark."""
        files = self._files(name, mark)
        if not files:
            return None
        newest = max(files, key=_order)
        body = self._landing.get(newest, capped.GENERATION)
        if body is None:
            return None
        path = scratch / newest.removesuffix(".gz").rsplit("/", 1)[-1]
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed, path.open("wb") as file:
                capped.unpack(packed, file, capped.GENERATION)
        except (OSError, EOFError, ValueError) as error:
            hint = "delete it to start over with a full snapshot, or restore it"
            raise StateError(f"the generation {newest} is broken", str(error), hint) from error
        return path

    def marks(self, name: str) -> list[str]:
        """List the marks that have a generation, the newest first."""
        return _marks(self._files(name))

    def store(self, source: Path, name: str, mark: str) -> str:
        """Upload a finished generation under a free name."""
        target = file_name(name, mark, _next(self._files(name, mark))) + ".gz"
        self._landing.put_new(target, gzip.compress(source.read_bytes(), 1, mtime=0))
        return target

    def prune(self, name: str, mark: str) -> None:
        """Remove all but the last few generations older than the mark."""
        for file in _old(self._files(name), mark):
            self._landing.delete(file)


__all__ = ["FolderState", "LandingState", "State", "file_name"]
