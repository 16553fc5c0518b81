"""The libraries that reading a keyspace takes."""

from __future__ import annotations

import importlib.util
from typing import Final

from gluepot.errors import MissingExtraError

LIBRARIES: Final = ("cassandra", "duckdb", "numpy", "pyarrow", "pyiceberg")


def is_installed() -> bool:
    """Tell whether they are installed; none is loaded."""
    return all(importlib.util.find_spec(name) for name in LIBRARIES)


def require(feature: str = "gluepot load") -> None:
    """Raise where one is missing, rather than half-way.

    Args:
        feature: What takes them.

    Raises:
        MissingExtraError: It is.
    """
    if not is_installed():
        raise MissingExtraError.of("load", feature)
