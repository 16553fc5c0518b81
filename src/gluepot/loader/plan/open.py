"""What a plan file names, opened: the source, the lake, and the plan between them."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gluepot.aws.access import Access, Step
from gluepot.collector.settings import resolve
from gluepot.config.model import RoleStep
from gluepot.errors import ConfigError
from gluepot.loader.core import planfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from gluepot.cassandra.connect import Connected, Source
    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.patience import Patience
    from gluepot.lake.commit.staging import Lake
    from gluepot.loader.core.engine import Engine
    from gluepot.loader.core.planfile import PlanFile, SourceSection, TargetSection
    from gluepot.loader.plan.planning import Planned
    from gluepot.secret import Secret

T = TypeVar("T")

AT_ONCE: Final = 4
"""Tables that are looked at side by side: most of that time is spent waiting."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A plan file with everything it names.

    Args:
        file: The plan file.
        source: The connection to the keyspace's cluster.
        lake: Where tables go.
        planned: The plan, with what it refuses.
    """

    file: PlanFile
    source: Connected
    lake: Lake
    planned: Planned

    def raise_refusals(self) -> None:
        """Raise one error for all that the plan refuses.

        Raises:
            ConfigError: It refuses something.
        """
        refusals = self.planned.refusals
        if not refusals:
            return
        lines = [
            f"\n  - {one.table + ': ' if one.table else ''}{one.what}; {one.offer or one.hint}" for one in refusals
        ]
        hint = "gluepot load plan shows all of it; --write adds the lines that it offers"
        raise ConfigError(f"the plan cannot be loaded: {len(refusals)} to mend", "".join(lines), hint)


@contextlib.contextmanager
def opened(file: PlanFile) -> Iterator[Opened]:
    """Connect to a plan file's source, and plan; nothing is written anywhere.

    Raises:
        ConfigError: The password, the token, the keyspace or the bundle is wrong.
        UnreachableError: The source does not answer.
    """
    from gluepot.cassandra.connect import connect  # noqa: PLC0415 - the driver is slow to load

    with connect(source_of(file.source), resolve) as source:
        yield Opened(file, source, lake_of(file.target), planned(file, source))


def planned(file: PlanFile, source: Connected) -> Planned:
    """Plan a load: read the keyspace's schema, estimate and sample the tables that are chosen.

    Raises:
        ConfigError: There is no such keyspace.
    """
    from gluepot.cassandra import schema, splits  # noqa: PLC0415 - the driver is slow to load
    from gluepot.loader.plan import planning, sampling  # noqa: PLC0415 - pyarrow is slow to load

    session = source.session
    tables = {one.name: one for one in schema.keyspace(session, file.source.keyspace)}
    picked = planning.chosen(file, tuple(tables.values()))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="plan") as pool:
        sizes = _each(pool, picked, lambda one: splits.estimate(session, one))
        samples = _each(
            pool, picked, lambda one: sampling.sample(session, one, sampling.undecided(one, file.of(one.name)))
        )
        made = planning.plan(file, source.cluster_name, tuple(tables.values()), sizes, samples)
        wanted = {one.source: one for one in made.partitioned()}
        parts = [tables[name] for name in wanted]
        spreads = _each(pool, parts, lambda one: sampling.spread(session, wanted[one.name], one))
    return planning.weighed(made, file, sizes, spreads, is_astra=source.is_astra)


def _each(pool: ThreadPoolExecutor, tables: Sequence[Table], ask: Callable[[Table], T]) -> dict[str, T]:
    return dict(zip([one.name for one in tables], pool.map(ask, tables), strict=True))


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

    region = target.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    return Lake.open(access_of(target), region, target.database)


def access_of(target: TargetSection) -> Access:
    """Say how a plan file's target is reached."""
    roles = (target.role,) if isinstance(target.role, str) else (target.role or ())
    steps = [one if isinstance(one, RoleStep) else RoleStep(arn=one) for one in roles]
    return Access(
        key=_plain(target.key),
        secret=_plain(target.secret),
        profile=target.profile,
        steps=tuple(
            Step(arn=one.arn, external_id=_plain(one.external_id), seconds=one.session_duration or 0) for one in steps
        ),
    )


def engine_of(file: PlanFile) -> AbstractContextManager[Engine]:
    """Open the engine that a plan file asks for; to add one, add its module here, with an `opened`.

    Raises:
        ConfigError: The plan file asks it for what it cannot do.
        MissingExtraError: It needs an extra that is not installed.
    """
    from gluepot.loader.engines import local, spark  # noqa: PLC0415 - pyarrow is slow to load

    openers: dict[str, Callable[[PlanFile], AbstractContextManager[Engine]]] = {
        "local": local.opened,
        "spark": spark.opened,
    }
    return openers[file.engine](file)


def patience_of(file: PlanFile, *, is_astra: bool) -> Patience:
    """Say how readers wait, from the plan file's limits."""
    from gluepot.cassandra.patience import ASTRA_RATE, Patience  # noqa: PLC0415 - beside its use

    limits = file.limits
    rate = limits.requests_per_second if limits.requests_per_second is not None else (ASTRA_RATE if is_astra else 0)
    return Patience(timeout=limits.timeout, budget=limits.patience, requests_per_second=float(rate))


def _plain(secret: Secret | None) -> str:
    return secret.reveal(resolve) if secret else ""
