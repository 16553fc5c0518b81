"""Rows of any table on a terminal: aligned columns that fit its width, and words on whatever does not fit."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from gluepot.cli import say

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP: Final = "  "
_CAPS: Final = (80, 60, 48, 40, 36, 30, 25, 20)
"""Widths that text is cut to, the first that lets all columns fit; numbers are never cut."""

_CUT: Final = "…"
NULL: Final = "null"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a grid.

    Args:
        name: Its heading.
        right: Whether its values are aligned to the right.
    """

    name: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows laid out.

    Args:
        lines: The heading, a rule, and a line for each row.
        hidden: Columns that found no place.
        shortened: Columns of which some value is cut.
    """

    lines: tuple[str, ...]
    hidden: tuple[str, ...]
    shortened: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether everything is shown."""
        return not self.hidden and not self.shortened


def terminal() -> int:
    """Say how many columns the terminal behind stdout has; 0 for a file or a pipe, where lines stay whole."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stdout and sys.stdout.isatty() else 0


def cell(value: str | None) -> str:
    """Write one value so that null, no text at all and the text `null` are told apart, on one line."""
    if value is None:
        return NULL
    return f"'{value}'" if value in {"", NULL} else say.visible(value)


def grid(columns: Sequence[Column], rows: Sequence[Sequence[str | None]], width: int = 0, least: int = 20) -> Grid:
    """Lay rows out.

    Args:
        columns: Their columns.
        rows: A value or null for each column.
        width: Characters of a line; 0 for as many as it takes.
        least: What text is cut to at the least; columns that have no room then are hidden.
    """
    names = [say.visible(column.name) for column in columns]
    cells = [[cell(value) for value in row] for row in rows]
    needed = [max([cell_len(name), *(cell_len(row[at]) for row in cells)]) for at, name in enumerate(names)]
    widths = _fitting(needed, [column.right for column in columns], width, [cap for cap in _CAPS if cap >= least])
    dim = _dims()
    body = [_line(shown, widths, columns, row if dim else ()) for shown, row in zip(cells, rows, strict=True)]
    return Grid(
        lines=(say.bold(_line(names, widths, columns)), _GAP.join("─" * size for size in widths), *body),
        hidden=tuple(names[len(widths) :]),
        shortened=tuple(name for name, wide, kept in zip(names, needed, widths, strict=False) if wide > kept),
    )


def _fitting(needed: Sequence[int], rigid: Sequence[bool], width: int, caps: Sequence[int]) -> list[int]:
    """Choose the widths of columns; there are fewer than asked for where not all of them fit."""
    widths = list(needed)
    for cap in caps:
        if not width or _total(widths) <= width:
            return widths
        widths = [size if stays else min(size, cap) for size, stays in zip(needed, rigid, strict=True)]
    while len(widths) > 1 and _total(widths) > width:
        widths.pop()
    return [min(size, width) for size in widths]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _line(
    cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column], row: Sequence[str | None] = ()
) -> str:
    sized = [_sized(cells[at], wide, right=columns[at].right) for at, wide in enumerate(widths)]
    dimmed = [f"\x1b[2m{text}\x1b[0m" if row and row[at] is None else text for at, text in enumerate(sized)]
    return _GAP.join(dimmed).rstrip()


def _sized(value: str, width: int, *, right: bool) -> str:
    length = cell_len(value)
    if length > width:
        return set_cell_size(value, width - 1) + _CUT
    return " " * (width - length) + value if right else value + " " * (width - length)


def _dims() -> bool:
    return bool(terminal()) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def shorten(value: str | None, most: int) -> tuple[str, bool]:
    """Write a value, cut to a width, and say whether that took something away."""
    shown = cell(value)
    return (set_cell_size(shown, most - 1) + _CUT, True) if cell_len(shown) > most else (shown, False)
