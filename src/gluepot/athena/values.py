"""Athena writes every value as text; here it becomes Arrow's, of the type that the SQL says.

Scalars are exact. Arrays, maps and rows stay text: Athena writes them without quotes, `[a, b]`, `{k=v}`, so that no
reader can tell what was in them. `CAST(x AS JSON)` in the SQL gives text that can be read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from gluepot.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Texts: TypeAlias = "pa.ChunkedArray[Any]"

_CAST: Final[Mapping[str, pa.DataType]] = {
    "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "integer": pa.int32(),
    "bigint": pa.int64(), "real": pa.float32(), "float": pa.float32(), "double": pa.float64(), "date": pa.date32(),
}  # fmt: skip
_MICROSECONDS: Final = 26
"""Characters of `2020-01-01 00:00:00.000000`; a time with more of them has nanoseconds."""


def typed(texts: Texts, column: Mapping[str, Any]) -> Texts:
    """Give a column's values their type.

    Args:
        texts: As Athena writes them.
        column: `ColumnInfo` of GetQueryResults.

    Raises:
        LakeError: A value is none of its type.
    """
    kind = str(column["Type"]).lower()
    try:
        return _step(kind, column)(texts)
    except (pa.ArrowException, ValueError, KeyError) as error:
        what = f"column {column['Name']} of Athena's answer holds what is no {kind}"
        raise LakeError(what, str(error), f"CAST({column['Name']} AS varchar) gives it as text") from error


def field_of(column: Mapping[str, Any], kind: pa.DataType) -> Any:  # noqa: ANN401 - the stubs know fields by their types only
    """Give a column's field; Athena's own type is in its metadata, under `athena.type`."""
    said = str(column["Type"])
    if said.lower() == "decimal":
        said = f"decimal({column.get('Precision', 38)},{column.get('Scale', 0)})"
    return pa.field(str(column["Name"]), kind, metadata={"athena.type": said})


def _step(kind: str, column: Mapping[str, Any]) -> Callable[[Texts], Texts]:
    if kind in _CAST:
        return lambda texts: texts.cast(_CAST[kind])
    if kind == "decimal":
        # Glue's own engine leaves both out where they are 38 and 0
        exact = pa.decimal128(int(column.get("Precision") or 38), int(column.get("Scale") or 0))
        return lambda texts: texts.cast(exact)
    others: dict[str, Callable[[Texts], Texts]] = {
        "varbinary": _binary,
        "timestamp": lambda texts: texts.cast(pa.timestamp(_unit(texts))),
        "timestamp with time zone": _instants,
        "time": _times,
    }
    return others.get(kind, lambda texts: texts)


def _unit(texts: Texts) -> Any:  # noqa: ANN401 - the stubs know units as literals
    longest = pc.max(pc.utf8_length(texts)).as_py() or 0
    return "ns" if longest > _MICROSECONDS else "us"


def _binary(texts: Texts) -> Texts:
    """Read bytes, which Athena writes as pairs of hexadecimal digits with a space between."""
    values = [None if value is None else bytes.fromhex(value) for value in texts.to_pylist()]
    return pa.chunked_array([pa.array(values, pa.binary())])


def _times(texts: Texts) -> Texts:
    """Read times of day, which Arrow reads as parts of an instant only."""
    return pc.replace_substring_regex(texts, "^", "1970-01-01 ").cast(pa.timestamp("us")).cast(pa.time64("us"))


def _instants(texts: Texts) -> Texts:
    """Read times with their zones; those in UTC, as a load's are, all at once."""
    zones = pc.unique(pc.replace_substring_regex(texts, r"^\S+ \S+ ", "")).to_pylist()
    if set(zones) <= {"UTC", None}:
        local = pc.replace_substring_regex(texts, r" UTC$", "")
        return local.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    values = [None if value is None else _instant(value) for value in texts.to_pylist()]
    return pa.chunked_array([pa.array(values, pa.timestamp("us", tz="UTC"))])


def _instant(text: str) -> datetime:
    local, _, zone = text.rpartition(" ")
    if zone[0] in "+-":
        return datetime.fromisoformat(f"{local}{zone}").astimezone(UTC)
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
