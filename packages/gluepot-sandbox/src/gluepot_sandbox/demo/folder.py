"""The demo's folder: made anew each time, and never another folder than the demo's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from gluepot.errors import OutputError
from gluepot.files import output_errors

DEFAULT: Final = "gluepot-demo"
MARKER: Final = ".gluepot-demo"
_SAYS: Final = "gluepot demo made this folder, and deletes it when it runs here again.\n"


def fresh(folder: Path | None) -> Path:
    """Make the demo's folder, in place of the one that an earlier demo left.

    Args:
        folder: Where; `gluepot-demo` in the current directory when not given.

    Returns:
        Its absolute path.

    Raises:
        OutputError: Something else is there, or it cannot be written.
    """
    path = (folder or Path(DEFAULT)).expanduser().absolute()
    _check_ours(path)
    with output_errors(path):
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(parents=True)
        (path / MARKER).write_text(_SAYS, encoding="utf-8")
    return path


def _check_ours(path: Path) -> None:
    """Refuse to delete what no demo has made.

    Raises:
        OutputError: It is a file, a link, or a folder with something in it and no marker.
    """
    hint = "name another folder, or move this one away"
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise OutputError(f"{path} is not a folder", "the demo makes its folder anew", hint)
    with output_errors(path):
        if path.is_dir() and any(path.iterdir()) and not (path / MARKER).is_file():
            why = f"it has no {MARKER} in it, and the demo would delete everything there"
            raise OutputError(f"{path} was not made by gluepot demo", why, hint)


def shown(path: Path) -> str:
    """Write a path as somebody would type it here: relative where it lies below the current directory."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
