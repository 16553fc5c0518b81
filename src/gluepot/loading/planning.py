"""From a plan file and what the source says to a LoadPlan: pure, and everything that is wrong at once."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from gluepot.errors import ConfigError
from gluepot.lake import transform
from gluepot.lake.names import is_legal, lake_names
from gluepot.loading import estimate
from gluepot.loading.columns import Columns
from gluepot.loading.partitions import partitioning
from gluepot.loading.plan import LoadPlan, PlannedTable
from gluepot.loading.refusal import Found
from gluepot.loading.sampling import Samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gluepot.cassandra.cql import Column, Table
    from gluepot.cassandra.splits import Estimate
    from gluepot.loading.estimate import Cost
    from gluepot.loading.plan import Partitioning, PlannedColumn
    from gluepot.loading.planfile import PlanFile, TableSection
    from gluepot.loading.refusal import Refusal

MAJOR_STATIC = "__static"


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning came to.

    Args:
        plan: The plan; to be used only where nothing is refused.
        costs: Per source table, what loading it takes.
        refusals: What must be mended first.
        notes: What is worth knowing.
    """

    plan: LoadPlan
    costs: dict[str, Cost] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()


def chosen(file: PlanFile, tables: Sequence[Table]) -> tuple[Table, ...]:
    """Choose the tables to load: those that the globs take; materialized views only where they are named."""
    return tuple(
        one for one in tables if (file.tables.names(one.name) if one.is_view else file.tables.matches(one.name))
    )


def partition_columns(file: PlanFile, table: Table) -> set[str]:
    """Give the source columns that a table is partitioned by, as far as names tell: their values are sampled."""
    words = " ".join(file.of(table.name).partition)
    return {
        one.name
        for one in table.columns
        if one.name in words or file.of(table.name).rename.get(one.name, "\0") in words
    }


def plan(
    file: PlanFile,
    cluster: str,
    tables: Sequence[Table],
    sizes: Mapping[str, Estimate],
    samples: Mapping[str, Samples],
) -> Planned:
    """Make the plan.

    Args:
        file: The plan file.
        cluster: The source's name.
        tables: All tables of the keyspace.
        sizes: Estimates of those that are chosen.
        samples: What was sampled of them.
    """
    found = Found()
    _check_sections(file, tables, found)
    picked = chosen(file, tables)
    if not picked:
        found.refuse("", f"no table of keyspace {file.source.keyspace} is chosen", "look at tables.include and exclude")
    names = _names(file, picked, found)
    made: list[PlannedTable] = []
    costs: dict[str, Cost] = {}
    for table in picked:
        whole = _Table(file, table, names[table.name], samples.get(table.name, Samples()), found)
        planned = whole.planned(sizes[table.name])
        made.extend(planned)
        costs[table.name] = whole.cost(planned, sizes[table.name], is_astra=cluster.startswith("astra"))
    _check_lake_names(made, found)
    result = LoadPlan(cluster=cluster, keyspace=file.source.keyspace, database=file.target.database, tables=tuple(made))
    return Planned(result, costs, tuple(found.refusals), tuple(found.notes))


class _Table:
    """Plans one source table: one lake table, or two where static columns are split off."""

    def __init__(self, file: PlanFile, source: Table, name: str, samples: Samples, found: Found) -> None:
        self._file = file
        self._source = source
        self._name = name
        self._section: TableSection = file.of(source.name)
        self._samples = samples
        self._found = found

    def planned(self, size: Estimate) -> list[PlannedTable]:
        columns = Columns(self._source, self._section, self._samples, self._found)
        columns.check()
        split = self._section.static == "split"
        statics = self._source.of_kind("static")
        if split and not statics:
            self._found.refuse(self._source.name, 'static = "split", and there is no static column', "leave it out")
        rows = [one for one in self._source.columns if not (split and one.kind == "static")]
        made = [self._table(self._name, columns.planned(rows, extras=True), size, "rows")]
        if split and statics:
            kept: list[Column] = [*self._source.partition_key, *statics]
            made.append(self._table(f"{self._name}{MAJOR_STATIC}", columns.planned(kept, extras=False), size, "static"))
        return made

    def _table(self, name: str, columns: tuple[PlannedColumn, ...], size: Estimate, part: str) -> PlannedTable:
        section, target = self._section, self._file.target
        fields, derived = partitioning(
            self._source.name, section.partition if part == "rows" else (), columns, self._found
        )
        made = PlannedTable(
            source=self._source.name,
            source_id=self._source.id,
            name=name,
            location=f"{target.location.rstrip('/')}/{name}",
            columns=(*columns, *derived),
            filter=section.filter if part == "rows" else "",
            partition=fields,
            format=section.format or target.format,
            mode=section.mode or target.mode,
            part="static" if part == "static" else "rows",
            rows=size.rows,
            bytes=size.bytes,
        )
        self._check(made)
        return self._typed(made)

    def _check(self, made: PlannedTable) -> None:
        name = self._source.name
        if made.format == "parquet" and made.partition:
            self._found.refuse(
                name,
                "a Parquet table cannot have partitions: it could not be replaced in one step",
                'write format = "iceberg", or leave partition out',
            )
        if made.format == "parquet" and made.mode == "append":
            self._found.refuse(
                name, "a Parquet table cannot be added to", 'write mode = "replace", or format = "iceberg"'
            )
        if made.mode == "append" and self._source.is_counter:
            self._found.notes.append(f"{name}: counters are added as they are now, beside those of earlier loads")
        if not made.columns:
            self._found.refuse(name, "no column is left", "drop fewer columns")

    def _typed(self, made: PlannedTable) -> PlannedTable:
        """Give cast and derived columns the types that their SQL makes."""
        if not made.filter and not any(one.cast or one.expression for one in made.columns):
            return made
        try:
            types = transform.check(made, self._source)
        except ConfigError as error:
            why = f"{error.what}: {error.why}" if error.why else error.what
            self._found.refuse(self._source.name, why, error.hint)
            return made
        typed = tuple(msgspec.structs.replace(one, type=types.get(one.name, one.type)) for one in made.columns)
        return msgspec.structs.replace(made, columns=typed)

    def cost(self, made: Sequence[PlannedTable], size: Estimate, *, is_astra: bool) -> Cost:
        main = made[0]
        sources = {one.name: one.source or _first_source(one.name, main.columns) for one in main.columns}
        partitions = estimate.partitions_of(main.partition, sources, self._samples, size.rows)
        found = estimate.cost(size, partitions, self._file.limits, self._file.prices, is_astra=is_astra)
        wrong = estimate.absurd(found) if main.partition else ""
        if wrong:
            told = ", ".join(_told(one) for one in main.partition)
            self._found.refuse(self._source.name, f"partition by {told} makes {wrong}", "partition by month, or bucket")
        return found


def _first_source(name: str, columns: Sequence[PlannedColumn]) -> str:
    """Find the column that a timeuuid's time is derived from."""
    return next((one.source for one in columns if f"{one.name}_at" == name), "")


def _told(one: Partitioning) -> str:
    return one.column if one.transform == "identity" else f"{one.transform}({one.column})"


def _check_sections(file: PlanFile, tables: Sequence[Table], found: Found) -> None:
    """Note sections and globs that name no table."""
    known = [one.name for one in tables]
    for name in file.table:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean [table.{near[0]}]?" if near else f"there are: {', '.join(known[:10])}"
            found.refuse(name, f"[table.{name}] names a table that is not in keyspace {file.source.keyspace}", hint)
    for pattern in file.tables.include:
        if not any(ch in pattern for ch in "*?[") and pattern.lower() not in {one.lower() for one in known}:
            near = difflib.get_close_matches(pattern, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known[:10])}"
            found.refuse("", f"tables.include names {pattern!r}, which is not in keyspace {file.source.keyspace}", hint)


def _names(file: PlanFile, tables: Sequence[Table], found: Found) -> dict[str, str]:
    """Name the lake's tables: as the plan says, else lower-case and without collisions."""
    prefix = file.target.table_prefix
    free = lake_names([f"{prefix}{one.name}" for one in tables if not file.of(one.name).name])
    names = {one.name: file.of(one.name).name or free[f"{prefix}{one.name}"] for one in tables}
    for source, name in names.items():
        if not is_legal(name):
            found.refuse(
                source, f"{name!r} cannot name a Glue table", "lower-case letters, digits and _, 255 bytes at most"
            )
        elif name != source:
            found.notes.append(f"table {source!r} is called {name!r}")
    return names


def _check_lake_names(made: Sequence[PlannedTable], found: Found) -> None:
    seen: dict[str, PlannedTable] = {}
    for one in made:
        if one.name in seen:
            other = seen[one.name].source
            found.refuse(
                one.source, f"tables {other} and {one.source} would both be called {one.name!r}", "name one of them"
            )
        seen[one.name] = one
