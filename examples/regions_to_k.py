"""Collect many accounts, every region of each on a worker of its own, and push to K's landing in Azure.

Which accounts there are is asked when the DAG runs. Connections: `aws_hub` (aws) may assume the accounts' roles,
`k_azure` (wasb) holds the storage account and the SAS token that K has given, which may write and not read.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, task

from gluepot.airflow import collect_and_push

CONFIG = {
    "regions": ["eu-west-1", "us-east-1"],
    "mask": True,
    "landing": {"url": "az://landing/lz/glue/landing"},
    "hwm": "s3://our-gluepot/marks",
}

with DAG(
    "regions_to_k",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
):

    @task
    def accounts() -> list[dict]:
        """List the accounts; yours may come from AWS Organizations, a table or a Variable."""
        return [
            {"server": "111111111111_glue", "role": "arn:aws:iam::111111111111:role/KadaGlueRole"},
            {
                "server": "222222222222_glue",
                "role": "arn:aws:iam::222222222222:role/KadaGlueRole",
                "regions": ["us-east-1"],
            },
        ]

    collect_and_push(
        CONFIG,
        accounts=accounts(),
        spread="regions",
        staging="s3://our-gluepot/staging",
        aws_conn_id="aws_hub",
        landing_conn_id="k_azure",
    )
