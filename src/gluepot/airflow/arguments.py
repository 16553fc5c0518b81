"""What a DAG gives an operator, as plain data that Airflow can show, template and keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


def plain_arguments(kind: type[T], given: T | Mapping[str, Any], check: Callable[[T], None]) -> dict[str, Any]:
    """Give an operator's arguments as plain data, and refuse while the DAG is read what no run of it could use.

    Args:
        kind: What they are: a collection, or a load.
        given: It, or a mapping of its fields.
        check: Refuses what types cannot: secrets that are written in the DAG, for one.

    Raises:
        ConfigError: A field is none, or `check` refuses it.
    """
    try:
        found = given if isinstance(given, kind) else msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the arguments of the {kind.__name__.lower()} cannot be", str(error)) from None
    check(found)
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain
