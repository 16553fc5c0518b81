"""One adaptive request rate per account, region and API, shared by all threads.

It starts without a limit, halves when the service throttles, and climbs back. Glue's limits are per
account and region and shared with Athena, EMR and others, so no fixed number is right.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FLOOR = 0.5
"""Never slower than one request in two seconds."""

CLIMB_PER_SECOND = 1.15
"""Below the rate that was last throttled, the rate grows by this factor a second; above it, slower."""

PROBE_PER_SECOND = 1.03
WINDOW_SECONDS = 1.0
"""Throttles within this time of each other are one signal: their requests left before the rate fell."""


class Rate:
    """A pace that every request waits for.

    Args:
        cap: Requests a second never to exceed, or None.
        clock: Seconds that only grow (for tests).
        sleep: Waits that many seconds (for tests).
    """

    def __init__(
        self,
        cap: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cap = cap
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._rate = cap
        self._ceiling: float | None = None
        self._next = 0.0
        self._halved_at = -WINDOW_SECONDS
        self._grown_at = 0.0
        self._count = 0
        self._since = clock()
        self.throttles = 0
        self.waited = 0.0

    @property
    def per_second(self) -> float | None:
        """The rate now, in requests a second; None means without limit."""
        return self._rate

    def acquire(self) -> None:
        """Wait for this request's turn."""
        with self._lock:
            now = self._clock()
            self._grow(now)
            turn = max(now, self._next)
            if self._rate is not None:
                self._next = turn + 1 / self._rate
            self._count += 1
        if turn > now:
            self.waited += turn - now
            self._sleep(turn - now)

    def throttled(self) -> None:
        """Take note that the service refused a request for its rate: halve, once a window."""
        with self._lock:
            now = self._clock()
            self.throttles += 1
            if now - self._halved_at < WINDOW_SECONDS:
                return
            self._ceiling = self._rate if self._rate is not None else self._observed(now)
            self._rate = max(self._ceiling / 2, FLOOR)
            self._halved_at = self._grown_at = now
            self._next = max(self._next, now)

    def _observed(self, now: float) -> float:
        """Estimate the rate at which requests have really been leaving, before any limit was known."""
        return max(self._count / max(now - self._since, 0.25), 2 * FLOOR)

    def _grow(self, now: float) -> None:
        """Climb back since the last look, up to the cap."""
        if self._rate is None or self._halved_at < 0:
            return
        below = self._ceiling is not None and self._rate < 0.9 * self._ceiling
        factor: float = (CLIMB_PER_SECOND if below else PROBE_PER_SECOND) ** (now - self._grown_at)
        self._rate = min(self._rate * factor, self._cap or float("inf"))
        self._grown_at = now
