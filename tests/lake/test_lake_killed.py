"""A load that is killed at any call, while its last request is still under way, is finished by the next run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.lake.lake_worker import Mother
from tests.support import lakes
from tests.support.lakes import KINDS, ids, load, numbered, planned

from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.lakes import World

    from gluepot.plan.table import PlannedTable
LATE_SECONDS = 1.5
"""How long the call during which a load is killed takes to arrive."""

QUIET_SECONDS = 0.3


@pytest.fixture(scope="module")
def mother(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mother]:
    folder: Path = tmp_path_factory.mktemp("answers")
    with Mother(folder, world.environment) as made:
        yield made


def kill_during(world: World, mother: Mother, table: PlannedTable, **call: Any) -> bool:
    """Kill a load during a call, which the service still does a little later; False where there was no such call."""
    world.aws.forget()
    world.aws.change(faults=[Fault(FaultKind.HANG, times=1, seconds=LATE_SECONDS, **call)])
    child = mother.start(table, "two", 100, 120)
    while child.is_alive() and world.aws.struck() == [0]:
        time.sleep(0.02)
    seen, since = 0, time.monotonic()
    while child.is_alive() and time.monotonic() - since < QUIET_SECONDS:  # calls beside it come to their end
        now = len(world.aws.calls())
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.02)
    child.kill()
    came = world.aws.struck() == [1]
    world.aws.change(faults=[])
    return came


def check_killed(world: World, mother: Mother, kind: str, **call: Any) -> bool:
    table = planned(**KINDS[kind])
    load(world.lake, table, "one", numbered(0, 10))
    came = kill_during(world, mother, table, **call)
    after = [*range(10), *range(100, 120)] if kind == "append" else list(range(100, 120))
    assert ids(world, table) in (list(range(10)), after)  # never a part of it
    load(world.lake, table, "two", numbered(100, 120))
    time.sleep(LATE_SECONDS if came else 0)  # what was under way has arrived by now
    assert ids(world, table) == after
    world.lake.begin(table, load_id="two", digest="digest", ranges=lakes.RANGES).clean()
    assert len(world.keys(table, "data/two")) == 4  # nothing is left that the table does not use
    return came


@pytest.mark.parametrize(
    ("kind", "service", "operation", "number"),
    [
        ("append", "glue", "UpdateTable", 0),
        ("partitioned", "s3", "PUT", 11),  # in the second pass
        # `tests/loader/test_kill_points.py` dies at each write of each kind, in its own process
        pytest.param("replace", "s3", "PUT", 5, marks=pytest.mark.long),  # in the midst of staging
        pytest.param("replace", "glue", "UpdateTable", 0, marks=pytest.mark.long),
        pytest.param("parquet", "glue", "UpdateTable", 0, marks=pytest.mark.long),
    ],
)
def test_a_killed_load_is_finished_by_the_next_run(
    world: World, mother: Mother, kind: str, service: str, operation: str, number: int
) -> None:
    assert check_killed(world, mother, kind, service=service, operation=operation, skip=number)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_a_load_killed_at_any_call_is_finished_by_the_next_run(world: World, mother: Mother, kind: str) -> None:
    call = 0
    while check_killed(world, mother, kind, service="*", skip=call):
        call += 1
    assert call > 20
