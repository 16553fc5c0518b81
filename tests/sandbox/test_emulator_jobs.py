"""The emulated Glue's job runs: they run, as their role, with their modules, and end as real ones do."""

from __future__ import annotations

import io
import json
import textwrap
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from tests.support.jobs import BUCKET, ROLE, ended, logged, make_job, make_role

from gluepot.core import build
from gluepot.loader.gluejob.wheel import wheel
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import GlueJobs, JobFault
from gluepot_sandbox.aws.jobs.runner import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot_sandbox.aws import Emulator

PLAIN = GlueJobs(master="")


@pytest.fixture
def aws(server: Emulator) -> Iterator[Emulator]:
    server.reset(emulator.Settings(glue_jobs=PLAIN))
    server.client("s3").create_bucket(Bucket=BUCKET)
    make_role(server)
    yield server
    assert server.invalid() == []


def start(aws: Emulator, **more: object) -> str:
    return str(aws.client("glue").start_job_run(JobName="job", **more)["JobRunId"])


def test_a_run_runs_its_script_as_its_role_and_logs_what_that_prints(aws: Emulator) -> None:
    make_job(
        aws,
        "import sys, boto3\n"
        "print(boto3.client('sts', region_name='us-east-1').get_caller_identity()['Arn'])\n"
        "print(sys.argv[1:], file=sys.stderr)\n",
        DefaultArguments={"--a": "1", "--b": "2"},
    )
    run_id = start(aws, Arguments={"--b": "3"})
    run = ended(aws, run_id)
    assert (run["JobRunState"], run.get("ErrorMessage")) == ("SUCCEEDED", None)
    assert run["Arguments"] == {"--b": "3"}
    lines = logged(aws, run_id)
    assert f"arn:aws:sts::123456789012:assumed-role/{ROLE}/GlueJobRunnerSession" in lines
    told = next(line for line in lines if line.startswith("["))
    assert f"'--JOB_RUN_ID', '{run_id}'" in told
    assert told.endswith("'--a', '1', '--b', '3']")


def test_a_script_sees_nothing_of_the_environment_around_the_emulator(aws: Emulator) -> None:
    make_job(aws, "import os; print('SECRET_OF_A_TEST' in os.environ, 'AWS_SESSION_TOKEN' in os.environ)")
    run_id = start(aws)
    assert ended(aws, run_id)["JobRunState"] == "SUCCEEDED"
    assert logged(aws, run_id) == ["False True"]


def test_a_script_that_raises_fails_the_run_with_the_last_line_of_its_traceback(aws: Emulator) -> None:
    make_job(aws, "def f():\n    raise ValueError('no good')\nf()\n")
    run_id = start(aws)
    run = ended(aws, run_id)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "Error Category: UNCLASSIFIED_ERROR; ValueError: no good"
    assert "Traceback (most recent call last):" in logged(aws, run_id)


def test_an_exit_code_without_a_traceback_is_told() -> None:
    assert error_of(0, []) == ""
    assert error_of(3, ["nothing"]) == "Command failed with exit code 3"


def test_a_second_run_at_a_time_is_refused_and_stopping_the_first_makes_room(aws: Emulator) -> None:
    make_job(aws, "import time; time.sleep(60)")
    glue, run_id = aws.client("glue"), start(aws)
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        start(aws)
    while glue.get_job_run(JobName="job", RunId=run_id)["JobRun"]["JobRunState"] == "STARTING":
        time.sleep(0.05)
    stopped = glue.batch_stop_job_run(JobName="job", JobRunIds=[run_id, "jr_none"])
    assert [one["JobRunId"] for one in stopped["SuccessfulSubmissions"]] == [run_id]
    assert [one["JobRunId"] for one in stopped["Errors"]] == ["jr_none"]
    assert ended(aws, run_id)["JobRunState"] == "STOPPED"
    second = start(aws)
    assert [run["Id"] for run in glue.get_job_runs(JobName="job")["JobRuns"]] == [second, run_id]
    glue.batch_stop_job_run(JobName="job", JobRunIds=[second])
    ended(aws, second)


def test_a_run_that_takes_too_long_times_out(aws: Emulator) -> None:
    aws.change(glue_jobs=GlueJobs(master="", minute_seconds=0.5))
    make_job(aws, "import time; time.sleep(60)")
    assert ended(aws, start(aws, Timeout=1))["JobRunState"] == "TIMEOUT"


def test_a_fault_ends_a_run_as_no_script_can(aws: Emulator) -> None:
    fault = JobFault(message="Container killed by YARN", lines=("ERROR killed",), times=1)
    aws.change(glue_jobs=GlueJobs(master="", faults=(fault,)))
    make_job(aws, "print('here')")
    first = start(aws)
    run = ended(aws, first)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "Container killed by YARN")
    assert logged(aws, first, "error") == ["ERROR killed"]
    assert ended(aws, start(aws))["JobRunState"] == "SUCCEEDED"


def test_a_role_that_is_missing_fails_the_run(aws: Emulator) -> None:
    make_job(aws, "print('here')", Role="nobody")
    run = ended(aws, start(aws))
    assert run["JobRunState"] == "FAILED"
    assert "nobody should be given assume role permissions for Glue Service" in run["ErrorMessage"]


def test_wheels_are_unpacked_before_the_interpreters_own_modules(aws: Emulator) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("colorsys.py", "name = 'from the wheel'\n")
    aws.client("s3").put_object(Bucket=BUCKET, Key="w/gluepot-1-py3-none-any.whl", Body=body.getvalue())
    make_job(aws, "import colorsys; print(colorsys.name)")
    run_id = start(aws, Arguments={"--additional-python-modules": f"s3://{BUCKET}/w/gluepot-1-py3-none-any.whl,boto3"})
    assert ended(aws, run_id)["JobRunState"] == "SUCCEEDED"
    assert logged(aws, run_id) == ["from the wheel"]


@pytest.mark.parametrize("tag", ["cp311-abi3-macosx_11_0_arm64", "cp312-cp312-manylinux_2_17_x86_64", "none"])
def test_a_wheel_for_another_machine_or_python_is_refused_before_the_script(aws: Emulator, tag: str) -> None:
    name = f"gluepot-1-{tag}.whl"
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"w/{name}", Body=b"")
    make_job(aws, "print('here')")
    run_id = start(aws, Arguments={"--additional-python-modules": f"s3://{BUCKET}/w/{name}"})
    assert "Python Module Installer" in ended(aws, run_id)["ErrorMessage"]
    assert logged(aws, run_id, "error")[-1] == f"ERROR: {name} is not a supported wheel on this platform."


def test_a_job_imports_the_core_out_of_the_staged_wheel_alone(aws: Emulator) -> None:
    made = wheel()
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"w/{made.name}", Body=made.body)
    script = """
        import importlib, os, gluepot.core
        names = sorted(one for one in os.listdir(gluepot.core.__path__[0]) if one.endswith(".so"))
        for name in names:
            print(importlib.import_module("gluepot.core." + name.partition(".")[0]).__file__)
    """
    make_job(aws, textwrap.dedent(script))
    run_id = start(aws, Arguments={"--additional-python-modules": f"s3://{BUCKET}/w/{made.name}"})
    assert ended(aws, run_id)["JobRunState"] == "SUCCEEDED"
    found = [Path(line) for line in logged(aws, run_id)]
    assert {path.name.partition(".")[0] for path in found} == set(build.modules())
    assert all("gluepot-wheels-" in str(path) for path in found)


def test_a_module_that_cannot_be_had_fails_the_run_before_its_script(aws: Emulator) -> None:
    make_job(aws, "print('here')")
    run_id = start(aws, Arguments={"--additional-python-modules": "no-such-module==1.0"})
    run = ended(aws, run_id)
    assert "Python Module Installer" in run["ErrorMessage"]
    assert logged(aws, run_id, "error")[-1] == "ERROR: No matching distribution found for no-such-module==1.0"
    assert logged(aws, run_id) == []


def test_a_wheelhouse_must_hold_every_requirement(aws: Emulator) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("wheels/requirements.txt", "gluepot==1\nother==2.0\n")
        archive.writestr("wheels/gluepot-1-py3-none-any.whl", b"")
    aws.client("s3").put_object(Bucket=BUCKET, Key="house.gluewheels.zip", Body=body.getvalue())
    make_job(aws, "print('here')")
    given = {
        "--additional-python-modules": f"s3://{BUCKET}/house.gluewheels.zip",
        "--python-modules-installer-option": "--no-index",
    }
    run_id = start(aws, Arguments=given)
    assert ended(aws, run_id)["JobRunState"] == "FAILED"
    assert logged(aws, run_id, "error")[-1] == "ERROR: No matching distribution found for other==2.0"


def test_a_script_may_do_what_its_roles_policies_allow_and_no_more(aws: Emulator) -> None:
    bucket = f"arn:aws:s3:::{BUCKET}"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/*"},
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket,
                "Condition": {"StringLikeIfExists": {"s3:prefix": ["mine/*"]}},
            },
            {"Effect": "Allow", "Action": "glue:GetDatabase", "Resource": ["arn:aws:glue:*:*:catalog"]},
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:*:secret:ours-??????"},
        ],
    }
    aws.client("iam").put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=json.dumps(policy))
    for name in ("ours", "theirs"):
        aws.client("secretsmanager").create_secret(Name=name, SecretString="{}")
    make_job(
        aws,
        "import boto3\n"
        "def asked(service, operation, **given):\n"
        "    try:\n"
        "        getattr(boto3.client(service, region_name='us-east-1'), operation)(**given)\n"
        "        print(operation, 'done')\n"
        "    except Exception as error:\n"
        "        print(operation, error.response['Error']['Code'], str(error).partition('perform: ')[2][:60])\n"
        f"asked('s3', 'get_object', Bucket='{BUCKET}', Key='job.py')\n"
        f"asked('s3', 'put_object', Bucket='{BUCKET}', Key='x', Body=b'')\n"
        f"asked('s3', 'list_objects_v2', Bucket='{BUCKET}', Prefix='mine/')\n"
        f"asked('s3', 'list_objects_v2', Bucket='{BUCKET}', Prefix='yours/')\n"
        "asked('secretsmanager', 'get_secret_value', SecretId='ours')\n"
        "asked('secretsmanager', 'get_secret_value', SecretId='theirs')\n"
        "asked('glue', 'get_database', Name='d')\n",
    )
    run_id = start(aws)
    assert ended(aws, run_id)["JobRunState"] == "SUCCEEDED"
    lines = logged(aws, run_id)
    assert lines[0] == "get_object done"
    assert lines[1].startswith(f"put_object AccessDenied s3:PutObject on resource: {bucket}/x")
    assert lines[2] == "list_objects_v2 done"
    assert lines[3].startswith("list_objects_v2 AccessDenied s3:ListBucket")
    assert lines[4] == "get_secret_value done"
    assert lines[5].startswith("get_secret_value AccessDeniedException secretsmanager:GetSecretValue on resource: arn:")
    assert lines[6].startswith(
        "get_database AccessDeniedException glue:GetDatabase on resource: arn:aws:glue:us-east-1"
    )
