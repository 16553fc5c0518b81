"""One crawl from its start to its end: started, watched, and told of; stopped where that is asked for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.faults import statement
from gluepot.backoff import Backoff
from gluepot.crawler import history
from gluepot.crawler.tables import changes, tables
from gluepot.errors import BusyError, ConfigError, DeniedError, GluepotError, RemoteError, ScopeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gluepot.aws.clients import Clients
    from gluepot.crawler.crawlerfile import CrawlerFile
    from gluepot.crawler.history import Crawl
    from gluepot.crawler.tables import TableChange

LOOKS: Final = Backoff(first=0.2, longest=10.0, growth=1.5, jitter=False)
"""Between two looks at a crawl."""

_DENIED: Final = re.compile(
    r"not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>[^\s\"]+))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a crawl stands.

    Args:
        state: READY, RUNNING or STOPPING.
        seconds: How long it has lasted.
        left: Seconds that Glue thinks are left; None where it does not say.
    """

    state: str
    seconds: float
    left: float | None


@dataclass(frozen=True, slots=True)
class Crawled:
    """A crawl that is over.

    Args:
        crawl: It, as the history tells it.
        changes: What it did to tables.
        complaints: Warnings and errors of its log.
    """

    crawl: Crawl
    changes: tuple[TableChange, ...]
    complaints: tuple[str, ...]


def crawl(clients: Clients, file: CrawlerFile, watcher: Callable[[Look], None] = lambda _: None) -> Crawled:
    """Run a crawler, and wait for its end.

    Raises:
        BusyError: It is crawling already.
        ConfigError: There is no such crawler, or its database is gone.
        DeniedError: Its role lacks a permission, which is named.
        RemoteError: It failed otherwise; the cause is that of its log.
        ScopeError: Glue refuses one of our own calls.
    """
    before = tables(clients, file.database)
    start(clients, file.name)
    wait(clients, file.name, watcher)
    crawls = history.crawls(clients, file.name, most=1)
    if not crawls:
        raise RemoteError(f"the crawl of {file.name} cannot be found", "Glue's history of crawls does not name it")
    done = crawls[0]
    said = tuple(history.complaints(clients, done))
    if done.state == "FAILED":
        raise failure(file, done, said)
    made = changes(before, tables(clients, file.database), done.partitions, file.name)
    return Crawled(done, tuple(made), said)


def start(clients: Clients, name: str) -> None:
    """Start a crawl.

    Raises:
        BusyError: One is under way.
        ConfigError: There is no such crawler.
        ScopeError: Glue refuses.
    """
    try:
        answer = clients.find("glue", "StartCrawler", clients.arn("glue", f"crawler/{name}"), Name=name)
    except ScopeError as error:
        if error.code != "CrawlerRunningException":
            raise
        hint = "see how it stands: gluepot crawler status; wait for its end, or stop it: gluepot crawler stop"
        raise BusyError(f"the crawler {name} is crawling already", error.why, hint) from error
    if answer is None:
        raise no_crawler(name)


def stop(clients: Clients, name: str) -> bool:
    """Ask a crawl to stop; says whether there was one.

    Raises:
        ConfigError: There is no such crawler.
        ScopeError: Glue refuses.
    """
    try:
        answer = clients.find("glue", "StopCrawler", clients.arn("glue", f"crawler/{name}"), Name=name)
    except ScopeError as error:
        if error.code in {"CrawlerNotRunningException", "CrawlerStoppingException"}:
            return error.code == "CrawlerStoppingException"
        raise
    if answer is None:
        raise no_crawler(name)
    return True


def wait(
    clients: Clients,
    name: str,
    watcher: Callable[[Look], None] = lambda _: None,
    *,
    looks: Backoff = LOOKS,
) -> None:
    """Wait until a crawler is at rest."""
    turn = 0
    while True:
        known = record(clients, name)
        if known["State"] == "READY":
            return
        watcher(Look(str(known["State"]), known.get("CrawlElapsedTime", 0) / 1000, _left(clients, name)))
        looks.wait(turn)
        turn += 1


def record(clients: Clients, name: str) -> dict[str, Any]:
    """Read a crawler's record.

    Raises:
        ConfigError: There is no such crawler.
        ScopeError: Glue refuses.
    """
    answer = clients.find("glue", "GetCrawler", clients.arn("glue", f"crawler/{name}"), Name=name)
    if answer is None:
        raise no_crawler(name)
    return dict(answer["Crawler"])


def no_crawler(name: str) -> ConfigError:
    """Say that there is no such crawler."""
    return ConfigError(f"there is no crawler {name}", "it has not been applied yet", "gluepot crawler apply -c FILE")


def failure(file: CrawlerFile, done: Crawl, said: Sequence[str]) -> GluepotError:
    """Say why a crawl failed: with the cause from its log, and the permission that is missing where one is."""
    what = f"the crawl of {file.name} failed"
    why = "; ".join(dict.fromkeys(filter(None, (done.error, *said)))) or "neither Glue nor its log says why"
    group, stream, _ = done.log
    denied = _DENIED.search(why)
    if denied:
        action, resource = denied["action"], (denied["resource"] or "").rstrip(".,")
        text = json.dumps(statement(action, resource))
        hint = (
            f"the role {file.role_name} needs {text}: gluepot crawler plan shows whether somebody changed it, and "
            "apply --force sets it right; else a permissions boundary or the bucket's own policy denies it"
        )
        return DeniedError(what, why, hint, code="AccessDenied", action=action, resource=resource)
    if "Access Denied" in why or "AccessDenied" in why:
        hint = "look at the policies of the target's bucket, and at kms_key where its files are encrypted with a key"
        return DeniedError(what, why, hint, code="AccessDenied")
    return RemoteError(what, why, f"its log is the stream {stream} of {group}; mend the cause, then run again")


def _left(clients: Clients, name: str) -> float | None:
    try:
        arn = clients.arn("glue", f"crawler/{name}")
        metrics = clients.call("glue", "GetCrawlerMetrics", arn, CrawlerNameList=[name])["CrawlerMetricsList"]
    except GluepotError:
        return None  # only what is shown would be richer
    if not metrics or metrics[0].get("StillEstimating", True):
        return None
    return float(metrics[0].get("TimeLeftSeconds", 0.0)) or None
