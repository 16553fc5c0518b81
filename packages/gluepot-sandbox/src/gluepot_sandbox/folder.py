"""The folder of a sandbox or a demo: made anew each time, held while it is up, and never a folder of somebody else."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gluepot.errors import OutputError
from gluepot.files import output_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER: Final = ".gluepot-sandbox"
_SAYS: Final = (
    "gluepot made this folder for its sandbox or its demo, and deletes what is in it when that begins here again.\n"
)


@contextlib.contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """Make the folder, in place of the one that an earlier sandbox left, and keep others out of it.

    Args:
        folder: Where.

    Yields:
        Its absolute path.

    Raises:
        OutputError: Something else is there, another sandbox is up in it, or it cannot be written.
    """
    path = folder.expanduser().absolute()
    _check_ours(path)
    with output_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    with _held(path):
        with output_errors(path):
            _empty(path)
        yield path


def _check_ours(path: Path) -> None:
    """Refuse to delete what no sandbox has made.

    Raises:
        OutputError: It is a file, a link, or a folder with something in it and no marker.
    """
    hint = "name another with --folder, or move this one away"
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise OutputError(f"{path} is not a folder", "a sandbox makes its folder anew", hint)
    with output_errors(path):
        if path.is_dir() and any(path.iterdir()) and not (path / MARKER).is_file():
            why = f"it has no {MARKER} in it, and everything there would be deleted"
            raise OutputError(f"{path} was not made for a sandbox or a demo", why, hint)


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the folder's marker; the lock ends with this process, however that ends."""
    with output_errors(path):
        marker = (path / MARKER).open("a+", encoding="utf-8")
    with marker:
        try:
            os.lockf(marker.fileno(), os.F_TLOCK, 0)
        except OSError as error:
            hint = "end it there with ctrl-C, or name another folder with --folder"
            raise OutputError(f"another sandbox is up in {path}", "", hint) from error
        marker.truncate(0)
        marker.write(_SAYS)
        marker.flush()
        yield


def _empty(path: Path) -> None:
    for one in path.iterdir():
        if one.name == MARKER:
            continue
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()


def shown(path: Path) -> str:
    """Write a path as somebody would type it here: relative where it lies below the current directory."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
