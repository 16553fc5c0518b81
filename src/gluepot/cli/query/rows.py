"""The rows of a query: as a table, as JSON lines, as CSV."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from gluepot.cli import say
from gluepot.cli.query.grid import Column, grid, terminal
from gluepot.lake.read import display
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.sql.query import Running

_AT_ONCE: Final = 1000
_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]|^$')


def as_text(found: Running, most: int) -> None:
    """Print a table of at most so many rows (0: all), and say what does not fit or is not shown."""
    taken = list(islice(_rows(found), most + 1 if most else None))
    more = bool(most) and len(taken) > most
    columns = [Column(field.name, right=display.is_number(field.type)) for field in found.schema]
    cells = [[None if value is None else display.text(value) for value in row] for row in taken[: most or None]]
    if _is_plan(found):
        say.rows("\n".join(row[1] or "" for row in cells))
        return
    laid = grid(columns, cells, terminal())
    say.rows("\n".join(laid.lines))
    count = len(cells)
    summary = counted(count, "row")
    say.tell(f"the first {summary}, there are more: --limit 0 prints all" if more else summary)
    if laid.shortened:
        say.tell(f"shortened, ending in …: {', '.join(laid.shortened)}")
    if laid.hidden:
        say.tell(f"not shown, for lack of room: {', '.join(laid.hidden)}")
    if not laid.is_whole:
        say.hint("--output json or csv prints everything")


def as_json(found: Running, most: int) -> None:
    """Print one JSON object per row; decimals with a scale are text, so that no digit is lost."""
    names = _apart(found.schema.names)
    records = (dict(zip(names, row, strict=True)) for row in islice(_rows(found), most or None))
    _lines(json.dumps(record, ensure_ascii=False, default=_decimal) for record in records)


def as_csv(found: Running, most: int) -> None:
    """Print CSV with a header (RFC 4180, lines end in a line feed); null is nothing, text of no length is `""`."""
    say.rows(",".join(map(_field, found.schema.names)))
    rows = islice(_rows(found), most or None)
    _lines(",".join("" if value is None else _field(display.text(value)) for value in row) for row in rows)


def _lines(lines: Iterator[str]) -> None:
    """Print many lines, a thousand at a time: each printing is a flush."""
    while chunk := list(islice(lines, _AT_ONCE)):
        say.rows("\n".join(chunk))


def _rows(found: Running) -> Iterator[tuple[Any, ...]]:
    for batch in found.batches:
        yield from zip(*(display.plain(column) for column in batch.columns), strict=True)


def _is_plan(found: Running) -> bool:
    return found.schema.names == ["explain_key", "explain_value"]


def _apart(names: Sequence[str]) -> list[str]:
    """Tell columns of one name apart, as JSON objects need it: `a`, `a_2`."""
    given: dict[str, None] = {}
    for name in names:
        free, at = name, 2
        while free in given:
            free, at = f"{name}_{at}", at + 1
        given[free] = None
    return list(given)


def _decimal(value: object) -> str:
    assert isinstance(value, Decimal)  # noqa: S101 - `plain` gives nothing else that JSON does not know
    return f"{value:f}"


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text
