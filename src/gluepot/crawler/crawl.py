"""Job 3: crawlers over data that is in S3 already. Planned with its price, applied, run with a summary, looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gluepot.aws.access import access_of
from gluepot.aws.clients import Clients
from gluepot.crawler import history, listing, running, stack
from gluepot.crawler.estimate import estimate
from gluepot.crawler.tables import tables
from gluepot.errors import ConfigError
from gluepot.provision import applying, changes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.crawler.crawlerfile import CrawlerFile
    from gluepot.crawler.estimate import Estimate
    from gluepot.crawler.history import Crawl
    from gluepot.crawler.listing import Size
    from gluepot.crawler.running import Crawled, Look
    from gluepot.crawler.tables import Table
    from gluepot.provision.applying import Done
    from gluepot.provision.changes import Change
    from gluepot.provision.resource import Resource


@dataclass(frozen=True, slots=True)
class PlannedCrawler:
    """What a crawler's file asks for, against what is there.

    Args:
        changes: What an apply would do.
        sizes: What the targets hold.
        estimate: What a crawl would cost.
    """

    changes: tuple[Change, ...]
    sizes: tuple[Size, ...]
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Status:
    """How a crawler stands.

    Args:
        record: Glue's record of it.
        crawls: Its crawls, the newest first.
        tables: The tables that carry its name.
    """

    record: dict[str, Any]
    crawls: tuple[Crawl, ...]
    tables: tuple[Table, ...]


def open_account(file: CrawlerFile) -> Clients:
    """Open the account and region of a crawler's file; nothing is called yet.

    Raises:
        ConfigError: No region is named.
    """
    if not file.region:
        hint = "set region in section [access], or AWS_REGION"
        raise ConfigError("no region is named", "neither the crawler's file nor the environment tells one", hint)
    return Clients(access_of(file.access, file.access.role), file.region)


def plan(file: CrawlerFile, clients: Clients, watcher: Callable[[int], None] = lambda _: None) -> PlannedCrawler:
    """Compare, list the targets, and estimate; nothing is changed.

    Args:
        file: The crawler's file.
        clients: The account.
        watcher: Is told how many objects of a target have been listed.

    Raises:
        ConfigError: A target's bucket is not there.
        ScopeError: AWS refuses; what is missing is named.
    """
    compared = changes.plan(_resources(file, clients), clients, stack=stack.owner(file, clients.region))
    crawls = history.crawls(clients, file.name)
    since = _last_look(crawls) if file.recrawl == "new_folders" else None
    sizes = tuple(listing.look(clients, target, since=since, watcher=watcher) for target in file.targets)
    today = dt.datetime.now(dt.UTC).date()
    return PlannedCrawler(compared, sizes, estimate(file, sizes, crawls, today))


def apply(
    file: CrawlerFile, clients: Clients, *, force: bool = False, watcher: Callable[[Done], None] = lambda _: None
) -> tuple[Done, ...]:
    """Make database, role and crawler what the file says; again and again is as good as once.

    Raises:
        ConfigError: A name is taken by somebody else; nothing has been touched.
        BusyError: Another apply of the same file is at work.
        ScopeError: AWS refuses; what is missing is named.
    """
    owner = stack.owner(file, clients.region)
    compared = changes.plan(_resources(file, clients), clients, stack=owner)
    return applying.Applying(clients, owner, force=force, watcher=watcher).run(compared)


def destroy(
    file: CrawlerFile, clients: Clients, *, data: bool = False, watcher: Callable[[Done], None] = lambda _: None
) -> tuple[Done, ...]:
    """Remove what gluepot made; the database, with the entries of its tables, only with `data`."""
    resources = _resources(file, clients)
    return applying.destroy(resources, clients, stack=stack.owner(file, clients.region), data=data, watcher=watcher)


def run(file: CrawlerFile, clients: Clients, watcher: Callable[[Look], None] = lambda _: None) -> Crawled:
    """Crawl, wait for the end, and say what has become of which table; see `running.crawl` for what it raises."""
    return running.crawl(clients, file, watcher)


def status(file: CrawlerFile, clients: Clients) -> Status:
    """Say how a crawler stands, what its crawls took, and which tables it keeps.

    Raises:
        ConfigError: There is no such crawler.
        ScopeError: AWS refuses; what is missing is named.
    """
    record = running.record(clients, file.name)
    kept = [table for table in tables(clients, file.database).values() if table.crawler == file.name]
    return Status(record, tuple(history.crawls(clients, file.name)), tuple(kept))


def _resources(file: CrawlerFile, clients: Clients) -> tuple[Resource, ...]:
    return stack.stack(file, clients.region, clients.account)


def _last_look(crawls: list[Crawl]) -> float | None:
    """Tell when the last crawl that ended well began: folders all of whose files are younger are new."""
    return next((crawl.began for crawl in crawls if crawl.state == "COMPLETED"), None)
