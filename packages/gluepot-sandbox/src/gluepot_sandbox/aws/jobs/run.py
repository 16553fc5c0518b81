"""What the emulator knows of one job run, and the record that answers for it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final

Key = tuple[str, str, str]
"""Account, region, name of the job."""

DPUS: Final = {"G.025X": 0.25, "G.1X": 1.0, "G.2X": 2.0, "G.4X": 4.0, "G.8X": 8.0, "Standard": 1.0}
LOG_GROUP: Final = "/aws-glue/jobs"
ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"})


@dataclass
class JobRun:
    """One run, on its way or over.

    Args:
        job: The job, as GetJob answers it.
        given: What StartJobRun said.
        id: Its id.
        state: As the API tells it.
        error: Its error message; empty for none.
        began: Seconds since 1970.
        started: When its script was started; 0 before.
        ended: When it was over; 0 before.
        process: The id of its process, which leads a session of its own; 0 for none.
    """

    job: dict[str, Any]
    given: dict[str, Any]
    id: str = field(default_factory=lambda: f"jr_{secrets.token_hex(32)}")
    state: str = "STARTING"
    error: str = ""
    began: float = field(default_factory=time.time)
    started: float = 0.0
    ended: float = 0.0
    process: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.state in ENDED

    @property
    def arguments(self) -> dict[str, str]:
        """The job's arguments with the run's, which win."""
        fixed = self.job.get("NonOverridableArguments") or {}
        return {**(self.job.get("DefaultArguments") or {}), **(self.given.get("Arguments") or {}), **fixed}

    @property
    def timeout(self) -> int:
        """Minutes until it is stopped."""
        return int(self._said("Timeout") or 480)

    @property
    def worker_type(self) -> str:
        """The kind of its workers."""
        return str(self._said("WorkerType") or "G.1X")

    @property
    def workers(self) -> int:
        """How many workers it has."""
        return int(self._said("NumberOfWorkers") or 2)

    def end(self, state: str, error: str = "") -> None:
        """Be over; what has been said of the end first stands."""
        if not self.is_over:
            self.state, self.error, self.ended = state, error, time.time()

    def record(self) -> dict[str, Any]:
        """Write the record as GetJobRun answers it."""
        seconds = int((self.ended or time.time()) - self.started) if self.started else 0
        capacity = DPUS.get(self.worker_type, 1.0) * self.workers
        record: dict[str, Any] = {
            "Id": self.id,
            "Attempt": 0,
            "JobName": self.job["Name"],
            "JobMode": "SCRIPT",
            "StartedOn": self.began,
            "LastModifiedOn": self.ended or self.started or self.began,
            "JobRunState": self.state,
            "Arguments": dict(self.given.get("Arguments") or {}),
            "PredecessorRuns": [],
            "AllocatedCapacity": int(capacity),
            "ExecutionTime": seconds,
            "Timeout": self.timeout,
            "MaxCapacity": capacity,
            "WorkerType": self.worker_type,
            "NumberOfWorkers": self.workers,
            "LogGroupName": LOG_GROUP,
            "GlueVersion": str(self.job.get("GlueVersion") or "5.1"),
            "ExecutionClass": str(self._said("ExecutionClass") or "STANDARD"),
        }
        if self.ended:
            record |= {"CompletedOn": self.ended, "DPUSeconds": seconds * capacity}
        return {**record, **({"ErrorMessage": self.error} if self.error else {})}

    def _said(self, name: str) -> Any:  # noqa: ANN401 - text or a number
        return self.given.get(name) or self.job.get(name)
