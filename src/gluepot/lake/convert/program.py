"""A planned table's SQL, ready to run on batches: what its filter keeps, and what casts and expressions make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from gluepot.errors import ConfigError, FidelityError
from gluepot.lake.convert import errors
from gluepot.lake.convert.exact import Losses, Unfit, rounded
from gluepot.lake.convert.transform import SqlError, batch_of, derived_of, filter_of, lines, run, said, what_of
from gluepot.lake.convert.values import reshaped
from gluepot.lake.types.sqltypes import sql_of
from gluepot.lake.types.typetext import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot.cassandra.cql import Table
    from gluepot.lake.convert.expressions import Expression
    from gluepot.lake.kernels.arrays import Column
    from gluepot.plan.table import PlannedColumn, PlannedTable


@dataclass(frozen=True, slots=True)
class Output:
    """What SQL made of a batch, for one column.

    Args:
        values: Its values, of exactly the column's Arrow type.
        nulled: Rows on which it failed, and that are null under the policy `null`.
        rounded: Values that a cast made shorter.
    """

    values: Column
    nulled: int = 0
    rounded: int = 0


class Program:
    """A plan's SQL, ready to run.

    Args:
        table: The plan.
        source: The table in Cassandra.

    Attributes:
        filter_columns: Source columns that the filter uses.
        derived_columns: Source columns that derived columns use.
        columns: Both.

    Raises:
        ConfigError: As `check` does, apart from types.
    """

    def __init__(self, table: PlannedTable, source: Table) -> None:
        self._table = table
        self._filter = filter_of(table, source) if table.filter else None
        self._made = {
            column.name: _Made(column, derived_of(table, column, source) if column.role == "derived" else None, index)
            for index, column in enumerate(table.columns)
            if column.cast or column.role == "derived"
        }
        derived = [output.expression for output in self._made.values() if output.expression]
        self.filter_columns = self._filter.columns if self._filter else ()
        self.derived_columns = tuple(dict.fromkeys(name for expression in derived for name in expression.columns))
        self.columns = frozenset((*self.filter_columns, *self.derived_columns))
        for names in (self.filter_columns, self.derived_columns):
            _tell_apart(table, names)

    def outputs_of(self, name: str) -> list[str]:
        """Give the derived columns that use a source column."""
        return [
            output.column.name
            for output in self._made.values()
            if output.expression and name in output.expression.columns
        ]

    def mask(self, inputs: Mapping[str, Column], rows: int, key_of: Callable[[int], str]) -> pa.BooleanArray:
        """Say which rows meet the filter; those for which it is null do not.

        Raises:
            FidelityError: It fails on a row.
        """
        if self._filter is None:
            raise ConfigError(f"table {self._table.source} has no filter")
        sql = f"coalesce(CAST(({lines(self._filter.text)}) AS BOOLEAN), false)"
        batch = batch_of(inputs, rows)
        try:
            found = run(batch, [sql])
        except SqlError:
            given = {column: column for column in self.filter_columns}
            raise _failed(_Query(self._filter.what, sql, given), batch, key_of) from None
        kept: pa.BooleanArray = found[0].cast(pa.bool_())
        return kept

    def outputs(
        self, inputs: Mapping[str, Column], casts: Mapping[str, Column], rows: int, key_of: Callable[[int], str]
    ) -> dict[str, Output]:
        """Compute the columns that are cast or derived.

        Args:
            inputs: Source columns that derived columns use.
            casts: Lake column -> its values before its cast.
            rows: How many rows there are.
            key_of: Names a row by its key.

        Raises:
            FidelityError: SQL fails on a row, and the column's policy is not `null`.
        """
        batch = batch_of({**inputs, **{self._made[name].input: values for name, values in casts.items()}}, rows)
        made = list(self._made.values())
        try:
            found = dict(zip(self._made, run(batch, [output.sql for output in made]), strict=True)) if made else {}
        except SqlError:
            return {output.column.name: self._patiently(output, batch, casts, key_of) for output in made}
        return {output.column.name: self._output(output, found[output.column.name], casts, key_of) for output in made}

    def _output(
        self,
        made: _Made,
        values: Column,
        casts: Mapping[str, Column],
        key_of: Callable[[int], str],
        nulled: int = 0,
    ) -> Output:
        try:
            return made.output(values, casts, nulled)
        except Unfit as unfit:
            raise errors.unfit(self._table, made.column, unfit, key_of(unfit.index)) from None

    def _patiently(
        self, made: _Made, batch: pa.Table, casts: Mapping[str, Column], key_of: Callable[[int], str]
    ) -> Output:
        """Compute one column of a batch in which some column fails on some row."""
        try:
            return self._output(made, run(batch, [made.sql])[0], casts, key_of)
        except SqlError:
            if made.column.policy != "null":
                raise _failed(made.query(self._table), batch, key_of) from None
        tried = run(batch, [f"TRY({made.sql})"])[0]
        suspects = batch.filter(tried.is_null())
        return self._output(made, tried, casts, key_of, _failures(suspects, made.sql))


class _Made:
    """One column that SQL makes.

    Args:
        column: Its plan.
        expression: What it is derived by; None for a cast.
        index: Its place, which names its input.
    """

    def __init__(self, column: PlannedColumn, expression: Expression | None, index: int) -> None:
        self.column = column
        self.expression = expression
        self.input = f"gluepot cast {index}"
        self._type = parse(column.type)
        inner = lines(expression.text) if expression else f'CAST("{self.input}" AS {column.cast})'
        self.sql = f"({inner})" if self._type.is_nested else f"CAST(({inner}) AS {sql_of(self._type)})"
        self._shape = reshaped(self._type)

    def query(self, table: PlannedTable) -> _Query:
        """Say what is asked of DuckDB, for errors."""
        what = what_of(table, self.column)
        if self.expression:
            return _Query(what, self.sql, {column: column for column in self.expression.columns})
        return _Query(what, self.sql, {self.input: self.column.source}, errors.way_out(table, self.column))

    def output(self, values: Column, casts: Mapping[str, Column], nulled: int = 0) -> Output:
        """Give what came out in the column's own type, and count what a cast cut off."""
        losses = Losses(self.column.policy)
        shaped = self._shape(values, losses)
        before = casts.get(self.column.name)
        lost = rounded(before, shaped) if before is not None else 0
        return Output(shaped, nulled + losses.nulled, lost)


def _failures(batch: pa.Table, sql: str) -> int:
    """Count the rows on which an expression fails, by halves."""
    try:
        run(batch, [sql])
    except SqlError:
        half = batch.num_rows // 2
        return _failures(batch.slice(0, half), sql) + _failures(batch.slice(half), sql) if half else 1
    return 0


@dataclass(frozen=True, slots=True)
class _Query:
    """One expression, and what is said where it fails.

    Args:
        what: Its place in the plan.
        sql: The SQL.
        given: Columns of a batch that it uses -> their names in the source.
        hint: What helps.
    """

    what: str
    sql: str
    given: Mapping[str, str]
    hint: str = "let the SQL take such values: TRY_CAST(x AS type) and TRY(x) give null where a value does not convert"


def _failed(query: _Query, batch: pa.Table, key_of: Callable[[int], str]) -> FidelityError:
    """Say on which row of a batch an expression fails first, and what it was given there."""
    start, end, why = 0, batch.num_rows, ""
    while end > start and not why:
        middle = (start + end + 1) // 2
        try:
            run(batch.slice(start, middle - start), [query.sql])
            start = middle
        except SqlError as error:
            if middle - start == 1:
                why = said(error)
            end = middle
    for name, source in query.given.items():
        why = why.replace(name, source)
    values = ", ".join(f"{source}={batch.column(name)[start]}" for name, source in query.given.items()) if why else ""
    key = key_of(start)
    return FidelityError(
        f"{query.what} fails on {f'the row with {key}' if key else 'a row'}",
        f"{why} (there: {values})" if values else why,
        query.hint,
    )


def _tell_apart(table: PlannedTable, names: tuple[str, ...]) -> None:
    lowered: dict[str, str] = {}
    for name in names:
        other = lowered.setdefault(name.lower(), name)
        if other != name:
            raise ConfigError(
                f"SQL of {table.source} uses both {other!r} and {name!r}",
                "they differ in case only, and DuckDB does not tell them apart",
                "load the table as it is, and tell them apart in Athena",
            )
