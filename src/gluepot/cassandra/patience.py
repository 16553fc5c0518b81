"""How a scan waits: page sizes that adapt, pauses that grow, a budget that ends, requests that are spaced."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Final

from gluepot.errors import SourceError

ASTRA_RATE: Final = 3000
"""Requests per second and coordinator for Astra, which refuses more than 4,096: https://astra.dev/rate-limit"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a reader waits, backs off and splits.

    Args:
        timeout: Seconds that one page may take.
        budget: Seconds that one range may go without any row before the scan gives up: a node that restarts takes
            a minute or two.
        first_pause: Seconds before the second attempt; each further pause is twice as long, with jitter.
        longest_pause: Seconds that a pause takes at the most.
        first_rows: Rows asked for in a range's first page, before their size is known.
        page_bytes: Bytes that a page aims at. The server may send less, which means nothing.
        fewest_rows: What a page shrinks to before a range is split.
        most_rows: Rows of a page at the most.
        attempts: Failures of a page of the fewest rows before a range is split.
        requests_per_second: Per coordinator, over all readers of the session; 0 for no limit.
    """

    timeout: float = 30.0
    budget: float = 300.0
    first_pause: float = 0.2
    longest_pause: float = 15.0
    first_rows: int = 2000
    page_bytes: int = 2 * 1024 * 1024
    fewest_rows: int = 10
    most_rows: int = 20_000
    attempts: int = 3
    requests_per_second: float = 0.0


@dataclass(slots=True)
class PageSize:
    """Rows to ask for: enough for the bytes aimed at, a quarter after each failure.

    Args:
        patience: Where it begins and ends.
    """

    patience: Patience
    rows: int = 0
    _cap: int = 0

    def __post_init__(self) -> None:
        self.rows = self.patience.first_rows
        self._cap = self.patience.most_rows

    def seen(self, rows: int, size: int) -> None:
        """Learn from a page that came; a cap that failures set is lifted slowly."""
        if rows:
            self._cap = min(self._cap * 2, self.patience.most_rows)
            fitting = self.patience.page_bytes * rows // max(size, 1)
            self.rows = max(min(fitting, self._cap), self.patience.fewest_rows)

    def failed(self) -> bool:
        """Ask for a quarter next; tell whether it is as small as it gets."""
        smallest = self.rows <= self.patience.fewest_rows
        self.rows = self._cap = max(self.rows // 4, self.patience.fewest_rows)
        return smallest


@dataclass(slots=True)
class Waiting:
    """One range's failures in a row: how long to pause, and when to give up.

    Args:
        patience: The limits.
        what: What is read, for the error.
    """

    patience: Patience
    what: str
    failures: int = 0
    smallest: int = 0
    since: float = field(default_factory=time.monotonic)

    def went_well(self) -> None:
        """Begin to count anew."""
        self.failures = self.smallest = 0
        self.since = time.monotonic()

    def pause(self, error: Exception) -> None:
        """Wait before the next attempt.

        Raises:
            SourceError: The budget is spent.
        """
        waited = time.monotonic() - self.since
        if waited > self.patience.budget:
            raise SourceError(
                f"reading {self.what} failed for {waited:.0f} seconds",
                told(error),
                "what is staged is kept: run the load again, it goes on with the ranges that are missing",
            ) from error
        pause = min(self.patience.first_pause * 2**self.failures, self.patience.longest_pause)
        self.failures += 1
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret


class Rate:
    """Spaces requests to each coordinator, over all threads.

    Args:
        per_second: Requests per second and coordinator; 0 for no limit.
    """

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._next: dict[object, float] = {}
        self._lock = threading.Lock()

    def wait(self, coordinator: object) -> None:
        """Wait for the coordinator's next slot."""
        if not self._gap:
            return
        with self._lock:
            now = time.monotonic()
            slot = max(self._next.get(coordinator, 0.0), now)
            self._next[coordinator] = slot + self._gap
        if slot > now:
            time.sleep(slot - now)


def told(error: Exception) -> str:
    """Say what the driver said, in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
