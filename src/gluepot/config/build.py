"""Turn a mapping into the configuration's structs, and note everything that does not fit.

msgspec stops at the first error; here each key is converted on its own, so that one run of the command shows all.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from gluepot.config.reading import shown
from gluepot.secret import Secret

if TYPE_CHECKING:
    from gluepot.config.reading import Reading

S = TypeVar("S", bound=msgspec.Struct)

_NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number", Secret: "text"}


def build(kind: type[S], mapping: Mapping[Any, Any], reading: Reading, at: str = "") -> S:
    """Build one struct; a key that does not fit is noted and keeps its default, so that checking can go on.

    Args:
        kind: The struct's class.
        mapping: Key to value, as the file or the caller wrote them.
        reading: Takes what does not fit.
        at: The path of keys that led here, empty at the top.
    """
    fields = {info.encode_name: info for info in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        path = f"{at}.{key}" if at else f"{key}"
        if not isinstance(key, str) or key not in fields:
            _note_unknown(key, list(fields), reading, at)
        elif not _is_left_out(value):
            info = fields[key]
            built = _convert(info.type, value, reading, path)
            # a required text that did not fit is noted and stays empty; anything else keeps its default
            values[info.name] = "" if built is _WRONG and info.required else built
    for info in fields.values():
        if info.required and info.name not in values:
            reading.add(f"{at}.{info.encode_name}" if at else info.encode_name, "is missing")
            values[info.name] = ""
    return kind(**{name: value for name, value in values.items() if value is not _WRONG})


class _Wrong:
    """Stands for a value that did not fit and has been noted."""


_WRONG = _Wrong()


def _is_left_out(value: object) -> bool:
    """KADA's files leave keys empty where they are not given; YAML and JSON write the same as null."""
    if isinstance(value, Mapping):
        return all(inner is None or inner == "" for inner in value.values())
    return value is None or (isinstance(value, str) and not value)


def _note_unknown(key: object, known: list[str], reading: Reading, at: str) -> None:
    if not isinstance(key, str):
        reading.add(at, f"a key must be text, not {shown(key)}", "put the key in quotes")
        return
    lowered = {name.replace("_", "").lower(): name for name in known}
    near = difflib.get_close_matches(key.replace("_", "").lower(), list(lowered), n=1, cutoff=0.6)
    hint = f"did you mean {lowered[near[0]]!r}?" if near else f"the keys here are: {', '.join(known)}"
    name = key if key.isprintable() else ascii(key)
    reading.add(f"{at}.{name}" if at else name, "is not a key of the configuration", hint)


def _convert(kind: Any, value: Any, reading: Reading, at: str) -> Any:  # noqa: ANN401 - any annotation, any value
    alternatives = _alternatives(kind)
    struct = next(
        (
            alternative
            for alternative in alternatives
            if isinstance(alternative, type) and issubclass(alternative, msgspec.Struct)
        ),
        None,
    )
    if struct and isinstance(value, Mapping):
        return build(struct, value, reading, at)
    inner = next((get_args(alternative)[1] for alternative in alternatives if get_origin(alternative) is dict), None)
    if inner is not None and isinstance(value, Mapping):
        return _convert_each(inner, value, reading, at)
    items = next((get_args(alternative)[0] for alternative in alternatives if get_origin(alternative) is tuple), None)
    if items and isinstance(value, list | tuple):
        built = tuple(_convert(items, item, reading, f"{at}[{index}]") for index, item in enumerate(value))
        return _WRONG if any(item is _WRONG for item in built) else built
    try:
        return msgspec.convert(value, type=kind, dec_hook=functools.partial(_make_secret, reading.environ))
    except (msgspec.ValidationError, OverflowError) as error:
        reading.add(at, *_misfit(alternatives, value, str(error)))
        return _WRONG


def _convert_each(inner: Any, mapping: Mapping[Any, Any], reading: Reading, at: str) -> Any:  # noqa: ANN401 - as above
    """Convert the values below keys that the user chose: names of tables and columns."""
    for key in mapping:
        if not isinstance(key, str):
            reading.add(at, f"a key must be text, not {shown(key)}", "put the key in quotes")
    held = {name: _convert(inner, item, reading, f"{at}.{name}") for name, item in mapping.items()}
    return _WRONG if any(item is _WRONG for item in held.values()) else held


def _make_secret(environ: Mapping[str, str] | None, kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value, environ)
    raise TypeError("not a secret")


def _alternatives(kind: Any) -> list[Any]:  # noqa: ANN401 - any annotation
    """List what an annotation allows, without `None` and without msgspec's notes."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _alternatives(get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return [
            alternative
            for part in get_args(kind)
            for alternative in _alternatives(part)
            if alternative is not type(None)
        ]
    return [kind]


def _misfit(alternatives: list[Any], value: object, error: str) -> tuple[str, str]:
    """Say what was expected and what came; of a secret, only what kind of value came."""
    expected = " or ".join(_expected(kind) for kind in alternatives)
    is_secret = Secret in alternatives
    if isinstance(value, bool | float | dt.date | dt.time) and str in alternatives:
        return f"must be {expected}, not {shown(value)}", "put it in quotes"
    if isinstance(value, int) and str in alternatives:
        return f"must be {expected}, not {shown(value)}", "put it in quotes: numbers lose their leading zeros"
    if isinstance(value, str) and not is_secret:
        return f"must be {expected}, not {shown(value)}", _hint_for_text(alternatives, value)
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and not is_secret
        and ("<" in error or ">" in error)
    ):
        return (
            f"must be {error.partition(' - at')[0].removeprefix('Expected ').replace('`', '')}, not {shown(value)}",
            "",
        )
    return f"must be {expected}, not {'a number' if is_secret and isinstance(value, int) else shown(value)}", ""


def _expected(kind: Any) -> str:  # noqa: ANN401 - any annotation
    if get_origin(kind) is Literal:
        return " or ".join(f"{choice!r}" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return "a list"
    if get_origin(kind) is dict:
        return "a table of keys"
    return _NAMES.get(kind, "an object")


def _hint_for_text(alternatives: list[Any], value: str) -> str:
    """Offer the nearest valid spelling of a value that came as text."""
    choices = [choice for kind in alternatives if get_origin(kind) is Literal for choice in get_args(kind)]
    near = difflib.get_close_matches(value.lower(), choices, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    if any(get_origin(kind) is tuple for kind in alternatives):
        return f'write it as a list: ["{shown(value)[1:-1]}"]'
    return "write it without quotes" if {bool, int, float} & set(alternatives) else ""
