"""The reader in a process of its own: requests are not held up by decoding, nor decoding by requests.

The parent starts it before it needs it (botocore's import takes longer than the first page), sends
the setup and the jobs down its standard input and reads events from its standard output. Secrets
pass through the pipe, never through arguments or the environment. It ends when its input closes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING

import msgspec

from gluepot.errors import GluepotError
from gluepot.glue.messages import End, Failed, Job, Page, Setup
from gluepot.mask.credentials import Redactor

if TYPE_CHECKING:
    from gluepot.glue.messages import Event

if TYPE_CHECKING:
    from gluepot.glue.reader import ThreadReader

_LENGTH = struct.Struct("<BI")
_PAGE, _OTHER = 0, 1
_job = msgspec.msgpack.Decoder(Job)
_setup = msgspec.msgpack.Decoder(Setup)
_event: msgspec.msgpack.Decoder[End | Failed] = msgspec.msgpack.Decoder(End | Failed)
_prestarted: list[subprocess.Popen[bytes]] = []


def prestart() -> None:
    """Start the process now, so that it loads its libraries while the caller does other things."""
    _prestarted.append(_start())


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from gluepot.glue.apart import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


class ProcessReader:
    """Reads in a child process; see `gluepot.glue.reader.Reader`."""

    def __init__(self, setup: Setup) -> None:
        self._child = _prestarted.pop() if _prestarted else _start()
        self._in: IO[bytes] = _pipe(self._child.stdin)
        self._out: IO[bytes] = _pipe(self._child.stdout)
        _send(self._in, _OTHER, msgspec.msgpack.encode(setup))

    def submit(self, job: Job) -> None:
        """Send one job to the child."""
        _send(self._in, _OTHER, msgspec.msgpack.encode(job))

    def next(self) -> Event:
        """Wait for the child's next event."""
        got = _receive(self._out)
        if got is None:
            raise GluepotError("the reading process ended unexpectedly", f"its exit code is {self._child.wait()}")
        kind, body = got
        if kind == _OTHER:
            return _event.decode(body)
        return Page(int.from_bytes(body[:4], "little"), body[5:], clean=body[4] == 1)

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


def discard_prestarted() -> None:
    """End a prestarted process that was not needed after all."""
    while _prestarted:
        child = _prestarted.pop()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # the child was started with both pipes
        raise GluepotError("the reading process has no pipe")
    return pipe


def _send(pipe: IO[bytes], kind: int, body: bytes) -> None:
    pipe.write(_LENGTH.pack(kind, len(body)))
    pipe.write(body)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[int, bytes] | None:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    kind, length = _LENGTH.unpack(head)
    body = pipe.read(length)
    return (kind, body) if len(body) == length else None


def serve() -> None:
    """Run the child: read the setup, then jobs, until the input closes."""
    # a ctrl-C reaches every process of the terminal; this one ends when its parent closes the pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # whatever a library prints must not get between the frames
    out, sys.stdout = sys.stdout.buffer, sys.stderr

    from gluepot.glue.reader import ThreadReader  # noqa: PLC0415 - botocore loads while the parent still starts

    got = _receive(sys.stdin.buffer)
    if got is None:
        os._exit(0)
    setup = _setup.decode(got[1])
    reader = ThreadReader(setup)
    threading.Thread(target=_pump, args=(reader, Redactor(setup.known), out), daemon=True).start()
    while (got := _receive(sys.stdin.buffer)) is not None:
        reader.submit(_job.decode(got[1]))
    # the parent is gone or through: nothing that is still under way matters any more
    os._exit(0)


def _pump(reader: ThreadReader, redactor: Redactor, out: IO[bytes]) -> None:
    try:
        while True:
            event = reader.next()
            if isinstance(event, Page):
                # looked over here, as this process has time left while the other one decodes
                clean = not redactor.might_hold(event.body)
                _send(out, _PAGE, event.job.to_bytes(4, "little") + (b"\x01" if clean else b"\x00") + event.body)
            else:
                _send(out, _OTHER, msgspec.msgpack.encode(event))
    except (BrokenPipeError, ValueError):
        os._exit(0)
