"""Which machines a compiled core runs on, read from the files themselves: whoever names them may be wrong.

https://refspecs.linuxfoundation.org/elf/elf.pdf has the header, https://peps.python.org/pep-0600/ the platforms' names.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

CORE: Final = Path(__file__).parent
SUFFIX: Final = ".abi3.so"
AHEAD: Final = CORE / "ahead"
"""Where the core for jobs of Glue lies on machines whose own core does not run there."""

SOURCES: Final = ".sources"
"""Beside it: of which sources it was made, since an upgrade of gluepot leaves it behind."""

NO_CORE: Final = "gluepot's compiled core on this machine does not run in AWS Glue, whose machines are x86-64 Linux"
HINT: Final = 'make one ahead: pip install "cython>=3.3,<4" "ziglang>=0.17,<0.18" && python -m gluepot.core.build'

ELF64: Final = b"\x7fELF\x02\x01"
"""64 bits, the least byte first."""

MACHINES: Final = {62: "x86_64", 183: "aarch64"}
OLDEST: Final = 17
"""The glibc, 2.17, of the oldest platform that has a name."""

_GLIBC: Final = re.compile(rb"\0GLIBC_2\.(\d+)")
"""Names of the versions of glibc that a file asks for stand in its string table, one after the other."""

GLUE: Final = ("x86_64", 34)
"""The machine and the glibc, 2.34, of jobs of Glue 5.0 and 5.1: Amazon Linux 2023."""


def machine(body: bytes) -> str:
    """Name the machine of a Linux library; empty where it is none that is known, or takes another libc than glibc."""
    if not body.startswith(ELF64) or b"\0libc.so.6\0" not in body:
        return ""
    return MACHINES.get(int.from_bytes(body[18:20], "little"), "")


def glibc(body: bytes) -> int:
    """Give the newest version of glibc that a library asks for: 34 for 2.34; 17 at the least."""
    return max([OLDEST, *(int(number) for number in _GLIBC.findall(body))])


def platform(bodies: Iterable[bytes]) -> str:
    """Name the oldest platform that runs all of these: `manylinux_2_17_x86_64`; empty where it is not on Linux."""
    found = {(machine(body), glibc(body)) for body in bodies}
    machines = {name for name, _ in found}
    if len(machines) != 1 or "" in machines:
        return ""
    return f"manylinux_2_{max(version for _, version in found)}_{machines.pop()}"


def runs_in_glue(bodies: Iterable[bytes]) -> bool:
    """Say whether jobs of Glue can load all of these."""
    return all(machine(body) == GLUE[0] and glibc(body) <= GLUE[1] for body in bodies)


def for_glue(own: Path = CORE, ahead: Path = AHEAD) -> dict[str, bytes]:
    """Give the core for jobs of Glue: this machine's own where it runs there, else the one that was made ahead.

    Args:
        own: The folder of this machine's.
        ahead: The folder of the other.

    Returns:
        The extensions by their names; none where there is no such core of these sources.
    """
    made_of = ahead / SOURCES
    is_ours = made_of.is_file() and made_of.read_text(encoding="ascii") == sources()
    for folder in (own, ahead) if is_ours else (own,):
        found = {path.name: path.read_bytes() for path in sorted(folder.glob(f"*{SUFFIX}"))}
        if found and runs_in_glue(found.values()):
            return found
    return {}


def sources() -> str:
    """Tell the state of the core's sources from every other."""
    texts = [path.read_bytes() for path in sorted(CORE.glob("*.p[yx][xd]"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()
