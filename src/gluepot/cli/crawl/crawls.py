"""What `gluepot crawler` shows: plans with their price, crawls with what they did, and how a crawler stands."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from typing import TYPE_CHECKING, Any, Self

from gluepot.cli import say
from gluepot.cli.aws import resources
from gluepot.cli.collect.progress import LOG_SECONDS, bars, draws
from gluepot.text import counted, lasting, sized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.crawler.crawl import PlannedCrawler, Status
    from gluepot.crawler.crawlerfile import CrawlerFile
    from gluepot.crawler.running import Crawled, Look
    from gluepot.crawler.tables import TableChange

MINUTE = 60
QUIET = 5
"""Seconds that a listing may take before it is told of."""


# plan ------------------------------------------------------------------------------------------------


def show_plan(file: CrawlerFile, planned: PlannedCrawler) -> None:
    """Print a plan: resources with their differences, targets with their sizes, the price and what it assumes."""
    resources.show_changes(planned.changes)
    say.data("")
    rows: list[Sequence[object]] = [("TARGET", "OBJECTS", "BYTES", "LEFT OUT", "FOLDERS", "FILES READ")]
    for size in planned.sizes:
        least = "" if size.is_whole else ">="
        cells = (f"{least}{size.objects:,}", f"{least}{sized(size.size)}", f"{size.left_out:,}")
        rows.append((size.path, *cells, f"{size.folders:,}", f"{size.files:,}"))
    say.data(say.table(rows, right=frozenset({1, 2, 3, 4, 5})))
    if file.recrawl == "new_folders":
        say.data("folders and files: of folders that are new since the last crawl")
    _price(file, planned)


def _price(file: CrawlerFile, planned: PlannedCrawler) -> None:
    from gluepot.crawler.estimate import assumptions  # noqa: PLC0415 - lazy: start-up

    made = planned.estimate
    requests = f"{made.lists:,} LIST and {made.gets:,} GET requests"
    took = f"{made.dpu_hours:.3f} DPU-hours: {made.minutes:.1f} minutes, {made.billed_minutes:.1f} billed"
    say.data(f"a crawl: about {made.dollars:.4f} USD ({took}; {requests})")
    if made.runs_a_month:
        say.data(f"as scheduled: {made.runs_a_month:,} crawls in 30 days, about {made.a_month:.2f} USD")
    for line in assumptions(file, made):
        say.data(say.safe(f"  assumed: {line}"))


def plan_answer(planned: PlannedCrawler) -> dict[str, Any]:
    """Give a plan as JSON holds it."""
    made = planned.estimate
    money = {"dollars": made.dollars, "dollars_a_month": made.a_month}
    return {
        "changes": resources.changes_answer(planned.changes),
        "targets": [dataclasses.asdict(size) for size in planned.sizes],
        "estimate": {**dataclasses.asdict(made), **money},
    }


# crawls ----------------------------------------------------------------------------------------------


def show_crawl(file: CrawlerFile, crawled: Crawled) -> None:
    """Print what a crawl did, table by table."""
    done = crawled.crawl
    for change in crawled.changes:
        say.data("\n".join(_table(change)))
    counts = {table.change: sum(other.change == table.change for other in crawled.changes) for table in crawled.changes}
    summary = ", ".join(f"{count} {change}" for change, count in counts.items()) or "no table has changed"
    used = f"{done.dpu_hours:.3f} DPU-hours, {done.dpu_hours * file.prices.dpu_hour:.4f} USD before the minimum"
    say.data(
        say.safe(f"{done.state.lower()} in {lasting(done.seconds)}, {used}: {summary} in database {file.database}")
    )


def _table(change: TableChange) -> Iterator[str]:
    table = change.table
    head = f"{change.change:10} {table.name}  {table.format} at {table.location}"
    partitions = f", {counted(change.partitions, 'new partition')}" if change.partitions else ""
    yield say.safe(f"{head}{partitions}")
    for name, kind in change.added.items():
        key = " (partition key)" if name in table.keys else ""
        yield say.safe(f"    + {name} {kind}{key}")
    for name in change.dropped:
        yield say.safe(f"    - {name}")
    for name, (before, after) in (change.retyped or {}).items():
        yield say.safe(f"    ~ {name} {before} -> {after}")


def run_answer(file: CrawlerFile, crawled: Crawled) -> dict[str, Any]:
    """Give a crawl as JSON holds it."""
    return {
        "crawler": file.name,
        "database": file.database,
        "crawl": dataclasses.asdict(crawled.crawl),
        "tables": [dataclasses.asdict(change) for change in crawled.changes],
        "warnings": list(crawled.complaints),
    }


# status ----------------------------------------------------------------------------------------------


def show_status(file: CrawlerFile, found: Status) -> None:
    """Print how a crawler stands."""
    record = found.record
    schedule = record.get("Schedule", {})
    facts = [
        ("crawler", f"{record['Name']}: {record['State'].lower()}"),
        ("schedule", f"{schedule.get('ScheduleExpression', '')} {schedule.get('State', '').lower()}".strip() or "none"),
        ("database", f"{file.database}, {counted(len(found.tables), 'table')} of this crawler"),
    ]
    say.data(say.facts(facts))
    if found.crawls:
        say.data("")
        rows: list[Sequence[object]] = [("CRAWL BEGAN (UTC)", "STATE", "TOOK", "DPU-HOURS", "USD", "WHY")]
        rows += [
            (
                dt.datetime.fromtimestamp(crawl.began, dt.UTC).strftime("%Y-%m-%d %H:%M:%S"),
                crawl.state.lower(),
                lasting(crawl.seconds),
                f"{crawl.dpu_hours:.3f}",
                f"{crawl.dpu_hours * file.prices.dpu_hour:.4f}",
                crawl.error,
            )
            for crawl in found.crawls
        ]
        say.data(say.table(rows, right=frozenset({2, 3, 4})))
    if found.tables:
        say.data("")
        rows = [("TABLE", "FORMAT", "COLUMNS", "PARTITION KEYS", "LOCATION")]
        for table in found.tables:
            gone = " (deprecated)" if table.is_deprecated else ""
            rows.append((table.name + gone, table.format, len(table.columns), ", ".join(table.keys), table.location))
        say.data(say.table(rows, right=frozenset({2})))


def status_answer(file: CrawlerFile, found: Status) -> dict[str, Any]:
    """Give it as JSON holds it."""
    return {
        "crawler": file.name,
        "state": found.record["State"],
        "schedule": found.record.get("Schedule", {}).get("ScheduleExpression", ""),
        "crawls": [dataclasses.asdict(crawl) for crawl in found.crawls],
        "tables": [dataclasses.asdict(table) for table in found.tables],
    }


# progress --------------------------------------------------------------------------------------------


class Listing:
    """Shows how many objects have been listed, where that takes a while."""

    def __init__(self) -> None:
        """Say nothing yet."""
        self._due = time.monotonic() + QUIET

    def __enter__(self) -> Self:
        """Hand it out."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say nothing more."""

    def __call__(self, objects: int) -> None:
        """Hear how many there are so far."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + (2 if draws() else LOG_SECONDS)
            say.tell(f"listed {counted(objects, 'object')} so far")


class Crawling:
    """Shows that a crawl is under way: a bar on a terminal, a line now and then in a log.

    Args:
        name: The crawler.
    """

    def __init__(self, name: str) -> None:
        """Show nothing yet."""
        self._name = name
        self._bars: Any = None
        self._task: Any = None
        self._due = 0.0

    def __enter__(self) -> Self:
        """Begin."""
        if draws():
            self._bars = bars("{task.description}", "{task.fields[told]}")
            self._task = self._bars.add_task(f"crawling {self._name}", total=None, told="")
            self._bars.start()
        else:
            say.tell(f"crawling with {self._name}")
            self._due = time.monotonic() + LOG_SECONDS
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, look: Look) -> None:
        """Hear how it stands."""
        left = f", about {lasting(look.left)} left" if look.left else ""
        text = f"{look.state.lower()} for {lasting(look.seconds)}{left}"
        if self._bars is not None:
            total = look.seconds + look.left if look.left else None
            self._bars.update(self._task, told=text, total=total, completed=look.seconds)
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + LOG_SECONDS
            say.tell(f"{self._name}: {text}")
