"""The operator that waits for a run of a Glue job."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from gluepot.airflow import connections, gluejobs
from gluepot.airflow.taskerrors import check_event, task_errors
from gluepot.airflow.triggers import GlueJobRunTrigger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gluepot.loader.gluejob.runs import JobRun, JobRuns


class WaitForGlueJob(BaseOperator):  # type: ignore[misc] # Airflow has an environment of its own, and no types in this one
    """Waits until a run of a Glue job is over; where it did not succeed, it fails with the cause from the run's log.

    The run is not stopped when the task is: whoever starts the task again goes on waiting for the same run.

    Args:
        job: The job.
        run_id: The run, or what the task returned that started it.
        region: Its region; empty for the connection's or the environment's.
        aws_conn_id: The connection that reads it; empty for the worker's own identity.
        poll_seconds: Seconds between two questions.
        wait_seconds: Seconds to wait at most; 0 for as long as the job takes.
        deferrable: Whether the waiting is left to the triggerer, so that no worker is held.
        more: Whatever Airflow's operators take.
    """

    template_fields: ClassVar[Sequence[str]] = ("job", "run_id", "region")
    ui_color = "#d8e4f0"

    def __init__(  # noqa: PLR0913 - each is a choice of its own
        self,
        *,
        job: Any,  # noqa: ANN401 - or an XComArg of it
        run_id: Any,  # noqa: ANN401 - or an XComArg of it
        region: str = "",
        aws_conn_id: str = "",
        poll_seconds: float = 30.0,
        wait_seconds: float = 0,
        deferrable: bool = True,
        **more: Any,  # noqa: ANN401 - Airflow's own
    ) -> None:
        super().__init__(**more)
        self.job = job
        self.run_id = run_id
        self.region = region
        self.aws_conn_id = aws_conn_id
        self.poll_seconds = poll_seconds
        self.wait_seconds = wait_seconds
        self.deferrable = deferrable

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Look, and wait where it is not over."""
        del context
        with task_errors():
            runs = self._runs()
            run = runs.get(self.run_id)
            return self._ended(runs, run if run.is_over else self._wait(runs))

    def resume(self, context: Mapping[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        """Take what the trigger saw.

        Raises:
            AirflowException: The trigger could not ask, or the run did not succeed.
        """
        del context
        with task_errors():
            check_event(event)
            runs = self._runs()
            return self._ended(runs, runs.get(self.run_id))

    def _wait(self, runs: JobRuns) -> JobRun:
        if self.deferrable:
            self.defer(
                trigger=GlueJobRunTrigger(self.job, self.run_id, self.region, self.aws_conn_id, self.poll_seconds),
                method_name=self.resume.__name__,
                timeout=timedelta(seconds=self.wait_seconds) if self.wait_seconds else None,
            )
        until = time.monotonic() + self.wait_seconds
        while not self.wait_seconds or time.monotonic() < until:
            time.sleep(self.poll_seconds)
            run = runs.get(self.run_id)
            if run.is_over:
                return run
        raise AirflowException(f"the run {self.run_id} of {self.job} is not over after {self.wait_seconds} s")

    def _runs(self) -> JobRuns:
        conn = connections.get(self.aws_conn_id) if self.aws_conn_id else None
        return gluejobs.runs_of(self.job, self.region, conn)

    def _ended(self, runs: JobRuns, run: JobRun) -> dict[str, Any]:
        gluejobs.raise_failed(runs, run)
        self.log.info("the run %s of %s took %s s", run.id, self.job, run.seconds)
        return {"run_id": run.id, "state": run.state, "seconds": run.seconds}
