"""The one way into a load: what is refused is refused before anything is touched; answers are the command line's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.support import gluejobs
from tests.support.loads import DATABASE

from gluepot import GluepotError, LoadOptions, plan_load, run_load, verify_load
from gluepot.errors import ConfigError, DeniedError, EngineError, UnreachableError
from gluepot.loader.core.watcher import Silent
from gluepot.loader.plan import readfile
from gluepot.plan.table import LoadPlan
from gluepot_sandbox.aws import Fault, FaultKind, GlueJobs, JobFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.loads import Bench

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.verify import VerifiedTable
    from gluepot.plan.table import PlannedTable

WRITES = {"PUT", "POST", "DELETE", "CreateDatabase", "CreateTable", "UpdateTable", "StartJobRun", "CreateJob"}
NOWHERE = {
    "source": {"keyspace": "ks", "contact_points": ["127.0.0.1"], "port": 9},
    "target": {"database": "db", "location": "s3://lake/db", "region": "eu-central-1"},
}
"""A plan whose source does not answer."""


class Begun(Silent):
    """A watcher that keeps what a load begins with."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.slots = 0

    def planned(self, tables: Sequence[PlannedTable], slots: int) -> None:
        """Keep names and slots."""
        self.tables, self.slots = [one.name for one in tables], slots


def undecided(bench: Bench) -> PlanFile:
    """Make a table whose decimal the plan does not decide about, beside one that could be loaded."""
    bench.fill(10)
    bench.session.execute(f"CREATE TABLE {bench.keyspace}.prices (a int PRIMARY KEY, price decimal)")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.prices (a, price) VALUES (1, 9.99)")
    bench.aws.forget()
    return bench.file()


def untouched(bench: Bench) -> bool:
    """Tell whether nothing was written anywhere since the calls were forgotten."""
    return not [one for one in bench.aws.calls() if one.operation in WRITES] and bench.objects() == []


@pytest.mark.parametrize("engine", ["local", "spark", "glue"])
def test_what_a_plan_refuses_a_run_refuses_before_anything_is_touched(bench: Bench, engine: str) -> None:
    file = msgspec.structs.replace(undecided(bench), engine=engine)
    planned = plan_load(file)
    (refused,) = planned.refusals
    assert (refused.table, planned.errors) == ("prices", ())
    with pytest.raises(ConfigError) as of_plan:
        planned.raise_refusals()
    with pytest.raises(ConfigError) as of_run:
        run_load(file)
    assert str(of_run.value) == str(of_plan.value)
    assert refused.what in of_run.value.why
    assert untouched(bench)
    with pytest.raises(ConfigError, match="the plan cannot be loaded: 1 to mend"):
        verify_load(file)


def test_what_the_target_refuses_is_told_with_the_plan_and_raised_as_it_is(bench: Bench) -> None:
    bench.fill(10)
    bench.plan(target={"create_database": False})
    (refused,) = plan_load(bench.file()).refusals
    assert refused.what.startswith(f"there is no database {DATABASE}")
    bench.aws.forget()
    with pytest.raises(ConfigError, match=f"there is no database {DATABASE}"):
        run_load(bench.file())
    assert untouched(bench)
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="glue", operation="GetDatabase")])
    planned = plan_load(bench.file())
    with pytest.raises(DeniedError):
        planned.raise_refusals()
    assert [type(one) for one in planned.errors] == [DeniedError]


def test_a_database_is_created_where_the_file_or_the_caller_says_so(bench: Bench) -> None:
    bench.fill(10)
    bench.plan(target={"create_database": False})
    assert run_load(bench.file(), LoadOptions(create_database=True)).exit_code == 0
    assert bench.tables() == ["events"]


def test_answers_are_those_of_the_command_line(bench: Bench) -> None:
    bench.fill(500)
    planned = plan_load(bench.file())
    told = json.loads(bench.cli("load", "plan", "--output", "json").stdout)
    assert planned.plan == msgspec.convert(told["plan"], LoadPlan)
    assert [told["refusals"], told["notes"]] == [list(planned.refusals), list(planned.notes)]
    assert {name: cost.rows for name, cost in planned.costs.items()} == {
        name: cost["rows"] for name, cost in told["estimates"].items()
    }
    (done,) = run_load(bench.file(), LoadOptions(load_id="20260101T000000000000-0badcafe")).tables
    ran = bench.cli("load", "run", "--load-id", done.load_id, "--output", "json")
    (again,) = json.loads(ran.stdout)["tables"]
    assert done.committed is not None
    assert (again["table"], again["rows"], again["read"], again["parts"]) == (
        "events",
        done.rows,
        done.read,
        done.parts,
    )
    assert again["committed"]["snapshot_id"] == done.committed.snapshot_id
    (equal,) = verify_load(bench.file(), rescan=True)
    (verified,) = json.loads(bench.cli("load", "verify", "--rescan", "--output", "json").stdout)["tables"]
    assert (equal.is_equal, equal.found.rows, equal.ranges) == (True, 500, done.parts)
    assert (verified["is_equal"], verified["found"]) == (True, msgspec.to_builtins(equal.found))
    assert verified["load_id"] == equal.load_id == done.load_id


def test_a_table_that_fails_is_in_the_result_and_the_others_are_loaded(bench: Bench) -> None:
    bench.fill(10)
    bench.session.execute(f"CREATE TABLE {bench.keyspace}.prices (a int PRIMARY KEY, price varint)")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.prices (a, price) VALUES (1, {10**40})")
    file = bench.file()
    result = run_load(file)
    (failed,) = result.failed
    assert [one.table.name for one in result.tables] == ["events", "prices"]
    assert (failed.table.name, result.tables[0].rows) == ("prices", 10)
    with pytest.raises(GluepotError) as caught:
        result.raise_failed()
    assert caught.value is failed.error
    ran = bench.cli("load", "run", "--output", "json")
    assert ran.returncode == result.exit_code == caught.value.exit_code
    assert [one["error"] and one["error"]["what"] for one in json.loads(ran.stdout)["tables"]] == [
        None,
        caught.value.what,
    ]


def test_declared_types_are_tried_on_sampled_rows_all_of_them_at_once(bench: Bench) -> None:
    """A type that is too small, a cast that cannot be computed: each with the key of a row."""
    bench.session.execute(f"CREATE TABLE {bench.keyspace}.p (a int, b int, price decimal, t text, PRIMARY KEY (a, b))")
    bench.session.execute(f"INSERT INTO {bench.keyspace}.p (a, b, price, t) VALUES (1, 2, 229.43, 'three')")
    columns = {"types": {"price": "decimal(2,2)"}, "cast": {"t": "INTEGER"}}
    bench.plan(table={"p": columns})
    planned = plan_load(bench.file())
    price, cast = planned.refusals
    assert "column price of table p has a value that decimal(2, 2) cannot hold" in price.what
    assert "the row with a=1, b=2 has 229.43" in price.what
    assert 'sampled rows fit types.price = "decimal(' in price.hint
    assert cast.what.startswith("the cast of column t of p fails on the row with a=1, b=2: ")
    with pytest.raises(ConfigError, match="the plan cannot be loaded: 2 to mend"):
        run_load(bench.file())
    assert bench.tables() == []
    bench.plan(table={"p": columns | {"types": {"price": "decimal(9,2)"}, "cast": {}}})
    assert plan_load(bench.file()).refusals == ()


def test_tables_are_chosen_by_name_for_all_three(bench: Bench) -> None:
    undecided(bench)
    begun = Begun()
    seen: list[VerifiedTable] = []
    assert plan_load(bench.file(), tables=["events"]).refusals == ()
    run_load(bench.file(), tables=["events"], watcher=begun)
    assert begun.tables == bench.tables() == ["events"]
    assert begun.slots >= 2
    found = verify_load(bench.file(), tables=["events"], watcher=seen.append)
    assert [one.table.name for one in found] == ["events"]
    assert tuple(seen) == found
    with pytest.raises(ConfigError, match=r"tables\.include names 'nothing'"):
        run_load(bench.file(), tables=["nothing"])


def test_a_plan_is_named_by_its_path_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.fill(10)
    monkeypatch.setenv("GLUEPOT_TEST_PASSWORD", bench.node.password)
    assert [one.source for one in plan_load(str(bench.path)).plan.tables] == ["events"]
    assert run_load(bench.path).tables[0].rows == 10


def test_what_cannot_be_is_refused_before_the_source_is_asked() -> None:
    file = readfile.from_mapping(NOWHERE)
    with pytest.raises(ConfigError, match="--detach leaves nothing behind"):
        run_load(file, LoadOptions(detach=True))
    with pytest.raises(ConfigError, match="the visual job reads all of its tables"):
        run_load(msgspec.structs.replace(file, route="jdbc"), tables=["one"])
    with pytest.raises(UnreachableError):
        run_load(file)


def test_a_glue_job_is_waited_for_or_left_to_itself(bench: Bench) -> None:
    bench.fill(10)
    gluejobs.prepared(bench)
    lost = JobFault(message="Command failed", lines=("Container killed by YARN for exceeding memory",))
    bench.aws.change(glue_jobs=GlueJobs(master="", faults=(lost,)))
    said: list[str] = []
    result = run_load(bench.file(), say=said.append)
    assert result.submitted is not None
    assert [type(one.error) for one in result.tables] == [EngineError]
    assert result.exit_code == EngineError.exit_code
    assert "staged s3://" in said[0]
    bench.aws.change(glue_jobs=GlueJobs(master="", starting_seconds=120))
    left = run_load(bench.file(), LoadOptions(detach=True))
    assert left.submitted is not None
    assert left.tables == ()
    assert left.submitted.load_id
    job = gluejobs.job(bench)
    assert not job.runs.get(left.submitted.run_id).is_over
    job.runs.stop(left.submitted.run_id)
