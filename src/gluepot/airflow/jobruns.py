"""A run of a Glue job, as GetJobRun tells of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.access import Access, Step
from gluepot.airflow import connections
from gluepot.errors import ConfigError, GluepotError

if TYPE_CHECKING:
    from gluepot.airflow.connections import Conn

UNDER_WAY: Final = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
"""States after which there is another; all others are final
(https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html, JobRunState)."""

SUCCEEDED: Final = "SUCCEEDED"


class JobRunError(GluepotError):
    """A run of a Glue job that did not succeed. Retry: what it has staged is used again."""

    exit_code = 3


class JobRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it stands.

    Args:
        job: The job.
        run_id: The run.
        state: Its state.
        error: What Glue says went wrong.
        seconds: For how long it has run, without waiting to start.
    """

    job: str
    run_id: str
    state: str
    error: str = ""
    seconds: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more."""
        return self.state not in UNDER_WAY

    def raise_failed(self) -> None:
        """Raise where it is over without having succeeded.

        Raises:
            JobRunError: What Glue says of it.
        """
        if self.state == SUCCEEDED or not self.is_over:
            return
        what = f"the run {self.run_id} of the Glue job {self.job} ended as {self.state} after {self.seconds} s"
        hint = f"its log is in CloudWatch, group /aws-glue/jobs/error, stream {self.run_id}"
        raise JobRunError(what, self.error, hint)


def access_of(conn: Conn | None) -> tuple[Access, str]:
    """Say how a connection's account is reached, and in which region; the worker's own identity without one."""
    keys: dict[str, Any] = connections.aws_keys(conn) if conn is not None else {}
    steps = tuple(
        Step(arn=one["arn"], external_id=one.get("external_id", ""), seconds=one.get("session_duration", 0))
        for one in keys.get("role", [])
    )
    plain = {name: keys[name] for name in ("key", "secret", "profile") if name in keys}
    return Access(**plain, steps=steps), keys.get("region", "")


def read(access: Access, region: str, job: str, run_id: str) -> JobRun:
    """Ask Glue for a run.

    Raises:
        ConfigError: No region is named.
        ScopeError: Denied, throttled out, unreachable; there is no such run.
    """
    from gluepot.provision.clients import Clients  # noqa: PLC0415 - botocore is slow to load

    region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        hint = "name it in the task, in the connection's extra (region_name), or in AWS_REGION"
        raise ConfigError(f"no region is named for the Glue job {job}", "", hint)
    clients = Clients(access, region)
    on = f"arn:{clients.partition}:glue:{region}:*:job/{job}"
    found = clients.call("glue", "GetJobRun", on, JobName=job, RunId=run_id)["JobRun"]
    return JobRun(
        job=job,
        run_id=run_id,
        state=found.get("JobRunState", ""),
        error=found.get("ErrorMessage", ""),
        seconds=found.get("ExecutionTime", 0),
    )
