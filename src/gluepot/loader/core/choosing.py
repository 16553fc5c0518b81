"""Which load each table of a plan is staged under: asked for, cut short and young enough, or new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.plan.identity import Asked, Rule, choose, new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.lake.commit.lake import Lake
    from gluepot.plan.identity import Choice
    from gluepot.plan.table import LoadPlan

ANY: Final = Rule()
"""What is young enough is finished, everything else begun."""


def chosen_loads(plan: LoadPlan, lake: Lake, rule: Rule, say: Callable[[str], None]) -> list[Choice]:
    """Choose the load of every table of a plan, and say of each what is not plain.

    Raises:
        ConfigError: Some cannot be finished as it is asked; all of them are named.
    """
    asked = [Asked(table.name, plan.digest(table), lake.latest(table, rule.named(table.name))) for table in plan.tables]
    chosen = choose(asked, new_id(), rule)
    for table, choice in zip(plan.tables, chosen, strict=True):
        if choice.told:
            say(f"{table.name}: {choice.told}")
    return chosen
