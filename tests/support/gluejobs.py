"""Loads as Glue jobs, for tests: what `gluepot aws apply` would have made, the job, and a terminal for Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

from tests.support.jobs import make_role
from tests.support.loads import BUCKET, DATABASE, REGION

from gluepot.loader.gluejob.job import Job
from gluepot.loader.plan import readfile
from gluepot.plan.identity import Rule

if TYPE_CHECKING:
    from tests.support.loads import Bench

    from gluepot.loader.gluejob.job import Submitted

NAME: Final = f"gluepot-{DATABASE}"
ROLE: Final = f"{NAME}-job"
SECRET: Final = f"{NAME}-credentials"
JOB: Final = f"{NAME}-load"


def prepared(bench: Bench, **sections: Any) -> Job:
    """Make role, secret and database as a user may have made them by hand, and open the plan's job."""
    bench.plan(engine="glue", **sections)
    if not any(one["RoleName"] == ROLE for one in bench.aws.client("iam").list_roles()["Roles"]):
        make_role(bench.aws, ROLE)
        stored = json.dumps({"user": bench.node.user, "password": bench.node.password})
        bench.aws.client("secretsmanager", region=REGION).create_secret(Name=SECRET, SecretString=stored)
        bench.glue.create_database(DatabaseInput={"Name": DATABASE})
    return job(bench)


def job(bench: Bench) -> Job:
    """Open the plan's job."""
    return Job(readfile.read(bench.path, environ=bench.environment()))


def submitted(bench: Bench, one: Job, load_id: str = "") -> Submitted:
    """Submit a load."""
    with bench.opened() as opened:
        opened.planned.raise_refusals()
        return one.submit(opened.planned, Rule(load_id=load_id))


def ended(one: Job, run_id: str, seconds: float = 60) -> Any:
    """Wait for the end of a run."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        run = one.runs.get(run_id)
        if run.is_over:
            return run
        time.sleep(0.05)
    raise AssertionError(f"{run_id} has not ended")


def everywhere(bench: Bench) -> dict[str, bytes]:
    """Gather all that stays of a load in AWS: objects, jobs, runs, logs, tables, tags."""
    found = {
        f"s3://{BUCKET}/{key}": bench.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in bench.objects()
    }
    told: dict[str, Any] = {"job": bench.glue.get_job(JobName=JOB), "runs": bench.glue.get_job_runs(JobName=JOB)}
    told["tables"] = bench.glue.get_tables(DatabaseName=DATABASE)
    logs = bench.aws.client("logs", region=REGION)
    for group in logs.describe_log_groups()["logGroups"]:
        told[group["logGroupName"]] = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    return found | {name: str(value).encode() for name, value in told.items()}


class Terminal:
    """A gluepot command at a terminal of its own.

    Args:
        bench: Where it runs.
        arguments: The command.
    """

    def __init__(self, bench: Bench, *arguments: str) -> None:
        self._own, other = pty.openpty()
        self.process = subprocess.Popen(
            bench.command(*arguments),
            env={**bench.environment(), "TERM": "dumb", "COLUMNS": "200"},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=_controlling,  # noqa: PLW1509 - Ctrl-C is sent to the process group in front of the terminal
        )
        os.close(other)
        self.shown = ""

    def wait_for(self, text: str, seconds: float = 90) -> None:
        """Read what it shows until a text is there."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} was not shown:\n{self.shown}"
            ready, _, _ = select.select([self._own], [], [], 0.2)
            if ready:
                try:
                    self.shown += os.read(self._own, 65536).decode(errors="replace")
                except OSError:  # the terminal is closed: the process has ended
                    assert text in self.shown, f"{text!r} was not shown:\n{self.shown}"

    def type(self, text: str) -> None:
        """Press keys; Ctrl-C is character 3."""
        os.write(self._own, text.encode())

    def close(self) -> int:
        """Wait for the end; gives the exit code."""
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            os.close(self._own)


def _controlling() -> None:
    import fcntl
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by children of what runs in the background
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
