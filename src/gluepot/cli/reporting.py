"""From what was raised to what is printed and to the exit code.

An error is told in three parts: what happened, why, and on a line of its own what to do next. Secrets never get
into it: the text is redacted, with the secrets of the configuration at hand known by name.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from gluepot.cli import say
from gluepot.cli.hiding import redacted, remember
from gluepot.errors import ErrorRecord, GluepotError, MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gluepot.config import Config
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.waiting.patience import Settings

INTERRUPTED = 130
TERMINATED = 143
"""128 + SIGINT and 128 + SIGTERM, as shells have it."""

OF_MARKS = "nothing half-written is left visible, and the mark has not moved"
OF_LOADS = (
    "no table is half loaded: those that are committed stay, and what is staged of the others is used when the load is "
    "run again"
)
OF_QUERIES = "nothing was written, and what was read for it is removed"
OF_READING = "nothing was changed"
OF_FILES = "a file is written whole or not at all"
OF_RESOURCES = "what was made or removed in AWS stays so, what was under way is found, and the same command goes on"
OF_SAMPLES = "rows that are written stay, and the same command writes them again with what is missing"
"""What has become of things where a command is ended from outside."""

BUG = 1
REPORT = "report it with the command, this message and the output of the same command with --debug"

_patience = contextlib.ExitStack()
"""What the file of a command asks for, until the command ends."""


def read_config(path: Path) -> Config:
    """Read the configuration, and keep its secrets out of whatever is printed from here on.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong.
    """
    from gluepot.config import load  # noqa: PLC0415 - lazy: start-up

    config = load(path)
    remember(config)
    _wait_as(config)
    return config


def read_plan(path: Path) -> PlanFile:
    """Read a plan file, and keep its secrets out of whatever is printed from here on.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong.
    """
    from gluepot.loader.plan import readfile  # noqa: PLC0415 - lazy: start-up

    file = readfile.read(path)
    remember(file)
    _wait_as(file.limits)
    return file


def _wait_as(settings: Settings) -> None:
    from gluepot.waiting.patience import patient  # noqa: PLC0415 - lazy: start-up

    _patience.enter_context(patient(settings))


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does."""


def reported(command: Callable[..., int], ended: str = "") -> Callable[..., None]:
    """Wrap a command: it returns its exit code, and whatever it raises is told and becomes one.

    Args:
        command: The command.
        ended: What has become of things where it is ended from outside.
    """

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:  # noqa: ANN401 - whatever options a command has
        from gluepot.host.scratch import sweep  # noqa: PLC0415 - lazy: start-up

        sweep()
        with _terminating(), _patience:
            code = guarded(functools.partial(command, *args, **options), ended, as_json=_asks_for_json(options))
        raise SystemExit(code)

    return run


@contextlib.contextmanager
def _terminating() -> Iterator[None]:
    """Let SIGTERM end a command in words; who has a handler already keeps it, and threads cannot set one."""
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> None:
    raise TerminatedError


def _asks_for_json(options: dict[str, Any]) -> bool:
    return str(options.get("output")) == "json"


def guarded(command: Callable[[], int], ended: str = "", *, as_json: bool) -> int:
    """Run a command and tell what goes wrong; returns the exit code."""
    debug = "--debug" in sys.argv
    try:
        return command()
    except KeyboardInterrupt as signalled:
        return told_end(signalled, ended)
    except GluepotError as error:
        _tell(error, error.exit_code, as_json=as_json)
        _traceback(debug=debug)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last one to hear of it
        if short := MachineError.of(error):
            _tell(short, short.exit_code, as_json=as_json)
            _traceback(debug=debug)
            return short.exit_code
        what = "gluepot met something that it does not expect: this is a bug"
        _tell(GluepotError(what, f"{type(error).__name__}: {error}", REPORT), BUG, as_json=as_json)
        _traceback(debug=debug)
        return BUG


def told_end(signalled: KeyboardInterrupt, stands: str) -> int:
    """Tell that a command was ended from outside, and what has become of things; returns the exit code."""
    is_terminated = isinstance(signalled, TerminatedError)
    how = "terminated" if is_terminated else "interrupted"
    say.tell(f"\n{how}: {stands}" if stands else f"\n{how}")
    return TERMINATED if is_terminated else INTERRUPTED


def _tell(error: GluepotError, code: int, *, as_json: bool) -> None:
    record = ErrorRecord.of(error, redacted)
    what, why = say.safe_lines(record.what), say.safe_lines(record.why)
    lines = [say.wrapped(line, sys.stderr, "  ") for line in f"error: {what}".split("\n")]
    lines += [say.wrapped(line.strip(), sys.stderr, "    ", "  ") for line in why.split("\n") if line.strip()]
    if record.hint:
        lines.append(say.wrapped(say.safe_lines(record.hint), sys.stderr, "  ", "hint: "))
    say.tell("\n".join(lines))
    if as_json:
        say.data_json({"exit_code": code, "error": as_record(error)})


def as_record(error: GluepotError | None) -> dict[str, str] | None:
    """Give an error as JSON holds it, wherever it stands in an answer; None where there is none."""
    return dataclasses.asdict(ErrorRecord.of(error, redacted)) if error is not None else None


def _traceback(*, debug: bool) -> None:
    if debug:
        import traceback  # noqa: PLC0415 - lazy: start-up

        say.tell(redacted(traceback.format_exc().rstrip("\n")))
