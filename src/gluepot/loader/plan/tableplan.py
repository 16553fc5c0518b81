"""One source table, planned: one lake table, or two where static columns are split off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from gluepot.errors import ConfigError
from gluepot.lake.convert.selection import natural
from gluepot.loader.plan import cataloglimits, columnchecks, estimate, maskchecks
from gluepot.loader.plan.columns import Columns, check_names
from gluepot.loader.plan.partitions import partitioning
from gluepot.loader.plan.sampling import Samples
from gluepot.plan.table import PlannedTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.splits import Estimate
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.refusal import Findings
    from gluepot.plan.table import PlannedColumn

STATIC: Final = "__static"
"""What stands behind the name of a table of static columns."""


class TablePlan:
    """Plans one source table; what is wrong is noted, and planning goes on.

    Args:
        file: The plan file.
        source: The table in Cassandra.
        name: Its name in the lake.
        samples: What was sampled of its decimals; None for nothing.
        found: Takes what is wrong.
    """

    def __init__(self, file: PlanFile, source: Table, name: str, samples: Samples | None, found: Findings) -> None:
        self._file = file
        self._source = source
        self._name = name
        self._section = file.of(source.name)
        self._found = found
        self._columns = Columns(source, self._section, samples or Samples(), found)

    def planned(self, size: Estimate) -> list[PlannedTable]:
        """Plan the lake's tables.

        Args:
            size: How big the table is.
        """
        columnchecks.check(self._source, self._section, self._found, self._columns.times)
        maskchecks.check(self._source, self._section, self._found)
        kept = [column for column in self._source.columns if column.name not in self._section.drop]
        statics = [column for column in kept if column.kind == "static"]
        if self._section.static == "row":
            return [self._rows(self._columns.planned(kept, extras=True), size)]
        if not statics:
            left = "is left" if self._source.of_kind("static") else "is there"
            self._refuse(f'static = "split", and no static column {left}', "leave static out")
        rows = [column for column in kept if column.kind != "static"]
        made = [self._rows(self._columns.planned(rows, extras=True), size)]
        if statics:
            keys = [column for column in kept if column.kind == "partition_key"]
            made.append(self._statics(self._columns.planned([*keys, *statics], extras=False), size))
        return made

    def _rows(self, columns: Sequence[PlannedColumn], size: Estimate) -> PlannedTable:
        made = self._table(self._name, columns, "rows", size, size.rows)
        made = self._typed(msgspec.structs.replace(made, filter=self._section.filter))
        fields, derived = partitioning(self._source.name, self._section.partition, made.columns, self._found)
        made = msgspec.structs.replace(made, columns=(*made.columns, *derived), partition=fields)
        made = maskchecks.marked(made, self._source, self._section, self._found)
        self._check(made)
        return made

    def _statics(self, columns: Sequence[PlannedColumn], size: Estimate) -> PlannedTable:
        made = self._typed(self._table(f"{self._name}{STATIC}", columns, "static", size, size.partitions))
        if self._section.filter:
            self._found.note(f"{self._source.name}: the filter is for rows; {made.name} has all partitions")
        self._check(made)
        return made

    def _table(
        self,
        name: str,
        columns: Sequence[PlannedColumn],
        part: Literal["rows", "static"],
        size: Estimate,
        rows: int,
    ) -> PlannedTable:
        target = self._file.target
        return PlannedTable(
            source=self._source.name,
            keyspace=self._source.keyspace,
            source_id=self._source.id,
            name=name,
            location=f"{target.location.rstrip('/')}/{name}",
            columns=tuple(columns),
            format=self._section.format or target.format,
            mode=self._section.mode or target.mode,
            part=part,
            rows=rows,
            bytes=size.bytes,
            splits=estimate.splits_of(size, self._file.limits),
        )

    def _check(self, made: PlannedTable) -> None:
        check_names(self._source, made.columns, self._found)
        cataloglimits.check(self._source, made, self._found)
        if made.format == "parquet" and self._section.partition and made.part == "rows":
            why = "a Parquet table cannot have partitions: it could not be replaced in one step"
            self._refuse(why, 'write format = "iceberg", or leave partition out')
        if made.format == "parquet" and made.mode == "append":
            why = "a Parquet table cannot be added to: each load swaps it as a whole"
            self._refuse(why, 'write mode = "replace", or format = "iceberg"')
        if made.mode == "append" and self._source.is_counter:
            note = "counters are added as they stand, beside those of earlier loads; replacing keeps one of each"
            self._found.note(f"{self._source.name}: {note}")
        if not made.columns:
            self._refuse("no column is left", "drop fewer columns, or leave the table out: tables.exclude")

    def _typed(self, made: PlannedTable) -> PlannedTable:
        """Give cast and derived columns the types that their SQL makes; each piece of SQL is checked by itself."""
        types: dict[str, str] = {}
        asked = list(self._alone(made))
        if asked:
            from gluepot.lake.convert import transform  # noqa: PLC0415 - DuckDB is loaded where a plan has SQL only
        for alone in asked:
            try:
                types |= transform.check(alone, self._source)
            except ConfigError as error:
                self._refuse(str(error), error.hint)
        typed = (msgspec.structs.replace(column, type=types.get(column.name, column.type)) for column in made.columns)
        return msgspec.structs.replace(made, columns=tuple(typed))

    def _alone(self, made: PlannedTable) -> Iterator[PlannedTable]:
        """Give the table with its filter alone, then with each cast and each derived column alone.

        SQL sees columns that are cast as they are before, so that leaving out a cast changes nothing for others.
        """
        plain = {column.name: self._uncast(column) for column in made.columns if column.role != "derived"}
        if made.filter:
            yield msgspec.structs.replace(made, columns=tuple(plain.values()))
        for column in made.columns:
            if column.cast or column.role == "derived":
                yield msgspec.structs.replace(made, filter="", columns=tuple({**plain, column.name: column}.values()))

    def _uncast(self, column: PlannedColumn) -> PlannedColumn:
        if not column.cast:
            return column
        kind = next(original.type for original in self._source.columns if original.name == column.source)
        return msgspec.structs.replace(column, cast="", type=str(natural(kind)))

    def _refuse(self, what: str, hint: str) -> None:
        self._found.refuse(self._source.name, what, hint)
