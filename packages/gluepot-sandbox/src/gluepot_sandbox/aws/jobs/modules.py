"""A job's Python modules, as Glue installs them: wheels and wheelhouses from S3, and what an index is asked for.

Wheels of gluepot's are unpacked, so that what runs is what was staged. Modules named with their version count as
installed where the interpreter has some version of them: no index is asked here.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import os
import platform
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

import gluepot.core
from gluepot_sandbox.aws.jobs.objects import ModulesError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot_sandbox.aws.jobs.objects import Objects

OWN: Final = "gluepot"
CORE: Final = "gluepot/core"
HERE: Final = ("linux", "x86_64")
"""What Glue's machines are, as Python names them."""

PLATFORMS: Final = (*(f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)), "manylinux2014_x86_64")
TAGS: Final = frozenset(
    (*cpython_tags((3, 11), platforms=PLATFORMS), *compatible_tags((3, 11), "cp311", platforms=PLATFORMS))
)
"""Wheels that pip takes there: Python 3.11 on Amazon Linux 2023."""

_SUFFIX: Final = ".gluewheels.zip"
_PINNED: Final = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!_-]+)")


def install(arguments: Mapping[str, str], objects: Objects, folder: Path, *, everything: bool) -> list[str]:
    """Make a job's modules importable; gives the folders that go before the interpreter's own.

    Args:
        arguments: Of job and run together.
        objects: What the job's role reads.
        folder: Where the script lies, and files that go beside it.
        everything: Whether all wheels of a wheelhouse are unpacked, and not gluepot's alone.

    Raises:
        ModulesError: One of them cannot be had.
    """
    option = arguments.get("--python-modules-installer-option", "")
    listed = [name.strip() for name in arguments.get("--additional-python-modules", "").split(",") if name.strip()]
    paths: list[str] = []
    for module in listed:
        if module.endswith(_SUFFIX):
            paths += _house(objects.read(module), everything=everything, offline="--no-index" in option)
        elif module.endswith(".whl"):
            _require_fitting(module.rpartition("/")[2])
            paths.append(_unpacked(objects.read(module)))
        else:
            _require(module, "--no-index" in option)
    for url in filter(None, arguments.get("--extra-files", "").split(",")):
        (folder / url.rpartition("/")[2]).write_bytes(objects.read(url))
    return paths


def _house(body: bytes, *, everything: bool, offline: bool) -> list[str]:
    """Look through a wheelhouse: each requirement has its wheel, as pip would find it without an index."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    wheels = {name.rpartition("/")[2]: name for name in archive.namelist() if name.endswith(".whl")}
    wanted = [name for name in archive.namelist() if name.endswith("/requirements.txt")]
    if len(wanted) != 1:
        raise ModulesError("the zip of wheels has no requirements.txt")
    for line in archive.read(wanted[0]).decode().splitlines():
        found = _PINNED.match(line)
        if found and offline and not any(_is_of(wheel, found[1], found[2]) for wheel in wheels):
            raise _missing(found[0])
    chosen = [name for wheel, name in wheels.items() if everything or wheel.startswith(f"{OWN}-")]
    for name in chosen:
        _require_fitting(name.rpartition("/")[2])
    return [_unpacked(archive.read(name)) for name in chosen]


def _is_of(wheel: str, name: str, version: str) -> bool:
    return wheel.lower().startswith(f"{_plain(name)}-{version}-")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _require(requirement: str, offline: bool) -> None:  # noqa: FBT001 - one flag
    """Take a module that the interpreter has for one that an index would have given."""
    found = _PINNED.fullmatch(requirement)
    name = found[1] if found else requirement
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        raise _missing(requirement) from None
    if offline:
        raise _missing(requirement)


def _missing(requirement: str) -> ModulesError:
    lines = (
        f"ERROR: Could not find a version that satisfies the requirement {requirement} (from versions: none)",
        f"ERROR: No matching distribution found for {requirement}",
    )
    return ModulesError("LAUNCH ERROR | Python Module Installer indicates modules that failed to install", *lines)


def _require_fitting(wheel: str) -> None:
    """Refuse a wheel that is made for other Pythons or machines than Glue's, in pip's words."""
    try:
        tags = parse_wheel_filename(wheel)[3]
    except InvalidWheelFilename:
        tags = frozenset()
    if tags.isdisjoint(TAGS):
        said = f"ERROR: {wheel} is not a supported wheel on this platform."
        raise ModulesError("LAUNCH ERROR | Python Module Installer indicates modules that failed to install", said)


def _unpacked(body: bytes) -> str:
    """Unpack a wheel beside those of earlier runs; equal wheels share a folder, and what Python compiles there."""
    folder = Path(tempfile.gettempdir()) / f"gluepot-wheels-{os.getuid()}" / hashlib.sha256(body).hexdigest()[:16]
    if folder.is_dir():
        return str(folder)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        zipfile.ZipFile(io.BytesIO(body)).extractall(made)
        if (sys.platform, platform.machine()) != HERE:
            _lend(Path(made) / CORE)
        try:
            Path(made).rename(folder)
        except OSError:
            return str(folder)  # another run was quicker
        Path(made).mkdir()  # for the context to remove
    return str(folder)


def _lend(core: Path) -> None:
    """Put this machine's core in place of that of Glue's machines, which it could not load."""
    if core.is_dir():
        for path in Path(gluepot.core.__file__).parent.glob("*.so"):
            shutil.copy(path, core)
