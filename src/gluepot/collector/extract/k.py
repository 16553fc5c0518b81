r"""Format `k`: records as rows of the extract contract, for KADA's K.

K's own format for Glue extracts is not public. What is public is K's file contract (UTF-8 without
BOM, `|`, an upper-case header, every field quoted, inner quotes doubled, `\n` records); the families
and columns below are gluepot's and stand in the README. This table is their only place.

Rows are joined strings rather than `csv.writer` calls: a catalog has thirty columns for each table,
and this is 2.5 times as fast. A property test reads them back with `csv`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.aws.arn import encode_part, is_plain_name
from gluepot.glue.records import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.glue.records import Database, Event, Linkage, Table
    from gluepot.glue.shapes import WireColumn

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

_INNER = 2 * len(COLUMNS["METADATA"]) - 3  # quotes in a row up to its last field, if no field holds any
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

    def _plain_row(self, fields: tuple[str, ...]) -> str:
        """Write a row of which only the last field, ATTRIBUTES, may need escaping."""
        text = '"' + self._between.join(fields[:-1])
        # the ids begin with names that the record did not bring along
        return f'{text}{self._between}{_doubled(fields[-1])}"\n' if text.count('"') == _INNER else self.row(fields)

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
        fields = (
            table.kind, table.id, table.tool_type, table.name, table.description, "", table.path,
            table.query_code, "", table.updated_at, table.place.id, "", "", "", table.owner, table.location,
            table.format, change, table.attributes,
        )  # fmt: skip
        rows = [self._plain_row(fields) if table.plain else self.row(fields)]
        whole = change if changes is None else UNCHANGED
        self._columns(rows, table, whole, changes or {})
        return [("METADATA", "".join(rows), len(rows))]

    def _columns(self, rows: list[str], table: Table, whole: str, changes: dict[str, str]) -> None:
        """Append the rows of a table's columns."""
        every = table.columns + table.partition_keys
        # the record may be plain, and the database or the server that its ids begin with not
        simple = table.plain and not changes and not table.column_attributes
        simple = simple and '"' not in table.id and '"' not in table.path
        simple = simple and not any([column.Parameters for column in every])  # noqa: C419 - a list is faster
        if simple and is_plain_name("".join([column.Name for column in every])):
            rows += self._plain_columns(table, whole)
        else:
            rows += self._any_columns(table, whole, changes)

    def _plain_columns(self, table: Table, whole: str) -> list[str]:
        """Write columns that need no escaping; what is the same for all of them is put together once."""
        by = self._between
        table_id, path = table.id, f"{by}{by}{table.path}."
        front = f'"COLUMN{by}{table_id}#'
        middle = f"{by}{by}{by}{table.updated_at}{by}{table_id}{by}"
        rows = []
        position = 0
        for columns, kind, is_key in ((table.columns, "COLUMN", "N"), (table.partition_keys, "PARTITION_KEY", "Y")):
            kind_, end = f"{by}{kind}{by}", f'{by}{is_key}{by}{by}{by}{by}{whole}{by}{{}}"\n'
            rows += [
                f"{front}{(name := column.Name)}{kind_}{name}{by}{column.Comment or ''}{path}{name}"
                f"{middle}{column.Type or ''}{by}{ordinal}{end}"
                for ordinal, column in enumerate(columns, position + 1)
            ]
            position += len(columns)
        return rows

    def _any_columns(self, table: Table, whole: str, changes: dict[str, str]) -> list[str]:
        """Write columns of any kind."""
        keys = {id(column) for column in table.partition_keys}
        return [
            self.row(
                (
                    "COLUMN", f"{table.id}#{encode_part(column.Name)}",
                    "PARTITION_KEY" if id(column) in keys else "COLUMN", column.Name, column.Comment or "", "",
                    f"{table.path}.{column.Name.replace('.', '_')}", "", "", table.updated_at, table.id,
                    column.Type or "", str(position), "Y" if id(column) in keys else "N", "", "", "",
                    changes.get(column.Name, whole), attributes_of(column, table.column_attributes),
                )
            )
            for position, column in enumerate(table.columns + table.partition_keys, 1)
        ]  # fmt: skip

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


_FIELD: Final = re.compile(r'"((?:[^"]|"")*+)"')
_FORMULA: Final = tuple("=+-@\t\r")
"""What fields of CSV begin with that are taken for formulas: https://owasp.org/www-community/attacks/CSV_Injection."""


def _guarded(pieces: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    return [(family, _FIELD.sub(_guard, text), rows) for family, text, rows in pieces]


def _guard(field: re.Match[str]) -> str:
    return f'"\'{field[1]}"' if field[1].startswith(_FORMULA) else field[0]


class GuardedKFormat(KFormat):
    """Writes an apostrophe before what a spreadsheet would take for a formula."""

    def database(self, database: Database, change: str) -> list[tuple[str, str, int]]:
        """Write a database's row."""
        return _guarded(super().database(database, change))

    def table(self, table: Table, change: str, changes: dict[str, str] | None) -> list[tuple[str, str, int]]:
        """Write a table's row and those of its columns."""
        return _guarded(super().table(table, change, changes))

    def linkage(self, link: Linkage) -> list[tuple[str, str, int]]:
        """Write a linkage's row."""
        return _guarded(super().linkage(link))

    def event(self, event: Event) -> list[tuple[str, str, int]]:
        """Write an event's row."""
        return _guarded(super().event(event))


def writer_of(delimiter: str, *, guarded: bool) -> KFormat:
    """Give the writer that a configuration asks for."""
    return GuardedKFormat(delimiter) if guarded else KFormat(delimiter)


def attributes_of(column: WireColumn, extra: dict[str, dict[str, Any]]) -> str:
    """Write as JSON what a column has beside name, type and comment."""
    more = extra.get(column.Name, {})
    return json_text({"Parameters": column.Parameters, **more} if column.Parameters else more)


def json_text(value: object) -> str:
    """Write a value as JSON text, keys in a steady order."""
    return _encode(value).decode()


def _doubled(text: str) -> str:
    return text.replace('"', '""') if len(text) > 2 else text  # noqa: PLR2004 - `{}` is what most columns have


def read_rows(family: str, rows: Iterable[list[str]]) -> list[dict[str, str]]:
    """Give rows that `csv.reader` read their column names.

    Raises:
        ValueError: The header is not the family's.
    """
    header, *body = [*rows]
    if tuple(header) != COLUMNS[family]:
        raise ValueError(f"the header of {family} is {header}")
    return [dict(zip(header, row, strict=True)) for row in body]
