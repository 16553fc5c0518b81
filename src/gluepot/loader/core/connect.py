"""From a plan file's sections to what they name: the source, the lake, and how readers wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.aws.access import access_of, region_named
from gluepot.aws.secrets import resolve
from gluepot.waiting.patience import SECONDS

if TYPE_CHECKING:
    from gluepot.cassandra.connect import Connected
    from gluepot.cassandra.patience import Patience
    from gluepot.cassandra.source import Source
    from gluepot.lake.commit.lake import Lake
    from gluepot.loader.core.planfile import PlanFile, TargetSection


def connect(source: Source) -> Connected:
    """Connect to a plan file's source; its secrets may be in AWS Secrets Manager.

    Raises:
        ConfigError: The password, the token or the bundle is wrong.
        UnreachableError: The source does not answer.
    """
    from gluepot.cassandra.connect import connect  # noqa: PLC0415 - beside its use

    return connect(source, resolve)


def lake_of(target: TargetSection) -> Lake:
    """Open a plan file's target; nothing is called yet."""
    from gluepot.lake.commit.lake import Lake  # noqa: PLC0415 - pyiceberg is slow to load

    return Lake.open(access_of(target, target.role), region_named(target.region, target.profile), target.database)


def patience_of(file: PlanFile) -> Patience:
    """Say how readers wait, from the plan file's limits."""
    from gluepot.cassandra.patience import ASTRA_RATE, Patience  # noqa: PLC0415 - beside its use

    limits, rate = file.limits, file.limits.requests_per_second
    if rate is None:
        rate = ASTRA_RATE if file.source.is_astra else 0
    return Patience(timeout=limits.timeout, budget=limits.patience or SECONDS, requests_per_second=float(rate))
