"""Answers checked against botocore's service model: types, members, what is required, what is enumerated."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),  # JSON 1.1 says moments in seconds since 1970
    "boolean": (bool,),
    "blob": (str,),
}


@functools.cache
def model(service: str) -> Any:  # noqa: ANN401 - botocore ships no types
    """Load botocore's model of a service."""
    import botocore.session  # noqa: PLC0415 - lazy: start-up

    return botocore.session.get_session().get_service_model(service)


def problems(service: str, operation: str, answer: object) -> list[str]:
    """List what the model forbids in the answer of an operation."""
    return list(_walk(model(service).operation_model(operation).output_shape, answer, operation))


def input_problems(service: str, operation: str, given: object) -> list[str]:
    """List what the model forbids in the input of an operation."""
    return list(_walk(model(service).operation_model(operation).input_shape, given, operation))


def record_problems(shape: str, record: object) -> list[str]:
    """List what the model forbids in one record of Glue, for example a `Table`."""
    return list(_walk(model("glue").shape_for(shape), record, shape))


def _walk(shape: Any, value: object, path: str) -> Iterator[str]:  # noqa: ANN401 - botocore ships no types
    step = _STEPS.get(shape.type_name)
    if step is not None:
        yield from step(shape, value, path)
    elif not isinstance(value, SCALARS[shape.type_name]) or (isinstance(value, bool) != (shape.type_name == "boolean")):
        yield f"{path} is {type(value).__name__}, not {shape.type_name}"
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path} is {value!r}, not one of {', '.join(shape.enum)}"


def _structure(shape: Any, value: object, path: str) -> Iterator[str]:  # noqa: ANN401 - botocore ships no types
    if not isinstance(value, dict):
        yield f"{path} is {type(value).__name__}, not a structure"
        return
    yield from (f"{path} lacks {name}" for name in shape.required_members if name not in value)
    for name, member in value.items():
        if name in shape.members:
            yield from _walk(shape.members[name], member, f"{path}.{name}")
        else:
            yield f"{path} has no member {name}"


def _list(shape: Any, value: object, path: str) -> Iterator[str]:  # noqa: ANN401 - botocore ships no types
    if not isinstance(value, list):
        yield f"{path} is {type(value).__name__}, not a list"
        return
    for number, item in enumerate(value):
        yield from _walk(shape.member, item, f"{path}[{number}]")


def _map(shape: Any, value: object, path: str) -> Iterator[str]:  # noqa: ANN401 - botocore ships no types
    if not isinstance(value, dict):
        yield f"{path} is {type(value).__name__}, not a map"
        return
    for key, item in value.items():
        yield from _walk(shape.value, item, f"{path}[{key!r}]")


_STEPS: dict[str, Callable[[Any, object, str], Iterator[str]]] = {"structure": _structure, "list": _list, "map": _map}
