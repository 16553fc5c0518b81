"""From what a scan gives to what the lake holds, page by page: types, policies, SQL, counts.

Nothing is changed silently: a value that the lake cannot hold stops the load with its row's key, or is counted under
the policy that the plan names for it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from gluepot.lake.convert import errors, selection
from gluepot.lake.convert.exact import (
    TIMESTAMPTZ,
    Losses,
    Unfit,
    cast_to,
    micros_text,
    nulls_of,
    to_timestamptz,
)
from gluepot.lake.convert.selection import PLAIN_ROLES
from gluepot.lake.convert.tallies import Count
from gluepot.lake.convert.values import step_of
from gluepot.lake.kernels import arrays
from gluepot.lake.types.typemap import schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.reading import Page, Selection
    from gluepot.lake.convert.exact import Step
    from gluepot.lake.convert.program import Program
    from gluepot.lake.kernels.arrays import Column
    from gluepot.plan.records import Tally
    from gluepot.plan.table import PlannedColumn, PlannedTable


class Converter:
    """Converts the pages of one table's scan; each thread has its own.

    Args:
        table: The plan of the table.
        source: The table in Cassandra.

    Attributes:
        selection: What the scan must read.
        read: Rows that came in.
        filtered: Rows that the filter left out.
        static_only: Rows left out because they stand for a partition without rows, or without static columns.

    Raises:
        ConfigError: The plan does not fit the source, or its SQL cannot be run.
    """

    def __init__(self, table: PlannedTable, source: Table) -> None:
        self._table = table
        self._program = _program(table, source)
        used = self._program.columns if self._program else frozenset()
        self.selection = selection.selection(table, source, used)
        self.schema = schema_of(table.columns)
        self.read = self.filtered = self.static_only = 0
        self._counts = {column.name: Count() for column in table.columns}
        self._places = places(self.selection)
        self._keys = [column.name for column in (*source.partition_key, *source.clustering)]
        self._source = source
        self._drops = selection.drops_static_rows(table, source, set(self.selection.columns))
        self._steps = {column.name: self._step(column) for column in table.columns if column.role in PLAIN_ROLES}
        self._seen = selection.seen(table, source)
        self._inputs = {name: step_of(self._seen[name].column.type, self._seen[name].type) for name in used}

    @property
    def tallies(self) -> dict[str, Tally]:
        """Per lake column, what happened to its values so far."""
        return {name: count.tally(self.schema.field(name).type) for name, count in self._counts.items()}

    def convert(self, page: Page) -> pa.RecordBatch:
        """Convert a page to exactly `schema_of(table.columns)`.

        Raises:
            FidelityError: A value does not fit, and the policy of its column is `error`.
        """
        self.read += page.batch.num_rows
        self._count_page(page)
        batch = self._of_part(page)
        if self._program and self._table.filter:
            batch = self._filtered(batch, self._program)
        made = self._made(batch)
        columns = [made[column.name] for column in self._table.columns]
        for column, values in zip(self._table.columns, columns, strict=True):
            self._counts[column.name].add(values)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _step(self, column: PlannedColumn) -> Step:
        found = selection.column_of(self._table, self._source, column.source)
        return step_of(found.type, selection.read_as(column, found))

    def _count_page(self, page: Page) -> None:
        for column in self._table.columns:
            if column.role in PLAIN_ROLES:
                self._counts[column.name].empty += page.empty.get(column.source, 0)
                self._counts[column.name].replaced += page.replaced.get(column.source, 0)

    def _of_part(self, page: Page) -> pa.RecordBatch:
        """Leave out rows that stand for partitions without any, or those without a static value."""
        batch = page.batch
        if self._table.part == "static":
            chosen = [column.name for column in self._source.of_kind("static")]
        elif self._drops:
            chosen = [column.name for column in self._source.columns if column.kind in {"clustering", "regular"}]
            if any(page.empty.get(column.name) for column in self._source.clustering):
                return batch  # an empty clustering key is null here too, and its row is a row
        else:
            return batch
        kept = np.zeros(batch.num_rows, dtype=np.bool_)
        for name in chosen:
            if ("", name) in self._places:
                kept |= ~nulls_of(self._read("", name, batch))
        self.static_only += int((~kept).sum())
        return batch if kept.all() else batch.filter(pa.array(kept))

    def _filtered(self, batch: pa.RecordBatch, program: Program) -> pa.RecordBatch:
        inputs = {name: self._input(name, batch, Losses(self._seen[name].policy)) for name in program.filter_columns}
        kept = program.mask(inputs, batch.num_rows, lambda row: errors.key_text(batch, self._keys, row))
        self.filtered += batch.num_rows - kept.true_count
        return batch if kept.true_count == batch.num_rows else batch.filter(kept)

    def _made(self, batch: pa.RecordBatch) -> dict[str, Column]:
        """Make every column of the lake's table from the rows that are left."""
        made = {column.name: self._column(column, batch) for column in self._table.columns if column.role != "derived"}
        if self._program:
            inputs = {name: self._counted_input(name, batch) for name in self._program.derived_columns}
            casts = {column.name: made[column.name] for column in self._table.columns if column.cast}
            outputs = self._program.outputs(
                inputs, casts, batch.num_rows, lambda row: errors.key_text(batch, self._keys, row)
            )
            for name, output in outputs.items():
                made[name] = output.values
                self._counts[name].nulled += output.nulled
                self._counts[name].rounded += output.rounded
        return made

    def _column(self, column: PlannedColumn, batch: pa.RecordBatch) -> Column:
        losses = Losses(column.policy)
        try:
            values = self._converted(column, batch, losses)
        except Unfit as unfit:
            raise errors.unfit(self._table, column, unfit, errors.key_text(batch, self._keys, unfit.index)) from None
        self._counts[column.name].nulled += losses.nulled
        return values

    def _converted(self, column: PlannedColumn, batch: pa.RecordBatch, losses: Losses) -> Column:
        if column.role in PLAIN_ROLES:
            return self._steps[column.name](self._read("", column.source, batch), losses)
        if column.role == "writetime":
            return _WRITTEN[column.type](self._read("writetime", column.source, batch), losses)
        if column.role == "ttl":
            return cast_to(self.schema.field(column.name).type)(self._read("ttl", column.source, batch), losses)
        names = [column.source] if column.source else selection.expiring(self._table, self._source)
        cells = [(self._read("", name, batch), self._read("ttl", name, batch)) for name in names]
        return expires_at(cells, batch.num_rows, int(time.time())).cast(self.schema.field(column.name).type)

    def _input(self, name: str, batch: pa.RecordBatch, losses: Losses) -> Column:
        """Give a source column as expressions see it."""
        try:
            return self._inputs[name](self._read("", name, batch), losses)
        except Unfit as unfit:
            seen = self._seen[name]
            raise errors.unseen(
                self._table, name, str(seen.type), unfit, errors.key_text(batch, self._keys, unfit.index)
            ) from None

    def _counted_input(self, name: str, batch: pa.RecordBatch) -> Column:
        losses = Losses(self._seen[name].policy)
        values = self._input(name, batch, losses)
        if losses.nulled and self._program:
            for output in self._program.outputs_of(name):
                self._counts[output].nulled += losses.nulled
        return values

    def _read(self, what: str, name: str, batch: pa.RecordBatch) -> Column:
        return batch.column(self._places[what, name])


_WRITTEN: Final = {"timestamptz": to_timestamptz, "string": micros_text, "long": cast_to(pa.int64())}
"""By lake type, what becomes of write times."""


def places(selection: Selection) -> dict[tuple[str, str], int]:
    """Say where each column of a selection stands in its batches: names alone could be alike."""
    order = [("", name) for name in selection.columns]
    order += [("writetime", name) for name in selection.writetime]
    order += [("ttl", name) for name in selection.ttl]
    return {column: place for place, column in enumerate(order)}


def _program(table: PlannedTable, source: Table) -> Program | None:
    """Prepare the table's SQL, if it has any: DuckDB is loaded for those only."""
    if not table.filter and not any(column.cast or column.role == "derived" for column in table.columns):
        return None
    from gluepot.lake.convert.program import Program  # noqa: PLC0415 - DuckDB is loaded where a plan has SQL only

    return Program(table, source)


def expires_at(cells: Sequence[tuple[Column, Column]], rows: int, now: int) -> Column:
    """Say when rows are gone in Cassandra: when the last of their cells is; null where one has no end.

    CQL's `TTL()` gives the seconds that are left when it is read, so this is exact to the second or two that a page
    takes to come, and two reads of one row may differ by as much.

    Args:
        cells: Columns with their times to live, in seconds.
        rows: How many rows there are.
        now: Seconds since 1970 when they were read.
    """
    lasting = np.zeros(rows, dtype=np.bool_)
    left = np.full(rows, -1, dtype=np.int64)
    for values, lives in cells:
        endless = nulls_of(lives)
        lasting |= endless & ~nulls_of(values)
        left = np.maximum(left, np.where(endless, -1, arrays.fixed(lives, np.int32)))
    return pa.array((left + now) * 1_000_000, pa.int64(), mask=lasting | (left < 0)).cast(TIMESTAMPTZ)
