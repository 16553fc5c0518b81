"""Format `jsonl`: the records of format `k`, typed, one JSON object to a line.

Names are those of `k` in lower case, ids and parents the same. What `k` can only spell out has a type here:
numbers, booleans, instants (ISO 8601, UTC, or null), attributes and details as objects, and a column's type
as Glue's own string (`data_type`) and as a tree (`type`, null where no tree can be had).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.aws.arn import encode_part
from gluepot.collector.extract.k import attributes_of, json_text
from gluepot.glue.records import UNCHANGED
from gluepot.glue.types import TypeSyntaxError, parse_type, to_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.glue.records import Database, Event, Linkage, Table
    from gluepot.glue.shapes import WireColumn

Nested = Any
"""JSON inside a line: `msgspec.Raw` where it stands as an object, its text where it stands as a string."""

CACHED_LENGTH = 256
"""Type strings up to this length, in characters, have their trees remembered: short ones repeat without end."""


class DatabaseLine(msgspec.Struct):
    """A line of `databases`."""

    object_type: str
    object_id: str
    tool_object_type: str
    name: str
    description: str
    path: str
    created_at: str | None
    updated_at: str | None
    location: str
    change: str
    attributes: Nested


class TableLine(msgspec.Struct):
    """A line of `tables`: a table or a view."""

    object_type: str
    object_id: str
    tool_object_type: str
    name: str
    description: str
    path: str
    query_code: str
    created_at: str | None
    updated_at: str | None
    parent_id: str
    owner: str
    location: str
    format: str
    change: str
    attributes: Nested


class ColumnLine(msgspec.Struct, gc=False):
    """A line of `columns`; `ordinal_position` counts from 1, partition keys after the columns."""

    object_type: str
    object_id: str
    tool_object_type: str
    name: str
    description: str
    path: str
    updated_at: str | None
    parent_id: str
    data_type: str
    type: Nested
    ordinal_position: int
    is_partition_key: bool
    change: str
    attributes: Nested


class LinkageLine(msgspec.Struct):
    """A line of `linkages`."""

    link_type: str
    source_type: str
    source_id: str
    target_type: str
    target_id: str
    evidence: str
    confidence: float
    updated_at: str | None
    detail: Nested


class EventLine(msgspec.Struct):
    """A line of `events`."""

    event_at: str | None
    event_type: str
    object_type: str
    object_id: str
    parent_id: str
    actor: str
    evidence: str
    before: str
    after: str
    detail: Nested


FAMILIES: dict[str, type[msgspec.Struct]] = {
    "databases": DatabaseLine,
    "tables": TableLine,
    "columns": ColumnLine,
    "linkages": LinkageLine,
    "events": EventLine,
}
"""Each family's line, members in order."""

_lines = msgspec.json.Encoder().encode_lines


class JsonlFormat:
    """Writes records as JSON lines.

    Args:
        nest: Puts JSON text into a line: as the value that it is, unless told otherwise.
    """

    suffix = "jsonl"

    def __init__(self, nest: Callable[[str], Nested] = msgspec.Raw) -> None:
        self._nest = nest
        self._empty = nest("{}")
        self._short_tree = lru_cache(maxsize=4096)(self._long_tree)

    def header(self, family: str) -> str:  # noqa: ARG002 - every format is asked
        """Write nothing: JSON lines name their members themselves."""
        return ""

    def database(self, database: Database, change: str) -> list[tuple[str, str, int]]:
        """Write a database's line."""
        place = database.place
        line = DatabaseLine(
            "DATABASE", place.id, database.tool_type, place.database, database.description, place.path,
            instant(database.created_at), instant(database.updated_at), database.location, change,
            self._nest(database.attributes),
        )  # fmt: skip
        return [_piece("databases", [line])]

    def table(self, table: Table, change: str, changes: dict[str, str] | None) -> list[tuple[str, str, int]]:
        """Write a table's line and those of its columns.

        Args:
            table: The table.
            change: CREATED, UPDATED or UNCHANGED.
            changes: The columns that are not UNCHANGED, by name; None where all share `change`.
        """
        table_id, path, updated = table.id, table.path, instant(table.updated_at)
        line = TableLine(
            table.kind, table_id, table.tool_type, table.name, table.description, path, table.query_code,
            instant(table.created_at), updated, table.place.id, table.owner, table.location, table.format, change,
            self._nest(table.attributes),
        )  # fmt: skip
        columns = self._columns(
            table, (table_id, path, updated), change if changes is None else UNCHANGED, changes or {}
        )
        return [_piece("tables", [line]), *([_piece("columns", columns)] if columns else [])]

    def _columns(
        self, table: Table, of_table: tuple[str, str, str | None], whole: str, changes: dict[str, str]
    ) -> list[ColumnLine]:
        table_id, path, updated = of_table
        extra, tree = table.column_attributes, self._tree
        lines: list[ColumnLine] = []
        for columns, kind, is_key in ((table.columns, "COLUMN", False), (table.partition_keys, "PARTITION_KEY", True)):
            for column in columns:
                name, type_ = column.Name, column.Type or ""
                plain = not column.Parameters and name not in extra
                lines.append(
                    ColumnLine(
                        "COLUMN", f"{table_id}#{encode_part(name)}", kind, name, column.Comment or "",
                        f"{path}.{name.replace('.', '_')}", updated, table_id, type_, tree(type_), len(lines) + 1,
                        is_key, changes.get(name, whole), self._empty if plain else self._attributes(column, extra),
                    )
                )  # fmt: skip
        return lines

    def _attributes(self, column: WireColumn, extra: dict[str, dict[str, Any]]) -> Nested:
        return self._nest(attributes_of(column, extra))

    def _tree(self, text: str) -> Nested:
        return self._short_tree(text) if len(text) <= CACHED_LENGTH else self._long_tree(text)

    def _long_tree(self, text: str) -> Nested:
        try:
            return self._nest(msgspec.json.encode(to_plain(parse_type(text))).decode()) if text else None
        except TypeSyntaxError:
            return None  # the reading has warned of it, and `data_type` holds the string

    def linkage(self, link: Linkage) -> list[tuple[str, str, int]]:
        """Write a linkage's line."""
        line = LinkageLine(
            link.link_type, link.source_type, link.source_id, link.target_type, link.target_id, link.evidence,
            link.confidence, instant(link.updated_at), self._nest(json_text(link.detail)),
        )  # fmt: skip
        return [_piece("linkages", [line])]

    def event(self, event: Event) -> list[tuple[str, str, int]]:
        """Write an event's line."""
        line = EventLine(
            instant(event.event_at), event.event_type, event.object_type, event.object_id, event.parent_id,
            event.actor, event.evidence, event.before, event.after, self._nest(json_text(event.detail)),
        )  # fmt: skip
        return [_piece("events", [line])]


def instant(text: str) -> str | None:
    """Write `YYYY-MM-DD HH:MM:SS` (UTC) as ISO 8601; None where there is no time."""
    return f"{text[:10]}T{text[11:]}Z" if text else None


def _piece(family: str, lines: list[Any]) -> tuple[str, str, int]:
    return family, _lines(lines).decode(), len(lines)
