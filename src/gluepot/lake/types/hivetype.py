"""The Hive types of Glue's columns as Arrow types, for tables that have no other schema.

https://docs.aws.amazon.com/athena/latest/ug/data-types.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from gluepot.errors import ConfigError
from gluepot.glue import types as glue

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIMPLE: Final[dict[str, pa.DataType]] = {
    "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "integer": pa.int32(),
    "bigint": pa.int64(), "float": pa.float32(), "real": pa.float32(), "double": pa.float64(), "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"), "string": pa.string(), "varchar": pa.string(), "char": pa.string(),
    "binary": pa.binary(),
}  # fmt: skip


def schema_of(columns: Sequence[tuple[str, str]]) -> pa.Schema:
    """Give the Arrow schema of columns, each a name and a Hive type; every one may be null.

    Raises:
        ConfigError: A type cannot be read, or has no like in Arrow.
    """
    return pa.schema([pa.field(name, arrow_of(text)) for name, text in columns])


def arrow_of(text: str) -> pa.DataType:
    """Give the Arrow type of a Hive type.

    Raises:
        ConfigError: It cannot be read, or has no like in Arrow.
    """
    try:
        return _arrow(glue.parse_type(text))
    except (glue.TypeSyntaxError, KeyError) as error:
        raise ConfigError(f"the column type {text} cannot be read", str(error), "query the table with Athena") from None


def _arrow(tree: glue.Type) -> pa.DataType:
    match tree:
        case glue.Primitive("decimal", args):
            precision, scale = (int(arg) for arg in (*args, 10, 0)[:2]) if args else (10, 0)
            return pa.decimal128(precision, scale)
        case glue.Primitive(name):
            return _SIMPLE[name]
        case glue.Array(element):
            return pa.list_(pa.field("element", _arrow(element)))
        case glue.Map(key, value):
            return pa.map_(_arrow(key), _arrow(value))
        case glue.Struct(fields):
            return pa.struct([pa.field(field.name, _arrow(field.type)) for field in fields])
        case _:
            raise KeyError("uniontype")
