"""Where the boxes of a keyspace stand, and which lines join them: numbers only, pixels throughout."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from gluepot.source.seen import uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.source.seen import Seen

HEAD: Final = 34
"""Height of a box's heading."""

ROW: Final = 24
"""Height of one row in a box; style.css says the same."""

FOOT: Final = 6
GAP: Final = 28
"""Between boxes of one column."""

GUTTER: Final = 84
"""Between columns of boxes: room for lines."""

MARGIN: Final = 24
NARROWEST: Final = 230
WIDEST: Final = 380
LETTER: Final = 7.3
"""Width of a letter of the fixed-width font, at most."""

COLUMNS: Final = 4
"""Columns of boxes, at most; a page is scrolled down rather than sideways."""

ROWS: Final = 24
"""Rows that a box has before the rest of them is told as a number."""

_BEND: Final = 0.5
_BULGE: Final = 46

LinkKind = Literal["key", "type", "view"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a box: a column or a field; `mark` is its place in the key."""

    name: str
    type: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A table, a view or a type.

    Args:
        name: Its name.
        kind: `table`, `view` or `type`.
        rows: Its columns or fields, as many as it has room for.
        more: How many there are beyond those.
        at: Left and top.
        width: Its width.
    """

    name: str
    kind: str
    rows: tuple[Row, ...]
    more: int = 0
    at: tuple[int, int] = (0, 0)
    width: int = NARROWEST

    @property
    def height(self) -> int:
        """Its height."""
        return HEAD + ROW * (len(self.rows) + bool(self.more)) + FOOT

    def middle(self, row: int) -> int:
        """How far down the page a row's middle is; -1 is the heading, a row that is not shown is the last line."""
        if row < 0:
            return self.at[1] + HEAD // 2
        return self.at[1] + HEAD + ROW * min(row, len(self.rows) - (not self.more)) + ROW // 2


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two boxes.

    Args:
        kind: `key` where both have a key column of this name and type, `type` from a column to its type, `view`
            from a view to its table.
        start: A box's place in the list, and a row of it; -1 is the heading.
        end: Likewise.
        label: What the line says when it is pointed at.
        path: How it is drawn, in SVG's words.
    """

    kind: LinkKind
    start: tuple[int, int]
    end: tuple[int, int]
    label: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole: boxes of tables in the order of the keyspace, then boxes of types; lines; its size."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    width: int
    height: int


def draw(seen: Seen) -> Drawing:
    """Lay a keyspace out."""
    boxes = [_table_box(table.table) for table in seen.tables]
    boxes += [
        _type_box(seen_type.name, [(name, str(kind)) for name, kind in seen_type.fields]) for seen_type in seen.types
    ]
    links = [*_keys(seen), *_types(seen), *_views(seen)]
    placed = _placed(boxes, _order(boxes, links))
    width = max((box.at[0] + box.width for box in placed), default=0) + MARGIN
    height = max((box.at[1] + box.height for box in placed), default=0) + MARGIN
    return Drawing(tuple(placed), tuple(_pathed(link, placed) for link in links), width, height)


def _table_box(table: Table) -> Box:
    rows = [
        Row(
            column.name, str(column.type), {"partition_key": "K", "clustering": "C", "static": "S"}.get(column.kind, "")
        )
        for column in table.columns
    ]
    return _box(table.name, "view" if table.is_view else "table", rows)


def _type_box(name: str, fields: Sequence[tuple[str, str]]) -> Box:
    return _box(name, "type", [Row(field, kind) for field, kind in fields])


def _box(name: str, kind: str, rows: Sequence[Row]) -> Box:
    letters = max([len(name) + 8, *(len(row.name) + len(row.type) + 7 for row in rows)])
    width = min(max(round(letters * LETTER) + 24, NARROWEST), WIDEST)
    kept = rows if len(rows) <= ROWS else rows[: ROWS - 1]
    return Box(name, kind, tuple(kept), len(rows) - len(kept), width=width)


def _keys(seen: Seen) -> Iterable[Link]:
    """Link tables whose keys share a column, by name and type: all of them to the one that it alone is the key of."""
    holders: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for at, seen_table in enumerate(seen.tables):
        for row, column in enumerate(seen_table.table.columns):
            if column.kind in {"partition_key", "clustering"} and not seen_table.table.is_view:
                holders[column.name, str(column.type)].append((at, row))
    for (name, kind), ends in holders.items():
        alone = [end for end in ends if _is_alone(seen.tables[end[0]].table, name)]
        star = [(alone[0], end) for end in ends if end != alone[0]] if len(alone) == 1 else []
        pairs = star or list(pairwise(ends))
        yield from (Link("key", *pair, f"{name} {kind}: a key column of both") for pair in pairs)


def _is_alone(table: Table, name: str) -> bool:
    return [column.name for column in (*table.partition_key, *table.clustering)] == [name]


def _types(seen: Seen) -> Iterable[Link]:
    """Link columns, and fields of types, to the types that they hold."""
    places = {kind.name: len(seen.tables) + at for at, kind in enumerate(seen.types)}
    for at, seen_table in enumerate(seen.tables):
        for row, column in enumerate(seen_table.table.columns):
            for name in sorted(uses(column.type) & set(places)):
                yield Link("type", (at, row), (places[name], -1), f"{seen_table.table.name}.{column.name} holds {name}")
    for outer in seen.types:
        for row, (field, kind) in enumerate(outer.fields):
            for name in sorted(uses(kind) & set(places)):
                yield Link("type", (places[outer.name], row), (places[name], -1), f"{outer.name}.{field} holds {name}")


def _views(seen: Seen) -> Iterable[Link]:
    places = {seen_table.table.name: at for at, seen_table in enumerate(seen.tables)}
    for at, seen_table in enumerate(seen.tables):
        if seen_table.base in places:
            yield Link(
                "view",
                (at, -1),
                (places[seen_table.base], -1),
                f"{seen_table.table.name} is a view of {seen_table.base}",
            )


def _order(boxes: Sequence[Box], links: Sequence[Link]) -> list[int]:
    """Put boxes that are linked after one another, beginning with those that have the most lines: these stay short."""
    beside: dict[int, set[int]] = defaultdict(set)
    for link in links:
        beside[link.start[0]].add(link.end[0])
        beside[link.end[0]].add(link.start[0])
    order: list[int] = []
    for first in sorted(range(len(boxes)), key=lambda at: (-len(beside[at]), at)):
        todo = [first]
        while todo:
            box = todo.pop(0)
            if box not in order:
                order.append(box)
                todo += sorted(beside[box] - set(order), key=lambda at: (boxes[at].kind == "type", at))
    return order


def _placed(boxes: Sequence[Box], order: Sequence[int]) -> list[Box]:
    """Fill columns of about the same height, from left to right."""
    count = min(COLUMNS, max(1, round((len(boxes) * 0.9) ** 0.5)))
    share = sum(box.height + GAP for box in boxes) / count
    placed = list(boxes)
    stacks: list[list[int]] = [[] for _ in range(count)]
    column = filled = 0
    for at in order:
        height = boxes[at].height + GAP
        if stacks[column] and column + 1 < count and filled + height / 2 > share * (column + 1):
            column += 1
        stacks[column].append(at)
        filled += height
    left = MARGIN
    for stack in filter(None, stacks):
        width = max(boxes[at].width for at in stack)
        top = MARGIN
        for at in stack:
            box = boxes[at]
            placed[at] = Box(box.name, box.kind, box.rows, box.more, (left, top), width)
            top += box.height + GAP
        left += width + GUTTER
    return placed


def _pathed(link: Link, boxes: Sequence[Box]) -> Link:
    """Draw a curve between the nearer sides of two boxes; boxes in one column are joined along their right sides."""
    start, end = boxes[link.start[0]], boxes[link.end[0]]
    top, bottom = start.middle(link.start[1]), end.middle(link.end[1])
    if start.at[0] == end.at[0]:
        side = start.at[0] + max(start.width, end.width)
        path = f"M{side} {top}C{side + _BULGE} {top} {side + _BULGE} {bottom} {side} {bottom}"
    else:
        rightwards = start.at[0] < end.at[0]
        left = start.at[0] + (start.width if rightwards else 0)
        right = end.at[0] + (0 if rightwards else end.width)
        bend = round((right - left) * _BEND)
        path = f"M{left} {top}C{left + bend} {top} {right - bend} {bottom} {right} {bottom}"
    return Link(link.kind, link.start, link.end, link.label, path)
