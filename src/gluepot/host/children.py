"""How another Python is started: nothing of the working folder is on its path.

`python -c` and `python -m` put the folder in which they are started before everything else, and so does an empty entry
of PYTHONPATH: a file `queue.py` that lies there, by chance or on purpose, would then run in place of Python's own.
https://docs.python.org/3/using/cmdline.html#cmdoption-P
"""

from __future__ import annotations

import os
import sys
from typing import Final

SAFE: Final = "PYTHONSAFEPATH"
"""The variable that says `-P` to a Python whose command line is not ours."""

HOME: Final = __file__.rsplit(os.sep, 3)[0]
"""The folder that gluepot lies in."""


def python(*arguments: str) -> list[str]:
    """Spell a command of this interpreter.

    Args:
        arguments: What follows it, `-c` or `-m` first.
    """
    return [sys.executable, "-P", *arguments]


def path() -> list[str]:
    """Give this process's path of modules, absolute and without the working folder; gluepot's place is always in it."""
    here = _working_folder()
    found = [os.path.abspath(entry) for entry in sys.path if entry]  # noqa: PTH100 - without links resolved, as Python has it
    kept = [entry for entry in found if entry != here]
    return kept if HOME in kept else [*kept, HOME]


def environment() -> dict[str, str]:
    """Give this process's environment for another Python, which finds what this one finds and nothing else."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path())}


def variable() -> dict[str, str]:
    """Give PYTHONPATH without what stands in it for the working folder, for programs that are not this Python."""
    here = _working_folder()
    found = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [entry for entry in found if entry and os.path.abspath(entry) != here]  # noqa: PTH100 - likewise
    return {"PYTHONPATH": os.pathsep.join(kept)}


def _working_folder() -> str:
    """Name the working folder; empty where it is gone, and nothing can lie in it."""
    try:
        return os.getcwd()  # noqa: PTH109 - as Python itself has it
    except OSError:
        return ""
