"""What a plan is today, against what it was when a table was loaded: in words, for who wonders what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.plan.table import PlannedColumn, PlannedTable

_COLUMN: Final = (("type", "type"), ("cql", "CQL type"), ("cast", "cast"), ("expression", "expression"),
                  ("policy", "policy"), ("role", "role"), ("masked", "mask"))  # fmt: skip
_TABLE: Final = (("filter", "filter"), ("mode", "mode"), ("format", "format"))


def changes(loaded: PlannedTable, today: PlannedTable) -> Iterator[str]:
    """Say what is another in today's plan of a table; what is not known of the load is not compared.

    Args:
        loaded: The plan that it was loaded by.
        today: The plan now.
    """
    if loaded.source_id and loaded.source_id != today.source_id:
        yield f"{today.source} was dropped and created again in the source since"
    before, now = ({_identity(column): column for column in table.columns} for table in (loaded, today))
    yield from (f"column {now[one].name} is new since: it is not in this load" for one in now if one not in before)
    yield from (
        f"column {before[one].name} is not in the plan any more, and was loaded" for one in before if one not in now
    )
    for one, column in now.items():
        if one in before:
            yield from _of_column(before[one], column)
    for name, told in _TABLE if loaded.source_id else ():
        was, is_now = getattr(loaded, name), getattr(today, name)
        if was != is_now:
            yield f"the {told} is {is_now or 'none'} now, and was {was or 'none'}"
    if loaded.source_id and loaded.partition != today.partition:
        yield "the partitioning is another now"


def _identity(column: PlannedColumn) -> tuple[str, str]:
    """Give what a column stays the same by: what it is made of, whatever it is called."""
    kind = "column" if column.role in {"partition_key", "clustering", "static", "regular"} else column.role
    return kind, column.source or column.name


def _of_column(before: PlannedColumn, now: PlannedColumn) -> Iterator[str]:
    if before.name != now.name:
        yield f"column {before.name} is called {now.name} now"
    for name, told in _COLUMN:
        was, is_now = getattr(before, name), getattr(now, name)
        if was != is_now:
            yield f"the {told} of column {now.name} is {is_now or 'none'} now, and was {was or 'none'}"
