"""Ranges in threads of this process."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gluepot.cassandra.parallel import each_range, in_flight
from gluepot.cassandra.reader import Reader
from gluepot.lake.convert.convert import Converter
from gluepot.loader.core.stager import Stager

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from gluepot.cassandra.cql import Range
    from gluepot.loader.core.engine import Work
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.core.stager import Times
    from gluepot.plan.records import RangeRecord


@dataclass(frozen=True, slots=True)
class Local:
    """The engine that is there without any other."""

    @property
    def slots(self) -> int:
        """Give what suits this machine."""
        return in_flight()

    def range_bytes(self, size: int, asked: int) -> int:
        """Take what the plan file says: threads are few, so that any size keeps them busy."""
        del size
        return asked

    def stage(self, work: Work) -> Iterator[RangeRecord]:
        """Stage every range in threads of this process."""
        reader = Reader(work.session, Converter(work.table, work.source).selection, work.patience)
        stager = Stager(table=work.table, source=work.source, reader=reader, staging=work.staging, watcher=work.watcher)

        def stage(token_range: Range, stop: threading.Event) -> Iterator[tuple[RangeRecord, Times]]:
            yield stager.stage(token_range, stop)

        for record, spent in each_range(work.todo, stage, workers=work.in_flight):
            work.times.add(spent)
            yield record
        work.times.decode = reader.stats.decode


@contextlib.contextmanager
def opened(file: PlanFile) -> Iterator[Local]:
    """Open the engine, which takes nothing from a plan file."""
    del file
    yield Local()
