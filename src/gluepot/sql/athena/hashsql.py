"""The checksum of docs/adr/0008-checksum.md as Trino's SQL, which Athena runs: nobody has to trust gluepot for it.

Every value has a hash of eight bytes, and null has eight zeros. Where nobody knows beforehand how many bytes are put
together, as for lists and maps, they are written as hexadecimal text, which SQL can sort and join.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.lake.types.typetext import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.lake.types.typetext import LakeType
    from gluepot.plan.table import PlannedColumn

ZERO: Final = "X'0000000000000000'"
"""The hash of null."""

ROWS: Final = "r"
"""What statements call the table."""

AT_ONCE: Final = 60
"""Arguments of one concat: Trino takes 127 (https://trino.io/docs/current/functions/string.html#concat)."""

_SIMPLE: Final = {
    "string": "to_utf8({0})",
    "binary": "{0}",
    "int": "to_big_endian_64({0})",
    "long": "to_big_endian_64({0})",
    "boolean": "to_big_endian_64(cast({0} AS bigint))",
    "float": "to_ieee754_64(cast({0} AS double))",
    "double": "to_ieee754_64({0})",
    "decimal": "to_utf8(cast({0} AS varchar))",
    "date": "to_big_endian_64(date_diff('day', date '1970-01-01', {0}))",
}


def quoted(name: str) -> str:
    """Write an identifier of Trino's SQL."""
    return '"' + name.replace('"', '""') + '"'


def column(planned: PlannedColumn) -> str:
    """Write a column with its relation before it: a column may be called as its table is, and have fields too."""
    return f"{ROWS}.{quoted(planned.name)}"


def text(value: str) -> str:
    """Write a text literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def row_hash(columns: Sequence[PlannedColumn]) -> str:
    """Write the hash of a row of the relation `ROWS`: a signed 64-bit integer."""
    hashes = [value_hash(column(planned), parse(planned.type)) for planned in columns]
    return f"from_big_endian_64(xxhash64({concat(hashes)}))"


def value_hash(value: str, kind: LakeType, depth: int = 0) -> str:
    """Write the hash of a value of some type.

    Args:
        value: SQL of it.
        kind: Its lake type.
        depth: How many lists and maps it stands in: it names the variables.
    """
    match kind.name:
        case "list":
            return f"coalesce(xxhash64({_list(value, kind, depth)}), {ZERO})"
        case "map":
            return f"coalesce(xxhash64({_map(value, kind, depth)}), {ZERO})"
        case "struct":
            fields = [
                value_hash(f"{value}.{quoted(name)}", arg, depth)
                for name, arg in zip(kind.fields, kind.args, strict=True)
            ]
            # the fields of a null are null each, which a row without any value has too
            return f"if({value} IS NULL, {ZERO}, xxhash64({concat(fields)}))"
        case "timestamptz" | "timestamp":
            return f"coalesce(xxhash64(to_big_endian_64({microseconds(value, kind)})), {ZERO})"
    return f"coalesce(xxhash64({_SIMPLE[kind.name].format(value)}), {ZERO})"


def microseconds(value: str, kind: LakeType) -> str:
    """Write the microseconds since 1970 of a time; Trino's own functions know whole seconds and milliseconds only."""
    local = local_time(value, kind)
    return f"{seconds(local)} * 1000000 + cast(substr(cast({local} AS varchar), 21, 6) AS bigint)"


def seconds(local: str) -> str:
    """Write the whole seconds since 1970 of a time without a zone; `to_unixtime` would take it to be the session's."""
    return f"date_diff('second', timestamp '1970-01-01 00:00:00', date_trunc('second', {local}))"


def local_time(value: str, kind: LakeType) -> str:
    """Write a time as UTC's clock shows it, without a zone, with six digits of a second.

    A plain Parquet table has no zones in Athena: its times are UTC's clock already.
    """
    zoned = f"{value} AT TIME ZONE 'UTC'" if kind.name == "timestamptz" else value
    return f"cast({zoned} AS timestamp(6))"


def _list(value: str, kind: LakeType, depth: int) -> str:
    element = f"e{depth}"
    hashes = f"transform({value}, {element} -> to_hex({value_hash(element, kind.args[0], depth + 1)}))"
    return _counted(value, hashes)


def _map(value: str, kind: LakeType, depth: int) -> str:
    """Sort a map's entries by their hashes: they have no order of their own."""
    key, item = f"k{depth}", f"v{depth}"
    entry = concat([value_hash(key, kind.args[0], depth + 1), value_hash(item, kind.args[1], depth + 1)])
    pairs = f"zip_with(map_keys({value}), map_values({value}), ({key}, {item}) -> to_hex(xxhash64({entry})))"
    return _counted(f"map_keys({value})", f"array_sort({pairs})")


def _counted(value: str, hashes: str) -> str:
    count = f"to_hex(to_big_endian_64(cardinality({value})))"
    return f"from_hex(concat({count}, array_join({hashes}, '')))"


def concat(parts: Sequence[str]) -> str:
    """Put bytes behind each other, however many parts there are."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) <= AT_ONCE:
        return f"concat({', '.join(parts)})"
    step = -(-len(parts) // AT_ONCE)
    return concat([concat(parts[at : at + step]) for at in range(0, len(parts), step)])
