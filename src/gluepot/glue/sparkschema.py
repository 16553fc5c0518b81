"""Columns out of Spark's own schema, which Delta, Hudi and other Spark tables keep in their parameters.

Spark writes the schema as JSON to `spark.sql.sources.schema`, or, where the metastore bounds the length of a value,
in `spark.sql.sources.schema.numParts` pieces to `spark.sql.sources.schema.part.N`.
The names of partition columns stand in `spark.sql.sources.schema.partCol.N`
(`HiveExternalCatalog` in Apache Spark).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.jsonaccess import Record, list_at, record_at, text_at
from gluepot.glue.types import (
    Array,
    Field,
    Map,
    Primitive,
    Struct,
    TypeSyntaxError,
    format_type,
    parse_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.glue.types import (
        Type,
    )

SCHEMA: Final = "spark.sql.sources.schema"
_MOST: Final = 10_000  # parts or partition columns that a count may claim
_DEEPEST: Final = 150  # levels; the JSON itself is refused by its decoder not far beyond
_HIVE_NAMES: Final = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}
_CHAR_TYPE: Final = "__CHAR_VARCHAR_TYPE_STRING"  # where Spark says `varchar(10)` of what it calls `string`


class SparkSchemaError(ValueError):
    """A schema in the parameters that cannot be used; the message continues "the Spark schema"."""


class _UnknownTypeError(ValueError):
    """A type that Spark does not write today; its column keeps what stands there."""


class SparkSchema(msgspec.Struct, frozen=True):
    """The columns of a Spark table, in Glue's form, data and partition columns apart."""

    columns: list[Record]
    partition_keys: list[Record]


def has_spark_schema(parameters: Mapping[str, object]) -> bool:
    """Tell whether the parameters hold a schema of Spark's, readable or not."""
    return SCHEMA in parameters or f"{SCHEMA}.numParts" in parameters


def read_spark_schema(parameters: Mapping[str, object]) -> SparkSchema:
    """Read the schema that Spark left in a table's parameters.

    Raises:
        SparkSchemaError: A part is missing, or what stands there is no schema.
    """
    columns = {text_at(column, "Name"): column for column in struct_columns(_schema_text(parameters))}
    keys = _partition_names(parameters)
    if missing := [key for key in keys if key not in columns]:
        raise SparkSchemaError(f"does not have its partition column {missing[0]}")
    return SparkSchema(
        [column for name, column in columns.items() if name not in keys],
        [columns[key] for key in dict.fromkeys(keys)],
    )


def struct_columns(text: str) -> list[Record]:
    """Read the columns of a struct in Spark's JSON, which Delta and Trino's Delta connector write as well.

    Delta leaves one without fields where its log alone has them: there is nothing to read, and nothing wrong.

    Raises:
        SparkSchemaError: It is no such thing.
    """
    try:
        schema = msgspec.json.decode(text)
        fields = list_at(schema, "fields") if isinstance(schema, dict) else []
        columns = [_column(field) for field in fields]
    except (msgspec.DecodeError, UnicodeError):
        raise SparkSchemaError("is not JSON") from None
    except RecursionError:
        raise SparkSchemaError("is nested too deeply") from None
    names = {text_at(column, "Name") for column in columns}
    if not isinstance(schema, dict) or "fields" not in schema or "" in names or len(names) < len(columns):
        raise SparkSchemaError("has no columns, or some without a name of their own")
    return columns


def _schema_text(parameters: Mapping[str, object]) -> str:
    if whole := text_at(parameters, SCHEMA):
        return whole
    count = _count(parameters, f"{SCHEMA}.numParts")
    parts = [text_at(parameters, f"{SCHEMA}.part.{number}") for number in range(count)]
    if not all(parts):
        raise SparkSchemaError(f"lacks its part {parts.index('')} of {count}")
    return "".join(parts)


def _partition_names(parameters: Mapping[str, object]) -> list[str]:
    if f"{SCHEMA}.numPartCols" not in parameters:
        return []
    count = _count(parameters, f"{SCHEMA}.numPartCols")
    return [text_at(parameters, f"{SCHEMA}.partCol.{number}") for number in range(count)]


def _count(parameters: Mapping[str, object], key: str) -> int:
    text = text_at(parameters, key).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and int(text) <= _MOST):
        raise SparkSchemaError(f"has no number in {key}")
    return int(text)


def _column(field: object) -> Record:
    """Turn a field of the schema into a column as Glue has it."""
    record = field if isinstance(field, dict) else {}
    column: Record = {"Name": text_at(record, "name"), "Type": _column_type(record), "EngineType": _own_type(record)}
    if comment := text_at(record_at(record, "metadata"), "comment"):
        column["Comment"] = comment
    return column


def _column_type(field: Record) -> str:
    try:
        return format_type(_field_type(field, 1))
    except _UnknownTypeError:
        return _own_type(field)


def _own_type(field: Record) -> str:
    """Write the type as Spark spells it: a name, or JSON."""
    stated = text_at(record_at(field, "metadata"), _CHAR_TYPE) or field.get("type")
    return stated if isinstance(stated, str) else msgspec.json.encode(stated).decode()


def _field_type(field: Record, level: int) -> Type:
    exact = text_at(record_at(field, "metadata"), _CHAR_TYPE)
    return _type(exact or field.get("type"), level)


def _type(value: object, level: int) -> Type:
    """Turn a type of Spark's JSON into a tree; `integer` and its like get their names in Hive."""
    if level > _DEEPEST:
        raise SparkSchemaError(f"is nested more than {_DEEPEST} levels deep")
    if isinstance(value, str):
        return _named_type(value)
    record = value if isinstance(value, dict) else {}
    match record.get("type"):
        case "array":
            return Array(_type(record.get("elementType"), level + 1))
        case "map":
            return Map(_type(record.get("keyType"), level + 1), _type(record.get("valueType"), level + 1))
        case "struct":
            return Struct(tuple(_field(field, level + 1) for field in list_at(record, "fields")))
        case "udt":
            return _type(record.get("sqlType"), level + 1)
    raise _UnknownTypeError


def _field(field: object, level: int) -> Field:
    """Turn a field of a nested struct into one of the tree; Hive's type strings do not say what may be null."""
    record = field if isinstance(field, dict) else {}
    comment = text_at(record_at(record, "metadata"), "comment")
    return Field(text_at(record, "name"), _field_type(record, level), comment or None)


def _named_type(name: str) -> Type:
    try:
        tree = parse_type(name)
    except TypeSyntaxError:
        raise _UnknownTypeError from None
    if isinstance(tree, Primitive) and not tree.args:
        return Primitive(_HIVE_NAMES.get(tree.name, tree.name))
    return tree
