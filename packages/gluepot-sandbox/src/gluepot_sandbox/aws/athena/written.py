"""Values as Athena writes them: in pages of GetQueryResults, and in the CSV at the output location.

https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final = {
    "boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "integer": "integer", "bigint": "bigint",
    "hugeint": "bigint", "float": "float", "double": "double", "varchar": "varchar", "blob": "varbinary",
    "date": "date", "timestamp": "timestamp", "timestamp_ms": "timestamp", "timestamp_s": "timestamp", "json": "json",
    "timestamp with time zone": "timestamp with time zone", "list": "array", "map": "map", "struct": "row",
    "time": "time", "null": "unknown", "uuid": "uuid",
}  # fmt: skip
"""DuckDB's types as Trino's. DuckDB sums integers as HUGEINT, where Trino has bigint."""

_DIGITS: Final = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17}
_UNBOUNDED: Final = 2_147_483_647
_PLAIN: Final = 1e7
_SMALL: Final = 1e-3


def column(name: str, kind: Any) -> dict[str, Any]:  # noqa: ANN401 - DuckDB's types
    """Describe a column as ColumnInfo does."""
    said = _NAMES.get(kind.id, "varchar")
    precision, scale = _DIGITS.get(said, 0), 0
    if kind.id == "decimal":
        numbers = dict(kind.children)
        said, precision, scale = "decimal", numbers["precision"], numbers["scale"]
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": said,
        "Precision": _UNBOUNDED if said == "varchar" else precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": said == "varchar",
    }


def values(column: Any) -> list[Any]:  # noqa: ANN401 - Arrow's arrays
    """Give an Arrow column's values as Python has them; maps are dictionaries, whatever is in them."""
    return [_python(value, column.type) for value in column.to_pylist()]


def _python(value: Any, kind: Any) -> Any:  # noqa: ANN401 - likewise
    if value is None:
        return value
    if pa.types.is_map(kind):
        return {text(key): _python(other, kind.item_type) for key, other in value}
    if pa.types.is_struct(kind):
        return {field.name: _python(value[field.name], field.type) for field in kind}
    return [_python(item, kind.value_type) for item in value] if isinstance(value, list) else value


def text(value: Any) -> str | None:  # noqa: ANN401, PLR0911 - a line for each kind of value
    """Write one value; None for null."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case float():
            return _double(value)
        case bytes():
            return value.hex(" ")
        case dt.datetime():
            return _instant(value)
        case list():
            return "[" + ", ".join(_inner(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{name}={_inner(item)}" for name, item in value.items()) + "}"
        case _:
            return str(value)


def _inner(value: Any) -> str:  # noqa: ANN401 - likewise
    return "null" if value is None else text(value) or ""


def _instant(value: dt.datetime) -> str:
    time_text = f"{value:%H:%M:%S}.{value.microsecond:06d}"
    day = f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    return f"{day} {time_text} UTC" if value.tzinfo else f"{day} {time_text}"


def _double(value: float) -> str:
    """Write as Java does."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value and not _SMALL <= abs(value) < _PLAIN:
        mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
        return f"{mantissa}{'' if '.' in mantissa else '.0'}E{int(exponent)}"
    return repr(value)


def csv(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> bytes:
    """Write the object at the output location: everything is quoted, and null is nothing."""
    lines = [",".join(map(_quoted, names)), *(",".join(map(_quoted, row)) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def txt(rows: Sequence[Sequence[str | None]]) -> bytes:
    """Write the object of SHOW and DESCRIBE: tabs between, no header."""
    return "".join("\t".join(cell or "" for cell in row) + "\n" for row in rows).encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'
