"""Watching a job run: its state, its log and its load's records, until it is over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.loader.core.results import LoadedTable
    from gluepot.loader.gluejob.job import Outcome
    from gluepot.loader.gluejob.log import JobLog
    from gluepot.loader.gluejob.progress import Progress
    from gluepot.loader.gluejob.runs import JobRun, JobRuns

SHORTEST, LONGEST = 0.5, 10.0
"""Seconds between two looks: few at first, when much happens, then more."""

PER_RANGE: Final = 0.002
"""Further seconds between two looks at the records, for each range: they are listed, a thousand at a time."""

STATES: Final = {
    "STARTING": "is starting",
    "WAITING": "waits for machines",
    "RUNNING": "runs",
    "STOPPING": "is being stopped",
    "STOPPED": "was stopped",
    "SUCCEEDED": "has ended",
    "FAILED": "has failed",
    "TIMEOUT": "took too long",
    "ERROR": "has failed",
    "EXPIRED": "found no machines in time",
}
"""Glue's states in words."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A run under watch.

    Args:
        runs: The job's runs.
        run_id: The run.
        log: Its log.
        progress: The records of its load; None where nobody knows what it loads.
        say: Is told of each change of its state.
        line: Is given each line that the script prints.
    """

    runs: JobRuns
    run_id: str
    log: JobLog
    progress: Progress | None
    say: Callable[[str], None]
    line: Callable[[str], None]

    def wait(self) -> JobRun:
        """Watch until the run is over.

        Raises:
            ScopeError: AWS refuses, or has not answered for as long as the run is patient; the job goes on.
        """
        began = looked = time.monotonic()
        state = ""
        while True:
            now = time.monotonic()
            run = self.runs.get(self.run_id)
            if run.state != state:
                state = run.state
                self.say(f"job {self.runs.job} {STATES.get(state, state)}")
            if run.is_over or now >= looked:
                self._look()
                looked = now + self._pause(now - began) + PER_RANGE * (self.progress.ranges() if self.progress else 0)
            if run.is_over:
                return run
            time.sleep(self._pause(now - began))

    def _look(self) -> None:
        for line in self.log.new():
            self.line(line)
        if self.progress is not None:
            self.progress.look()

    def _pause(self, passed: float) -> float:
        return min(max(SHORTEST, passed / 30), LONGEST)


def loaded(progress: Progress, run: JobRun, outcome: Outcome) -> tuple[LoadedTable, ...]:
    """Say what became of each table of a run's load."""
    missing = outcome.error or EngineError(
        "the job ended without committing this table", "its log says no more", "run it again: what is staged is used"
    )
    return tuple(
        followed.loaded(outcome.tables.get(followed.begun.table.name, missing), float(run.seconds))
        for followed in progress.tables
    )
