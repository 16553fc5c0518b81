"""The command line in the test's own process: what a command prints and returns, without what a process costs.

A command finds what it would find as a process: its arguments, environment, working directory, a standard input
that ends, and files behind stdout and stderr. What a process alone shows (signals, closed pipes, terminals, start-up,
what is loaded) is tested with processes, and so is each command once.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from gluepot.cli import hiding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCES = Path(__file__).parents[2] / "src"
SECONDS = 240
INTERRUPTED = 130


def spelt(*arguments: str) -> list[str]:
    """Spell the real command out."""
    return [sys.executable, "-m", "gluepot", *arguments]


def run(
    *arguments: str, folder: Path, environ: Mapping[str, str], stdin: str = "", process: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end.

    Args:
        arguments: What follows `gluepot`.
        folder: Its working directory.
        environ: All of its environment.
        stdin: What it may read.
        process: Start a process; called in this one, an exception that it would end with is raised here.
    """
    if not process:
        return _called(arguments, folder, environ, stdin)
    return subprocess.run(
        spelt(*arguments),
        cwd=folder,
        env={**environ, "PYTHONPATH": str(SOURCES)},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def _called(
    arguments: tuple[str, ...], folder: Path, environ: Mapping[str, str], stdin: str
) -> subprocess.CompletedProcess[str]:
    with _printed() as (out, err), _standing(arguments, folder, environ, stdin), _own_logging():
        code = _code(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        return subprocess.CompletedProcess(["gluepot", *arguments], code, _read(out), _read(err))


def _code(arguments: tuple[str, ...]) -> int:
    """Call the command line; gives the exit code that the interpreter would make of its end."""
    from gluepot.cli.app import app

    try:
        app(list(arguments), prog_name="gluepot")
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


@contextlib.contextmanager
def _printed() -> Iterator[tuple[Any, Any]]:
    """Put files behind stdout and stderr, as a scheduler does: they are no terminals, and have descriptors."""
    with contextlib.ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="")) for _ in "oe")
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        yield out, err


def _read(file: Any) -> str:
    file.seek(0)
    return str(file.read())


@contextlib.contextmanager
def _standing(arguments: tuple[str, ...], folder: Path, environ: Mapping[str, str], stdin: str) -> Iterator[None]:
    """Exchange what a process has of its own, and forget the secrets that the command learned."""
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environ, clear=True),
        mock.patch.object(sys, "argv", ["gluepot", *arguments]),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
    ):
        try:
            yield
        finally:
            hiding.forget()


@contextlib.contextmanager
def _own_logging() -> Iterator[None]:
    """Let logging be as in a new process: what nobody handles stands on stderr, not in pytest's report."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
