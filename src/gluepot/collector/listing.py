"""The whole catalog being read: every account and region listed, every database read once.

An object that several accounts see is read where its owner is; what others share, and the targets of
resource links, are read when it is known whether their owner is among the accounts.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from gluepot.collector import jobs
from gluepot.collector.dispatch import Dispatcher, Handler
from gluepot.collector.missing import LINK_TARGET_DIGEST, MissingDatabases, entry_of
from gluepot.collector.nestedcatalogs import NestedCatalogs
from gluepot.collector.notices import Patterns
from gluepot.collector.scopes import DatabaseScope
from gluepot.collector.settings import account_id_of
from gluepot.collector.tablelinks import name_unread
from gluepot.errors import DeniedError, MalformedError, VanishedError
from gluepot.glue.databases import read_database
from gluepot.glue.records import LINK_TARGET, Database
from gluepot.glue.shapes import database_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gluepot.collector.context import Context, Region
    from gluepot.collector.reading.messages import Page
    from gluepot.collector.reading.reader import Reader
    from gluepot.config import Account
    from gluepot.errors import ScopeError
    from gluepot.glue.records import DatabaseRef
    from gluepot.mask.credentials import Redactor


class Listing:
    """Drives a reader through everything that the configuration asks for.

    Args:
        reader: Answers jobs.
        redactor: Takes credentials out.
        progress: Called after each event with the numbers so far.
    """

    _context: Context
    _databases: Patterns

    def __init__(self, reader: Reader, redactor: Redactor, progress: Callable[[Listing], None]) -> None:
        self._redactor = redactor
        self._dispatcher = Dispatcher(reader, lambda: progress(self))
        self._regions: Sequence[Region] = ()
        self._deferred: list[tuple[Region, Database]] = []
        self._collected: set[tuple[str, str, str, str]] = set()
        self._links: list[tuple[Region, Database]] = []
        self.databases_found = self.databases_done = self.tables = 0

    @property
    def calls(self) -> int:
        """How many calls were made so far."""
        return self._dispatcher.calls

    @property
    def waited(self) -> float:
        """The seconds that went into calls, many at a time."""
        return self._dispatcher.waited

    @property
    def idle(self) -> float:
        """The seconds in which there was nothing to do but wait for the next event."""
        return self._dispatcher.idle

    # the whole, step by step ----------------------------------------------------------------------

    def read(self, context: Context, regions: Sequence[Region]) -> None:
        """Read all of these regions.

        1. List every region's databases; begin to read those that the account itself owns. Name nested catalogs that
           nobody configured.
        2. Read what other accounts share, unless its owner is among the accounts.
        3. Read the targets of resource links that are not read themselves.
        4. Ask after databases that are no longer listed; keep what was not looked into.
        5. Name the tables that links lead to and that were not read.

        Args:
            context: What all databases share.
            regions: What is read.
        """
        self._context, self._regions = context, regions
        self._databases = Patterns("databases", context.config.databases)
        nested = NestedCatalogs(regions)
        for region in regions:
            self._list(region)
        nested.ask(self._dispatcher)
        self._dispatcher.work()
        nested.tell()
        self._read_shared()
        self._dispatcher.work()
        self._read_targets()
        self._dispatcher.work()
        for region in regions:
            if region.entry.complete:
                place = region.place
                self._context.after.add_region(place.account, place.region, place.catalog, place.server)
        self._look_for_missing()
        for report in {id(region.report): region.report for region in regions}.values():
            name_unread(report.table_links, self._context.after, report)

    def notices(self) -> Iterator[str]:
        """Say which patterns match nothing, and which regions hold nothing: most likely neither is meant."""
        yield from self._databases.warnings("databases")
        yield from self._context.patterns.warnings("tables")
        for region in self._regions:
            if region.entry.complete and not region.entry.databases:
                place = region.place
                yield f"there is no database in {place.region} of {place.account}: is it the right region?"

    def identities(self, accounts: Sequence[Account]) -> list[str | ScopeError]:
        """Find out the account id of each account whose configuration does not tell it."""
        found: list[str | ScopeError] = [account_id_of(account) or "" for account in accounts]
        for index, account in enumerate(accounts):
            if found[index]:
                continue

            def answered(page: Page, index: int = index) -> None:
                found[index] = str(msgspec.json.decode(page.body)["Account"])

            handler = Handler(answered, lambda: None, functools.partial(found.__setitem__, index))
            self._dispatcher.submit(handler, jobs.identity_job(index, account))
        self._dispatcher.work()
        return found

    # databases ----------------------------------------------------------------------------------------

    def _list(self, region: Region) -> None:
        handler = Handler(
            lambda page: self._listed(region, page.body),
            lambda: _listing_complete(region),
            lambda error: _listing_failed(region, error),
        )
        self._dispatcher.submit(handler, jobs.databases_job(region, shared=self._context.config.shared != "none"))

    def _listed(self, region: Region, body: bytes) -> None:
        for _, record in database_records(body):
            try:
                database = read_database(record, region.place, self._redactor)
            except MalformedError as error:
                region.report.failed(f"a database of {region.place.account} in {region.place.region}", error)
                continue
            region.entry.databases += 1
            self._databases.saw(database.place.database)
            if self._context.config.databases.matches(database.place.database):
                self._sort(region, database)

    def _sort(self, region: Region, database: Database) -> None:
        """Begin with what is the account's own; what others share waits until their own listings are known."""
        if not region.owns(database.place):
            if self._context.config.shared != "none":
                self._deferred.append((region, database))
        elif database.target is None:
            self._read_database(region, database)
        else:
            self._link(region, database)

    def _read_shared(self) -> None:
        for region, database in self._deferred:
            if database.target is None:
                self._read_database(region, database)
            else:
                self._link(region, database)

    # tables -----------------------------------------------------------------------------------------

    def _scope(self, region: Region, database: Database, status: str) -> DatabaseScope:
        entry = entry_of(database.place, status)
        self._collected.add(database.place.key)
        region.report.databases.append(entry)
        return DatabaseScope(self._context, region, database, entry, functools.partial(self._ask_table, region))

    def _read_database(self, region: Region, database: Database) -> None:
        if database.place.key in self._collected:
            return
        self.databases_found += 1
        scope = self._scope(region, database, "read")
        handler = Handler(
            lambda page: self._page(scope, page),
            lambda: self._read_to_end(scope),
            lambda error: self._reading_failed(region, scope, error),
        )
        self._dispatcher.submit(handler, jobs.tables_job(region, database.place, scope.terms))

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
        asked_for = config.shared == "all" or config.databases.names(place.database)
        if not region.owns(place) and isinstance(error, DeniedError) and not asked_for:
            region.entry.not_granted += 1
            scope.not_granted()
        elif isinstance(error, VanishedError):
            handler = Handler.of_answer(lambda answer: _vanished(region, scope, error, answer))
            self._dispatcher.submit(handler, jobs.database_job(region, place))
        else:
            scope.fail(error)

    def _ask_table(
        self, region: Region, place: DatabaseRef, name: str, then: Callable[[ScopeError | None], None]
    ) -> None:
        """Ask GetTable whether a table is there; `then` gets None if it is, else the error."""
        asked = self._region_of(region, place)
        self._dispatcher.submit(Handler.of_answer(then), jobs.table_job(asked, place, name))

    def _region_of(self, region: Region, place: DatabaseRef) -> Region:
        """Find the one of a server's regions through which to ask: the owner's if that is among them."""
        same = [other for other in self._regions if other.report is region.report]
        here = [other for other in same if other.place.region == place.region] or same
        return next((other for other in here if other.owns(place)), here[0])

    # links --------------------------------------------------------------------------------------------

    def _link(self, region: Region, database: Database) -> None:
        """A resource link is one row that names its target; it has no tables of its own."""
        if database.place.key in self._collected:
            return
        self.databases_found += 1
        self._scope(region, database, "link").end()
        self.databases_done += 1
        self._links.append((region, database))

    def _read_targets(self) -> None:
        """List the tables of links' targets, as the target's, where the target itself is not read."""
        for region, link in self._links:
            target = link.target
            if target is None or target.key in self._collected or not target.account:
                continue
            database = Database(
                place=msgspec.structs.replace(target, server=region.place.server),
                tool_type=LINK_TARGET,
                attributes=msgspec.json.encode({"SeenThrough": link.place.id}).decode(),
                digest=LINK_TARGET_DIGEST,
            )
            self._read_database(region, database)

    # what is gone ---------------------------------------------------------------------------------------

    def _look_for_missing(self) -> None:
        if self._context.before is None:
            return
        missing = MissingDatabases(self._context, self._context.before, self._regions, self._collected)
        missing.look(self._dispatcher)
        self._dispatcher.work()
        missing.keep_the_rest()


def _listing_complete(region: Region) -> None:
    region.entry.complete = True


def _listing_failed(region: Region, error: ScopeError) -> None:
    region.entry.status = error.reason
    region.report.failed(f"{region.place.account} in {region.place.region}", error)


def _vanished(region: Region, scope: DatabaseScope, error: VanishedError, answer: ScopeError | None) -> None:
    """A database that was listed and then could not be found: gone, if GetDatabase says so too."""
    if not isinstance(answer, VanishedError):
        scope.fail(error)
        return
    scope.vanish()
    dangling = "a resource link leads to it, and it does not exist"
    why = dangling if scope.database.is_link_target else "it was deleted while it was being read"
    region.report.warn(scope.place.label, why)
