"""The bundled sample: the walkthrough's table and one of every kind of CQL, on Cassandra and through Astra's door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gluepot.cassandra import schema
from gluepot.errors import ConfigError
from gluepot.source import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.cql import CqlType
    from gluepot_sandbox.cassandra import Node

KEYSPACE = "sampled"


@pytest.fixture(scope="module")
def written(session: Any) -> Iterator[sample.Written]:
    yield sample.write(session, KEYSPACE, create=True)
    session.execute(f"DROP KEYSPACE {KEYSPACE}", timeout=120)


def count(session: Any, table: str) -> int:
    return int(session.execute(f"SELECT count(*) FROM {KEYSPACE}.{table}", timeout=60).one()[0])


def test_what_is_said_to_be_written_is_there(session: Any, written: sample.Written) -> None:
    assert written.rows == {"movies_and_tv": 120, "viewings": 60}
    assert {table: count(session, table) for table in written.rows} == written.rows


def test_titles_have_the_walkthroughs_columns_and_key(session: Any, written: sample.Written) -> None:
    table = schema.table(session, written.keyspace, "movies_and_tv")
    assert [one.name for one in table.columns if one.kind == "partition_key"] == ["show_id"]
    assert {one.name for one in table.columns} == {
        "show_id", "cast", "country", "date_added", "description", "director", "duration", "listed_in", "rating",
        "release_year", "title", "type",
    }  # fmt: skip


def kinds_of(kind: CqlType) -> set[str]:
    return {kind.name}.union(*(kinds_of(one) for one in kind.args))


def test_viewings_have_every_kind_of_type_but_counters(session: Any, written: sample.Written) -> None:
    table = schema.table(session, written.keyspace, "viewings")
    found = set().union(*(kinds_of(one.type) for one in table.columns))
    assert found == {
        "ascii", "text", "tinyint", "smallint", "int", "bigint", "varint", "decimal", "float", "double", "boolean",
        "blob", "uuid", "timeuuid", "inet", "date", "time", "timestamp", "duration", "list", "set", "map", "udt",
        "tuple", "vector",
    }  # fmt: skip
    assert {one.kind for one in table.columns} == {"partition_key", "clustering", "static", "regular"}


def test_empty_fields_are_nulls_and_accents_stay(session: Any, written: sample.Written) -> None:
    select = f"SELECT title, date_added, release_year FROM {written.keyspace}.movies_and_tv WHERE show_id = 's1'"
    assert tuple(session.execute(select).one()) == ("Hôtel Mirabelle, Room 14", None, 2022)


def test_writing_again_changes_nothing(session: Any, written: sample.Written) -> None:
    before = sorted(session.execute(f"SELECT show_id, seen, price, units FROM {written.keyspace}.viewings"))
    assert sample.write(session, written.keyspace) == written
    assert sorted(session.execute(f"SELECT show_id, seen, price, units FROM {written.keyspace}.viewings")) == before
    assert count(session, "movies_and_tv") == 120


def test_a_missing_keyspace_is_refused_with_what_to_do(session: Any) -> None:
    with pytest.raises(ConfigError, match="no keyspace 'nowhere'") as caught:
        sample.write(session, "nowhere")
    assert "Astra" in caught.value.hint


def test_a_table_of_somebody_elses_is_left_alone(session: Any, keyspace: str) -> None:
    session.execute(f"CREATE TABLE {keyspace}.viewings (id int PRIMARY KEY)")
    with pytest.raises(ConfigError, match="is not the sample's"):
        sample.write(session, keyspace)
    assert session.execute(f"SELECT count(*) FROM {keyspace}.viewings").one()[0] == 0


def test_a_token_writes_it_through_astras_door(node: Node, session: Any, keyspace: str) -> None:
    from gluepot.cassandra.connect import connect
    from gluepot.cassandra.source import Source
    from gluepot.secret import Secret
    from gluepot_sandbox import astra as standin

    with standin.start(node, keyspaces=[keyspace]) as astra:
        source = Source(database=astra.database, token=Secret(astra.token), devops_url=astra.devops_url)
        with connect(source) as connected:
            assert sample.write(connected.session, keyspace).rows["viewings"] == 60
    assert session.execute(f"SELECT count(*) FROM {keyspace}.movies_and_tv").one()[0] == 120
