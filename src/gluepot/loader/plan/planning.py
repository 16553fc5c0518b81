"""From a plan file and what the source says to a LoadPlan: pure, and everything that is wrong at once."""

from __future__ import annotations

import glob
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.config.tomledit import bare
from gluepot.core import machines
from gluepot.errors import SourceError
from gluepot.lake.types.names import is_legal, lake_names
from gluepot.loader.plan import estimate
from gluepot.loader.plan.columnchecks import LEGAL
from gluepot.loader.plan.refusal import Findings, raised
from gluepot.loader.plan.tableplan import TablePlan
from gluepot.plan.table import LoadPlan, PlannedTable
from gluepot.text import offered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.splits import Estimate
    from gluepot.errors import FidelityError, GluepotError
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.estimate import Cost
    from gluepot.loader.plan.refusal import Refusal
    from gluepot.loader.plan.sampling import Samples, Spread, Tried

ANY: Final = "*?["
"""What makes a pattern of a name."""


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A table that something in the source keeps from being planned: the others are loaded without it.

    Args:
        table: What is known of it: its names.
        error: What keeps it.
    """

    table: PlannedTable
    error: GluepotError


@dataclass(frozen=True, slots=True)
class PlannedLoad:
    """What planning came to.

    Args:
        plan: The plan; to be used only where nothing is refused.
        costs: Per source table, what loading it takes.
        refusals: What must be mended first.
        notes: What is worth knowing.
        errors: What the target answered, for each refusal that is only about the target.
        unplanned: Tables that the source keeps from being loaded, each with the reason.
    """

    plan: LoadPlan
    costs: dict[str, Cost] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[GluepotError, ...] = ()
    unplanned: tuple[Unplanned, ...] = ()

    def raise_refusals(self) -> None:
        """Raise one error for all that is refused.

        Raises:
            ConfigError: The plan has something to mend.
            GluepotError: Only the target refuses: its error's class tells whether trying again may help.
        """
        error = raised(self.refusals, self.errors)
        if error is not None:
            raise error

    def clear(self) -> dict[str, list[PlannedTable]]:
        """Give the tables of which nothing is refused, by source."""
        refused = {refusal.table for refusal in self.refusals}
        found: dict[str, list[PlannedTable]] = {}
        for table in self.plan.tables:
            if table.columns and table.source not in refused:
                found.setdefault(table.source, []).append(table)
        return found

    def partitioned(self) -> tuple[PlannedTable, ...]:
        """Give the tables whose partitions are to be sampled: those of which nothing is refused."""
        return tuple(table for tables in self.clear().values() for table in tables if table.partition)


def tried(planned: PlannedLoad, tries: Mapping[str, Sequence[Tried]]) -> PlannedLoad:
    """Refuse declared types that sampled rows do not fit: a load would end there.

    Args:
        planned: The plan.
        tries: What trying them came to, by source.
    """
    found = Findings(list(planned.refusals), list(planned.notes))
    for source, made in tries.items():
        for one in made:
            for error in one.unfit.values():
                found.refuse(source, f"{error.what}: {error.why}", _way_out(error, one))
    return replace(planned, refusals=tuple(found.refusals))


def _way_out(error: FidelityError, one: Tried) -> str:
    offers = [f'types.{bare(name)} = "{one.samples.decimal_of(name)[0]}"' for name in one.samples.whole]
    return f"{error.hint}; sampled rows fit {', '.join(offers)}" if offers else error.hint


def chosen(file: PlanFile, tables: Sequence[Table]) -> tuple[Table, ...]:
    """Choose the tables to load: those that the globs take; materialized views only where they are named."""
    return tuple(
        table
        for table in tables
        if (file.tables.names(table.name) if table.is_view else file.tables.matches(table.name))
    )


def plan(
    file: PlanFile,
    cluster: str,
    tables: Sequence[Table],
    sizes: Mapping[str, Estimate],
    samples: Mapping[str, Samples],
    failed: Collection[str] = (),
) -> PlannedLoad:
    """Make the plan.

    Args:
        file: The plan file.
        cluster: The source's name.
        tables: All tables of the keyspace.
        sizes: Estimates of those that are chosen.
        samples: What was sampled of their decimals.
        failed: Chosen tables that cannot be planned; they keep their names.
    """
    found = Findings()
    if file.engine == "glue" and not machines.for_glue():
        found.refuse("", machines.NO_CORE, machines.HINT)
    picked = chosen(file, tables)
    _check_chosen(file, tables, picked, found)
    names = _names(file, picked, found)
    made: list[PlannedTable] = []
    for table in (table for table in picked if table.name not in failed):
        table_plan = TablePlan(file, table, names[table.name], samples.get(table.name), found)
        made.extend(table_plan.planned(sizes[table.name]))
    _check_lake_names(made, found)
    stubs = tuple(_stub(table, names[table.name]) for table in picked if table.name in failed)
    every = tuple(made) + stubs
    result = LoadPlan(cluster=cluster, keyspace=file.source.keyspace, database=file.target.database, tables=every)
    return PlannedLoad(result, {}, tuple(found.refusals), tuple(found.notes))


def _stub(table: Table, name: str) -> PlannedTable:
    """Give the names of a table that cannot be planned."""
    return PlannedTable(
        source=table.name, keyspace=table.keyspace, source_id=table.id, name=name, location="", columns=()
    )


def without(planned: PlannedLoad, failed: Mapping[str, GluepotError], file: PlanFile) -> PlannedLoad:
    """Take tables out of a plan that something in the source keeps from being loaded.

    Args:
        planned: The plan.
        failed: Per source table, what keeps it.
        file: The plan file.
    """
    line = exclude_line(file, failed)
    firsts = {table.source: table for table in reversed(planned.plan.tables) if table.source in failed}
    left_out = (Unplanned(table, _costs_its_table(failed[name], line)) for name, table in sorted(firsts.items()))
    kept = tuple(table for table in planned.plan.tables if table.source not in failed)
    plan = msgspec.structs.replace(planned.plan, tables=kept)
    return replace(planned, plan=plan, unplanned=tuple(left_out))


def exclude_line(file: PlanFile, names: Iterable[str]) -> str:
    """Write the line that leaves tables out of a plan, beside those that it leaves out already."""
    escaped = [glob.escape(name) for name in names]
    return f"[tables] exclude = {json.dumps([*file.tables.exclude, *escaped], ensure_ascii=False)}"


def _costs_its_table(error: GluepotError, line: str) -> GluepotError:
    """Say what keeps a table as an error of the source, and how to do without the table."""
    hint = f"{error.hint}; or leave it out: {line}" if error.hint else f"leave it out: {line}"
    return SourceError(error.what, error.why, hint)


def of_cluster(planned: PlannedLoad, name: str) -> PlannedLoad:
    """Note in each table which cluster it is of, by the name that the cluster has itself."""
    tables = tuple(msgspec.structs.replace(table, cluster=name) for table in planned.plan.tables)
    return replace(planned, plan=msgspec.structs.replace(planned.plan, tables=tables))


def weighed(
    planned: PlannedLoad,
    file: PlanFile,
    sizes: Mapping[str, Estimate],
    spreads: Mapping[str, Spread],
    *,
    is_astra: bool,
) -> PlannedLoad:
    """Add what loading takes, and refuse partitions that would be too many.

    Args:
        planned: The plan.
        file: The plan file.
        sizes: Estimates of its tables, by source.
        spreads: What was sampled of the partitions of its tables, by source.
        is_astra: Whether reads are billed.
    """
    found = Findings(list(planned.refusals), list(planned.notes))
    costs: dict[str, Cost] = {}
    for source in dict.fromkeys(table.source for table in planned.plan.tables):
        tables = [table for table in planned.plan.tables if table.source == source]
        partitions = estimate.partitions_of(tables[0], spreads.get(source), sizes[source].rows)
        cost = estimate.cost(tables, sizes[source], partitions, file.limits, file.prices, is_astra=is_astra)
        costs[source] = cost
        wrong = estimate.absurd(cost) if source in spreads else ""
        if wrong:
            hint = "partition more coarsely (month in place of day, bucket(16, ...)), or not at all"
            found.refuse(source, f"partition by {partitioning_text(tables[0])} makes {wrong}", hint)
        if is_astra and file.of(source).drop:
            found.note(f"{source}: dropped columns are not sent, but Astra bills whole rows")
    return replace(planned, costs=costs, refusals=tuple(found.refusals), notes=tuple(found.notes))


def partitioning_text(table: PlannedTable) -> str:
    """Write a table's partitioning as a plan file does."""
    fields = []
    for partition in table.partition:
        name, _, number = partition.transform.partition("[")
        inner = f"{number.rstrip(']')}, {partition.column}" if number else partition.column
        fields.append(partition.column if name == "identity" else f"{name}({inner})")
    return ", ".join(fields)


def _check_chosen(file: PlanFile, tables: Sequence[Table], picked: Sequence[Table], found: Findings) -> None:
    """Note sections and globs that name no table, and tables that are left out unexpectedly."""
    keyspace = f"keyspace {file.source.keyspace}"
    known = [table.name for table in tables]
    for name in file.table:
        if name not in known:
            found.refuse(name, f"[table.{bare(name)}] names a table that is not in {keyspace}", offered(name, known))
        elif name not in {table.name for table in picked}:
            found.note(f"{name}: [table.{bare(name)}] does nothing, as the table is not chosen")
    lowered = {table_name.lower() for table_name in known}
    for pattern in file.tables.include:
        if not set(ANY) & set(pattern) and pattern.lower() not in lowered:
            found.refuse("", f"tables.include names {pattern!r}, which is not in {keyspace}", offered(pattern, known))
    for table in tables:
        if table.is_view and file.tables.matches(table.name) and not file.tables.names(table.name):
            found.note(f"{table.name}: a materialized view, left out unless tables.include names it")
    if not picked:
        hint = "look at tables.include and tables.exclude" if tables else "it has none"
        found.refuse("", f"no table of {keyspace} is chosen", hint)


def _names(file: PlanFile, tables: Sequence[Table], found: Findings) -> dict[str, str]:
    """Name the lake's tables: as the plan says, else lower-case and without collisions."""
    prefix = file.target.table_prefix
    free = lake_names([f"{prefix}{table.name}" for table in tables if not file.of(table.name).name])
    names = {table.name: file.of(table.name).name or free[f"{prefix}{table.name}"] for table in tables}
    for source, name in names.items():
        if not is_legal(name):
            found.refuse(source, f"{name!r} cannot name a Glue table", LEGAL)
        elif name != source:
            found.note(f"table {source!r} is called {name!r}")
    return names


def _check_lake_names(made: Sequence[PlannedTable], found: Findings) -> None:
    seen: dict[str, PlannedTable] = {}
    for table in made:
        other = seen.setdefault(table.name, table)
        if other is not table:
            what = f"tables {other.source} and {table.source} would both be called {table.name!r}"
            found.refuse(table.source, what, f'name one of them: [table.{bare(table.source)}] name = "another_name"')
        elif not is_legal(table.name):
            found.refuse(table.source, f"{table.name!r} cannot name a Glue table", LEGAL)
