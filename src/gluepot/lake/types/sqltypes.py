"""DuckDB's types and the lake's, each as the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gluepot.lake.types.names import lake_names
from gluepot.lake.types.typetext import LakeType, decimal

if TYPE_CHECKING:
    from collections.abc import Mapping

SqlType: TypeAlias = Any
"""DuckDB's type object: `id`, and `children` as pairs of a name and a type or a number."""

_SIMPLE: Final[Mapping[str, str]] = {
    "boolean": "boolean", "tinyint": "int", "smallint": "int", "integer": "int", "bigint": "long", "utinyint": "int",
    "usmallint": "int", "uinteger": "long", "float": "float", "double": "double", "varchar": "string",
    "blob": "binary", "date": "date", "timestamp": "timestamp", "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp", "timestamp with time zone": "timestamptz", "uuid": "string", "enum": "string",
}  # fmt: skip
_WIDE: Final = {"ubigint": decimal(20, 0), "hugeint": decimal(38, 0), "uhugeint": decimal(38, 0)}

_SQL: Final = {
    "boolean": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE",
    "string": "VARCHAR", "binary": "BLOB", "date": "DATE", "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip

HINTS: Final = {
    "time": "cast it to VARCHAR",
    "interval": "take its parts, as in datepart('day', x)",
    "timestamp_ns": "cast it to TIMESTAMP, which has microseconds",
    "null": "cast it to the type that is meant, as in CAST(NULL AS VARCHAR)",
}


def lake_of(kind: SqlType) -> LakeType | None:
    """Give the lake type of what an expression makes; None where the lake has none."""
    name = kind.id
    if name == "decimal":
        numbers = dict(kind.children)
        return decimal(numbers["precision"], numbers["scale"])
    if name in {"list", "array"}:
        return _nested("list", [dict(kind.children)["child"]])
    if name == "map":
        members = dict(kind.children)
        key = lake_of(members["key"])
        return _nested("map", [members["key"], members["value"]]) if key and not key.is_nested else None
    if name == "struct":
        fields = tuple(lake_names([name for name, _ in kind.children]).values())
        return _nested("struct", [child for _, child in kind.children], fields)
    return _WIDE.get(name) or (LakeType(_SIMPLE[name]) if name in _SIMPLE else None)


def _nested(name: str, kinds: list[SqlType], fields: tuple[str, ...] = ()) -> LakeType | None:
    args = tuple(lake for kind in kinds if kind.id in _PARTS and (lake := lake_of(kind)))
    return LakeType(name, args, fields) if len(args) == len(kinds) else None


_PARTS: Final = (set(_SIMPLE) - {"uuid", "enum", "timestamp_s", "timestamp_ms"}) | {"decimal", "list", "map", "struct"}
"""What may stand within another type: whatever Arrow turns into the lake's type without loss."""


def sql_of(lake: LakeType) -> str:
    """Give the SQL type of a lake type that is not nested."""
    return f"DECIMAL({lake.precision}, {lake.scale})" if lake.name == "decimal" else _SQL[lake.name]
