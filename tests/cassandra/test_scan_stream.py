"""`gluepot.cassandra.scan`: a table as a stream of Arrow batches, for DuckDB, Polars and pandas."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from gluepot.cassandra import scan
from gluepot.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 3000


@pytest.fixture(scope="module")
def orders(session: Any) -> Iterator[str]:
    """A table whose name and columns need quotes."""
    from cassandra.concurrent import execute_concurrent_with_args

    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f'CREATE KEYSPACE "MyShop" WITH replication = {replication}')
    session.execute(
        'CREATE TABLE "MyShop"."Orders" (id int, "No" int, total double, note text, PRIMARY KEY (id, "No"))'
    )
    insert = session.prepare('INSERT INTO "MyShop"."Orders" (id, "No", total, note) VALUES (?, ?, ?, ?)')
    each = [(number // 3, number % 3, number / 4, f"note {number}") for number in range(ROWS)]
    execute_concurrent_with_args(session, insert, each)
    yield '"MyShop"."Orders"'
    session.execute('DROP KEYSPACE "MyShop"')


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("range-")]


def gone() -> bool:
    """Wait until no thread of a scan is left."""
    for _ in range(200):
        gc.collect()
        if not threads():
            return True
        time.sleep(0.05)
    return False


def test_every_row_comes_once_with_columns_in_order(session: Any, orders: str) -> None:
    found = scan(session, orders).read_all()
    assert found.column_names == ["id", "No", "note", "total"]
    assert {*found["note"].to_pylist()} == {f"note {number}" for number in range(ROWS)}
    assert found.num_rows == ROWS
    assert gone()


def test_duckdb_reads_it_by_its_name(session: Any, orders: str) -> None:
    stream = scan(session, orders, columns=["total", "id"])
    with duckdb.connect() as connection:
        found = connection.execute("SELECT count(*), sum(total), count(DISTINCT id) FROM stream").fetchone()
    del stream
    assert found == (ROWS, sum(number / 4 for number in range(ROWS)), ROWS // 3)


def test_times_come_where_asked(session: Any, orders: str) -> None:
    stream = scan(session, orders, columns=["id"], writetime=["note"], ttl=["total"])
    assert stream.schema.names == ["id", "writetime(note)", "ttl(total)"]
    found = stream.read_all()
    assert found["writetime(note)"].null_count == 0
    assert found["ttl(total)"].null_count == ROWS


def test_a_stream_that_nobody_reads_starts_nothing(session: Any, orders: str) -> None:
    stream = scan(session, orders)
    assert threads() == []
    del stream


def test_a_stream_that_is_dropped_early_ends_its_threads(session: Any, orders: str) -> None:
    from gluepot.cassandra.patience import Patience

    stream = scan(session, orders, in_flight=3, patience=Patience(first_rows=10, most_rows=10))
    assert next(stream).num_rows == 10
    assert threads()
    del stream
    assert gone()


def test_an_error_comes_where_the_stream_is_read(session: Any, keyspace: str) -> None:
    from gluepot.cassandra.patience import Patience

    session.execute(f"CREATE TABLE {keyspace}.t (a int PRIMARY KEY)")
    session.execute(f"INSERT INTO {keyspace}.t (a) VALUES (1)")
    stream = scan(session, f"{keyspace}.t", patience=Patience(budget=1))
    session.execute(f"DROP TABLE {keyspace}.t")
    with pytest.raises(SourceError, match="is not what it was when the scan began"):
        stream.read_all()
    assert gone()


def test_an_empty_table_is_an_empty_stream(session: Any, keyspace: str) -> None:
    session.execute(f"CREATE TABLE {keyspace}.t (a int PRIMARY KEY, v map<text, int>)")
    found = scan(session, f"{keyspace}.t").read_all()
    assert (found.num_rows, found.column_names) == (0, ["a", "v"])


@pytest.mark.parametrize("factory", ["dict_factory", "tuple_factory", "legacy"])
def test_the_callers_session_may_have_any_row_factory(node: Any, session: Any, orders: str, factory: str) -> None:
    import warnings

    from cassandra import query
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import Cluster
    from cassandra.policies import RoundRobinPolicy

    del session
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        more = {"load_balancing_policy": RoundRobinPolicy()} if factory == "legacy" else {}
        auth = PlainTextAuthProvider(node.user, node.password)
        cluster = Cluster([node.host], port=node.port, auth_provider=auth, protocol_version=4, **more)
        own = cluster.connect()
        if factory != "legacy":
            own.row_factory = getattr(query, factory)
        kept = own.row_factory
        assert scan(own, orders).read_all().num_rows == ROWS
        assert own.row_factory is kept
        cluster.shutdown()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("orders", "names no table"),
        ("a.b.c", "names no table"),
        ('"MyShop".orders', "no table 'orders' in keyspace MyShop"),
        ("my_shop.Orders", "no keyspace 'my_shop'"),
    ],
)
def test_what_is_not_there_is_said_with_what_is_near(session: Any, orders: str, name: str, said: str) -> None:
    del orders
    with pytest.raises(ConfigError, match=said):
        scan(session, name)


def test_unknown_columns_are_said_with_what_is_near(session: Any, orders: str) -> None:
    with pytest.raises(ConfigError, match="has no column 'totl'") as caught:
        scan(session, orders, columns=["totl"])
    assert "'total'" in caught.value.hint


def test_every_type_comes_as_the_schema_says(session: Any, keyspace: str) -> None:
    from gluepot.cassandra import schema
    from gluepot.cassandra.reader import Reader
    from gluepot.cassandra.reading import Selection
    from gluepot.cassandra.splits import whole_ring
    from gluepot.source import sample

    for statement in (sample._TYPE, sample._VIEWINGS):
        session.execute(statement.format(keyspace))
    session.execute(
        f"INSERT INTO {keyspace}.viewings (show_id, seen, device, genres) VALUES "
        "('a', now(), {name: 'tv', screen: (1, 2)}, {'x'})"
    )
    table = schema.table(session, keyspace, "viewings")
    reader = Reader(session, Selection(table=table, columns=tuple(one.name for one in table.columns)))
    (page,) = reader.read(whole_ring())
    assert page.batch.schema.equals(reader.schema)  # type: ignore[union-attr]


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import sys, gluepot.cassandra as c\n"
        "assert not {'pyarrow', 'numpy', 'cassandra'} & set(sys.modules), 'heavy'\n"
        "from gluepot.cassandra import scan\n"
        "import gluepot.cassandra.reader\n"
        "assert callable(c.scan) and scan is c.scan"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
