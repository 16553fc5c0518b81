"""What a load that runs elsewhere says about itself: one object, written over now and then, beside its plan.

The load does not stand on it: what is staged, recorded and committed says what is there. It is for those who look on.
"""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from gluepot.errors import ErrorRecord, GluepotError
from gluepot.plan.records import RangeRecord
from gluepot.plan.table import PlannedTable

if TYPE_CHECKING:
    from gluepot.loader.core.results import LoadedTable

NAME: Final = "status.json"
EVERY: Final = 15.0
"""Seconds between two states of a load that goes on."""


class TableStatus(msgspec.Struct, kw_only=True):
    """One table.

    Args:
        table: Its name in the catalog.
        state: How far it is.
        load_id: Under which load it is staged; empty until it has ended.
        ranges: Its token ranges.
        finished: Those with a record.
        rows: Rows of the ranges that this run has finished; of all, once it is committed.
        files: Files of the commit.
        bytes: Their size.
        snapshot_id: The Iceberg snapshot; 0 for other tables.
        seconds: From its first request to its commit, in this run.
        error: Why it failed.
    """

    table: str
    state: Literal["waiting", "running", "committed", "failed"] = "waiting"
    load_id: str = ""
    ranges: int = 0
    finished: int = 0
    rows: int = 0
    files: int = 0
    bytes: int = 0
    snapshot_id: int = 0
    seconds: float = 0.0
    error: ErrorRecord | None = None


class Status(msgspec.Struct, kw_only=True):
    """One run of a load.

    Args:
        started: When it began, ISO 8601 in UTC.
        updated: When this was written.
        state: How it gets on, or how it ended.
        exit_code: What it ended with; None while it runs.
        slots: Tasks that its cluster runs at a time.
        tables: Its tables.
        error: Why it ended before it had looked at its tables.
        version: Of this object.
    """

    started: str
    updated: str = ""
    state: Literal["running", "done", "failed"] = "running"
    exit_code: int | None = None
    slots: int = 0
    tables: dict[str, TableStatus] = {}
    error: ErrorRecord | None = None
    version: int = 1


class Teller:
    """Watches a load, and has its status written every now and then.

    Args:
        write: Takes the encoded status.
        say: Takes lines for the log.
        redact: Hides secrets in a text.
    """

    def __init__(
        self, write: Callable[[bytes], None], say: Callable[[str], None], redact: Callable[[str], str]
    ) -> None:
        self.status = Status(started=_now())
        self._write = write
        self._say = say
        self._redact = redact
        self._lock = threading.Lock()
        self._due = 0.0

    def planned(self, tables: Sequence[PlannedTable], slots: int) -> None:
        """Hear what is to be loaded, and where."""
        self.status.slots = slots
        self.status.tables = {table.name: TableStatus(table=table.name) for table in tables}
        self._tell(now=True)

    def began(self, table: PlannedTable, ranges: int, finished: int) -> None:
        """Hear that a table is begun."""
        status = self.status.tables[table.name]
        status.state, status.ranges, status.finished = "running", ranges, finished
        self._say(f"{table.name}: {ranges:,} token ranges, {finished:,} of them finished by an earlier run")
        self._tell(now=True)

    def read(self, table: PlannedTable, rows: int, size: int) -> None:
        """Hear of rows; ranges are what counts here."""

    def finished(self, table: PlannedTable, record: RangeRecord) -> None:
        """Hear of a range that has its record."""
        status = self.status.tables[table.name]
        status.finished += 1
        status.rows += sum(part.rows for part in record.parts)
        if self._tell():
            self._say(
                f"{table.name}: {status.finished:,} of {status.ranges:,} token ranges, {status.rows:,} rows in this run"
            )

    def ended(self, table: PlannedTable, rows: int, error: str) -> None:
        """Hear that a table is committed, or has failed."""
        self._say(f"{table.name}: {f'failed: {error}' if error else f'committed, {rows:,} rows'}")

    def loaded(self, done: Sequence["LoadedTable"], unended: GluepotError | None = None) -> int:
        """Take what became of all tables, and what kept the run's end from being recorded; gives the exit code."""
        for loaded in done:
            before = self.status.tables.get(loaded.table.name, TableStatus(table=loaded.table.name))
            self.status.tables[loaded.table.name] = _became(loaded, before, self._record(loaded.error))
        self.status.error = self._record(unended)
        errors = [*(loaded.error for loaded in done), unended]
        return self.end(max((error.exit_code for error in errors if error), default=0))

    def failed(self, error: GluepotError) -> int:
        """Take what kept the load from its tables; gives the exit code."""
        self.status.error = self._record(error)
        return self.end(error.exit_code)

    def end(self, code: int) -> int:
        """Take the exit code; nothing is written after this."""
        self.status.exit_code = code
        self.status.state = "failed" if code else "done"
        self._tell(now=True)
        return code

    def _record(self, error: GluepotError | None) -> ErrorRecord | None:
        return None if error is None else ErrorRecord.of(error, self._redact)

    def _tell(self, *, now: bool = False) -> bool:
        """Have the status written when it is time; tells whether it was."""
        with self._lock:
            if not now and time.monotonic() < self._due:
                return False
            self._due = time.monotonic() + EVERY
            self.status.updated = _now()
            self._write(msgspec.json.encode(self.status))
        return True


def _became(loaded: "LoadedTable", before: TableStatus, error: ErrorRecord | None) -> TableStatus:
    done = loaded.committed
    return TableStatus(
        table=loaded.table.name,
        state="failed" if loaded.error else "committed",
        load_id=loaded.load_id,
        ranges=before.ranges,
        finished=before.finished,
        rows=loaded.rows,
        files=done.files if done else 0,
        bytes=done.bytes if done else 0,
        snapshot_id=done.snapshot_id if done else 0,
        seconds=round(loaded.seconds, 3),
        error=error,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
