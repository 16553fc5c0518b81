"""Jars that tests need, fetched once through Maven into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.support.availability import not_available

from gluepot_sandbox.cassandra import artefacts

SECONDS: Final = 900


def jars(pom: Path) -> Path:
    """Give the folder with what a pom names; the test is not run where it cannot be had."""
    if not artefacts.java():
        not_available(f"Java {artefacts.JAVA} is not on this machine")
    maven = shutil.which("mvn")
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "gluepot" / "tests" / f"{pom.parent.name}-{abs(hash_of(pom)):x}"
    if folder.is_dir():
        return folder
    if maven is None:
        not_available("Maven (mvn) is not on this machine")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        copy = Path(scratch) / "pom.xml"
        shutil.copy(pom, copy)
        fetched = Path(scratch) / "lib"
        options = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
        done = subprocess.run(
            [maven, "-q", "-B", "-f", str(copy), *options], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode:
            said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
            not_available(f"Maven could not fetch {pom.parent.name}: {said[0] if said else done.returncode}")
        fetched.rename(folder)
    return folder


def hash_of(pom: Path) -> int:
    """Tell poms apart by what is in them."""
    import zlib

    return zlib.crc32(pom.read_bytes())
