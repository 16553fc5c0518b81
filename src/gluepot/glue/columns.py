"""The columns of a table as they are: retired ones apart, doubled ones apart, schemas found where they are kept.

`columns_of` reads a table with all the care that some need. Most need none: `needs_care` tells them apart in about
two microseconds, so that a collector's hot path builds no dictionary for the thousands that are plain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.jsonaccess import Record, list_at, record_at, text_at
from gluepot.glue.sparkschema import SparkSchemaError, has_spark_schema, read_spark_schema
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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
        warnings: Sentences for people.
    """

    columns: list[Record] = []
    partition_keys: list[Record] = []
    retired: list[Record] = []
    repeated: list[Record] = []
    warnings: list[str] = []


def columns_of(table: Record) -> Columns:
    """Read the columns of a table.

    1. Without columns, or with nothing but Spark's placeholder `col array<string>`, Spark's schema in the parameters
       takes their place, where there is one (Delta, Hudi and other tables made by Spark).
    2. Columns that Iceberg has dropped stay in Glue with `iceberg.field.current` = `false`: they are retired,
       https://github.com/apache/iceberg/issues/16877.
    3. A column without a name gets one from its position, one without a type an empty one: none is ever lost.
    4. A name that repeats keeps one column: the partition key, or else the first. Names are compared to the letter,
       because ids are: `Date` beside `date` are two columns of Spark or Iceberg, and merging them would lose one.

    Args:
        table: A table as in Glue's JSON; keys may be missing, null or of a wrong type.
    """
    found = Columns()
    descriptor = record_at(table, "StorageDescriptor")
    listed, keys = _stated(table, descriptor, found.warnings)
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
    if column_count == 1 and names[0] == "col":  # perhaps Spark's placeholder
        return True
    current = columns_json.count(_CURRENT_KEY)
    if current and current != columns_json.count(_CURRENT_TRUE):
        return True
    # a single character is found ten times as fast as a pattern, and most tables have no escape at all
    return b"\\" in columns_json and _ESCAPED_ASCII.search(columns_json) is not None


def _stated(table: Record, descriptor: Record, warnings: list[str]) -> tuple[list[object], list[object]]:
    """Choose between what Glue lists and what Spark left in the parameters: columns, partition keys."""
    listed, keys = list_at(descriptor, "Columns"), list_at(table, "PartitionKeys")
    placeholder = _is_placeholder(listed)
    if listed and not placeholder:
        return listed, keys
    parameters = record_at(table, "Parameters")
    if has_spark_schema(parameters):
        try:
            schema = read_spark_schema(parameters)
        except SparkSchemaError as error:
            warnings.append(f"the Spark schema in the parameters {error}")
        else:
            # Hudi and Hive sync list the partition keys in Glue, in lower case: there Glue's own are kept
            own = {text_at(_as_record(key), "Name").lower() for key in keys}
            columns = [column for column in schema.columns if text_at(column, "Name").lower() not in own]
            more = [key for key in schema.partition_keys if text_at(key, "Name").lower() not in own]
            return list(columns), [*keys, *more]
    elif placeholder and "spark.sql.sources.provider" in parameters:
        warnings.append("the only column is Spark's placeholder, and the parameters hold no schema")
    if reference := record_at(descriptor, "SchemaReference"):
        warnings.append(f"the columns are kept in the schema registry, as {_schema_name(reference)}")
    return listed, keys


def _is_placeholder(listed: list[object]) -> bool:
    """Tell whether this is what Spark writes where Hive could not read the real columns."""
    only = _as_record(listed[0]) if len(listed) == 1 else {}
    return text_at(only, "Name") == "col" and "".join(text_at(only, "Type").lower().split()) == "array<string>"


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
