"""Look into a keyspace: its tables with their keys, types and sizes, what each column would become, and some rows."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import schema, smallqueries, splits, types
from gluepot.cassandra.patience import Patience
from gluepot.cassandra.reader import Reader
from gluepot.cassandra.reading import Cut, Selection
from gluepot.cassandra.splits import whole_ring
from gluepot.errors import GluepotError
from gluepot.lake.read import display
from gluepot.lake.types import typemap
from gluepot.lake.types.names import METADATA_COLUMNS, lake_names
from gluepot.mask.credentials import Redactor
from gluepot.source.hidden import hidden
from gluepot.source.seen import Sample, Seen, SeenColumn, SeenTable, SeenType, uses

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from gluepot.cassandra.connect import Connected
    from gluepot.cassandra.cql import Column, Table
    from gluepot.cassandra.reading import Page

SECONDS: Final = 60
"""How long a table may go without an answer before its sample is given up."""

FIRST: Final = 10
"""Rows of the first page: how large they are is not known before."""

_NUMBERS: Final = frozenset(
    {"tinyint", "smallint", "int", "bigint", "counter", "varint", "decimal", "float", "double", "time"}
)
_VIEWS: Final = "SELECT view_name, base_table_name FROM system_schema.views WHERE keyspace_name = %s"


def look(source: Connected, keyspace: str, table: str = "", *, rows: int = 0, redactor: Redactor | None = None) -> Seen:
    """Look at a keyspace, or at one table of it; credentials in names, comments and sample rows become `***`.

    Args:
        source: The connection.
        keyspace: The keyspace.
        table: The one table or view to look at; empty for all.
        rows: Rows of each table's sample; 0 for none.
        redactor: Takes credentials out; one that knows no secrets by name where none is given.

    Raises:
        ConfigError: There is no such keyspace or table.
        SourceError: Cassandra does not answer. A table whose size or rows cannot be read says so instead.
    """
    session = source.session
    found = (schema.table(session, keyspace, table),) if table else schema.keyspace(session, keyspace)
    bases = _bases(session, keyspace) if any(found_table.is_view for found_table in found) else {}
    made = tuple(_types(session, keyspace))
    held = _held(found, made) if table else {kind.name for kind in made}
    seen = Seen(
        cluster=source.cluster_name,
        keyspace=keyspace,
        tables=tuple(
            _seen(session, found_table, bases.get(found_table.name, ""), rows)
            for found_table in sorted(found, key=_order)
        ),
        types=tuple(kind for kind in made if kind.name in held),
        seen=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    )
    return hidden(seen, redactor or Redactor())


def _order(table: Table) -> tuple[bool, str]:
    return table.is_view, table.name


def _bases(session: Any, keyspace: str) -> dict[str, str]:  # noqa: ANN401 - the driver has no types
    """Name the table of each materialized view."""
    found = smallqueries.rows(session, _VIEWS, (keyspace,), of=f"keyspace {keyspace}")
    return {row.view_name: row.base_table_name for row in found}


def _types(session: Any, keyspace: str) -> Iterator[SeenType]:  # noqa: ANN401 - the driver has no types
    """Read the user-defined types, by name."""
    known = schema.types(session, keyspace)
    for name, fields in sorted(known.items()):
        yield SeenType(name, tuple((field, types.parse(text, known)) for field, text in fields))


def _held(tables: Iterable[Table], made: Iterable[SeenType]) -> set[str]:
    """Name the types that tables hold, and those that these are made of."""
    within = {
        seen_type.name: frozenset[str]().union(*(uses(kind) for _, kind in seen_type.fields)) for seen_type in made
    }
    todo = [name for table in tables for column in table.columns for name in uses(column.type)]
    held: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in held:
            held.add(name)
            todo += within.get(name, ())
    return held


def _seen(session: Any, table: Table, base: str, rows: int) -> SeenTable:  # noqa: ANN401 - the driver has no types
    given = lake_names([column.name for column in table.columns], reserved=METADATA_COLUMNS)
    columns = tuple(_column(table, column, given[column.name]) for column in table.columns)
    fields: dict[str, Any] = {}
    try:
        found = splits.estimate(session, table)
        source = "counted" if found.exact else f"estimated from {_SOURCES.get(found.source, found.source)}"
        fields |= {"rows": found.rows, "bytes": found.bytes, "exact": found.exact, "estimated_by": source}
    except GluepotError as error:
        fields |= {"estimated_by": f"no estimate: {error}"}
    try:
        fields |= {"sample": _sample(session, table, rows) if rows else None}
    except GluepotError as error:
        fields |= {"unread": f"rows could not be read: {error}"}
    return SeenTable(table=table, columns=columns, base=base, **fields)


def _column(table: Table, column: Column, name: str) -> SeenColumn:
    lake_type, note = _becomes(column.type)
    if not column.masked:
        return SeenColumn(column, name, lake_type, note)
    why = f" (whether that is so could not be read: {table.unread})" if table.unread else ""
    shown = f"masked by {column.masked}, so that what is shown here are no values{why}; {table.unmask}"
    return SeenColumn(column, name, lake_type, "; ".join(filter(None, (shown, note))))


_SOURCES: Final = {"size_estimates": "system.size_estimates", "sample": "a sample of token ranges"}


def _becomes(kind: Any) -> tuple[str, str]:  # noqa: ANN401 - a CqlType
    """Say which type a column becomes, and what there is to know about that."""
    try:
        return typemap.lake_type(kind), typemap.note(kind)
    except typemap.NeedsChoice as error:
        return "", f"{error.what}: {error.hint}"


def _sample(session: Any, table: Table, rows: int) -> Sample:  # noqa: ANN401 - the driver has no types
    """Read the first rows that a scan comes upon."""
    columns = table.columns
    names = tuple(column.name for column in columns)
    wide = frozenset(column.name for column in columns if typemap.holds(column.type, "varint"))
    selection = Selection(table=table, columns=names, as_text=wide)
    reader = Reader(session, selection, Patience(first_rows=min(rows, FIRST), most_rows=max(rows, 1), budget=SECONDS))
    steps = [int if column.type.name == "varint" else _same for column in columns]
    with contextlib.closing(_rows(reader.read(whole_ring()), steps)) as found:
        taken = tuple(islice(found, rows))
    return Sample(names, tuple(column.type.name in _NUMBERS for column in columns), taken)


def _rows(read: Iterator[Page | Cut], steps: list[Any]) -> Generator[tuple[Any, ...], None, None]:
    for item in read:
        if isinstance(item, Cut):
            continue
        for row in zip(*(display.plain(column) for column in item.batch.columns), strict=True):
            yield tuple(None if value is None else step(value) for step, value in zip(steps, row, strict=True))


def _same(value: Any) -> Any:  # noqa: ANN401 - whatever `plain` gives
    return value
