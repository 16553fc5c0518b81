"""Run a Glue job, wait for it without holding a worker, then collect what it has changed in the catalog.

The connection `aws_glue` (aws) starts and reads the job, and reads the catalog; the rest is the workers' own role.
"""

from datetime import UTC, datetime

import boto3
from airflow.sdk import DAG, BaseHook, task

from gluepot.airflow import WaitForGlueJob, collect_and_push

CONFIG = {
    "server": "123456789012_glue",
    "regions": ["us-east-1"],
    "landing": {"url": "s3://k-landing/lz/glue/landing", "region": "us-east-1"},
    "hwm": "s3://our-gluepot/marks",
}

with DAG("after_a_glue_job", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), max_active_runs=1):

    @task
    def start_job() -> str:
        """Start the job; it is started once, so that this task has no retries."""
        conn = BaseHook.get_connection("aws_glue")
        keys = {"aws_access_key_id": conn.login, "aws_secret_access_key": conn.password}
        return boto3.client("glue", region_name="us-east-1", **keys).start_job_run(JobName="nightly")["JobRunId"]

    nightly = WaitForGlueJob(
        task_id="nightly",
        job="nightly",
        run_id=start_job(),
        region="us-east-1",
        aws_conn_id="aws_glue",
        poll_seconds=1,
        retries=3,
    )
    nightly >> collect_and_push(CONFIG, staging="s3://our-gluepot/staging", aws_conn_id="aws_glue")
