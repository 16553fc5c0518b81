"""Columns that stand elsewhere in a table's record than among its columns, and columns that are none.

Engines whose types Hive does not know, or whose text is too long for Glue's columns, leave the columns out or put
one in their place that nobody has, and keep the real ones in a text of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.avroschema import LITERAL, AvroSchemaError, avro_columns
from gluepot.glue.enginetypes import from_trino
from gluepot.glue.icebergschema import CURRENT_SCHEMA, IcebergSchemaError, metadata_columns, metadata_of, text_columns
from gluepot.glue.jsonaccess import Record, flag_at, list_at, record_at, text_at
from gluepot.glue.sparkschema import SCHEMA, SparkSchemaError, has_spark_schema, read_spark_schema, struct_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.glue.views import View

TRINO_DELTA: Final = "trino_metadata_schema_string"
"""The parameter in which Trino's Delta connector keeps the schema, in Spark's JSON."""

AVRO_ERROR: Final = "error_error_error_error_error_error_error"
"""The first column of what Hive writes where it could not read an Avro schema (`AvroSerdeUtils` in Apache Hive)."""

_FROM_DESERIALIZER: Final = "from deserializer"
_PRESTO: Final = frozenset({"presto", "trino"})


class Found(msgspec.Struct, frozen=True):
    """Columns, in Glue's form with `EngineType` and `ReadFrom` beside it, and where in the record they stand."""

    place: str
    columns: list[Record]
    partition_keys: list[Record] = []


_Source = Callable[[Record, "View | None"], Found | None]


def is_placeholder(listed: list[object], table: Record, view: View | None) -> bool:
    """Tell whether the columns that Glue lists are an engine's stand-in, and nobody's columns.

    1. `col array<string>`: Hive, for what it could not read (its comment says so), Spark and Delta by way of it, and
       Trino's Delta connector, without the comment.
    2. `dummy string`: Trino's and Presto's views in their Hive connectors.
    3. `error_error_...`: Hive, for an Avro schema that it could not read.
    """
    first = listed[0] if listed and isinstance(listed[0], dict) else {}
    name, kind = text_at(first, "Name"), "".join(text_at(first, "Type").lower().split())
    if name == AVRO_ERROR:
        return True
    if len(listed) != 1:
        return False
    if (name, kind) == ("dummy", "string"):
        return view is not None and _is_prestos(table, view)
    return (name, kind) == ("col", "array<string>") and _is_hives_or_sparks(first, record_at(table, "Parameters"))


def _is_prestos(table: Record, view: View) -> bool:
    dialects = {definition.dialect for definition in view.definitions}
    return flag_at(record_at(table, "Parameters"), "presto_view") or not dialects.isdisjoint(_PRESTO)


def _is_hives_or_sparks(column: Record, parameters: Record) -> bool:
    traces = has_spark_schema(parameters) or "spark.sql.sources.provider" in parameters or TRINO_DELTA in parameters
    return traces or text_at(column, "Comment") == _FROM_DESERIALIZER


def other_columns(table: Record, view: View | None, warnings: list[str]) -> Iterator[Found]:
    """Go through the places that hold columns, the most trustworthy first; what cannot be read is warned of."""
    for source in _SOURCES:
        try:
            found = source(table, view)
        except (SparkSchemaError, IcebergSchemaError, AvroSchemaError) as error:
            warnings.append(f"the {_NAMES[source]} {error}")
            continue
        if found and (found.columns or found.partition_keys):
            yield _placed(found)


def _placed(found: Found) -> Found:
    for column in (*found.columns, *found.partition_keys):
        column["ReadFrom"] = found.place
    return found


def _of_view(table: Record, view: View | None) -> Found | None:
    """Read the columns of Presto's encoded text: name, type and comment of each."""
    found = [list_at(definition.details, "columns") for definition in (view.definitions if view else ())]
    columns = [_view_column(column) for column in next(filter(None, found), []) if isinstance(column, dict)]
    # the table's own texts are left out of the record where they were decoded
    dialects = list_at(record_at(table, "ViewDefinition"), "Representations")
    return Found("ViewDefinition.Representations" if dialects else "ViewOriginalText", columns)


def _view_column(column: Record) -> Record:
    stated = text_at(column, "type")
    made: Record = {"Name": text_at(column, "name"), "Type": from_trino(stated), "EngineType": stated}
    if comment := text_at(column, "comment"):
        made["Comment"] = comment
    return made


def _of_iceberg_metadata(table: Record, _: View | None) -> Found | None:
    return Found("IcebergTableMetadata", metadata_columns(metadata_of(table)))


def _of_spark(table: Record, _: View | None) -> Found | None:
    parameters = record_at(table, "Parameters")
    if not has_spark_schema(parameters):
        return None
    schema = read_spark_schema(parameters)
    return Found(f"Parameters.{SCHEMA}", schema.columns, schema.partition_keys)


def _of_trino_delta(table: Record, _: View | None) -> Found | None:
    text = text_at(record_at(table, "Parameters"), TRINO_DELTA)
    return Found(f"Parameters.{TRINO_DELTA}", struct_columns(text)) if text else None


def _of_iceberg_text(table: Record, _: View | None) -> Found | None:
    text = text_at(record_at(table, "Parameters"), CURRENT_SCHEMA)
    return Found(f"Parameters.{CURRENT_SCHEMA}", text_columns(text)) if text else None


def _of_avro(table: Record, _: View | None) -> Found | None:
    serde = record_at(record_at(table, "StorageDescriptor"), "SerdeInfo")
    own, below = record_at(table, "Parameters"), record_at(serde, "Parameters")
    text = text_at(own, LITERAL) or text_at(below, LITERAL)
    place = "Parameters" if text_at(own, LITERAL) else "StorageDescriptor.SerdeInfo.Parameters"
    return Found(f"{place}.{LITERAL}", avro_columns(text)) if text else None


_NAMES: Final[dict[_Source, str]] = {
    _of_view: "view's encoded text",
    _of_iceberg_metadata: "schema in IcebergTableMetadata",
    _of_spark: "Spark schema in the parameters",
    _of_trino_delta: f"schema in {TRINO_DELTA}",
    _of_iceberg_text: f"schema in {CURRENT_SCHEMA}",
    _of_avro: f"schema in {LITERAL}",
}
_SOURCES: Final = tuple(_NAMES)
