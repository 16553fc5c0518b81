"""What the emulator knows while it runs: its settings, the credentials it issued, and the calls it answered."""

from __future__ import annotations

import asyncio
import collections
import os
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot_sandbox.aws import validation
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.settings import Settings

if TYPE_CHECKING:
    from gluepot_sandbox.aws.athena.execution import Execution
    from gluepot_sandbox.aws.crawlers.state import Crawler
    from gluepot_sandbox.aws.jobs.run import JobRun
    from gluepot_sandbox.aws.settings import Call

CALLS_KEPT = 200_000
SETTLE_SECONDS = 1.0
"""What goes on may take this long to end by itself, once it was told to: a thread cannot be stopped from outside."""


class Session(msgspec.Struct):
    """Credentials that STS issued."""

    account: str
    role: str
    arn: str
    user_id: str
    token: str
    expires: float  # seconds since 1970
    calls_left: int | None
    revoked: bool = False


class State:
    """Everything that a reset forgets."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Begin with nothing but settings."""
        self.begin(settings or Settings())

    def begin(self, settings: Settings) -> None:
        """Forget everything, and take settings."""
        self.token_key = os.urandom(16)
        self.sessions: dict[str, Session] = {}
        self.calls: collections.deque[Call] = collections.deque(maxlen=CALLS_KEPT)
        self.invalid: list[str] = []
        self.creators: dict[tuple[str, ...], str] = {}
        self.buckets: dict[tuple[object, ...], tuple[float, float]] = {}
        self.matched: collections.Counter[int] = collections.Counter()
        self.struck: collections.Counter[int] = collections.Counter()
        self.crawlers: dict[tuple[str, str, str], Crawler] = {}
        self.job_runs: dict[tuple[str, str, str], list[JobRun]] = {}
        self.job_faults: collections.Counter[int] = collections.Counter()
        self.functions: dict[tuple[object, ...], dict[str, dict[str, Any]]] = {}
        self.statistics: dict[tuple[object, ...], dict[str, dict[str, Any]]] = {}
        self.athena: dict[str, Execution] = {}
        self.athena_tokens: dict[str, str] = {}  # ClientRequestToken -> id of the execution
        self.scans: dict[str, int] = {}  # access key of a statement that runs -> bytes of data files that it has read
        self.tasks: set[asyncio.Task[None]] = set()  # what goes on when a call has been answered
        self.settings = settings

    async def settle(self) -> None:
        """End what goes on behind answered calls: nothing of it may reach what begins after a reset."""
        for execution in self.athena.values():
            execution.cancel()
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=SETTLE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def configure(self, settings: Settings) -> None:
        """Take new settings; what was issued and recorded stays, counters of unchanged fault rules too."""
        faults = self.settings.faults
        if faults != settings.faults[: len(faults)]:
            self.matched.clear()
            self.struck.clear()
        if self.settings.glue_jobs.faults != settings.glue_jobs.faults:
            self.job_faults.clear()
        self.settings = settings

    def check(self, service: str, operation: str, answer: object) -> None:
        """Check a whole answer against the service model, where that is asked for."""
        if self.settings.validate:
            self._refuse(validation.problems(service, operation, answer))

    def check_record(self, shape: str, record: object) -> None:
        """Check one record, where that is asked for."""
        if self.settings.validate:
            self._refuse(validation.record_problems(shape, record))

    def _refuse(self, found: list[str]) -> None:
        if found:
            self.invalid += found
            raise RefusalError("InternalFailure", f"the emulator made an invalid answer: {'; '.join(found[:5])}", 500)
