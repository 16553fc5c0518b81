"""What a connection must get done: bytes at a least rate while they flow, silence for so long, and an end to it all.

Clients know a limit for each wait only, so that a server which sends a byte now and then holds them for ever; and most
take an upload for one wait, so that a slow one is cut off. Here is counted what a try gets done while it waits: what
the caller does in between costs the server nothing.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

PIECE: Final = 65_536
"""Bytes that are sent at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What ends a try.

    Args:
        seconds: Of waiting, over which the rate is looked at.
        rate: Bytes a second that must come or go, at least.
        total: Seconds after which an answer must be there; what is being sent takes as long as it takes.
    """

    seconds: float = 60.0
    rate: float = 1000.0
    total: float = 900.0

    @property
    def least(self) -> float:
        """The bytes of one window."""
        return self.seconds * self.rate


LIMITS: Final = Limits()


class TooSlowError(TimeoutError):
    """A try got less done than it must: it ends, and patience decides about another one."""


class Pace:
    """Counts what one try gets done.

    Args:
        limits: What ends it.
        clock: Tells seconds (for tests).
    """

    def __init__(self, limits: Limits = LIMITS, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.clock = clock
        self.begin()

    def begin(self) -> None:
        """Begin to count anew, with all of `total` left."""
        self._waited, self._bytes = 0.0, 0
        self.extend()

    def extend(self) -> None:
        """Have all of `total` left again."""
        self._end = self.clock() + self.limits.total

    def left(self) -> float:
        """Give the seconds that the next wait may take; there are always some.

        Raises:
            TooSlowError: The try has taken its total.
        """
        now = self.clock()
        if now >= self._end:
            raise TooSlowError(f"the answer was not complete after {self.limits.total:g} s")
        return max(min(self._end - now, self.limits.seconds - self._waited), 0.001)

    def moved(self, count: int, waited: float) -> None:
        """Count bytes that came or went.

        Args:
            count: How many.
            waited: Seconds that it took.

        Raises:
            TooSlowError: They were too few, over all of `seconds`.
        """
        self._bytes += count
        self._waited += waited
        if self._waited < self.limits.seconds:
            return
        if self._bytes < self.limits.least:
            raise TooSlowError(f"{self._bytes:,} bytes in {self._waited:.0f} s are too few")
        self._waited, self._bytes = 0.0, 0


class PacedSocket:
    """A connected socket, TLS or not, that keeps pace; everything else is the socket's own.

    Its timeout says how long the other side may be silent: what is awaited first after something was sent has that
    alone, since a server may think about a request.

    Args:
        sock: The socket.
        limits: What ends a try.
    """

    def __init__(self, sock: socket.socket, limits: Limits = LIMITS) -> None:
        self._sock = sock
        self._pace = Pace(limits)
        self._silence = self._set = sock.gettimeout()
        self._is_sending = True
        self._unsent = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a socket has
        return getattr(self._sock, name)

    def settimeout(self, seconds: float | None) -> None:
        """Say how long the other side may be silent."""
        self._silence = seconds
        self._wait(seconds)

    def gettimeout(self) -> float | None:
        """Give how long the other side may be silent."""
        return self._silence

    def sendall(self, data: Any, *flags: int) -> None:  # noqa: ANN401 - anything with a buffer
        """Send, as slowly as it goes, if only steadily.

        Raises:
            TooSlowError: The other side takes too little.
        """
        rest = memoryview(data).cast("B")
        if not self._is_sending:
            self._is_sending = True
            self._pace.begin()
        while rest:
            rest = rest[self._send(rest[:PIECE], *flags) :]

    def recv_into(self, buffer: Any, *more: int) -> int:  # noqa: ANN401 - anything with a buffer
        """Receive what is there, at a least rate once it has begun to come.

        Raises:
            TooSlowError: Too little comes.
        """
        if self._is_sending:
            return self._first(buffer, *more)
        while True:
            left = self._pace.left()
            is_silence = self._silence is not None and self._silence <= left
            self._wait(self._silence if is_silence else left)
            began = self._pace.clock()
            try:
                count = self._sock.recv_into(buffer, *more)
            except TimeoutError:
                if is_silence:
                    raise
                self._pace.moved(0, left)
            else:
                self._pace.moved(count, self._pace.clock() - began)
                return count

    def recv(self, size: int, *flags: int) -> bytes:
        """Receive so many bytes at the most; otherwise as `recv_into`."""
        buffer = bytearray(size)
        return bytes(buffer[: self.recv_into(buffer, 0, *flags)])

    def makefile(self, mode: str = "r", buffering: int | None = None) -> Any:  # noqa: ANN401 - as a socket's own
        """Open the socket for reading bytes, as HTTP clients do."""
        raw = _Reading(self, self._sock.makefile(mode, buffering=0))  # type: ignore[call-overload] # any mode
        return raw if buffering == 0 else io.BufferedReader(raw)

    def _wait(self, seconds: float | None) -> None:
        """Let the next call wait so long, or nearly: to set it anew costs as much as a call that finds bytes."""
        if seconds is None or self._set is None or not 0.9 * self._set <= seconds <= self._set:
            self._sock.settimeout(seconds)
            self._set = seconds

    def _send(self, piece: memoryview, *flags: int) -> int:
        while True:
            left = self._pace.left()
            self._wait(left)
            began = self._pace.clock()
            try:
                sent = self._sock.send(piece, *flags)
            except TimeoutError:
                # the system takes more only when half of what it has is gone, so ask how much of that is
                sent, waited = 0, left
            else:
                waited = self._pace.clock() - began
            self._unsent += sent
            self._pace.moved(self._gone(), waited)
            self._pace.extend()
            if sent:
                return sent

    def _first(self, buffer: Any, *more: int) -> int:  # noqa: ANN401 - anything with a buffer
        """Wait for the first bytes of an answer, beginning anew while the system still sends steadily."""
        self._wait(self._silence)
        while True:
            try:
                count = self._sock.recv_into(buffer, *more)
            except TimeoutError:
                if self._gone() < self._pace.limits.rate * (self._silence or 0.0):
                    raise
            else:
                self._is_sending = False
                self._pace.begin()
                return count

    def _gone(self) -> int:
        """Count the bytes that have reached the other side since the last look."""
        unsent = _unsent(self._sock)
        gone, self._unsent = self._unsent - unsent, unsent
        return gone


class _Reading(io.RawIOBase):
    """A paced socket as a raw stream.

    Args:
        paced: What is read.
        own: The socket's own stream, which keeps it open for as long as this one is.
    """

    def __init__(self, paced: PacedSocket, own: Any) -> None:  # noqa: ANN401 - a `socket.SocketIO`
        self._paced = paced
        self._own = own

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - anything with a buffer
        return self._paced.recv_into(buffer)

    def fileno(self) -> int:
        return int(self._own.fileno())

    def close(self) -> None:
        self._own.close()
        super().close()


def _unsent(sock: socket.socket) -> int:
    """Ask the system how many bytes it has taken that the other side has not; 0 where it does not tell (tcp(7))."""
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
        import termios  # noqa: PLC0415 - likewise

        return int.from_bytes(fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)), "little")
    except (ImportError, OSError):
        return 0
