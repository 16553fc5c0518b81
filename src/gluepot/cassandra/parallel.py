"""Token ranges in threads: decoding, checksums and Parquet release the GIL, and waiting for pages does too."""

from __future__ import annotations

import os
import queue
import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from gluepot.cassandra.cql import Range

T = TypeVar("T")

AT_MOST: Final = 8
"""Ranges in flight where nothing says how many: each holds two pages, and one row group where it is written."""

TICK: Final = 0.1
"""Seconds between two looks, of a thread whose results nobody takes, at whether anybody still wants them."""


def in_flight(asked: int = 0) -> int:
    """Say how many ranges are read at once: twice the cores, since half of them wait for the server.

    Args:
        asked: What the caller says; 0 for nothing.
    """
    return asked or min(AT_MOST, 2 * (os.cpu_count() or 1))


def each_range(
    ranges: Sequence[Range],
    work: Callable[[Range, threading.Event], Iterable[T]],
    *,
    workers: int = 0,
    wait: bool = True,
) -> Generator[T, None, None]:
    """Do the work of every range, N at a time, in an order that spreads over the ring; give results as they come.

    The first error stops the rest: ranges that run are told through their event, none is begun any more, and the error
    is raised here. Nothing begins before the first result is asked for.

    Args:
        ranges: What is to be done.
        work: Does one range and gives its results; it looks at the event now and then and gives up when it is set.
        workers: Ranges in flight; 0 for twice the cores.
        wait: Whether all threads have ended when this has, however it ends: nothing is written after it. Else they end
            by themselves, with the page that they wait for.
    """
    count = min(in_flight(workers), len(ranges))
    crew = _Crew(work, queue.Queue(max(count, 1)))
    # neighbours in the ring share a replica: in order they would queue at one node
    for token_range in random.sample(ranges, len(ranges)):
        crew.todo.put(token_range)
    threads = [threading.Thread(target=crew.run, name=f"range-{number}", daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield from crew.results(count)
    finally:
        crew.stop.set()
        for thread in threads if wait else ():
            thread.join()


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a thread ended with in place of results."""

    error: BaseException


@dataclass(slots=True)
class _Crew(Generic[T]):
    """Threads that do ranges and hand results over one queue.

    Args:
        work: Does one range.
        ready: Results, an error, and None from each thread that ends; full when the caller is slow.
        todo: Ranges that nobody has begun.
        stop: Set when nobody wants any more.
    """

    work: Callable[[Range, threading.Event], Iterable[T]]
    ready: queue.Queue[T | _Failed | None]
    todo: queue.SimpleQueue[Range] = field(default_factory=queue.SimpleQueue)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Do ranges until there are none."""
        try:
            while (token_range := self._next()) is not None:
                for result in self.work(token_range, self.stop):
                    self._give(result)
        except BaseException as error:  # noqa: BLE001 - raised where the results are taken
            self._give(_Failed(error))
        self._give(None)

    def results(self, running: int) -> Iterator[T]:
        """Give results until so many threads have ended."""
        while running:
            result = self.ready.get()
            if isinstance(result, _Failed):
                raise result.error
            if result is None:
                running -= 1
            else:
                yield result

    def _next(self) -> Range | None:
        try:
            return None if self.stop.is_set() else self.todo.get_nowait()
        except queue.Empty:
            return None

    def _give(self, result: T | _Failed | None) -> None:
        while not self.stop.is_set():
            try:
                self.ready.put(result, timeout=TICK)
            except queue.Full:
                continue
            return
