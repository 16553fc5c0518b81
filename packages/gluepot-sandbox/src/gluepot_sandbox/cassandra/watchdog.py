"""A process that ends when we do, however we end: with SIGKILL too, and whichever thread started it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence
    from pathlib import Path

_WATCHER: Final = 'read -r held || exit 0; read -r _; kill -9 "$held"; [ -z "$1" ] || { sleep 1; rm -rf -- "$1"; }'
"""Knows the process before it begins, and ends it at the end of the pipe, which the kernel closes with us."""

_HELD: Final = 'echo $$ >&0; exec "$@" </dev/null'
"""Tells the watcher its process id through standard input, then becomes the command."""


class WatchedProcess:
    """A running command with a watchdog. Signals for our terminal (ctrl-C) do not reach it: we end it when we are done.

    Linux's own way (PR_SET_PDEATHSIG) would end it with the thread that started it.

    Args:
        command: With its arguments.
        log: What gets its output.
        remove: A folder that goes with it when we die; None for nothing.
    """

    def __init__(self, command: Sequence[str], log: Path, remove: Path | None = None) -> None:
        watched, self._held = os.pipe()
        try:
            self._watcher = subprocess.Popen(  # noqa: S603 - ours
                ["/bin/sh", "-c", _WATCHER, "sh", str(remove or "")],
                stdin=watched,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(watched)
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the caller's command
                ["/bin/sh", "-c", _HELD, "sh", *command],
                stdin=self._held,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The command's process id."""
        return self._process.pid

    def ended(self) -> int | None:
        """Give its exit code; None while it runs."""
        return self._process.poll()

    def end(self, with_signal: signal.Signals, seconds: float) -> None:
        """Signal it, wait for its end, and kill it where that does not come in time."""
        self._process.send_signal(with_signal)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # first the watcher: at the end of the pipe it would kill an id that is nobody's by now
        self._watcher.kill()
        self._watcher.wait()
        os.close(self._held)
