"""What holds for every test."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name parameters that are bytes by their length: the workers of one run compare names, so they hold no clock."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None
