"""What `gluepot source show` answers: as text, as JSON."""

from __future__ import annotations

import sys
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from gluepot.cli import say
from gluepot.cli.query.grid import Column, grid, shorten, terminal
from gluepot.lake.read import display
from gluepot.source.seen import kind_of, uses
from gluepot.text import counted, sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.source.seen import Sample, Seen, SeenColumn, SeenTable, SeenType

_ENDLESS: Final = 100_000
"""Columns of a file or a pipe: no line is broken there."""

_VALUE: Final = 400
"""Characters of a value where no terminal says how many fit."""

_NARROWEST: Final = 24
_UUID: Final = 36
"""Characters of a UUID, which says nothing where it is cut."""


def as_text(seen: Seen, width: int | None = None) -> str:
    """Lay out what was seen.

    Args:
        seen: The keyspace, or one table of it.
        width: Characters of a line; 0 for as many as it takes, None for the terminal's.
    """
    width = terminal() if width is None else width
    parts = [_head(seen)]
    parts += [_table(table, width) for table in seen.tables]
    parts += [_type(udt, seen, width) for udt in seen.types]
    return "\n\n".join(parts)


def _head(seen: Seen) -> str:
    views = sum(table.table.is_view for table in seen.tables)
    counts = [counted(len(seen.tables) - views, "table")]
    counts += [counted(views, "materialized view")] if views else []
    counts += [counted(len(seen.types), "user-defined type")] if seen.types else []
    return f"{say.bold(say.safe(seen.keyspace))}  {say.safe(seen.cluster)}\n{', '.join(counts)}"


def _table(described: SeenTable, width: int) -> str:
    kind = f"view of {described.base}" if described.base else "materialized view" if described.table.is_view else ""
    about = "; ".join(filter(None, (kind, _sized(described), described.estimated_by)))
    lines = [_titled(described.table.name, about, width)]
    lines += [_wrapped(described.table.comment, width)] if described.table.comment else []
    lines.append(_columns(described.columns, width))
    if described.unread:
        lines += ["", f"  {say.safe(described.unread)}"]
    elif described.sample is not None:
        lines += ["", _sample(described.sample, width)]
    return "\n".join(lines)


def _titled(name: str, about: str, width: int) -> str:
    """Put a name before what is said about it, on one line or on two."""
    fits = not width or cell_len(name) + cell_len(about) + 2 <= width
    bold = say.bold(say.safe(name))
    return f"{bold}  {say.safe(about)}".rstrip() if fits else f"{bold}\n{_wrapped(about, width)}"


def _sized(described: SeenTable) -> str:
    if described.rows is None:
        return ""
    about = "" if described.exact else "~"
    return f"{about}{counted(described.rows, 'row')}, {about}{sized(described.bytes or 0)}"


def _columns(columns: Sequence[SeenColumn], width: int) -> str:
    rows = [
        (column.column.name, kind_of(column.column), str(column.column.type), _becomes(column)) for column in columns
    ]
    notes = [_wrapped(f"{column.column.name}: {column.note}", width) for column in columns if column.note]
    return "\n".join([_wrapping(("COLUMN", "KEY", "CQL TYPE", "IN THE LAKE"), rows, width), *notes])


def _becomes(column: SeenColumn) -> str:
    if not column.lake_type:
        return "needs a choice"
    return f"{column.lake_name} {column.lake_type}" if column.lake_name != column.column.name else column.lake_type


def _type(udt: SeenType, seen: Seen, width: int) -> str:
    users = [table.table.name for table in seen.tables if any(udt.name in uses(c.column.type) for c in table.columns)]
    users += [other.name for other in seen.types if any(udt.name in uses(kind) for _, kind in other.fields)]
    about = f"type, used by {', '.join(users)}" if users else "type, not used"
    fields = [(name, str(kind)) for name, kind in udt.fields]
    return f"{_titled(udt.name, about, width)}\n{_wrapping(('FIELD', 'CQL TYPE'), fields, width)}"


def _wrapping(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Lay out rows whose cells wrap within their columns, so that nothing is cut."""
    table = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold", min_width=min(len(head), 8))
    for row in rows:
        table.add_row(*(Text(say.safe(value)) for value in row))
    return _indented(_rendered(table, width - 2 if width else _ENDLESS))


def _rendered(table: RichTable, width: int) -> str:
    written = StringIO()
    is_terminal = bool(sys.stdout and sys.stdout.isatty())
    console = Console(file=written, width=width, force_terminal=is_terminal, highlight=False)
    console.print(table)
    return "\n".join(line.rstrip() for line in written.getvalue().rstrip("\n").split("\n"))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))


def _wrapped(text: str, width: int) -> str:
    table = RichTable(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_row(Text(say.safe(text)))
    return _indented(_rendered(table, width - 2 if width else _ENDLESS))


def _sample(sample: Sample, width: int) -> str:
    """Lay out sample rows side by side where all columns find room, else one value below the other."""
    if not sample.rows:
        return "  the table is empty"
    columns = [Column(name, right) for name, right in zip(sample.columns, sample.numbers, strict=True)]
    cells = [[None if value is None else display.text(value)[:_VALUE] for value in row] for row in sample.rows]
    laid = grid(columns, cells, width - 2 if width else 0, _UUID)
    if laid.hidden:
        return _records(sample, width)
    cut = {name for at, name in enumerate(sample.columns) if _is_cut(sample, at)} | set(laid.shortened)
    notes = [f"shortened: {', '.join(name for name in sample.columns if name in cut)}"] if cut else []
    return "\n".join(f"  {line}" for line in (*laid.lines, *notes))


def _is_cut(sample: Sample, at: int) -> bool:
    return any(row[at] is not None and len(display.text(row[at])) > _VALUE for row in sample.rows)


def _records(sample: Sample, width: int) -> str:
    names = [say.safe(name) for name in sample.columns]
    aside = min(max(map(len, names)), max(width // 3, 12))
    room = max(width - aside - 6, _NARROWEST)
    lines, short = [], 0
    for number, row in enumerate(sample.rows, 1):
        lines.append(f"  row {number}")
        for name, value in zip(names, row, strict=True):
            text, is_short = shorten(None if value is None else display.text(value), room)
            short += is_short
            lines.append(f"    {name.ljust(aside)}  {text}")
    summary = counted(short, "value is", "values are")
    return "\n".join([*lines, *([f"  {summary} shortened, ending in …"] if short else [])])


def as_plain(seen: Seen) -> dict[str, Any]:
    """Give what was seen as JSON holds it."""
    return {
        "cluster": seen.cluster,
        "keyspace": seen.keyspace,
        "seen": seen.seen,
        "tables": [_plain_table(table) for table in seen.tables],
        "types": [
            {"name": udt.name, "fields": [{"name": name, "type": str(kind)} for name, kind in udt.fields]}
            for udt in seen.types
        ],
    }


def _plain_table(described: SeenTable) -> dict[str, Any]:
    sample = described.sample
    return {
        "name": described.table.name,
        "kind": "view" if described.table.is_view else "table",
        "base": described.base or None,
        "id": described.table.id,
        "comment": described.table.comment,
        "partition_key": [column.name for column in described.table.partition_key],
        "clustering": [
            {"name": column.name, "order": "DESC" if column.descending else "ASC"}
            for column in described.table.clustering
        ],
        "rows": described.rows,
        "bytes": described.bytes,
        "exact": described.exact,
        "estimated_by": described.estimated_by,
        "columns": [_plain_column(column) for column in described.columns],
        "sample": None if sample is None else [dict(zip(sample.columns, row, strict=True)) for row in sample.rows],
        "unread": described.unread or None,
    }


def _plain_column(column: SeenColumn) -> dict[str, Any]:
    return {
        "name": column.column.name,
        "type": str(column.column.type),
        "kind": column.column.kind,
        "position": column.column.position if column.column.position >= 0 else None,
        "descending": column.column.descending,
        "masked": column.column.masked or None,
        "lake_name": column.lake_name,
        "lake_type": column.lake_type or None,
        "note": column.note or None,
    }
