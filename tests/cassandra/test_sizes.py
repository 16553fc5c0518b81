"""What is told of a keyspace before it is read: tables, sizes, ranges."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from gluepot.cassandra import schema, sizes, splits
from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def tables(session: Any) -> Iterator[str]:
    """Tables of very different shapes."""
    from cassandra.concurrent import execute_concurrent_with_args

    name = "measured"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    session.execute(f"CREATE TABLE {name}.none (a int PRIMARY KEY, v text)")
    session.execute(f"CREATE TABLE {name}.few (a int PRIMARY KEY, v text)")
    session.execute(f"CREATE TABLE {name}.many (a int PRIMARY KEY, v text)")
    session.execute(f"CREATE TABLE {name}.one (a int, b int, v text, PRIMARY KEY (a, b))")
    session.execute(f"CREATE TABLE {name}.big (a int PRIMARY KEY, v blob)")
    for table, keys in (("few", 30), ("many", 20_000)):
        insert = session.prepare(f"INSERT INTO {name}.{table} (a, v) VALUES (?, ?)")
        execute_concurrent_with_args(session, insert, [(number, "x" * 20) for number in range(keys)], concurrency=200)
    insert = session.prepare(f"INSERT INTO {name}.one (a, b, v) VALUES (1, ?, 'v')")
    execute_concurrent_with_args(session, insert, [(number,) for number in range(3000)])
    insert = session.prepare(f"INSERT INTO {name}.big (a, v) VALUES (?, ?)")
    execute_concurrent_with_args(session, insert, [(number, bytes(200_000)) for number in range(40)], concurrency=4)
    yield name
    session.execute(f"DROP KEYSPACE {name}")


def size_of(session: Any, keyspace: str, table: str) -> sizes.Estimate:
    return sizes.estimate(session, schema.table(session, keyspace, table))


@pytest.mark.parametrize(("table", "rows"), [("none", 0), ("few", 30), ("big", 40)])
def test_small_tables_are_counted(session: Any, tables: str, table: str, rows: int) -> None:
    size = size_of(session, tables, table)
    assert (size.rows, size.partitions, size.exact) == (rows, rows, True)


def test_bytes_are_what_the_protocol_sends(session: Any, tables: str) -> None:
    assert size_of(session, tables, "few").bytes == 30 * (4 + 4 + 4 + 20)
    assert size_of(session, tables, "big").bytes == 40 * (4 + 4 + 4 + 200_000)


def test_large_tables_are_sampled_to_within_a_few_percent(session: Any, tables: str) -> None:
    size = size_of(session, tables, "many")
    assert not size.exact
    assert 0.85 < size.rows / 20_000 < 1.15
    assert size.bytes == pytest.approx(size.rows * 32, rel=0.01)


def test_a_table_of_one_wide_partition_is_no_less_than_what_was_seen(session: Any, tables: str) -> None:
    size = size_of(session, tables, "one")
    assert (size.source, size.partitions) == ("size_estimates", 1)
    assert size.rows >= sizes.SAMPLE
    assert size.bytes > 0


@pytest.mark.parametrize("table", ["none", "few", "many", "one", "big"])
@pytest.mark.parametrize(("target", "at_least"), [(64 * 2**20, 1), (1000, 1), (64 * 2**20, 40)])
def test_ranges_cover_the_ring_whatever_the_table(
    session: Any, tables: str, table: str, target: int, at_least: int
) -> None:
    found = splits.split(session, schema.table(session, tables, table), target_bytes=target, at_least=at_least)
    assert (found[0].start, found[-1].end) == (MIN_TOKEN, MAX_TOKEN)
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    assert at_least <= len(found) <= splits.MOST


def test_ranges_end_where_the_nodes_do(session: Any, tables: str) -> None:
    found = splits.split(session, schema.table(session, tables, "few"), target_bytes=2**30, at_least=100)
    tokens = [int(token) for token in session.execute("SELECT tokens FROM system.local").one().tokens]
    assert len(tokens) == 16
    assert set(tokens) <= {one.end for one in found}


def test_replicas_are_known_for_every_range(session: Any, tables: str) -> None:
    from gluepot.cassandra.routing import chosen, replicas

    hosts = replicas(session, tables, 0)
    assert [host.address for host in hosts] == ["127.0.0.1"]
    assert chosen(hosts, 5) is hosts[0]
    assert chosen((), 5) is None


def test_tables_are_told_with_keys_orders_views_and_comments(session: Any, keyspace: str) -> None:
    session.execute(f'CREATE TYPE {keyspace}."Addr" (street text, "No" int)')
    session.execute(
        f'CREATE TABLE {keyspace}."T" ("B" int, a text, c2 int, c1 timeuuid, s text STATIC, z list<frozen<"Addr">>, '
        "PRIMARY KEY ((\"B\", a), c2, c1)) WITH CLUSTERING ORDER BY (c2 DESC, c1 ASC) AND comment = 'it''s'"
    )
    session.execute(
        f'CREATE MATERIALIZED VIEW {keyspace}.v AS SELECT "B", a, c2, c1, z FROM {keyspace}."T" WHERE "B" IS NOT NULL '
        'AND a IS NOT NULL AND c2 IS NOT NULL AND c1 IS NOT NULL PRIMARY KEY (a, c1, c2, "B")'
    )
    table, view = schema.keyspace(session, keyspace)
    assert [one.name for one in table.columns] == ["B", "a", "c2", "c1", "s", "z"]
    assert [(one.name, one.descending) for one in table.clustering] == [("c2", True), ("c1", False)]
    assert (table.comment, table.is_view, view.name, view.is_view) == ("it's", False, "v", True)
    assert table.columns[-1].type.args[0].fields == ("street", "No")
    old = table.id
    session.execute(f"DROP MATERIALIZED VIEW {keyspace}.v")
    session.execute(f'DROP TABLE {keyspace}."T"')
    session.execute(f'CREATE TABLE {keyspace}."T" (a int PRIMARY KEY)')
    assert schema.table(session, keyspace, "T").id not in {"", old}


@pytest.mark.parametrize(
    ("keyspace_name", "table", "said", "hint"),
    [
        ("mesured", "few", "no keyspace 'mesured'", "did you mean 'measured'"),
        ("MEASURED", "few", "no keyspace 'MEASURED'", "did you mean 'measured'"),
        ("measured", "Few", "no table 'Few' in keyspace measured", "did you mean 'few'"),
        ("measured", "zzz", "no table 'zzz'", "there are: big, few, many"),
    ],
)
def test_what_is_not_there_is_said_with_what_is_near(
    session: Any, tables: str, keyspace_name: str, table: str, said: str, hint: str
) -> None:
    del tables
    with pytest.raises(ConfigError, match=said) as caught:
        schema.table(session, keyspace_name, table)
    assert hint in caught.value.hint


def test_the_servers_own_keyspaces_are_listed_only_when_asked(session: Any, tables: str) -> None:
    assert tables in schema.keyspaces(session)
    assert not [name for name in schema.keyspaces(session) if name.startswith("system")]
    assert "system_schema" in schema.keyspaces(session, system=True)


def test_views_are_read_as_tables_are(session: Any, keyspace: str) -> None:
    from gluepot.cassandra import scan

    session.execute(f"CREATE TABLE {keyspace}.t (a int PRIMARY KEY, b int)")
    session.execute(
        f"CREATE MATERIALIZED VIEW {keyspace}.v AS SELECT * FROM {keyspace}.t "
        "WHERE a IS NOT NULL AND b IS NOT NULL PRIMARY KEY (b, a)"
    )
    for number in range(10):
        session.execute(f"INSERT INTO {keyspace}.t (a, b) VALUES ({number}, {number % 3})")
    found = scan(session, f"{keyspace}.v").read_all().to_pylist()
    assert sorted(row["a"] for row in found) == list(range(10))
    session.execute(f"DROP MATERIALIZED VIEW {keyspace}.v")


def test_another_partitioner_is_refused(session: Any, tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = session.cluster.metadata
    monkeypatch.setattr(metadata, "partitioner", "org.apache.cassandra.dht.RandomPartitioner")
    with pytest.raises(ConfigError, match="the cluster uses RandomPartitioner"):
        size_of(session, tables, "few")
