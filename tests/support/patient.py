"""A clock that only waiting moves, and servers that are in the way: for tests of patience and of pace."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING

from gluepot.backoff import Backoff
from gluepot.waiting.patience import FIRST, PAUSES, SECONDS, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


SOON = 5.0
"""Seconds of patience in tests, where a clock that is not theirs counts."""


def quick(seconds: float = SOON) -> Patience:
    """Make a patience that lasts for some seconds of the world, and asks often in them."""
    return Patience(seconds, pauses=Backoff(first=0.02, longest=0.5))


class Clock:
    """Seconds that pass when somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.passing: list[Callable[[], None]] = []

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.slept.append(seconds)
        self.now += seconds
        for look in list(self.passing):
            look()

    def at(self, seconds: float, call: Callable[[], object]) -> None:
        """Let something happen, once, when so many seconds have passed: an outage ends."""

        def look() -> None:
            if self.now >= seconds:
                self.passing.remove(look)
                call()

        self.passing.append(look)


class Waited:
    """A patience whose seconds pass at once, with all that it told.

    Args:
        seconds: As of `Patience`.
        first: As of `Patience`.
    """

    def __init__(self, seconds: float = SECONDS, first: float = FIRST) -> None:
        self.clock = Clock()
        self.told: list[str] = []
        pauses = Backoff(first=PAUSES.first, longest=PAUSES.longest, sleep=self.clock.sleep)
        self.patience = Patience(seconds, first, pauses=pauses, clock=self.clock, tell=self.told.append)


@contextlib.contextmanager
def serving(answer: Callable[[socket.socket], object], port: int = 0) -> Iterator[int]:
    """Listen on a port, a free one for 0, with `answer` for each connection, in a thread; gives the port."""
    with socket.create_server(("127.0.0.1", port)) as listener:

        def one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                answer(connection)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def closed_port() -> int:
    """Give a port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Outage:
    """An HTTP server on one port, in the way of whoever asks it until a time of a clock has come.

    Args:
        clock: Whose seconds count.
        answer: Makes the body of an answer from a request's bytes.
        until: From when on it answers; None for never.
        down: Whether nobody listens before, in place of a 503.
    """

    def __init__(
        self, clock: Clock, answer: Callable[[bytes], bytes], until: float | None, *, down: bool = False
    ) -> None:
        self._clock, self._answer, self._until, self._down = clock, answer, until, down
        self._open: contextlib.ExitStack | None = None
        self.requests: list[bytes] = []
        self.port = closed_port()
        clock.passing.append(self._passed)
        if not down:
            self._listen()

    @property
    def is_over(self) -> bool:
        """Tell whether it answers."""
        return self._until is not None and self._clock.now >= self._until

    def answers_once(self) -> contextlib.AbstractContextManager[None]:
        """Answer within the context, whatever the time is."""
        return self._answering()

    def close(self) -> None:
        """Listen no longer."""
        if self._open:
            self._open.close()
        self._open = None

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        until, self._until = self._until, self._clock.now
        self._listen()
        yield
        self._until = until
        if self._down:
            self.close()

    def _passed(self) -> None:
        if self.is_over:
            self._listen()

    def _listen(self) -> None:
        if self._open is None:
            self._open = contextlib.ExitStack()
            self._open.enter_context(serving(self._serve, self.port))

    def _serve(self, connection: socket.socket) -> None:
        request = whole_request(connection)
        self.requests.append(request)
        if self.is_over:
            head, body = b"200 OK", self._answer(request)
        else:
            head, body = b"503 Service Unavailable", b""
        length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        connection.sendall(b"HTTP/1.1 " + head + b"\r\n" + length + body)


def whole_request(connection: socket.socket) -> bytes:
    """Read one request, body included."""
    got = b""
    while b"\r\n\r\n" not in got and (more := connection.recv(65536)):
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    stated = re.search(rb"(?i)content-length: *(\d+)", head)
    while stated and len(body) < int(stated[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
