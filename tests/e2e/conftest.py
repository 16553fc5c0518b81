"""What collections and loads stand on: an emulated AWS, a collector with folders of its own, a keyspace to load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.collecting import REGION, Collector

from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.loads import Bench

    from gluepot_sandbox.cassandra import Node


@pytest.fixture(scope="module")
def server() -> Iterator[emulator.Emulator]:
    """One emulator for all tests of a module."""
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
    from tests.e2e.loads import Bench

    made = Bench(node, session, keyspace, aws, tmp_path)
    made.plan()
    return made
