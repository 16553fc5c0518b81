"""Which machines a compiled core runs on, read from the files themselves: whoever names them may be wrong.

https://refspecs.linuxfoundation.org/elf/elf.pdf has the header; https://peps.python.org/pep-0600/ the names of platforms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

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
