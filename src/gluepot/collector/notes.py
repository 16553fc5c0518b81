"""What becomes of one database is noted in three places: the extract files, the manifest, the new generation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.generation import STALE
from gluepot.glue.records import DELETED, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.collector.columnchanges import Observed
    from gluepot.collector.context import Context
    from gluepot.collector.extract.manifest import DatabaseEntry
    from gluepot.collector.extract.staging import Held
    from gluepot.collector.generation import StoredDatabase, StoredTable
    from gluepot.collector.report import Report
    from gluepot.glue.records import DatabaseRef

BATCH = 1000
"""How many entries are carried over at a time, which keeps memory flat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseNotes:
    """Where it is noted what becomes of one database.

    Args:
        context: What all databases share.
        report: What its server's manifest will say.
        place: The database.
        held: Its rows, which count when it is complete.
        entry: Its own line in the manifest.
        id: Its number in the new generation.
        old: Its entry in the earlier one.
    """

    context: Context
    report: Report
    place: DatabaseRef
    held: Held
    entry: DatabaseEntry
    id: int
    old: StoredDatabase | None

    def old_tables(self) -> Iterator[StoredTable]:
        """Go through its tables in the earlier generation."""
        if self.context.before and self.old:
            yield from self.context.before.generation.tables(self.old.id)

    def gone(self, old: StoredTable, evidence: str) -> None:
        """Note that a table was deleted, and what says so."""
        self.entry.deleted += 1
        self.event(old, DELETED, evidence)

    def event(self, old: StoredTable, kind: str, evidence: str) -> None:
        """Note what happened to a table that is no longer listed."""
        self.held.event(table_event(self.place, old, kind, evidence, self.context.observed))

    def keep(self, old: StoredTable, state: int | None = None) -> None:
        """Carry a table's entry over, unproven."""
        reader = STALE if self.context.stale else old.reader
        kept = msgspec.structs.replace(old, proven=False, state=old.state if state is None else state, reader=reader)
        self.context.after.add_tables(self.id, [kept])


def carry_tables(context: Context, old_id: int, new_id: int) -> None:
    """Copy a database's entries from one generation to the next, unproven."""
    batch: list[StoredTable] = []
    after = context.after
    for table in context.before.generation.tables(old_id) if context.before else ():
        batch.append(msgspec.structs.replace(table, proven=False, reader=STALE if context.stale else table.reader))
        if len(batch) == BATCH:
            after.add_tables(new_id, batch)
            batch = []
    after.add_tables(new_id, batch)


def table_event(place: DatabaseRef, old: StoredTable, kind: str, evidence: str, observed: Observed) -> Event:
    """Say what happened to a table that is no longer listed."""
    return Event(
        event_at=observed.at,
        event_type=kind,
        object_type=old.kind,
        object_id=place.table_id(old.name),
        parent_id=place.id,
        evidence=evidence,
        before=old.version,
        detail=observed.detail(last_updated=old.updated),
    )
