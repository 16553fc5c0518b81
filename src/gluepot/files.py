"""Files that are whole or not there: write beside, flush to disk, rename."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from gluepot.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@contextlib.contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals below `path` into an `OutputError` that says what to do."""
    try:
        yield
    except OSError as error:
        hint = "give this user write permission there, or choose another output_path"
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            hint = "make space, then run again: nothing half-written was left visible"
        raise OutputError(f"cannot write {path}", error.strerror or str(error), hint) from error


def write_atomically(path: Path, body: bytes, mode: int | None = None) -> Path:
    """Write `body` to `path` so that no reader ever sees a part of it.

    Args:
        path: The file.
        body: What it holds.
        mode: Its permissions, from the first byte on; None for what is usual.

    Raises:
        OutputError: The folder cannot be written or is full.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with output_errors(path):
        try:
            beside.unlink(missing_ok=True)
            with open(os.open(beside, _NEW, 0o666 if mode is None else 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
                if mode is not None:
                    os.fchmod(file.fileno(), mode)
                file.write(body)
                sync(file.fileno())
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    return path


def sync(descriptor: int) -> None:
    """Flush a file to the disk, so that a rename never outruns its content."""
    os.fsync(descriptor)
