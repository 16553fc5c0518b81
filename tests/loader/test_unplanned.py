"""What the source keeps from being planned costs its table only: named, all at once, the others loaded, exit code 3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import roles
from tests.support.loads import DATABASE

from gluepot.cassandra.schema import _columns
from gluepot.errors import SourceError
from gluepot.loader.jdbc import explain
from gluepot.loader.jobs import plan_load, run_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.loads import Bench
    from tests.support.roles import Role


class Row:
    """A row of `system_schema.columns`."""

    def __init__(self, column_name: str, kind: str) -> None:
        self.column_name, self.type = column_name, kind
        self.kind, self.position, self.clustering_order = "regular", -1, "none"


def test_a_type_that_nobody_can_parse_costs_its_table_and_names_each_column() -> None:
    made, unreadable = _columns([Row("a", "int"), Row("b", "list<int"), Row("c", "list<lost>")], {})
    assert [column.name for column in made] == ["a"]
    assert unreadable.startswith("column b: 'list<int' is no CQL type")
    assert "; column c: CQL type 'list<lost>' names 'lost'" in unreadable


@pytest.fixture
def role(bench: Bench) -> Iterator[Role]:
    """A role that may read one table of three."""
    for name in ("events", "denied", "forbidden"):
        bench.fill(40, name)
    with roles.made(bench.node, bench.session, f"reader_of_{bench.keyspace}") as made:
        made.grant("SELECT", f"{bench.keyspace}.events")
        bench.plan(source={"user": made.name, "password": made.password}, tables={"exclude": ["old_*"]})
        yield made


def test_tables_that_may_not_be_read_are_named_and_the_others_are_loaded(bench: Bench, role: Role) -> None:
    planned = plan_load(bench.file())
    assert planned.refusals == ()
    assert [one.source for one in planned.plan.tables] == ["events"]
    line = '[tables] exclude = ["old_*", "denied", "forbidden"]'
    for one in planned.unplanned:
        name = f"{bench.keyspace}.{one.table.source}"
        assert isinstance(one.error, SourceError)
        assert (one.error.what, one.error.hint) == (
            f"{name} may not be read",
            f"GRANT SELECT ON {name} TO {role.name}; or leave it out: {line}",
        )
    shown = bench.cli("load", "plan")
    assert shown.returncode == 3, shown.stderr
    assert "Not planned, for what the source says: 2" in shown.stdout
    assert shown.stdout.count(line) == 2
    ran = bench.cli("load", "run", "--output", "json")
    assert ran.returncode == 3, ran.stderr
    told: dict[str, Any] = {one["table"]: one for one in json.loads(ran.stdout)["tables"]}
    assert {name: (one["rows"], (one["error"] or {}).get("kind")) for name, one in told.items()} == {
        "events": (40, None),
        "denied": (0, "SourceError"),
        "forbidden": (0, "SourceError"),
    }
    assert bench.tables() == ["events"]
    verified = bench.cli("load", "verify")
    assert verified.returncode == 3, verified.stderr
    assert "events: equal, 40 rows" in verified.stdout
    assert f"denied: NOT VERIFIED, {bench.keyspace}.denied may not be read" in verified.stdout
    refused = explain.jdbc(bench.file()).refusals  # a job of this route reads all of its tables, or none
    assert [one.partition(":")[0] for one in refused][-2:] == ["denied", "forbidden"]


def test_a_load_of_which_nothing_can_be_planned_touches_nothing(bench: Bench, role: Role) -> None:
    bench.aws.forget()
    result = run_load(bench.file(), tables=["denied"])
    assert (result.exit_code, [type(one.error) for one in result.tables]) == (3, [SourceError])
    with pytest.raises(SourceError, match=r"denied may not be read"):
        result.raise_failed()
    assert bench.aws.calls("CreateDatabase") == []
    assert role.name


def test_what_lies_in_the_plan_is_refused_for_all_of_it_whatever_the_source_denies(bench: Bench, role: Role) -> None:
    bench.plan(
        source={"user": role.name, "password": role.password},
        table={"events": {"drop": ["nothing"]}, "denied": {"name": "events"}},
    )
    ran = bench.cli("load", "run")
    assert ran.returncode == 2, ran.stderr
    assert "drop names column 'nothing', which is not there" in ran.stderr
    assert bench.glue.get_databases()["DatabaseList"] == [] or DATABASE not in str(bench.glue.get_databases())
