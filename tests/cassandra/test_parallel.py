"""Token ranges in threads: each once, several results from each, and what an error or a caller that leaves ends."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from gluepot.cassandra.parallel import AT_MOST, each_range, in_flight
from gluepot.cassandra.splits import cover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.cql import Range


def test_every_range_is_done_once_by_several_threads() -> None:
    ranges = cover([], 40)
    threads: Counter[str] = Counter()

    def work(token_range: Range, _stop: threading.Event) -> Iterator[Range]:
        threads[threading.current_thread().name] += 1
        yield token_range

    assert sorted(each_range(ranges, work, workers=4)) == sorted(ranges)
    assert sum(threads.values()) == 40


def test_the_first_error_stops_the_rest_and_is_raised() -> None:
    begun: list[Range] = []
    ended: list[bool] = []

    def work(token_range: Range, stop: threading.Event) -> Iterator[None]:
        begun.append(token_range)
        if len(begun) == 1:
            raise ValueError("broken")
        ended.append(stop.wait(10))
        yield from ()

    with pytest.raises(ValueError, match="broken"):
        list(each_range(cover([], 100), work, workers=3))
    assert len(begun) < 10
    assert ended == [True] * (len(begun) - 1)  # each of the others was told, and had ended before the error came


def test_a_range_gives_any_number_of_results() -> None:
    def work(token_range: Range, _stop: threading.Event) -> Iterator[Range]:
        yield from [token_range] * 3

    assert Counter(each_range(cover([], 5), work, workers=2)) == dict.fromkeys(cover([], 5), 3)
    assert list(each_range((), work)) == []


def test_results_wait_for_a_slow_caller() -> None:
    begun: list[Range] = []

    def work(token_range: Range, _stop: threading.Event) -> Iterator[Range]:
        begun.append(token_range)
        yield token_range

    results = each_range(cover([], 100), work, workers=2)
    assert begun == []
    next(results)
    time.sleep(0.3)
    assert len(begun) <= 6  # one is taken, two wait, two are held, one may have been begun beside
    results.close()


@pytest.mark.parametrize("wait", [True, False])
def test_a_caller_that_leaves_ends_what_runs(*, wait: bool) -> None:
    ended: list[Range] = []

    def work(token_range: Range, stop: threading.Event) -> Iterator[Range]:
        yield token_range
        assert stop.wait(10)
        time.sleep(0.2)
        ended.append(token_range)

    results = each_range(cover([], 100), work, workers=3, wait=wait)
    taken = {next(results) for _ in range(3)}
    results.close()
    assert set(ended) == (taken if wait else set())
    deadline = time.monotonic() + 10
    while len(ended) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(ended) == taken


def test_ranges_in_flight_are_what_is_asked_or_follow_the_cores() -> None:
    assert in_flight(100) == 100
    assert 2 <= in_flight() <= AT_MOST
