"""One patience for everything that may fail in passing, whatever the service, and however deep its calls lie.

An operation (a request, or what cannot be told from one) is done again while what it meets may pass, and exactly one
layer does that: `Patience.run`. Where operations lie within each other all the same, they share one budget.

A host that has not answered in this run may be none at all: a name without an address fails at once, a connection that
nobody accepts after `first` seconds. Once the host has answered, both are an outage like any other.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import threading
import time
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Protocol, TypeVar

from gluepot.backoff import Backoff
from gluepot.waiting.watch import Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
P = ParamSpec("P")

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
        allow_http: Whether hosts other than this machine may be called without TLS.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        first: float = FIRST,
        *,
        pauses: Backoff = PAUSES,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = warn,
        allow_http: bool = False,
    ) -> None:
        self.seconds = seconds
        self.first = first
        self.pauses = pauses
        self.clock = clock
        self.tell = tell
        self.allow_http = allow_http
        self.waits = Waits(clock, tell)
        self._answered: dict[str, float] = {}
        self._given_up: set[str] = set()

    def __repr__(self) -> str:
        return f"Patience({self.seconds:g}, {self.first:g})"

    def lasting(self, seconds: float, first: float) -> Patience:
        """Give one that lasts otherwise, and has heard of no host."""
        more: dict[str, Any] = {"pauses": self.pauses, "clock": self.clock, "tell": self.tell}
        return Patience(seconds, first, allow_http=self.allow_http, **more)

    def brief(self) -> Patience:
        """Give one for somebody who only looks whether things are there: it waits `FIRST` seconds at the most."""
        seconds = min(self.seconds, self.first, FIRST)
        return self.lasting(seconds, seconds)

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

    def has_answered(self, host: str) -> bool:
        """Tell whether a host was there at all in this run."""
        return host in self._answered

    def limit(self, host: str, verdict: Verdict) -> float:
        """Say for how many seconds such a failure is waited out; and that a host was there, where it shows so."""
        if verdict is Verdict.FINAL:
            self.heard(host)
            return 0.0
        if verdict in {Verdict.PASSING, Verdict.THROTTLED}:
            self._answered.setdefault(host, NEVER)
        if host in self._given_up or (verdict is Verdict.UNKNOWN and host not in self._answered):
            return 0.0
        return self.seconds if host in self._answered else min(self.first, self.seconds)

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
        self._began = patience.clock()
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
        # a connection takes its time to fail: where nobody may be at all, that counts
        own = (self._since if patience.has_answered(self._host) else self._began) + limit
        self._end = own if self._end != NEVER else NEVER
        left = self.end() - now
        if left <= 0:
            if own <= now:
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


@contextlib.contextmanager
def trying_once() -> Iterator[None]:
    """Let what this thread does be tried once, for who goes on without it."""
    with _operation(current(), "") as operation:
        operation.spend()
        yield


class Settings(Protocol):
    """What a configuration or a plan says of it; None where it says nothing."""

    @property
    def patience(self) -> float | None:
        """Seconds that what passes is waited out."""

    @property
    def patience_first(self) -> float | None:
        """Seconds that the first connection to a host is waited for."""

    @property
    def allow_http(self) -> bool:
        """Whether hosts other than this machine may be called without TLS."""


_of_runs: list[Patience] = []


def current() -> Patience:
    """Give the patience of the run that is under way in this process: all its threads share what they hear of hosts."""
    return _of_runs[-1] if _of_runs else _of_nobody()


@contextlib.contextmanager
def using(patience: Patience) -> Iterator[Patience]:
    """Make a patience that of the run, while it is under way."""
    _of_runs.append(patience)
    try:
        yield patience
    finally:
        _of_runs.remove(patience)


@contextlib.contextmanager
def patient(settings: Settings) -> Iterator[Patience]:
    """Run with the patience that settings ask for; within a run that has it already, with that one."""
    around = current() if _of_runs else patience_of()
    seconds = around.seconds if settings.patience is None else settings.patience
    first = around.first if settings.patience_first is None else settings.patience_first
    if _of_runs and (seconds, first, settings.allow_http) == (around.seconds, around.first, around.allow_http):
        yield around
        return
    with using(around.lasting(seconds, first)) as patience:
        patience.allow_http = settings.allow_http
        yield patience


def patiently(job: Callable[P, T]) -> Callable[P, T]:
    """Let a job run with the patience that its first argument asks for, which are `Settings`."""
    name = job.__code__.co_varnames[0]

    @functools.wraps(job)
    def run(*args: P.args, **named: P.kwargs) -> T:
        settings: Any = args[0] if args else named[name]
        with patient(settings):
            return job(*args, **named)

    return run


def patience_of(seconds: float | None = None, first: float | None = None) -> Patience:
    """Make a patience; where seconds are left out, as the environment has them, else `SECONDS` and `FIRST`."""
    if seconds is None:
        seconds = float(os.environ.get(VARIABLE) or SECONDS)
    return Patience(seconds, FIRST if first is None else first)


_of_nobody = functools.cache(patience_of)
"""For calls outside of any run."""
