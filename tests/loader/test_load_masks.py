"""Masked columns in a load: refused by name, or loaded by name and marked wherever somebody looks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import roles
from tests.support.loads import DATABASE, Hook

from gluepot.errors import ConfigError
from gluepot.loader.jobs import plan_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.loads import Bench
    from tests.support.roles import Role

MASKS = {"email": "load", "age": "load"}


@pytest.fixture
def role(bench: Bench) -> Iterator[Role]:
    """A role with SELECT on a keyspace with a masked table and an open one, and a plan that reads as it."""
    bench.session.execute(
        f"CREATE TABLE {bench.keyspace}.people (id int PRIMARY KEY, email text MASKED WITH DEFAULT, "
        "age int MASKED WITH DEFAULT, town text)"
    )
    for number in range(40):
        bench.session.execute(
            f"INSERT INTO {bench.keyspace}.people (id, email, town) VALUES ({number}, 'p{number}@example.org', 'Bern')"
        )
    bench.fill(60, "open")
    with roles.made(bench.node, bench.session, f"reader_of_{bench.keyspace}") as made:
        made.grant("SELECT", f"KEYSPACE {bench.keyspace}")
        written(bench, made)
        yield made


def written(bench: Bench, role: Role, **people: Any) -> None:
    """Write a plan that reads as the role; what is given is said of the masked table."""
    bench.plan(source={"user": role.name, "password": role.password}, table={"people": people})


def refused(bench: Bench) -> tuple[str, str]:
    """Plan, and give the one thing that is refused, and what to do."""
    (refusal,) = plan_load(bench.file()).refusals
    assert refusal.table == "people"
    return refusal.what, refusal.hint


def test_a_plan_with_masked_columns_is_refused_with_the_grant_and_the_line(bench: Bench, role: Role) -> None:
    what, hint = refused(bench)
    assert what == "columns age (mask_default()), email (mask_default()) come masked"
    assert hint.startswith(f"GRANT UNMASK ON {bench.keyspace}.people TO {role.name}; ")
    assert 'masked.age = "load"' in hint


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ({"masked": {"age": "load"}}, "column email (mask_default()) come masked"),
        ({"drop": ["age"]}, "column email (mask_default()) come masked"),
        (
            {"drop": ["age", "email"], "filter": "email like '%.org'"},
            "column email (mask_default()) are used, though dropped, masked",
        ),
        (
            {"drop": ["age", "email"], "derive": {"host": "split_part(email, '@', 2)"}},
            "column email (mask_default()) are used, though dropped, masked",
        ),
    ],
)
def test_every_way_to_a_masked_column_is_refused(bench: Bench, role: Role, section: dict[str, Any], what: str) -> None:
    written(bench, role, **section)
    assert refused(bench)[0] == what


@pytest.mark.parametrize(
    "section", [{"drop": ["age", "email"]}, {"masked": MASKS}, {"drop": ["age"], "masked": {"email": "load"}}]
)
def test_what_is_dropped_or_asked_for_is_not_refused(bench: Bench, role: Role, section: dict[str, Any]) -> None:
    written(bench, role, **section)
    assert plan_load(bench.file()).refusals == ()


def test_where_unmask_is_granted_nothing_is_refused_and_a_line_too_many_is_said(bench: Bench, role: Role) -> None:
    role.grant("UNMASK", f"{bench.keyspace}.people")
    written(bench, role, masked=MASKS)
    planned = plan_load(bench.file())
    assert planned.refusals == ()
    assert "people: email is not masked for this role, so masked.email does nothing" in planned.notes
    assert not [column for table in planned.plan.tables for column in table.columns if column.masked]


def test_sql_over_masks_is_marked_too(bench: Bench, role: Role) -> None:
    written(bench, role, masked=MASKS, derive={"host": "split_part(email, '@', 2)"}, filter="age >= 0")
    planned = plan_load(bench.file())
    people = next(table for table in planned.plan.tables if table.source == "people")
    marked = {column.name: column.masked for column in people.columns if column.masked}
    assert marked == {"age": "mask_default()", "email": "mask_default()", "host": "mask_default() of email"}
    assert "people: the filter sees what mask_default() shows of age, and not its values" in planned.notes


def test_plan_run_and_verify_all_refuse(bench: Bench, role: Role) -> None:
    del role
    for command in ("plan", "run", "verify"):
        done = bench.cli("load", command)
        assert done.returncode == 2, done.stderr
        assert "email (mask_default())" in done.stdout + done.stderr
        assert "GRANT UNMASK" in done.stdout + done.stderr
    assert bench.tables() == []


def test_masks_that_are_asked_for_are_loaded_and_marked_everywhere(bench: Bench, role: Role) -> None:
    """In the table's properties and comments, in the report, and beside a proof."""
    written(bench, role, masked=MASKS)
    done = bench.cli("load", "run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("masked by mask_default()") == 2
    assert set(bench.lake_rows("people")) == {
        str({"id": number, "age": 0, "email": "****", "town": "Bern"}) for number in range(40)
    }
    table = bench.glue.get_table(DatabaseName=DATABASE, Name="people")["Table"]
    expected = {"age": "mask_default()", "email": "mask_default()"}
    assert json.loads(table["Parameters"]["gluepot.masked"]) == expected
    comments = {one["Name"]: one.get("Comment", "") for one in table["StorageDescriptor"]["Columns"]}
    assert comments["email"] == "text; masked by mask_default()"
    proven = bench.cli("load", "verify")
    assert proven.returncode == 0, proven.stderr
    assert "email holds what mask_default() shows, and not the source's values" in proven.stdout
    assert json.loads(bench.cli("load", "verify", "--output", "json").stdout)["tables"][-1]["masked"] == expected


def test_a_table_that_is_replaced_with_values_is_marked_no_more(bench: Bench, role: Role) -> None:
    written(bench, role, masked=MASKS)
    bench.load()
    role.grant("UNMASK", f"{bench.keyspace}.people")
    written(bench, role)
    bench.load()
    table = bench.glue.get_table(DatabaseName=DATABASE, Name="people")["Table"]
    assert json.loads(table["Parameters"]["gluepot.masked"]) == {}
    assert str({"id": 7, "age": None, "email": "p7@example.org", "town": "Bern"}) in bench.lake_rows("people")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE {0}.open ALTER c MASKED WITH DEFAULT", "shows masks in place of c"),
        ("GRANT UNMASK ON {0}.people TO {1}", "shows the values of age, email"),
    ],
)
def test_a_mask_that_comes_or_goes_while_a_table_is_read_keeps_it_from_its_commit(
    bench: Bench, role: Role, change: str, said: str
) -> None:
    written(bench, role, masked=MASKS)
    hook = Hook(lambda: bench.session.execute(change.format(bench.keyspace, role.name)), after=1)
    failed = [done for done in bench.load(watcher=hook) if done.error is not None]
    assert len(failed) == 1
    assert isinstance(failed[0].error, ConfigError)
    assert said in str(failed[0].error)
    assert failed[0].table.name not in bench.tables()


def test_a_masked_key_takes_a_permission_and_the_table_is_proven_as_a_whole(bench: Bench, role: Role) -> None:
    name = f"{bench.keyspace}.keyed"
    bench.session.execute(f"CREATE TABLE {name} (id text MASKED WITH DEFAULT PRIMARY KEY, v int)")
    for number in range(60):
        bench.session.execute(f"INSERT INTO {name} (id, v) VALUES ('k{number}', {number})")
    source = {"user": role.name, "password": role.password}
    bench.plan(source=source, tables={"include": ["keyed"]})
    (refusal,) = plan_load(bench.file()).refusals
    assert refusal.hint.endswith(f'masked.id = "load", with GRANT SELECT_MASKED ON {name} TO {role.name}')
    role.grant("SELECT_MASKED", name)
    bench.plan(source=source, tables={"include": ["keyed"]}, table={"keyed": {"masked": {"id": "load"}}})
    (loaded,) = bench.load()
    assert (loaded.error, loaded.rows) == (None, 60)
    proven = bench.cli("load", "verify")
    assert proven.returncode == 0, proven.stderr
    assert "keyed: equal, 60 rows, the table as a whole" in proven.stdout
