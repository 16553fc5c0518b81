"""Where a mark and its lease lie: a folder or a landing, with writes that happen only where nobody else has written."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from gluepot.errors import OutputError
from gluepot.files import output_errors, sync, write_atomically
from gluepot.landing.receipt import Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot.landing import Landing

LONGEST: Final = 4096
"""Bytes that are read of a file: marks and leases are shorter."""

TRIES: Final = 100
PAUSE: Final = 0.05
"""How often, and after how many seconds, a folder's lock is tried: it is held while one small file is written."""


class Place(Protocol):
    """A folder or a landing; a tag tells one version of a file from every other."""

    def look(self, key: str) -> Version | None:
        """Read a file; None where there is none."""

    def exchange(self, key: str, body: bytes, tag: str = "") -> str:
        """Write a file where it still has a tag, or, without one, is not there; give its new tag, "" where not."""

    def now(self, key: str) -> datetime:
        """Give the time by the clock that `Version.modified` is of; `key` names the lease for which it is asked."""


class FolderPlace:
    """A folder. The lock is the operating system's, on the lease's file, which is written where it stands.

    Args:
        folder: The folder; it is made when something is written.
        lease: The name of the lease's file.
    """

    def __init__(self, folder: Path, lease: str) -> None:
        self._folder, self._lease = folder, lease

    def look(self, key: str) -> Version | None:
        """Read a file.

        Raises:
            OSError: It cannot be read.
        """
        try:
            with (self._folder / key).open("rb") as file:
                body, modified = file.read(LONGEST), os.fstat(file.fileno()).st_mtime
        except FileNotFoundError:
            return None
        if not body and key == self._lease:  # made to be locked, and nothing written yet
            return None
        return Version(body=body, tag=_tag(body), modified=datetime.fromtimestamp(modified, UTC))

    def exchange(self, key: str, body: bytes, tag: str = "") -> str:
        """Write a file where nobody else has.

        Raises:
            OutputError: The folder cannot be written, or has no locks.
        """
        with self._locked() as lock, output_errors(self._folder / key):
            there = self.look(key)
            if (there.tag if there else "") != tag:
                return ""
            if key == self._lease:
                os.pwrite(lock, body, 0)
                os.ftruncate(lock, len(body))
                sync(lock)
            else:
                write_atomically(self._folder / key, body)
        return _tag(body)

    def now(self, key: str) -> datetime:
        """Give the time by the file system's clock, which may be another machine's.

        Raises:
            OutputError: The folder cannot be written.
        """
        with output_errors(self._folder / key), tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(b"now")
            file.flush()
            return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        with output_errors(self._folder / self._lease):
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / self._lease, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            with output_errors(self._folder / self._lease):
                self._lock(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        for _ in range(TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(PAUSE)
            else:
                return
        why = "another process holds it locked, and does not go on"
        raise OutputError(f"cannot write {self._folder / self._lease}", why, "end that process, then run again")


class StorePlace:
    """A landing.

    Args:
        landing: The landing.
    """

    def __init__(self, landing: Landing) -> None:
        self._landing = landing

    def look(self, key: str) -> Version | None:
        """Read an object.

        Raises:
            StoreError: It may not be read.
        """
        return self._landing.look(key)

    def exchange(self, key: str, body: bytes, tag: str = "") -> str:
        """Write an object where nobody else has.

        Raises:
            StoreError: Refused, unreachable, or the store has no conditional writes.
        """
        return self._landing.exchange(key, body, tag)

    def now(self, key: str) -> datetime:
        """Give the time by the store's clock, which only tells it of what is written: a note beside the lease.

        Raises:
            StoreError: It may not be written, or read.
        """
        note = f"{key}.asked"
        self._landing.put(note, b"Somebody wanted to know how old the lease is, by this store's clock.\n")
        found = self._landing.look(note)
        return found.modified if found else datetime.now(UTC)


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


__all__ = ["FolderPlace", "Place", "StorePlace"]
