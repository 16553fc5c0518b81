"""A plan file's SQL, run by DuckDB on batches: filters, casts and derived columns.

Expressions see the source's columns under their CQL names, with their lake types. DuckDB cannot read a file, load an
extension or change a setting, so that a plan file cannot either. It is loaded for tables that have SQL only.
"""

from __future__ import annotations

import functools
import json
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import duckdb
import pyarrow as pa

from gluepot.errors import ConfigError
from gluepot.lake.convert import selection
from gluepot.lake.convert.expressions import AFTER, BEFORE, Functions, expression_of
from gluepot.lake.kernels.arrays import whole
from gluepot.lake.types.sqltypes import HINTS, lake_of
from gluepot.lake.types.typemap import arrow_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.cassandra.cql import Table
    from gluepot.lake.convert.expressions import Expression
    from gluepot.lake.kernels.arrays import Column
    from gluepot.lake.types.typetext import LakeType
    from gluepot.plan.table import PlannedColumn, PlannedTable

ROWS: Final = "gluepot rows"
"""The relation that expressions are computed over."""

SETTINGS: Final = (
    "SET threads = 1",  # ranges run side by side already
    "SET memory_limit = '512MB'",
    "SET temp_directory = ''",
    "SET TimeZone = 'UTC'",
    "SET python_enable_replacements = false",
    "SET autoload_known_extensions = false",
    "SET autoinstall_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
"""Nothing outside of the process: no file, no network, no extension, no variable of ours; the lock comes last."""

SqlError: TypeAlias = duckdb.Error
"""Whatever DuckDB raises."""

_THREAD: Final = threading.local()


def connection() -> duckdb.DuckDBPyConnection:
    """Give this thread's connection: each has a database of its own, in memory."""
    found: duckdb.DuckDBPyConnection | None = getattr(_THREAD, "connection", None)
    if found is None:
        found = duckdb.connect(":memory:")
        for setting in SETTINGS:
            found.execute(setting)
        _THREAD.connection = found
    return found


def check(table: PlannedTable, source: Table) -> dict[str, str]:
    """Check a plan's SQL against its source, and find out what it makes.

    Args:
        table: The plan; the types of columns that are cast or derived do not count.
        source: The table in Cassandra.

    Returns:
        Lake column -> Iceberg type, of columns that are cast or derived.

    Raises:
        ConfigError: Something of it cannot be parsed, is no value of a row, uses a column that is not there, has no
            type in the lake, or does not fit its columns.
    """
    seen = selection.seen(table, source)
    if table.filter:
        made = _type(filter_of(table, source), seen)
        if made.id != "boolean":
            raise ConfigError(f"the filter of {table.source} gives {made}", "a filter says yes or no", "compare it")
    found = {}
    for column in table.columns:
        if column.role == "derived":
            found[column.name] = _lake(_type(derived_of(table, column, source), seen), what_of(table, column))
        elif column.cast:
            found[column.name] = _lake(_cast_type(table, column, source), what_of(table, column))
    return {name: str(kind) for name, kind in found.items()}


def filter_of(table: PlannedTable, source: Table) -> Expression:
    """Look at a plan's filter."""
    return _expression(f"the filter of {table.source}", table.filter, _names(source))


def derived_of(table: PlannedTable, column: PlannedColumn, source: Table) -> Expression:
    """Look at a derived column."""
    return _expression(what_of(table, column), column.expression, _names(source))


def run(batch: pa.Table, sqls: list[str]) -> list[Column]:
    """Compute expressions over a batch, each to one array of as many rows.

    Raises:
        duckdb.Error: One of them fails on some row.
    """
    on = connection()
    on.register(ROWS, batch)
    try:
        found = on.sql(f'SELECT {", ".join(sqls)} FROM "{ROWS}"').to_arrow_table()  # noqa: S608 - they were looked at
    finally:
        on.unregister(ROWS)
    if found.num_rows != batch.num_rows:
        raise ConfigError("an expression of the plan does not give one value for each row", ", ".join(sqls))
    return [whole(column) for column in found.columns]


def batch_of(inputs: Mapping[str, Column], rows: int) -> pa.Table:
    """Lay columns side by side; where there are none, one that nobody sees keeps the number of rows."""
    columns = dict(inputs) or {"gluepot row": pa.nulls(rows, pa.int32())}
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def said(error: duckdb.Error) -> str:
    """Give what DuckDB says, without its picture of our own query and its list of functions."""
    text = str(error)
    for end in ("\nLINE", "Candidate functions:"):
        text = text.partition(end)[0]
    return " ".join(text.split())


@functools.lru_cache(maxsize=256)
def _expression(what: str, text: str, names: tuple[str, ...]) -> Expression:
    return expression_of(what, text, _tree(f"{BEFORE}{text}{AFTER}"), names, _functions())


def _tree(statement: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_rows("SELECT json_serialize_sql(?)", [statement])[0][0])
    return found


@functools.lru_cache(maxsize=1)
def _functions() -> Functions:
    kinds: dict[str, set[str]] = {}
    unstable = set()
    for name, kind, stability in _rows("SELECT function_name, function_type, stability FROM duckdb_functions()", []):
        kinds.setdefault(name.lower(), set()).add(kind)
        if stability in {"VOLATILE", "CONSISTENT_WITHIN_QUERY"}:
            unstable.add(name.lower())
    return Functions({name: frozenset(found) for name, found in kinds.items()}, frozenset(unstable))


def _rows(sql: str, values: list[str]) -> list[tuple[Any, ...]]:
    return connection().execute(sql, values).fetchall()


def lines(text: str) -> str:
    """Put an expression on lines of its own, so that a comment at its end ends there."""
    return f"\n{text}\n"


def _names(source: Table) -> tuple[str, ...]:
    return tuple(column.name for column in source.columns)


def what_of(table: PlannedTable, column: PlannedColumn) -> str:
    """Say which column this is, for errors."""
    return f"{'the cast of' if column.cast else 'the derived'} column {column.name} of {table.source}"


def _type(expression: Expression, seen: Mapping[str, selection.Seen]) -> Any:  # noqa: ANN401 - DuckDB's type object
    """Find out the SQL type of an expression, on a batch without rows."""
    inputs = {name: pa.array([], arrow_tree(seen[name].type)) for name in expression.columns}
    return _bound(expression.what, lines(expression.text), inputs)


def _bound(what: str, sql: str, inputs: Mapping[str, Column]) -> Any:  # noqa: ANN401 - DuckDB's type object
    on = connection()
    on.register(ROWS, batch_of(inputs, 0))
    try:
        made = on.sql(f'SELECT ({sql}) FROM "{ROWS}"')  # noqa: S608 - it was looked at
        kind, rows = made.types[0], made.to_arrow_table().num_rows
    except duckdb.Error as error:
        kinds = ", ".join(
            f"{name} is {on.from_arrow(batch_of({name: values}, 0)).types[0]}" for name, values in inputs.items()
        )
        raise ConfigError(f"{what} cannot be computed", said(error), f"types: {kinds}" if kinds else "") from None
    finally:
        on.unregister(ROWS)
    if rows:
        raise ConfigError(f"{what} is not a value of one row", "it looks at many rows", "use functions of one row")
    return kind


def _cast_type(table: PlannedTable, column: PlannedColumn, source: Table) -> Any:  # noqa: ANN401 - DuckDB's type object
    what = what_of(table, column)
    probe = f"CAST(NULL AS {column.cast})"
    _expression(what, probe, ())
    node: dict[str, Any] = _tree(f"{BEFORE}{probe}{AFTER}")["statements"][0]["node"]["select_list"][0]
    if node["class"] != "CAST" or node["child"].get("class") != "CONSTANT":
        raise ConfigError(f"{what} does not name a type", column.cast, "write an SQL type, such as DECIMAL(12, 2)")
    before = selection.read_as(column, selection.column_of(table, source, column.source))
    name = column.source.replace('"', '""')
    cast = f'CAST("{name}" AS {column.cast})'
    made = _bound(what, cast, {column.source: pa.array([], arrow_tree(before))})
    try:
        run(batch_of({column.source: pa.array([_some(before)], arrow_tree(before))}, 1), [cast])
    except duckdb.Error as error:  # that one value does not convert says nothing, that no value does, much
        if "Unimplemented" in str(error):
            why = f"{before} does not become {made}"
            raise ConfigError(f"{what} cannot be computed", why, "derive a column by an expression") from None
    return made


def _some(kind: LakeType) -> object:
    """Give some value of a type."""
    match kind.name:
        case "list":
            return [_some(kind.args[0])]
        case "map":
            return [(_some(kind.args[0]), _some(kind.args[1]))]
        case "struct":
            return {name: _some(arg) for name, arg in zip(kind.fields, kind.args, strict=True)}
    return _VALUES.get(kind.name, 0)


_VALUES: Final = {"string": "0", "binary": b"0", "boolean": True, "decimal": Decimal(0)}


def _lake(kind: Any, what: str) -> LakeType:  # noqa: ANN401 - DuckDB's type object
    found = lake_of(kind)
    if found is None:
        hint = HINTS.get(kind.id, "cast it to a type that Athena reads, such as VARCHAR")
        raise ConfigError(f"{what} gives {kind}", "the lake has no such type", hint)
    return found
