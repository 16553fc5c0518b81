"""A clock that only waiting moves, and servers that are in the way: for tests of patience and of pace."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from gluepot.backoff import Backoff
from gluepot.waiting.patience import FIRST, PAUSES, SECONDS, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Clock:
    """Seconds that pass when somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.slept.append(seconds)
        self.now += seconds


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
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a free port, give each connection to `answer` in a thread, and close it; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

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
