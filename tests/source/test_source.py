"""Looking into a keyspace of a real Cassandra."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gluepot.cli.source import sources
from gluepot.errors import ConfigError
from gluepot.source import look
from gluepot.source.layout import draw
from gluepot.source.page import page

if TYPE_CHECKING:
    from gluepot.source.seen import Seen, SeenTable

STATEMENTS = (
    "CREATE TYPE address (street text, city text)",
    "CREATE TYPE person (name text, home frozen<address>)",
    "CREATE TYPE unused (a int)",
    "CREATE TABLE users (user_id uuid PRIMARY KEY, home frozen<address>, family list<frozen<person>>)",
    """CREATE TABLE watches (user_id uuid, day date, at timeuuid, show_id text, plan text static, price decimal,
       "Device" map<text, int>, PRIMARY KEY ((user_id, day), at, show_id))
       WITH CLUSTERING ORDER BY (at DESC, show_id ASC) AND comment = 'who saw <what>'""",
    "CREATE TABLE titles (show_id text PRIMARY KEY, title text, cast list<text>, year int, seen timestamp, big varint)",
    """CREATE TABLE "Empty" ("Key" int PRIMARY KEY, plays counter)""",
    """INSERT INTO titles (show_id, title, cast, year, seen, big) VALUES
       ('s1', 'Hôtel <b>', ['a', 'b'], 2001, 253402300800000, 123456789012345678901234567890)""",
    "INSERT INTO titles (show_id, title) VALUES ('s2', '')",
    """INSERT INTO watches (user_id, day, at, show_id, plan, price, "Device") VALUES
       (00000000-0000-4000-8000-000000000001, '2026-01-31', 50554d6e-29bb-11e5-b345-feff819cdc9f, 's1', 'basic', 4.90,
        {'tv': 1})""",
)


@pytest.fixture(scope="module")
def connected(session: Any) -> Any:
    """A connection to a node whose keyspace `looked_at` has tables of several kinds."""
    session.execute("CREATE KEYSPACE looked_at WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
    for statement in STATEMENTS:
        session.execute(_within(statement))
    return SimpleNamespace(session=session, cluster_name="Test Cluster")


def _within(statement: str) -> str:
    for before in ("CREATE TABLE ", "CREATE TYPE ", "INSERT INTO "):
        statement = statement.replace(before, f"{before}looked_at.", 1)
    # types are found in the keyspace of their table
    return statement


@pytest.fixture(scope="module")
def seen(connected: Any) -> Seen:
    return look.look(connected, "looked_at", rows=5)


def table(seen: Seen, name: str) -> SeenTable:
    return next(one for one in seen.tables if one.table.name == name)


def test_tables_and_types_are_found(seen: Seen) -> None:
    assert [one.table.name for one in seen.tables] == ["Empty", "titles", "users", "watches"]
    assert [one.name for one in seen.types] == ["address", "person", "unused"]
    assert str(seen.types[1].fields[1][1]) == "frozen<address>"


def test_columns_have_their_kind_their_type_and_what_they_become(seen: Seen) -> None:
    columns = {one.column.name: one for one in table(seen, "watches").columns}
    told = {name: (one.column.kind, str(one.column.type), one.lake_type) for name, one in columns.items()}
    assert told["user_id"] == ("partition_key", "uuid", "string")
    assert told["at"] == ("clustering", "timeuuid", "string")
    assert columns["at"].column.descending
    assert told["plan"] == ("static", "text", "string")
    assert told["price"] == ("regular", "decimal", "")
    assert "decimal(p,s)" in columns["price"].note
    assert columns["Device"].lake_name == "device"
    assert told["Device"][2] == "map<string, int>"


def test_small_tables_are_counted(seen: Seen) -> None:
    titles = table(seen, "titles")
    assert (titles.rows, titles.exact, titles.estimated_by) == (2, True, "counted")
    assert titles.bytes
    assert table(seen, "Empty").rows == 0


def test_sample_rows_are_exact_and_of_any_year(seen: Seen) -> None:
    sample = table(seen, "titles").sample
    assert sample is not None
    rows = {row[0]: dict(zip(sample.columns, row, strict=True)) for row in sample.rows}
    assert rows["s1"] == {
        "show_id": "s1",
        "big": 123456789012345678901234567890,
        "cast": ["a", "b"],
        "seen": "+10000-01-01T00:00:00Z",
        "title": "Hôtel <b>",
        "year": 2001,
    }
    assert rows["s2"]["title"] == ""
    assert rows["s2"]["year"] is None


def test_no_row_is_read_unless_asked_for(connected: Any) -> None:
    assert all(one.sample is None for one in look.look(connected, "looked_at").tables)


def test_no_more_rows_are_shown_than_asked_for(connected: Any) -> None:
    (one,) = look.look(connected, "looked_at", "titles", rows=1).tables
    assert one.sample is not None
    assert len(one.sample.rows) == 1


def test_one_table_comes_with_the_types_it_holds_and_no_others(connected: Any) -> None:
    seen = look.look(connected, "looked_at", "users")
    assert [one.table.name for one in seen.tables] == ["users"]
    assert [one.name for one in seen.types] == ["address", "person"]


def test_an_unknown_keyspace_is_refused_with_near_names(connected: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        look.look(connected, "lookd_at")
    assert "looked_at" in caught.value.hint


def test_an_unknown_table_is_refused_with_near_names(connected: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        look.look(connected, "looked_at", "title")
    assert "titles" in caught.value.hint


def test_what_is_seen_can_be_shown_in_every_way(seen: Seen) -> None:
    assert "Hôtel &lt;b&gt;" in page(seen)
    assert "who saw &lt;what&gt;" in page(seen)
    assert "user_id" in sources.as_text(seen, 80)
    assert sources.as_plain(seen)["tables"][1]["name"] == "titles"


def test_what_belongs_together_is_linked(seen: Seen) -> None:
    drawing = draw(seen)
    links = {(one.kind, drawing.boxes[one.start[0]].name, drawing.boxes[one.end[0]].name) for one in drawing.links}
    assert links == {
        ("key", "titles", "watches"),
        ("key", "users", "watches"),
        ("type", "users", "address"),
        ("type", "users", "person"),
        ("type", "person", "address"),
    }
