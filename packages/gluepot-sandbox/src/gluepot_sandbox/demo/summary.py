"""What a viewer takes away: seven lines of facts and of what to type next, read from what the runs left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot_sandbox.catalog.planted import PLANTED
from gluepot_sandbox.catalog.tables import LANDING
from gluepot_sandbox.demo import extracts
from gluepot_sandbox.demo.extracts import of_type
from gluepot_sandbox.folder import shown

if TYPE_CHECKING:
    from gluepot_sandbox.sandbox import Sandbox


def lines(running: Sandbox) -> list[tuple[str, str]]:
    """Sum up a demo that went through: a word for each line, and what is to be said of it."""
    first, second = extracts.runs(running.home)
    rows = first.rows("METADATA")
    tables, columns = len(of_type(rows, "TABLE", "VIEW")), len(of_type(rows, "COLUMN"))
    loaded = "180 rows of Cassandra in 3 Iceberg tables, equal to their source" if running.node else "left out"
    events = ", ".join(sorted(row["EVENT_TYPE"].lower().replace("_", " ") for row in second.rows("EVENTS")))
    return [
        ("loaded", loaded),
        ("collected", f"{tables} tables and views, {columns} columns; {len(PLANTED)} planted secrets kept back"),
        ("changed", f"only what changed: {events}"),
        ("files", f"{shown(running.home)}, and s3://{LANDING}"),
        ("read on", f"gluepot status -c {shown(running.config)}"),
        ("try it", "gluepot sandbox: the same servers, for commands of your own (gluepot demo --keep: these ones)"),
        ("yours", "gluepot init for a catalog, gluepot load init for a keyspace"),
    ]
