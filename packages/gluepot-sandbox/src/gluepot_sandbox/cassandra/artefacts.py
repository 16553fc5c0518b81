"""Java 17, and Cassandra's jars: found on the machine or fetched once through Maven, into the user's cache."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gluepot.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

POM: Final = Path(__file__).with_name("pom.xml")
NAMES: Final = {POM: "Cassandra"}
JAVA: Final = 17
"""The one Java that Cassandra 5.0 supports and tests beside 11: https://cassandra.apache.org/doc/latest/"""

SECONDS: Final = 900
"""Maven fetches 66 MB, once."""


@functools.cache
def java() -> str:
    """Find Java 17: by JAVA_HOME, on PATH, or where Debian installs it; empty where there is none."""
    home = os.environ.get("JAVA_HOME", "")
    places = [Path(home) / "bin" / "java"] if home else []
    on_path = shutil.which("java")
    places += [Path(on_path)] if on_path else []
    places += sorted(Path("/usr/lib/jvm").glob(f"*{JAVA}*/bin/java"))
    return next((str(place) for place in places if _version(place) == JAVA), "")


def version() -> str:
    """Give the version of Cassandra that the pom names."""
    found = re.search(r"<artifactId>cassandra-all</artifactId>\s*<version>([^<]+)<", POM.read_text(encoding="utf-8"))
    if found is None:
        raise AssertionError("the pom names cassandra-all with its version")
    return found[1]


def cache() -> Path:
    """Give the folder that keeps the jars: below XDG_CACHE_HOME, or ~/.cache."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "gluepot" / "cassandra" / version()


def unavailable() -> str:
    """Say why no node can be had here; empty where one can. Fetches the jars where they are not here yet."""
    if not java():
        return f"Java {JAVA} is not on this machine (on Debian: apt-get install openjdk-{JAVA}-jre-headless)"
    try:
        jars()
    except OutputError as error:
        return f"{error.what}: {error.why}"
    return ""


def jars() -> Path:
    """Give the folder with Cassandra's jars, fetched through Maven the first time.

    Raises:
        OutputError: There is no Maven, or it could not fetch them.
    """
    lib = cache() / "lib"
    if lib.is_dir():
        return lib
    with _locked(cache()):
        if not lib.is_dir():
            _fetch(lib)
    return lib


def _fetch(lib: Path) -> None:
    print(f"fetching Cassandra {version()} through Maven, once (66 MB)", file=sys.stderr)  # noqa: T201 - a step that takes a minute
    fetch(POM, lib)


def fetch(pom: Path, lib: Path, *options: str) -> None:
    """Fetch what a pom names through Maven, and take it only where each file is the one that `pins` has.

    Args:
        pom: The pom; beside it stands the file of pins.
        lib: The folder that is made, whole or not at all.
        *options: Of Maven's `dependency:copy-dependencies`.

    Raises:
        OutputError: There is no Maven, it could not fetch them, or they are not the files that were pinned.
    """
    with tempfile.TemporaryDirectory(dir=lib.parent) as scratch:
        whole = Path(scratch) / "lib"
        download(pom, whole, *options)
        if (found := hashes(whole)) != (pinned := pins(pom)):
            odd = sorted(name for name in found.keys() | pinned.keys() if found.get(name) != pinned.get(name))
            why = f"what Maven gave is not what {pins_of(pom)} pins: {', '.join(odd[:3])}"
            raise OutputError(
                f"{NAMES.get(pom, pom.parent.name)} cannot be taken",
                why,
                "see what Maven's mirror gives; nothing was kept",
            )
        whole.rename(lib)


def download(pom: Path, whole: Path, *options: str) -> None:
    """Let Maven copy what a pom names into a folder.

    Raises:
        OutputError: There is no Maven, or it could not fetch them.
    """
    name = NAMES.get(pom, pom.parent.name)
    maven = shutil.which("mvn")
    if maven is None:
        raise OutputError(
            f"{name} cannot be fetched", "Maven (mvn) is not on this machine", "on Debian: apt-get install maven"
        )
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "pom.xml"
        shutil.copy(pom, copy)
        command = [maven, "-q", "-B", "-f", str(copy), "dependency:copy-dependencies", *options]
        try:
            # in a folder of its own: Maven takes extensions from `.mvn` of the one in which it is started
            done = subprocess.run(  # noqa: S603 - ours
                [*command, f"-DoutputDirectory={whole}"],
                cwd=scratch, capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutputError(f"{name} cannot be fetched", f"mvn failed: {error}", "run it again") from error
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise OutputError(f"{name} cannot be fetched", said[0] if said else "mvn failed", "check Maven's set-up")


def pins_of(pom: Path) -> Path:
    """Give the file that holds the hashes of what a pom names, as `sha256sum` writes them."""
    return pom.with_name("jars.sha256")


def pins(pom: Path) -> dict[str, str]:
    """Read the SHA-256 of each file that a pom names."""
    lines = pins_of(pom).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def hashes(folder: Path) -> dict[str, str]:
    """Take the SHA-256 of each file in a folder."""
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def pin(pom: Path, *options: str) -> None:
    """Write the hashes of what Maven gives today for a pom."""
    with tempfile.TemporaryDirectory() as scratch:
        download(pom, Path(scratch) / "lib", *options)
        lines = [f"{digest}  {name}\n" for name, digest in hashes(Path(scratch) / "lib").items()]
    pins_of(pom).write_text("".join(lines), encoding="utf-8")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time fetch; the lock ends with the process that holds it, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        os.lockf(lock.fileno(), os.F_LOCK, 0)
        yield


def _version(place: Path) -> int:
    try:
        said = subprocess.run([str(place), "-version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - java
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else 0
