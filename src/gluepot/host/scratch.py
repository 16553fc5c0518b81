"""Temporary folders that are gone at the end, however that comes: those of killed processes the next one clears away.

Each is held by a lock on the folder itself, which the system lets go with the last process that has it open. What
nobody holds, of this user and by our prefix, was left by a process that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "gluepot-held-"
"""What the names of our folders begin with; folders of other names are never looked at."""

_OPEN: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that only this user can look into, and remove it at the end with what is in it.

    Raises:
        OSError: There is no folder for temporary files, or it is full.
    """
    sweep()
    path, lock = _held()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)  # what a thread still writes the next sweep takes
        os.close(lock)


def sweep() -> None:
    """Remove the folders of this user's processes that were killed; whatever cannot be looked at stays."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as found:
        for entry in found:
            if entry.name.startswith(PREFIX):
                _remove_abandoned(entry.path)


def _held() -> tuple[Path, int]:
    """Make a folder and take its lock, again where a sweep came in between."""
    while True:
        path = tempfile.mkdtemp(prefix=PREFIX)
        try:
            lock = os.open(path, _OPEN)
        except FileNotFoundError:
            continue
        with contextlib.suppress(OSError):  # a file system without locks: a sweep gets none there either
            fcntl.flock(lock, fcntl.LOCK_EX)
        if Path(path).is_dir():
            return Path(path), lock
        os.close(lock)


def _remove_abandoned(path: str) -> None:
    with contextlib.suppress(OSError):
        lock = os.open(path, _OPEN)
        try:
            if os.fstat(lock).st_uid != os.geteuid():
                return
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)
