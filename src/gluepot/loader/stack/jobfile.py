"""The Glue job of a plan file, as data: one definition for `gluepot aws apply` and for `gluepot load run`.

What changes from run to run (the plan, the modules, how many workers) is an argument of the run, not of the job: so the
job stays as it was applied, whichever version of gluepot starts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from gluepot.aws.access import REGION_NAMES

if TYPE_CHECKING:
    from gluepot.loader.core.awssections import GlueSection
    from gluepot.loader.core.planfile import PlanFile

SCRIPT: Final = "scripts/gluepot_load.py"
"""Key of the job's script below the assets."""

WORKER_TYPE: Final = "G.1X"
WORKERS: Final = 2
"""Of a run that says nothing: the smallest that Glue starts, a driver and one worker
(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html)."""

REGION: Final = "--gluepot-region"

CONCURRENT: Final = 1
"""Runs of one job at a time: a second one of the same plan would read everything again, for nothing."""

DESCRIPTION: Final = "gluepot: loads a keyspace into tables of the Glue catalog"


class JobNames(Protocol):
    """What the job and what it uses are called: the part of a plan's resource names that its job needs."""

    @property
    def job(self) -> str:
        """The job."""

    @property
    def role(self) -> str:
        """The role that it runs as."""

    @property
    def assets(self) -> str:
        """s3://BUCKET/PREFIX of its script and modules."""

    @property
    def region(self) -> str:
        """The plan's region."""

    @property
    def connection(self) -> str:
        """The network connection, where a VPC is named."""


def job_definition(file: PlanFile, names: JobNames) -> dict[str, Any]:
    """Give the job as CreateJob takes it, but for its tags.

    Args:
        file: The plan file.
        names: What its resources are called.
    """
    definition: dict[str, Any] = {
        "Name": names.job,
        "Description": DESCRIPTION,
        "Role": names.role,
        "Command": {
            "Name": "glueetl",
            "ScriptLocation": f"{names.assets.rstrip('/')}/{SCRIPT}",
            "PythonVersion": "3",
        },
        "GlueVersion": file.glue.version,
        "WorkerType": file.glue.worker_type or WORKER_TYPE,
        "NumberOfWorkers": max(file.glue.workers or WORKERS, WORKERS),
        "ExecutionClass": execution_class(file.glue),
        "Timeout": file.glue.timeout_minutes,
        "MaxRetries": 0,  # a run that failed is begun again by gluepot load run, which goes on where it stood
        "ExecutionProperty": {"MaxConcurrentRuns": CONCURRENT},
        "DefaultArguments": job_arguments(file, names),
    }
    if file.aws.network is not None:
        definition["Connections"] = {"Connections": [names.connection]}
    return definition


def job_arguments(file: PlanFile, names: JobNames) -> dict[str, str]:
    """Give the default arguments of the job: Glue's own and the region, since a run names its plan itself.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html

    Args:
        file: The plan file.
        names: What its resources are called.
    """
    return {
        "--job-language": "python",
        "--job-bookmark-option": "job-bookmark-disable",
        "--enable-auto-scaling": "true" if file.glue.auto_scaling else "false",
        "--enable-metrics": "true",
        "--TempDir": f"{names.assets.rstrip('/')}/temporary/",
        # whether Glue tells its region to drivers and executors is not documented
        REGION: names.region,
        "--conf": " --conf ".join(f"spark.executorEnv.{name}={names.region}" for name in REGION_NAMES),
    }


def execution_class(glue: GlueSection) -> str:
    """Say whether the job may run on spare capacity, as Glue names it."""
    return "FLEX" if glue.flex else "STANDARD"
