"""What a table in the catalog says about gluepot: that it is gluepot's, which loads it holds, and what columns were.

They are table properties, so that Iceberg's metadata and Glue's parameters hold the same, and every reader sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.plan.table import PlannedTable

LOAD_ID: Final = "gluepot.load-id"
"""The load that was committed last; in snapshots' summaries, the one that made them."""

LOADS: Final = "gluepot.loads"
"""The last loads with their snapshots, oldest first: a load that finds itself here is done."""

SOURCE: Final = "gluepot.source"
"""The source table, and its part where that is not its rows."""

COLUMNS: Final = "gluepot.columns"
"""JSON: per lake column, what it was in the source."""

MASKED: Final = "gluepot.masked"
"""JSON: per lake column that holds what a mask shows in place of values, the mask."""

KEPT: Final = 20


def is_ours(parameters: Mapping[str, str]) -> bool:
    """Say whether gluepot made a table, by its properties or by Glue's parameters."""
    return LOAD_ID in parameters


def source_of(planned: PlannedTable) -> str:
    """Name what a table holds."""
    return planned.source if planned.part == "rows" else f"{planned.source} ({planned.part})"


def loads(parameters: Mapping[str, str]) -> dict[str, int]:
    """Give the last loads of a table with their snapshots, oldest first."""
    pairs = (entry.partition("=") for entry in parameters.get(LOADS, "").split(",") if entry)
    return {load: int(snapshot or 0) for load, _, snapshot in pairs}


def snapshot_of(parameters: Mapping[str, str], load_id: str) -> int | None:
    """Give the snapshot of a load, 0 for tables without snapshots; None where the table does not hold the load."""
    return loads(parameters).get(load_id)


def properties(there: Mapping[str, str], planned: PlannedTable, load_id: str, snapshot_id: int) -> dict[str, str]:
    """Give what a table says once a load is in it.

    Args:
        there: What it says now.
        planned: The plan.
        load_id: The load.
        snapshot_id: Its snapshot.
    """
    known = [*loads(there).items(), (load_id, snapshot_id)]
    return {
        LOAD_ID: load_id,
        LOADS: ",".join(f"{load}={snapshot}" for load, snapshot in known[-KEPT:]),
        SOURCE: source_of(planned),
        COLUMNS: msgspec.json.encode(_columns(planned)).decode(),
        **_masked(there, planned),
    }


def _masked(there: Mapping[str, str], planned: PlannedTable) -> dict[str, str]:
    """Say which columns hold what masks show, in rows that are added or in those before; of others nothing is said."""
    found = {column.name: column.masked for column in planned.columns if column.masked}
    if planned.mode == "append":
        found = {**msgspec.json.decode(there.get(MASKED, "{}"), type=dict[str, str]), **found}
    return {MASKED: msgspec.json.encode(found).decode()} if found or MASKED in there else {}


def originals(planned: PlannedTable) -> dict[str, dict[str, str]]:
    """Give, per lake column, the parameters of its Glue column."""
    columns = _columns(planned).items()
    return {name: {f"gluepot.{key}": value for key, value in original.items()} for name, original in columns}


def _columns(planned: PlannedTable) -> dict[str, dict[str, str]]:
    """Say what each column was: its name and type in the source, and how it got here."""
    return {
        column.name: {
            key: value
            for key, value in (
                ("source", column.source),
                ("type", column.cql),
                ("lake", column.type),
                ("role", column.role),
                ("cast", column.cast),
                ("expression", column.expression),
                ("policy", column.policy if column.policy != "error" else ""),
                ("masked", column.masked),
            )
            if value
        }
        for column in planned.columns
    }
