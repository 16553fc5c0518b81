"""Every Sunday, load a large keyspace as a Glue job: the task submits it, and no worker is held while it runs.

The job, its role and the secret with the source's password are made once, by `gluepot aws apply` from the same plan.
Connections: `keyspace` (astra or cassandra) to plan with, `aws_lake` (aws) to submit and to wait with.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from gluepot.airflow import load_keyspace

PLAN = {
    "engine": "glue",
    "source": {"keyspace": "astraglue_ks"},
    "target": {"database": "astraglue", "location": "s3://our-lake/astraglue", "region": "eu-central-1"},
    "glue": {"flex": True, "timeout_minutes": 240},
}

with DAG(
    "load_on_glue",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
):
    load_keyspace(PLAN, source_conn_id="keyspace", aws_conn_id="aws_lake")
