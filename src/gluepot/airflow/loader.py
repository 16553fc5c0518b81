"""What the tasks of a load do. Nothing of Airflow is needed here: what goes in and out is plain and small."""

from __future__ import annotations

import copy
import hashlib
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.airflow import connections
from gluepot.airflow.collector import add_aws, merged
from gluepot.airflow.logs import log
from gluepot.config.load import read_text
from gluepot.config.parse import parse
from gluepot.errors import ConfigError, FidelityError
from gluepot.loader.core import extra
from gluepot.loader.plan import readfile
from gluepot.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gluepot.airflow.connections import Conn
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.core.results import LoadedTable
    from gluepot.loader.verify import VerifiedTable
    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable


LOG_SECONDS: Final = 30
SECRETS: Final = (("source", "password"), ("source", "token"), ("target", "key"), ("target", "secret"))
"""Where a plan file may hold a secret."""


class Loading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tasks of one load share. Plain data without secrets: Airflow shows it.

    Args:
        plan: The plan file on the workers, or its keys; secrets are references or come by connection.
        source_conn_id: The connection to Cassandra or Astra DB.
        aws_conn_id: The connection that writes the tables; else the worker's own identity.
        rescan: Whether verifying reads the whole source again.
    """

    plan: str | dict[str, Any]
    source_conn_id: str = ""
    aws_conn_id: str = ""
    rescan: bool = False


def check_plain(loading: Loading) -> None:
    """Refuse, while the DAG is read, secrets that are written in it.

    Raises:
        ConfigError: There is one; its key is named.
    """
    plain = loading.plan if isinstance(loading.plan, dict) else {}
    for section, name in SECRETS:
        written = (plain.get(section) or {}).get(name)
        if written and not Secret(str(written)).reference:
            hint = "name an Airflow connection, or write a reference: env:NAME, file:PATH, secretsmanager:NAME#field"
            raise ConfigError(
                f"a secret is written into the DAG: plan.{section}.{name}", "DAGs and pages show it", hint
            )


def file_of(loading: Loading, get: Callable[[str], Conn] = connections.get) -> PlanFile:
    """Resolve the plan file: what is written, and what the connections hold.

    Args:
        loading: The load.
        get: Finds connections.

    Raises:
        ConfigError: The plan, a connection, or what both say together cannot be.
        MissingExtraError: The load's libraries are not installed.
    """
    extra.require("load_keyspace")
    plain = _plain(loading)
    if loading.source_conn_id:
        keys = connections.source_keys(get(loading.source_conn_id))
        source = plain.get("source") or {}
        if source.get("keyspace"):
            keys.pop("keyspace", None)
        plain["source"] = merged(source, keys, loading.source_conn_id, "source")
    if loading.aws_conn_id:
        target = plain.get("target") or {}
        plain["target"] = add_aws(target, connections.aws_keys(get(loading.aws_conn_id)), loading.aws_conn_id, "target")
    return readfile.from_mapping(plain, loading.plan if isinstance(loading.plan, str) else "plan")


def _plain(loading: Loading) -> dict[str, Any]:
    if isinstance(loading.plan, dict):
        return copy.deepcopy(loading.plan)
    path = Path(loading.plan)
    return dict(parse(path, read_text(path, readfile.STARTER), readfile.STARTER))


def load_id(dag_id: str, run_id: str, group: str, begun: datetime) -> str:
    """Name the load of a DAG run: whoever tries a task again joins the same load, and never adds rows twice."""
    digest = hashlib.sha256(f"{dag_id}\n{run_id}\n{group}".encode()).hexdigest()
    return f"{begun:%Y%m%dT%H%M%S%f}-{digest[:8]}"


def plan(loading: Loading, get: Callable[[str], Conn] = connections.get) -> list[str]:
    """Plan the load, and refuse what cannot be done.

    Returns:
        The source tables.

    Raises:
        ConfigError: The plan refuses something; or there is nothing to load.
    """
    from gluepot.loader.jobs import plan_load  # noqa: PLC0415 - the load's libraries are slow to load

    file = file_of(loading, get)
    planned = plan_load(file)
    planned.raise_refusals()
    for note in planned.notes:
        log.info("%s", note)
    for table in planned.plan.tables:
        log.info("%s: about %s rows, %s bytes, to %s", table.source, table.rows, table.bytes, table.location)
    for left_out in planned.unplanned:
        log.error("%s: %s; %s", left_out.table.source, left_out.error, left_out.error.hint)
    tables = (
        *planned.plan.tables,
        *(left_out.table for left_out in planned.unplanned),
    )  # their loads will fail by name
    names = list(dict.fromkeys(table.source for table in tables))
    if not names:
        raise ConfigError(f"the plan chooses no table of {file.source.keyspace}", "", "look at tables.include")
    return names


def load(loading: Loading, joined: str, table: str = "", get: Callable[[str], Conn] = connections.get) -> list[Any]:
    """Load, joining what an earlier try of the same DAG run has done.

    Args:
        loading: The load.
        joined: Its load id.
        table: The one source table that is meant; empty for all.
        get: Finds connections.

    Returns:
        For each table its rows, files, bytes and snapshot.

    Raises:
        GluepotError: A table failed; the others are committed.
    """
    from gluepot.loader.jobs import LoadOptions, run_load  # noqa: PLC0415 - the load's libraries are slow to load

    tables = (table,) if table else ()
    options = LoadOptions(load_id=joined)
    result = run_load(file_of(loading, get), options, tables=tables, watcher=LogWatcher(), say=log.info)
    for failed in result.failed:
        log.error("%s: %s", failed.table.name, failed.error)
    result.raise_failed()
    return [loaded(done) for done in result.tables]


def verify(loading: Loading, table: str = "", get: Callable[[str], Conn] = connections.get) -> list[dict[str, Any]]:
    """Compare what is in the lake with what was read.

    Raises:
        FidelityError: A table differs; its ranges and some keys are named.
    """
    from gluepot.loader.jobs import verify_load  # noqa: PLC0415 - the load's libraries are slow to load

    def tell(verified: VerifiedTable) -> None:
        log.info(
            "%s: %s, %s rows", verified.table.name, "equal" if verified.is_equal else "differs", verified.found.rows
        )

    tables = (table,) if table else ()
    found = verify_load(file_of(loading, get), tables=tables, rescan=loading.rescan, watcher=tell)
    wrong = [
        f"\n  - {verified.table.name}: {part}"
        for verified in found
        for part in (*verified.differences, *verified.moved, *filter(None, (verified.unread, verified.error)))
    ]
    if wrong:
        hint = "gluepot load verify -c FILE names the keys; load again to replace what differs"
        raise FidelityError(f"{len(wrong)} tables or token ranges are not proven", "".join(wrong[:20]), hint)
    return [
        {"table": verified.table.name, "rows": verified.found.rows, "load_id": verified.load_id} for verified in found
    ]


def loaded(done: LoadedTable) -> dict[str, Any]:
    """Say what became of a table, small enough for XCom."""
    made = done.committed
    return {
        "table": done.table.name,
        "load_id": done.load_id,
        "rows": done.rows,
        "files": made.files if made else 0,
        "bytes": made.bytes if made else 0,
        "snapshot": str(made.snapshot_id) if made else "",  # as text: it may not fit a number of JSON's readers
        "how": done.how,
        "resumed": done.resumed,
    }


class LogWatcher:
    """Tells the task's log how a load gets on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = time.monotonic() + LOG_SECONDS
        self._rows = 0

    def planned(self, tables: Sequence[PlannedTable], slots: int) -> None:
        """Say nothing: the task that planned has told it."""

    def began(self, table: PlannedTable, ranges: int, finished: int) -> None:
        """Tell that a table is begun."""
        log.info("%s: %s token ranges, %s finished by an earlier try", table.name, ranges, finished)
        self._rows = 0

    def read(self, table: PlannedTable, rows: int, size: int) -> None:  # noqa: ARG002 - a watcher's method
        """Count, and tell now and then."""
        with self._lock:
            self._rows += rows
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + LOG_SECONDS
        log.info("%s: %s rows so far", table.name, self._rows)

    def finished(self, table: PlannedTable, record: RangeRecord) -> None:
        """Say nothing of a single range."""

    def ended(self, table: PlannedTable, rows: int, error: str) -> None:
        """Tell that a table is done."""
        if not error:
            log.info("%s: %s rows committed", table.name, rows)
