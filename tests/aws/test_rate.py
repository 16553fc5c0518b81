"""The pace of requests, by a clock that only the test moves."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.aws.rate import FLOOR, Rate


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        """Begin anywhere but at zero."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def made(cap: float | None = None) -> tuple[Rate, Clock]:
    clock = Clock()
    return Rate(cap, clock=clock, sleep=clock.sleep), clock


def took(rate: Rate, clock: Clock, requests: int) -> float:
    """Make requests one after the other, and say how long that took."""
    began = clock.now
    for _ in range(requests):
        rate.acquire()
    return clock.now - began


def test_without_a_cap_nothing_waits_until_the_service_throttles() -> None:
    rate, clock = made()
    assert took(rate, clock, 1000) == 0
    assert rate.per_second is None


def test_a_cap_is_kept_from_the_first_request_on() -> None:
    rate, clock = made(cap=10)
    assert took(rate, clock, 101) == pytest.approx(10, rel=0.01)


def test_a_throttle_halves_what_was_going_out() -> None:
    rate, clock = made()
    for _ in range(100):
        rate.acquire()
        clock.sleep(0.05)
    rate.throttled()
    assert rate.per_second == pytest.approx(10, rel=0.1)


def test_throttles_within_one_window_are_one_signal() -> None:
    rate, clock = made(cap=100)
    for _ in range(16):
        rate.throttled()
    assert rate.per_second == 50
    clock.sleep(2)
    rate.throttled()
    assert 25 <= (rate.per_second or 0) < 50


def test_it_never_falls_below_the_floor() -> None:
    rate, clock = made(cap=1)
    for _ in range(20):
        rate.throttled()
        clock.sleep(2)
    assert rate.per_second == FLOOR


def test_it_climbs_back_quickly_to_where_it_was_and_slowly_beyond() -> None:
    rate, clock = made(cap=100)
    rate.throttled()
    took(rate, clock, 300)
    assert (rate.per_second or 0) > 85
    took(rate, clock, 3000)
    assert rate.per_second == 100


@given(st.lists(st.sampled_from(["request", "throttle", "pause"]), max_size=200), st.floats(0.5, 500))
def test_the_cap_holds_whatever_happens(happenings: list[str], cap: float) -> None:
    rate, clock = made(cap=cap)
    sent = []
    for what in happenings:
        if what == "request":
            rate.acquire()
            sent.append(clock.now)
        elif what == "throttle":
            rate.throttled()
        else:
            clock.sleep(0.7)
        assert FLOOR <= (rate.per_second or 0) <= cap
    gaps = [later - sooner for sooner, later in itertools.pairwise(sent)]
    assert all(gap >= 1 / cap - 1e-9 for gap in gaps)
