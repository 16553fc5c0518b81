"""One HTML page of a keyspace, which needs nothing but itself: no script, no font, no image, nothing from elsewhere.

Names and values come from strangers: each is escaped where it is put in, control characters are made visible, and the
page's own policy forbids whatever would run or be fetched.
"""

from __future__ import annotations

import hashlib
import html
import importlib.resources
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from gluepot.lake.read import display
from gluepot.source.layout import draw
from gluepot.source.seen import kind_of, uses
from gluepot.text import counted, plural, sized

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.source.layout import Box, Drawing, Link
    from gluepot.source.seen import Sample, Seen, SeenColumn, SeenTable, SeenType

LONGEST: Final = 2000
"""Characters of a value that the page holds; a cell that is narrower shows the rest when it is pointed at."""

WIDE: Final = 40
"""Characters that a cell of a sample shows, about; more are in its title."""

_BIDI: Final = frozenset(map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))

_FIELDS: Final = "<tr><th>field</th><th>CQL type</th></tr>"
_MARKS: Final = {"K": "partition key", "C": "clustering key", "S": "static"}
_LINES: Final = {
    "key": "key columns of one name and type",
    "type": "holds a user-defined type",
    "view": "view of a table",
}


def page(seen: Seen) -> str:
    """Write the page.

    Args:
        seen: The keyspace, or one table of it.
    """
    drawing = draw(seen)
    style = (importlib.resources.files("gluepot.source") / "style.css").read_text(encoding="utf-8") + _hovering(drawing)
    parts = [
        *(_table(table, at) for at, table in enumerate(seen.tables)),
        *(_type(kind, seen, len(seen.tables) + at) for at, kind in enumerate(seen.types)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_escaped(seen.keyspace)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{_head(seen)}\n<main>\n{_board(drawing, seen)}\n{''.join(parts)}</main>\n"
        f"<footer>Looked at {_escaped(seen.seen)} with gluepot source show. "
        f"Rows and sizes marked with ~ are estimates.</footer>\n</body>\n</html>\n"
    )


def _policy(style: str) -> str:
    """Allow this style sheet, and style attributes, which hold positions; nothing else at all."""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    sheets = f"style-src-elem 'sha256-{digest}'; style-src-attr 'unsafe-inline'"
    return f"default-src 'none'; {sheets}; base-uri 'none'; form-action 'none'"


def _escaped(text: object) -> str:
    """Escape a text for HTML, in elements and in attributes; control characters become visible."""
    visible = "".join(
        char
        if (char.isprintable() or char == " ") and char not in _BIDI
        else char.encode("unicode_escape").decode("ascii")
        for char in str(text)
    )
    return html.escape(visible, quote=True)


def _head(seen: Seen) -> str:
    views = sum(table.table.is_view for table in seen.tables)
    tables = len(seen.tables) - views
    tables_with_rows = [table for table in seen.tables if table.rows is not None and not table.table.is_view]
    about = "" if all(table.exact for table in tables_with_rows) else "~"
    facts = [
        _many(tables, "table"),
        *([_many(views, "materialized view")] if views else []),
        *([_many(len(seen.types), "user-defined type")] if seen.types else []),
        *([f"<b>{about}{sum(table.rows or 0 for table in tables_with_rows):,}</b> rows"] if tables_with_rows else []),
        *([f"<b>{about}{sized(sum(table.bytes or 0 for table in tables_with_rows))}</b>"] if tables_with_rows else []),
    ]
    return (
        f'<header>\n<h1>{_escaped(seen.keyspace)}</h1>\n<p class="soft">{_escaped(seen.cluster)}</p>\n'
        f'<ul class="facts">{"".join(f"<li>{fact}</li>" for fact in facts)}</ul>\n</header>'
    )


def _many(count: int, noun: str) -> str:
    return f"<b>{count:,}</b> {plural(count, noun)}"


def rows_text(table: SeenTable) -> str:
    """Write how many rows a table has, `~` before an estimate; empty where nobody knows."""
    if table.rows is None:
        return ""
    return f"{'' if table.exact else '~'}{counted(table.rows, 'row')}"


def _board(drawing: Drawing, seen: Seen) -> str:
    boxes = "".join(_box(box, at, _beside(seen, at)) for at, box in enumerate(drawing.boxes))
    lines = "".join(map(_line, drawing.links))
    return (
        f'<div class="board scroll"><div class="drawing" style="width:{drawing.width}px;height:{drawing.height}px">\n'
        f'<svg width="{drawing.width}" height="{drawing.height}" role="img" aria-label="how tables belong together">'
        f'{lines}</svg>\n{boxes}</div></div>\n<ul class="legend">{_legend(drawing)}</ul>'
    )


def _legend(drawing: Drawing) -> str:
    """Explain the marks and lines that are there."""
    marks = {row.mark for box in drawing.boxes for row in box.rows}
    kinds = {link.kind for link in drawing.links}
    items = [f'<span class="mark {mark}">{mark}</span>{name}' for mark, name in _MARKS.items() if mark in marks]
    items += [f'<svg><path class="{kind}" d="M1 4H33"/></svg>{name}' for kind, name in _LINES.items() if kind in kinds]
    return "".join(f"<li>{item}</li>" for item in items)


def _beside(seen: Seen, at: int) -> str:
    if at >= len(seen.tables):
        return "type"
    table = seen.tables[at]
    return " ".join(filter(None, ("view" if table.table.is_view else "", rows_text(table))))


def _box(box: Box, at: int, beside: str) -> str:
    rows = "".join(
        f'<li title="{_escaped(row.name)} {_escaped(row.type)}"><span class="mark {row.mark}">{row.mark}</span>'
        f'<span class="name">{_escaped(row.name)}</span><span class="of">{_escaped(row.type)}</span></li>'
        for row in box.rows
    )
    if box.more:
        rows += f'<li class="more">and {box.more:,} more</li>'
    where = f"left:{box.at[0]}px;top:{box.at[1]}px;width:{box.width}px;height:{box.height}px"
    name = _escaped(box.name)
    return (
        f'<section class="box {box.kind}" id="box-{at}" style="{where}">'
        f'<a href="#part-{at}" title="{name}"><span>{name}</span><small>{_escaped(beside)}</small></a>'
        f"<ul>{rows}</ul></section>\n"
    )


def _line(link: Link) -> str:
    numbers = [float(number) for number in link.path.replace("M", "").replace("C", " ").split()]
    ends = (numbers[:2], numbers[-2:])
    dots = "".join(f'<circle class="{link.kind}" cx="{x:g}" cy="{y:g}" r="3"/>' for x, y in ends)
    touched = f"at-{link.start[0]} at-{link.end[0]}"
    path = f'<path class="{link.kind}" d="{link.path}"/>'
    return f'<g class="{touched}"><title>{_escaped(link.label)}</title>{path}{dots}</g>\n'


def _hovering(drawing: Drawing) -> str:
    """Fade the lines of other boxes while one box is pointed at."""
    linked = sorted({at for link in drawing.links for at in (link.start[0], link.end[0])})
    return "".join(f".drawing:has(#box-{at}:hover) g:not(.at-{at}){{opacity:.15}}\n" for at in linked)


def _table(table: SeenTable, at: int) -> str:
    kind = "view" if table.table.is_view else "table"
    facts = [
        rows_text(table),
        "" if table.bytes is None else f"{'' if table.exact else '~'}{sized(table.bytes)}",
        table.estimated_by,
    ]
    about = " · ".join(_escaped(part) for part in facts if part)
    base = f'<p class="soft">a view of {_escaped(table.base)}</p>' if table.base else ""
    comment = f"<p>{_escaped(table.table.comment)}</p>" if table.table.comment else ""
    return (
        f'<section class="part" id="part-{at}">\n<div class="title"><h2>{_escaped(table.table.name)}</h2>'
        f'<span class="tag {kind}">{kind}</span><span class="soft">{about}</span></div>\n{base}{comment}'
        f"{_columns(table.columns)}\n{_sampled(table)}</section>\n"
    )


def _columns(columns: Iterable[SeenColumn]) -> str:
    rows = "".join(
        f"<tr><td><code>{_escaped(column.column.name)}</code></td>"
        f"<td>{_kind(column)}</td><td><code>{_escaped(column.column.type)}</code></td><td>{_lake(column)}</td></tr>\n"
        for column in columns
    )
    heads = "<th>column</th><th>key</th><th>CQL type</th><th>in the lake</th>"
    table = f'<table class="columns"><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table>'
    return f'<h3>Columns</h3>\n<div class="scroll">{table}</div>'


def _kind(column: SeenColumn) -> str:
    label = kind_of(column.column)
    return f'<span class="kind {column.column.kind}">{label}</span>' if label else ""


def _lake(column: SeenColumn) -> str:
    renamed = f" as <code>{_escaped(column.lake_name)}</code>" if column.lake_name != column.column.name else ""
    note = f'<br><span class="soft">{_escaped(column.note)}</span>' if column.note else ""
    if not column.lake_type:
        return f'<span class="warn">{_escaped(column.note)}</span>'
    return f"<code>{_escaped(column.lake_type)}</code>{renamed}{note}"


def _sampled(table: SeenTable) -> str:
    if table.unread:
        return f'<h3>Sample rows</h3>\n<p class="warn">{_escaped(table.unread)}</p>'
    if table.sample is None:
        return ""
    if not table.sample.rows:
        return '<h3>Sample rows</h3>\n<p class="soft">the table is empty</p>'
    return f"<h3>Sample rows</h3>\n{_rows(table.sample)}"


def _rows(sample: Sample) -> str:
    marks = [' class="number"' if number else "" for number in sample.numbers]
    heads = "".join(f"<th{mark}>{_escaped(name)}</th>" for name, mark in zip(sample.columns, marks, strict=True))
    cells = [[_cell(value) for value in row] for row in sample.rows]
    body = "".join(f"<tr>{''.join(map(_td, marks, row))}</tr>\n" for row in cells)
    short = sum(is_short for row in cells for _, _, is_short in row)
    count_text = plural(short, "one value is", f"{short:,} values are")
    note = f'<p class="soft">{count_text} shortened to {LONGEST:,} characters</p>' if short else ""
    table = f'<table class="rows"><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table>'
    return f'<div class="scroll">{table}</div>{note}'


def _td(mark: str, cell: tuple[str, str, bool]) -> str:
    return f"<td{mark}{cell[1]}>{cell[0]}</td>"


def _cell(value: Any) -> tuple[str, str, bool]:  # noqa: ANN401 - whatever `plain` gives
    """Give a cell's HTML, its title where it may not fit, and whether the page does not hold all of it."""
    if value is None:
        return "<i>null</i>", "", False
    text = display.text(value)
    if not text:
        return "<i>empty</i>", "", False
    is_short = len(text) > LONGEST
    kept = f"{text[:LONGEST]}… of {len(text):,} characters" if is_short else text
    return _escaped(kept), f' title="{_escaped(kept)}"' if len(text) > WIDE else "", is_short


def _type(seen_type: SeenType, seen: Seen, at: int) -> str:
    users = [
        table.table.name for table in seen.tables if any(seen_type.name in uses(c.column.type) for c in table.columns)
    ]
    users += [other.name for other in seen.types if any(seen_type.name in uses(kind) for _, kind in other.fields)]
    usage = f"used by {', '.join(users)}" if users else "not used"
    fields = "".join(
        f"<tr><td><code>{_escaped(name)}</code></td><td><code>{_escaped(kind)}</code></td></tr>\n"
        for name, kind in seen_type.fields
    )
    table = f'<table class="columns"><thead>{_FIELDS}</thead><tbody>\n{fields}</tbody></table>'
    return (
        f'<section class="part" id="part-{at}">\n<div class="title"><h2>{_escaped(seen_type.name)}</h2>'
        f'<span class="tag type">type</span><span class="soft">{_escaped(usage)}</span></div>\n<h3>Fields</h3>\n'
        f'<div class="scroll">{table}</div></section>\n'
    )
