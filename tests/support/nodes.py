"""Fixtures around a real Cassandra: one node for each worker, a session, and a keyspace for each test."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.availability import not_available

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot_sandbox.cassandra import Node

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A real Cassandra on 127.0.0.1, with a password of its own."""
    from gluepot_sandbox import cassandra as server

    why = server.unavailable()
    if why:
        not_available(why)
    with server.start() as started:
        yield started


@pytest.fixture(scope="session")
def session(node: Node) -> Iterator[Any]:
    """The driver's session at the node."""
    connected = node.connect()
    yield connected
    connected.cluster.shutdown()


@pytest.fixture
def keyspace(session: Any) -> str:
    """A keyspace that the test has to itself; it goes with the node: a drop takes five times what it took to make."""
    name = f"ks_{next(_numbers)}"
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {replication}", timeout=120)
    return name
