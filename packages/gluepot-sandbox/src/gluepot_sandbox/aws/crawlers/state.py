"""What the emulator knows of crawlers, and the records that answer for them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws.crawlers.reports import LOG_GROUP, Report

if TYPE_CHECKING:
    from collections.abc import Mapping

Key = tuple[str, str, str]
"""Account, region, name."""

DPUS: Final = 2
"""DPUs that a crawl is said to have used (AWS Glue pricing, the example of a crawler)."""

_SHOWN: Final = {"RUNNING": "RUNNING", "COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "STOPPED": "CANCELLED"}


@dataclass
class CrawlRecord:
    """One crawl, running or over."""

    report: Report
    state: str = "RUNNING"
    began: float = field(default_factory=time.time)
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return (self.ended or time.time()) - self.began


@dataclass
class Crawler:
    """One crawler: what it was told, what it has seen, and its crawls, the oldest first."""

    account: str
    region: str
    name: str
    given: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    version: int = 1
    state: str = "READY"
    seen: set[str] = field(default_factory=set)
    looking: set[str] = field(default_factory=set)
    crawls: list[CrawlRecord] = field(default_factory=list)

    def begin(self) -> CrawlRecord:
        """Begin a crawl."""
        self.state = "RUNNING"
        self.looking = set()
        self.crawls.append(CrawlRecord(Report(str(uuid.uuid4()))))
        return self.crawls[-1]

    def end(self, crawl: CrawlRecord) -> None:
        """End it."""
        crawl.ended = time.time()
        stopped = self.state == "STOPPING"
        crawl.state = "STOPPED" if stopped else "FAILED" if crawl.report.failed else "COMPLETED"
        if crawl.state == "COMPLETED":
            self.seen = self.looking
        self.state = "READY"

    def record(self) -> dict[str, Any]:
        """Write the record as GetCrawler answers it."""
        given = {key: value for key, value in self.given.items() if key not in {"Schedule", "Tags"}}
        record = {
            "Classifiers": [],
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            "SchemaChangePolicy": {
                "UpdateBehavior": "UPDATE_IN_DATABASE",
                "DeleteBehavior": "DEPRECATE_IN_DATABASE",
            },
            "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
            "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
            **given,
            "Role": str(given["Role"]).rpartition("/")[2],  # told by name, whatever was given
            "State": self.state,
            "CrawlElapsedTime": int(self.crawls[-1].seconds * 1000) if self.state != "READY" else 0,
            "CreationTime": self.created,
            "LastUpdated": self.updated,
            "Version": self.version,
        }
        if self.given.get("Schedule"):
            record["Schedule"] = {"ScheduleExpression": self.given["Schedule"], "State": "SCHEDULED"}
        over = [crawl for crawl in self.crawls if crawl.state != "RUNNING"]
        return {**record, **({"LastCrawl": self._last(over[-1])} if over else {})}

    def _last(self, crawl: CrawlRecord) -> dict[str, Any]:
        record = {"Status": _SHOWN[crawl.state], **self._where(crawl), "StartTime": crawl.began}
        return {**record, **({"ErrorMessage": crawl.report.failed} if crawl.report.failed else {})}

    def _where(self, crawl: CrawlRecord) -> dict[str, Any]:
        return {"LogGroup": LOG_GROUP, "LogStream": self.name, "MessagePrefix": crawl.report.crawl}

    def history(self) -> list[dict[str, Any]]:
        """Write its crawls as ListCrawls answers them, the newest first."""
        return [self._history(crawl) for crawl in reversed(self.crawls)]

    def _history(self, crawl: CrawlRecord) -> dict[str, Any]:
        record = {
            "CrawlId": crawl.report.crawl,
            "State": crawl.state,
            "StartTime": crawl.began,
            **self._where(crawl),
            "DPUHour": round(max(crawl.seconds, 1) / 3600 * DPUS, 6),
            "Summary": crawl.report.summary(),
        }
        if crawl.ended:
            record["EndTime"] = crawl.ended
        return {**record, **({"ErrorMessage": crawl.report.failed} if crawl.report.failed else {})}

    def metrics(self) -> dict[str, Any]:
        """Write its metrics as GetCrawlerMetrics answers them."""
        lasted = sorted(crawl.seconds for crawl in self.crawls if crawl.ended)
        counts = {
            key: sum(len(crawl.report.tables[key]) for crawl in self.crawls) for key in ("ADD", "UPDATE", "DELETE")
        }
        return {
            "CrawlerName": self.name,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": self.state == "RUNNING" and not lasted,
            "LastRuntimeSeconds": self.crawls[-1].seconds if lasted else 0.0,
            "MedianRuntimeSeconds": lasted[len(lasted) // 2] if lasted else 0.0,
            "TablesCreated": counts["ADD"],
            "TablesUpdated": counts["UPDATE"],
            "TablesDeleted": counts["DELETE"],
        }


def is_refused(given: Mapping[str, Any]) -> str:
    """Say what Glue refuses in a crawler's input; empty for nothing."""
    if (given.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY":
        policy = given.get("SchemaChangePolicy") or {}
        if (policy.get("UpdateBehavior"), policy.get("DeleteBehavior")) != ("LOG", "LOG"):
            return (
                'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior '
                "value and LOG UpdateBehavior value."
            )
    targets = (given.get("Targets") or {}).get("S3Targets", ())
    sizes = [target["SampleSize"] for target in targets if "SampleSize" in target]
    if any(not 1 <= size <= 249 for size in sizes):  # noqa: PLR2004 - Glue's own bounds
        return "Sample size should be between 1 and 249."
    if not targets:
        return "At least one crawl target is required."
    return ""
