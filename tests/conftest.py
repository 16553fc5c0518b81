"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings
from tests.nodes import keyspace, node, session

__all__ = ["keyspace", "node", "session"]

# No test is timed: machines are shared. In CI examples are the same in every run, so that a change is what breaks it.
settings.register_profile("gluepot", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("gluepot")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name parameters that are bytes by their length: the workers of one run compare names, so they hold no clock."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None
