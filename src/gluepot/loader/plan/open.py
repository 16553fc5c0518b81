"""A plan file's source and target, open, and the plan between them."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gluepot.errors import GluepotError, SourceError, UnreachableError
from gluepot.loader.core.connect import connect, lake_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gluepot.cassandra.connect import Connected
    from gluepot.cassandra.cql import Table
    from gluepot.lake.commit.lake import Lake
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.planning import PlannedLoad

T = TypeVar("T")

AT_ONCE: Final = 4
"""Tables that are looked at side by side: most of that time is spent waiting."""


@dataclass(frozen=True, slots=True)
class OpenPlan:
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
    planned: PlannedLoad


@contextlib.contextmanager
def open_plan(file: PlanFile) -> Iterator[OpenPlan]:
    """Connect to a plan file's source, and plan; nothing is written anywhere.

    Raises:
        ConfigError: The password, the token, the keyspace or the bundle is wrong.
        UnreachableError: The source does not answer.
    """
    with connect(file.source) as source:
        yield OpenPlan(file, source, lake_of(file.target), make_plan(file, source))


def make_plan(file: PlanFile, source: Connected) -> PlannedLoad:
    """Plan a load: read the keyspace's schema, estimate and sample the tables that are chosen.

    What lies in the source and keeps one table from being planned costs that table: `PlannedLoad.unplanned` has it.

    Raises:
        ConfigError: There is no such keyspace, or its cluster cannot be read by tokens.
        UnreachableError: The source does not answer, whatever is asked.
    """
    from gluepot.cassandra import schema, splits  # noqa: PLC0415 - the driver is slow to load
    from gluepot.cassandra.selecting import check_partitioner  # noqa: PLC0415 - likewise
    from gluepot.cassandra.sizes import UNSEEN  # noqa: PLC0415 - likewise
    from gluepot.loader.plan import maskchecks, planning, sampling  # noqa: PLC0415 - pyarrow is slow to load

    session = source.session
    tables = {table.name: table for table in schema.keyspace(session, file.source.keyspace)}
    check_partitioner(session)
    picked = planning.chosen(file, tuple(tables.values()))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="plan") as pool:
        asked = Asked(pool, {table.name: _unreadable(table) for table in picked if table.unreadable})
        # what is masked is refused: without the permission that is missing, some of it cannot even be counted
        seen = [table for table in picked if not maskchecks.hidden(table, file.of(table.name))]
        sizes = {table.name: UNSEEN for table in picked} | asked.each(seen, lambda one: splits.estimate(session, one))
        samples = asked.each(
            seen, lambda table: sampling.sample(session, table, sampling.undecided(table, file.of(table.name)))
        )
        made = planning.plan(file, source.cluster_name, tuple(tables.values()), sizes, samples, asked.failed)
        made = planning.of_cluster(made, source.own_name)
        wanted = {table.source: table for table in made.partitioned()}
        parts = [tables[name] for name in wanted]
        spreads = asked.each(parts, lambda table: sampling.spread(session, wanted[table.name], table))
        tries = asked.each(
            [tables[name] for name in made.clear() if name in samples],
            lambda table: [
                sampling.tried(session, one, table, sampling.declared(one, file.of(table.name)))
                for one in made.clear()[table.name]
            ],
        )
    _raise_unreachable(asked.failed, len(picked))
    made = planning.tried(planning.without(made, asked.failed, file), tries)
    return planning.weighed(made, file, sizes, spreads, is_astra=source.is_astra)


@dataclass(frozen=True, slots=True)
class Asked:
    """Asks something of many tables at once; one that cannot be answered for is left out from then on.

    Args:
        pool: Where that is done.
        failed: Per table, why it is left out.
    """

    pool: ThreadPoolExecutor
    failed: dict[str, GluepotError]

    def each(self, tables: Sequence[Table], ask: Callable[[Table], T]) -> dict[str, T]:
        """Ask of every table that has not failed yet; gives the answers by name."""
        waiting = {table.name: self.pool.submit(ask, table) for table in tables if table.name not in self.failed}
        found = {}
        for name, answer in waiting.items():
            try:
                found[name] = answer.result()
            except GluepotError as error:
                self.failed[name] = error
        return found


def _unreadable(table: Table) -> GluepotError:
    return SourceError(f"{table.keyspace}.{table.name} cannot be read", table.unreadable)


def _raise_unreachable(failed: dict[str, GluepotError], tables: int) -> None:
    """Raise where not one table could be asked: the source is away, rather than its tables."""
    if tables and len(failed) == tables and all(isinstance(error, UnreachableError) for error in failed.values()):
        raise next(iter(failed.values()))
