"""What has changed among a table's columns: added, dropped, renamed, retyped, hidden, or not to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.aws.arn import encode_part
from gluepot.collector.generation import StoredColumn, columns_of, field_of, rest_of
from gluepot.glue.records import (
    COLUMN_ADDED,
    COLUMN_DROPPED,
    COLUMN_RENAMED,
    COLUMN_RETYPED,
    CREATED,
    NOT_VISIBLE,
    UPDATED,
    VISIBLE_AGAIN,
    Event,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.collector.generation import StoredTable
    from gluepot.glue.records import Table


STAND_INS = ([("dummy", "string")], [("col", "array<string>")])
"""Columns that nobody has; release 0.1 wrote them down."""


class Observed(msgspec.Struct, frozen=True):
    """When and against what a run looks: the end mark, and the start mark as the details of events."""

    at: str
    since: str

    def detail(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
        """The details that every event carries."""
        return {"observed_at": self.at, "since": self.since, **more}


class ColumnChanges:
    """Compares the columns of a table that changed with those of its earlier entry.

    `changes` is what the columns' rows say, `events` what happened, `kept` what the new entry keeps beside the
    table's own columns: those that are hidden from us, and all that were known where the record holds none now.

    Args:
        table: The table now.
        before: Its entry.
        seen: The run's marks.
    """

    def __init__(self, table: Table, before: StoredTable, seen: Observed) -> None:
        self._table, self._seen = table, seen
        # without a new version the table is the same: what vanished or came back was hidden from or shown to us
        self._same_version = bool(table.version) and table.version == before.version
        self.changes: dict[str, str] = {}
        self.events: list[Event] = []
        self.kept: list[StoredColumn] = []
        old = {column.name: column for column in columns_of(before.blob)}
        new = stored_columns(table)
        if not old:
            # no table is without columns: they were not known, and being known now is no event
            self.changes = dict.fromkeys(new, CREATED)
        else:
            self._compare(old, new)

    def _compare(self, old: Mapping[str, StoredColumn], new: Mapping[str, StoredColumn]) -> None:
        renamed = _renamed(old, new)
        moved = {entry.name for entry in renamed.values()}
        for name, column in new.items():
            if name in renamed:
                self._rename(renamed[name], column)
            else:
                self._now(None if name in moved else old.get(name), column)
        for name, entry in old.items():
            if name not in new and name not in moved:
                self._no_more(entry)

    def _rename(self, entry: StoredColumn, column: StoredColumn) -> None:
        self.changes[column.name] = UPDATED
        was = f"{self._table.id}#{encode_part(entry.name)}"
        renamed = self._event(column.name, COLUMN_RENAMED, before=entry.name, after=column.name)
        self.events.append(msgspec.structs.replace(renamed, detail={**renamed.detail, "was": was}))
        if entry.type != column.type:
            self.events.append(self._event(column.name, COLUMN_RETYPED, before=entry.type, after=column.type))

    def _now(self, entry: StoredColumn | None, column: StoredColumn) -> None:
        """Hold a column against the one that had its name."""
        name, type_ = column.name, column.type
        if entry is None or entry.hidden:
            kind = VISIBLE_AGAIN if self._same_version or entry is not None else COLUMN_ADDED
            self.changes[name] = CREATED
            self.events.append(self._event(name, kind, after=type_))
        elif entry.type != type_:
            self.changes[name] = UPDATED
            self.events.append(self._event(name, COLUMN_RETYPED, before=entry.type, after=type_))
        elif entry.rest != column.rest:
            self.changes[name] = UPDATED
            self.events.append(self._event(name, UPDATED, before=type_, after=type_))

    def _no_more(self, entry: StoredColumn) -> None:
        """Say what became of a column that the table does not have now."""
        if not self._table.columns and not self._same_version:
            self.kept.append(entry)  # nor has it any other: the record does not say which it has
            return
        if entry.hidden or self._same_version:
            self.kept.append(msgspec.structs.replace(entry, hidden=True))
        if not entry.hidden:
            kind = NOT_VISIBLE if self._same_version else COLUMN_DROPPED
            self.events.append(self._event(entry.name, kind, before=entry.type))

    def _event(self, name: str, kind: str, *, before: str = "", after: str = "") -> Event:
        table, seen = self._table, self._seen
        return Event(
            event_at=table.updated_at if kind not in {NOT_VISIBLE, VISIBLE_AGAIN} and table.updated_at else seen.at,
            event_type=kind,
            object_type="COLUMN",
            object_id=f"{table.id}#{encode_part(name)}",
            parent_id=table.id,
            before=before,
            after=after,
            detail=seen.detail(name=name),
        )


def stored_columns(table: Table) -> dict[str, StoredColumn]:
    """Give a table's columns and partition keys as a generation keeps them, by name."""
    found = {}
    for columns, is_key in ((table.columns, False), (table.partition_keys, True)):
        for column in columns:
            rest = rest_of(column, is_key=is_key)
            found[column.Name] = StoredColumn(column.Name, column.Type or "", rest, field=field_of(column))
    return found


def still_kept(table: Table, before: StoredTable) -> list[StoredColumn]:
    """List what the entry of a table that has not changed goes on to keep beside the table's own columns."""
    names = {column.Name for column in (*table.columns, *table.partition_keys)}
    left = [column for column in columns_of(before.blob) if column.name not in names]
    if not table.columns and not _are_stand_ins(left):
        return left
    return [column for column in left if column.hidden]


def _are_stand_ins(columns: list[StoredColumn]) -> bool:
    """Tell whether this is what the first reader took from a table that listed an engine's placeholder."""
    return [(column.name, "".join(column.type.lower().split())) for column in columns] in STAND_INS


def _renamed(old: Mapping[str, StoredColumn], new: Mapping[str, StoredColumn]) -> dict[str, StoredColumn]:
    """Find columns that have another name and the same Iceberg field: what each new name was before."""
    by_field = {entry.field: entry for entry in old.values() if entry.field and not entry.hidden}
    return {
        name: entry
        for name, column in new.items()
        if (entry := by_field.get(column.field)) and entry.name != name and _is_elsewhere(entry, new)
    }


def _is_elsewhere(entry: StoredColumn, new: Mapping[str, StoredColumn]) -> bool:
    """Tell whether a column no longer stands under its name."""
    return entry.name not in new or new[entry.name].field != entry.field
