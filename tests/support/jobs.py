"""Jobs of the emulated Glue, for tests: a role that Glue may assume, a script, and waiting for the end."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

BUCKET: Final = "assets"
ROLE: Final = "loader"
TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALL: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def make_role(aws: Emulator, name: str = ROLE) -> None:
    """Create a role that Glue may assume, and that may do anything."""
    iam = aws.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ALL))


def make_job(aws: Emulator, script: str, name: str = "job", **more: Any) -> None:
    """Create a job of a script; the bucket and the role are there."""
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode())
    given = {
        "Name": name,
        "Role": ROLE,
        "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/{name}.py", "PythonVersion": "3"},
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
    }
    aws.client("glue").create_job(**given | more)


def ended(aws: Emulator, run_id: str, name: str = "job", seconds: float = 60) -> dict[str, Any]:
    """Wait for the end of a run."""
    glue, end = aws.client("glue"), time.monotonic() + seconds
    while time.monotonic() < end:
        run: dict[str, Any] = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        if run["JobRunState"] not in {"STARTING", "RUNNING", "STOPPING"}:
            return run
        time.sleep(0.05)
    raise AssertionError(f"{run_id} has not ended")


def logged(aws: Emulator, run_id: str, stream: str = "output") -> list[str]:
    """Read what a run logged."""
    logs = aws.client("logs")
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    if f"/aws-glue/jobs/{stream}" not in groups:
        return []
    found = logs.filter_log_events(logGroupName=f"/aws-glue/jobs/{stream}", logStreamNamePrefix=run_id)
    return [event["message"] for event in found["events"]]
