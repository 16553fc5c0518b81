"""The trigger that waits for a Glue job: one process of Airflow waits for many, and no worker is held meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from airflow.triggers.base import BaseTrigger, TriggerEvent

from gluepot.airflow import connections, gluejobs
from gluepot.airflow.loader import Loading
from gluepot.airflow.taskerrors import event_of
from gluepot.errors import GluepotError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gluepot.loader.gluejob.runs import JobRun, JobRuns


class GlueJobRunTrigger(BaseTrigger):  # type: ignore[misc] # Airflow has an environment of its own, and no types in this one
    """Fires once a run of a Glue job is over: `{"run_id", "state"}`, or `{"error"}` where it cannot be asked.

    Args:
        job: The job.
        run_id: The run.
        region: Its region; empty for the connection's or the environment's.
        aws_conn_id: The connection that reads it; empty for the triggerer's own identity.
        poll_seconds: Seconds between two questions.
        loading: The load that the run is for, as plain data: then its plan file says how AWS is reached.
    """

    def __init__(
        self,
        job: str,
        run_id: str,
        region: str = "",
        aws_conn_id: str = "",
        poll_seconds: float = 30.0,
        loading: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.job = job
        self.run_id = run_id
        self.region = region
        self.aws_conn_id = aws_conn_id
        self.poll_seconds = poll_seconds
        self.loading = loading

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Say how the trigger is made again in another process; no credentials are in it."""
        names = ("job", "run_id", "region", "aws_conn_id", "poll_seconds", "loading")
        return f"{type(self).__module__}.{type(self).__name__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask until it is over."""
        try:
            found = await self._over(await self._runs())
        except GluepotError as error:
            yield TriggerEvent(event_of(error))
        else:
            yield TriggerEvent({"run_id": found.id, "state": found.state})

    async def _runs(self) -> JobRuns:
        if self.loading is None:
            conn = await connections.aget(self.aws_conn_id) if self.aws_conn_id else None
            return await asyncio.to_thread(gluejobs.runs_of, self.job, self.region, conn)
        loading = msgspec.convert(self.loading, Loading)
        named = filter(None, (loading.source_conn_id, loading.aws_conn_id))
        found = {conn_id: await connections.aget(conn_id) for conn_id in named}
        return await asyncio.to_thread(gluejobs.runs_of_load, loading, found.__getitem__)

    async def _over(self, runs: JobRuns) -> JobRun:
        while True:
            found = await asyncio.to_thread(runs.get, self.run_id)
            if found.is_over:
                return found
            self.log.info("the run %s of %s is %s", self.run_id, self.job, found.state)
            await asyncio.sleep(self.poll_seconds)
