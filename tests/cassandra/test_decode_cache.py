"""Kernels are compiled once, kept where something can be written, and never run when their files have changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from gluepot.cassandra.decode.kernels import base

ASK = """
import numpy as np, sys
from gluepot.cassandra.decode.kernels import fixed
out, bits = np.empty(2, np.uint8), np.empty(1, np.uint8)
page = np.frombuffer(b"\\1\\2", np.uint8)
fixed.gather(page, np.zeros(1, np.int32), np.full(1, 2, np.int32), 2, out, bits)
print(out.tolist(), sum(fixed.gather.stats.cache_hits.values()))
"""


def ask(source: Path, **environ: str) -> str:
    """Gather two bytes with the kernels of a copy of gluepot; give them, and how often the cache had the kernel."""
    found = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "PYTHONPATH": str(source), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


def copied(folder: Path) -> Path:
    """Copy what the kernels need, so that compiling is short."""
    origin = Path(base.__file__).parents[3]
    package = folder / "gluepot" / "cassandra" / "decode"
    shutil.copytree(
        origin / "cassandra/decode/kernels", package / "kernels", ignore=shutil.ignore_patterns("__pycache__")
    )
    for parent in (package, package.parent, package.parent.parent):
        (parent / "__init__.py").touch()
    return folder


def test_kernels_are_kept_and_compiled_anew_when_what_they_share_changes(tmp_path: Path) -> None:
    source = copied(tmp_path / "source")
    environ = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    assert ask(source, **environ) == "[2, 1] 0"
    assert ask(source, **environ) == "[2, 1] 1"
    shared = source / "gluepot/cassandra/decode/kernels/base.py"
    shared.write_text(shared.read_text().replace("if swapped else word", "if False else word"))
    assert ask(source, **environ) == "[1, 2] 0"


def test_kernels_work_where_nothing_can_be_written(tmp_path: Path) -> None:
    source = copied(tmp_path / "source")
    (source / "gluepot/cassandra/decode/kernels/__pycache__").touch()
    nowhere = str(tmp_path / "file")
    Path(nowhere).touch()
    environ = {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": ""}
    assert ask(source, **environ) == "[2, 1] 0"
