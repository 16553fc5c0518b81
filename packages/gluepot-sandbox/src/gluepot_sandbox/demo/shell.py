"""Runs commands as somebody would type them here, and passes on what they print while they run."""

from __future__ import annotations

import codecs
import os
import pty
import select
import shlex
import subprocess
import termios
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from gluepot.host import children
from gluepot_sandbox.demo.screen import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gluepot_sandbox.demo.screen import Screen

ROWS: Final = 40
"""Lines of the pseudo-terminal."""

QUIET: Final = 0.3
"""Seconds without a word until a spinner says that a command is still at work."""

CHUNK: Final = 65536
_HIDES, _SHOWS = "\x1b[?25l", "\x1b[?25h"
"""A command that hides the cursor is drawing something that moves by itself."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit code, and what it printed, without colours."""

    code: int
    text: str


class Shell:
    """Runs commands one after the other: in a pseudo-terminal where the demo is on a terminal, else through a pipe.

    Args:
        screen: Where commands and their output are shown.
        environment: Theirs.
    """

    def __init__(self, screen: Screen, environment: Mapping[str, str]) -> None:
        self._screen = screen
        self._environment = {
            **environment,
            "PYTHONPATH": os.pathsep.join(children.path()),
            "COLUMNS": str(screen.console.width),
        }

    def run(self, command: str) -> Ended:
        """Show a command, run it, and pass on what it prints.

        Args:
            command: As it is typed; the first word `gluepot` is the gluepot that runs here.
        """
        self._screen.command(command)
        program, *arguments = shlex.split(command)
        start = children.python("-m", "gluepot") if program == "gluepot" else [program]
        with self._started([*start, *arguments]) as (process, output):
            said = self._pass_on(output, " ".join([program, *arguments[:2]]).partition(" -")[0])
            code = process.wait()
        self._screen.say()
        return Ended(code, plain(said))

    @contextmanager
    def _started(self, command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        """Start it, with a descriptor of what it prints; it is killed where that is left early."""
        ours, theirs = self._ends()
        try:
            process = subprocess.Popen(  # noqa: S603 - the demo's own commands
                command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=self._environment
            )
        finally:
            os.close(theirs)
        try:
            yield process, ours
        finally:
            os.close(ours)
            process.kill()
            process.wait()

    def _ends(self) -> tuple[int, int]:
        """Make a pseudo-terminal as wide as ours, or a pipe."""
        if not self._screen.console.is_terminal:
            return os.pipe()
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (ROWS, self._screen.console.width))
        return ours, theirs

    def _pass_on(self, output: int, what: str) -> str:
        """Pass on all that it prints, and turn a spinner while it prints nothing."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        said = ""
        with _Spinner(self._screen, what) as spinner:
            while True:
                if not select.select([output], [], [], QUIET / 3)[0]:
                    spinner.wait(said)
                    continue
                chunk = _read(output)
                if not chunk:
                    return said
                text = decoder.decode(chunk)
                said += text
                spinner.stop()
                self._screen.passed(text)


class _Spinner:
    """Turns while a command says nothing, on a terminal only, and never into what the command itself is drawing."""

    def __init__(self, screen: Screen, what: str) -> None:
        self._shown = screen.console.is_terminal
        self._status = screen.status(what)
        self._turns = False
        self._heard = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self, said: str) -> None:
        """Turn, where it has been quiet for long enough and the cursor is free at the beginning of a line."""
        is_free = (not said or said.endswith("\n")) and said.rfind(_HIDES) <= said.rfind(_SHOWS)
        if self._shown and not self._turns and is_free and time.monotonic() - self._heard > QUIET:
            self._status.start()
            self._turns = True

    def stop(self) -> None:
        """Be gone."""
        self._heard = time.monotonic()
        if self._turns:
            self._status.stop()
            self._turns = False


def _read(output: int) -> bytes:
    try:
        return os.read(output, CHUNK)
    except OSError:  # Linux's word for the end of a terminal that nobody holds open any more
        return b""
