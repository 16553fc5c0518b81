"""Which load each table of a plan is staged under: asked for, cut short and young enough, or new; and the run's end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from gluepot.errors import GluepotError
from gluepot.plan.identity import Asked, Rule, choose, new_id
from gluepot.waiting.patience import trying_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gluepot.lake.commit.lake import Lake
    from gluepot.loader.core.results import LoadedTable
    from gluepot.plan.identity import Chosen
    from gluepot.plan.table import LoadPlan

ANY: Final = Rule()
"""What is young enough is finished, everything else begun."""


def chosen_loads(plan: LoadPlan, lake: Lake, rule: Rule, say: Callable[[str], None]) -> Chosen:
    """Choose the load of every table of a plan, and say of each what is not plain.

    Raises:
        ConfigError: Some cannot be finished as it is asked; all of them are named.
    """
    ends = lake.ends(plan.tables[0]) if plan.tables else None  # a plan's tables lie in one location
    asked = [
        Asked(table.name, plan.digest(table), lake.latest(table, rule.named(table.name), ends)) for table in plan.tables
    ]
    chosen = choose(asked, new_id(), rule)
    for table, choice in zip(plan.tables, chosen.loads, strict=True):
        if choice.told:
            say(f"{table.name}: {choice.told}")
    return chosen


def end(lake: Lake, done: Sequence[LoadedTable]) -> None:
    """Record that a run has come to its end, and with it those whose commits it has kept.

    Args:
        lake: Where its tables are.
        done: What became of them. Where none is committed, the end matters to nobody's rows: it may go unrecorded.

    Raises:
        LakeError: The store did not take it.
    """
    committed = [one.committed.run for one in done if one.committed is not None]
    ends = lake.ends(done[0].table)
    if committed:
        ends.end(done[0].run, committed)
        return
    with contextlib.suppress(GluepotError), trying_once():
        ends.end(done[0].run, committed)
