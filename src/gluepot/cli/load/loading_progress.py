"""How a load gets on: a bar for each table on a terminal, a line now and then in a log."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from gluepot.cli import say
from gluepot.cli.collect.progress import LOG_SECONDS, bars, draws
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable

PERCENT: Final = 100


@dataclass(slots=True)
class _State:
    """How far one table is."""

    ranges: int
    finished: int
    began: float = field(default_factory=time.monotonic)
    rows: int = 0
    size: int = 0
    done_here: int = 0
    task: Any = None

    def summary(self) -> str:
        """Say rows, rate and what is left."""
        seconds = max(time.monotonic() - self.began, 0.1)
        rate = f"{self.rows / seconds:,.0f} rows/s, {self.size / seconds / 1e6:,.1f} MB/s"
        return f"{counted(self.rows, 'row')}, {rate}{self.left(seconds)}"

    def left(self, seconds: float) -> str:
        """Say how much time is left, from the ranges that this run has finished."""
        todo = self.ranges - self.finished
        return f", {_clock(seconds / self.done_here * todo)} left" if self.done_here and todo else ""


class Loading:
    """Shows a load's tables; its methods are called from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: dict[str, _State] = {}
        self._bars: Any = None
        self._due = 0.0

    def __enter__(self) -> Self:
        if draws():
            self._bars = bars("{task.description}", "{task.fields[told]}")
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def planned(self, tables: Sequence[PlannedTable], slots: int) -> None:
        """Hear what is to be loaded; each table is shown once it is begun."""

    def began(self, table: PlannedTable, ranges: int, finished: int) -> None:
        """Hear that a table is begun."""
        with self._lock:
            state = self._tables[table.name] = _State(ranges=ranges, finished=finished)
            if self._bars is not None:
                state.task = self._bars.add_task(say.safe(table.name), total=ranges, completed=finished, told="")
        went_on = f", {finished:,} of them finished by an earlier run" if finished else ""
        if self._bars is None:
            say.tell(f"{say.safe(table.name)}: {counted(ranges, 'token range')}{went_on}")

    def read(self, table: PlannedTable, rows: int, size: int) -> None:
        """Hear of a page."""
        with self._lock:
            state = self._tables[table.name]
            state.rows += rows
            state.size += size
            self._show(table, state)

    def finished(self, table: PlannedTable, record: RangeRecord) -> None:
        """Hear of a range that has its record."""
        del record
        with self._lock:
            state = self._tables[table.name]
            state.finished += 1
            state.done_here += 1
            self._show(table, state)

    def ended(self, table: PlannedTable, rows: int, error: str) -> None:
        """Hear that a table is committed, or has failed."""
        with self._lock:
            state = self._tables.get(table.name)
            if state is not None and self._bars is not None:
                self._bars.update(state.task, completed=state.finished, told=state.summary())
        if error or self._bars is None:
            outcome = f"failed: {error}" if error else f"committed, {counted(rows, 'row')}"
            say.note(f"{table.name}: {outcome}")

    def _show(self, table: PlannedTable, state: _State) -> None:
        if self._bars is not None:
            self._bars.update(state.task, completed=state.finished, told=state.summary())
        elif time.monotonic() >= max(self._due, state.began + LOG_SECONDS):
            self._due = time.monotonic() + LOG_SECONDS
            percent = PERCENT * state.finished // max(state.ranges, 1)
            say.tell(f"{say.safe(table.name)}: {percent} %, {state.summary()}")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
