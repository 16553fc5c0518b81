"""What has changed: a table as it is now against the table of an earlier generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.aws.arn import encode_part
from gluepot.collector.generation import STALE, VISIBLE, StoredColumn, columns_of, rest_of
from gluepot.glue.records import (
    COLUMN_ADDED,
    COLUMN_DROPPED,
    COLUMN_RETYPED,
    CREATED,
    NOT_VISIBLE,
    READER,
    UNCHANGED,
    UPDATED,
    VISIBLE_AGAIN,
    Event,
)

if TYPE_CHECKING:
    from gluepot.collector.generation import StoredTable
    from gluepot.glue.records import Table


class Verdict(msgspec.Struct):
    """How a table stands to its earlier self.

    Args:
        change: CREATED, UPDATED or UNCHANGED.
        columns: The columns that are not UNCHANGED, by name; None where all share `change`.
        events: What happened, the table first.
        hidden: Columns that are there no more although the table's version is the same.
        write: Whether an incremental extract holds the table.
        reader: Whether it is only read better than before: the record itself has not changed.
    """

    change: str
    columns: dict[str, str] | None = None
    events: list[Event] = []
    hidden: list[StoredColumn] = []
    write: bool = True
    reader: bool = False


class Observed(msgspec.Struct, frozen=True):
    """When and against what a run looks: the end mark, and the start mark as the details of events."""

    at: str
    since: str

    def detail(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
        """The details that every event carries."""
        return {"observed_at": self.at, "since": self.since, **more}


def judge(table: Table, before: StoredTable | None, observed: Observed | None, *, same_record: bool = False) -> Verdict:
    """Compare a table with its entry in the earlier generation.

    Args:
        table: The table now.
        before: Its entry, if it had one.
        observed: The run's marks; None where the earlier generation never looked here, so that being
            new to it is no event.
        same_record: Whether the record is the earlier one by the rules of the reader that noted it.
    """
    if before is None:
        created = _event(table, CREATED, observed, at=table.created_at, after=table.version) if observed else None
        return Verdict(CREATED, events=[created] if created else [])
    seen = observed or Observed("", "")
    same = same_record or before.digest == table.digest
    events = []
    if before.state != VISIBLE:
        events.append(_event(table, VISIBLE_AGAIN, seen, at=seen.at, before=before.version, after=table.version))
    if same and before.reader < READER and (changes := _read_better(table, before)) is not None:
        events.append(_event(table, UPDATED, seen, at=seen.at, evidence="reader"))
        return Verdict(UPDATED, columns=changes, events=events, hidden=_hidden_still(before, table), reader=True)
    if same:
        write = bool(events) or before.reader == STALE
        return Verdict(UNCHANGED, columns={}, events=events, hidden=_hidden_still(before, table), write=write)
    events.append(_event(table, UPDATED, seen, at=table.updated_at, before=before.version, after=table.version))
    changes, column_events, hidden = _columns(table, before, seen)
    if STALE < before.reader < table.reader:
        # columns that only this reader finds are no news, and what is news among them cannot be told from it
        column_events, hidden = [], _hidden_still(before, table)
    return Verdict(UPDATED, columns=changes, events=events + column_events, hidden=hidden)


def _read_better(table: Table, before: StoredTable) -> dict[str, str] | None:
    """Say what an unchanged record's columns are to their rows so far; None where it is read as it was."""
    old = {column.name: column.type for column in columns_of(before.blob) if not column.hidden}
    new = {column.Name: column.Type or "" for column in (*table.columns, *table.partition_keys)}
    if new == old and not STALE < before.reader < table.reader:
        return None
    return {name: UPDATED for name, type_ in new.items() if old.get(name) != type_}


def _hidden_still(before: StoredTable, table: Table) -> list[StoredColumn]:
    names = {column.Name for column in (*table.columns, *table.partition_keys)}
    return [column for column in columns_of(before.blob) if column.hidden and column.name not in names]


def _columns(
    table: Table, before: StoredTable, seen: Observed
) -> tuple[dict[str, str], list[Event], list[StoredColumn]]:
    """Compare the columns of a table that changed: what each row says, what happened, what is hidden."""
    old = {column.name: column for column in columns_of(before.blob)}
    new = {column.Name: (column.Type or "", rest_of(column, is_key=False)) for column in table.columns}
    new |= {column.Name: (column.Type or "", rest_of(column, is_key=True)) for column in table.partition_keys}
    # without a new version the table is the same: what vanished or came back was hidden from or shown to us
    same_version = bool(table.version) and table.version == before.version
    changes, events, hidden = dict[str, str](), list[Event](), list[StoredColumn]()
    for name, (type_, rest) in new.items():
        entry = old.get(name)
        if entry is None or entry.hidden:
            kind = VISIBLE_AGAIN if same_version or entry is not None else COLUMN_ADDED
            changes[name] = CREATED
            events.append(_column_event(table, name, kind, seen, after=type_))
        elif entry.type != type_:
            changes[name] = UPDATED
            events.append(_column_event(table, name, COLUMN_RETYPED, seen, before=entry.type, after=type_))
        elif entry.rest != rest:
            changes[name] = UPDATED
            events.append(_column_event(table, name, UPDATED, seen, before=type_, after=type_))
    for name, entry in old.items():
        if name in new:
            continue
        if entry.hidden or same_version:
            hidden.append(entry)
        if not entry.hidden:
            kind = NOT_VISIBLE if same_version else COLUMN_DROPPED
            events.append(_column_event(table, name, kind, seen, before=entry.type))
    return changes, events, hidden


def _event(  # noqa: PLR0913 - what an event says
    table: Table, kind: str, seen: Observed, *, at: str, before: str = "", after: str = "", evidence: str = "generation"
) -> Event:
    return Event(
        event_at=at or seen.at,
        event_type=kind,
        object_type=table.kind,
        object_id=table.id,
        parent_id=table.place.id,
        actor=table.created_by if kind == CREATED else "",
        evidence=evidence,
        before=before,
        after=after,
        detail=seen.detail(),
    )


def _column_event(table: Table, name: str, kind: str, seen: Observed, *, before: str = "", after: str = "") -> Event:
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
