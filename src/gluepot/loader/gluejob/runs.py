"""Runs of one Glue job: started, asked for, stopped; and what they log.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-runs.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import BusyError, ConfigError, EngineError, ScopeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gluepot.aws.clients import Clients
    from gluepot.loader.core.planfile import PricesSection

ENDED: Final = frozenset({"STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED"})
SUCCEEDED: Final = "SUCCEEDED"
FULL: Final = "ConcurrentRunsExceededException"
LOOKED_AT: Final = 50
"""Runs that are looked through for one of a load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One run as Glue tells it.

    Args:
        id: Its id.
        state: Glue's word for it: `STARTING`, `WAITING`, `RUNNING`, `STOPPING`, or how it ended.
        message: Glue's message, where it failed.
        began: When it was started.
        ended: When it was over; None before.
        seconds: How long its script has run.
        dpu_seconds: What is billed, as far as Glue tells.
        worker_type: The kind of its workers.
        workers: How many, at most.
        minutes: Its timeout.
        flex: Whether it runs on spare capacity.
        arguments: What it was started with.
    """

    id: str
    state: str
    message: str
    began: datetime
    ended: datetime | None
    seconds: int
    dpu_seconds: float
    worker_type: str
    workers: int
    minutes: int
    flex: bool
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in ENDED

    @property
    def has_succeeded(self) -> bool:
        """Whether its script ended well."""
        return self.state == SUCCEEDED

    @property
    def dpu_hours(self) -> float:
        """DPU-hours that are billed, as far as Glue tells."""
        return self.dpu_seconds / 3600

    def dollars(self, prices: PricesSection) -> float:
        """Say what it has cost so far."""
        return self.dpu_hours * (prices.dpu_hour_flex if self.flex else prices.dpu_hour)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> JobRun:
        """Read Glue's record."""
        seconds = int(told.get("ExecutionTime") or 0)
        billed = told.get("DPUSeconds")
        return cls(
            id=told["Id"],
            state=told.get("JobRunState", ""),
            message=told.get("ErrorMessage", ""),
            began=told["StartedOn"],
            ended=told.get("CompletedOn"),
            seconds=seconds,
            dpu_seconds=float(billed if billed is not None else seconds * float(told.get("MaxCapacity") or 0)),
            worker_type=told.get("WorkerType", ""),
            workers=int(told.get("NumberOfWorkers") or 0),
            minutes=int(told.get("Timeout") or 0),
            flex=told.get("ExecutionClass") == "FLEX",
            arguments=told.get("Arguments") or {},
        )


@dataclass(frozen=True, slots=True)
class JobRuns:
    """The runs of one job.

    Args:
        clients: The account.
        job: The job's name.
    """

    clients: Clients
    job: str

    def start(self, given: Mapping[str, Any], mark: str) -> str:
        """Start a run, once; returns its id.

        Args:
            given: What StartJobRun takes, but for the job's name.
            mark: An argument whose value no other run has: it tells our own run where the answer was lost.

        Raises:
            BusyError: A run is under way already.
            ConfigError: There is no such job.
            ScopeError: Denied, a quota, throttled out, unreachable.
        """
        try:
            answer = self.clients.find("glue", "StartJobRun", self._arn, JobName=self.job, **given)
        except ScopeError as error:
            if error.code != FULL:
                raise
            return self._running(mark, given["Arguments"][mark], error)
        if answer is None:
            raise self._missing()
        return str(answer["JobRunId"])

    def get(self, run_id: str) -> JobRun:
        """Ask for one run.

        Raises:
            ConfigError: There is none of that id.
        """
        answer = self.clients.find("glue", "GetJobRun", self._arn, JobName=self.job, RunId=run_id)
        if answer is None:
            raise ConfigError(f"job {self.job} has no run {run_id}", "Glue does not know it", "leave --run out")
        return JobRun.of(answer["JobRun"])

    def latest(self, count: int = LOOKED_AT) -> Sequence[JobRun]:
        """Ask for the newest runs, newest first.

        Raises:
            ConfigError: There is no such job.
        """
        answer = self.clients.find("glue", "GetJobRuns", self._arn, JobName=self.job, MaxResults=count)
        if answer is None:
            raise self._missing()
        return sorted((JobRun.of(run) for run in answer["JobRuns"]), key=lambda run: run.began, reverse=True)

    def newest(self) -> JobRun | None:
        """Ask for the newest run; None where there is none, or no such job."""
        answer = self.clients.find("glue", "GetJobRuns", self._arn, JobName=self.job, MaxResults=LOOKED_AT) or {}
        return max((JobRun.of(run) for run in answer.get("JobRuns", ())), key=lambda run: run.began, default=None)

    def stop(self, run_id: str) -> None:
        """Stop a run; one that has ended is as good.

        Raises:
            EngineError: Glue did not take it.
        """
        given = {"JobName": self.job, "JobRunIds": [run_id]}
        answer = self.clients.call("glue", "BatchStopJobRun", self._arn, **given)
        if answer.get("Errors") and not self.get(run_id).is_over:
            why = answer["Errors"][0].get("ErrorDetail", {}).get("ErrorMessage", "")
            raise EngineError(f"run {run_id} of job {self.job} could not be stopped", why, "stop it in the console")

    @property
    def _arn(self) -> str:
        return self.clients.arn("glue", f"job/{self.job}")

    def _running(self, mark: str, value: str, error: ScopeError) -> str:
        """Find the run that is in the way, which is our own where the answer to its start was lost."""
        running = [run for run in self.latest() if not run.is_over]
        for run in running:
            if run.arguments.get(mark) == value:
                return run.id
        since = f"run {running[0].id} is under way since {running[0].began:%Y-%m-%d %H:%M:%S %Z}" if running else ""
        hint = "wait for its end, or end it with gluepot load stop; gluepot load status shows how it gets on"
        raise BusyError(f"job {self.job} runs already", since or error.why, hint) from error

    def _missing(self) -> ConfigError:
        return ConfigError(f"there is no Glue job {self.job}", "it was not made, or was removed", "gluepot load run")
