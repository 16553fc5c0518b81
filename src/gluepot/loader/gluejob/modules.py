"""What a Glue job needs beside gluepot: every module with its version, and all of them as one zip of wheels.

Glue installs with pip what `--additional-python-modules` lists. Each version is named, those that Glue provides among
them: so pip has nothing to choose, and nothing of Glue's own is replaced. For networks without a package index the
wheels go along, as Glue's developer guide recommends:
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
"""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Final

from gluepot.errors import EngineError
from gluepot.host import children
from gluepot.host.scratch import temporary_folder
from gluepot.loader.gluejob.wheel import MOMENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gluepot.loader.gluejob.wheel import Wheel

FOLDER: Final = "glueversions"
PLATFORMS: Final = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64")
"""Wheels that run in Glue 5.0 and 5.1: Amazon Linux 2023, glibc 2.34 (the same page, appendix B)."""

PYTHON: Final = "3.11"
VERSIONS: Final = ("5.0", "5.1")
"""Glue's versions for which modules are locked."""

SUFFIX: Final = ".gluewheels.zip"
"""What the name of a zip of wheels must end with (the same page, appendix A)."""

INSIDE: Final = "wheels"
SAID: Final = 5
"""Lines of what pip said that are told."""


def pins(version: str) -> tuple[str, ...]:
    """Name every module that a job needs, as `name==version`.

    Args:
        version: Glue's: `5.0` or `5.1`.
    """
    return tuple(line.removesuffix(" \\") for line in _lines(f"{version}-pins.txt") if not line.startswith(" "))


def hashed(wanted: Sequence[str]) -> str:
    """Write requirements for pip with the hashes of their files: what an index gives must be what was locked.

    Args:
        wanted: Modules, as `name==version`; one that is not locked stands there without a hash, and pip refuses it.
    """
    locked: dict[str, list[str]] = {}
    for version in VERSIONS:
        found: list[str] = []
        for line in _lines(f"{version}-pins.txt"):
            if line.startswith(" "):
                found.append(line.strip().removesuffix(" \\"))
            else:
                found = locked.setdefault(line.removesuffix(" \\"), [])
    return "\n".join(" ".join([one, *dict.fromkeys(locked.get(one, ()))]) for one in wanted)


def provided(version: str) -> dict[str, str]:
    """Say what Glue has installed, by its documentation: module -> version."""
    return dict(line.split("==") for line in _lines(f"{version}-provided.txt"))


def house(wheel: Wheel, wanted: Sequence[str], wheels: Path) -> bytes:
    """Zip wheels as Glue wants them: in one folder, with the requirements beside them.

    Args:
        wheel: gluepot's own.
        wanted: The other modules, as `name==version`.
        wheels: The folder of their wheels.
    """
    own = wheel.name.split("-")
    requirements = "\n".join([f"{own[0]}=={own[1]}", *wanted, ""])
    bodies = {path.name: path.read_bytes() for path in wheels.glob("*.whl")}
    bodies |= {wheel.name: wheel.body, "requirements.txt": requirements.encode()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:  # wheels are compressed as they are
        for name, body in sorted(bodies.items()):
            archive.writestr(zipfile.ZipInfo(f"{INSIDE}/{name}", MOMENT), body)
    return made.getvalue()


def house_name(wheel: Wheel, wanted: Sequence[str]) -> str:
    """Name a zip of wheels by what is in it: equal names mean equal modules."""
    digest = hashlib.sha256("\n".join([wheel.digest, *wanted]).encode()).hexdigest()[:16]
    return f"gluepot-{digest}{SUFFIX}"


def gathered(wheel: Wheel, wanted: Sequence[str]) -> bytes:
    """Fetch the wheels of modules with pip, from whatever index it is set up for, and zip them.

    Raises:
        EngineError: There is no pip, or it cannot get one of them.
    """
    with temporary_folder() as wheels:
        _download(hashed(wanted), wheels)
        return house(wheel, wanted, wheels)


def _download(requirements: str, wheels: Path) -> None:
    listed = wheels / "requirements.txt"
    listed.write_text(requirements, encoding="ascii")
    platforms = [text for platform in PLATFORMS for text in ("--platform", platform)]
    command = [
        *(*_pip(), "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"),
        "--require-hashes",
        *("--python-version", PYTHON, *platforms, "--dest", str(wheels), "--requirement", str(listed)),
    ]
    # in a folder with nothing in it: uv reads the settings of the one in which it is started
    done = subprocess.run(  # noqa: S603 - pip, with our own list
        command, cwd=wheels, env={**os.environ, **children.variable()}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        hint = "let pip reach an index that has these, or set glue.wheelhouse = false where the job can reach one"
        raise EngineError("the job's modules could not be fetched", "\n".join(said[-SAID:]), hint)


def _pip() -> list[str]:
    """Say how pip is called here."""
    if importlib.util.find_spec("pip"):
        return children.python("-m", "pip")
    uv = shutil.which("uv")
    if uv:
        return [uv, "tool", "run", "pip"]
    hint = f"{sys.executable} -m ensurepip, or install uv"
    raise EngineError("the job's modules cannot be fetched", "there is no pip in this Python", hint)


def _lines(name: str) -> tuple[str, ...]:
    text = importlib.resources.files(__package__).joinpath(FOLDER, name).read_text(encoding="ascii")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
