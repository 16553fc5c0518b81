"""What holds for every test, and what tests of several packages stand on: an emulated AWS, a keyspace, a lake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from tests.support import lakes
from tests.support.cli import BUCKET, SECRETS, Home
from tests.support.collecting import REGION, Collector
from tests.support.emulated import leads_to
from tests.support.nodes import keyspace, node, session
from tests.support.patient import SOON, quick
from tests.support.warm import share_models

from gluepot.waiting.patience import VARIABLE, using
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.lakes import World
    from tests.support.loads import Bench

    from gluepot_sandbox.cassandra import Node

__all__ = ["keyspace", "node", "session"]

# No test is timed: machines are shared. In CI examples are the same in every run, so that a change is what breaks it.
# `make test-long` asks for the thorough profile, with hundreds of examples for each property.
_profile = settings(deadline=None, derandomize=os.environ.get("CI") == "true")
settings.register_profile("quick", _profile, max_examples=25)
settings.register_profile("thorough", _profile, max_examples=400)
settings.load_profile("quick")

ALONE = ("test_demo.py", "test_glue_modules.py", "test_glue_python.py", "test_jdbc_driver.py")
"""Files that take long without such a fixture, beside those of the root."""

FIRST = ("driver", "engines", "airflow", "ring", "python", "trino", "node", "server")
"""Fixtures by how long what stands on them takes: the longest files begin, so that no worker ends with one alone."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name parameters that are bytes by their length: the workers of one run compare names, so they hold no clock."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files that wait for servers and processes first."""
    folder = Path(__file__).parent
    longest: dict[Path, int] = {}
    for item in items:
        used = getattr(item, "fixturenames", ())
        rank = min((place for place, name in enumerate(FIRST) if name in used), default=len(FIRST))
        rank = -1 if item.path.parent == folder or item.path.name in ALONE else rank
        longest[item.path] = min(rank, longest.get(item.path, rank))
    items.sort(key=lambda item: longest[item.path])


@pytest.fixture(scope="session", autouse=True)
def _soon() -> Iterator[None]:
    """Wait for nothing for minutes; what is waited for that long has a clock of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, f"{SOON}")
        yield


@pytest.fixture(autouse=True)
def _patience(_soon: None) -> Iterator[None]:
    """Let no test know which hosts another one has heard."""
    with using(quick()):
        yield


@pytest.fixture(scope="session", autouse=True)
def _models() -> None:
    """Let botocore's sessions share what they have read."""
    share_models()


@pytest.fixture(scope="session")
def server() -> Iterator[emulator.Emulator]:
    """One emulated AWS for all tests of a worker, which reset it; its own environment has a secret to keep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_A_TEST", "s3cret")
        running = emulator.start()
    with running:
        yield running


@pytest.fixture
def landing(server: emulator.Emulator) -> emulator.Emulator:
    """An emulator with a bucket that extracts are pushed to, and nothing else."""
    server.reset()
    server.client("s3").create_bucket(Bucket=BUCKET)
    return server


@pytest.fixture
def home(landing: emulator.Emulator, tmp_path: Path) -> Iterator[Home]:
    """A folder where commands run, and a catalog with one table; at the end nothing has printed a secret."""
    made = Home(tmp_path, landing)
    made.create("sales", "orders")
    yield made
    for text in made.printed:
        for secret in SECRETS:
            assert secret not in text


@pytest.fixture
def aws(server: emulator.Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[emulator.Emulator]:
    """An emulator with nothing in it, which the environment leads to, and which made no invalid answer."""
    server.reset()
    leads_to(server, monkeypatch, REGION)
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
def world(server: emulator.Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A lake in an emulated AWS; each test plans tables that no other has."""
    with pytest.MonkeyPatch.context() as patch:
        yield lakes.world(server, patch, tmp_path_factory.mktemp("staging"))
