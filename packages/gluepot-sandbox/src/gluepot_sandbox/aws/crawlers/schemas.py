"""What the crawler's classifiers make of a file: Parquet by its footer, JSON and CSV by their first records.

https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html, "Built-in classifiers".
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Columns = tuple[tuple[str, str], ...]

Tree = Any
"""The type of a JSON value: a text, a dict of fields, a list of one, or None where nothing tells."""

LOOKED_AT: Final = 1 << 20
"""Bytes of a text file that are looked at."""

DELIMITERS: Final = (",", "|", "\t", ";", "\x01")
"""What the built-in CSV classifier tries."""

RECORDS: Final = 1000
FEWEST: Final = 2
"""Columns, and rows, that a CSV file must have to be one."""

_WIDTHS: Final = ("tinyint", "smallint", "int", "bigint")
_PLAIN: Final = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "int",
    "uint32": "bigint",
    "uint64": "bigint",
    "halffloat": "float",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}


class Schema(msgspec.Struct, frozen=True):
    """What a file, or many together, look like."""

    classification: str
    columns: Columns
    records: int = 0
    size: int = 0
    files: int = 1
    compression: str = "none"
    delimiter: str = ""
    header: bool = False

    @property
    def names(self) -> set[str]:
        """The names of its columns."""
        return {name for name, _ in self.columns}


def schema_of(key: str, body: bytes) -> Schema | None:
    """Classify one file; None where no classifier knows it."""
    if body[:4] == b"PAR1":
        return _parquet(body)
    compression = "gzip" if body[:2] == b"\x1f\x8b" else "none"
    try:
        text = (gzip.decompress(body) if compression == "gzip" else body)[:LOOKED_AT].decode()
    except (UnicodeDecodeError, OSError, EOFError):
        return None
    found = _json(text) or _csv(text, key)
    return msgspec.structs.replace(found, size=len(body), compression=compression) if found else None


def merged(left: Schema, right: Schema) -> Schema:
    """Put two schemas of one table together: the columns of both, in order, with a type that holds both."""
    types = dict(left.columns)
    for name, kind in right.columns:
        types[name] = wider(types[name], kind) if name in types else kind
    return msgspec.structs.replace(
        left,
        columns=tuple(types.items()),
        records=left.records + right.records,
        size=left.size + right.size,
        files=left.files + right.files,
    )


def wider(left: str, right: str) -> str:
    """Give the type that holds two."""
    if left == right:
        return left
    if left in _WIDTHS and right in _WIDTHS:
        return max(left, right, key=_WIDTHS.index)
    numbers = {*_WIDTHS, "float", "double"}
    return "double" if {left, right} <= numbers else "string"


# Parquet ---------------------------------------------------------------------------------------------


def _parquet(body: bytes) -> Schema | None:
    import pyarrow as pa  # noqa: PLC0415 - lazy: start-up
    import pyarrow.parquet as pq  # noqa: PLC0415 - lazy: start-up

    try:
        file = pq.ParquetFile(io.BytesIO(body))
    except (pa.ArrowException, OSError):
        return None
    columns = tuple((field.name.lower(), hive(field.type)) for field in file.schema_arrow)
    return Schema("parquet", columns, file.metadata.num_rows, len(body))


def hive(kind: Any) -> str:  # noqa: ANN401 - an Arrow type; pyarrow ships no types
    """Name an Arrow type as the crawler does."""
    import pyarrow as pa  # noqa: PLC0415 - lazy: start-up

    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_map(kind):
        return f"map<{hive(kind.key_type)},{hive(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ",".join(f"{field.name}:{hive(field.type)}" for field in kind) + ">"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"array<{hive(kind.value_type)}>"
    return _PLAIN.get(str(kind), "bigint" if pa.types.is_time(kind) else "string")


# JSON ------------------------------------------------------------------------------------------------


def _json(text: str) -> Schema | None:
    """Read objects: one a line, one after the other, or in an array."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    whole: Tree = {}
    count = 0
    for record in _records(text):
        count += 1
        whole = _both(whole, _tree(record))
    columns = tuple((name.lower(), _type_text(kind)) for name, kind in whole.items()) if isinstance(whole, dict) else ()
    return Schema("json", columns, count) if columns else None


def _records(text: str) -> Iterable[dict[str, Any]]:
    decoder = json.JSONDecoder()
    at = text.find("{") if text.lstrip().startswith("[") else 0
    while 0 <= at < len(text):
        while at < len(text) and text[at] in " \r\n\t,":
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return  # the end, or the place where the text was cut
        if isinstance(value, dict):
            yield value


def _tree(value: object) -> Tree:
    """Type a JSON value; None for null, which says nothing."""
    if isinstance(value, dict):
        return {str(key).lower(): _tree(inner) for key, inner in value.items()}
    if isinstance(value, list):
        inner: Tree = None
        for item in value:
            inner = _both(inner, _tree(item))
        return [inner]
    kinds = {bool: "boolean", int: "int", float: "double", str: "string", type(None): None}
    kind = kinds[type(value)]
    return "bigint" if kind == "int" and isinstance(value, int) and abs(value) >= 1 << 31 else kind


def _both(left: Tree, right: Tree) -> Tree:
    """Give the type that holds both; text holds what does not fit together."""
    if left is None or right is None:
        return left if right is None else right
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **{key: _both(left.get(key), kind) for key, kind in right.items()}}
    if isinstance(left, list) and isinstance(right, list):
        return [_both(left[0], right[0])]
    return wider(left, right) if isinstance(left, str) and isinstance(right, str) else "string"


def _type_text(tree: Tree) -> str:
    if isinstance(tree, dict):
        return "struct<" + ",".join(f"{name}:{_type_text(kind)}" for name, kind in tree.items()) + ">"
    return f"array<{_type_text(tree[0])}>" if isinstance(tree, list) else tree or "string"


# CSV -------------------------------------------------------------------------------------------------


def _csv(text: str, key: str) -> Schema | None:
    """Read rows: every delimiter that gives the same number of columns, two at least, in every row will do."""
    lines = text.splitlines(keepends=True)
    if len(text) >= LOOKED_AT:
        lines = lines[:-1]
    for delimiter in DELIMITERS:
        rows = [row for row in csv.reader(lines[:RECORDS], delimiter=delimiter) if row]
        widths = {len(row) for row in rows}
        if len(rows) >= FEWEST and len(widths) == 1 and widths.pop() >= FEWEST:
            return _columns(rows, delimiter)
    return Schema("csv", (("col0", "string"),), len(lines), delimiter=",") if key.endswith(".csv") and lines else None


def _columns(rows: Sequence[Sequence[str]], delimiter: str) -> Schema:
    """Type the columns; the first row is a header where all of it is text and some column below is not."""
    below = [_column(values) for values in zip(*rows[1:], strict=True)]
    first = [_column([value]) for value in rows[0]]
    header = all(kind == "string" for kind in first) and any(kind != "string" for kind in below)
    types = below if header else [wider(*pair) for pair in zip(first, below, strict=True)]
    names = [name.strip().lower() for name in rows[0]] if header else [f"col{at}" for at in range(len(types))]
    return Schema("csv", tuple(zip(names, types, strict=True)), len(rows) - header, delimiter=delimiter, header=header)


def _column(values: Iterable[str]) -> str:
    kinds = {_text_kind(value) for value in values if value}
    if not kinds:
        return "string"
    return kinds.pop() if len(kinds) == 1 else "double" if kinds <= {"bigint", "double"} else "string"


def _text_kind(value: str) -> str:
    for kind, read in (("bigint", int), ("double", float)):
        try:
            read(value)
        except ValueError:
            continue
        return kind
    return "string"
