"""Every night, load a keyspace of Cassandra or Astra DB into Iceberg tables, each table on a worker of its own.

Connections: `keyspace` (astra: the token as its password, the database as its host; or cassandra) reads the source,
`aws_lake` (aws) writes the tables. What the plan file cannot do is refused before anything is written.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from gluepot.airflow import load_keyspace

PLAN = {
    "source": {"keyspace": "astraglue_ks"},
    "target": {
        "database": "astraglue",
        "location": "s3://our-lake/astraglue",
        "region": "eu-central-1",
        "create_database": True,
    },
}

with DAG(
    "load_keyspace",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
):
    load_keyspace(PLAN, source_conn_id="keyspace", aws_conn_id="aws_lake", spread=True)
