"""Columns out of an Avro schema, which Hive's Avro tables keep as text: `avro.schema.literal`.

Source: https://avro.apache.org/docs/1.12.0/specification/, and for the names in Hive
https://cwiki.apache.org/confluence/display/Hive/AvroSerDe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.enginetypes import DEEPEST
from gluepot.glue.jsonaccess import list_at, text_at
from gluepot.glue.types import Array, Field, Map, Primitive, Struct, Union, format_type

if TYPE_CHECKING:
    from gluepot.glue.jsonaccess import Record
    from gluepot.glue.types import Type

LITERAL: Final = "avro.schema.literal"
LONGEST: Final = 131_072
"""Characters of a type in Glue's service model."""

_NAMES: Final = {"long": "bigint", "bytes": "binary", "fixed": "binary", "enum": "string", "null": "void"}
_LOGICAL: Final = {"date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp"}


class AvroSchemaError(ValueError):
    """A schema that cannot be used; the message continues the place's name."""


def avro_columns(text: str) -> list[Record]:
    """Read the columns of a record's schema.

    Raises:
        AvroSchemaError: It is none.
    """
    try:
        schema = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise AvroSchemaError("is not JSON") from None
    record = schema if isinstance(schema, dict) else {}
    if record.get("type") != "record" or not list_at(record, "fields"):
        raise AvroSchemaError("is no record with fields")
    types = _Types()
    return [types.column(field) for field in list_at(record, "fields") if isinstance(field, dict)]


class _Types:
    """Reads types of one schema; a name that was defined before stands for its type."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[Type, int]] = {}
        self._left = LONGEST

    def column(self, field: Record) -> Record:
        """Turn a field into a column as Glue has it."""
        stated = field.get("type")
        column: Record = {
            "Name": text_at(field, "name"),
            "Type": format_type(self.read(stated, 1), bare=True),
            "EngineType": stated if isinstance(stated, str) else msgspec.json.encode(stated).decode(),
        }
        if doc := text_at(field, "doc"):
            column["Comment"] = doc
        return column

    def read(self, value: object, level: int) -> Type:
        """Read a type: a name, a list of choices, or an object."""
        if level > DEEPEST:
            raise AvroSchemaError(f"is nested more than {DEEPEST} levels deep")
        if isinstance(value, str):
            return self._known(value.rpartition(".")[2]) or Primitive(_NAMES.get(value, value))
        if isinstance(value, list):
            return self._choice([self.read(one, level + 1) for one in value if one != "null"])
        return self._object(value if isinstance(value, dict) else {}, level)

    def _known(self, name: str) -> Type | None:
        """Look a name up; what names stand for is bounded, since each may stand for two of the one before."""
        tree, length = self._named.get(name, (None, 0))
        self._left -= length
        if self._left < 0:
            raise AvroSchemaError(f"is longer than {LONGEST} characters with its names spelt out")
        return tree

    def _choice(self, types: list[Type]) -> Type:
        """A type that may be null is that type; one of several is Hive's union."""
        return types[0] if len(types) == 1 else Union(tuple(types)) if types else Primitive("void")

    def _object(self, record: Record, level: int) -> Type:
        logical = _logical(record)
        if logical is not None:
            return logical
        match record.get("type"):
            case "array":
                return Array(self.read(record.get("items"), level + 1))
            case "map":
                return Map(Primitive("string"), self.read(record.get("values"), level + 1))
            case "record":
                return self._remember(record, self._struct(record, level))
            case "enum" | "fixed" as kind:
                return self._remember(record, Primitive(_NAMES[kind]))
        return self.read(record.get("type"), level + 1)

    def _struct(self, record: Record, level: int) -> Type:
        fields = [field for field in list_at(record, "fields") if isinstance(field, dict)]
        return Struct(tuple(Field(text_at(f, "name"), self.read(f.get("type"), level + 1)) for f in fields))

    def _remember(self, record: Record, tree: Type) -> Type:
        self._named[text_at(record, "name").rpartition(".")[2]] = tree, len(format_type(tree, bare=True))
        return tree


def _logical(record: Record) -> Primitive | None:
    """Name what a type stands for, where Hive has a type for that."""
    name = text_at(record, "logicalType")
    if name == "decimal":
        return Primitive(name, (_number(record, "precision", 10), _number(record, "scale", 0)))
    return Primitive(_LOGICAL[name]) if name in _LOGICAL else None


def _number(record: Record, key: str, otherwise: int) -> int:
    value = record.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
