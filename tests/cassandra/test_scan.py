"""Scans of a real node, through a proxy that makes it fail: every row comes once."""

from __future__ import annotations

import itertools
import random
import struct
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import cqlproxy
from tests.support.cqlproxy import CqlProxy

from gluepot.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cqlproxy import Fault, Request, Rule

    from gluepot.cassandra.cql import Range
    from gluepot.cassandra.reader import Reader

TABLES = {
    "narrow": "(a int PRIMARY KEY, v text)",
    "wide": "(a int, b int, c text, s text STATIC, v text, PRIMARY KEY (a, b, c))"
    " WITH CLUSTERING ORDER BY (b DESC, c ASC)",
    "pairs": '(a int, "B" text, c timeuuid, v int, PRIMARY KEY ((a, "B"), c)) WITH CLUSTERING ORDER BY (c DESC)',
    "empty": "(a int PRIMARY KEY, v text)",
}
VIEW = "by_key"
"""A view, most of whose rows are in the partition of an empty key, which a table cannot have."""

READ = [*TABLES, VIEW]
QUICK = {"first_pause": 0.001, "longest_pause": 0.01, "timeout": 20.0, "budget": 60.0}


@pytest.fixture(scope="module")
def filled(session: Any) -> Iterator[str]:
    """A keyspace whose tables are filled once: narrow and wide partitions, statics alone, tombstones."""
    name = "scanned"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    for table, definition in TABLES.items():
        session.execute(f"CREATE TABLE {name}.{table} {definition}")
    chance = random.Random(7)
    for number in range(300):
        session.execute(f"INSERT INTO {name}.narrow (a, v) VALUES (%s, %s)", (number, "x" * chance.randrange(40)))
    for number in range(0, 300, 3):
        session.execute(f"DELETE FROM {name}.narrow WHERE a = %s", (number,))
    for a, rows in enumerate((0, 1, 2, 7, 150, 3, 0, 40)):
        session.execute(f"INSERT INTO {name}.wide (a, s) VALUES (%s, %s)", (a, f"static {a}"))
        for row in range(rows):
            values = (a, row // 4, chr(97 + row % 4), f"v{row}")
            session.execute(f"INSERT INTO {name}.wide (a, b, c, v) VALUES (%s, %s, %s, %s)", values)
    session.execute(f"DELETE FROM {name}.wide WHERE a = 4 AND b >= 10 AND b < 20")
    for a in range(40):
        for row in range(1 + a % 5):
            session.execute(f"INSERT INTO {name}.pairs (a, \"B\", c, v) VALUES ({a}, 'é{a % 3}', now(), {row})")
    session.execute(f"CREATE TABLE {name}.base (a int, c int, k text, v text, PRIMARY KEY (a, c))")
    for number in range(160):
        key = "" if number % 3 else f"key {number % 7}"
        full = {"a": number, "k": key, "c": number // 5, "v": f"v{number}"}
        session.execute(f"INSERT INTO {name}.base (a, k, c, v) VALUES (%(a)s, %(k)s, %(c)s, %(v)s)", full)
    session.execute(
        f"CREATE MATERIALIZED VIEW {name}.{VIEW} AS SELECT * FROM {name}.base WHERE k IS NOT NULL AND c IS NOT NULL "
        "AND a IS NOT NULL PRIMARY KEY (k, c, a) WITH CLUSTERING ORDER BY (c DESC, a ASC)"
    )
    _until_built(session, name)
    yield name
    session.execute(f"DROP KEYSPACE {name}")


def _until_built(session: Any, keyspace: str) -> None:
    """Wait until a view has all rows of its table."""
    import time

    for _ in range(600):
        if session.execute(f"SELECT count(*) FROM {keyspace}.{VIEW}").one()[0] == 160:
            return
        time.sleep(0.05)
    raise AssertionError("the view was not built")


@pytest.fixture(scope="module")
def proxy(node: Any) -> Iterator[CqlProxy]:
    with CqlProxy(node.host, node.port) as started:
        yield started


@pytest.fixture(scope="module")
def through(proxy: CqlProxy, node: Any) -> Iterator[Any]:
    """A session through the proxy."""
    from gluepot.cassandra.connect import connect
    from gluepot.cassandra.source import Source
    from gluepot.secret import Secret

    source = Source(contact_points=("127.0.0.1",), port=proxy.own_port, user=node.user, password=Secret(node.password))
    from cassandra.policies import ConstantReconnectionPolicy

    with connect(source) as connected:
        # connections are cut hundreds of times here: a second before each new one is most of the test's time
        connected.session.cluster.reconnection_policy = ConstantReconnectionPolicy(0.02, None)
        yield connected.session


@pytest.fixture(autouse=True)
def unruly(proxy: CqlProxy) -> Iterator[None]:
    yield
    proxy.rule = None
    proxy.seen.clear()


def reader_of(session: Any, keyspace: str, table: str, **patience: Any) -> Reader:
    from gluepot.cassandra import schema
    from gluepot.cassandra.patience import Patience
    from gluepot.cassandra.reader import Reader
    from gluepot.cassandra.reading import Selection

    found = schema.table(session, keyspace, table)
    selection = Selection(table=found, columns=tuple(one.name for one in found.columns))
    return Reader(session, selection, Patience(**{**QUICK, **patience}))


def whole() -> Range:
    from gluepot.cassandra.splits import whole_ring

    return whole_ring()


def rows_of(reader: Reader, *ranges: Range) -> Counter[Any]:
    """Read ranges, check that cuts lie between rows, and count each row."""
    from gluepot.cassandra.reading import Cut

    found: Counter[Any] = Counter()
    for token_range in ranges or (whole(),):
        low = token_range.start
        for item in reader.read(token_range):
            if isinstance(item, Cut):
                assert item.token > low or item.wide
                low = item.token
            else:
                rows = [tuple(row.values()) for row in item.batch.to_pylist()]
                assert all(low < token(reader, row) <= token_range.end or has_empty_key(row) for row in rows)
                found.update(rows)
    return found


def has_empty_key(row: tuple[Any, ...]) -> bool:
    return bool(row[0] == "")


def token(reader: Reader, row: tuple[Any, ...]) -> int:
    from gluepot.cassandra.cells import token_of

    key = row[: len(reader.selection.table.partition_key)]
    return token_of([struct.pack(">i", one) if isinstance(one, int) else one.encode() for one in key])


def truth(session: Any, reader: Reader) -> Counter[Any]:
    """Read the table with the driver alone."""
    table = reader.selection.table
    columns = ", ".join(f'"{name}"' for name in reader.selection.columns)
    rows = session.execute(f"SELECT {columns} FROM {table.keyspace}.{table.name}")
    return Counter(tuple(str(cell) if type(cell).__name__ == "UUID" else cell for cell in row) for row in rows)


def of_table(name: str, rule: Rule) -> Rule:
    """Apply a rule to what is read of a table only."""

    def chosen(request: Request) -> Fault | None:
        return rule(request) if f'"{name}"' in request.text else None

    return chosen


@pytest.mark.parametrize("table", READ)
def test_every_row_comes_once(session: Any, filled: str, table: str) -> None:
    reader = reader_of(session, filled, table)
    assert rows_of(reader) == truth(session, reader)


@pytest.mark.parametrize("table", READ)
def test_pages_of_one_row_and_pages_without_rows_end_nothing(session: Any, filled: str, table: str) -> None:
    reader = reader_of(session, filled, table, first_rows=1, most_rows=1)
    expected = truth(session, reader)
    assert rows_of(reader) == expected
    assert reader.stats.pages >= sum(expected.values())


@pytest.mark.parametrize(
    "fault", [cqlproxy.OVERLOADED, cqlproxy.READ_TIMEOUT, cqlproxy.READ_FAILURE, cqlproxy.SERVER_ERROR]
)
def test_pages_that_are_too_much_are_asked_for_again_with_fewer_rows(
    session: Any, through: Any, proxy: CqlProxy, filled: str, fault: Fault
) -> None:
    proxy.rule = of_table("wide", lambda request: fault if request.page_size > 5 else None)
    reader = reader_of(through, filled, "wide", first_rows=1000)
    assert rows_of(reader) == truth(session, reader)
    assert reader.stats.failures > 0
    assert reader.stats.cuts == 0


@pytest.mark.parametrize("table", ["narrow", "wide", "pairs", VIEW])
def test_a_range_that_cannot_be_paged_is_cut_and_read_partition_by_partition(
    session: Any, through: Any, proxy: CqlProxy, filled: str, table: str
) -> None:
    def stuck(request: Request) -> Fault | None:
        behind = bool(request.paging_state)
        return cqlproxy.READ_TIMEOUT if behind and "DISTINCT" not in request.text else None

    proxy.rule = of_table(table, stuck)
    reader = reader_of(through, filled, table, first_rows=2, most_rows=2, attempts=1)
    assert rows_of(reader) == truth(session, reader)
    assert reader.stats.cuts > 0


def test_a_partition_that_answers_by_clustering_key_only_is_read_so_and_named(
    session: Any, through: Any, proxy: CqlProxy, filled: str
) -> None:
    def stuck(request: Request) -> Fault | None:
        by_token = "token(" in request.text and "DISTINCT" not in request.text
        return cqlproxy.READ_TIMEOUT if request.paging_state and (by_token or request.page_size > 3) else None

    proxy.rule = of_table("wide", stuck)
    reader = reader_of(through, filled, "wide", first_rows=4, most_rows=4, attempts=1)
    assert rows_of(reader) == truth(session, reader)
    assert "a=4" in reader.stats.wide


def test_where_no_row_can_be_read_at_all_the_range_is_halved_towards_what_can(
    session: Any, through: Any, proxy: CqlProxy, filled: str
) -> None:
    def stuck(request: Request) -> Fault | None:
        return cqlproxy.READ_TIMEOUT if _width(request.text) > 2**60 else None

    proxy.rule = of_table("narrow", stuck)
    reader = reader_of(through, filled, "narrow", attempts=1, fewest_rows=50)
    assert rows_of(reader) == truth(session, reader)


def test_lost_connections_and_a_node_that_is_away_for_a_while_do_no_harm(
    session: Any, through: Any, proxy: CqlProxy, filled: str
) -> None:
    import threading

    reader = reader_of(through, filled, "narrow", first_rows=20, most_rows=20, longest_pause=0.5)
    items = reader.read(whole())
    found = Counter(tuple(row.values()) for row in next(items).batch.to_pylist())  # type: ignore[union-attr]
    proxy.down()
    timer = threading.Timer(2.0, proxy.up)
    timer.start()
    for item in items:
        found.update(tuple(row.values()) for row in item.batch.to_pylist())  # type: ignore[union-attr]
    timer.join()
    assert found == truth(session, reader)
    assert reader.stats.failures > 0
    assert reader.stats.cuts == 0


def test_no_answer_at_all_is_a_timeout(session: Any, through: Any, proxy: CqlProxy, filled: str) -> None:
    stalled = iter([None, cqlproxy.Stalled, None, cqlproxy.Stalled])
    proxy.rule = of_table("narrow", lambda _: next(stalled, None))
    reader = reader_of(through, filled, "narrow", first_rows=50, timeout=0.5)
    assert rows_of(reader) == truth(session, reader)
    assert reader.stats.failures == 2


def test_patience_ends_and_says_for_how_long_it_waited(through: Any, proxy: CqlProxy, filled: str) -> None:
    proxy.rule = of_table("narrow", lambda _: cqlproxy.UNAVAILABLE)
    with pytest.raises(SourceError, match=r"reading scanned.narrow failed for \d seconds: .*Unavailable"):
        rows_of(reader_of(through, filled, "narrow", budget=1.0))


def test_a_slow_caller_does_not_spend_the_budget(session: Any, through: Any, proxy: CqlProxy, filled: str) -> None:
    import time

    reader = reader_of(through, filled, "narrow", first_rows=20, most_rows=20, budget=0.2)
    items = reader.read(whole())
    found = [next(items)]
    time.sleep(0.5)
    failing = iter([cqlproxy.OVERLOADED])
    proxy.rule = of_table("narrow", lambda _: next(failing, None))
    found += items
    rows = [item.batch.num_rows for item in found]  # type: ignore[union-attr]
    assert sum(rows) == sum(truth(session, reader).values())


def test_a_rate_limit_holds_the_coordinator_and_keeps_the_pages_size(
    session: Any, through: Any, proxy: CqlProxy, filled: str
) -> None:
    limited = iter([cqlproxy.RATE_LIMITED] * 4)
    proxy.rule = of_table("narrow", lambda _: next(limited, None))
    reader = reader_of(through, filled, "narrow", first_rows=500)
    assert rows_of(reader) == truth(session, reader)
    assert {request.page_size for request in proxy.seen if '"narrow"' in request.text} == {500}


def test_requests_are_spaced_for_all_readers_of_a_cluster(session: Any, filled: str) -> None:
    import time

    from gluepot.cassandra.patience import Rate
    from gluepot.cassandra.reader import Reader

    first = reader_of(session, filled, "narrow", first_rows=10, most_rows=10)
    rate = Rate(100)
    began = time.monotonic()
    for _ in range(2):
        rows_of(Reader(session, first.selection, first.patience, rate))
    assert time.monotonic() - began > 2 * 20 / 100 * 0.9


def test_an_empty_key_has_the_least_token_and_is_in_the_first_range_alone(session: Any, filled: str) -> None:
    from gluepot.cassandra.cells import token_of
    from gluepot.cassandra.cql import MIN_TOKEN
    from gluepot.cassandra.splits import cover

    rows = session.execute(f"SELECT DISTINCT k, token(k) FROM {filled}.{VIEW}")
    assert {key: at for key, at in rows if not key} == {"": MIN_TOKEN}
    assert token_of([b""]) == MIN_TOKEN
    reader = reader_of(session, filled, VIEW)
    counts = [rows_of(reader, part) for part in cover([], 16)]
    assert sum(counts, Counter()) == truth(session, reader)
    assert [any(map(has_empty_key, found)) for found in counts] == [True] + [False] * 15


def test_a_wide_partition_of_an_empty_key_is_read_by_clustering_key(
    session: Any, through: Any, proxy: CqlProxy, filled: str
) -> None:
    """CQL refuses a query by that key: `Key may not be empty`."""

    def stuck(request: Request) -> Fault | None:
        return cqlproxy.READ_TIMEOUT if request.paging_state and "DISTINCT" not in request.text else None

    proxy.rule = of_table(VIEW, stuck)
    reader = reader_of(through, filled, VIEW, first_rows=3, most_rows=3, attempts=1)
    assert rows_of(reader) == truth(session, reader)
    assert "k=''" in reader.stats.wide
    assert all(request.text.endswith("ALLOW FILTERING") for request in proxy.seen if "FILTERING" in request.text)


def test_the_server_is_asked_for_a_token_only_where_reading_goes_on_from_one(
    through: Any, proxy: CqlProxy, filled: str
) -> None:
    reader = reader_of(through, filled, "pairs", first_rows=20, most_rows=20, attempts=1)
    rows_of(reader)
    assert not [one for one in proxy.seen if "token(" in one.text.partition(" FROM ")[0]]
    failing = iter([None, cqlproxy.READ_TIMEOUT, cqlproxy.READ_TIMEOUT, cqlproxy.READ_TIMEOUT])
    proxy.rule = of_table("pairs", lambda request: next(failing, None) if request.paging_state else None)
    rows_of(reader_of(through, filled, "pairs", first_rows=1, most_rows=1, attempts=1))
    assert [one for one in proxy.seen if one.text.startswith('SELECT DISTINCT token("a", "B") FROM ')]


@pytest.fixture(scope="module")
def masked(session: Any, node: Any, filled: str, proxy: CqlProxy) -> Iterator[Any]:
    """A session through the proxy, of a role that sees masks only and may read by them."""
    import msgspec
    from tests.support import roles

    from gluepot.cassandra.connect import connect

    for table, mask in (("keyed", "MASKED WITH DEFAULT"), ("hides", ""), ("hides_later", "")):
        session.execute(f"CREATE TABLE {filled}.{table} (k text {mask}, c int, PRIMARY KEY (k, c))")
        for number in range(200):
            session.execute(f"INSERT INTO {filled}.{table} (k, c) VALUES ('k{number // 4}', {number})")
    with roles.made(node, session, "sees_masks") as role:
        for permission in ("SELECT", "SELECT_MASKED"):
            role.grant(permission, f"KEYSPACE {filled}")
        with connect(msgspec.structs.replace(role.source, port=proxy.own_port)) as connected:
            yield connected.session


def test_masked_keys_say_nothing_of_where_a_range_stands_so_it_is_halved_before_its_first_row(
    masked: Any, proxy: CqlProxy, filled: str
) -> None:
    proxy.rule = of_table("keyed", lambda request: cqlproxy.READ_TIMEOUT if _width(request.text) > 2**61 else None)
    found = rows_in(reader_of(masked, filled, "keyed", first_rows=7, most_rows=7, attempts=1, fewest_rows=7))
    assert sorted(c for _, c in found) == list(range(200))
    assert {key for key, _ in found} == {"****"}


def test_behind_a_masked_key_the_same_page_is_asked_for_until_patience_ends(
    masked: Any, proxy: CqlProxy, filled: str
) -> None:
    proxy.rule = of_table("keyed", lambda request: cqlproxy.READ_TIMEOUT if request.paging_state else None)
    reader = reader_of(masked, filled, "keyed", first_rows=7, most_rows=7, attempts=1, budget=0.3)
    with pytest.raises(SourceError, match=r"reading scanned.keyed failed for"):
        list(reader.read(whole()))


def test_rows_from_outside_of_a_range_are_an_error(session: Any, masked: Any, filled: str) -> None:
    """As those of a key that gets a mask while it is read."""
    from gluepot.cassandra.splits import cover

    reader = reader_of(masked, filled, "hides")
    session.execute(f"ALTER TABLE {filled}.hides ALTER k MASKED WITH DEFAULT")
    with pytest.raises(SourceError, match="gave rows from outside of the range that was asked for"):
        list(itertools.chain.from_iterable(reader.read(part) for part in cover([], 8)))


def test_rows_from_outside_of_a_range_are_an_error_where_only_the_last_ones_are(
    session: Any, masked: Any, filled: str
) -> None:
    """As those of a key that gets its mask between two pages."""
    from gluepot.cassandra.cells import token_of
    from gluepot.cassandra.splits import cover

    shown = token_of([b"****"])
    part = next(one for one in cover([], 2) if not one.start < shown <= one.end)
    items = reader_of(masked, filled, "hides_later", first_rows=5, most_rows=5).read(part)
    next(items)
    session.execute(f"ALTER TABLE {filled}.hides_later ALTER k MASKED WITH DEFAULT")
    with pytest.raises(SourceError, match="gave rows from outside of the range that was asked for") as caught:
        list(items)
    assert caught.value.why.startswith("its last row's key has token ")


def rows_in(reader: Reader) -> list[tuple[Any, ...]]:
    """Read the whole ring, wherever its rows say that they lie."""
    from gluepot.cassandra.reading import Cut

    items = [item for item in reader.read(whole()) if not isinstance(item, Cut)]
    return [tuple(row.values()) for item in items for row in item.batch.to_pylist()]


SCHEDULES = st.lists(
    st.sampled_from(
        [
            None,
            None,
            None,
            cqlproxy.OVERLOADED,
            cqlproxy.RATE_LIMITED,
            cqlproxy.READ_TIMEOUT,
            cqlproxy.SERVER_ERROR,
            cqlproxy.UNAVAILABLE,
            cqlproxy.Cut,
        ]
    ),
    max_size=25,
)


@given(
    table=st.sampled_from(["narrow", "wide", "pairs", VIEW]),
    schedule=SCHEDULES,
    pages=st.integers(1, 60),
    heavy=st.integers(1, 60),
    pieces=st.integers(1, 9),
    attempts=st.integers(1, 2),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_fails_the_rows_are_the_drivers(  # noqa: PLR0913, PLR0917 - what is varied
    session: Any,
    through: Any,
    proxy: CqlProxy,
    filled: str,
    table: str,
    schedule: list[Fault | None],
    pages: int,
    heavy: int,
    pieces: int,
    attempts: int,
) -> None:
    from gluepot.cassandra.splits import cover

    answers = iter(schedule)

    def rule(request: Request) -> Fault | None:
        if request.paging_state and request.page_size > heavy:
            return cqlproxy.READ_TIMEOUT
        return next(answers, None)

    proxy.rule = of_table(table, rule)
    more = {"first_rows": pages, "most_rows": pages, "attempts": attempts}
    reader = reader_of(through, filled, table, **more)
    assert rows_of(reader, *cover([], pieces)) == truth(session, reader)


def test_a_column_added_meanwhile_does_no_harm(session: Any, keyspace: str) -> None:
    reader, items = _begun(session, keyspace)
    session.execute(f"ALTER TABLE {keyspace}.t ADD extra text")
    rows = [row for item in items for row in item.batch.to_pylist()]
    assert len(rows) == 190
    assert set(rows[0]) == {"a", "v", "u"}
    assert reader.stats.failures == 0


def test_a_user_defined_type_that_grows_meanwhile_is_read_as_it_was_planned(session: Any, keyspace: str) -> None:
    reader, items = _begun(session, keyspace)
    session.execute(f"ALTER TYPE {keyspace}.pair ADD third text")
    session.execute(f"UPDATE {keyspace}.t SET u = {{x: 1, y: 'a', third: 'b'}} WHERE a IN (5, 6, 7, 8, 9, 10, 11, 12)")
    schemas = {item.batch.schema for item in items}
    assert schemas == {reader.schema}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE {0}.t DROP v", "Undefined column name v"),
        ("DROP TABLE {0}.t", "t does not exist|unconfigured table|dropped"),
        ("DROP TABLE {0}.t; CREATE TABLE {0}.t (a int PRIMARY KEY, v text, u frozen<pair>)", "dropped and created"),
        ("ALTER TABLE {0}.t DROP v; ALTER TABLE {0}.t ADD w int; ALTER TABLE {0}.t DROP u", "Undefined column name"),
    ],
)
def test_what_was_dropped_meanwhile_is_said(session: Any, keyspace: str, change: str, said: str) -> None:
    _, items = _begun(session, keyspace)
    session.execute(f"USE {keyspace}")
    for statement in change.format(keyspace).split("; "):
        session.execute(statement)
    with pytest.raises(SourceError, match=rf"{keyspace}.t is not what it was when the scan began: .*({said})"):
        list(items)


def test_times_that_there_are_not_are_refused_before_anything_is_read(session: Any, keyspace: str) -> None:
    from gluepot.cassandra import schema
    from gluepot.cassandra.reader import Reader
    from gluepot.cassandra.reading import Selection

    session.execute(f"CREATE TABLE {keyspace}.t (a int PRIMARY KEY, v text, tags set<text>)")
    table = schema.table(session, keyspace, "t")
    for selection, said in (
        (Selection(table=table, columns=("a", "nope")), "no column 'nope'"),
        (Selection(table=table, columns=("a",), writetime=("a",)), "belongs to the primary key"),
        (Selection(table=table, columns=("a",), ttl=("tags",)), "each of its elements"),
        (Selection(table=table, columns=("v",), distinct=True), "partitions of t have no column v"),
    ):
        with pytest.raises(ConfigError, match=said):
            Reader(session, selection)


def test_writetimes_of_collections_are_their_latest(session: Any, keyspace: str) -> None:
    from gluepot.cassandra import schema
    from gluepot.cassandra.reader import Reader
    from gluepot.cassandra.reading import Selection

    session.execute(f"CREATE TABLE {keyspace}.t (a int PRIMARY KEY, v text, tags set<text>)")
    session.execute(f"INSERT INTO {keyspace}.t (a, v, tags) VALUES (1, 'x', {{'a'}}) USING TIMESTAMP 10 AND TTL 1000")
    session.execute(f"UPDATE {keyspace}.t USING TIMESTAMP 20 SET tags = tags + {{'b'}} WHERE a = 1")
    selection = Selection(
        table=schema.table(session, keyspace, "t"), columns=("tags",), writetime=("tags", "v"), ttl=("v",)
    )
    reader = Reader(session, selection)
    (page,) = reader.read(whole())
    (row,) = page.batch.to_pylist()  # type: ignore[union-attr]
    assert row["tags"] == ["a", "b"]
    assert (row["writetime(tags)"], row["writetime(v)"]) == (20, 10)
    assert 900 < row["ttl(v)"] <= 1000
    assert page.batch.schema == reader.schema  # type: ignore[union-attr]


def test_partitions_with_their_statics_come_once_each(session: Any, filled: str) -> None:
    from gluepot.cassandra import schema
    from gluepot.cassandra.reader import Reader
    from gluepot.cassandra.reading import Selection

    table = schema.table(session, filled, "wide")
    reader = Reader(session, Selection(table=table, columns=("a", "s"), distinct=True))
    assert rows_of(reader) == Counter((a, f"static {a}") for a in range(8))


def test_a_partition_beyond_the_guardrail_is_reported(session: Any, filled: str, monkeypatch: Any) -> None:
    from gluepot.cassandra import stats

    monkeypatch.setattr(stats.Widths.__init__, "__defaults__", (500,))
    reader = reader_of(session, filled, "wide", first_rows=5, most_rows=5)
    rows_of(reader)
    assert list(reader.stats.wide) == ["a=4", "a=7"] or set(reader.stats.wide) == {"a=4", "a=7"}


def _begun(session: Any, keyspace: str) -> tuple[Reader, Iterator[Any]]:
    """Fill a table, and read its first page of ten rows."""
    session.execute(f"CREATE TYPE {keyspace}.pair (x int, y text)")
    session.execute(f"CREATE TABLE {keyspace}.t (a int PRIMARY KEY, v text, u frozen<pair>)")
    for number in range(200):
        session.execute(f"INSERT INTO {keyspace}.t (a, v, u) VALUES ({number}, 'v', {{x: {number}, y: 'y'}})")
    reader = reader_of(session, keyspace, "t", first_rows=10, most_rows=10)
    items = reader.read(whole())
    assert next(items).batch.num_rows == 10  # type: ignore[union-attr]
    return reader, items


def _width(text: str) -> int:
    """How many tokens a query covers."""
    import re

    tokens = [int(one) for one in re.findall(r"-?\d{3,}", text)]
    return tokens[1] - tokens[0] if len(tokens) == 2 else 0
