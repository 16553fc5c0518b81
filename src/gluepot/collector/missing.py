"""The databases that completely listed regions lack are asked after; what was not looked into is kept."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.absenttables import SMALL
from gluepot.collector.dispatch import Handler
from gluepot.collector.extract.manifest import DatabaseEntry
from gluepot.collector.generation import HIDDEN, MISSING_ONCE, STALE, VISIBLE
from gluepot.collector.jobs import database_job
from gluepot.collector.notes import carry_tables, table_event
from gluepot.errors import DeniedError, VanishedError
from gluepot.glue.records import DELETED, NOT_VISIBLE, Event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from gluepot.collector.baseline import Baseline
    from gluepot.collector.context import Context, Region
    from gluepot.collector.dispatch import Dispatcher
    from gluepot.collector.generation import StoredDatabase
    from gluepot.errors import ScopeError
    from gluepot.glue.records import DatabaseRef

LINK_TARGET_DIGEST = b"link target"
"""Stands for the record of a link's target, which nobody has seen."""


class MissingDatabases:
    """Holds what was listed against the earlier generation.

    Args:
        context: What all databases share.
        before: The earlier generation.
        regions: What was listed.
        collected: The keys of databases that this run has dealt with.
    """

    def __init__(
        self, context: Context, before: Baseline, regions: Sequence[Region], collected: AbstractSet[object]
    ) -> None:
        self._context, self._before, self._regions = context, before, regions
        self._collected, self._gone = collected, set[object]()

    def look(self, dispatcher: Dispatcher) -> None:
        """Ask after each database that a complete listing lacks; answers come later."""
        config, after = self._context.config, self._context.after
        for old in self._before.generation.databases():
            region = self._who_saw(old) if self._before.counts(old) else None
            if region is None or not region.entry.complete or after.has_database(old.place):
                continue
            # what was deleted while it was being read has been told already
            if old.place.key in self._collected:
                continue
            if not config.databases.matches(old.place.database):
                self._context.left.databases += old.state == VISIBLE
                continue
            if not region.owns(old.place) and (config.shared == "none" or _is_link_target(old)):
                self._context.left.databases += config.shared == "none" and old.state == VISIBLE
                continue
            handler = Handler.of_answer(functools.partial(self._answered, region, old))
            dispatcher.submit(handler, database_job(region, old.place))

    def _who_saw(self, old: StoredDatabase) -> Region | None:
        """Find whose listing would hold a database: its owner's if that is among them, else its viewer's."""
        place = old.place
        here = [region for region in self._regions if region.place.region == place.region]
        regions = [region for region in here if region.place.server == place.server]
        for region in regions:
            if (region.place.account, region.place.catalog) == (place.account, place.catalog):
                return region
        return next((region for region in regions if region.place.account == old.viewer != place.account), None)

    def _answered(self, region: Region, old: StoredDatabase, answer: ScopeError | None) -> None:
        """Hear what GetDatabase said of a database that the listing lacks."""
        if isinstance(answer, VanishedError):
            self._delete(region, old, "GetDatabase")
        elif isinstance(answer, DeniedError):
            self._judge_denied(region, old)
        elif answer is None:
            region.report.warn(old.place.label, "it was not listed, but GetDatabase finds it; it is kept as it was")
        else:
            region.report.failed(old.place.label, answer)

    def _judge_denied(self, region: Region, old: StoredDatabase) -> None:
        """Decide on listings alone, as for tables."""
        if old.state == MISSING_ONCE and not old.governed:
            tables = self._before.generation.count_tables(old.id)
            if tables <= SMALL:
                self._delete(region, old, "listing")
            else:
                _hold_back(region, old, tables)
        elif old.state == VISIBLE:
            held = region.stage.hold()
            held.event(_database_event(old.place, NOT_VISIBLE, "listing", self._context))
            held.commit()
            self._carry(old, HIDDEN if old.governed else MISSING_ONCE)

    def _delete(self, region: Region, old: StoredDatabase, evidence: str) -> None:
        """One proof for a database covers its tables."""
        held = region.stage.hold()
        held.event(_database_event(old.place, DELETED, evidence, self._context))
        entry = entry_of(old.place, "deleted", complete=True)
        for table in self._before.generation.tables(old.id):
            held.event(table_event(old.place, table, DELETED, evidence, self._context.observed))
            entry.deleted += 1
        held.commit()
        region.report.deleted_databases += 1
        region.report.databases.append(entry)
        self._gone.add(old.place.key)

    def keep_the_rest(self) -> None:
        """Carry over what failed, was left out by the filters or is not configured any more."""
        after, before = self._context.after, self._before
        for key in before.regions():
            after.add_region(*key)
        for server, landing in before.generation.landings.items():
            after.add_server(server, landing)
        dealt_with = self._collected | self._gone
        for old in before.generation.databases():
            if before.counts(old) and not after.has_database(old.place) and old.place.key not in dealt_with:
                self._carry(old, old.state)

    def _carry(self, old: StoredDatabase, state: int) -> None:
        kept = msgspec.structs.replace(
            old, state=state, proven=False, reader=STALE if self._context.stale else old.reader
        )
        carry_tables(self._context, old.id, self._context.after.add_database(kept))


def entry_of(place: DatabaseRef, status: str, *, complete: bool = False) -> DatabaseEntry:
    """Begin a database's line in the manifest."""
    return DatabaseEntry(
        account=place.account,
        region=place.region,
        catalog=place.catalog,
        database=place.database,
        status=status,
        complete=complete,
    )


def _hold_back(region: Region, old: StoredDatabase, tables: int) -> None:
    error = DeniedError(
        "the database is absent from two listings and is not reported as deleted",
        f"its {tables} tables are not believed to be gone on listings alone",
        "allow glue:GetDatabase, which proves it",
        action="glue:GetDatabase",
        resource=old.place.id,
    )
    region.report.failed(old.place.label, error)
    held = entry_of(old.place, "held back")
    held.held_back = tables
    region.report.databases.append(held)


def _is_link_target(old: StoredDatabase) -> bool:
    """A link's target is not in its viewer's own listing, so its absence there says nothing."""
    return old.digest == LINK_TARGET_DIGEST


def _database_event(place: DatabaseRef, kind: str, evidence: str, context: Context) -> Event:
    return Event(
        event_at=context.observed.at,
        event_type=kind,
        object_type="DATABASE",
        object_id=place.id,
        evidence=evidence,
        detail=context.observed.detail(),
    )
