"""The columns of a table as they are: retired ones apart, doubled ones apart, schemas found where they are kept.

`columns_of` reads a table with all the care that some need. Most need none: `needs_care` tells them apart in about
two microseconds, so that a collector's hot path builds no dictionary for the thousands that are plain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.jsonaccess import Record, list_at, record_at, text_at
from gluepot.glue.othercolumns import AVRO_ERROR, is_placeholder, other_columns
from gluepot.glue.types import TypeSyntaxError, format_type, parse_type
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gluepot.glue.othercolumns import Found
    from gluepot.glue.views import View

NOWHERE: Final = (
    "the record holds no columns, neither listed nor in a schema of the engine's (an engine leaves them out where a"
    " comment or a type is longer than Glue takes; Delta may keep them in its log alone): none is written, and none"
    " that was known is called dropped"
)

_CURRENT: Final = "iceberg.field.current"
_CURRENT_KEY: Final = _CURRENT.encode()
_CURRENT_TRUE: Final = b'"iceberg.field.current":"true"'
_ESCAPED_ASCII: Final = re.compile(rb"\\u00[2-7]")  # letters that JSON may write as \u0069 and need not
_NAMED: Final = 5  # names that a warning spells out


Text = str | None | msgspec.UnsetType
"""A text of Glue's record, or what stands for none: only truth is asked of it."""


class Columns(msgspec.Struct):
    """The columns of a table, each a dictionary with Glue's keys (`Name`, `Type`, `Comment`, `Parameters`).

    Args:
        columns: Data columns, in order; every name and type is a text, and every name is unique to the letter,
            over the partition keys too.
        partition_keys: Partition keys, in order.
        retired: Columns that an Iceberg table had once; they are in no other list.
        repeated: Columns whose name another one has; they are in no other list.
        elsewhere: Whether any of this stands elsewhere in the record than among Glue's columns, or nowhere.
        warnings: Sentences for people.
    """

    columns: list[Record] = []
    partition_keys: list[Record] = []
    retired: list[Record] = []
    repeated: list[Record] = []
    elsewhere: bool = False
    warnings: list[str] = []


def columns_of(table: Record, view: View | None = None) -> Columns:
    """Read the columns of a table.

    1. Without columns, or with nothing but an engine's placeholder, the columns that stand elsewhere in the record
       take their place; `EngineType` and `ReadFrom` say in which words, and where. Where they stand nowhere there are
       none, which says nothing of what the table has. Where Glue does list columns, another type or a comment that
       stands elsewhere is added to them.
    2. Columns that Iceberg has dropped stay in Glue with `iceberg.field.current` = `false`: they are retired,
       https://github.com/apache/iceberg/issues/16877.
    3. A column without a name gets one from its position, one without a type an empty one: none is ever lost.
    4. A name that repeats keeps one column: the partition key, or else the first. Names are compared to the letter,
       because ids are: `Date` beside `date` are two columns of Spark or Iceberg, and merging them would lose one.

    Args:
        table: A table as in Glue's JSON; keys may be missing, null or of a wrong type.
        view: What its texts say, where it is a view.
    """
    found = Columns()
    listed, keys = _stated(table, view, found.warnings)
    found.elsewhere = not listed or any("ReadFrom" in _as_record(column) for column in (*listed, *keys))
    kept = [column for column in listed if not _is_retired(column)]
    found.retired = [_as_record(column) for column in listed if _is_retired(column)]
    names = {text_at(_as_record(column), "Name") for column in (*kept, *keys)}
    columns = _completed(kept, 1, names, found.warnings)
    found.partition_keys = _unique(_completed(keys, len(kept) + 1, names, found.warnings), set(), found.repeated)
    taken = {text_at(column, "Name") for column in found.partition_keys}
    found.columns = _unique(columns, taken, found.repeated)
    if found.repeated:
        found.warnings.append(
            _sentence("whose name another one has", (text_at(column, "Name") for column in found.repeated))
        )
    return found


def needs_care(names: Sequence[Text], types: Sequence[Text], column_count: int, columns_json: bytes) -> bool:
    """Tell whether `columns_of` may have anything to change or to say; False is certain, True is not.

    Args:
        names: Names of all columns, then of all partition keys, as Glue has them.
        types: Their types, in the same order.
        column_count: How many of them are columns, not partition keys.
        columns_json: The bytes that hold the columns, as they came; the bytes of the whole table do as well.
    """
    if not (column_count and all(names) and all(types)) or len(set(names)) != len(names):
        return True
    if names[0] == AVRO_ERROR or (column_count == 1 and names[0] == "col"):  # perhaps a placeholder
        return True
    current = columns_json.count(_CURRENT_KEY)
    if current and current != columns_json.count(_CURRENT_TRUE):
        return True
    # a single character is found ten times as fast as a pattern, and most tables have no escape at all
    return b"\\" in columns_json and _ESCAPED_ASCII.search(columns_json) is not None


def _stated(table: Record, view: View | None, warnings: list[str]) -> tuple[list[object], list[object]]:
    """Choose between what Glue lists and what stands elsewhere in the record: columns, partition keys."""
    descriptor = record_at(table, "StorageDescriptor")
    listed, keys = list_at(descriptor, "Columns"), list_at(table, "PartitionKeys")
    if listed and not is_placeholder(listed, table, view):
        other = next(other_columns(table, view, []), None)
        return (_beside(listed, other), _beside(keys, other)) if other else (listed, keys)
    found = next(other_columns(table, view, warnings), None)
    if found is None:
        warnings += _nowhere(table, descriptor)
        return [], keys
    # Hudi and Hive sync list the partition keys in Glue, in lower case: there Glue's own are kept
    own = {text_at(_as_record(key), "Name").lower() for key in keys}
    columns = [column for column in found.columns if text_at(column, "Name").lower() not in own]
    more = [key for key in found.partition_keys if text_at(key, "Name").lower() not in own]
    return list(columns), [*keys, *more]


def _nowhere(table: Record, descriptor: Record) -> list[str]:
    """Say that a table's columns cannot be told; a link's are its target's, and of a bare name nobody expects any."""
    if table.get("TargetTable") or not (descriptor or record_at(table, "Parameters") or table.get("TableType")):
        return []
    if reference := record_at(descriptor, "SchemaReference"):
        return [f"the columns are kept in the schema registry, as {_schema_name(reference)}"]
    return [NOWHERE]


def _beside(listed: list[object], other: Found) -> list[object]:
    """Add to listed columns what the record says of them elsewhere: another type, a comment where Glue has none."""
    known = {text_at(column, "Name").lower(): column for column in (*other.columns, *other.partition_keys)}
    return [_with_other(column, known.get(text_at(_as_record(column), "Name").lower())) for column in listed]


def _with_other(listed: object, other: Record | None) -> object:
    if other is None or not isinstance(listed, dict):
        return listed
    more: Record = {}
    if other.get("Comment") and not listed.get("Comment"):
        more["Comment"] = other["Comment"]
    if not _same_type(text_at(listed, "Type"), text_at(other, "Type")):
        more["EngineType"] = other["EngineType"]
    return {**listed, **more, "ReadFrom": other["ReadFrom"]} if more else listed


def _same_type(one: str, other: str) -> bool:
    """Compare two spellings of a type: case, blanks, quotes and comments say nothing."""
    if one == other:
        return True
    try:
        return format_type(parse_type(one), bare=True).lower() == format_type(parse_type(other), bare=True).lower()
    except TypeSyntaxError:
        return False


def _schema_name(reference: Record) -> str:
    identity = record_at(reference, "SchemaId")
    registry, name = text_at(identity, "RegistryName"), text_at(identity, "SchemaName")
    return (
        text_at(identity, "SchemaArn")
        or "/".join(part for part in (registry, name) if part)
        or f"version {text_at(reference, 'SchemaVersionId') or 'without a name'}"
    )


def _as_record(column: object) -> Record:
    return column if isinstance(column, dict) else {}


def _is_retired(column: object) -> bool:
    value = record_at(_as_record(column), "Parameters").get(_CURRENT)
    return value is False or (isinstance(value, str) and value.strip().lower() == "false")


def _completed(columns: Iterable[object], start: int, names: set[str], warnings: list[str]) -> list[Record]:
    """Give every column a name and a type; a name that is made up goes into `names` and is in use nowhere else."""
    complete, unnamed, untyped = [], [], []
    for position, column in enumerate(columns, start):
        record = _as_record(column)
        if not text_at(record, "Name"):
            record = {**record, "Name": _free_name(f"_unnamed_{position}", names)}
            unnamed.append(text_at(record, "Name"))
        if not text_at(record, "Type"):
            record = {**record, "Type": ""}
            untyped.append(text_at(record, "Name"))
        complete.append(record)
    if unnamed:
        warnings.append(_sentence("without a name, given one from the position", unnamed))
    if untyped:
        warnings.append(_sentence("without a type", untyped))
    return complete


def _free_name(name: str, names: set[str]) -> str:
    while name in names:
        name += "_"
    names.add(name)
    return name


def _unique(columns: Iterable[Record], taken: set[str], repeated: list[Record]) -> list[Record]:
    """Keep the first column of each name that is not taken yet; move the others to `repeated`."""
    kept: list[Record] = []
    for column in columns:
        name = text_at(column, "Name")
        (repeated if name in taken else kept).append(column)
        taken.add(name)
    return kept


def _sentence(what: str, names: Iterable[str]) -> str:
    """Say what is the matter with some columns, and name the first of them."""
    all_names = list(names)
    shown = ", ".join(all_names[:_NAMED]) + (", ..." if len(all_names) > _NAMED else "")
    return f"{counted(len(all_names), 'column')} {what}: {shown}"
