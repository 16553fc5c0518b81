"""What a crawl will cost: from what is listed, and from what earlier crawls took, where there are any. Pure.

A crawler bills DPU-hours by the second, ten minutes at least (https://aws.amazon.com/glue/pricing/). How many DPUs it
takes and how fast it reads AWS does not promise: the file's section `prices` says what is assumed.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gluepot.crawler import schedule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from gluepot.crawler.crawlerfile import CrawlerFile, CrawlPrices
    from gluepot.crawler.history import Crawl
    from gluepot.crawler.listing import Size

LATELY: Final = 5
"""Earlier crawls that are looked at."""

PAGE: Final = 1000
HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one crawl, and a month of them, will cost, in US dollars.

    Args:
        basis: `assumed`, or `measured` by earlier crawls.
        minutes: Minutes that it lasts.
        billed_minutes: Minutes that are billed.
        dpu_hours: DPU-hours that are billed.
        lists: LIST requests.
        gets: GET requests.
        glue: Dollars to Glue.
        s3: Dollars for the requests.
        runs_a_month: How often the schedule fires; 0 without one.
        earlier: DPU-hours of the crawls that were looked at, the newest first.
    """

    basis: Literal["assumed", "measured"]
    minutes: float
    billed_minutes: float
    dpu_hours: float
    lists: int
    gets: int
    glue: float
    s3: float
    runs_a_month: int = 0
    earlier: tuple[float, ...] = ()

    @property
    def dollars(self) -> float:
        """What one crawl costs."""
        return self.glue + self.s3

    @property
    def a_month(self) -> float:
        """What the schedule costs in 30 days."""
        return self.dollars * self.runs_a_month


def estimate(file: CrawlerFile, sizes: Sequence[Size], crawls: Sequence[Crawl], today: dt.date) -> Estimate:
    """Estimate a crawl.

    Args:
        file: The crawler's file, with prices and assumptions.
        sizes: What the targets hold.
        crawls: Earlier crawls, the newest first; those that ended well count.
        today: The day from which a month is counted.
    """
    prices = file.prices
    files = sum(size.files for size in sizes)
    lists = sum(size.pages for size in sizes)
    earlier = tuple(crawl.dpu_hours for crawl in crawls if crawl.state == "COMPLETED" and crawl.dpu_hours)[:LATELY]
    minutes = _measured_minutes(crawls) if earlier else prices.start_minutes + files / prices.files_per_minute
    billed = max(minutes, prices.minimum_minutes)
    hours = _measured_hours(earlier, prices) if earlier else billed / HOUR * prices.dpus
    return Estimate(
        basis="measured" if earlier else "assumed",
        minutes=minutes,
        billed_minutes=billed,
        dpu_hours=hours,
        lists=lists,
        gets=files,
        glue=hours * prices.dpu_hour,
        s3=(lists * prices.s3_lists_per_thousand + files * prices.s3_gets_per_thousand) / PAGE,
        runs_a_month=schedule.runs_a_month(file.schedule, today) if file.schedule else 0,
        earlier=earlier,
    )


def assumptions(file: CrawlerFile, made: Estimate) -> list[str]:
    """Say what an estimate assumes, for people."""
    prices = file.prices
    lines = [f"a crawl bills {prices.minimum_minutes:g} minutes at least, at {prices.dpu_hour:g} USD for a DPU-hour"]
    if made.basis == "measured":
        lines.append(
            f"as the last {len(made.earlier)} crawls took: {', '.join(f'{dpu:.3f}' for dpu in made.earlier)} DPU-hours"
        )
    else:
        lines.append(
            f"{prices.dpus:g} DPUs, {prices.start_minutes:g} minutes to begin, {prices.files_per_minute:,.0f} files a "
            "minute: AWS promises none of these; set them in section prices"
        )
    lines.append("each file takes one GET request; what a crawler reads of it depends on its format")
    lines.append(f"prices of {prices.date} are examples: check them against AWS's pages")
    return lines


def _measured_hours(earlier: Sequence[float], prices: CrawlPrices) -> float:
    """Take what earlier crawls used; what Glue tells is what they used, and the minimum is billed at least."""
    return max(statistics.median(earlier), prices.minimum_minutes / HOUR * prices.dpus)


def _measured_minutes(crawls: Sequence[Crawl]) -> float:
    lasted = [crawl.seconds / HOUR for crawl in crawls if crawl.state == "COMPLETED"][:LATELY]
    return statistics.median(lasted) if lasted else 0.0
