"""How many workers a Glue job takes, of which kind, and what that costs: from the estimate of what is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.loader.plan.plancheck import FLEXIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.estimate import Cost

CORES: Final = {"G.1X": 4, "G.2X": 8, "G.4X": 16, "G.8X": 32}
DPUS: Final = {"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
"""Of one worker (https://docs.aws.amazon.com/glue/latest/dg/worker-types.html); a DPU is billed by the second."""

RATE: Final = 8_000_000
"""Bytes of the source that one core reads, converts and writes in a second: somewhat less than docs/scaling.md measured
on one machine. What it will be, the cluster that is read decides more often than the job does."""

AIM: Final = 1800
"""Seconds that a load is to take, where workers can be had for that."""

STARTING: Final = 120
"""Seconds until a job reads: machines, Python modules, the plan."""

SHORTEST: Final = 60
"""Seconds that are billed at least (AWS Glue pricing)."""

MOST: Final = 50
"""Workers of one kind before larger ones are taken; above the largest kind there is no further bound but Glue's."""

MOST_OF_ALL: Final = 299
"""Workers of a job (Glue's own bound for these worker types)."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a job gets.

    Args:
        worker_type: The kind of its workers.
        workers: How many, the driver's among them.
        seconds: How long the load may take, with this; a guess.
        dollars: What that costs, at the plan's prices.
        dollars_hour: What an hour costs.
    """

    worker_type: str
    workers: int
    seconds: float
    dollars: float
    dollars_hour: float

    @property
    def dpus(self) -> int:
        """DPUs of all workers."""
        return DPUS[self.worker_type] * self.workers


def size_of(file: PlanFile, costs: Iterable[Cost]) -> Size:
    """Choose what the plan file leaves open.

    The source's limit of requests bounds what workers are good for; spare capacity comes as the two small kinds only.

    Args:
        file: The plan file.
        costs: Per source table, what loading it takes.
    """
    given = list(costs)
    load = sum(cost.bytes for cost in given)
    limited = sum(cost.seconds for cost in given)  # by requests, whatever is read with
    cores = math.ceil(load / RATE / max(AIM, limited))
    kind = file.glue.worker_type or _kind(cores, flexible=file.glue.flex)
    readers = min(max(math.ceil(cores / CORES[kind]), 1), MOST_OF_ALL - 1)
    workers = max(file.glue.workers or readers + 1, 2)
    seconds = STARTING + max(load / RATE / ((workers - 1) * CORES[kind]), limited)
    price = file.prices.dpu_hour_flex if file.glue.flex else file.prices.dpu_hour
    hourly = DPUS[kind] * workers * price
    return Size(kind, workers, seconds, hourly * max(seconds, SHORTEST) / 3600, hourly)


def _kind(cores: int, *, flexible: bool) -> str:
    """Choose the smallest kind of worker of which not too many are needed."""
    kinds = [kind for kind in CORES if not flexible or kind in FLEXIBLE]
    return next((kind for kind in kinds if cores <= CORES[kind] * MOST), kinds[-1])
