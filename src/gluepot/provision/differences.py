"""Where two pieces of plain data differ, place by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Difference:
    """One place.

    Args:
        path: Where: keys with dots between them; statements of a policy by their `Sid`.
        before: What is there; None for nothing.
        after: What is wanted there; None for nothing.
    """

    path: str
    before: Any
    after: Any


def differences(before: object, after: object, path: str = "") -> Iterator[Difference]:
    """Compare plain data; what is equal is left out."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif _are_named(before) and _are_named(after):
        yield from differences(_by_sid(before), _by_sid(after), path)
    elif before != after:
        yield Difference(path, before, after)


def _are_named(value: object) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str) and bool(value)
    return is_list and all(isinstance(item, Mapping) and "Sid" in item for item in value)  # type: ignore[attr-defined] # it is a list


def _by_sid(value: Any) -> dict[str, Any]:  # noqa: ANN401 - checked just before
    return {str(statement["Sid"]): statement for statement in value}
