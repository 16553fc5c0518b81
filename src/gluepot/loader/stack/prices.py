"""What a plan's resources cost, from its unit prices: standing, and for each run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.loader.stack.jobfile import WORKER_TYPE, WORKERS
from gluepot.loader.stack.jobsize import DPUS, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.estimate import Cost
    from gluepot.loader.stack.names import Names

MB: Final = 10**6

HOUR: Final = 60
"""Minutes. A run is billed by the second, for one minute at least (https://aws.amazon.com/glue/pricing/)."""


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the price list.

    Args:
        what: What is paid for.
        dollars: US dollars.
        per: For what: `month`, `run`, `hour of a run`, `TB scanned`.
        note: How it comes about.
    """

    what: str
    dollars: float
    per: str
    note: str = ""


def prices(file: PlanFile, names: Names) -> tuple[Price, ...]:
    """List what a plan's resources cost; roles, policies, connections and definitions cost nothing.

    Args:
        file: The plan file.
        names: What its resources are called.
    """
    listed = [Price("objects in S3", file.prices.s3_gb_month, "GB and month")]
    if names.secret:
        listed.append(Price(f"secret {names.secret}", file.prices.secret_month, "month"))
    if file.engine == "glue" or file.route == "jdbc":
        listed += run_prices(file, names)
    listed.append(Price(f"statements in workgroup {names.workgroup}", file.prices.athena_per_tb, "TB scanned"))
    return tuple(listed)


def run_prices(file: PlanFile, names: Names) -> tuple[Price, ...]:
    """List what a run of the job costs: an hour of it, the least, and the most before its timeout ends it."""
    kind = file.glue.worker_type or WORKER_TYPE
    workers = max(file.glue.workers or WORKERS, WORKERS)
    units = workers * DPUS[kind]
    each = file.prices.dpu_hour_flex if file.glue.flex else file.prices.dpu_hour
    hour = units * each
    note = f"{workers} workers {kind}: {units} DPU at {each:g} USD an hour{', flex' if file.glue.flex else ''}"
    if not file.glue.workers:
        note += "; a load takes more of them where its estimate says so"
    most = hour * file.glue.timeout_minutes / HOUR
    return (
        Price(f"job {names.job}", hour, "hour of a run", note),
        Price(f"job {names.job}", hour / HOUR, "run at the least", "one minute is billed at the least"),
        Price(f"job {names.job}", most, "run at the most", f"it is stopped after {file.glue.timeout_minutes} minutes"),
    )


def estimated(file: PlanFile, names: Names, costs: Iterable[Cost]) -> tuple[Price, ...]:
    """List what one load of the source as it is now costs.

    Args:
        file: The plan file.
        names: What its resources are called.
        costs: What loading each table takes.
    """
    given = list(costs)
    rows, size = sum(cost.rows for cost in given), sum(cost.bytes for cost in given)
    about = "" if all(cost.exact for cost in given) else "about "
    note = f"{about}{rows:,} rows, {size / MB:,.1f} MB in {len(given)} tables; their storage for a month"
    listed = [Price("requests to source and S3", sum(cost.dollars for cost in given), "load", note)]
    if file.engine == "glue":
        job = size_of(file, given)
        minutes = f"about {job.seconds / HOUR:.0f} minutes, a guess"
        size_note = f"{job.workers} workers {job.worker_type}: {job.dpus} DPU for {minutes}"
        listed.append(Price(f"job {names.job}", job.dollars, "load", size_note))
    whole = sum(cost.athena_dollars for cost in given)
    return (*listed, Price("a statement that reads all of it", whole, "statement"))
