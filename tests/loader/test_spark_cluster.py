"""A load by a standalone Spark cluster of two hosts, from a Cassandra of two nodes: what clusters do to tasks."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
from tests.support import sparks
from tests.support.availability import not_available
from tests.support.emulated import inherited
from tests.support.loads import BUCKET, REGION, Bench

from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot_sandbox import aws as emulator
    from gluepot_sandbox.cassandra.ring import Ring

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

HOSTS = ("127.0.0.1", "127.0.0.2")
MANY = 1_700
"""Bytes of a range: enough ranges that each executor has several, and some are left when one is slow."""

DATA = f"{BUCKET}/warehouse/*/data/*"
SPECULATION = {
    "spark_speculation": "true",
    "spark_speculation_interval": "200ms",
    "spark_speculation_multiplier": "1.2",
    "spark_speculation_quantile": "0.2",
    "spark_speculation_minTaskRuntime": "500ms",
}
"""A second attempt soon: https://spark.apache.org/docs/3.5.6/configuration.html#scheduling"""

DRIVER = {
    "spark_driver_host": HOSTS[0],
    "spark_driver_bindAddress": HOSTS[0],
    "spark_ui_enabled": "false",
    "spark_executor_extraJavaOptions": sparks.JVM,
    "spark_driver_extraJavaOptions": sparks.JVM,
}


@pytest.fixture(scope="module")
def ring() -> Iterator[Ring]:
    """Two nodes with half of the rows each."""
    from gluepot_sandbox import cassandra as server

    why = server.unavailable()
    if why:
        not_available(why)
    with server.ring(2) as started:
        yield started


@pytest.fixture
def bench(ring: Ring, aws: emulator.Emulator, tmp_path: Path) -> Iterator[Bench]:
    """A keyspace of the ring, and an empty lake."""
    session = ring.nodes[0].connect()
    keyspace = "spread"
    session.execute(f"DROP KEYSPACE IF EXISTS {keyspace}", timeout=120)
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {keyspace} WITH replication = {replication}", timeout=120)
    made = Bench(ring.nodes[0], session, keyspace, aws, tmp_path)
    made.plan(engine="spark")
    yield made
    session.cluster.shutdown()


@pytest.fixture(scope="module")
def driver(ring: Ring, server: emulator.Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sparks.Driver]:
    """A cluster of two workers with one core each, and a driver with a session on it."""
    folder = tmp_path_factory.mktemp("cluster")
    password = {"GLUEPOT_TEST_PASSWORD": ring.nodes[0].password}
    environment = {**inherited(), **server.environment(region=REGION), **password}
    with (
        sparks.cluster(folder, environment, HOSTS) as master,
        sparks.driver(folder, environment, master, **SPECULATION, **DRIVER) as started,
    ):
        yield started


def hosts(driver: sparks.Driver, event: str = "SparkListenerTaskEnd") -> list[str]:
    """Name the host of every task that ended, from Spark's event log."""
    return [one["Task Info"]["Host"] for one in driver.events(event)]


def records(bench: Bench) -> list[str]:
    return [key for key in bench.objects("warehouse/events/_gluepot/") if "/ranges/" in key]


def test_two_hosts_load_from_two_nodes(bench: Bench, driver: sparks.Driver) -> None:
    expected = bench.fill(3600)
    outcome = driver.load(bench.path, range_bytes=MANY)
    (done,) = outcome.tables
    assert done.error is None
    assert (outcome.slots, outcome.read, done.rows) == (2, 3600, 3600)
    assert bench.lake_rows("events") == expected
    assert set(hosts(driver)) == set(HOSTS)
    assert len(records(bench)) == done.parts > 20
    assert bench.snapshots("events") == 1


def test_a_second_attempt_at_a_slow_task_adds_no_row(bench: Bench, driver: sparks.Driver) -> None:
    """Two files take far longer to be sent than the others: Spark begins their tasks on the other host too."""
    expected = bench.fill(1800)
    before = driver.speculative()
    bench.aws.add(faults=[Fault(FaultKind.HANG, service="s3", operation="PUT", path=DATA, skip=4, times=2, seconds=12)])
    (done,) = driver.load(bench.path, range_bytes=MANY).tables
    assert driver.speculative() > before
    assert done.error is None
    assert done.rows == 1800
    assert bench.lake_rows("events") == expected
    assert len(records(bench)) == done.parts
    assert bench.snapshots("events") == 1
    assert bench.orphans("events", done.load_id) == set()


def test_an_executor_that_is_killed_costs_nothing_but_time(bench: Bench, driver: sparks.Driver) -> None:
    """One executor and all its Python processes get kill -9, once the first ranges are recorded."""
    expected = bench.fill(1800)
    bench.aws.add(faults=[Fault(FaultKind.HANG, service="s3", operation="PUT", path=DATA, seconds=1)])
    killed: list[int] = []

    def kill() -> None:
        for _ in range(600):
            if len(records(bench)) >= 2:
                break
            time.sleep(0.1)
        pid = next(pid for pid, line in sparks.executors(driver.folder).items() if "CoarseGrainedExecutor" in line)
        for one in [pid, *sparks.descendants(pid)]:
            killed.append(one)
            os.kill(one, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    (done,) = driver.load(bench.path, range_bytes=MANY).tables
    killer.join()
    assert killed
    assert done.error is None
    assert bench.lake_rows("events") == expected
    assert len(records(bench)) == done.parts
    assert bench.orphans("events", done.load_id) == set()


def test_a_driver_that_is_killed_leaves_ranges_that_the_next_one_uses(
    bench: Bench, driver: sparks.Driver, tmp_path: Path
) -> None:
    """The second driver is one of threads: what is staged does not know which engine did it."""
    expected = bench.fill(1800)
    bench.aws.add(faults=[Fault(FaultKind.HANG, service="s3", operation="PUT", path=DATA, seconds=1)])
    folder = tmp_path / "killed"
    folder.mkdir()
    with sparks.driver(folder, bench.environment()) as killed:
        killed.begin(bench.path, range_bytes=MANY)
        for _ in range(1200):
            if len(records(bench)) >= 3:
                break
            time.sleep(0.1)
        for pid in [killed.process.pid, *sparks.descendants(killed.process.pid)]:
            os.kill(pid, signal.SIGKILL)
    left = len(records(bench))
    assert left >= 3
    bench.aws.change(faults=[])
    assert bench.tables() == []
    (done,) = driver.load(bench.path, range_bytes=MANY).tables
    assert done.error is None
    assert left <= done.resumed < done.parts
    assert bench.lake_rows("events") == expected
    assert bench.snapshots("events") == 1
