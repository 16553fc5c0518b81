"""Columns out of an Iceberg schema: Glue's `IcebergTableMetadata`, and what Iceberg's Hive catalog leaves as text.

Source: https://iceberg.apache.org/spec/#appendix-c-json-serialization; Glue's members are those of
https://docs.aws.amazon.com/glue/latest/webapi/API_IcebergSchema.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.enginetypes import DEEPEST, iceberg_primitive
from gluepot.glue.jsonaccess import flag_at, list_at, record_at, text_at
from gluepot.glue.types import Array, Field, Map, Primitive, Struct, format_type

if TYPE_CHECKING:
    from gluepot.glue.jsonaccess import Record
    from gluepot.glue.types import Type

CURRENT_SCHEMA: Final = "current-schema"
"""The parameter in which Iceberg's Hive catalog keeps the schema as JSON."""


class IcebergSchemaError(ValueError):
    """A schema that cannot be used; the message continues the place's name."""


def metadata_columns(metadata: Record) -> list[Record]:
    """Read the current schema of Glue's `IcebergTableMetadata`; nothing where it has none."""
    schemas = [schema for schema in list_at(metadata, "Schemas") if isinstance(schema, dict)]
    current = metadata.get("CurrentSchemaId")
    chosen = [schema for schema in schemas if schema.get("SchemaId") == current] or schemas[-1:]
    return [_column(field) for schema in chosen[:1] for field in _fields(schema)]


def text_columns(text: str) -> list[Record]:
    """Read a schema that stands in a parameter as JSON.

    Raises:
        IcebergSchemaError: It is none.
    """
    try:
        schema = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise IcebergSchemaError("is not JSON") from None
    return [_column(field) for field in _fields(schema if isinstance(schema, dict) else {})]


def _fields(record: Record) -> list[Record]:
    """List fields with lower-case members: Glue spells those of the uppermost level with capitals."""
    found = list_at(record, "Fields") or list_at(record, "fields")
    return [{key.lower(): value for key, value in field.items()} for field in found if isinstance(field, dict)]


def _column(field: Record) -> Record:
    stated = field.get("type")
    column: Record = {
        "Name": text_at(field, "name"),
        "Type": format_type(_type(stated, 1), bare=True),
        "EngineType": stated if isinstance(stated, str) else msgspec.json.encode(stated).decode(),
        # as Iceberg's own client writes them beside columns
        "Parameters": {
            "iceberg.field.current": "true",
            "iceberg.field.id": str(field.get("id", "")),
            "iceberg.field.optional": "false" if flag_at(field, "required") else "true",
        },
    }
    if doc := text_at(field, "doc"):
        column["Comment"] = doc
    return column


def _type(value: object, level: int) -> Type:
    if level > DEEPEST:
        raise IcebergSchemaError(f"is nested more than {DEEPEST} levels deep")
    if isinstance(value, str):
        return iceberg_primitive(value)
    record = value if isinstance(value, dict) else {}
    match record.get("type"):
        case "list":
            return Array(_type(record.get("element"), level + 1))
        case "map":
            return Map(_type(record.get("key"), level + 1), _type(record.get("value"), level + 1))
        case "struct":
            return Struct(tuple(Field(text_at(f, "name"), _type(f.get("type"), level + 1)) for f in _fields(record)))
    return Primitive("unknown")


def metadata_location(metadata: Record) -> str:
    """Name where `IcebergTableMetadata` says that the table lies."""
    return text_at(metadata, "Location")


def metadata_of(table: Record) -> Record:
    """Return a table's `IcebergTableMetadata`, empty where it was not asked for."""
    return record_at(table, "IcebergTableMetadata")
