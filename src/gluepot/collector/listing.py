"""The whole catalog being read: every account and region listed, every database read once.

An object that several accounts see is read where its owner is; what others share, and the targets of
resource links, are read when it is known whether their owner is among the accounts.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.collector.extract.manifest import DatabaseEntry, RegionEntry
from gluepot.collector.generation import HIDDEN, MISSING_ONCE, VISIBLE
from gluepot.collector.reading.messages import End, Job, Page
from gluepot.collector.scopes import SMALL, DatabaseScope, carry_tables, table_event
from gluepot.collector.settings import account_told
from gluepot.errors import DeniedError, MalformedError, ScopeError, VanishedError
from gluepot.glue.databases import read_database
from gluepot.glue.records import DELETED, LINK_TARGET, NOT_VISIBLE, Database, Event, Place
from gluepot.glue.shapes import database_records

if TYPE_CHECKING:
    from gluepot.collector import generation
    from gluepot.collector.reading.messages import Failed
    from gluepot.collector.reading.reader import Reader
    from gluepot.collector.scopes import Context
    from gluepot.config import Account
    from gluepot.mask.credentials import Redactor


_LINK_TARGET_DIGEST = b"link target"
"""Stands for the record of a link's target, which nobody has seen."""


class Region(msgspec.Struct, kw_only=True):
    """One catalog of one region of one account, and where what it holds is staged."""

    target: int
    asked: Place
    stage: Any  # gluepot.collector.extract.staging.Stage
    report: Any  # gluepot.collector.report.Report
    entry: RegionEntry
    known: bool
    listed: bool = False


class Handler(msgspec.Struct):
    """What to do with the pages and the end of one job; `failed` gets the error."""

    page: Callable[[Page], None]
    end: Callable[[], None]
    failed: Callable[[ScopeError], None]
    region: Region | None = None


class Listing:
    """Drives a reader through everything that the configuration asks for.

    Args:
        context: What all databases share; its `report` is set per region.
        reader: Answers jobs.
        redactor: Takes credentials out.
        progress: Called after each event with the numbers so far.
    """

    def __init__(
        self, context: Context, reader: Reader, redactor: Redactor, progress: Callable[[Listing], None]
    ) -> None:
        self._context, self._reader, self._redactor, self._progress = context, reader, redactor, progress
        self._handlers: dict[int, Handler] = {}
        self._next = 0
        self._regions: list[Region] = []
        self._deferred: list[tuple[Region, Database]] = []
        self._collected: set[tuple[str, str, str, str]] = set()
        self._links: list[tuple[Region, Database]] = []
        self.databases_found = self.databases_done = self.tables = 0
        self.waited = self.idle = 0.0
        self.calls = 0

    # the whole, step by step ----------------------------------------------------------------------

    def read(self, regions: list[Region]) -> None:
        """Read all of these regions.

        1. List every region's databases; begin to read those that the account itself owns.
        2. Read what other accounts share, unless its owner is among the accounts.
        3. Read the targets of resource links that are not read themselves.
        4. Ask after databases that are no longer listed; keep what was not looked into.
        """
        self._regions = regions
        for region in regions:
            self._list(region)
        self._work()
        self._read_shared()
        self._work()
        self._read_targets()
        self._work()
        self._look_for_missing()
        self._work()
        self._keep_the_rest()

    def identities(self, accounts: list[tuple[int, Account]]) -> dict[int, str | ScopeError]:
        """Find out the account id of each target whose configuration does not tell it."""
        found: dict[int, str | ScopeError] = {}
        for index, account in accounts:
            told = account_told(account)
            if told:
                found[index] = told
                continue

            def answered(page: Page, index: int = index) -> None:
                found[index] = str(msgspec.json.decode(page.body)["Account"])

            def refused(error: ScopeError, index: int = index) -> None:
                found[index] = error

            where = f"the identity of {account.server or 'the caller'}"
            handler = Handler(answered, lambda: None, refused)
            self._submit(handler, Job(target=index, region=account.regions[0], kind="identity", where=where))
        self._work()
        return found

    # jobs -------------------------------------------------------------------------------------------

    def _submit(self, handler: Handler, job: Job) -> None:
        job = msgspec.structs.replace(job, id=self._next)
        self._handlers[self._next] = handler
        self._next += 1
        self._reader.submit(job)

    def _work(self) -> None:
        """Handle events until every job is through."""
        while self._handlers:
            began = time.perf_counter()
            event = self._reader.next()
            self.idle += time.perf_counter() - began
            handler = self._handlers.get(event.job)
            if handler is None:
                continue
            if handler.region is not None:
                self._context.report = handler.region.report
            self._handle(handler, event)
            self._progress(self)

    def _handle(self, handler: Handler, event: Page | End | Failed) -> None:
        if isinstance(event, Page):
            try:
                self._context.tables.looked(event.clean)
                handler.page(event)
            except MalformedError as error:
                # what this job still sends is not listened to any more
                del self._handlers[event.job]
                handler.failed(error)
            return
        del self._handlers[event.job]
        self.waited += event.waited
        self.calls += event.calls
        if isinstance(event, End):
            handler.end()
        else:
            handler.failed(event.error())

    # databases ----------------------------------------------------------------------------------------

    def _list(self, region: Region) -> None:
        asked = region.asked
        parameters: dict[str, Any] = {"CatalogId": asked.catalog_id} if asked.catalog_id else {}
        if self._context.config.shared != "none":
            parameters["ResourceShareType"] = "ALL"
        arn = f"arn:{asked.partition}:glue:{asked.region}:{asked.account}"
        where = f"the databases of {asked.account} in {asked.region}"
        handler = Handler(
            lambda page: self._listed(region, page.body),
            lambda: self._listing_complete(region),
            lambda error: self._listing_failed(region, error),
            region,
        )
        job = Job(
            target=region.target,
            region=asked.region,
            kind="databases",
            parameters=parameters,
            where=where,
            resource=f"{arn}:catalog, {arn}:database/*",
        )
        self._submit(handler, job)

    def _listed(self, region: Region, body: bytes) -> None:
        for _, record in database_records(body):
            try:
                database = read_database(record, region.asked, self._redactor)
            except MalformedError as error:
                region.report.failed(f"a database of {region.asked.account} in {region.asked.region}", error)
                continue
            region.entry.databases += 1
            own = database.place.account == region.asked.account
            if not self._context.config.databases.matches(database.place.database):
                continue
            if not own and self._context.config.shared == "none":
                continue
            if own and database.target is None:
                self._read_database(region, database)
            elif own:
                self._link(region, database)
            else:
                self._deferred.append((region, database))

    def _listing_complete(self, region: Region) -> None:
        region.listed = region.entry.complete = True

    def _listing_failed(self, region: Region, error: ScopeError) -> None:
        region.entry.status = error.reason
        region.report.failed(f"{region.asked.account} in {region.asked.region}", error)

    def _read_shared(self) -> None:
        for region, database in self._deferred:
            if database.place.key not in self._collected:
                if database.target is None:
                    self._read_database(region, database)
                else:
                    self._link(region, database)
        self._deferred = []

    # tables -----------------------------------------------------------------------------------------

    def _scope(self, region: Region, database: Database, status: str) -> DatabaseScope:
        place = database.place
        entry = DatabaseEntry(
            account=place.account, region=place.region, catalog=place.catalog, database=place.database, status=status
        )
        self._collected.add(place.key)
        region.report.databases.append(entry)
        self._context.report = region.report
        return DatabaseScope(
            self._context, database, region.asked.account, region.stage, known=region.known, entry=entry
        )

    def _read_database(self, region: Region, database: Database, status: str = "read") -> None:
        if database.place.key in self._collected:
            return
        self.databases_found += 1
        scope = self._scope(region, database, status)
        handler = Handler(
            lambda page: self._page(scope, page),
            lambda: self._read_to_end(scope),
            lambda error: self._reading_failed(region, scope, error),
            region,
        )
        place = database.place
        arn = f"arn:{place.partition}:glue:{place.region}:{place.account}"
        job = Job(
            target=region.target,
            region=place.region,
            kind="tables",
            parameters=_given({"DatabaseName": place.database, "CatalogId": place.catalog_id}),
            where=f"database {place.label}",
            resource=f"{arn}:catalog, {place.id}, {place.table_prefix}*",
            terms=scope.terms,
        )
        self._submit(handler, job)

    def _page(self, scope: DatabaseScope, page: Page) -> None:
        listed = scope.entry.listed
        scope.page(page)
        self.tables += scope.entry.listed - listed

    def _read_to_end(self, scope: DatabaseScope) -> None:
        self.databases_done += 1
        scope.end()

    def _reading_failed(self, region: Region, scope: DatabaseScope, error: ScopeError) -> None:
        self.databases_done += 1
        place, config = scope.place, self._context.config
        foreign = place.account != region.asked.account
        asked_for = config.shared == "all" or config.databases.names(place.database)
        if foreign and isinstance(error, DeniedError) and not asked_for:
            region.entry.not_granted += 1
            scope.not_granted()
        elif isinstance(error, VanishedError):
            self._ask_database(region, place, lambda answer: self._vanished(region, scope, error, answer))
        else:
            scope.fail(error)

    def _vanished(self, region: Region, scope: DatabaseScope, error: VanishedError, answer: ScopeError | None) -> None:
        """A database that was listed and then could not be found: gone, if GetDatabase says so too."""
        if not isinstance(answer, VanishedError):
            scope.fail(error)
            return
        scope.vanish()
        dangling = "a resource link leads to it, and it does not exist"
        told = dangling if scope.database.is_link_target else "it was deleted while it was being read"
        region.report.warn(scope.place.label, told)

    # links --------------------------------------------------------------------------------------------

    def _link(self, region: Region, database: Database) -> None:
        """A resource link is one row that names its target; it has no tables of its own."""
        if database.place.key in self._collected:
            return
        self.databases_found += 1
        scope = self._scope(region, database, "link")
        scope.end()
        self.databases_done += 1
        self._links.append((region, database))

    def _read_targets(self) -> None:
        """List the tables of links' targets, as the target's, where the target itself is not read."""
        for region, link in self._links:
            target = link.target
            if target is None or target.key in self._collected or not target.account:
                continue
            database = Database(
                place=msgspec.structs.replace(target, server=region.asked.server),
                tool_type=LINK_TARGET,
                attributes=msgspec.json.encode({"SeenThrough": link.place.id}).decode(),
                digest=_LINK_TARGET_DIGEST,
            )
            self._read_database(region, database)

    # what is gone ---------------------------------------------------------------------------------------

    def ask_table(self, place: Place, name: str, then: Callable[[ScopeError | None], None]) -> None:
        """Ask GetTable whether a table is there; `then` gets None if it is, else the error."""
        region = self._region_of(place)
        parameters = _given({"CatalogId": place.catalog_id, "DatabaseName": place.database, "Name": name})
        handler = Handler(lambda _: then(None), lambda: None, then, region)
        job = Job(
            target=region.target,
            region=place.region,
            kind="table",
            parameters=parameters,
            where=f"table {name} of {place.label}",
            resource=f"{place.id}, {place.table_id(name)}",
        )
        self._submit(handler, job)

    def _ask_database(self, region: Region, place: Place, then: Callable[[ScopeError | None], None]) -> None:
        parameters = _given({"CatalogId": place.catalog_id, "Name": place.database})
        handler = Handler(lambda _: then(None), lambda: None, then, region)
        job = Job(
            target=region.target,
            region=place.region,
            kind="database",
            parameters=parameters,
            where=f"database {place.label}",
            resource=place.id,
        )
        self._submit(handler, job)

    def _region_of(self, place: Place) -> Region:
        """The region entry through which a place is read: its owner's if that is among them, else any that saw it."""
        same = [one for one in self._regions if one.report is self._context.report] or self._regions
        here = [one for one in same if one.asked.region == place.region] or same
        return next((one for one in here if one.asked.account == place.account), here[0])

    def _look_for_missing(self) -> None:
        """Ask after the databases that completely listed regions lack."""
        before, after = self._context.before, self._context.after
        for old in before.databases() if before else ():
            region = self._who_saw(old)
            if region is None or not region.listed or after.has_database(old.place):
                continue
            # what was deleted while it was being read has been told already
            if old.place.key in self._collected or not self._context.config.databases.matches(old.place.database):
                continue
            foreign = region.asked.account != old.place.account
            if foreign and (self._context.config.shared == "none" or _is_link_target(old)):
                continue
            self._ask_database(region, old.place, functools.partial(self._missing, region, old))

    def _who_saw(self, old: generation.DatabaseEntry) -> Region | None:
        """Find whose listing would hold a database: its owner's if that is among them, else its viewer's."""
        place = old.place
        regions = [one for one in self._regions if one.asked.region == place.region]
        for region in regions:
            if (region.asked.account, region.asked.catalog) == (place.account, place.catalog):
                return region
        return next((one for one in regions if one.asked.account == old.viewer != place.account), None)

    def _missing(self, region: Region, old: generation.DatabaseEntry, answer: ScopeError | None) -> None:
        """Hear what GetDatabase said of a database that the listing lacks."""
        if isinstance(answer, VanishedError):
            self._database_gone(region, old, "GetDatabase")
        elif isinstance(answer, DeniedError):
            self._missing_and_denied(region, old)
        elif answer is None:
            region.report.warn(old.place.label, "it was not listed, but GetDatabase finds it; it is kept as it was")
        else:
            region.report.failed(old.place.label, answer)

    def _missing_and_denied(self, region: Region, old: generation.DatabaseEntry) -> None:
        """Decide on listings alone, as for tables."""
        before = self._context.before
        if old.state == MISSING_ONCE and not old.governed:
            if before.count_tables(old.id) <= SMALL:
                self._database_gone(region, old, "listing")
            else:
                self._hold_back(region, old, before.count_tables(old.id))
        elif old.state == VISIBLE:
            event = _database_event(old.place, NOT_VISIBLE, "listing", self._context)
            self._emit(region, [event])
            self._carry(old, HIDDEN if old.governed else MISSING_ONCE)

    def _hold_back(self, region: Region, old: generation.DatabaseEntry, tables: int) -> None:
        error = DeniedError(
            "the database is absent from two listings and is not reported as deleted",
            f"its {tables} tables are not believed to be gone on listings alone",
            "allow glue:GetDatabase, which proves it",
            action="glue:GetDatabase",
            resource=old.place.id,
        )
        region.report.failed(old.place.label, error)
        account, place_region, catalog, name = old.place.key
        held = DatabaseEntry(account=account, region=place_region, catalog=catalog, database=name, status="held back")
        region.report.databases.append(msgspec.structs.replace(held, held_back=tables))

    def _database_gone(self, region: Region, old: generation.DatabaseEntry, evidence: str) -> None:
        """One proof for a database covers its tables."""
        held = region.stage.hold()
        held.event(_database_event(old.place, DELETED, evidence, self._context))
        entry = DatabaseEntry(
            account=old.place.account,
            region=old.place.region,
            catalog=old.place.catalog,
            database=old.place.database,
            status="deleted",
            complete=True,
        )
        for table in self._context.before.tables(old.id):
            held.event(table_event(old.place, table, DELETED, evidence, self._context.observed))
            entry.deleted += 1
        held.commit()
        region.report.deleted_databases += 1
        region.report.databases.append(entry)
        self._collected.add(old.place.key)

    def _emit(self, region: Region, events: list[Event]) -> None:
        held = region.stage.hold()
        for event in events:
            held.event(event)
        held.commit()

    # what was not looked into ---------------------------------------------------------------------------

    def _keep_the_rest(self) -> None:
        """Carry over what failed, was left out by the filters or is not configured any more."""
        before, after = self._context.before, self._context.after
        for region in self._regions:
            if region.listed:
                after.add_region(region.asked.account, region.asked.region, region.asked.catalog)
        if before is None:
            return
        for key in before.regions():
            after.add_region(*key)
        for old in before.databases():
            if not after.has_database(old.place) and old.place.key not in self._collected:
                self._carry(old, old.state)

    def _carry(self, old: generation.DatabaseEntry, state: int) -> None:
        kept = msgspec.structs.replace(old, state=state, proven=False)
        carry_tables(self._context.before, old.id, self._context.after, self._context.after.add_database(kept))


def _given(parameters: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in parameters.items() if value}


def _is_link_target(old: generation.DatabaseEntry) -> bool:
    """A link's target is not in its viewer's own listing, so its absence there says nothing."""
    return old.digest == _LINK_TARGET_DIGEST


def _database_event(place: Place, kind: str, evidence: str, context: Context) -> Event:
    return Event(
        event_at=context.observed.at,
        event_type=kind,
        object_type="DATABASE",
        object_id=place.id,
        evidence=evidence,
        detail=context.observed.detail(),
    )


__all__ = ["Listing", "Region"]
