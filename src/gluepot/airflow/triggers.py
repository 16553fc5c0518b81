"""The trigger that waits for a Glue job: one process of Airflow waits for many, and no worker is held meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from airflow.triggers.base import BaseTrigger, TriggerEvent

from gluepot.airflow import connections, jobruns
from gluepot.airflow.faults import told
from gluepot.errors import GluepotError, RemoteError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE: Final = 10
"""Questions in a row that may go unanswered; each is tried several times itself."""


class GlueJobRunTrigger(BaseTrigger):  # type: ignore[misc] # Airflow has an environment of its own, and no types in this one
    """Fires once a run of a Glue job is over, with the run as its payload; or with `error`, where it cannot be asked.

    Args:
        job: The job.
        run_id: The run.
        region: Its region; empty for the connection's or the environment's.
        aws_conn_id: The connection that reads it; empty for the triggerer's own identity.
        poll_seconds: Seconds between two questions.
    """

    def __init__(
        self, job: str, run_id: str, region: str = "", aws_conn_id: str = "", poll_seconds: float = 30.0
    ) -> None:
        super().__init__()
        self.job = job
        self.run_id = run_id
        self.region = region
        self.aws_conn_id = aws_conn_id
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Say how the trigger is made again in another process; no credentials are in it."""
        names = ("job", "run_id", "region", "aws_conn_id", "poll_seconds")
        return f"{type(self).__module__}.{type(self).__name__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask until it is over."""
        try:
            found = await self._over()
        except GluepotError as error:
            yield TriggerEvent({"error": told(error)})
        else:
            yield TriggerEvent(msgspec.to_builtins(found))

    async def _over(self) -> jobruns.JobRun:
        access, region = jobruns.access_of(await connections.aget(self.aws_conn_id) if self.aws_conn_id else None)
        unanswered = 0
        while True:
            try:
                found = await asyncio.to_thread(jobruns.read, access, self.region or region, self.job, self.run_id)
            except (RemoteError, ThrottledError):
                unanswered += 1
                if unanswered == PATIENCE:
                    raise
            else:
                unanswered = 0
                if found.is_over:
                    return found
                self.log.info("the run %s of %s is %s", self.run_id, self.job, found.state)
            await asyncio.sleep(self.poll_seconds)
