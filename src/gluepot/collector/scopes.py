"""One database being read: its pages compared, staged and noted, its absent tables asked after.

A database is all or nothing: its rows are held until its listing was followed to the end and every
absence has been looked into. If it fails, its rows are dropped and its entries of the previous
generation stay, so that the next run compares with them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from gluepot.collector import generation
from gluepot.collector.absenttables import AbsentTables
from gluepot.collector.bulk import stage_page
from gluepot.collector.changes import judge
from gluepot.collector.extract.manifest import Problem
from gluepot.collector.generation import STALE, VISIBLE, StoredTable
from gluepot.collector.linkchanges import links_gone
from gluepot.collector.notes import DatabaseNotes, carry_tables
from gluepot.collector.reading.messages import Terms
from gluepot.collector.tablelinks import table_links
from gluepot.config.model import Globs
from gluepot.errors import MalformedError
from gluepot.glue.databases import database_link
from gluepot.glue.records import CREATED, DELETED, READER, UNCHANGED, UPDATED, VISIBLE_AGAIN, Event
from gluepot.glue.shapes import Bad, table_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.collector.bulk import Bulk
    from gluepot.collector.changes import Verdict
    from gluepot.collector.context import Ask, Context, Region
    from gluepot.collector.extract.manifest import DatabaseEntry
    from gluepot.collector.reading.messages import Page
    from gluepot.errors import ScopeError
    from gluepot.glue.records import Database, Table
    from gluepot.glue.shapes import Json, WireTable


class DatabaseScope:
    """One database of this run.

    Args:
        context: What all databases share.
        region: The catalog through which it is read; its rows are held until it is complete.
        database: Its record.
        entry: Its line in the manifest.
        ask: Asks whether a table is really gone.
    """

    def __init__(self, context: Context, region: Region, database: Database, entry: DatabaseEntry, ask: Ask) -> None:
        self.database, self.entry, self.place = database, entry, database.place
        self._context, self._ask, self._report = context, ask, region.report
        self._held, before = region.stage.hold(), context.before
        self._old = before.database(self.place) if before else None
        # what was not asked for then is new to us, and not to the catalog
        asked = before is None or before.was_asked(self.place, owned=region.owns(self.place))
        self._known = region.known and asked
        self._chosen = context.config.tables != Globs()
        # tables that could never be listed before may have been there for long: being new to us is no event
        self._observed = context.observed if self._known and (self._old is None or self._old.complete) else None
        self._governed = database.governed or bool(self._old and self._old.governed)
        self._unread: list[str] = []
        self._links = database_link(database)
        self._id = context.after.add_database(self._stored(region.place.account))

    def _stored(self, viewer: str) -> generation.StoredDatabase:
        return generation.StoredDatabase(
            id=0,
            viewer=viewer,
            place=self.place,
            digest=self.database.digest,
            state=VISIBLE,
            proven=True,
            governed=self._governed,
            complete=self._old is not None and self._old.complete,
            links=generation.encode_links(self._links),
        )

    def _write_database(self) -> None:
        """Write the database itself; its row stands whether or not its tables could be read."""
        old, database = self._old, self.database
        change = CREATED if old is None else UPDATED if old.digest != database.digest else UNCHANGED
        again = old is not None and old.state != VISIBLE
        event = VISIBLE_AGAIN if again else change
        if event != UNCHANGED and (self._known or event == VISIBLE_AGAIN):
            self._held.event(self._database_event(event))
        if old is not None:
            for gone in links_gone(generation.links_of(old.links), self._database_event(UPDATED), self._links):
                self._held.event(gone)
        stale = old is not None and old.reader == STALE
        if self._context.full or event != UNCHANGED or stale:
            self._held.database(database, change)
            self._held.linkages(self._links)
        self._held.commit()

    def _database_event(self, kind: str) -> Event:
        observed = self._context.observed
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
        config = self._context.config
        plain = config.formats == ("k",) and not self._chosen
        terms = Terms(self.place, config.delimiter, config.guard_formulas)
        return terms if plain and not self._old and not self._observed else None

    def page(self, page: Page) -> None:
        """Take in one page of the listing, which may have been staged already.

        Raises:
            MalformedError: The page has no tables' list.
        """
        began = time.perf_counter()
        clean, bulk = page.clean, page.bulk
        if clean is None:
            clean = self._context.tables.is_clean(page.body)
        if bulk is None and self.terms is not None:
            bulk = self._stage(self.terms, page.body, clean=clean)
        self._context.seconds.parsing += time.perf_counter() - began
        if bulk is None:
            self._page_by_table(page.body, clean=clean)
        else:
            self._take(bulk)

    def _stage(self, terms: Terms, body: bytes, *, clean: bool) -> Bulk | None:
        try:
            return stage_page(self._context.tables, terms, body, self._context.seconds, clean=clean)
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
            return None  # a table of odd shape; the careful way finds it and names it

    def _take(self, bulk: Bulk) -> None:
        """Note and hold a page that is staged already."""
        began = time.perf_counter()
        after, seconds = self._context.after, self._context.seconds
        self.entry.listed += len(bulk.entries)
        if not after.add_page(self._id, bulk.entries):
            new = after.add_tables(self._id, bulk.entries)
            for table, is_new in zip(bulk.entries, new, strict=True):
                if not is_new:
                    self._warn_twice(table.name)
            bulk = bulk.only(new)
        noted = time.perf_counter()
        self.entry.read += len(bulk.entries)
        self._held.text("k", "METADATA", bulk.metadata, sum(rows for _, rows in bulk.sizes))
        self._held.text("k", "LINKAGES", bulk.linkages, sum(rows for _, rows in bulk.link_sizes))
        seconds.noting += noted - began
        seconds.writing += time.perf_counter() - noted

    def _warn_twice(self, name: str) -> None:
        self._report.warn(self.place.label, f"the table {name} was listed twice; the first counts")

    def _page_by_table(self, body: bytes, *, clean: bool) -> None:
        began = time.perf_counter()
        read = list(self._read(body, clean=clean))
        entries = [stored for _, _, stored in read]
        parsed = time.perf_counter()
        new = self._context.after.add_tables(self._id, entries)
        noted = time.perf_counter()
        for (table, verdict, _), is_new in zip(read, new, strict=True):
            if is_new:
                self._write_table(table, verdict)
            else:
                self._warn_twice(table.name)
        seconds = self._context.seconds
        seconds.parsing += parsed - began
        seconds.noting += noted - parsed
        seconds.writing += time.perf_counter() - noted

    def _write_table(self, table: Table, verdict: Verdict) -> None:
        self.entry.read += 1
        if verdict.change == CREATED and verdict.events:
            self.entry.created += 1
        elif verdict.change == UPDATED:
            self.entry.updated += 1
        if self._context.full or verdict.write:
            self._held.table(table, verdict.change, verdict.columns)
        for event in verdict.events:
            self._held.event(event)

    def _read(self, body: bytes, *, clean: bool) -> Iterator[tuple[Table, Verdict, StoredTable]]:
        """Go through the page's tables, each held against its entry in the earlier generation."""
        before = self._context.before
        for raw, record in table_records(body):
            self.entry.listed += 1
            try:
                table = self._context.tables.table(self.place, raw, record, clean=clean)
            except (MalformedError, ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
                self._cannot_read(record, error)
                continue
            if not self._is_chosen(table.name):
                self.entry.listed -= 1
                continue
            for warning in table.warnings:
                self._report.warn(f"{self.place.label}, table {table.name}", warning)
            self._report.table_links += table_links(table)
            self._governed = self._governed or table.governed
            old = before.generation.table(self._old.id, table.name) if before and self._old else None
            asked = before is None or before.was_table_asked(table.name, self.place)
            verdict = judge(
                table, old, self._observed if asked or old else None, same_record=self._is_as_noted(raw, table, old)
            )
            blob = generation.encode_columns(table.columns, table.partition_keys, verdict.kept)
            known = (table.name, table.kind, table.version, table.updated_at, table.digest)
            links = generation.encode_links(table.linkages)
            yield table, verdict, StoredTable(*known, state=VISIBLE, proven=True, blob=blob, links=links)

    def _is_as_noted(self, raw: bytes, table: Table, old: StoredTable | None) -> bool:
        """Tell whether a record whose hash differs is the one that an older reader noted, by the rules of its time."""
        if old is None or old.reader >= READER or old.digest == table.digest:
            return False
        return self._context.tables.is_as_the_first_read(raw, old.digest)

    def _is_chosen(self, name: str) -> bool:
        if not self._chosen:
            return True
        self._context.patterns.saw(name, self.place.database)
        return self._context.config.tables.matches(name, database=self.place.database)

    def _cannot_read(self, record: WireTable | Json | Bad, error: Exception) -> None:
        """Count one bad table; its entry of the previous generation stays."""
        name = record.name if isinstance(record, Bad) else record["Name"] if isinstance(record, dict) else record.Name
        self.entry.failed += 1
        self._unread.append(name.encode("utf-8", "backslashreplace").decode())  # as `encodable` writes names
        why = f"{error.what}: {error.why}" if isinstance(error, MalformedError) else f"{type(error).__name__}: {error}"
        where = f"{self.place.label}, table {name or '(no name)'}"
        self._report.problem(Problem(where=where, reason="malformed", message=why))

    # ending ------------------------------------------------------------------------------------

    def end(self) -> None:
        """Take note that the listing is complete, and ask after what it lacks."""
        self.entry.complete = True
        AbsentTables(self._notes, self._ask, self._unread, governed=self._governed, done=self._close).look()

    @property
    def _notes(self) -> DatabaseNotes:
        return DatabaseNotes(
            context=self._context,
            report=self._report,
            place=self.place,
            held=self._held,
            entry=self.entry,
            id=self._id,
            old=self._old,
        )

    def _close(self) -> None:
        self._context.after.complete_database(self._id, complete=True, governed=self._governed)
        began = time.perf_counter()
        self._held.commit()
        self._write_database()
        self._context.seconds.writing += time.perf_counter() - began

    def fail(self, error: ScopeError) -> None:
        """Give the database up: drop what it gave, keep what was known of it."""
        self.entry.status = error.reason
        self._give_up()
        self._report.failed(self.place.label, error)

    def not_granted(self) -> None:
        """Take note that another account's database may be listed but not read."""
        self.entry.status = "not granted"
        self._give_up()

    def vanish(self) -> None:
        """Take note that the database was deleted after it had been listed; what never was known is not told."""
        self.entry.status, self.entry.complete = "vanished", True
        self._drop()
        self._context.after.drop_database(self._id)
        if self._old:
            self._held.event(msgspec.structs.replace(self._database_event(DELETED), evidence="GetDatabase"))
            notes = self._notes
            for old in notes.old_tables():
                notes.gone(old, "GetDatabase")
        self._held.commit()

    def _drop(self) -> None:
        self.entry.read = self.entry.created = self.entry.updated = 0
        self._held.drop()
        self._context.after.drop_tables(self._id)

    def _give_up(self) -> None:
        self.entry.complete = False
        self._drop()
        after = self._context.after
        if self._old:
            carry_tables(self._context, self._old.id, self._id)
        if not self.database.is_link_target:
            self._write_database()
        elif self._old is None:
            # nobody has listed it, and what a link says of it is no sight of it
            after.drop_database(self._id)
