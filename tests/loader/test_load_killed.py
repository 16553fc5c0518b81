"""`gluepot load run` is killed at random, its source goes away in the midst: the next run finishes it exactly."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from tests.support.loads import SMALL, Hook

from gluepot.cli.reporting import OF_LOADS, TERMINATED
from gluepot_sandbox import cassandra

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from tests.support.loads import Bench

    from gluepot_sandbox.aws import Emulator

CALLS = 90
"""About what a load of the table below calls: its beginning, two files and a record for each range, its commit."""


def kill_at(bench: Bench, calls: int) -> bool:
    """Start a load, kill it once AWS was called so many times, and say whether it was still at work."""
    bench.aws.forget()
    with bench.started("load", "run") as process:
        while process.poll() is None and len(bench.aws.calls()) < calls:
            time.sleep(0.01)
        was_alive = process.poll() is None
        process.kill()
        process.wait()
    return was_alive


def check_finished(bench: Bench, expected: Counter[str]) -> None:
    """The rows are there once each, each load made one snapshot, and nothing lies about that none of them names."""
    assert bench.lake_rows("events") == expected
    assert bench.snapshots("events") == bench.done("events")
    with bench.opened() as everything:
        latest = everything.lake.latest(everything.planned.plan.tables[0])
    assert latest is not None
    assert latest.is_done
    assert bench.orphans("events", latest.load_id) == set()


@pytest.mark.long  # `test_kill_points.py` dies before each write, in its own process
@pytest.mark.parametrize("seed", range(20))
def test_a_load_killed_twice_at_random_is_finished_by_the_next_run(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    previous = None
    if seed % 2:  # over an earlier snapshot
        previous = bench.fill(50)
        bench.load()
    expected = bench.fill(1200, width=10_000)
    bench.plan(limits={"range_mb": 1, "in_flight": 4})
    bench.aws.change(latency_of={"PUT": 20})
    was_alive = [kill_at(bench, chance.randrange(1, CALLS))]
    if bench.tables():  # all of the rows or not one of them
        assert bench.lake_rows("events") in (previous, expected)
    was_alive.append(kill_at(bench, chance.randrange(1, CALLS)))
    assert any(was_alive)
    done = bench.cli("load", "run")
    assert done.returncode == 0, done.stderr
    check_finished(bench, expected)


def test_a_load_that_is_terminated_says_so_in_words_of_loads_and_is_finished_by_the_next_run(bench: Bench) -> None:
    expected = bench.fill(400, width=10_000)
    bench.plan(limits={"range_mb": 1, "in_flight": 1})
    bench.aws.change(latency_of={"PUT": 300})
    with bench.started("load", "run") as process:
        while process.poll() is None and not [key for key in bench.objects() if "/ranges/" in key]:
            time.sleep(0.05)
        bench.aws.change(latency_of={})
        process.terminate()
        _, said = process.communicate(timeout=120)
    assert process.returncode == TERMINATED, said
    assert f"terminated: {OF_LOADS}" in said
    assert "mark" not in said
    (done,) = bench.load()
    assert (done.error, done.how) == (None, "resumed")
    assert bench.lake_rows("events") == expected


@pytest.mark.long
def test_a_node_that_restarts_in_mid_scan_costs_time_and_nothing_else(aws: Emulator, tmp_path: Path) -> None:
    from tests.support.availability import not_available
    from tests.support.loads import Bench

    if why := cassandra.unavailable():
        not_available(why)
    with cassandra.start(tmp_path / "node", heap="512m") as node:
        session = node.connect()
        session.execute("CREATE KEYSPACE own WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        bench = Bench(node, session, "own", aws, tmp_path)
        expected = bench.fill()
        session.cluster.shutdown()
        time.sleep(1.5)  # the commit log is written every second
        bench.plan()

        def restart() -> None:
            node.kill()
            node.restart()

        (done,) = bench.load(watcher=Hook(restart), range_bytes=SMALL)
        assert done.error is None
        assert bench.lake_rows("events") == expected
        assert bench.snapshots("events") == 1
