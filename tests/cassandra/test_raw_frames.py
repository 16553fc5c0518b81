"""Sessions whose results are raw pages, beside those of the caller."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import RoundRobinPolicy
from cassandra.query import SimpleStatement, dict_factory
from tests.support.cqlsamples import SAMPLES, hold, written

from gluepot.cassandra.decode import decode
from gluepot.cassandra.frames import raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot_sandbox.cassandra import Node


pytestmark = pytest.mark.filterwarnings("ignore:.*will be removed in 4.0:DeprecationWarning")


@pytest.fixture(params=["profiles", "older parameters", "protocol 5"])
def other(node: Node, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A session as a user of `scan` may have made it."""
    more: dict[str, Any] = {
        "profiles": {
            "execution_profiles": {EXEC_PROFILE_DEFAULT: ExecutionProfile(row_factory=dict_factory)},
            "protocol_version": 4,
        },
        "older parameters": {"load_balancing_policy": RoundRobinPolicy(), "protocol_version": 4},
        "protocol 5": {"protocol_version": 5},
    }[request.param]
    cluster = Cluster(
        [node.host], port=node.port, auth_provider=PlainTextAuthProvider(node.user, node.password), **more
    )
    yield cluster.connect()
    cluster.shutdown()


def test_any_session_has_a_sibling_for_raw_pages_and_stays_as_it_was(other: Any, keyspace: str) -> None:
    """Prepared and plain, page by page, with a trace, in clusters of both kinds and both versions of the protocol."""
    query = written(SAMPLES["structs"], other, keyspace)
    before = dict(other.__dict__)
    reading = raw(other)
    assert raw(other) is reading
    hold(SAMPLES["structs"], reading.execute(query, trace=True).one())
    hold(SAMPLES["structs"], reading.execute(reading.prepare(query)).one())
    statement = SimpleStatement(query, fetch_size=2, consistency_level=ConsistencyLevel.ONE)
    first = reading.execute(statement).one()
    assert first.paging_state
    rest = reading.execute(statement, paging_state=first.paging_state).one()
    assert (first.count, rest.count, rest.paging_state) == (2, 1, None)
    assert decode(rest.columns, rest.rows, rest.count).batch.num_rows == 1
    assert {name: value for name, value in other.__dict__.items() if name in before} == before
    assert len(list(other.execute(query))) == 3


def test_types_that_the_caller_has_registered_are_read_all_the_same(other: Any, keyspace: str) -> None:
    query = written(SAMPLES["structs"], other, keyspace)

    class Place:
        def __init__(self, **fields: Any) -> None:
            self.fields = fields

    other.cluster.refresh_schema_metadata()  # the keyspace was made by another session, whose news come later
    other.cluster.register_user_type(keyspace, "place", Place)
    hold(SAMPLES["structs"], raw(other).execute(query).one())


def test_the_caller_may_turn_to_the_older_parameters_later(node: Node, keyspace: str) -> None:
    login = PlainTextAuthProvider(node.user, node.password)
    session = Cluster([node.host], port=node.port, auth_provider=login, protocol_version=4).connect()
    query = written(SAMPLES["counters"], session, keyspace)
    hold(SAMPLES["counters"], raw(session).execute(query).one())
    session.row_factory = dict_factory
    hold(SAMPLES["counters"], raw(session).execute(query).one())
    assert session.execute(query).one() == {"c": 1, "n": -5}
    session.cluster.shutdown()


def test_a_cluster_that_nobody_needs_is_not_kept(node: Node) -> None:
    session = node.connect()
    raw(session)
    gone = weakref.ref(session.cluster)
    session.cluster.shutdown()
    del session
    for _ in range(50):
        if gone() is None:
            break
        gc.collect()
    assert gone() is None
