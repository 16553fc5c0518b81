"""Format `k`: records as rows of the extract contract, for KADA's K.

K's own format for Glue extracts is not public. What is public is K's file contract (UTF-8 without
BOM, `|`, an upper-case header, every field quoted, inner quotes doubled, `\\n` records); the families
and columns below are gluepot's and stand in the README. This table is their only place.

Rows are joined strings rather than `csv.writer` calls: a catalog has thirty columns for each table,
and this is 2.5 times as fast. A property test reads them back with `csv`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from gluepot.arn import encode_part
from gluepot.glue.shapes import WireColumn
from gluepot.records import CREATED, UNCHANGED, Database, Event, Linkage, Table

COLUMNS: dict[str, tuple[str, ...]] = {
    "METADATA": (
        "OBJECT_TYPE",
        "OBJECT_ID",
        "TOOL_OBJECT_TYPE",
        "NAME",
        "DESCRIPTION",
        "URL",
        "PATH",
        "QUERY_CODE",
        "CREATED_AT",
        "UPDATED_AT",
        "PARENT_ID",
        "DATA_TYPE",
        "ORDINAL_POSITION",
        "IS_PARTITION_KEY",
        "OWNER",
        "LOCATION",
        "FORMAT",
        "CHANGE",
        "ATTRIBUTES",
    ),
    "LINKAGES": (
        "LINK_TYPE",
        "SOURCE_TYPE",
        "SOURCE_ID",
        "TARGET_TYPE",
        "TARGET_ID",
        "EVIDENCE",
        "CONFIDENCE",
        "UPDATED_AT",
        "DETAIL",
    ),
    "EVENTS": (
        "EVENT_AT",
        "EVENT_TYPE",
        "OBJECT_TYPE",
        "OBJECT_ID",
        "PARENT_ID",
        "ACTOR",
        "EVIDENCE",
        "BEFORE",
        "AFTER",
        "DETAIL",
    ),
    "DATABASELOG": (
        "QUERY_ID",
        "USER_NAME",
        "WORKGROUP",
        "CATALOG_NAME",
        "DATABASE_NAME",
        "QUERY_TYPE",
        "QUERY_STATE",
        "QUERY_TEXT",
        "FINGERPRINT",
        "STARTED_AT",
        "ENDED_AT",
        "DURATION_MS",
        "BYTES_SCANNED",
        "ERROR",
        "DETAIL",
    ),
}
"""Each family's columns, in order."""

_encode = msgspec.json.Encoder(order="deterministic").encode


class KFormat:
    """Writes records as rows.

    Args:
        delimiter: One character between the fields.
    """

    suffix = "csv"
    families = ("METADATA", "LINKAGES", "EVENTS")

    def __init__(self, delimiter: str = "|") -> None:
        self._between = f'"{delimiter}"'

    def header(self, family: str) -> str:
        """Write a family's header."""
        return self.row(COLUMNS[family])

    def row(self, fields: Iterable[str]) -> str:
        """Write one row: every field quoted, inner quotes doubled."""
        return '"' + self._between.join(field.replace('"', '""') for field in fields) + '"\n'

    def database(self, database: Database, change: str) -> list[tuple[str, str, int]]:
        """Write a database's row."""
        place = database.place
        row = self.row(
            (
                "DATABASE", place.id, database.tool_type, place.database, database.description, "", place.path, "",
                "", database.updated_at, "", "", "", "", "", database.location, "", change, database.attributes,
            )
        )  # fmt: skip
        return [("METADATA", row, 1)]

    def table(self, table: Table, change: str, changes: dict[str, str] | None) -> list[tuple[str, str, int]]:
        """Write a table's row and those of its columns.

        Args:
            table: The table.
            change: CREATED, UPDATED or UNCHANGED.
            changes: The columns that are not UNCHANGED, by name; None where all share `change`.
        """
        head = self.row(
            (
                table.kind, table.id, table.tool_type, table.name, table.description, "", table.path,
                table.query_code, "", table.updated_at, table.place.id, "", "", "", table.owner, table.location,
                table.format, change, table.attributes,
            )
        )  # fmt: skip
        rows = [head]
        whole = change if changes is None else UNCHANGED
        self._columns(rows, table, whole, changes or {})
        return [("METADATA", "".join(rows), len(rows))]

    def _columns(self, rows: list[str], table: Table, whole: str, changes: dict[str, str]) -> None:
        """Append the rows of a table's columns. What is the same for all of them is put together once."""
        between, quoted = self._between, _quoted
        table_id, path, updated = quoted(table.id), quoted(table.path), table.updated_at
        extra = table.column_attributes
        after = f'{between}{between.join([""] * 3)}{between}'
        position = 0
        for columns, kind, is_key in ((table.columns, "COLUMN", "N"), (table.partition_keys, "PARTITION_KEY", "Y")):
            front = f'"COLUMN{between}{table_id}#'
            for column in columns:
                position += 1
                name = column.Name
                safe, type_, comment = encode_part(name), column.Type or "", column.Comment or ""
                dotless = name.replace(".", "_") if "." in name else name
                if '"' in name or '"' in type_ or '"' in comment:
                    name, safe, dotless, type_, comment = map(quoted, (name, safe, dotless, type_, comment))
                attributes = "{}"
                if column.Parameters or column.Name in extra:
                    attributes = quoted(attributes_of(column, extra))
                rows.append(
                    f'{front}{safe}{between}{kind}{between}{name}{between}{comment}{between}{between}{path}.{dotless}'
                    f'{between}{between}{between}{updated}{between}{table_id}{between}{type_}{between}{position}'
                    f'{between}{is_key}{after}{changes.get(column.Name, whole) if changes else whole}{between}'
                    f'{attributes}"\n'
                )

    def linkage(self, link: Linkage) -> list[tuple[str, str, int]]:
        """Write a linkage's row."""
        row = self.row(
            (
                link.link_type, link.source_type, link.source_id, link.target_type, link.target_id, link.evidence,
                f"{link.confidence:g}", link.updated_at, json_text(link.detail),
            )
        )  # fmt: skip
        return [("LINKAGES", row, 1)]

    def event(self, event: Event) -> list[tuple[str, str, int]]:
        """Write an event's row."""
        row = self.row(
            (
                event.event_at, event.event_type, event.object_type, event.object_id, event.parent_id, event.actor,
                event.evidence, event.before, event.after, json_text(event.detail),
            )
        )  # fmt: skip
        return [("EVENTS", row, 1)]


def attributes_of(column: WireColumn, extra: dict[str, dict[str, Any]]) -> str:
    """Write as JSON what a column has beside name, type and comment."""
    more = extra.get(column.Name, {})
    return json_text({"Parameters": column.Parameters, **more} if column.Parameters else more)


def json_text(value: object) -> str:
    """Write a value as JSON text, keys in a steady order."""
    return _encode(value).decode()


def _quoted(text: str) -> str:
    return text.replace('"', '""') if '"' in text else text


def read_rows(family: str, rows: Iterable[list[str]]) -> list[dict[str, str]]:
    """Give rows that `csv.reader` read their column names.

    Raises:
        ValueError: The header is not the family's.
    """
    header, *body = [*rows]
    if tuple(header) != COLUMNS[family]:
        raise ValueError(f"the header of {family} is {header}")
    return [dict(zip(header, row, strict=True)) for row in body]


Write = Callable[[str, str, int], None]
__all__ = ["COLUMNS", "CREATED", "KFormat", "Write", "attributes_of", "json_text", "read_rows"]
