"""How a scan waits: page sizes that adapt, pauses that grow, a budget that ends, requests that are spaced."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Final

from gluepot.backoff import Backoff
from gluepot.cassandra.errors import text_of
from gluepot.errors import SourceError
from gluepot.waiting.patience import current

ASTRA_RATE: Final = 3000
"""Requests per second and coordinator for Astra, which refuses more than 4,096: https://astra.dev/rate-limit"""

SHRINK: Final = 8
GROW: Final = 8
"""A page asks for at most so many times the rows of the one before: rows differ in size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a reader waits, backs off and splits.

    Args:
        timeout: Seconds that one page may take.
        budget: Seconds without any page, from the first failure on, after which the scan gives up: a node that
            restarts takes a minute or two. None for the patience of the run.
        first_pause: Seconds before the second attempt, at the most; each further limit is twice as long.
        longest_pause: Seconds that a pause takes at the most.
        first_rows: Rows asked for in a table's first page, before their size is known.
        page_bytes: Bytes that a page aims at. The server may send less, which means nothing.
        fewest_rows: What a page shrinks to before a range is split.
        most_rows: Rows of a page at the most.
        attempts: Failures of a page of the fewest rows before a range is split.
        requests_per_second: Per coordinator, over all readers of the session; 0 for no limit, but on Astra, where it
            is 3,000.
    """

    timeout: float = 30.0
    budget: float | None = None
    first_pause: float = 0.2
    longest_pause: float = 15.0
    first_rows: int = 10
    page_bytes: int = 2 * 1024 * 1024
    fewest_rows: int = 1
    most_rows: int = 10_000
    attempts: int = 3
    requests_per_second: float = 0.0


class SpentError(SourceError):
    """The budget is spent: nothing came for longer than a scan waits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server was found to answer at most; 0 where nothing is known.

    Args:
        rows: Rows of a page.
        bytes: Bytes of a page.
    """

    rows: int = 0
    bytes: int = 0

    def merged(self, other: Limits) -> Limits:
        """Give the stricter of both."""
        return Limits(
            min(filter(None, (self.rows, other.rows)), default=0),
            min(filter(None, (self.bytes, other.bytes)), default=0),
        )


@dataclass(slots=True)
class PageSize:
    """Rows to ask for: enough for the bytes aimed at, an eighth after each failure.

    Args:
        patience: Where it begins and ends.
        rows: What to begin with; 0 for the patience's first.
    """

    patience: Patience
    rows: int = 0
    _cap: int = 0
    _most: int = 0
    _bytes: int = 0
    _row_bytes: float = 0.0

    def __post_init__(self) -> None:
        self.rows = self.rows or self.patience.first_rows
        self._cap = self._most = self.patience.most_rows
        self._bytes = self.patience.page_bytes

    def seen(self, rows: int, size: int) -> None:
        """Learn from a page that came; a cap that failures set is lifted slowly."""
        if not rows:
            return
        self._cap = min(self._cap * 2, self._most)
        # large rows are remembered for a while: they seldom come alone
        self._row_bytes = max(size / rows, self._row_bytes / 2, 1.0)
        fitting = min(int(self._bytes / self._row_bytes), self._cap, self.rows * GROW)
        self.rows = max(fitting, self.patience.fewest_rows)

    def limit(self, limits: Limits) -> None:
        """Never ask for more again than the server answers."""
        self._most = min(self._most, limits.rows or self._most)
        self._bytes = min(self._bytes, limits.bytes or self._bytes)
        self.rows = min(self.rows, self._most)
        self._cap = min(self._cap, self._most)

    def failed(self) -> bool:
        """Ask for less next; tell whether it was as little as it gets."""
        smallest = self.rows <= self.patience.fewest_rows
        self.rows = self._cap = max(self.rows // SHRINK, self.patience.fewest_rows)
        return smallest


@dataclass(slots=True)
class Waiting:
    """One range's failures: how long to pause, and when to give up.

    Args:
        patience: The limits.
        what: What is read, for the error.
        failures: Since the last page that came.
        smallest: How many of these asked for as little as it gets.
        total: All failures.
        since: When the first failure after the last page came; 0 where there is none.
    """

    patience: Patience
    what: str
    failures: int = 0
    smallest: int = 0
    total: int = 0
    since: float = field(default=0.0)

    def went_well(self) -> None:
        """Begin to count anew."""
        self.failures = self.smallest = 0
        self.since = 0.0

    def pause(self, error: Exception) -> float:
        """Give the seconds to wait before the next attempt.

        Raises:
            SpentError: The budget is spent.
        """
        now = time.monotonic()
        self.since = self.since or now
        budget = current().seconds if self.patience.budget is None else self.patience.budget
        if now - self.since > budget:
            raise SpentError(
                f"reading {self.what} failed for {now - self.since:.0f} seconds",
                text_of(error),
                "what is staged is kept: run the load again, it goes on with the ranges that are missing",
            ) from error
        backoff = Backoff(first=self.patience.first_pause, longest=self.patience.longest_pause)
        pause = backoff.pause(self.failures)
        self.failures += 1
        self.total += 1
        return pause


class Rate:
    """Spaces requests to each coordinator, over all threads.

    Args:
        per_second: Requests per second and coordinator; 0 for no limit.
    """

    def __init__(self, per_second: float = 0.0) -> None:
        self._gap = 0.0
        self._next: dict[object, float] = {}
        self._lock = threading.Lock()
        self.limit(per_second)

    def limit(self, per_second: float) -> None:
        """Set a limit; of several the strictest holds."""
        if per_second:
            self._gap = max(self._gap, 1 / per_second)

    def wait(self, coordinator: object) -> None:
        """Wait for the coordinator's next slot."""
        with self._lock:
            now = time.monotonic()
            slot = max(self._next.get(coordinator, 0.0), now)
            if self._gap or slot > now:
                self._next[coordinator] = slot + self._gap
        if slot > now:
            time.sleep(slot - now)

    def hold(self, coordinator: object, seconds: float) -> None:
        """Let nobody ask a coordinator that refused for a while."""
        with self._lock:
            self._next[coordinator] = max(self._next.get(coordinator, 0.0), time.monotonic() + seconds)
