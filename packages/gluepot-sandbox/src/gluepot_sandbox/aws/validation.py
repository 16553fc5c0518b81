"""Calls and answers checked against botocore's service model, by one rule for every operation of every service.

Of answers: types, members, what is required, what is enumerated. Of calls also lengths, sizes and patterns: what a
service refuses to take today, it may have taken before, and hands out.
"""

from __future__ import annotations

import base64
import binascii
import functools
from typing import TYPE_CHECKING, Any

from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORMS = {"sts", "iam"}
"""Services whose requests are forms."""

NUMBERS = {"integer", "long", "float", "double"}

SIZED: dict[str, Any] = {"string": str, "list": list, "map": dict}

VALUE = 200
"""Characters of a value that an error shows."""

SHOWN = 5
"""Problems that one error names."""

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


def require(service: str, operation: str, given: object) -> None:
    """Refuse a call whose input the model forbids; services and operations that it does not know are moto's to refuse.

    Raises:
        RefusalError: The model forbids something in it.
    """
    if service in FORMS:
        found, code = _form_problems(service, operation, given), "ValidationError"
    else:
        found, code = input_problems(service, operation, given), "ValidationException"
    if found:
        count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise RefusalError(code, f"{count} detected: {'; '.join(found[:SHOWN])}")


def _form_problems(service: str, operation: str, form: Any) -> list[str]:  # noqa: ANN401 - whatever a client sent
    """List what the model forbids in the fields of a form that are neither lists nor structures."""
    shape = input_shape(service, operation)
    members = shape.members if shape is not None else {}
    given = {
        name: int(value) if members[name].type_name in NUMBERS and value.lstrip("-").isdigit() else value
        for name, value in form.items()
        if name in members and members[name].type_name in SCALARS
    }
    return list(_limits(shape, given, "")) if given else []


def input_problems(service: str, operation: str, given: object) -> list[str]:
    """List what the model forbids in the input of an operation, as AWS words it."""
    shape = input_shape(service, operation)
    if shape is None:
        return []
    return [*_walk(shape, given, operation), *_limits(shape, given, "")]


@functools.cache
def input_shape(service: str, operation: str) -> Any:  # noqa: ANN401 - botocore ships no types
    """Give the shape of an operation's input; None where the model knows no such operation, or it takes nothing."""
    known = model(service)
    return known.operation_model(operation).input_shape if operation in known.operation_names else None


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


def _limits(shape: Any, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - botocore ships no types
    """List lengths, sizes and patterns that do not hold; what has another type is none of its business."""
    yield from (
        f"Value {_shown(value)} at '{path}' failed to satisfy constraint: {rule}" for rule in _broken(shape, value)
    )
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from _limits(shape.members[name], member, _under(path, name[:1].lower() + name[1:]))
    elif shape.type_name == "list" and isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _limits(shape.member, item, _under(path, f"{number}.member"))
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from _limits(shape.key, key, path)
            yield from _limits(shape.value, item, _under(path, f"{key}.member"))


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _broken(shape: Any, value: Any) -> Iterator[str]:  # noqa: ANN401 - botocore ships no types
    size = _size(shape.type_name, value)
    if size is None:
        return
    what = "value" if shape.type_name in NUMBERS else "length"
    least, most, pattern = (shape.metadata.get(key) for key in ("min", "max", "pattern"))
    if least is not None and size < least:
        yield f"Member must have {what} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"Member must have {what} less than or equal to {most}"
    if pattern and isinstance(value, str) and not compiled(pattern).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {pattern}"


def _size(kind: str, value: Any) -> float | None:  # noqa: ANN401 - whatever a client sent
    """Give what a shape's bounds are held against; None for a value of another type."""
    if kind in NUMBERS:
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "blob" and isinstance(value, str):
        try:
            return len(base64.b64decode(value, validate=True))
        except binascii.Error:
            return None
    return len(value) if isinstance(value, SIZED.get(kind, ())) else None


def _shown(value: object) -> str:
    text = f"'{value}'"
    return text if len(text) <= VALUE else f"{text[:VALUE]}...'"
