"""What a table in the catalog says about gluepot: that it is gluepot's, which loads it holds, and what columns were.

They are table properties, so that Iceberg's metadata and Glue's parameters hold the same, and every reader sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.lake_tables import comment
from gluepot.mask.credentials import Redactor
from gluepot.plan.table import origin_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gluepot.plan.table import PlannedTable

LOAD_ID: Final = "gluepot.load-id"
"""The load that was committed last; in snapshots' summaries, the one that made them."""

LOADS: Final = "gluepot.loads"
"""The last loads with their snapshots, oldest first: a load that finds itself here is done."""

SOURCE: Final = "gluepot.source"
"""The source table, and its part where that is not its rows."""

KEYSPACE: Final = "gluepot.keyspace"
"""The source table's keyspace; tables of earlier versions do not say."""

CLUSTER: Final = "gluepot.cluster"
"""The name that the source's cluster has itself, or the id of the Astra database."""

COLUMNS: Final = "gluepot.columns"
"""JSON: per lake column, what it was in the source."""

MASKED: Final = "gluepot.masked"
"""JSON: per lake column that holds what a mask shows in place of values, the mask."""

KEPT: Final = 20
_KEYS: Final = {"partition_key", "clustering"}
_READ: Final = _KEYS | {"static", "regular"}


def is_ours(parameters: Mapping[str, str]) -> bool:
    """Say whether gluepot made a table, by its properties or by Glue's parameters."""
    return LOAD_ID in parameters


def source_of(planned: PlannedTable) -> str:
    """Name what a table holds."""
    return planned.source if planned.part == "rows" else f"{planned.source} ({planned.part})"


def is_from(parameters: Mapping[str, str], planned: PlannedTable) -> bool:
    """Say whether a table holds what a plan loads into it, as far as it says: one without a keyspace may."""
    held = parameters.get(SOURCE, ""), parameters.get(KEYSPACE), parameters.get(CLUSTER)
    if held[1] is None or not planned.keyspace:
        return held[0] == source_of(planned)
    return held == (source_of(planned), planned.keyspace, planned.cluster)


def is_adopted(parameters: Mapping[str, str], planned: PlannedTable) -> bool:
    """Say whether a table does not say yet which keyspace it was loaded from."""
    return KEYSPACE not in parameters and bool(planned.keyspace)


def origin_of(parameters: Mapping[str, str]) -> str:
    """Name what a table was loaded from, for people."""
    return origin_text(parameters.get(CLUSTER, ""), parameters.get(KEYSPACE, ""), parameters.get(SOURCE, ""))


def misfit(parameters: Mapping[str, str], planned: PlannedTable) -> str:
    """Say why a table cannot have been loaded by a plan, from its columns; empty where it can."""
    held: dict[str, dict[str, str]] = msgspec.json.decode(parameters.get(COLUMNS, "{}"))
    before = {one.get("source", ""): one for one in held.values() if one.get("role") in _READ}
    now = {one["source"]: one for one in _columns(planned).values() if one["role"] in _READ}
    keys, own = map(_keys, (before, now))
    if keys != own:
        return f"its key is {_told(keys)}, that of the plan is {_told(own)}"
    others = [name for name, one in before.items() if name in now and one.get("type") != now[name].get("type")]
    if others:
        name = others[0]
        return f"its column {name} was a {before[name].get('type')}, that of the plan is a {now[name].get('type')}"
    rest, own_rest = ({name for name in found if name not in dict(keys)} for found in (before, now))
    if rest and own_rest and rest.isdisjoint(own_rest):
        return f"it holds {', '.join(sorted(rest))}, of which the plan has nothing"
    return ""


def _keys(columns: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str | None]]:
    return [(name, one.get("type")) for name, one in columns.items() if one["role"] in _KEYS]


def _told(keys: Iterable[tuple[str, str | None]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in keys) or "none"


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
        **({KEYSPACE: planned.keyspace, CLUSTER: planned.cluster} if planned.keyspace else {}),
        COLUMNS: columns_text(planned),
        **_masked(there, planned),
    }


def _masked(there: Mapping[str, str], planned: PlannedTable) -> dict[str, str]:
    """Say which columns hold what masks show, in rows that are added or in those before; of others nothing is said."""
    found = {column.name: column.masked for column in planned.columns if column.masked}
    if planned.mode == "append":
        found = {**msgspec.json.decode(there.get(MASKED, "{}"), type=dict[str, str]), **found}
    return {MASKED: msgspec.json.encode(found).decode()} if found or MASKED in there else {}


def columns_text(planned: PlannedTable) -> str:
    """Write what each column was, as the table says it."""
    return msgspec.json.encode(_columns(planned)).decode()


def originals(planned: PlannedTable) -> dict[str, dict[str, str]]:
    """Give, per lake column, the parameters of its Glue column."""
    columns = _columns(planned).items()
    return {name: {f"gluepot.{key}": value for key, value in original.items()} for name, original in columns}


def _columns(planned: PlannedTable) -> dict[str, dict[str, str]]:
    """Say what each column was: its name and type in the source, and how it got here.

    Its comment stands here, whole, where it is not one line of 255 bytes: Glue takes no other. Who may read a catalog
    need not know what SQL compares with: credentials go, and the record of the load has the plan as it is.
    """
    return {
        column.name: {
            key: value
            for key, value in (
                ("source", column.source),
                ("type", column.cql),
                ("lake", column.type),
                ("role", column.role),
                ("cast", column.cast),
                ("expression", Redactor().redact_expression(column.name, column.expression)),
                ("policy", column.policy if column.policy != "error" else ""),
                ("comment", column.comment if comment(column.comment) != column.comment else ""),
                ("masked", column.masked),
            )
            if value
        }
        for column in planned.columns
    }
