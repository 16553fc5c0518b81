"""Loads on Spark: attempts that fail, on two executors of a real local-cluster, and where secrets are not."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.support import sparks
from tests.support.emulated import inherited
from tests.support.loads import BUCKET, DATABASE, RANGE_BYTES, REGION, ROWS

from gluepot.errors import DeniedError, FidelityError
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.loads import Bench

    from gluepot_sandbox import aws as emulator
    from gluepot_sandbox.cassandra import Node

RECORDS = f"{BUCKET}/warehouse/*/_gluepot/*/ranges/*"
DATA = f"{BUCKET}/warehouse/*/data/*"


@pytest.fixture(scope="module", params=sparks.MASTERS)
def driver(
    request: pytest.FixtureRequest, node: Node, server: emulator.Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sparks.Driver]:
    """One session for all tests of this module: threads of one process, and a cluster of two in `make test-long`."""
    folder = tmp_path_factory.mktemp("spark")
    environment = {**inherited(), **server.environment(region=REGION), "GLUEPOT_TEST_PASSWORD": node.password}
    with sparks.driver(folder, environment, request.param) as started:
        yield started


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """The usual bench, on Spark."""
    bench.plan(engine="spark")
    return bench


def puts(bench: Bench, words: str) -> list[str]:
    """Give the keys that were sent, as often as they were."""
    return [one.path for one in bench.aws.calls("PUT", "s3") if words in one.path]


def records(bench: Bench) -> list[str]:
    return [key for key in bench.objects("warehouse/events/_gluepot/") if "/ranges/" in key]


def test_a_task_that_fails_after_it_has_written_is_repeated_and_no_row_comes_twice(
    bench: Bench, driver: sparks.Driver
) -> None:
    """Three files are written and their records denied, once each: Spark begins these tasks again."""
    expected = bench.fill()
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", path=RECORDS, times=3)])
    (done,) = driver.load(bench.path, range_bytes=RANGE_BYTES).tables
    assert done.error is None
    assert (done.rows, done.read) == (ROWS, ROWS)
    assert bench.lake_rows("events") == expected
    assert bench.snapshots("events") == 1
    assert len(records(bench)) == done.parts
    sent = Counter(puts(bench, "/data/"))
    assert sum(sent.values()) == done.files + 3
    assert len(sent) == done.files  # what is written again has the same content, and so the same name
    assert bench.orphans("events", done.load_id) == set()


def test_a_task_that_is_repeated_reads_no_range_again_that_has_its_record(bench: Bench, driver: sparks.Driver) -> None:
    """One task has all ranges, one after the other, and fails at the fourth."""
    expected = bench.fill()
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", path=DATA, skip=3, times=1)])
    (done,) = driver.load(bench.path, range_bytes=RANGE_BYTES, in_flight=1).tables
    assert done.error is None
    assert bench.lake_rows("events") == expected
    assert sum(one.fault == "" for one in bench.aws.calls("PUT", "s3") if "/data/" in one.path) == done.files


def test_a_store_that_goes_on_denying_is_told_as_on_one_machine_and_the_next_run_goes_on(
    bench: Bench, driver: sparks.Driver
) -> None:
    expected = bench.fill()
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", path=DATA, skip=2)])
    (denied,) = driver.load(bench.path, range_bytes=RANGE_BYTES).tables
    assert isinstance(denied.raised, DeniedError)
    assert (denied.raised.code, denied.raised.action, denied.raised.resource) == (
        "AccessDenied",
        "s3:PutObject",
        f"arn:aws:s3:::{BUCKET}/*",
    )
    assert "s3:PutObject" in denied.raised.hint
    assert bench.tables() == []
    bench.aws.change(faults=[])
    (done,) = driver.load(bench.path, range_bytes=RANGE_BYTES).tables
    assert done.error is None
    assert done.load_id == denied.load_id
    assert done.resumed >= 1
    assert bench.lake_rows("events") == expected


def test_a_value_that_does_not_fit_ends_the_load_at_once_with_its_key(bench: Bench, driver: sparks.Driver) -> None:
    """A second attempt would meet it again: none is made."""
    bench.session.execute(f"CREATE TABLE {bench.keyspace}.big (id int PRIMARY KEY, n varint)")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.big (id, n) VALUES (7, {10**40})")
    (done,) = driver.load(bench.path).tables
    assert isinstance(done.raised, FidelityError)
    assert "38 digits" in str(done.raised)
    assert bench.tables() == []
    log = "".join(path.read_text() for path in driver.folder.glob("events/*"))
    assert "FidelityError" not in log


def test_the_password_is_in_no_setting_argument_log_or_object(bench: Bench, driver: sparks.Driver) -> None:
    """With the source's secret in Secrets Manager: the executors read it there."""
    secret = bench.node.password
    held = json.dumps({"user": bench.node.user, "password": secret})
    bench.aws.client("secretsmanager", region=REGION).create_secret(Name="source", SecretString=held)
    bench.plan(source={"password": "secretsmanager:source#password"}, engine="spark")
    bench.fill(500)
    outcome = driver.load(bench.path)
    assert [one.error for one in outcome.tables] == [None]
    reads = bench.aws.calls("GetSecretValue")
    assert len(reads) >= 2  # the driver's, and that of a worker process
    hold_secret_nowhere(secret, bench, driver)


def hold_secret_nowhere(secret: str, bench: Bench, driver: sparks.Driver) -> None:
    """Search what Spark and the load have written, and every process's arguments."""
    for line in (*driver.processes().values(), sparks.command_line(driver.process.pid)):
        assert secret not in line
    files = [
        path
        for path in driver.folder.rglob("*")
        if path.is_file() and "home/" not in str(path.relative_to(driver.folder))
    ]
    work = [path for path in (driver.folder / "home" / "work").rglob("*") if path.is_file() and path.suffix != ".jar"]
    assert any("events" in str(path) for path in files)
    for path in [*files, *work]:
        assert secret.encode() not in path.read_bytes(), path
    for key in bench.objects():
        assert secret.encode() not in bench.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), key
    assert secret not in str(bench.glue.get_tables(DatabaseName=DATABASE))


@pytest.mark.long
def test_the_command_loads_on_the_spark_of_the_plan(bench: Bench) -> None:
    """`gluepot load run` as a person types it, on threads of this machine; Spark itself says nothing."""
    expected = bench.fill(500)
    bench.plan(engine="spark", spark={"master": "local[2]"})
    ran = bench.cli("load", "run", "--output", "json", process=True)
    assert ran.returncode == 0, ran.stderr
    (table,) = json.loads(ran.stdout)["tables"]
    assert (table["read"], table["rows"]) == (500, 500)
    assert bench.lake_rows("events") == expected
    lines = [line for line in ran.stderr.splitlines() if " %, " not in line]
    told = ["events: 1 token range", "events: committed, 500 rows", f"next: gluepot load verify -c {bench.path}"]
    assert lines == told


@pytest.mark.long
def test_the_command_tells_what_a_task_was_denied_with_the_permission_to_give(bench: Bench) -> None:
    """The driver is never denied itself: what it knows, the task has reported."""
    bench.fill(500)
    bench.plan(engine="spark", spark={"master": "local[2]"})
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", path=DATA)])
    ran = bench.cli("load", "run", "--output", "json", process=True)
    assert ran.returncode == DeniedError.exit_code, ran.stderr
    told = json.loads(ran.stdout)["tables"][0]["error"]
    assert [told[name] for name in ("kind", "code", "action", "resource")] == [
        "DeniedError",
        "AccessDenied",
        "s3:PutObject",
        f"arn:aws:s3:::{BUCKET}/*",
    ]
    assert f"next: events: {told['hint']}" in " ".join(ran.stderr.split())
    assert "s3:PutObject" in told["hint"]


@pytest.mark.long
def test_a_load_that_is_interrupted_ends_at_once_and_the_next_run_goes_on(bench: Bench) -> None:
    """Ctrl-C while files are slow to be sent."""
    expected = bench.fill()
    bench.plan(engine="spark", spark={"master": "local[2]"}, limits={"range_mb": 1})
    bench.aws.add(faults=[Fault(FaultKind.HANG, service="s3", operation="PUT", path=DATA, skip=1, seconds=20)])
    with bench.started("load", "run") as process:
        for _ in range(1800):
            if records(bench):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=100)
    assert process.returncode == 130, said
    assert "interrupted: no table is half loaded" in said
    assert "Traceback" not in said
    bench.aws.change(faults=[])
    assert bench.tables() == []
    assert bench.cli("load", "run", process=True).returncode == 0
    assert bench.lake_rows("events") == expected


@pytest.mark.long
def test_a_master_that_does_not_answer_is_named(bench: Bench) -> None:
    bench.fill(10)
    bench.plan(engine="spark", spark={"master": "nowhere"})
    ran = bench.cli("load", "run", process=True)
    assert ran.returncode == 3
    assert "Spark did not start at nowhere" in ran.stderr
    assert "spark.master" in ran.stderr


def test_a_secret_that_is_written_out_is_refused_before_anything_starts(bench: Bench) -> None:
    bench.plan(source={"password": bench.node.password}, engine="spark")
    ran = bench.cli("load", "plan")
    assert ran.returncode == 2
    assert "tells other machines of source.password" in ran.stderr
    assert bench.node.password not in ran.stdout + ran.stderr
