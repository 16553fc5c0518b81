"""The engines by their names in a plan file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gluepot.loader.core.engine import Engine
    from gluepot.loader.core.planfile import PlanFile


def open_engine(file: PlanFile) -> AbstractContextManager[Engine]:
    """Open the engine that a plan file asks for; to add one, add its module here, with an `opened`.

    Raises:
        ConfigError: The plan file asks it for what it cannot do.
        MissingExtraError: It needs an extra that is not installed.
    """
    from gluepot.loader.engines import local, spark  # noqa: PLC0415 - pyarrow is slow to load

    openers: dict[str, Callable[[PlanFile], AbstractContextManager[Engine]]] = {
        "local": local.opened,
        "spark": spark.opened,
    }
    return openers[file.engine](file)
