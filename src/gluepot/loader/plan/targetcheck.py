"""What a plan's target says to it, looked at without touching it: everything that has to be mended, at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gluepot.aws import regions
from gluepot.errors import ConfigError, GluepotError
from gluepot.lake.commit.checks import AbsentError
from gluepot.loader.plan.refusal import Findings
from gluepot.text import offered

if TYPE_CHECKING:
    from gluepot.lake.commit.lake import Lake
    from gluepot.loader.plan.planning import PlannedLoad
    from gluepot.plan.table import PlannedTable

AT_ONCE: Final = 4
"""Tables that are looked at side by side: all of that time is spent waiting."""


def checked(planned: PlannedLoad, lake: Lake, *, creates: bool) -> PlannedLoad:
    """Look at the target of a plan; gives it with what the target refuses, and what a load changes about it.

    Args:
        planned: The plan.
        lake: The target.
        creates: Whether a run creates a database that is missing.
    """
    found = Findings(list(planned.refusals), list(planned.notes), list(planned.errors))
    region = lake.account.region
    if not regions.is_there(region):  # whatever is asked there would be waited for
        hint = f"set the target's region; {offered(region, regions.known())}"
        found.failed("", ConfigError(f"there is no region {region}", "AWS's library does not list it", hint))
        return replace(planned, refusals=tuple(found.refusals), errors=tuple(found.errors))
    _look_at_database(lake, found, creates=creates)
    tables = [table for table in planned.plan.tables if _is_clear(table)]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="target") as pool:
        for table, told in zip(tables, pool.map(lambda table: list(lake.look(table)), tables), strict=True):
            for one in told:
                _take(table, one, found)
    return replace(planned, refusals=tuple(found.refusals), notes=tuple(found.notes), errors=tuple(found.errors))


def checked_origins(planned: PlannedLoad, lake: Lake) -> PlannedLoad:
    """Look whether the tables of a plan that are there are of its source; gives it with those that are not."""
    found = Findings(list(planned.refusals), list(planned.notes), list(planned.errors))
    for table in planned.plan.tables:
        try:
            lake.check_origin(table)
        except ConfigError as error:
            found.failed(table.source, error)
    return replace(planned, refusals=tuple(found.refusals), errors=tuple(found.errors))


def _look_at_database(lake: Lake, found: Findings, *, creates: bool) -> None:
    try:
        lake.check_database()
    except AbsentError as error:
        if not creates:
            found.failed("", error)
    except GluepotError as error:
        found.failed("", error)


def _is_clear(table: PlannedTable) -> bool:
    """Tell whether a table has a schema: one with two columns of one name is refused as it is."""
    return len({column.name for column in table.columns}) == len(table.columns) > 0


def _take(table: PlannedTable, told: GluepotError | str, found: Findings) -> None:
    if isinstance(told, str):
        found.note(f"{table.name}: {told}")
    else:
        found.failed(table.source, told)
