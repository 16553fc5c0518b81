"""Every night, collect what has changed in a Glue catalog, and push it to K's landing on S3.

Connections: `aws_glue` (aws) reads the catalog, `k_landing` (aws) writes to the landing that K has given. Marks and
generations lie at the landing's bucket's neighbour, `our-gluepot`, which the workers' own role may read and write.
"""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from gluepot.airflow import collect_and_push

CONFIG = {
    "server": "123456789012_glue",
    "regions": ["us-east-1"],
    "mask": True,
    "compress": True,
    "landing": {"url": "s3://k-landing/lz/glue/landing", "region": "us-east-1"},
    "hwm": "s3://our-gluepot/marks",
}

with DAG(
    "glue_to_k",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
):
    start = EmptyOperator(task_id="start")
    extract_and_upload = collect_and_push(
        CONFIG,
        staging="s3://our-gluepot/staging",
        aws_conn_id="aws_glue",
        landing_conn_id="k_landing",
    )
    end = EmptyOperator(task_id="end")
    start >> extract_and_upload >> end
