"""A run dies before each of its writes in turn: whatever it was at, the next run makes exactly one load of it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support import lakes
from tests.support.kills import ROWS, Writes, dies, run
from tests.support.lakes import KINDS, ids, planned

from gluepot.errors import ConfigError
from gluepot.plan.identity import Rule
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.lakes import World

    from gluepot.loader.core.results import LoadedTable
    from gluepot.plan.table import PlannedTable

LOADED = [row[0] for row in ROWS]
BEFORE = lakes.numbered(0, 2)
LATER = Rule(now=datetime.now(UTC) + timedelta(hours=25))
"""The rule of a run on the next day."""


def tables_of(world: World, kind: str, count: int) -> list[PlannedTable]:
    """Plan tables of a kind, each of which has rows already but the first, which is made by its load."""
    made = [planned(**KINDS[kind]) for _ in range(count)]
    for table in made[1:]:
        lakes.load(world.lake, table, "20200101T000000-a", BEFORE)
    return made


def check(world: World, tables: Sequence[PlannedTable], times: int = 1) -> None:
    """Each table holds what its mode makes of so many loads, and nothing else."""
    for at, table in enumerate(tables):
        adds = table.mode == "append"
        before = [row[0] for row in BEFORE] if at and adds else []
        assert ids(world, table) == sorted(before + LOADED * (times if adds else 1)), table.name


def hows(done: Sequence[LoadedTable]) -> list[str]:
    return [one.how for one in done]


def writes_of(world: World, kind: str, count: int) -> list[str]:
    """Name the writes of a load that nothing happens to."""
    writes = Writes()
    run(tables_of(world, kind, count), writes)
    return writes.done


def last(done: Sequence[str], what: str) -> int:
    """Find the last write of a kind."""
    return max(at for at, name in enumerate(done) if what in name)


def check_killed(world: World, kind: str, count: int, number: int) -> list[str]:
    """A run dies before a write, and the next one finishes it; gives what became of the tables in that."""
    tables = tables_of(world, kind, count)
    written = dies(tables, number).done
    done = run(tables, Writes())
    assert [one.error for one in done] == [None] * count, written
    check(world, tables)
    return hows(done)


def test_a_loads_first_write_is_its_intent_and_its_last_one_its_end(world: World) -> None:
    """What the other tests die at; a write that is added shows here."""
    done = writes_of(world, "append", 1)
    words = ["load.json", ".parquet", "/ranges/", ".parquet", "/ranges/", "file avro", "file avro", "file json"]
    for name, word in zip(done, [*words, "create_table", "done.json", "_gluepot/ends/"], strict=True):
        assert word in name


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_died_around_its_commit_is_finished_and_not_repeated(world: World, kind: str) -> None:
    done = writes_of(world, kind, 1)
    commit, record = last(done, "create_table"), last(done, "done.json")
    assert check_killed(world, kind, 1, commit) == ["resumed"]
    assert [check_killed(world, kind, 1, number) for number in (record, len(done) - 1)] == [["kept"]] * 2


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_died_before_any_of_its_writes_is_one_load_after_the_next(
    world: World, kind: str, count: int
) -> None:
    for number in range(len(writes_of(world, kind, count))):
        check_killed(world, kind, count, number)


@pytest.mark.parametrize("kind", ["append", "replace"])
def test_of_three_tables_those_that_were_committed_stay_and_the_others_are_finished(world: World, kind: str) -> None:
    tables = tables_of(world, kind, 3)
    done = writes_of(world, kind, 3)
    dies(tables, last(done, "update_table"))
    said: list[str] = []
    ended = run(tables, Writes(), said=said)
    assert hows(ended) == ["kept", "kept", "resumed"]
    assert {one.load_id for one in ended} == {one.run for one in ended} == {ended[0].run}
    for line in said[:2]:
        assert "was cut short after its commit at " in line
        assert "--no-resume loads it all the same" in line
    assert "finishes load " in said[2]
    check(world, tables)


def test_what_came_to_its_end_is_added_again(world: World) -> None:
    tables = tables_of(world, "append", 2)
    for times in (1, 2):
        assert hows(run(tables, Writes())) == ["fresh", "fresh"]
        check(world, tables, times)


def test_a_run_that_finishes_another_may_die_too(world: World) -> None:
    """It finishes what died, and dies before its own end is recorded: nothing is repeated until that is."""
    tables = tables_of(world, "append", 2)
    done = writes_of(world, "append", 2)
    dies(tables, last(done, "update_table"))
    assert hows(run(tables, Writes(), ends=False)) == ["kept", "resumed"]
    assert hows(run(tables, Writes())) == ["kept", "kept"]
    check(world, tables)
    assert hows(run(tables, Writes())) == ["fresh", "fresh"]
    check(world, tables, 2)


def test_a_dead_run_that_was_joined_with_another_stays_one_load_until_both_have_ended(world: World) -> None:
    """The end of two runs is one record: between what says that they belong together and that, nothing is repeated."""
    tables = tables_of(world, "append", 2)
    for table in tables:
        run([table], Writes(), ends=False)
    kept = Writes()
    dies(tables, 1)  # it keeps both, says that they belong together, and dies before it says that they have ended
    assert hows(run(tables, kept)) == ["kept", "kept"]
    assert [name.split("/")[1] for name in kept.done] == ["ends", "ends"]
    check(world, tables)
    assert hows(run(tables, Writes())) == ["fresh", "fresh"]


def test_a_table_that_failed_in_a_run_that_ended_is_finished_by_one_that_dies_and_is_not_repeated(world: World) -> None:
    tables = tables_of(world, "append", 2)
    world.aws.add(faults=[Fault(FaultKind.DENIED, service="glue", operation="UpdateTable")])
    (_, failed) = run(tables, Writes())
    world.aws.change(faults=[])
    assert failed.error is not None
    done = run(tables, Writes(), ends=False)
    assert hows(done) == ["fresh", "resumed"]
    assert hows(run(tables, Writes())) == ["kept", "kept"]
    assert [len(ids(world, table)) for table in tables] == [2 * len(ROWS), len(BEFORE) + len(ROWS)]


@pytest.mark.parametrize("kind", ["append", "replace"])
def test_a_run_that_died_too_long_ago_is_followed_by_a_new_one_which_says_so(world: World, kind: str) -> None:
    tables = tables_of(world, kind, 1)
    run(tables, Writes(), ends=False)
    if kind == "append":
        with pytest.raises(ConfigError, match="more than 20 hours ago"):
            run(tables, Writes(), Rule(now=LATER.now, resume=True))
    said: list[str] = []
    assert hows(run(tables, Writes(), LATER, said)) == ["fresh"]
    anew = "the table's rows are added once more" if kind == "append" else "the table is read from its beginning"
    assert said[0].endswith(f", more than 20 hours ago: {anew}")
    check(world, tables, 2)


def test_another_plan_and_no_resume_begin_a_new_load_and_a_name_asks_for_the_very_one(world: World) -> None:
    (table,) = tables_of(world, "append", 1)
    (done,) = run([table], Writes(), ends=False)
    assert hows(run([table], Writes(), Rule(load_id=done.load_id), ends=False)) == ["kept"]
    said: list[str] = []
    other = planned(name=table.name, mode="append", filter="id > 0")
    assert hows(run([other], Writes(), said=said)) == ["fresh"]
    assert "under another plan than today's: the table's rows are added once more" in said[0]
    check(world, [table], 2)
    run([table], Writes(), ends=False)
    assert hows(run([table], Writes(), Rule(resume=False))) == ["fresh"]
    check(world, [table], 4)


def test_who_names_a_load_of_a_dead_run_ends_that_run(world: World) -> None:
    """A retry by the load's id is the end of what it retries: the next run adds its rows."""
    (table,) = tables_of(world, "append", 1)
    named = Rule(load_id="night-1")
    run([table], Writes(), named, ends=False)
    assert hows(run([table], Writes(), named)) == ["kept"]
    assert hows(run([table], Writes())) == ["fresh"]
    check(world, [table], 2)


@pytest.mark.parametrize(
    ("lost", "how"),
    [("_gluepot/ends/", "kept"), ("{table}/_gluepot/{load}/done.json", "kept"), ("{table}/_gluepot/", "fresh")],
)
def test_where_records_are_lost_nothing_is_repeated_unless_the_tables_own_are_gone(
    world: World, lost: str, how: str
) -> None:
    (table,) = tables_of(world, "append", 1)
    (done,) = run([table], Writes(), ends=False)
    if "ends" in lost:
        run([table], Writes())  # an end that is written, and lost
    prefix = f"tables/{lost.format(table=table.name, load=done.load_id)}"
    s3 = world.aws.client("s3")
    for one in s3.list_objects_v2(Bucket=lakes.BUCKET, Prefix=prefix)["Contents"]:
        s3.delete_object(Bucket=lakes.BUCKET, Key=one["Key"])
    assert hows(run([table], Writes())) == [how]
    check(world, [table], 1 if how == "kept" else 2)


def test_a_table_that_was_dropped_after_a_dead_run_is_loaded_anew(world: World) -> None:
    (table,) = tables_of(world, "append", 1)
    run([table], Writes(), ends=False)
    world.aws.client("glue").delete_table(DatabaseName=lakes.DATABASE, Name=table.name)
    assert hows(run([table], Writes())) == ["fresh"]
    check(world, [table])


class Paused(Writes):
    """Writes of a process that is not dead but slow: before one of them it waits until another has come to its end."""

    def __init__(self, number: int, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._number, self._meanwhile = number, meanwhile

    def write(self, what: str) -> None:
        """Let the other one run."""
        if len(self.done) == self._number:
            thread = threading.Thread(target=self._meanwhile)
            self._number = -1
            thread.start()
            thread.join()
        super().write(what)


def check_race(world: World, kind: str, number: int) -> None:
    tables = tables_of(world, kind, 2)
    other: list[LoadedTable] = []
    done = run(tables, Paused(number, lambda: other.extend(run(tables, Writes()))))
    assert [one.error for one in (*done, *other)] == [None] * 4
    check(world, tables)


def test_a_run_that_begins_while_another_stages_joins_it_with_all_of_its_tables(world: World) -> None:
    check_race(world, "append", 4)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["append", "replace"])
def test_wherever_a_run_is_overtaken_by_a_twin_the_two_make_one_load(world: World, kind: str) -> None:
    for number in range(1, len(writes_of(world, kind, 2)) - 1):
        check_race(world, kind, number)
