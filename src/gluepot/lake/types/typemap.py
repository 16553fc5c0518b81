"""What each CQL type becomes: Iceberg type text, then Arrow as it is staged, then Glue's Hive type.

Only what Athena reads of Iceberg is used (https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-supported-data-types.html):
no `time`, `uuid` or `fixed`, and small integers are widened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from gluepot.errors import ConfigError
from gluepot.lake.types.names import lake_names
from gluepot.lake.types.typetext import LakeType, decimal, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.cql import CqlType
    from gluepot.plan.table import PlannedColumn

VARINT: Final = decimal(38, 0)
DURATION: Final = LakeType("struct", (LakeType("int"), LakeType("int"), LakeType("long")), ("months", "days", "nanos"))

_SIMPLE: Final = {
    "ascii": "string", "text": "string", "varchar": "string", "uuid": "string", "timeuuid": "string", "inet": "string",
    "tinyint": "int", "smallint": "int", "int": "int", "bigint": "long", "counter": "long", "time": "long",
    "float": "float", "double": "double", "boolean": "boolean", "blob": "binary", "custom": "binary", "empty": "binary",
    "date": "date", "timestamp": "timestamptz",
}  # fmt: skip

_LISTS: Final = frozenset({"list", "set", "vector"})
_LIMITED: Final = frozenset({"varint", "decimal", "timestamp", "date"})
"""CQL types with values that their lake type cannot hold."""

_NESTED_KEYS: Final = _LISTS | {"map", "tuple", "udt", "duration"}
"""Map keys that Athena cannot take."""

_NOTES: Final = {
    "time": "time of day in nanoseconds since midnight",
    "duration": "duration as months, days and nanoseconds, which do not convert into each other",
    "counter": "counter as it stood when it was read",
    "uuid": "uuid as text",
    "timeuuid": "timeuuid as text, which does not sort by time",
    "inet": "IP address as text",
    "set": "set, in the order of its type",
    "tuple": "tuple, its members named f0, f1, ...",
    "custom": "raw bytes of a custom type",
    "varint": "integer of up to 38 digits",
}

_ARROW: Final[dict[str, pa.DataType]] = {
    "boolean": pa.bool_(), "int": pa.int32(), "long": pa.int64(), "float": pa.float32(), "double": pa.float64(),
    "date": pa.date32(), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", tz="UTC"),
    "string": pa.string(), "binary": pa.binary(),
}  # fmt: skip

_HIVE: Final = {"long": "bigint", "timestamptz": "timestamp", "list": "array"}


class NeedsChoice(ConfigError):  # noqa: N818 - it asks for a choice rather than reporting a fault
    """A CQL decimal has no scale in the schema, so nobody but the plan can say what it becomes.

    Args:
        path: Where it stands within the column: `` for the column itself, `.price`, `.element`, `.key`, `.value`.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        where = f"the decimal at {path}" if path else "a decimal"
        super().__init__(
            f"{where} needs a type", "CQL decimals have no scale in the schema", 'choose "decimal(p,s)" or "string"'
        )


def lake_type(kind: CqlType, choice: str = "") -> str:
    """Give the Iceberg type of a CQL type.

    Args:
        kind: The CQL type.
        choice: What becomes of types with values that the lake cannot hold, at any depth: `decimal(p,s)` for decimals
            (for varints in a column without decimals), `string` for both and for timestamps and dates, `long` for
            timestamps (milliseconds) and dates (days). Empty for decimal(38, 0), timestamptz and date.

    Raises:
        NeedsChoice: There is a CQL decimal and no choice for it.
        ConfigError: The choice is none.
    """
    return str(tree_of(kind, choice))


def tree_of(kind: CqlType, choice: str = "") -> LakeType:
    """Do as `lake_type` does, as a tree."""
    return _tree(kind, _Choice(choice, for_varints=not holds(kind, "decimal")), "")


@dataclass(frozen=True, slots=True)
class _Choice:
    """A choice for one column; where that has decimals, a choice of `decimal(p,s)` is theirs and not its varints'."""

    text: str
    for_varints: bool


def _tree(kind: CqlType, choice: _Choice, path: str) -> LakeType:
    if kind.name in _LIMITED:
        return _limited(kind.name, choice, path)
    if kind.name in _LISTS:
        return LakeType("list", (_tree(kind.args[0], choice, f"{path}.element"),))
    if kind.name == "map":
        return _map(kind, choice, path)
    if kind.name in {"udt", "tuple"} and kind.args:
        names = field_names(kind)
        types = tuple(_tree(arg, choice, f"{path}.{name}") for arg, name in zip(kind.args, names, strict=True))
        return LakeType("struct", types, names)
    return DURATION if kind.name == "duration" else LakeType(_SIMPLE.get(kind.name, "binary"))


def field_names(kind: CqlType) -> tuple[str, ...]:
    """Give the lake names of a UDT's fields, or of a tuple's members, which are called f0, f1, ..."""
    if kind.name == "tuple":
        return tuple(f"f{index}" for index in range(len(kind.args)))
    return tuple(lake_names(kind.fields).values())


def is_limited(kind: CqlType) -> bool:
    """Say whether some value of a type, at any depth, cannot be held by the lake: these columns have policies."""
    return kind.name in _LIMITED or any(is_limited(arg) for arg in kind.args)


def holds(kind: CqlType, name: str) -> bool:
    """Say whether a CQL type of this name stands anywhere in a type."""
    return kind.name == name or any(holds(arg, name) for arg in kind.args)


def note(kind: CqlType) -> str:
    """Say what a reader of the lake should know of a column of this type; empty where nothing is special."""
    if kind.name == "vector":
        return f"vector of {kind.size} elements"
    if kind.name == "map" and kind.args[0].name in _NESTED_KEYS:
        return "map as a list of entries, since its keys are not simple"
    return _NOTES.get(kind.name, "")


def arrow_of(type_text: str) -> pa.DataType:
    """Give the Arrow type of an Iceberg type, as it is staged."""
    return arrow_tree(parse(type_text))


def arrow_tree(kind: LakeType) -> pa.DataType:
    """Do as `arrow_of` does, from a tree."""
    match kind.name:
        case "decimal":
            return pa.decimal128(kind.precision, kind.scale)
        case "list":
            return pa.list_(pa.field("element", arrow_tree(kind.args[0])))
        case "map":
            key, value = map(arrow_tree, kind.args)
            return pa.map_(_field("key", key, nullable=False), _field("value", value))
        case "struct":
            return pa.struct([pa.field(n, arrow_tree(t)) for n, t in zip(kind.fields, kind.args, strict=True)])
    return _ARROW[kind.name]


def _field(name: str, kind: pa.DataType, *, nullable: bool = True) -> Any:  # noqa: ANN401 - stubs know no fields in maps
    return pa.field(name, kind, nullable=nullable)


def schema_of(columns: Sequence[PlannedColumn]) -> pa.Schema:
    """Give the Arrow schema of a lake table's batches; every column may be null."""
    return pa.schema([pa.field(column.name, arrow_of(column.type)) for column in columns])


def glue_of(type_text: str) -> str:
    """Give the Hive type that Glue's columns have, for an Iceberg type."""
    return _hive(parse(type_text))


def _hive(kind: LakeType) -> str:
    if kind.name == "decimal":
        return f"decimal({kind.precision},{kind.scale})"
    name = _HIVE.get(kind.name, kind.name)
    if kind.name == "struct":
        return f"struct<{','.join(f'{n}:{_hive(t)}' for n, t in zip(kind.fields, kind.args, strict=True))}>"
    return f"{name}<{','.join(map(_hive, kind.args))}>" if kind.args else name


def _limited(name: str, choice: _Choice, path: str) -> LakeType:
    """Choose for one of the types that the lake cannot wholly hold; a choice for others leaves this one alone."""
    if choice.text == "string":
        return LakeType("string")
    if name in {"timestamp", "date"}:
        return LakeType("long") if choice.text == "long" else LakeType(_SIMPLE[name])
    chosen = _chosen(choice.text)
    if name == "decimal" and chosen is None:
        raise NeedsChoice(path)
    return chosen if chosen is not None and (name == "decimal" or choice.for_varints) else VARINT


def _chosen(choice: str) -> LakeType | None:
    if choice in {"", "long"}:
        return None
    found = parse(choice)
    if found.name != "decimal":
        raise ConfigError(f"{choice!r} is no choice for a number", "", 'choose "decimal(p,s)" or "string"')
    return found


def _map(kind: CqlType, choice: _Choice, path: str) -> LakeType:
    key = _tree(kind.args[0], choice, f"{path}.key")
    value = _tree(kind.args[1], choice, f"{path}.value")
    if key.is_nested:
        return LakeType("list", (LakeType("struct", (key, value), ("key", "value")),))
    return LakeType("map", (key, value))
