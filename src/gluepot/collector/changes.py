"""What has changed: a table as it is now against the table of an earlier generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.columnchanges import ColumnChanges, Observed, still_kept, stored_columns
from gluepot.collector.generation import STALE, VISIBLE, StoredColumn, columns_of, links_of
from gluepot.collector.linkchanges import links_gone
from gluepot.glue.records import CREATED, READER, UNCHANGED, UPDATED, VISIBLE_AGAIN, Event

if TYPE_CHECKING:
    from gluepot.collector.generation import StoredTable
    from gluepot.glue.records import Table


class Verdict(msgspec.Struct):
    """How a table stands to its earlier self.

    Args:
        change: CREATED, UPDATED or UNCHANGED.
        columns: The columns that are not UNCHANGED, by name; None where all share `change`.
        events: What happened, the table first.
        kept: Columns that the new entry keeps beside the table's own; see `ColumnChanges`.
        write: Whether an incremental extract holds the table.
        reader: Whether it is only read better than before: the record itself has not changed.
    """

    change: str
    columns: dict[str, str] | None = None
    events: list[Event] = []
    kept: list[StoredColumn] = []
    write: bool = True
    reader: bool = False


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
        by_reader = _event(table, UPDATED, seen, at=seen.at, evidence="reader")
        events += [_naming_no_columns(by_reader, table, before), *_links_gone(by_reader, table, before)]
        return Verdict(UPDATED, columns=changes, events=events, kept=still_kept(table, before), reader=True)
    if same:
        write = bool(events) or before.reader == STALE
        return Verdict(UNCHANGED, columns={}, events=events, kept=still_kept(table, before), write=write)
    updated = _event(table, UPDATED, seen, at=table.updated_at, before=before.version, after=table.version)
    events += [updated, *_links_gone(updated, table, before)]
    columns = ColumnChanges(table, before, seen)
    column_events, kept = columns.events, columns.kept
    if STALE < before.reader < table.reader:
        # columns that only this reader finds are no news, and what is news among them cannot be told from it
        column_events, kept = [], still_kept(table, before)
    return Verdict(UPDATED, columns=columns.changes, events=events + column_events, kept=kept)


def _links_gone(event: Event, table: Table, before: StoredTable) -> list[Event]:
    return links_gone(links_of(before.links), event, table.linkages)


def _naming_no_columns(event: Event, table: Table, before: StoredTable) -> Event:
    """Name the columns that were written before, and that the table never had."""
    kept = {column.name for column in (*stored_columns(table).values(), *still_kept(table, before))}
    none = [column.name for column in columns_of(before.blob) if column.name not in kept]
    return msgspec.structs.replace(event, detail={**event.detail, "no_columns": none}) if none else event


def _read_better(table: Table, before: StoredTable) -> dict[str, str] | None:
    """Say what an unchanged record's columns are to their rows so far; None where it is read as it was."""
    kept = {column.name for column in still_kept(table, before)}
    old = {column.name: column.type for column in columns_of(before.blob) if column.name not in kept}
    new = {column.Name: column.Type or "" for column in (*table.columns, *table.partition_keys)}
    if new == old and not STALE < before.reader < table.reader:
        return None
    return {name: UPDATED for name, type_ in new.items() if old.get(name) != type_}


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
