"""The examples, as they are, run by a real Airflow: `airflow dags test` in an environment of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.airflows import EXAMPLES, Airflow, install
from tests.support.azurite import server as azurite
from tests.support.jobs import make_job, make_role

from gluepot.landing import LandingOptions, from_url
from gluepot.loader.plan import readfile
from gluepot.loader.stack.stack import names
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind, GlueJobs, JobFault, Role, Seed, SeedDatabases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.airflows import Ran

    from gluepot_sandbox.cassandra import Node

ACCOUNTS = ("111111111111", "222222222222")
BUCKETS = ("k-landing", "our-gluepot", "assets")
KEYS = {"login": emulator.ACCESS_KEY, "password": "connection-secret-that-opens-nothing-0001"}
GROUP = "collect_and_push"
STEPS = ("check", "collect", "push", "save_hwm", "complete")

pytestmark = pytest.mark.timeout(600)

RETRIED = """
from datetime import UTC, datetime, timedelta
from airflow.sdk import DAG
from gluepot.airflow import collect_and_push, load_keyspace

with DAG({name!r}, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), default_args={{
    "retries": 2, "retry_delay": timedelta(seconds=1)}}):
    {group}
"""
ON_GLUE: dict[str, Any] = {
    "engine": "glue",
    "source": {"keyspace": "astraglue_ks", "contact_points": ["h"], "user": "u", "password": "env:P"},
    "target": {"database": "astraglue", "location": "s3://our-lake/astraglue", "region": "eu-central-1"},
}
"""As the example writes it, with what its connection adds: what the job and its resources are called."""

CONFIG: dict[str, Any] = {
    "server": "123456789012_glue",
    "regions": ["us-east-1"],
    "landing": {"url": "s3://k-landing/lz", "region": "us-east-1"},
    "hwm": "s3://our-gluepot/marks",
}


@pytest.fixture
def aws(server: emulator.Emulator) -> Iterator[emulator.Emulator]:
    """An AWS with a small catalog in each account and region, and buckets."""
    places = [
        (account, region) for account in (*ACCOUNTS, emulator.DEFAULT_ACCOUNT) for region in ("eu-west-1", "us-east-1")
    ]
    seeds = tuple(
        Seed(
            databases=(SeedDatabases(tables=3, columns=2),), region=region, **({"account": account} if account else {})
        )
        for account, region in places
    )
    roles = tuple(Role(arn=f"arn:aws:iam::{account}:role/KadaGlueRole") for account in ACCOUNTS)
    server.reset(emulator.Settings(seeds=seeds, roles=roles, glue_jobs=GlueJobs(master="")))
    for bucket in BUCKETS:
        server.client("s3", region="us-east-1").create_bucket(Bucket=bucket)
    yield server
    assert server.invalid() == []


@pytest.fixture
def airflow(aws: emulator.Emulator, tmp_path: Path) -> Airflow:
    """An Airflow whose workers find that AWS."""
    install()
    return Airflow(tmp_path / "airflow", aws.environment(region="us-east-1"))


def keys(aws: emulator.Emulator, bucket: str) -> list[str]:
    listed = aws.client("s3", region="us-east-1").list_objects_v2(Bucket=bucket)
    return [one["Key"] for one in listed.get("Contents", [])]


def dag(name: str, group: str) -> str:
    return RETRIED.format(name=name, group=group)


def succeeded(ran: Ran) -> set[str]:
    assert ran.code == 0, ran.log[-6000:]
    assert set(ran.states.values()) == {"success"}, ran.states
    return set(ran.states)


@pytest.mark.long  # its tasks, one by one: `test_airflow_steps.py`
def test_the_example_for_s3_collects_pushes_and_moves_the_mark(airflow: Airflow, aws: emulator.Emulator) -> None:
    airflow.connection("aws_glue", "aws", **KEYS)
    airflow.connection("k_landing", "aws", **KEYS, extra={"region_name": "us-east-1"})
    airflow.example("glue_to_k")
    ran = airflow.test("glue_to_k")
    assert succeeded(ran) == {"start", "end", *(f"{GROUP}.{step}" for step in STEPS)}
    (run,) = ran.returned(f"{GROUP}.collect")
    assert set(run) == {"folder", "manifest", "name", "server", "start", "end", "complete"}
    assert ran.returned(f"{GROUP}.push")[0]["sent"] == 3
    assert ran.returned(f"{GROUP}.save_hwm")["after"] == run["end"]
    assert {key.rpartition("/")[0] for key in keys(aws, "k-landing")} == {"lz/glue/landing"}
    assert "marks/glue_hwm.txt" in keys(aws, "our-gluepot")
    assert KEYS["password"].encode() not in ran.everything()


@pytest.mark.long
def test_the_example_for_azure_maps_accounts_and_regions(
    airflow: Airflow, aws: emulator.Emulator, tmp_path: Path
) -> None:
    assert aws.url
    (tmp_path / "azurite").mkdir()
    with azurite.running(tmp_path / "azurite") as blobs:
        blobs.create_container("landing")
        airflow.environment["AZURE_STORAGE_ENDPOINT"] = blobs.url("", "").removesuffix("/")
        airflow.connection("aws_hub", "aws", **KEYS)
        sas = azurite.sas("landing", "cw")
        airflow.connection("k_azure", "wasb", login=azurite.ACCOUNT, extra={"sas_token": sas})
        airflow.example("regions_to_k")
        ran = airflow.test("regions_to_k")
        tasks = succeeded(ran)
        assert {f"{GROUP}.each.{step}[{index}]" for step in STEPS for index in range(3)} <= tasks
        assert ran.labels == {
            "111111111111_glue eu-west-1",
            "111111111111_glue us-east-1",
            "222222222222_glue us-east-1",
        }
        inspector = from_url(blobs.url("landing", "lz/glue/landing"), LandingOptions(account_key=azurite.KEY))
        found = [one.key for one in inspector.list()]
    assert len(found) == 9
    assert {key.partition("/")[0] for key in found} == {f"{account}_glue" for account in ACCOUNTS}
    assert sas.rpartition("sig=")[2].encode() not in ran.everything()


@pytest.mark.long
def test_the_example_of_a_job_waits_for_it_and_collects_what_it_made(airflow: Airflow, aws: emulator.Emulator) -> None:
    make_role(aws)
    make_job(
        aws,
        "import time, boto3\n"
        "time.sleep(5)\n"
        "boto3.client('glue', region_name='us-east-1').create_database(DatabaseInput={'Name': 'made_by_the_job'})\n",
        name="nightly",
    )
    airflow.connection("aws_glue", "aws", **KEYS)
    airflow.example("after_a_glue_job")
    ran = airflow.test("after_a_glue_job")
    assert {"start_job", "nightly"} < succeeded(ran)
    assert ran.returned("nightly")["state"] == "SUCCEEDED"
    assert "Trigger completed" in ran.log
    (key,) = (key for key in keys(aws, "k-landing") if "METADATA" in key)
    body = aws.client("s3", region="us-east-1").get_object(Bucket="k-landing", Key=key)["Body"].read()
    assert b'"made_by_the_job"' in body


@pytest.mark.long
def test_a_job_that_fails_is_told_by_its_cause(airflow: Airflow, aws: emulator.Emulator) -> None:
    make_role(aws)
    fault = JobFault(state="FAILED", message="Error Category: X; ValueError: no good", lines=("ValueError: no good",))
    aws.change(glue_jobs=GlueJobs(master="", faults=(fault,)))
    make_job(aws, "pass", name="nightly")
    airflow.connection("aws_glue", "aws", **KEYS)
    airflow.dag("after_a_glue_job", (EXAMPLES / "after_a_glue_job.py").read_text().replace("retries=3", "retries=0"))
    ran = airflow.test("after_a_glue_job")
    assert ran.states["nightly"] == "failed"
    assert "ValueError: no good" in ran.log
    assert ran.states[f"{GROUP}.check"] == "upstream_failed"


@pytest.mark.long
def test_a_push_that_fails_the_first_time_ends_like_one_that_does_not(airflow: Airflow, aws: emulator.Emulator) -> None:
    aws.add(faults=[Fault(FaultKind.DENIED, operation="PUT", service="s3", path="k-landing/*MANIFEST*", times=1)])
    airflow.dag("retried", dag("retried", f'collect_and_push({CONFIG!r}, staging="s3://our-gluepot/staging")'))
    ran = airflow.test("retried")
    succeeded(ran)
    assert {task: tries for task, tries in ran.tries.items() if tries > 1} == {f"{GROUP}.push": 2}
    assert ran.returned(f"{GROUP}.push")[0] == {
        "server": "123456789012_glue",
        "landing": "s3://k-landing/lz",
        "files": 3,
        "bytes": ran.returned(f"{GROUP}.push")[0]["bytes"],
        "sent": 1,
    }
    assert len(keys(aws, "k-landing")) == 3
    assert ran.returned(f"{GROUP}.save_hwm")["after"] == ran.returned(f"{GROUP}.collect")[0]["end"]


@pytest.mark.long
def test_a_scope_that_fails_turns_the_run_red_after_everything_else_is_pushed(
    airflow: Airflow, aws: emulator.Emulator
) -> None:
    aws.add(faults=[Fault(FaultKind.DENIED, operation="GetTables", region="eu-west-1")])
    config = {**CONFIG, "regions": ["eu-west-1", "us-east-1"]}
    airflow.dag("partly", dag("partly", f'collect_and_push({config!r}, staging="s3://our-gluepot/staging")'))
    ran = airflow.test("partly")
    states = ran.states
    assert states.pop(f"{GROUP}.complete") == "failed"
    assert set(states.values()) == {"success"}
    assert ran.tries[f"{GROUP}.complete"] == 1
    assert "allow glue:GetTables on arn:aws:glue:eu-west-1:123456789012:catalog" in ran.log
    assert len(keys(aws, "k-landing")) == 3


@pytest.mark.long
@pytest.mark.parametrize(
    ("conn", "said"),
    [
        (None, "there is no Airflow connection 'k_landing'"),
        ({"conn_type": "wasb", "login": "a"}, "the connection 'k_landing' is of type 'wasb': the landing wants 'aws'"),
    ],
)
def test_a_connection_that_cannot_be_fails_the_first_task_at_once(
    airflow: Airflow, aws: emulator.Emulator, conn: dict[str, Any] | None, said: str
) -> None:
    if conn:
        airflow.connection("k_landing", **conn)
    group = f'collect_and_push({CONFIG!r}, staging="s3://our-gluepot/staging", landing_conn_id="k_landing")'
    airflow.dag("unconnected", dag("unconnected", group))
    ran = airflow.test("unconnected")
    assert ran.states[f"{GROUP}.check"] == "failed"
    assert ran.tries[f"{GROUP}.check"] == 1
    assert said in ran.log
    assert aws.calls(service="glue") == []


@pytest.mark.long
def test_a_dag_with_a_secret_in_it_is_not_imported(airflow: Airflow) -> None:
    config = {**CONFIG, "key": "AKIAEXAMPLE", "secret": "written-into-the-dag"}
    airflow.dag("open", dag("open", f'collect_and_push({config!r}, staging="s3://our-gluepot/staging")'))
    ran = airflow.test("open")
    assert ran.code != 0
    assert "a secret is written into the DAG: config.key" in ran.log


@pytest.fixture
def keyspace_source(airflow: Airflow, node: Node, aws: emulator.Emulator) -> Airflow:
    """An Airflow with the connections of the load's example, and the bucket that it names."""
    airflow.connection("keyspace", "cassandra", host=node.host, port=node.port, login=node.user, password=node.password)
    airflow.connection("aws_lake", "aws", **KEYS)
    where = {"LocationConstraint": "eu-central-1"}
    aws.client("s3", region="eu-central-1").create_bucket(Bucket="our-lake", CreateBucketConfiguration=where)
    return airflow


@pytest.fixture
def astraglue(session: Any) -> Iterator[str]:
    """The keyspace that the example names, with two tables."""
    name = "astraglue_ks"
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {replication}", timeout=120)
    for table in ("titles", "people"):
        session.execute(f"CREATE TABLE {name}.{table} (id int PRIMARY KEY, name text)", timeout=120)
        for number in range(50):
            session.execute(f"INSERT INTO {name}.{table} (id, name) VALUES ({number}, 'name {number}')")
    yield name
    session.execute(f"DROP KEYSPACE {name}", timeout=120)


def test_the_example_of_a_load_plans_loads_and_verifies_each_table(
    keyspace_source: Airflow, astraglue: str, node: Node, aws: emulator.Emulator
) -> None:
    assert astraglue
    keyspace_source.example("load_keyspace")
    ran = keyspace_source.test("load_keyspace")
    tasks = succeeded(ran)
    assert tasks == {
        "load_keyspace.plan",
        *(f"load_keyspace.each.{task}[{index}]" for task in ("load", "verify") for index in (0, 1)),
    }
    assert ran.labels == {"titles", "people"}
    loaded = [ran.returned("load_keyspace.each.load", index)[0] for index in (0, 1)]
    assert [one["rows"] for one in loaded] == [50, 50]
    assert len({one["load_id"] for one in loaded}) == 1
    tables = aws.client("glue", region="eu-central-1").get_tables(DatabaseName="astraglue")["TableList"]
    assert {table["Name"] for table in tables} == {"titles", "people"}
    for secret in (node.password, KEYS["password"]):
        assert secret.encode() not in ran.everything()


@pytest.mark.long
def test_the_example_of_a_load_on_glue_leaves_the_waiting_to_the_triggerer(
    keyspace_source: Airflow, astraglue: str, node: Node, aws: emulator.Emulator
) -> None:
    """The job runs for real: the staged script, with the staged wheel, on a Spark of its own."""
    assert astraglue
    aws.change(glue_jobs=GlueJobs())
    called = names(readfile.from_mapping(ON_GLUE))
    make_role(aws, called.role)
    stored = json.dumps({"user": node.user, "password": node.password})
    secrets = aws.client("secretsmanager", region="eu-central-1")
    secrets.create_secret(Name=called.secret, SecretString=stored)
    glue = aws.client("glue", region="eu-central-1")
    glue.create_database(DatabaseInput={"Name": "astraglue"})
    keyspace_source.example("load_on_glue")
    ran = keyspace_source.test("load_on_glue")
    assert succeeded(ran) == {f"load_keyspace.{task}" for task in ("plan", "load", "verify")}
    assert "Trigger completed" in ran.log
    assert sorted(one["rows"] for one in ran.returned("load_keyspace.load")) == [50, 50]
    (run,) = glue.get_job_runs(JobName=called.job)["JobRuns"]
    assert (run["JobRunState"], run["ExecutionClass"]) == ("SUCCEEDED", "FLEX")
    assert node.password.encode() not in ran.everything()


@pytest.mark.long
def test_a_load_that_fails_the_first_time_is_loaded_once(keyspace_source: Airflow, astraglue: str) -> None:
    """In mode `append`, where loading again would add every row twice."""
    assert astraglue
    plan = {
        "source": {"keyspace": astraglue},
        "target": {
            "database": "again",
            "location": "s3://our-lake/again",
            "region": "eu-central-1",
            "create_database": True,
            "mode": "append",
        },
    }
    text = f'load_keyspace({plan!r}, source_conn_id="keyspace", aws_conn_id="aws_lake")'
    lost = f"""
from pathlib import Path
from gluepot.airflow import loader
kept, flag = loader.loaded, Path({str(keyspace_source.home / "lost")!r})
def loaded(one):
    if not flag.exists():
        flag.touch()
        raise RuntimeError("the worker is lost after the commit")
    return kept(one)
loader.loaded = loaded
"""
    keyspace_source.dag("again", lost + dag("again", text))
    ran = keyspace_source.test("again")
    succeeded(ran)
    assert ran.tries["load_keyspace.load"] == 2
    assert sorted(one["rows"] for one in ran.returned("load_keyspace.load")) == [50, 50]
    assert sorted(one["rows"] for one in ran.returned("load_keyspace.verify")) == [50, 50]
