"""Thresholds of the server: pages shrink below them by themselves, and what cannot be read is told as what it is."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import cqlproxy
from tests.support.cqlproxy import CqlProxy

from gluepot.cassandra import schema, sizes
from gluepot.cassandra.connect import connect
from gluepot.cassandra.cql import Range
from gluepot.cassandra.patience import Patience
from gluepot.cassandra.reader import Reader
from gluepot.cassandra.reading import Cut, Selection
from gluepot.cassandra.source import Source
from gluepot.cassandra.splits import cover
from gluepot.errors import SourceError, UnreachableError
from gluepot.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cqlproxy import Fault, Request

ROWS = 400
LIMITS = {
    "page_size_fail_threshold": cqlproxy.TOO_MANY_ROWS,
    "coordinator_read_size_fail_threshold": cqlproxy.TOO_LARGE,
    "local_read_size_fail_threshold": cqlproxy.TOO_LARGE_LOCALLY,
    "tombstone_failure_threshold": cqlproxy.TOMBSTONES,
}


@pytest.fixture(scope="module")
def proxy(node: Any) -> Iterator[CqlProxy]:
    with CqlProxy(node.host, node.port) as started:
        yield started


@pytest.fixture(scope="module")
def through(proxy: CqlProxy, node: Any, session: Any) -> Iterator[Any]:
    """A session through the proxy, to a keyspace with one table."""
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE limited WITH replication = {replication}")
    session.execute("CREATE TABLE limited.t (a int, b int, v text, PRIMARY KEY (a, b))")
    for number in range(ROWS):
        session.execute(f"INSERT INTO limited.t (a, b, v) VALUES ({number % 90}, {number}, 'x')")
    source = Source(contact_points=("127.0.0.1",), port=proxy.own_port, user=node.user, password=Secret(node.password))
    with connect(source) as connected:
        yield connected.session
    session.execute("DROP KEYSPACE limited")


@pytest.fixture(autouse=True)
def unruly(proxy: CqlProxy) -> Iterator[None]:
    yield
    proxy.rule = None
    proxy.seen.clear()


def reader_of(session: Any, **patience: Any) -> Reader:
    """A reader whose pauses would be seen: a threshold is not waited for."""
    table = schema.table(session, "limited", "t")
    selection = Selection(table=table, columns=("a", "b", "v"))
    return Reader(session, selection, Patience(**{"first_pause": 100.0, "first_rows": 500, **patience}))


def keys(reader: Reader, parts: int = 1) -> Counter[Any]:
    items = [item for part in cover([], parts) for item in reader.read(part)]
    return Counter(b for item in items if not isinstance(item, Cut) for b in item.batch.column("b").to_pylist())


def asked_of(proxy: CqlProxy) -> list[int]:
    """Give the page sizes that were asked for of the table."""
    return [request.page_size for request in proxy.seen if '"limited"."t"' in request.text]


def beyond(fault: Fault, rows: int) -> Any:
    """Refuse pages of the table of more rows than that."""
    return lambda request: fault if '"limited"."t"' in request.text and request.page_size > rows else None


@pytest.mark.parametrize("limit", LIMITS)
def test_pages_shrink_below_a_threshold_without_a_pause(through: Any, proxy: CqlProxy, limit: str) -> None:
    proxy.rule = beyond(LIMITS[limit], 20)
    reader = reader_of(through)
    assert keys(reader) == Counter(range(ROWS))
    assert reader.stats.failures > 0
    assert reader.stats.cuts == 0


def test_a_guardrail_on_page_sizes_is_learnt_once_for_all_ranges(through: Any, proxy: CqlProxy) -> None:
    """It says its number: no page goes beyond it again."""
    proxy.rule = beyond(cqlproxy.TOO_MANY_ROWS, 20)
    reader = reader_of(through)
    assert keys(reader, parts=8) == Counter(range(ROWS))
    assert reader.stats.failures == 1
    assert max(asked_of(proxy)[1:]) == 20


def test_where_tombstones_lie_between_rows_the_range_is_cut(through: Any, proxy: CqlProxy) -> None:
    """No page of the whole ring ever comes; the halves of it do."""

    def dead(request: Request) -> Fault | None:
        tokens = [int(one) for one in re.findall(r"-?\d{6,}", request.text)]
        is_wide = len(tokens) == 2 and tokens[1] - tokens[0] > 2**61
        return cqlproxy.TOMBSTONES if is_wide else None

    proxy.rule = dead
    assert keys(reader_of(through)) == Counter(range(ROWS))


@pytest.mark.parametrize("limit", [limit for limit in LIMITS if not limit.startswith("page_size")])
def test_what_no_page_gets_below_is_told_with_the_setting(through: Any, proxy: CqlProxy, limit: str) -> None:
    proxy.rule = beyond(LIMITS[limit], 0)
    with pytest.raises(SourceError, match=r"limited\.t cannot be read") as caught:
        list(reader_of(through).read(Range(0, 4)))
    assert limit in caught.value.hint


def test_other_guardrails_are_told_with_their_setting(through: Any, proxy: CqlProxy) -> None:
    proxy.rule = beyond(cqlproxy.CARTESIAN, 0)
    with pytest.raises(SourceError, match="within a limit that the server sets") as caught:
        keys(reader_of(through))
    assert "in_select_cartesian_product_fail_threshold" in caught.value.hint


@pytest.mark.parametrize("limit", LIMITS)
def test_a_table_is_counted_below_every_threshold(through: Any, proxy: CqlProxy, limit: str) -> None:
    proxy.rule = beyond(LIMITS[limit], 20)
    size = sizes.estimate(through, schema.table(through, "limited", "t"))
    assert (size.rows, size.exact) == (ROWS, True)


def test_an_estimate_begins_with_one_row_and_grows_by_what_rows_take(through: Any, proxy: CqlProxy) -> None:
    sizes.estimate(through, schema.table(through, "limited", "t"))
    asked = asked_of(proxy)
    assert asked[0] == 1
    assert all(after <= before * 8 for before, after in itertools.pairwise(asked))


def test_an_estimate_that_nobody_answers_says_so(
    through: Any, proxy: CqlProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "PATIENCE", Patience(first_rows=1, first_pause=0.001, budget=0.05))
    proxy.rule = beyond(cqlproxy.UNAVAILABLE, 0)
    with pytest.raises(UnreachableError, match=r"does not answer about limited\.t"):
        sizes.estimate(through, schema.table(through, "limited", "t"))


def test_an_estimate_that_gets_past_no_threshold_says_which(through: Any, proxy: CqlProxy) -> None:
    proxy.rule = beyond(cqlproxy.TOMBSTONES, 0)
    with pytest.raises(SourceError, match=r"limited\.t cannot be read past its tombstones") as caught:
        sizes.estimate(through, schema.table(through, "limited", "t"))
    assert "tombstone_failure_threshold" in caught.value.hint
