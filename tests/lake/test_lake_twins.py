"""Processes at the same load, or at the same table: one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.lake.lake_worker import Mother
from tests.support.lakes import KINDS, ids, load, numbered, planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.lakes import World


@pytest.fixture(scope="module")
def mother(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mother]:
    with Mother(tmp_path_factory.mktemp("answers"), world.environment) as made:
        yield made


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_with_the_same_load_commit_once(
    world: World, mother: Mother, kind: str, *, is_there: bool
) -> None:
    table = planned(**KINDS[kind])
    if is_there:
        load(world.lake, table, "zero", numbered(0, 3))
    twins = [mother.start(table, "one", 100, 120) for _ in range(2)]
    answers = [twin.wait() for twin in twins]
    assert [answer.said for answer in answers] == ["", ""]
    assert sorted(answer.ours for answer in answers) == [False, True]
    assert len({answer.snapshot_id for answer in answers}) == 1
    kept = [0, 1, 2] if kind == "append" and is_there else []
    assert ids(world, table) == [*kept, *range(100, 120)]
    assert len(world.keys(table, "data/one")) == 4


@pytest.mark.parametrize("kind", ["replace", "parquet"])
def test_of_two_loads_of_one_table_one_wins_and_the_other_says_so(world: World, mother: Mother, kind: str) -> None:
    for _ in range(5):  # now and then one begins only after the other has ended
        table = planned(**KINDS[kind])
        load(world.lake, table, "zero", numbered(0, 3))
        others = [mother.start(table, f"load-{number}", number, number + 20) for number in (100, 200)]
        answers = [other.wait() for other in others]
        if any(answer.error for answer in answers):
            break
    assert sorted(answer.error for answer in answers) == ["", "ConflictError"]
    first = 100 if not answers[0].error else 200
    assert ids(world, table) == list(range(first, first + 20))


def test_two_loads_that_add_at_the_same_time_are_both_there(world: World, mother: Mother) -> None:
    table = planned(mode="append")
    load(world.lake, table, "zero", numbered(0, 3))
    others = [mother.start(table, f"load-{number}", number, number + 20) for number in (100, 200, 300)]
    assert [other.wait().said for other in others] == ["", "", ""]
    assert ids(world, table) == [0, 1, 2, *range(100, 120), *range(200, 220), *range(300, 320)]
