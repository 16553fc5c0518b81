"""Types as engines spell them, in Glue's spelling: what the same engine would have listed among a table's columns.

Trino and Athena write `varchar`, `row(a integer)` and `timestamp(6) with time zone` into a view's text, Iceberg writes
`long` and `timestamptz` into its schemas. Glue's own columns have Hive's names for them. What Hive has no name for
keeps the engine's: `json`, `hyperloglog`, `interval day to second`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.glue.types import (
    Array,
    Field,
    Map,
    Primitive,
    Struct,
    TypeSyntaxError,
    Union,
    depth,
    format_type,
    parse_type,
)

if TYPE_CHECKING:
    from gluepot.glue.typetree import Type

DEEPEST: Final = 100
"""Levels of a type that are translated; what is deeper keeps the engine's text."""

_LONGEST_VARCHAR: Final = 65_535  # of Hive: https://cwiki.apache.org/confluence/display/hive/languagemanual+types
_TRINO: Final = {
    "integer": "int",
    "real": "float",
    "varbinary": "binary",
    # as Iceberg's own columns arrive in Glue
    "uuid": "string",
    "time": "string",
    "time with time zone": "string",
    "timestamp": "timestamp",
    "timestamp with time zone": "timestamp",
}
_ICEBERG: Final = {
    "long": "bigint",
    "time": "string",
    "uuid": "string",
    "fixed": "binary",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "timestamp_ns": "timestamp_nano",
    "timestamptz_ns": "timestamp_nano",
    "geometry": "geometry",
    "geography": "geography",
}


def from_trino(text: str) -> str:
    """Write a type of Trino, Presto or Athena in Glue's spelling; one that cannot be read stays as it is."""
    try:
        tree = parse_type(text)
    except TypeSyntaxError:
        return text
    return format_type(_translated(tree), bare=True) if depth(tree) <= DEEPEST else text


def _translated(tree: Type) -> Type:
    match tree:
        case Array(element):
            return Array(_translated(element))
        case Map(key, value):
            return Map(_translated(key), _translated(value))
        case Struct(fields):
            # Trino calls the fields of a row without names so
            return Struct(tuple(Field(f.name or f"field{at}", _translated(f.type)) for at, f in enumerate(fields)))
        case Union(types):
            return Union(tuple(map(_translated, types)))
    return _primitive(tree)


def _primitive(tree: Primitive) -> Primitive:
    if tree.name == "varchar":
        return tree if _is_short(tree.args) else Primitive("string")
    return Primitive(_TRINO[tree.name]) if tree.name in _TRINO else tree


def _is_short(args: tuple[int | str, ...]) -> bool:
    return bool(args) and isinstance(args[0], int) and args[0] <= _LONGEST_VARCHAR


def iceberg_primitive(text: str) -> Primitive:
    """Translate a type of Iceberg's that has no parts: `decimal(9, 2)`, `fixed[16]`, `geometry(srid:4326)`."""
    name, _, rest = text.strip().lower().partition("(")
    name = name.partition("[")[0].strip()
    if name == "decimal":
        numbers = [part.strip() for part in rest.rstrip(") ").split(",")]
        return Primitive(name, tuple(int(part) for part in numbers if part.isascii() and part.isdigit()))
    return Primitive(_ICEBERG.get(name, name))
