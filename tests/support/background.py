"""A command of a page that stays up behind the others, as in a reader's first terminal."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import IO, TYPE_CHECKING

from tests.support import pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.pages import Block


@contextlib.contextmanager
def started(block: Block, home: Path, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Start a block's one command, and wait until it has printed what the page shows; ctrl-C ends it, with 0.

    Yields:
        The environment of a second terminal, into which what was printed was pasted.
    """
    (command,) = pages.commands(block)
    # warnings are errors in what the pages run, not in the servers that it runs against
    quiet = {name: value for name, value in environment.items() if name != "PYTHONWARNINGS"}
    with (home.parent / "background").open("w+") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command.text}"], cwd=home, env=quiet, stdout=subprocess.PIPE, stderr=log, text=True
        )
        with process:
            try:
                yield _pasted(_printed(process, command, log), home, environment)
                process.send_signal(signal.SIGINT)
                assert process.wait(60) == 0, f"{block.name}: {command.text} ended with {process.returncode}"
            finally:
                process.kill()


def _printed(process: subprocess.Popen[str], command: pages.Command, log: IO[str]) -> str:
    printed = ""
    assert process.stdout is not None
    for line in process.stdout:
        printed += line
        if pages.matches(command.prints, printed):
            return printed
    log.seek(0)
    raise AssertionError(f"{command.text} printed\n{printed}\n{log.read()}")


def _pasted(text: str, home: Path, environment: dict[str, str]) -> dict[str, str]:
    """Let a shell read the lines, and give the environment that it has then."""
    script = f"{text}\nenv -0"
    done = subprocess.run(["bash", "-c", script], cwd=home, env=environment, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
