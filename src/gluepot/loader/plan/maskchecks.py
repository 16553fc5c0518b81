"""Masked columns in a plan: loaded where it names them only, since nothing in what comes tells a mask from a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gluepot.config.tomledit import bare
from gluepot.errors import ConfigError
from gluepot.lake.convert.selection import selection
from gluepot.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.cassandra.cql import Column, Table
    from gluepot.loader.core.planfile import TableSection
    from gluepot.loader.plan.refusal import Findings
    from gluepot.plan.table import PlannedColumn, PlannedTable


def hidden(source: Table, section: TableSection) -> tuple[Column, ...]:
    """Give the masked columns that a section neither drops nor asks for as they are."""
    return tuple(column for column in source.masked if column.name not in {*section.drop, *section.masked})


def check(source: Table, section: TableSection, found: Findings) -> None:
    """Refuse masked columns, and note what is loaded of them."""
    _refuse(source, hidden(source, section), found, "come")
    masks = {column.name: column.masked for column in source.masked}
    for name in section.masked:
        if name in masks and name not in section.drop:
            found.note(f"{source.name}: {name} holds what {masks[name]} shows, and not its values")
        elif name not in masks and name in {column.name for column in source.columns}:
            found.note(f"{source.name}: {name} is not masked for this role, so masked.{bare(name)} does nothing")


def marked(made: PlannedTable, source: Table, section: TableSection, found: Findings) -> PlannedTable:
    """Mark what SQL makes of masked columns; refuse what it would make of those that nobody asked for."""
    if not source.masked:
        return made
    try:
        used = {column.name: _used(made, column, source) for column in made.columns}
        kept = _used_by_filter(made, source)
        read = selection(made, source, {name for names in (*used.values(), kept) for name in names}).columns
    except ConfigError:
        return made  # its SQL is refused already, or what it names
    columns = {column.name: column for column in source.masked}
    unasked = [column for column in source.masked if column.name in read and column.name not in section.masked]
    _refuse(source, [column for column in unasked if column.name in section.drop], found, "are used, though dropped,")
    for name in sorted(set(kept) & set(columns)):
        found.note(f"{source.name}: the filter sees what {columns[name].masked} shows of {name}, and not its values")
    return msgspec.structs.replace(
        made,
        masked=tuple(name for name in columns if name in read),
        columns=tuple(
            msgspec.structs.replace(
                column, masked=column.masked or _masks(columns[name] for name in used[column.name] if name in columns)
            )
            for column in made.columns
        ),
    )


def _used(made: PlannedTable, column: PlannedColumn, source: Table) -> tuple[str, ...]:
    """Name the source columns that a derived column is made of."""
    if column.role != "derived":
        return ()
    from gluepot.lake.convert import transform  # noqa: PLC0415 - DuckDB is loaded where a plan has SQL only

    return tuple(transform.derived_of(made, column, source).columns)


def _used_by_filter(made: PlannedTable, source: Table) -> tuple[str, ...]:
    if not made.filter:
        return ()
    from gluepot.lake.convert import transform  # noqa: PLC0415 - likewise

    return tuple(transform.filter_of(made, source).columns)


def _masks(columns: Iterable[Column]) -> str:
    return ", ".join(f"{column.masked} of {column.name}" for column in columns)


def _refuse(source: Table, columns: Iterable[Column], found: Findings, how: str) -> None:
    columns = list(columns)
    if not columns:
        return
    told = [f"{column.name} ({column.masked})" for column in columns]
    first = bare(columns[0].name)
    why = f" (the role's permissions could not be read: {source.unread})" if source.unread else ""
    view = "; a view's masks are its own: UNMASK on its table does not reach it" if source.is_view else ""
    what = f"{plural(len(told), 'column')} {', '.join(told)} {how} masked{why}{view}"
    is_key = any(column.kind == "partition_key" for column in columns)
    also = f", with {source.unmask.replace('UNMASK', 'SELECT_MASKED', 1)}" if is_key else ""  # to read ranges of it
    found.refuse(source.name, what, f'{source.unmask}; or load what the masks show: masked.{first} = "load"{also}')
