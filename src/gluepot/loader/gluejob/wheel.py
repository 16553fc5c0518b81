"""gluepot itself as a wheel, made from what is installed: the job runs the very code that submitted it.

Its core is compiled for the job's machines, whatever machine submits: docs/adr/0009-a-compiled-core.md.

The form: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.metadata
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gluepot.core import machines
from gluepot.errors import ConfigError, EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME: Final = "gluepot"
MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the wheel: equal code makes equal wheels."""

READABLE: Final = 0o644 << 16
LEFT_OUT: Final = ("__pycache__", ".pyc", machines.SUFFIX, machines.AHEAD.name, ".compiled")
INSIDE: Final = f"{NAME}/core"
PYTHON: Final = "cp311-abi3"
"""The stable ABI of Python 3.11, which Glue has, and of all after it."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel.

    Args:
        name: Its file name, which says name and version.
        body: Its bytes.
    """

    name: str
    body: bytes

    @property
    def digest(self) -> str:
        """What tells it from wheels of other code: some of its SHA-256, in hex digits."""
        return hashlib.sha256(self.body).hexdigest()[:16]


@functools.cache
def wheel() -> Wheel:
    """Make gluepot's wheel.

    Raises:
        EngineError: gluepot is not installed, so that nobody knows what it needs.
        ConfigError: There is no core for Glue's machines here.
    """
    core = machines.for_glue()
    if not core:
        raise ConfigError(machines.NO_CORE, "", machines.HINT)
    try:
        installed = importlib.metadata.distribution(NAME)
    except importlib.metadata.PackageNotFoundError:
        raise EngineError(
            "gluepot cannot be sent to Glue", "it runs from a folder that nobody installed", "pip install gluepot"
        ) from None
    metadata = installed.read_text("METADATA") or ""
    files = _files() | {f"{INSIDE}/{name}": body for name, body in core.items()}
    tag = f"{PYTHON}-{machines.platform(core.values())}"
    return Wheel(f"{NAME}-{installed.version}-{tag}.whl", packed(installed.version, metadata, files, tag))


def packed(version: str, metadata: str, files: Mapping[str, bytes], tag: str) -> bytes:
    """Pack a wheel.

    Args:
        version: gluepot's version.
        metadata: What METADATA says: the requirements among it.
        files: Its files by their paths, with slashes.
        tag: Which Pythons and machines it is for, as in its name.
    """
    tags = f"Wheel-Version: 1.0\nGenerator: gluepot\nRoot-Is-Purelib: false\nTag: {tag}\n"
    info = f"{NAME}-{version}.dist-info"
    whole = {**files, f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": tags.encode()}
    record = "".join(f"{name},sha256={_digest(body)},{len(body)}\n" for name, body in sorted(whole.items()))
    whole[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in sorted(whole.items()):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.external_attr, entry.compress_type = READABLE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, body)
    return made.getvalue()


def _files() -> dict[str, bytes]:
    """Read the package's files, wherever it is installed, but for what is compiled for this machine."""
    root = Path(__file__).parents[2]
    return {f"{NAME}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in _paths(root)}


def _paths(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not any(part.endswith(LEFT_OUT) for part in path.relative_to(root).parts):
            yield path


def _digest(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
