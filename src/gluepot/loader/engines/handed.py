"""A load that was given to a job, as it lies beside the job's plan: which table is staged under which load.

Who submits chooses, and the job does what was chosen: to find it out again would be to choose by another clock. Once
the job's run is started, who submitted notes its id beside that: a run without a note was started by somebody who died.
"""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from typing import Final

import msgspec

from gluepot.plan.table import PlannedTable

NAME: Final = "load.json"
NOTE: Final = "run.json"
NOTED: Final = 2
"""The first version whose runs are noted."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a load that was given to a job.

    Args:
        table: Its plan.
        load_id: The load that it is staged under.
    """

    table: PlannedTable
    load_id: str


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A load that was given to a job, as it lies beside the job's plan.

    Args:
        load_id: The load's id.
        tables: Its tables.
        run: The run that they are loaded in; empty where an earlier version has put it there.
        take_over: Whether tables that were loaded from another source may be loaded over.
        version: Of this record.
    """

    load_id: str
    tables: tuple[Begun, ...]
    run: str = ""
    take_over: bool = False
    version: int = NOTED


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Who started a run knows of it."""

    run_id: str
