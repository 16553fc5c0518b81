"""One statement in the emulated Athena: its state, and the thread that runs it."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa
from botocore.credentials import ReadOnlyCredentials

from gluepot_sandbox.aws.athena import functions, written
from gluepot_sandbox.aws.athena.reading import FailedError, Reading, utility
from gluepot_sandbox.aws.athena.translate import READING, translate
from gluepot_sandbox.aws.state import Session

if TYPE_CHECKING:
    from sqlglot import exp

    from gluepot_sandbox.aws.identity import Caller
    from gluepot_sandbox.aws.state import State

LIFE: Final = 3600.0


@dataclass
class Execution:
    """A statement that was started.

    Args:
        sql: As it was sent.
        tree: As it was parsed.
        caller: Who sent it: Glue and S3 are asked in this name.
        workgroup: Where it runs.
        folder: `s3://BUCKET/PREFIX/` for its result.
        database: Where tables are that are named without a database.
        url: Where this emulator listens.
        milliseconds: How long it takes at the least.
    """

    sql: str
    tree: exp.Expression
    caller: Caller
    workgroup: str
    folder: str
    database: str
    url: str
    milliseconds: float = 0.0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str = ""
    retryable: bool = False
    submitted: float = field(default_factory=time.time)
    completed: float = 0.0
    scanned: int = 0
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    connection: duckdb.DuckDBPyConnection | None = None

    @property
    def is_select(self) -> bool:
        """Whether its result is a CSV with a header."""
        return isinstance(self.tree, READING)

    @property
    def location(self) -> str:
        """Where its result is put."""
        return f"{self.folder}{self.id}.{'csv' if self.is_select else 'txt'}"

    def cancel(self) -> None:
        """Stop it, wherever it is."""
        self.stop.set()
        if self.connection is not None:
            self.connection.interrupt()

    def run(self, state: State, failure: str, *, retryable: bool) -> None:
        """Run it to its end, in a thread of its own.

        Args:
            state: Issues the credentials that it reads with, and counts what it scans.
            failure: Why it is to fail, whatever it says; empty for not at all.
            retryable: Whether that failure says that it may pass.
        """
        self.state = "RUNNING"
        key = f"ASIAATHENA{secrets.token_hex(5).upper()}"
        token = secrets.token_hex(16)
        account, arn, user, region, _ = self.caller
        state.sessions[key] = Session(account, "", arn, user, token, time.time() + LIFE, None)
        state.scans[key] = 0
        try:
            self._begin(failure, retryable=retryable)
            self._read(key, token, region)
            self.state = "SUCCEEDED"
        except (_CancelledError, duckdb.InterruptException):
            self.state, self.reason = "CANCELLED", "Query was cancelled by user"
        except FailedError as error:
            self.state, self.reason = ("CANCELLED", "") if self.stop.is_set() else ("FAILED", str(error))
        except Exception as error:  # noqa: BLE001 - a bug of the emulator must not look like one of the client
            state.invalid.append(f"{self.sql}: {error!r}")
            self.state, self.reason = "FAILED", f"GENERIC_INTERNAL_ERROR: the emulator failed: {error!r}"
        finally:
            self.scanned = state.scans.pop(key)
            state.sessions.pop(key, None)
            self.connection = None
            self.completed = time.time()

    def _begin(self, failure: str, *, retryable: bool) -> None:
        if self.stop.wait(self.milliseconds / 1000):
            raise _CancelledError
        if failure:
            self.retryable = retryable
            raise FailedError(failure)

    def _read(self, key: str, token: str, region: str) -> None:
        access = Reading.of(self.url, ReadOnlyCredentials(key, token, token), region, self.database)
        if self.is_select:
            self._select(access)
            body = written.csv([column["Name"] for column in self.columns], self.rows)
        else:
            names, self.rows = utility(self.sql, access)
            self.columns = [written.column(name, duckdb.sqltypes.VARCHAR) for name in names]
            body = written.txt(self.rows)
        if self.stop.is_set():
            raise _CancelledError
        access.put(self.location, body)

    def _select(self, access: Reading) -> None:
        made = translate(self.tree)
        with contextlib.closing(duckdb.connect()) as con:
            self.connection = con
            con.execute("SET TimeZone = 'UTC'")
            con.execute("SET threads = 1")
            functions.add(con)
            access.register(con, made)
            with access.athena_errors():
                found = con.sql(made.sql)
                self.columns = [
                    written.column(name, kind) for name, kind in zip(found.columns, found.types, strict=True)
                ]
                # by Arrow: DuckDB's own rows of times with zones take a library of time zones
                table = pa.RecordBatchReader.from_stream(found).read_all()
            columns = [[written.text(value) for value in written.values(column)] for column in table.columns]
            self.rows = [list(row) for row in zip(*columns, strict=True)]


class _CancelledError(Exception):
    pass
