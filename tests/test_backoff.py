"""Pauses grow up to their limit and are drawn below it; calls are made again only while that may help."""

from __future__ import annotations

import random

import pytest

from gluepot.backoff import Backoff


class Calls:
    """Fails so many times, then answers with how often it was called."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures = failures
        self.error = error
        self.made = 0

    def __call__(self) -> int:
        """Fail, or answer."""
        self.made += 1
        if self.made <= self.failures:
            raise self.error
        return self.made


def is_passing(error: Exception) -> bool:
    return isinstance(error, TimeoutError)


def test_ceilings_double_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=3.0)
    assert [backoff.ceiling(turn) for turn in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_ceilings_may_grow_otherwise_and_never_overflow() -> None:
    backoff = Backoff(first=0.1, longest=2.0, growth=1.5)
    assert [round(backoff.ceiling(turn), 3) for turn in range(3)] == [0.1, 0.15, 0.225]
    assert backoff.ceiling(1_000_000) == 2.0


def test_pauses_are_drawn_between_nothing_and_their_ceiling() -> None:
    asked: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 4

    backoff = Backoff(first=1.0, longest=4.0, draw=draw)
    assert [backoff.pause(turn) for turn in range(4)] == [0.25, 0.5, 1.0, 1.0]
    assert asked == [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0), (0.0, 4.0)]


def test_those_who_failed_together_do_not_come_back_together() -> None:
    pauses = [Backoff(first=1.0, longest=8.0, draw=random.Random(seed).uniform).pause(3) for seed in range(200)]
    assert min(pauses) < 1.0
    assert max(pauses) > 7.0
    assert len(set(pauses)) == 200


def test_pauses_without_jitter_are_their_ceilings() -> None:
    slept: list[float] = []
    backoff = Backoff(first=1.0, longest=10.0, jitter=False, sleep=slept.append)
    for turn in range(5):
        backoff.wait(turn)
    assert slept == [1.0, 2.0, 4.0, 8.0, 10.0]


def test_a_call_that_fails_in_passing_is_made_again_after_growing_pauses() -> None:
    slept: list[float] = []
    backoff = Backoff(first=0.2, longest=10.0, jitter=False, sleep=slept.append)
    assert backoff.retry(Calls(3, TimeoutError()), 5, is_passing) == 4
    assert slept == [0.2, 0.4, 0.8]


def test_a_call_is_given_up_after_its_attempts_without_a_last_pause() -> None:
    slept: list[float] = []
    calls = Calls(99, TimeoutError("the third"))
    with pytest.raises(TimeoutError, match="the third"):
        Backoff(first=1.0, longest=1.0, jitter=False, sleep=slept.append).retry(calls, 3, is_passing)
    assert (calls.made, slept) == (3, [1.0, 1.0])


def test_what_does_not_pass_is_raised_at_once() -> None:
    calls = Calls(99, ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        Backoff(first=1.0, longest=1.0, sleep=lambda _: pytest.fail("it waited")).retry(calls, 3, is_passing)
    assert calls.made == 1
