"""Jars that tests need, fetched once through Maven into the user's cache."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tests.support.availability import not_available

from gluepot.errors import OutputError
from gluepot_sandbox.cassandra import artefacts

RUNTIME: Final = "-DincludeScope=runtime"


def jars(pom: Path) -> Path:
    """Give the folder with what a pom names; the test is not run where it cannot be had."""
    if not artefacts.java():
        not_available(f"Java {artefacts.JAVA} is not on this machine")
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "gluepot" / "tests" / f"{pom.parent.name}-{abs(hash_of(pom)):x}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            artefacts.fetch(pom, folder, RUNTIME)
        except OutputError as error:
            not_available(f"{error.what}: {error.why}")
    return folder


def hash_of(pom: Path) -> int:
    """Tell poms apart by what is in them."""
    import zlib

    return zlib.crc32(pom.read_bytes())
