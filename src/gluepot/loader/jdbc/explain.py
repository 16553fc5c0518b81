"""`gluepot explain jdbc`: what the JDBC route makes of a plan, column by column, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from gluepot.loader.jdbc.check import check_jar, raise_refusals, refusals
from gluepot.loader.jdbc.limits import columns
from gluepot.loader.plan.open import open_plan

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.jdbc.limits import Column
    from gluepot.loader.plan.planning import PlannedLoad
    from gluepot.plan.table import PlannedTable


@dataclass(frozen=True, slots=True)
class Explained:
    """What the JDBC route makes of a plan.

    Args:
        tables: The plan's tables.
        columns: What becomes of each column.
        refusals: What the plan asks for and this route cannot do.
    """

    tables: tuple[PlannedTable, ...]
    columns: tuple[Column, ...]
    refusals: tuple[str, ...]


def jdbc(file: PlanFile) -> Explained:
    """Look at a plan as the JDBC route would; reads the source's schema, and changes nothing.

    Raises:
        ConfigError: The keyspace or the credentials are wrong.
        UnreachableError: The source does not answer.
    """
    planned = _planned(file)
    found = planned.plan.tables
    unread = (f"{one.table.source}: {one.error}; {one.error.hint}" for one in planned.unplanned)
    return Explained(found, tuple(columns(found)), (*refusals(file, found), *unread))


def jdbc_tables(file: PlanFile) -> tuple[PlannedTable, ...]:
    """Give the tables of a plan whose route is JDBC, once jar and plan have been looked at; of other plans none.

    Raises:
        ConfigError: The jar is missing or another one; the plan asks for what this route cannot do.
        SourceError: One of its tables cannot be read.
        UnreachableError: The source does not answer.
    """
    if file.route != "jdbc":
        return ()
    check_jar(file)
    planned = _planned(file)
    planned.raise_refusals()
    for unplanned in planned.unplanned:  # the visual job has a node for each table, and reads all or none
        raise unplanned.error
    found = planned.plan.tables
    raise_refusals(file, found)
    return found


def _planned(file: PlanFile) -> PlannedLoad:
    with open_plan(planned_as(file)) as opened:
        return opened.planned


def planned_as(file: PlanFile) -> PlanFile:
    """Take the modes out of a plan file: the native reader plans for its own, and this route knows one only."""
    tables = {name: msgspec.structs.replace(section, mode=None) for name, section in file.table.items()}
    return msgspec.structs.replace(file, target=msgspec.structs.replace(file.target, mode="replace"), table=tables)
