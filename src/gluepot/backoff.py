"""Pauses that grow: how long anything here waits before it asks once more.

A pause after a failure is drawn between nothing and its ceiling ("full jitter"), so that those who failed together do
not come back together: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_MOST_TURNS: Final = 100
"""After so many turns every pause has its longest ceiling; a float's power ends at some thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How pauses grow. A turn is counted from 0: it is how many pauses there have been.

    Args:
        first: Seconds of the first pause, at the most.
        longest: Seconds of any pause, at the most.
        growth: What a ceiling is multiplied with for the next one.
        jitter: Whether a pause is drawn below its ceiling; looks at something that grows need not be drawn.
        draw: Draws between two numbers (for tests).
        sleep: Waits that many seconds (for tests).
    """

    first: float
    longest: float
    growth: float = 2.0
    jitter: bool = True
    draw: Callable[[float, float], float] = random.uniform
    sleep: Callable[[float], None] = time.sleep

    def ceiling(self, turn: int) -> float:
        """Give the longest that a turn's pause may take."""
        return min(self.first * self.growth ** min(turn, _MOST_TURNS), self.longest)

    def pause(self, turn: int) -> float:
        """Give the seconds of a turn's pause."""
        return self.draw(0.0, self.ceiling(turn)) if self.jitter else self.ceiling(turn)

    def wait(self, turn: int) -> None:
        """Wait for a turn's pause."""
        self.sleep(self.pause(turn))

    def retry(self, call: Callable[[], T], attempts: int, passing: Callable[[Exception], bool]) -> T:
        """Make a call, and again after a pause where it failed in passing.

        Args:
            call: What is tried.
            attempts: How often, at the most.
            passing: Tells whether another try may help.

        Raises:
            Exception: What the last attempt raised, or the first that does not pass.
        """
        for turn in range(attempts - 1):
            try:
                return call()
            except Exception as error:
                if not passing(error):
                    raise
            self.wait(turn)
        return call()
