"""What holds for every test, and what tests of several packages stand on: an emulated AWS, a keyspace, a lake."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from tests.support import lakes
from tests.support.collecting import REGION, Collector
from tests.support.nodes import keyspace, node, session

from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.lakes import World
    from tests.support.loads import Bench

    from gluepot_sandbox.cassandra import Node

__all__ = ["keyspace", "node", "session"]

# No test is timed: machines are shared. In CI examples are the same in every run, so that a change is what breaks it.
settings.register_profile("gluepot", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("gluepot")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name parameters that are bytes by their length: the workers of one run compare names, so they hold no clock."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="module")
def server() -> Iterator[emulator.Emulator]:
    """One emulated AWS for all tests of a module, which reset it."""
    with emulator.start() as running:
        yield running


@pytest.fixture
def aws(server: emulator.Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[emulator.Emulator]:
    """An emulator with nothing in it, which the environment leads to, and which made no invalid answer."""
    server.reset()
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in server.environment(region=REGION).items():
        monkeypatch.setenv(name, value)
    yield server
    assert server.invalid() == []


@pytest.fixture
def run(tmp_path: Path) -> Collector:
    """A collector with folders of its own, whose runs follow each other."""
    return Collector(tmp_path)


@pytest.fixture
def bench(node: Node, session: Any, keyspace: str, aws: emulator.Emulator, tmp_path: Path) -> Bench:
    """A keyspace of a real Cassandra, an empty lake, and a plan between them."""
    from tests.support.loads import Bench

    made = Bench(node, session, keyspace, aws, tmp_path)
    made.plan()
    return made


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A lake in an emulated AWS; each test plans tables that no other has."""
    with pytest.MonkeyPatch.context() as patch, lakes.world(patch) as made:
        yield made
