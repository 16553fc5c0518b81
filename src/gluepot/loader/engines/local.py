"""Ranges in threads of this process: decoding, checksums and Parquet release the GIL, waiting for pages does too."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gluepot.cassandra.reader import Reader
from gluepot.lake.convert.convert import Converter
from gluepot.loader.core.stager import Stager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from gluepot.cassandra.cql import Range
    from gluepot.loader.core.engine import Work
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.plan.records import RangeRecord

T = TypeVar("T")

AT_MOST: Final = 8
"""Ranges in flight where nothing says how many: each holds two pages and one row group."""


@dataclass(frozen=True, slots=True)
class Local:
    """The engine that is there without any other."""

    def range_bytes(self, size: int, asked: int) -> int:
        """Take what the plan file says: threads are few, so that any size keeps them busy."""
        del size
        return asked

    def stage(self, work: Work) -> Iterator[RangeRecord]:
        """Stage every range in threads of this process."""
        reader = Reader(work.session, Converter(work.table, work.source).selection, work.patience)
        stager = Stager(table=work.table, source=work.source, reader=reader, staging=work.staging, watcher=work.watcher)
        for record, spent in run(work.todo, stager.stage, workers=work.in_flight):
            work.times.add(spent)
            yield record
        work.times.decode = reader.stats.decode


@contextlib.contextmanager
def opened(file: PlanFile) -> Iterator[Local]:
    """Open the engine, which takes nothing from a plan file."""
    del file
    yield Local()


def in_flight(asked: int = 0) -> int:
    """Say how many ranges are read at once: twice the cores, since half of them wait for the server.

    Args:
        asked: What the plan file says; 0 for nothing.
    """
    return asked or min(AT_MOST, 2 * (os.cpu_count() or 1))


def run(ranges: Sequence[Range], work: Callable[[Range, threading.Event], T], *, workers: int = 0) -> Iterator[T]:
    """Do the work of every range, N at a time, in an order that spreads over the ring; give results as they come.

    The first error stops the rest: ranges that run are told through their event, none is begun any more, and the
    error is raised once they have ended, so that nothing is written after it.

    Args:
        ranges: What is to be done.
        work: Does one range; it looks at the event now and then and gives up when it is set.
        workers: Ranges in flight; 0 for twice the cores.
    """
    stop = threading.Event()
    shuffled = list(ranges)
    random.shuffle(shuffled)  # neighbours in the ring share a replica: in order they would queue at one node
    waiting = iter(shuffled)
    size = in_flight(workers)
    with ThreadPoolExecutor(size, thread_name_prefix="range") as pool:
        running: set[Future[T]] = set()
        try:
            for token_range in waiting:
                running.add(pool.submit(work, token_range, stop))
                if len(running) >= size:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            stop.set()
            for future in running:
                future.cancel()
