"""Masked columns of a real Cassandra 5.0, read by a role that does not see through masks, and by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support import roles

from gluepot.cassandra import scan, schema, sizes
from gluepot.cassandra.errors import denied
from gluepot.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.roles import Role

    from gluepot_sandbox.cassandra import Node

KEYSPACE = "hidden"
STATEMENTS = (
    """CREATE TABLE {0}.people (id int PRIMARY KEY, email text MASKED WITH DEFAULT,
       name text MASKED WITH mask_inner(1, 1), age int MASKED WITH DEFAULT, town text)""",
    "CREATE TABLE {0}.secret_keys (id text MASKED WITH DEFAULT PRIMARY KEY, v int)",
    "CREATE TABLE {0}.open (id int PRIMARY KEY)",
    """CREATE MATERIALIZED VIEW {0}.by_town AS SELECT * FROM {0}.people WHERE town IS NOT NULL AND id IS NOT NULL
       PRIMARY KEY (town, id)""",
    "INSERT INTO {0}.people (id, email, name, town) VALUES (1, 'a@example.org', 'Agnes', 'Bern')",
    "INSERT INTO {0}.open (id) VALUES (1)",
)


@pytest.fixture(scope="module")
def role(node: Node, session: Any) -> Iterator[Role]:
    """A role with SELECT on a keyspace with masks."""
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {KEYSPACE} WITH replication = {replication}")
    for statement in STATEMENTS:
        session.execute(statement.format(KEYSPACE))
    for number in range(30):
        session.execute(f"INSERT INTO {KEYSPACE}.secret_keys (id, v) VALUES ('key {number}', {number})")
    with roles.made(node, session, "masked_reader") as made:
        made.grant("SELECT", f"KEYSPACE {KEYSPACE}")
        yield made
    session.execute(f"DROP KEYSPACE {KEYSPACE}")


@pytest.fixture(scope="module")
def theirs(role: Role) -> Iterator[Any]:
    """The role's session."""
    with role.connected() as connected:
        yield connected.session


def masks(session: Any, table: str) -> dict[str, str]:
    return {column.name: column.masked for column in schema.table(session, KEYSPACE, table).masked}


def test_masks_are_told_as_they_are_written(theirs: Any) -> None:
    people = schema.table(theirs, KEYSPACE, "people")
    expected = {"age": "mask_default()", "email": "mask_default()", "name": "mask_inner(1, 1)"}
    assert {column.name: column.masked for column in people.masked} == expected
    assert (people.unmask, people.unread) == (f"GRANT UNMASK ON {KEYSPACE}.people TO masked_reader", "")
    assert masks(theirs, "open") == {}


def test_masks_are_told_with_their_nulls_and_the_keyspace_of_a_function_of_ones_own(session: Any, theirs: Any) -> None:
    session.execute(
        f"CREATE FUNCTION {KEYSPACE}.gone(v text) CALLED ON NULL INPUT RETURNS text LANGUAGE java AS 'return \"\";'"
    )
    session.execute(
        f"CREATE TABLE {KEYSPACE}.spelt (id int PRIMARY KEY, a text MASKED WITH mask_outer(1, null), "
        f"b text MASKED WITH {KEYSPACE}.gone())"
    )
    assert masks(theirs, "spelt") == {"a": "mask_outer(1, null)", "b": f"{KEYSPACE}.gone()"}


def test_who_sees_through_masks_is_told_of_none(session: Any, theirs: Any) -> None:
    del theirs
    assert masks(session, "people") == {}


@pytest.mark.parametrize("on", ["{0}.people", "KEYSPACE {0}", "ALL TABLES IN KEYSPACE {0}", "ALL KEYSPACES"])
def test_unmask_counts_wherever_it_was_granted(role: Role, theirs: Any, on: str) -> None:
    role.grant("UNMASK", on.format(KEYSPACE))
    assert masks(theirs, "people") == {}
    role.revoke("UNMASK", on.format(KEYSPACE))
    assert masks(theirs, "people") != {}


def test_a_view_has_masks_of_its_own(role: Role, theirs: Any) -> None:
    role.grant("UNMASK", f"{KEYSPACE}.people")
    assert set(masks(theirs, "by_town")) == {"age", "email", "name"}
    role.grant("UNMASK", f"{KEYSPACE}.by_town")
    assert masks(theirs, "by_town") == {}
    for name in ("people", "by_town"):
        role.revoke("UNMASK", f"{KEYSPACE}.{name}")


def test_where_permissions_cannot_be_read_a_mask_counts(theirs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theirs.cluster.auth_provider, "username", "cassandra")
    people = schema.table(theirs, KEYSPACE, "people")
    assert len(people.masked) == 3
    assert "not authorized to view cassandra's permissions" in people.unread


def test_scan_refuses_what_is_masked_and_says_who_grants_what(theirs: Any) -> None:
    with pytest.raises(ConfigError, match=r"hidden\.people shows masks in place of age, email, name") as caught:
        scan(theirs, "hidden.people")
    assert caught.value.hint.startswith("GRANT UNMASK ON hidden.people TO masked_reader; or read what the masks show")
    assert scan(theirs, "hidden.people", columns=["id", "town"]).read_all().to_pylist() == [{"id": 1, "town": "Bern"}]


def test_scan_reads_masks_where_they_are_asked_for(role: Role, theirs: Any) -> None:
    """A null comes as a value: age was never written."""
    found = scan(theirs, "hidden.people", masked=["age", "email", "name"]).read_all().to_pylist()
    assert found == [{"id": 1, "age": 0, "email": "****", "name": "A***s", "town": "Bern"}]
    role.grant("UNMASK", "hidden.people")
    found = scan(theirs, "hidden.people").read_all().to_pylist()
    assert found == [{"id": 1, "age": None, "email": "a@example.org", "name": "Agnes", "town": "Bern"}]
    role.revoke("UNMASK", "hidden.people")


def test_a_scan_whose_masks_change_meanwhile_does_not_end_well(role: Role, theirs: Any) -> None:
    """No batch says whether it was masked."""
    stream = scan(theirs, "hidden.people", masked=["age", "email", "name"])
    role.grant("UNMASK", "hidden.people")
    with pytest.raises(SourceError, match="masks on its columns came or went"):
        stream.read_all()
    role.revoke("UNMASK", "hidden.people")


def test_ranges_over_masked_keys_take_a_permission_that_the_error_names(role: Role, theirs: Any) -> None:
    """Never SELECT, which is granted."""
    with pytest.raises(ConfigError, match=r"may not be read by its masked columns id") as caught:
        scan(theirs, "hidden.secret_keys", masked=["id"]).read_all()
    assert "GRANT UNMASK ON hidden.secret_keys TO masked_reader" in caught.value.hint
    assert "GRANT SELECT_MASKED ON hidden.secret_keys TO masked_reader" in caught.value.hint
    assert "GRANT SELECT ON" not in caught.value.hint
    role.grant("SELECT_MASKED", "hidden.secret_keys")
    found = scan(theirs, "hidden.secret_keys", masked=["id"]).read_all()
    assert found["v"].sort().to_pylist() == list(range(30))
    assert set(found["id"].to_pylist()) == {"****"}
    role.revoke("SELECT_MASKED", "hidden.secret_keys")


def test_how_many_rows_there_are_is_not_taken_from_the_tokens_of_masked_keys(
    role: Role, theirs: Any, session: Any
) -> None:
    from cassandra.concurrent import execute_concurrent_with_args

    session.execute(f"CREATE TABLE {KEYSPACE}.many (id int MASKED WITH DEFAULT PRIMARY KEY, v int)")
    insert = session.prepare(f"INSERT INTO {KEYSPACE}.many (id, v) VALUES (?, 1)")
    execute_concurrent_with_args(session, insert, [(number,) for number in range(sizes.SAMPLE + 100)])
    role.grant("SELECT_MASKED", f"KEYSPACE {KEYSPACE}")
    few, many = (sizes.estimate(theirs, schema.table(theirs, KEYSPACE, name)) for name in ("secret_keys", "many"))
    role.revoke("SELECT_MASKED", f"KEYSPACE {KEYSPACE}")
    assert (few.rows, few.partitions, few.exact) == (30, 30, True)
    assert (many.exact, many.source) == (False, "size_estimates")
    assert many.rows >= sizes.SAMPLE


def test_a_denial_names_the_permission_that_the_server_named(role: Role, theirs: Any) -> None:
    role.revoke("SELECT", f"KEYSPACE {KEYSPACE}")
    with pytest.raises(ConfigError, match=r"hidden\.open may not be read") as caught:
        scan(theirs, "hidden.open")
    role.grant("SELECT", f"KEYSPACE {KEYSPACE}")
    assert caught.value.hint == "GRANT SELECT ON hidden.open TO masked_reader"


def test_a_denial_of_another_form_is_told_as_it_is() -> None:
    told = denied("k.t", ValueError("computer says no"))
    assert (told.why, told.hint) == ("ValueError: computer says no", "ask for the permission that it names")
