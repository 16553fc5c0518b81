"""What a plan file names, opened: the source, the lake, and the plan between them."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gluepot.aws.secrets import resolve
from gluepot.errors import ConfigError
from gluepot.loader.core.connect import lake_of, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gluepot.cassandra.connect import Connected
    from gluepot.cassandra.cql import Table
    from gluepot.lake.commit.staging import Lake
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.planning import Planned

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
