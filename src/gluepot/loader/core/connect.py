"""From a plan file's sections to what they name: the source, the lake, and how readers wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.aws.access import access_of, region_named
from gluepot.aws.secrets import resolve
from gluepot.loader.core import planfile

if TYPE_CHECKING:
    from gluepot.cassandra.connect import Connected, Source
    from gluepot.cassandra.patience import Patience
    from gluepot.lake.commit.staging import Lake
    from gluepot.loader.core.planfile import PlanFile, SourceSection, TargetSection


def connect(section: SourceSection) -> Connected:
    """Connect to a plan file's source.

    Raises:
        ConfigError: The password, the token or the bundle is wrong.
        UnreachableError: The source does not answer.
    """
    from gluepot.cassandra.connect import connect  # noqa: PLC0415 - beside its use

    return connect(source_of(section), resolve)


def source_of(section: SourceSection) -> Source:
    """Say where a plan file's source is, as the connection wants to hear it."""
    from gluepot.cassandra.bundle import DEVOPS  # noqa: PLC0415 - beside its use
    from gluepot.cassandra.connect import Source  # noqa: PLC0415 - beside its use

    tls = section.tls if isinstance(section.tls, planfile.Tls) else planfile.Tls()
    return Source(
        contact_points=section.contact_points,
        port=section.port,
        user=section.user,
        password=section.password,
        datacenter=section.datacenter,
        tls=bool(section.tls),
        ca=tls.ca,
        cert=tls.cert,
        key=tls.key,
        verify=tls.verify,
        database=section.database,
        region=section.region,
        token=section.token,
        bundle=section.bundle,
        devops_url=section.devops_url or DEVOPS,
        consistency=section.consistency,
    )


def lake_of(target: TargetSection) -> Lake:
    """Open a plan file's target; nothing is called yet."""
    from gluepot.lake.commit.staging import Lake  # noqa: PLC0415 - pyiceberg is slow to load

    return Lake.open(access_of(target, target.role), region_named(target.region), target.database)


def patience_of(file: PlanFile, *, is_astra: bool) -> Patience:
    """Say how readers wait, from the plan file's limits."""
    from gluepot.cassandra.patience import ASTRA_RATE, Patience  # noqa: PLC0415 - beside its use

    limits = file.limits
    rate = limits.requests_per_second if limits.requests_per_second is not None else (ASTRA_RATE if is_astra else 0)
    return Patience(timeout=limits.timeout, budget=limits.patience, requests_per_second=float(rate))
