"""Load ids: which load a run finishes, and under which id a table is loaded.

A run gives all its tables one id. Where it was cut short, the next run takes up that id: tables that are committed
stay, the others are finished. A table whose plan was edited meanwhile is begun again, under the same id with a
number behind it, so that the ranges of two plans never mix.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.plan.table import PlannedTable


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest load of a table: its id, the digest of its plan, and whether it is done."""

    load_id: str
    digest: str
    is_done: bool


def new_id() -> str:
    """Make a load id: it sorts by time, and no two processes make the same."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def run_of(load_id: str) -> str:
    """Give the run that a table's load id belongs to."""
    return load_id.partition(".")[0]


def ids_of(asked: Sequence[tuple[Latest | None, str, PlannedTable]], fresh: str) -> list[str]:
    """Give the load id of each table.

    Args:
        asked: Per table, its newest load, the digest of its plan now, and the plan.
        fresh: The id of a new run, for when there is none to finish.

    Raises:
        ConfigError: Finishing the run would add a table's rows a second time.
    """
    run = max((run_of(latest.load_id) for latest, _, _ in asked if latest), default="")
    if not run or all(_is_done(latest, run) for latest, _, _ in asked):
        return [fresh] * len(asked)
    return [_id_of(latest, digest, table, run) for latest, digest, table in asked]


def _is_done(latest: Latest | None, run: str) -> bool:
    """Tell whether a table is finished in the newest run, under whatever plan."""
    return latest is not None and run_of(latest.load_id) == run and latest.is_done


def _id_of(latest: Latest | None, digest: str, table: PlannedTable, run: str) -> str:
    if latest is None or run_of(latest.load_id) != run:
        return run
    if latest.digest == digest:
        return latest.load_id
    if latest.is_done and table.mode == "append":
        raise ConfigError(
            f"table {table.name} was added to by load {latest.load_id}, under another plan than today's",
            "that run did not finish its other tables; finishing it now would add the rows of this one again",
            "give the plan of this table back its former text, or add the rows again with --no-resume",
        )
    return f"{run}.{_number(latest.load_id) + 1}"


def _number(load_id: str) -> int:
    number = load_id.partition(".")[2]
    return int(number) if number.isdecimal() else 1
