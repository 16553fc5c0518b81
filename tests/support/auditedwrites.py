"""Every write of a run, seen through Python's audit events, and an end, or a refusal, at any one of them.

What is written is seen before it is: `os.rename`, `os.link`, `open` for writing and the like are CPython's events
(https://docs.python.org/3/library/audit_events.html), `gluepot.landing` is gluepot's, for each request to a landing. A
hook that raises keeps the write from happening. After a kill nothing else happens either, whatever is cleared away.

As a program, which kills itself: `python -m tests.support.auditedwrites HOME NUMBER SETTINGS`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

READS = {"read", "look at", "list"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class KilledError(BaseException):
    """The end of a process; nobody catches it."""


class Writes:
    """What is written below a folder while this is entered.

    Args:
        home: The folder.
        act: Is told of each write before it happens, by its label; what it raises keeps the write from happening.
    """

    def __init__(self, home: Path, act: Callable[[str], None] = lambda _: None) -> None:
        self._home, self._act = str(home), act
        self.labels: list[str] = []

    def __enter__(self) -> Self:
        _install()
        _watching.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _watching.remove(self)

    def saw(self, event: str, args: tuple[Any, ...]) -> None:
        """Look at one event."""
        for verb, path in _written(event, args):
            if path.startswith(self._home):
                label = f"{verb} {labelled(path.removeprefix(self._home).strip('/'))}"
                self.labels.append(label)
                self._act(label)


def labelled(path: str) -> str:
    """Name what a path is for, without marks, numbers of processes and random parts."""
    path = re.sub(r"\d{14}(_\d{4})?", "MARK", path)
    path = re.sub(r"\.\d+\.tmp", ".tmp", path)
    return re.sub(r"(/tmp|\.gluepot-scratch-MARK/)[a-z0-9_]{8}$", r"\1*", path)


def kill_at(label: str, count: int) -> Callable[[str], None]:
    """End the run before the write of a label that comes `count`-th; from then on nothing is written."""
    left, dead = [count], [False]

    def act(seen: str) -> None:
        left[0] -= seen == label
        dead[0] = dead[0] or left[0] == 0
        if dead[0]:
            raise KilledError(label)

    return act


def refuse_at(label: str, error: Callable[[str], Exception | None]) -> Callable[[str], None]:
    """Refuse writes from the first one of a label on, with what is made of their labels; None lets one pass."""
    refusing = [False]

    def act(seen: str) -> None:
        refusing[0] = refusing[0] or seen == label
        if refusing[0] and (refused := error(seen)):
            raise refused

    return act


def sigkill_at(number: int) -> Callable[[str], None]:
    """Kill this very process before its `number`-th write, counted from 0."""
    left = [number]

    def act(_: str) -> None:
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    return act


_watching: list[Writes] = []
_installed: list[bool] = []


def _install() -> None:
    """Hooks stay for as long as the process does: there is one, which asks who watches."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hook)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    for watching in _watching:
        watching.saw(event, args)


def _written(event: str, args: tuple[Any, ...]) -> list[tuple[str, str]]:
    match event:
        case "open" if isinstance(args[0], str | os.PathLike) and _is_for_writing(args[1], args[2]):
            return [("write", str(args[0]))]
        case "os.rename" | "os.link":
            return [("move" if event == "os.rename" else "link", str(args[1]))]
        case "os.remove" | "os.rmdir":
            return [("remove", _absolute(args[0], args[1]))]
        case "os.mkdir" if not Path(args[0]).exists():
            return [("make", str(args[0]))]
        case "gluepot.landing" if args[0] not in READS:
            return [("send", f"{args[1]}/{args[2]}")]
    return []


def _is_for_writing(mode: str | None, flags: int) -> bool:
    return bool(flags & WRITING) if mode is None else bool(set(mode) & set("wax+"))


def _absolute(path: Any, folder: int) -> str:
    """Give the path of what is named below an open folder, as rmtree does."""
    return str(path) if folder == -1 else str(Path(f"/proc/self/fd/{folder}").readlink() / str(path))


def main(home: str, number: str, settings: str) -> None:
    """Run, and die before one of the writes below a folder."""
    from gluepot.collector.run import run
    from gluepot.config import from_mapping

    with Writes(Path(home), sigkill_at(int(number))):
        run(from_mapping(json.loads(settings)))


if __name__ == "__main__":
    main(*sys.argv[1:])
