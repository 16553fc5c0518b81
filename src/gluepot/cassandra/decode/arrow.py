"""The Arrow type of each CQL type, before any lake has a say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from gluepot.cassandra.cql import CqlType

DURATION: Final = pa.struct([("months", pa.int32()), ("days", pa.int32()), ("nanos", pa.int64())])

SCALARS: Final[dict[str, pa.DataType]] = {
    "ascii": pa.string(),
    "bigint": pa.int64(),
    "blob": pa.binary(),
    "boolean": pa.bool_(),
    "counter": pa.int64(),
    "custom": pa.binary(),
    "date": pa.date32(),
    "decimal": pa.string(),
    "double": pa.float64(),
    "duration": DURATION,
    "float": pa.float32(),
    "inet": pa.string(),
    "int": pa.int32(),
    "smallint": pa.int16(),
    "text": pa.string(),
    "time": pa.int64(),
    "timestamp": pa.timestamp("ms", tz="UTC"),
    "timeuuid": pa.string(),
    "tinyint": pa.int8(),
    "uuid": pa.string(),
    "varint": pa.decimal128(38, 0),
}


def arrow_type(kind: CqlType, *, as_text: bool = False) -> pa.DataType:
    """Give the Arrow type that a CQL type decodes to.

    A decimal is text, exactly as `str(decimal.Decimal)` writes it, since CQL knows no scale. A timestamp is whole
    milliseconds in UTC over all of int64; a time is nanoseconds as int64; a duration keeps months, days and nanoseconds
    apart; a tuple's fields are `_0`, `_1`, ...; what is not CQL's own is binary.

    Args:
        kind: The CQL type.
        as_text: Whether varints are text too, so that none is too long.
    """
    if kind.name == "varint" and as_text:
        return pa.string()
    inner = [arrow_type(arg, as_text=as_text) for arg in kind.args]
    match kind.name:
        case "list" | "set" | "vector":
            return pa.list_(inner[0])
        case "map":
            return pa.map_(inner[0], inner[1])
        case "udt":
            return pa.struct([pa.field(name, member) for name, member in zip(kind.fields, inner, strict=True)])
        case "tuple":
            return pa.struct([pa.field(f"_{number}", member) for number, member in enumerate(inner)])
        case _:
            return SCALARS[kind.name]
