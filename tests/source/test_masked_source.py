"""Looking into a keyspace whose values are masked for who looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support import roles

from gluepot.cli.source import sources
from gluepot.source import look, sample, seeding
from gluepot.source.page import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.connect import Connected
    from gluepot_sandbox.cassandra import Node


@pytest.fixture
def connected(node: Node, session: Any, keyspace: str) -> Iterator[Connected]:
    """A connection as a role that may read, and sees masks."""
    session.execute(f"CREATE TABLE {keyspace}.people (id int PRIMARY KEY, email text MASKED WITH DEFAULT)")
    session.execute(f"INSERT INTO {keyspace}.people (id, email) VALUES (1, 'a@example.org')")
    with roles.made(node, session, f"looks_at_{keyspace}") as role:
        role.grant("SELECT", f"KEYSPACE {keyspace}")
        with role.connected() as connected:
            yield connected


def test_what_is_masked_is_told_wherever_it_is_shown(connected: Connected, keyspace: str) -> None:
    seen = look.look(connected, keyspace, rows=2)
    told = "masked by mask_default(), so that what is shown here are no values"
    grant = f"GRANT UNMASK ON {keyspace}.people TO looks_at_{keyspace}"
    for text in (sources.as_text(seen, 0), page(seen)):
        assert told in text
        assert grant in text
        assert "****" in text
    (table,) = sources.as_plain(seen)["tables"]
    assert [column["masked"] for column in table["columns"]] == [None, "mask_default()"]


def test_whose_rows_are_behind_masked_keys_is_not_guessed(connected: Connected, session: Any, keyspace: str) -> None:
    sample.write(session, keyspace)
    assert seeding.foreign(connected, keyspace) == {}
    session.execute(f"ALTER TABLE {keyspace}.{sample.TITLES} ALTER show_id MASKED WITH DEFAULT")
    found = seeding.foreign(connected, keyspace)
    assert list(found) == [sample.TITLES]
    assert found[sample.TITLES][0].startswith("keys that are masked (GRANT UNMASK ON ")
