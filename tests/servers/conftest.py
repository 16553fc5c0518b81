"""What several files of tests ask for: an emulated AWS, or a lake in one, that a file's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.servers import lakes

from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.lakes import World

    from gluepot_sandbox.aws import Emulator


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """An emulated AWS; tests of the file reset it."""
    with emulator.start() as running:
        yield running


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A lake in an emulated AWS; each test plans tables that no other has."""
    with pytest.MonkeyPatch.context() as patch, lakes.world(patch) as made:
        yield made
