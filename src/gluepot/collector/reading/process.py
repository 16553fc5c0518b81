"""The reader in a process of its own: requests are not held up by decoding, nor decoding by requests.

The parent starts it before it needs it (botocore's import takes longer than the first page), sends
the setup and the jobs down its standard input and reads events from its standard output. Secrets
pass through the pipe, never through arguments or the environment. It ends when its input closes.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
from functools import cache
from typing import IO, TYPE_CHECKING

import msgspec

from gluepot.collector.reading.frames import OTHER, PAGE, receive, send, split_page
from gluepot.collector.reading.messages import End, Failed, Page, Told
from gluepot.errors import MORE, GluepotError, MachineError
from gluepot.host import children
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from gluepot.collector.bulk import Bulk
    from gluepot.collector.reading.messages import Event, Job, Setup

_event: msgspec.msgpack.Decoder[End | Failed | Told] = msgspec.msgpack.Decoder(End | Failed | Told)
_prestarted: list[subprocess.Popen[bytes]] = []


def prestart() -> None:
    """Start the process now, so that it loads its libraries while the caller does other things."""
    _prestarted.append(_start())


def is_prestarted() -> bool:
    """Tell whether one waits for its reader: where the command line is called from Python, none was started."""
    return bool(_prestarted)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module
        children.python("-c", "from gluepot.collector.reading.child import serve; serve()"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=children.environment(),
    )


class ProcessReader:
    """Reads in a child process; see `gluepot.collector.reading.reader.Reader`."""

    def __init__(self, setup: Setup) -> None:
        self._child = _prestarted.pop() if _prestarted else _start()
        self._in: IO[bytes] = _pipe(self._child.stdin)
        self._out: IO[bytes] = _pipe(self._child.stdout)
        try:
            self._send(setup)
        except GluepotError:
            self.close()
            raise

    def submit(self, job: Job) -> None:
        """Send one job to the child.

        Raises:
            MachineError: The child was ended from outside, or ran out of memory.
        """
        self._send(job)

    def _send(self, message: Job | Setup) -> None:
        try:
            send(self._in, OTHER, msgspec.msgpack.encode(message))
        except OSError as error:
            raise self._lost() from error

    def next(self) -> Event:
        """Wait for the child's next event.

        Raises:
            MachineError: The child was ended from outside, or ran out of memory.
        """
        got = receive(self._out)
        if got is None:
            raise self._lost()
        kind, body = got
        if kind == OTHER:
            event = _event.decode(body)
            if not isinstance(event, Told):
                return event
            current().tell(event.line)
            return self.next()
        job, clean, rest = split_page(body)
        return Page(job, rest, clean) if kind == PAGE else Page(job, b"", clean, bulk=_bulk().decode(rest))

    def _lost(self) -> GluepotError:
        """Say how the child ended, whose pipes are closed."""
        what = "the process that reads Glue has ended before its time"
        try:
            code = self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return GluepotError(what, "its pipes are closed, and it goes on", "run again")
        if code == -signal.SIGKILL:
            why = "it was killed, as the system does where memory runs out (its log says so, and a container's events)"
            return MachineError(what, why, MORE)
        if code == MachineError.exit_code:
            return MachineError(what, "this machine ran short of memory, threads or files in it", MORE)
        if code < 0:
            return MachineError(what, f"{_signal(code)} ended it", "run again: nothing half-done is visible")
        return GluepotError(what, f"its exit code is {code}", "what it says of that stands above")

    def close(self) -> None:
        """Close the pipes, which ends the child, and wait for that."""
        for pipe in (self._in, self._out):
            # the child may be gone already
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def _signal(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"the signal {-code}"


def discard_prestarted() -> None:
    """End a prestarted process that was not needed after all."""
    while _prestarted:
        child = _prestarted.pop()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            _pipe(pipe).close()


@cache
def _bulk() -> msgspec.msgpack.Decoder[Bulk]:
    from gluepot.collector.bulk import Bulk  # noqa: PLC0415 - loaded while the child still loads botocore

    return msgspec.msgpack.Decoder(Bulk)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # the child was started with both pipes
        raise GluepotError("the reading process has no pipe")
    return pipe
