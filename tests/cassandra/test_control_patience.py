"""Connecting, planning and the questions before a scan wait for a node that restarts, and for nothing that refuses."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from tests.support.availability import not_available
from tests.support.cqlproxy import OVERLOADED, READ_TIMEOUT, SERVER_ERROR, UNAVAILABLE, CqlProxy, Cut, Fails
from tests.support.patient import Waited, closed_port, serving

from gluepot.cassandra import schema
from gluepot.cassandra.connect import connect
from gluepot.cassandra.sizes import estimate
from gluepot.cassandra.source import Source
from gluepot.errors import ConfigError, UnreachableError
from gluepot.secret import Secret
from gluepot.waiting.patience import Patience, using

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.cqlproxy import Fault, Request

    from gluepot.cassandra.connect import Connected


@pytest.fixture
def waited() -> Iterator[Waited]:
    """A patience whose seconds pass at once."""
    patient = Waited()
    with using(patient.patience):
        yield patient


@pytest.fixture(scope="module")
def proxy(node: Any) -> Iterator[CqlProxy]:
    with CqlProxy(node.host, node.port) as started:
        yield started


@pytest.fixture
def source(node: Any, proxy: CqlProxy) -> Iterator[Source]:
    """The node, as it is reached through the proxy, which is up and passes everything on."""
    yield Source(contact_points=("127.0.0.1",), port=proxy.own_port, user=node.user, password=Secret(node.password))
    proxy.rule = None


@pytest.fixture
def connected(source: Source, waited: Waited) -> Iterator[Connected]:
    with connect(source) as found:
        waited.clock.slept.clear()
        waited.clock.now = 0.0
        yield found


UNCHECKED = Fails(0x2100, "Unable to perform authorization of permissions: Cannot achieve consistency level LOCAL_ONE")


def keyspaces(connected: Connected) -> object:
    return schema.keyspaces(connected.session, system=True)


def size(connected: Connected) -> object:
    return estimate(connected.session, schema.table(connected.session, "system_schema", "tables"))


@pytest.mark.parametrize(
    "fault", [UNCHECKED, OVERLOADED, UNAVAILABLE, READ_TIMEOUT, SERVER_ERROR], ids=lambda one: one.message
)
def test_three_minutes_of_failing_questions_are_survived(
    connected: Connected, proxy: CqlProxy, waited: Waited, fault: Fault
) -> None:
    asked: list[str] = []

    def rule(request: Request) -> Fault | None:
        asked.append(request.text)
        return fault if waited.clock.now < 180 else None

    proxy.rule = rule
    assert keyspaces(connected)
    assert 180 <= waited.clock.now < 300
    assert len(asked) == len(waited.clock.slept) + 1


def back(connected: Connected, proxy: CqlProxy) -> None:
    """Let the node be there again, and the driver find it."""
    proxy.up()
    for _ in range(200):
        if connected.session.get_pool_state() and all(
            state["open_count"] and not state["shutdown"] for state in connected.session.get_pool_state().values()
        ):
            return
        time.sleep(0.05)


def test_a_node_that_is_away_for_three_minutes_while_a_load_plans_is_waited_for(
    connected: Connected, proxy: CqlProxy, waited: Waited
) -> None:
    proxy.down()
    waited.clock.at(180, lambda: back(connected, proxy))
    assert keyspaces(connected)
    assert 180 <= waited.clock.now < 300


def test_a_cluster_that_never_comes_back_is_given_up(connected: Connected, proxy: CqlProxy, waited: Waited) -> None:
    proxy.rule = lambda _: UNAVAILABLE
    with pytest.raises(UnreachableError, match="about keyspaces"):
        keyspaces(connected)
    assert waited.clock.now == pytest.approx(300)
    assert waited.told[0].startswith("waiting for Cassandra gluepot (keyspaces), for ")


def test_what_is_refused_is_not_asked_again(connected: Connected, waited: Waited) -> None:
    with pytest.raises(ConfigError):
        schema.keyspace(connected.session, "nowhere")
    assert waited.clock.slept == []


def test_connecting_waits_three_minutes_for_a_cluster_that_was_there(
    source: Source, proxy: CqlProxy, waited: Waited
) -> None:
    connect(source).close()
    proxy.down()
    waited.clock.at(180, proxy.up)
    connect(source).close()
    assert 180 <= waited.clock.now < 300


@pytest.mark.parametrize(
    ("contact", "seconds"), [("nowhere.invalid", 0), ("127.0.0.1", 10)], ids=["an unknown name", "nobody there"]
)
def test_a_cluster_that_was_never_there_is_said_soon(waited: Waited, contact: str, seconds: float) -> None:
    with pytest.raises(UnreachableError):
        connect(Source(contact_points=(contact,), port=closed_port()))
    assert waited.clock.now == pytest.approx(seconds)


def test_one_contact_point_that_is_there_is_enough_to_wait_for(waited: Waited) -> None:
    waited.patience.seconds = 20
    source = Source(contact_points=("127.0.0.1", "nowhere.invalid"), port=closed_port())
    with pytest.raises(UnreachableError):
        connect(source)
    assert waited.clock.now == pytest.approx(10)


def test_what_closes_every_connection_before_it_says_something_may_be_no_cassandra(waited: Waited) -> None:
    with serving(lambda connection: connection.recv(1)) as port, pytest.raises(UnreachableError):
        connect(Source(contact_points=("127.0.0.1",), port=port))
    assert waited.clock.now == pytest.approx(10)


def test_a_wrong_password_is_said_at_once(source: Source, waited: Waited) -> None:
    connect(source).close()
    with pytest.raises(ConfigError, match="refuses user"):
        connect(replace(source, password=Secret("a-wrong-Passw0rd")))
    assert waited.clock.slept == []


def test_a_node_that_cannot_look_a_password_up_yet_is_waited_for(
    source: Source, proxy: CqlProxy, waited: Waited
) -> None:
    """While it starts, or lacks the replicas of what it keeps of roles, that is no wrong password."""
    told = "Unable to perform authentication: Cannot achieve consistency level LOCAL_ONE"
    proxy.refusal = lambda: told if waited.clock.now < 180 else ""
    try:
        connect(source).close()
        assert 180 <= waited.clock.now < 300
    finally:
        proxy.refusal = lambda: ""


@pytest.mark.parametrize("ask", [keyspaces, size], ids=["schema", "size"])
def test_planning_survives_connections_that_break(
    connected: Connected, proxy: CqlProxy, ask: Callable[[Connected], object]
) -> None:
    whole = ask(connected)
    cuts = iter([Cut])
    proxy.rule = lambda _: next(cuts, None)
    with using(Patience(60)):  # the driver connects again after a second of its own
        assert ask(connected) == whole
    assert next(cuts, None) is None


@pytest.mark.long
def test_a_real_node_that_is_killed_and_started_again_is_waited_for(tmp_path: Path) -> None:
    from gluepot_sandbox import cassandra as server

    if why := server.unavailable():
        not_available(why)
    with server.start(tmp_path / "node", heap="512m") as node, using(Patience()):
        source = Source(contact_points=(node.host,), port=node.port, user=node.user, password=Secret(node.password))
        with connect(source) as connected:
            whole = keyspaces(connected), size(connected)
            time.sleep(1.5)  # the commit log, with the password in it, is written every second
            node.kill()
            started = threading.Thread(target=node.run)
            started.start()
            connect(source).close()
            assert (keyspaces(connected), size(connected)) == whole
            started.join()
