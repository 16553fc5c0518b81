"""One database being read: its pages compared, staged and noted, its absent tables asked after.

A database is all or nothing: its rows are held until its listing was followed to the end and every
absence has been looked into. If it fails, its rows are dropped and its entries of the previous
generation stay, so that the next run compares with them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.collector import generation
from gluepot.collector.bulk import stage_page
from gluepot.collector.changes import Observed, judge
from gluepot.collector.extract.manifest import Problem
from gluepot.collector.generation import HIDDEN, MISSING_ONCE, VISIBLE, TableEntry
from gluepot.collector.reading.messages import Terms
from gluepot.config.model import Globs
from gluepot.errors import DeniedError, MalformedError, VanishedError
from gluepot.glue.databases import database_link
from gluepot.glue.records import CREATED, DELETED, NOT_VISIBLE, UNCHANGED, UPDATED, VISIBLE_AGAIN, Event, Place
from gluepot.glue.shapes import Bad, table_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.collector.bulk import Bulk
    from gluepot.collector.extract.manifest import DatabaseEntry
    from gluepot.collector.extract.staging import Stage
    from gluepot.collector.generation import Generation, Writer
    from gluepot.collector.reading.messages import Page
    from gluepot.config import Config
    from gluepot.errors import ScopeError
    from gluepot.glue.records import Database
    from gluepot.glue.tables import Tables

SMALL = 10
"""In a database of up to this many tables, any number may vanish on the evidence of listings."""

Ask = Callable[[Place, str, Callable[["ScopeError | None"], None]], None]
"""Asks whether one table is really gone: place, name, and what to do with the answer (None: it is there)."""


class Context(msgspec.Struct, kw_only=True):
    """What all databases of a run share."""

    config: Any  # gluepot.config.Config
    tables: Any  # gluepot.glue.tables.Tables
    before: Any  # gluepot.collector.generation.Generation | None
    after: Any  # gluepot.collector.generation.Writer
    observed: Observed
    full: bool
    report: Any  # gluepot.collector.report.Report
    ask: Any  # Ask
    parsing: float = 0.0
    writing: float = 0.0
    noting: float = 0.0


class DatabaseScope:
    """One database of this run.

    Args:
        context: What all databases share.
        database: Its record.
        viewer: The account through which it is read.
        stage: The files of its server; its rows are held until it is complete.
        known: Whether the earlier generation looked into its region, so that being new is an event.
        entry: Its line in the manifest.
    """

    def __init__(
        self, context: Context, database: Database, viewer: str, stage: Stage, *, known: bool, entry: DatabaseEntry
    ) -> None:
        self.context, self.database, self.viewer, self.entry = context, database, viewer, entry
        self.held = stage.hold()
        self.place = database.place
        self._before: Generation | None = context.before
        self._after: Writer = context.after
        self._tables: Tables = context.tables
        self._config: Config = context.config
        self._known = known
        self._old = self._before.database(self.place) if self._before else None
        self._chosen = self._config.tables != Globs()
        # tables that could never be listed before may be as old as the hills: being new to us is no event
        self._observed = context.observed if known and (self._old is None or self._old.complete) else None
        self._governed = database.governed or bool(self._old and self._old.governed)
        self._unread: list[str] = []
        self._open_questions = 0
        self._denied: list[TableEntry] = []
        self._id = self._after.add_database(
            generation.DatabaseEntry(
                id=0,
                viewer=viewer,
                place=self.place,
                digest=database.digest,
                state=VISIBLE,
                proven=True,
                governed=self._governed,
                complete=self._was_complete,
            )
        )

    @property
    def _was_complete(self) -> bool:
        return self._old is not None and self._old.complete

    def _write_database(self) -> None:
        """Write the database itself; its row stands whether or not its tables could be read."""
        old, database = self._old, self.database
        change = CREATED if old is None else UPDATED if old.digest != database.digest else UNCHANGED
        again = old is not None and old.state != VISIBLE
        event = VISIBLE_AGAIN if again else change
        if event != UNCHANGED and (self._known or event == VISIBLE_AGAIN):
            self.held.event(self._database_event(event))
        if self.context.full or event != UNCHANGED:
            self.held.database(database, change)
            self.held.linkages(database_link(database))
        self.held.commit()

    def _database_event(self, kind: str) -> Event:
        observed = self.context.observed
        return Event(
            event_at=(self.database.created_at if kind == CREATED else "") or observed.at,
            event_type=kind,
            object_type="DATABASE",
            object_id=self.place.id,
            detail=observed.detail(),
        )

    # reading -----------------------------------------------------------------------------------

    @property
    def terms(self) -> Terms | None:
        """The terms on which pages may be staged in bulk; None where each table is to be looked at.

        Without filters, and without an earlier generation to compare with, nothing but the page counts.
        """
        plain = self._config.formats == ("k",) and not self._chosen
        return Terms(self.place, self._config.delimiter) if plain and not self._old and not self._observed else None

    def page(self, page: Page) -> None:
        """Take in one page of the listing, which may have been staged already.

        Raises:
            MalformedError: The page has no tables' list.
        """
        began = time.perf_counter()
        bulk = page.bulk
        if bulk is None and self.terms is not None:
            bulk = self._stage(self.terms, page.body)
        self.context.parsing += time.perf_counter() - began
        if bulk is None:
            self._page_by_table(page.body)
        else:
            self._take(bulk)

    def _stage(self, terms: Terms, body: bytes) -> Bulk | None:
        try:
            return stage_page(self._tables, terms, body)
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
            return None  # a table of odd shape; the careful way finds it and names it

    def _take(self, bulk: Bulk) -> None:
        """Note and hold a page that is staged already."""
        began = time.perf_counter()
        self.entry.listed += len(bulk.entries)
        if not self._after.add_page(self._id, bulk.entries):
            new = self._after.add_tables(self._id, bulk.entries)
            for entry, is_new in zip(bulk.entries, new, strict=True):
                if not is_new:
                    self._warn_twice(entry.name)
            bulk = bulk.only(new)
        noted = time.perf_counter()
        self.entry.read += len(bulk.entries)
        self.held.text("k", "METADATA", bulk.metadata, sum(rows for _, rows in bulk.sizes))
        self.held.text("k", "LINKAGES", bulk.linkages, sum(rows for _, rows in bulk.link_sizes))
        self.context.noting += noted - began
        self.context.writing += time.perf_counter() - noted

    def _warn_twice(self, name: str) -> None:
        self.context.report.warn(self.place.label, f"the table {name} was listed twice; the first counts")

    def _page_by_table(self, body: bytes) -> None:
        began = time.perf_counter()
        found = list(self._read(body))
        entries = [entry for _, _, entry in found]
        parsed = time.perf_counter()
        new = self._after.add_tables(self._id, entries)
        noted = time.perf_counter()
        for (table, verdict, _), is_new in zip(found, new, strict=True):
            if not is_new:
                self._warn_twice(table.name)
                continue
            self.entry.read += 1
            self._count(verdict.change, observed=self._observed is not None)
            if self.context.full or verdict.write:
                self.held.table(table, verdict.change, verdict.columns)
            for event in verdict.events:
                self.held.event(event)
        self.context.parsing += parsed - began
        self.context.noting += noted - parsed
        self.context.writing += time.perf_counter() - noted

    def _read(self, body: bytes) -> Iterator[tuple[Any, Any, TableEntry]]:
        self._tables.look(body)
        for raw, record in table_records(body):
            self.entry.listed += 1
            try:
                table = self._tables.table(self.place, raw, record)
            except (MalformedError, ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
                self._cannot_read(record, error)
                continue
            if self._chosen and not self._config.tables.matches(table.name, database=self.place.database):
                self.entry.listed -= 1
                continue
            for warning in table.warnings:
                self.context.report.warn(f"{self.place.label}, table {table.name}", warning)
            self._governed = self._governed or table.governed
            old = self._before.table(self._old.id, table.name) if self._before and self._old else None
            verdict = judge(table, old, self._observed)
            blob = generation.encode_columns(table.columns, table.partition_keys, verdict.hidden)
            known = (table.name, table.kind, table.version, table.updated_at, table.digest)
            yield table, verdict, TableEntry(*known, state=VISIBLE, proven=True, blob=blob)

    def _cannot_read(self, record: Any, error: Exception) -> None:  # noqa: ANN401 - what shapes.table_records gives
        """Count one bad table; its entry of the previous generation stays."""
        name = record.name if isinstance(record, Bad) else record["Name"] if isinstance(record, dict) else record.Name
        self.entry.failed += 1
        self._unread.append(name.encode("utf-8", "backslashreplace").decode())  # as `encodable` writes names
        why = f"{error.what}: {error.why}" if isinstance(error, MalformedError) else f"{type(error).__name__}: {error}"
        self.context.report.problem(
            Problem(where=f"{self.place.label}, table {name or '(no name)'}", reason="malformed", message=why)
        )

    def _count(self, change: str, *, observed: bool) -> None:
        if change == CREATED and observed:
            self.entry.created += 1
        elif change == UPDATED:
            self.entry.updated += 1

    # what is gone ------------------------------------------------------------------------------

    def end(self) -> None:
        """Take note that the listing is complete, and ask after what it lacks."""
        self.entry.complete = True
        self._open_questions = 1
        if self._before and self._old:
            for old in self._before.tables(self._old.id):
                if self._after.has_table(self._id, old.name):
                    continue
                if old.name in self._unread or not self._config.tables.matches(old.name, database=self.place.database):
                    self._keep(old)
                else:
                    self._open_questions += 1
                    self.context.ask(self.place, old.name, lambda error, old=old: self._answered(old, error))
        self._question_closed()

    def _answered(self, old: TableEntry, error: ScopeError | None) -> None:
        """Hear what GetTable said of a table that the listing lacks."""
        if error is None:
            self.context.report.warn(
                self.place.label, f"the table {old.name} was not listed, but GetTable finds it; it is kept as it was"
            )
            self._keep(old)
        elif isinstance(error, VanishedError):
            self._gone(old, "GetTable")
        elif isinstance(error, DeniedError):
            self._denied.append(old)
        else:
            self.context.report.failed(f"{self.place.label}, table {old.name}", error)
            self.entry.failed += 1
            self._keep(old)
        self._question_closed()

    def _question_closed(self) -> None:
        self._open_questions -= 1
        if self._open_questions == 0:
            self._judge_denied()
            self._close()

    def _judge_denied(self) -> None:
        """Decide on listings alone, where GetTable may not be called."""
        if "" in self._unread:
            # a record without a name may be any of them
            for old in self._denied:
                self._keep(old)
            return
        gone = [old for old in self._denied if old.state == MISSING_ONCE and not self._governed]
        total = self.entry.read + len(self._denied)
        if total > SMALL and len(gone) * 2 > total:
            self._hold_back(gone, total)
            gone_names = set[str]()
        else:
            gone_names = {old.name for old in gone}
        for old in self._denied:
            if old.name in gone_names:
                self._gone(old, "listing")
            elif old.state == VISIBLE:
                self._hidden(old)
            else:
                self._keep(old)

    def _hold_back(self, gone: list[TableEntry], total: int) -> None:
        self.entry.held_back = len(gone)
        names = ", ".join(old.name for old in gone[:5]) + (", ..." if len(gone) > 5 else "")  # noqa: PLR2004 - a taste
        self.context.report.problem(
            Problem(
                where=self.place.label,
                reason="held back",
                message=f"{len(gone)} of {total} tables are absent from two listings and are not reported as deleted: "
                f"{names}. More than half of a database is not believed on listings alone",
                action="glue:GetTable",
                resource=f"{self.place.id.replace(':database/', ':table/')}/*",
            )
        )

    def _hidden(self, old: TableEntry) -> None:
        """Report a table that is absent, and may be hidden or gone."""
        self.entry.not_visible += 1
        self.held.event(self._table_event(old, NOT_VISIBLE, "listing"))
        self._keep(old, HIDDEN if self._governed else MISSING_ONCE)

    def _gone(self, old: TableEntry, evidence: str) -> None:
        self.entry.deleted += 1
        self.held.event(self._table_event(old, DELETED, evidence))

    def _table_event(self, old: TableEntry, kind: str, evidence: str) -> Event:
        return table_event(self.place, old, kind, evidence, self.context.observed)

    def _keep(self, old: TableEntry, state: int | None = None) -> None:
        """Carry an entry over, unproven."""
        kept = msgspec.structs.replace(old, proven=False, state=old.state if state is None else state)
        self._after.add_tables(self._id, [kept])

    # ending ------------------------------------------------------------------------------------

    def _close(self) -> None:
        self._after.complete_database(self._id, complete=True, governed=self._governed)
        began = time.perf_counter()
        self.held.commit()
        self._write_database()
        self.context.writing += time.perf_counter() - began

    def fail(self, error: ScopeError) -> None:
        """Give the database up: drop what it gave, keep what was known of it."""
        self.entry.status = error.reason
        self._give_up()
        self.context.report.failed(self.place.label, error)

    def not_granted(self) -> None:
        """Take note that another account's database may be listed but not read."""
        self.entry.status = "not granted"
        self._give_up()

    def vanish(self) -> None:
        """Take note that the database was deleted after it had been listed; what never was known is not told."""
        self.entry.status, self.entry.complete = "vanished", True
        self.entry.read = self.entry.created = self.entry.updated = 0
        self.held.drop()
        self._after.drop_tables(self._id)
        self._after.drop_database(self._id)
        if self._before and self._old:
            self.held.event(msgspec.structs.replace(self._database_event(DELETED), evidence="GetDatabase"))
            for old in self._before.tables(self._old.id):
                self._gone(old, "GetDatabase")
        self.held.commit()

    def _give_up(self) -> None:
        self.entry.complete = False
        self.entry.read = self.entry.created = self.entry.updated = 0
        self.held.drop()
        self._after.drop_tables(self._id)
        if self._before and self._old:
            carry_tables(self._before, self._old.id, self._after, self._id)
        if not self.database.is_link_target:
            self._write_database()
        elif self._old is None:
            # nobody has listed it, and what a link says of it is no sight of it
            self._after.drop_database(self._id)


def carry_tables(before: Generation, old_id: int, after: Writer, new_id: int) -> int:
    """Copy a database's entries from one generation to the next, unproven; return how many."""
    batch: list[TableEntry] = []
    count = 0
    for entry in before.tables(old_id):
        batch.append(msgspec.structs.replace(entry, proven=False))
        if len(batch) == 1000:  # noqa: PLR2004 - keeps memory flat
            after.add_tables(new_id, batch)
            count, batch = count + len(batch), []
    after.add_tables(new_id, batch)
    return count + len(batch)


def table_event(place: Place, old: TableEntry, kind: str, evidence: str, observed: Observed) -> Event:
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
