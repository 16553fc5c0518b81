"""Who holds a lease, and whether that process is gone, as far as this machine can tell without comparing clocks.

A process is told by its table (the machine, its boot and its PID namespace), its number, and when it began: numbers are
used again, and two containers of one machine count from 1 each. Of another table nobody here knows anything.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import socket
from pathlib import Path
from typing import Final

import msgspec

_PROC: Final = Path("/proc")
_STATE: Final = 0
_BEGAN: Final = 19
"""Where both stand in /proc/PID/stat behind the name: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""

_ENDED: Final = {"Z", "X"}
"""States of a process that has ended, and whose parent has not asked for its exit code."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A process.

    Args:
        by: User and machine, for people.
        table: Tells one machine's process table from every other.
        process: Its number there.
        began: When it began, in that machine's own counting; empty where the system does not say.
    """

    by: str = "somebody"
    table: str = ""
    process: int = 0
    began: str = ""


def this_process() -> Holder:
    """Describe this process."""
    number = os.getpid()
    by = f"{_user()} on {socket.gethostname()}"
    return Holder(by=by, table=_table(), process=number, began=_began(number) or "")


def is_gone(holder: Holder) -> bool:
    """Tell whether a process has ended for certain: it was of this machine, and is there no more."""
    if not holder.table or holder.table != _table():
        return False
    try:
        os.kill(holder.process, 0)  # sends nothing
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # somebody else's, whom /proc may hide
        return False
    began = _began(holder.process)
    return began is None or bool(began and holder.began and began != holder.began)


def _table() -> str:
    """Name this machine's process table; a name says nothing of the machine to those who read it."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):  # no Linux
        parts.append((_PROC / "sys/kernel/random/boot_id").read_text().strip())
        parts.append(str((_PROC / "self/ns/pid").readlink()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _began(number: int) -> str | None:
    """Say when a process began, in ticks since the boot; "" where the system does not say, None where it has ended."""
    try:
        text = (_PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return None if fields[_STATE] in _ENDED else fields[_BEGAN]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number that no file names
        return "somebody"
