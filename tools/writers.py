"""The page of what engines write into Glue and how gluepot reads it, out of the records that the tests read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.glue.digest import VOLATILE_PARAMETERS, VOLATILE_PREFIXES
from gluepot.glue.jsonaccess import record_at, text_at
from gluepot.glue.records import DatabaseRef
from gluepot.glue.shapes import table_records
from gluepot.glue.statements import location_of
from gluepot.glue.tables import Tables
from gluepot.mask.credentials import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.glue.records import Table

RECORDS: Final = Path(__file__).parents[1] / "tests" / "glue" / "writers" / "writers.jsonl"
PLACE: Final = DatabaseRef(
    server="s", partition="aws", region="eu-west-1", account="1", catalog="", catalog_id="1", database="db"
)
HEAD: Final = (
    "What lies in Glue depends on who wrote it. Each record here was written by the engine that it names, and is "
    "read by the code that collects; the tests hold both, so that a line that is not true any more fails. "
    "`listed` is what Glue has among the table's columns; a column that stands elsewhere has `EngineType`, the "
    "engine's own words for its type, and `ReadFrom`, the member of the record, in its ATTRIBUTES."
)
NOTES: Final = (
    (
        "- Trino leaves `Columns` out of an Iceberg table where one comment is longer than 255 characters or one "
        "type longer than 131,072; Delta 3.3 stores a schema without fields. The columns are nowhere in such "
        "records: the run warns, writes none, and calls none dropped."
    ),
    (
        "- Columns that an Iceberg table no longer has stand at the end of Glue's list with "
        "`iceberg.field.current` `false`, the old name of a renamed one with the same `iceberg.field.id` too. "
        "They are no rows; they are in the table's ATTRIBUTES as `RetiredColumns`. Comments follow names: a "
        "column that is added again can show a dropped one's."
    ),
    (
        "- Iceberg's types arrive so (pyiceberg 0.12.0 and Iceberg-Java 1.12.0): uuid and time as `string`, "
        "fixed as `binary`, timestamps with and without zone as `timestamp`, both of nanoseconds as "
        "`timestamp_nano`, `variant`, `geometry` and `geography` without reference system or algorithm, void as "
        "`unknown`. Names in structs are not quoted: `struct<a b:int,x:y:int>`."
    ),
    (
        "- Hudi's sync to Glue (hudi-aws 0.15.0) lists a timestamp as `bigint`, and no comment; Spark's schema "
        "in the parameters has both. DATA_TYPE stays Glue's, `EngineType` is Spark's, and the comment is read "
        "from there."
    ),
    (
        "- A view's text is that of Presto's encoding, whoever wrote it; Athena lists the columns beside it, and "
        "Trino one `dummy`, or none."
    ),
)


def records() -> list[tuple[str, dict[str, Any]]]:
    """Give each record with its writer."""
    lines = map(json.loads, RECORDS.read_text(encoding="utf-8").splitlines())
    return [(line["writer"], line["record"]) for line in lines]


def read(record: dict[str, Any]) -> Table:
    """Read a record as the collector does, from the bytes that Glue would send."""
    body = json.dumps({"TableList": [record]}, ensure_ascii=False).encode()
    tables = Tables(Redactor(), None)
    [(raw, wire)] = table_records(body)
    return tables.table(PLACE, raw, wire, clean=tables.is_clean(body))


def table_rows() -> Iterable[list[str]]:
    """Say of each record what Glue lists, and where what gluepot writes comes from."""
    for writer, record in records():
        table = read(record)
        place = location_of(record)[1]
        yield [
            writer,
            f"`{table.name}`",
            _listed(record),
            _columns(table),
            _description(record, table),
            f"`{place}`" if place else "",
            table.format,
        ]


def _listed(record: dict[str, Any]) -> str:
    storage = record_at(record, "StorageDescriptor")
    listed: Any = storage.get("Columns")
    if not listed:
        return "none"
    shown = f"`{listed[0]['Name']} {listed[0]['Type']}`" if len(listed) == 1 else f"{len(listed)}"
    return f"{shown}, with comments" if any(column.get("Comment") for column in listed) else shown


def _columns(table: Table) -> str:
    every = table.columns + table.partition_keys
    if not table.columns:
        return "none; warned of"
    places = {table.column_attributes.get(column.Name, {}).get("ReadFrom", "listed") for column in every}
    return f"{len(every)}: {', '.join(f'`{place}`' if place != 'listed' else place for place in sorted(places))}"


def _description(record: dict[str, Any], table: Table) -> str:
    if not table.description:
        return ""
    if table.description == record.get("Description"):
        return "`Description`"
    return (
        "`Parameters.comment`" if table.description == text_at(record_at(record, "Parameters"), "comment") else "view"
    )


def type_rows() -> Iterable[list[str]]:
    """Give each word of an engine's for a type, what it is in Glue's list, what is written, and whose word it is."""
    seen: dict[tuple[str, str, str], dict[str, None]] = {}
    for writer, listed, engine, written in _types():
        if engine:
            seen.setdefault((engine, listed, written), {})[writer] = None
    return [[*map(_code, key), ", ".join(by)] for key, by in sorted(seen.items())]


def listed_rows() -> Iterable[list[str]]:
    """Give the types in Glue's list beside which no other word stands, by writer."""
    seen: dict[str, set[str]] = {}
    for writer, listed, engine, _ in _types():
        if not engine:
            seen.setdefault(writer, set()).add(_code(listed))
    return [[writer, ", ".join(sorted(types))] for writer, types in sorted(seen.items())]


def _types() -> Iterable[tuple[str, str, str, str]]:
    """Go through all columns: writer, type in Glue's list, type in the engine's words, type as written."""
    for writer, record in records():
        table = read(record)
        stated = {column["Name"] for column in record_at(record, "StorageDescriptor").get("Columns") or ()}  # type: ignore[attr-defined] # a list
        for column in table.columns + table.partition_keys:
            more = table.column_attributes.get(column.Name, {})
            engine = more.get("EngineType", (column.Parameters or {}).get("trino_type_id", ""))
            written = str(column.Type)
            if len(written) <= LONGEST and len(engine) <= LONGEST:
                yield (
                    writer,
                    written if column.Name in stated or column in table.partition_keys else "",
                    engine,
                    written,
                )


LONGEST: Final = 100
"""Characters of a type that the page shows."""


def parameter_rows() -> Iterable[list[str]]:
    """Say of each parameter who writes it and what it is to gluepot."""
    writers: dict[str, dict[str, None]] = {}
    for writer, record in records():
        for key in record.get("Parameters") or {}:
            writers.setdefault(_shape(key), {})[writer] = None
    return [[f"`{key}`", ", ".join(by), _meaning(key)] for key, by in sorted(writers.items())]


def _shape(key: str) -> str:
    """Write a key without what numbers or names in it."""
    key = re.sub(r"\.[0-9]+(?=$|\.)", ".N", key)
    return re.sub(r"^(view\.sqlConfig|projection)\..*", r"\1.*", key)


READ: Final = {
    "comment": "DESCRIPTION, where Glue has none (Trino's markers are not)",
    "table_type": "FORMAT",
    "spark.sql.sources.provider": "FORMAT",
    "classification": "FORMAT",
    "presto_view": "the dialect of a view's text",
    "trino_version": "the dialect of a view's text, and its version",
    "spark.sql.create.version": "the dialect of a view's text, and its version",
    "metadata_location": "no change; LOCATION, where Glue has none",
    "spark.sql.sources.schema": "columns, their types and comments",
    "spark.sql.sources.schema.part.N": "columns, their types and comments",
    "spark.sql.sources.schema.numParts": "columns, their types and comments",
    "spark.sql.sources.schema.partCol.N": "partition keys",
    "spark.sql.sources.schema.numPartCols": "partition keys",
    "view.catalogAndNamespace.numParts": "a view's namespace, in ATTRIBUTES",
    "view.catalogAndNamespace.part.N": "a view's namespace, in ATTRIBUTES",
    "view.sqlConfig.*": "a view's settings, in ATTRIBUTES",
}
"""What is made of parameters beside keeping them in ATTRIBUTES."""


def _meaning(key: str) -> str:
    if key in READ:
        return READ[key]
    return "no change" if key in VOLATILE_PARAMETERS or key.startswith(VOLATILE_PREFIXES) else ""


def _code(text: str) -> str:
    return f"`{text}`" if text and "`" not in text else f"`` {text} ``" if text else ""


def view_rows() -> Iterable[list[str]]:
    """Say of each view what its record holds, and what is made of it."""
    for writer, record in records():
        table = read(record)
        if table.kind == "VIEW":
            view = msgspec.json.decode(table.attributes)["View"]
            [definition] = view["definitions"]
            original = text_at(record, "ViewOriginalText")
            kept = "base64 in `/* Presto View: ... */`" if original.startswith("/* Presto") else "SQL"
            yield [writer, f"`{table.name}`", kept, definition["dialect"], str(len(table.columns))]
