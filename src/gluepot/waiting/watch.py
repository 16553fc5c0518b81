"""What is under way, so that somebody who waits learns what for: each host once in a while, not each of its calls."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Final

from gluepot.text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

AFTER: Final = 10.0
"""Seconds that an operation takes before it is told of."""

EVERY: Final = 30.0
"""Seconds until the same host is told of again."""

LOOKS: Final = 1.0
"""Seconds between two looks."""

IDLE: Final = 60
"""Looks without anything under way, after which the thread that looks ends."""

LONGEST: Final = 200
"""Characters of a reason."""

_COUNT: Final = re.compile(r" \(reached max retries: \d+\)")
"""What botocore says of its own tries, which it makes none of."""


class Wait:
    """One operation under way: since when, and what it has met.

    Args:
        host: Whom it asks.
        what: What it does there, for people; may be empty.
        began: The clock's instant.
    """

    __slots__ = ("began", "end", "host", "reason", "what")

    def __init__(self, host: str, what: str, began: float) -> None:
        self.host = host
        self.what = what
        self.began = began
        self.reason: Exception | None = None
        self.end = 0.0

    def line(self, now: float) -> str:
        """Say what is waited for."""
        whom = f"{self.host} ({self.what})" if self.what else self.host
        lasted = f"{now - self.began:.0f} s"
        if self.reason is None:
            return f"waiting for {whom}: no answer for {lasted}"
        left = max(self.end - now, 0.0)
        return f"waiting for {whom}, for {lasted}: {_words(self.reason)}; given up in {left:.0f} s"


class Waits:
    """All that is under way in a run; a thread of its own looks at it while there is something.

    Args:
        clock: Tells seconds.
        tell: Is told what is waited for.
    """

    def __init__(self, clock: Callable[[], float], tell: Callable[[str], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._under_way: dict[int, Wait] = {}
        self._told: dict[str, float] = {}
        self._thread: threading.Thread | None = None

    def enter(self, host: str, what: str) -> Wait:
        """Take note of an operation that begins."""
        wait = Wait(host, what, self._clock())
        self._under_way[id(wait)] = wait
        thread = self._thread
        if thread is None or not thread.is_alive():  # after a fork there is none
            self._thread = threading.Thread(target=self._watch, name="waiting", daemon=True)
            self._thread.start()
        return wait

    def leave(self, wait: Wait) -> None:
        """Forget it."""
        self._under_way.pop(id(wait), None)

    def look(self) -> None:
        """Tell what has been waited for long enough."""
        now = self._clock()
        for wait in list(self._under_way.values()):
            told = self._told.get(wait.host, float("-inf"))
            if now - wait.began >= AFTER and now - told >= EVERY:
                self._told[wait.host] = now
                self._tell(wait.line(now))

    def _watch(self) -> None:
        idle = 0
        while idle < IDLE:
            time.sleep(LOOKS)
            idle = 0 if self._under_way else idle + 1
            self.look()


def _words(error: Exception) -> str:
    """Give an error in one short line that holds no credential."""
    from gluepot.mask.credentials import Redactor  # noqa: PLC0415 - only who waits long needs it

    text = " ".join(_COUNT.sub("", str(error)).split()) or type(error).__name__
    return shortened(Redactor().redact(text), LONGEST)
