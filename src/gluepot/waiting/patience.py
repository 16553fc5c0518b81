"""One patience for everything that may fail in passing, whatever the service, and however deep its calls lie.

An operation (a request, or what cannot be told from one) is done again while what it meets may pass, and exactly one
layer does that: `Patience.run`. Where operations lie within each other all the same, they share one budget.

A host that has not answered in this run may be none at all: a name without an address fails at once, a connection that
nobody accepts after `first` seconds. Once the host has answered, both are an outage like any other.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from gluepot.backoff import Backoff
from gluepot.waiting.watch import Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

SECONDS: Final = 300.0
"""How long an operation is tried again after its first failure."""

FIRST: Final = 10.0
"""The same for a host that has not answered in this run, and accepts no connection."""

VARIABLE: Final = "GLUEPOT_PATIENCE_SECONDS"
"""In place of `SECONDS`, where neither configuration nor plan says something."""

PAUSES: Final = Backoff(first=0.2, longest=20.0)
"""Between two tries."""

NEVER: Final = float("-inf")

warn: Final = logging.getLogger("gluepot.waiting").warning
"""Tells the log, and with it a terminal, what is waited for."""


class Verdict(Enum):
    """What an error says of another try."""

    FINAL = "final"
    """A refusal: the same would be answered again."""
    PASSING = "passing"
    """The server failed, broke off in the middle, or said nothing for too long."""
    THROTTLED = "throttled"
    """There were too many requests."""
    UNKNOWN = "unknown"
    """The host's name has no address."""
    REFUSED = "refused"
    """Nobody accepts connections there."""


class Patience:
    """How long a run waits, and which hosts have answered in it; for any number of threads.

    Args:
        seconds: How long an operation is tried again, from its first failure on; 0 for never.
        first: The same where a host that has not answered yet accepts no connection.
        pauses: Between two tries; its `sleep` is what waits.
        clock: Tells seconds (for tests).
        tell: Is told what is waited for, a line at a time, from any thread.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        first: float = FIRST,
        *,
        pauses: Backoff = PAUSES,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = warn,
    ) -> None:
        self.seconds = seconds
        self.first = min(first, seconds)
        self.pauses = pauses
        self.clock = clock
        self.tell = tell
        self.waits = Waits(clock, tell)
        self._answered: dict[str, float] = {}
        self._given_up: set[str] = set()

    def __repr__(self) -> str:
        return f"Patience({self.seconds:g}, {self.first:g})"

    def brief(self) -> Patience:
        """Give one for somebody who only looks whether things are there: it waits `first` seconds for anything."""
        return Patience(self.first, self.first, pauses=self.pauses, clock=self.clock, tell=self.tell)

    def run(self, call: Callable[[], T], judge: Callable[[Exception], Verdict], *, host: str, what: str = "") -> T:
        """Do one operation, and again while what it meets may pass.

        Args:
            call: Does it, once.
            judge: Says what an error that `call` raises says of another try.
            host: Whom it asks, as errors name it: hosts that have answered are known by this.
            what: What it does there, for people; may be left out.

        Raises:
            Exception: What the last try raised, or the first that does not pass.
        """
        wait = self.waits.enter(host, what)
        with _operation(self, host) as operation:
            try:
                while True:
                    try:
                        answer = call()
                    except Exception as error:
                        pause = operation.pause(judge(error))
                        if pause is None:
                            raise
                        wait.reason, wait.end = error, operation.end()
                    else:
                        self.heard(host)
                        return answer
                    self.waits.look()
                    self.pauses.sleep(pause)
            finally:
                self.waits.leave(wait)

    def heard(self, host: str) -> None:
        """Take note that a host has answered, and does what it is asked or says that it will not."""
        self._answered[host] = self.clock()
        self._given_up.discard(host)

    def limit(self, host: str, verdict: Verdict) -> float:
        """Say for how many seconds such a failure is waited out; and that a host was there, where it shows so."""
        if verdict is Verdict.FINAL:
            self.heard(host)
            return 0.0
        if verdict in {Verdict.PASSING, Verdict.THROTTLED}:
            self._answered.setdefault(host, NEVER)
        if host in self._given_up or (verdict is Verdict.UNKNOWN and host not in self._answered):
            return 0.0
        return self.seconds if host in self._answered else self.first

    def gave_up(self, host: str, since: float) -> None:
        """Let others not wait as long again for a host that has answered nobody meanwhile, until it answers."""
        if self._answered.get(host, NEVER) < since:
            self._given_up.add(host)


class _Operation:
    """The budget of one operation; within another one it ends with that one's."""

    def __init__(self, patience: Patience, host: str, outer: _Operation | None) -> None:
        self.outer = outer
        self._patience = patience
        self._host = host
        self._since: float | None = None
        self._end = float("inf")
        self._turn = 0

    def pause(self, verdict: Verdict) -> float | None:
        """Give the seconds before the next try; None where there is none."""
        patience = self._patience
        limit, now = patience.limit(self._host, verdict), patience.clock()
        if verdict is Verdict.FINAL:
            return None
        self._since = now if self._since is None else self._since
        if self._end != NEVER:
            self._end = self._since + limit
        left = self.end() - now
        if left <= 0:
            patience.gave_up(self._host, self._since)
            self.spend()
            return None
        pause = min(patience.pauses.pause(self._turn), left)
        self._turn += 1
        return pause

    def end(self) -> float:
        """Give the clock's instant after which there is no further try."""
        return min(self._end, self.outer.end()) if self.outer else self._end

    def spend(self) -> None:
        """Leave nothing to the operations around it: their tries would multiply what has been waited."""
        self._end = NEVER
        if self.outer:
            self.outer.spend()


_local = threading.local()


@contextlib.contextmanager
def _operation(patience: Patience, host: str) -> Iterator[_Operation]:
    outer = getattr(_local, "operation", None)
    _local.operation = operation = _Operation(patience, host, outer)
    try:
        yield operation
    finally:
        _local.operation = outer


def patience_of(seconds: float | None = None, first: float | None = None) -> Patience:
    """Make the patience of a run, from what its configuration or its plan says; None where that says nothing."""
    if seconds is None:
        seconds = float(os.environ.get(VARIABLE) or SECONDS)
    return Patience(seconds, FIRST if first is None else first)


_of_the_run: list[Patience] = []


def current() -> Patience:
    """Give the patience of the run that is under way in this process: all its threads share what they hear of hosts."""
    if not _of_the_run:
        _of_the_run.append(patience_of())
    return _of_the_run[-1]


@contextlib.contextmanager
def using(patience: Patience) -> Iterator[Patience]:
    """Make a patience that of the run, while it is under way."""
    _of_the_run.append(patience)
    try:
        yield patience
    finally:
        _of_the_run.remove(patience)
