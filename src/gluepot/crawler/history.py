"""A crawler's crawls, as ListCrawls tells them, and the lines that they wrote to CloudWatch Logs."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.errors import GluepotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gluepot.aws.clients import Clients

LINES: Final = 1000
"""Lines of a log that are looked at, the newest ones."""

PAGES: Final = 5
"""Pages of a log that are asked for: CloudWatch may answer empty ones before the last."""

_TOLD: Final = re.compile(r"^\[[^\]]*\]\s*(?P<kind>ERROR|WARN|INFO|BENCHMARK)\s*:\s*(?P<text>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Crawl:
    """One crawl.

    Args:
        id: Its id.
        state: RUNNING, COMPLETED, FAILED or STOPPED.
        began: Seconds since 1970.
        seconds: How long it lasted, or has lasted.
        dpu_hours: DPU-hours that it used.
        error: Why it failed, as Glue says it.
        partitions: Table -> partitions that it added.
        log: Log group, stream, and what begins its lines.
    """

    id: str
    state: str
    began: float
    seconds: float
    dpu_hours: float
    error: str = ""
    partitions: Mapping[str, int] = field(default_factory=dict)
    log: tuple[str, str, str] = ("", "", "")


def crawls(clients: Clients, name: str, most: int = 20) -> list[Crawl]:
    """List a crawler's crawls, the newest first; none where there is no such crawler.

    Raises:
        ScopeError: Glue refuses; what is missing is named.
    """
    arn = clients.arn("glue", f"crawler/{name}")
    answer = clients.find("glue", "ListCrawls", arn, CrawlerName=name, MaxResults=most)
    found = sorted((answer or {}).get("Crawls", []), key=lambda crawl: crawl["StartTime"], reverse=True)
    return [_crawl(crawl) for crawl in found]


def complaints(clients: Clients, crawl: Crawl) -> list[str]:
    """Give the warnings and errors that a crawl logged, each once; none where its log cannot be read."""
    found = []
    with contextlib.suppress(GluepotError):  # the crawl's own state says the rest
        for line in _lines(clients, crawl):
            match = _TOLD.match(line)
            if match and match["kind"] in {"ERROR", "WARN"}:
                found.append(match["text"].strip())
    return list(dict.fromkeys(found))


def added_partitions(summary: str) -> dict[str, int]:
    r"""Count the partitions that a summary says were added, by table.

    The service writes JSON with JSON texts inside: `{"PARTITION": {"ADD": "{\\"Details\\": {"t": [...]}}"}}`; whatever
    cannot be read counts as nothing.
    """
    with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError, UnicodeError, AttributeError, TypeError):
        added = msgspec.json.decode(summary or "{}").get("PARTITION", {}).get("ADD", "{}")
        inner = msgspec.json.decode(added) if isinstance(added, str) else added
        return {str(table): len(values) for table, values in inner.get("Details", {}).items()}
    return {}


def _crawl(answer: Mapping[str, Any]) -> Crawl:
    began = answer["StartTime"].timestamp()
    ended = answer["EndTime"].timestamp() if "EndTime" in answer else began
    return Crawl(
        id=str(answer["CrawlId"]),
        state=str(answer["State"]),
        began=began,
        seconds=ended - began,
        dpu_hours=float(answer.get("DPUHour", 0.0)),
        error=str(answer.get("ErrorMessage", "")),
        partitions=added_partitions(str(answer.get("Summary", ""))),
        log=(str(answer.get("LogGroup", "")), str(answer.get("LogStream", "")), str(answer.get("MessagePrefix", ""))),
    )


def _lines(clients: Clients, crawl: Crawl) -> Iterator[str]:
    group, stream, mark = crawl.log
    given: dict[str, Any] = {"logGroupName": group, "logStreamName": stream, "startFromHead": False, "limit": LINES}
    given["startTime"] = int(crawl.began * 1000)
    if not group:
        return
    arn = clients.arn("logs", f"log-group:{group}:log-stream:{stream}")
    for _ in range(PAGES):
        page = clients.find("logs", "GetLogEvents", arn, **given)
        if page is None:
            return
        yield from (str(event["message"]) for event in page["events"] if mark in event["message"])
        if page["events"] or page.get("nextBackwardToken") == given.get("nextToken"):
            return
        given["nextToken"] = page["nextBackwardToken"]
