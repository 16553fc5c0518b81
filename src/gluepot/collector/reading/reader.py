"""Reads Glue with many calls under way: jobs in, pages out, in one thread pool.

`ThreadReader` runs here; `gluepot.collector.reading.process.ProcessReader` runs the same thing in a process of its
own, so that decoding and writing never hold up the next request.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.credentials import credentials_of, session_of
from gluepot.aws.faults import scope_error
from gluepot.aws.sts import Sts
from gluepot.collector.reading.messages import End, Failed, Page
from gluepot.errors import CredentialsError, ErrorRecord, MachineError, RemoteError, ScopeError
from gluepot.glue.caller import Caller
from gluepot.glue.shapes import next_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.aws.credentials import Renewable
    from gluepot.collector.reading.messages import Event, Job, Setup, Target

PAGE_MAXIMUM = 100
"""Glue's own maximum for GetDatabases and GetTables."""


class Reader(Protocol):
    """Takes jobs at any time and hands out what they read, in the order in which it arrives."""

    def submit(self, job: Job) -> None:
        """Queue one job."""

    def next(self) -> Event:
        """Wait for the next event of any job."""

    def close(self) -> None:
        """Stop, whatever is under way."""


class ThreadReader:
    """Reads with threads of this process.

    Args:
        setup: The accounts and the limits.
        room: How many pages may wait to be processed; more make the threads wait, so memory stays flat.
    """

    def __init__(self, setup: Setup, room: int = 32) -> None:
        self._setup = setup
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._events: queue.Queue[Event] = queue.Queue(room)
        self._accounts = [_Account(target, setup) for target in setup.targets]
        self._closed = False
        self._threads: list[threading.Thread] = []

    def submit(self, job: Job) -> None:
        """Queue one job, with one more thread for it up to `concurrency`."""
        self._jobs.put(job)
        if len(self._threads) < self._setup.concurrency:
            thread = threading.Thread(target=self._work, name=f"read-{len(self._threads)}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more may be started: those that are there take the jobs
                if not self._threads:
                    raise
            else:
                self._threads.append(thread)

    def next(self) -> Event:
        """Wait for the next event."""
        return self._events.get()

    def waiting(self) -> int:
        """Count the events that wait to be taken."""
        return self._events.qsize()

    def close(self) -> None:
        """Let the threads end after the call they are in."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        while not self._events.empty():
            self._events.get_nowait()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closed:
            _Run(self._accounts[job.target], job, self._emit).run()

    def _emit(self, event: Event) -> None:
        while not self._closed:
            try:
                self._events.put(event, timeout=1)
            except queue.Full:
                continue
            return


class _Account:
    """The session of one account, and one caller per region, made when they are first needed."""

    def __init__(self, target: Target, setup: Setup) -> None:
        self._target = target
        self._setup = setup
        self._sts = Sts(target.regions)
        self._lock = threading.Lock()
        self._callers: dict[str, Caller] = {}
        self._credentials: Renewable | None = None
        self._session: Any = None

    def caller(self, region: str) -> Caller:
        """Return the caller of a region; making clients is serialised, as botocore's sessions are not thread-safe."""
        with self._lock:
            if region not in self._callers:
                if self._credentials is None:
                    self._credentials = credentials_of(self._target.access, *self._target.regions)
                    self._session = session_of(self._credentials)
                self._callers[region] = Caller(
                    self._session,
                    self._credentials,
                    region,
                    connections=self._setup.concurrency,
                    cap=self._setup.requests_per_second,
                )
            return self._callers[region]

    def identity(self) -> dict[str, Any]:
        """Ask STS who this is (needs no permission)."""
        self.caller(self._target.regions[0])
        answer = self._sts.ask(self._session, lambda client: client.get_caller_identity())
        return {"Account": answer["Account"], "Arn": answer["Arn"]}


class _Run:
    """One job being read."""

    def __init__(self, account: _Account, job: Job, emit: Callable[[Event], None]) -> None:
        self._account = account
        self._job = job
        self._emit = emit
        self._calls = 0
        self._waited = 0.0

    def run(self) -> None:
        """Read the job to its end, or say why it could not be."""
        try:
            self._read()
        except ScopeError as error:
            self._fail(error)
        except (ClientError, BotoCoreError) as error:
            self._fail(scope_error(error, self._job.where, _OPERATIONS[self._job.kind][1], self._job.resource))
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs this scope only, and is named
            short = MachineError.of(error)
            why, hint = (short.why, short.hint) if short else (f"{type(error).__name__}: {error}", "")
            self._fail(RemoteError(f"{self._job.where} could not be read", why, hint))
        else:
            self._emit(End(self._job.id, self._calls, self._waited))

    def _fail(self, error: ScopeError) -> None:
        if isinstance(error, CredentialsError) and not error.what.startswith(self._job.where):
            error.what = f"{self._job.where}: {error.what}"
        self._emit(Failed(self._job.id, ErrorRecord.of(error), self._calls, self._waited))

    def _read(self) -> None:
        if self._job.kind == "identity":
            self._emit(Page(self._job.id, msgspec.json.encode(self._account.identity())))
        elif self._job.kind in {"database", "table"}:
            answer = self._call(self._job.parameters)
            answer.pop("ResponseMetadata", None)
            self._emit(Page(self._job.id, msgspec.json.encode(answer)))
        else:
            self._follow()

    def _follow(self) -> None:
        """Follow the pages; the next one is asked for as soon as its token is known.

        An empty page with a token is not the end. A token that has been there before would lead
        round in a circle, so it is an error.
        """
        parameters = {**self._job.parameters, "MaxResults": PAGE_MAXIMUM}
        pages = 0
        seen: set[str] = set()
        while True:
            body = self._call(parameters)["Body"]
            token = next_token(body)
            self._emit(Page(self._job.id, body))
            pages += 1
            if not token or pages == self._job.pages:
                return
            if token in seen:
                raise RemoteError(f"{self._job.where} failed", "its pages lead round in a circle", "run again")
            seen.add(token)
            parameters["NextToken"] = token

    def _call(self, parameters: dict[str, Any]) -> dict[str, Any]:
        caller = self._account.caller(self._job.region)
        began = time.perf_counter()
        try:
            return caller.call(_OPERATIONS[self._job.kind][0], parameters)
        finally:
            self._calls += 1
            self._waited += time.perf_counter() - began


# the client's method, and the IAM action that allows it
_OPERATIONS = {
    "identity": ("get_caller_identity", "sts:GetCallerIdentity"),
    "catalogs": ("get_catalogs", "glue:GetCatalogs"),
    "databases": ("get_databases", "glue:GetDatabases"),
    "tables": ("get_tables", "glue:GetTables"),
    "database": ("get_database", "glue:GetDatabase"),
    "table": ("get_table", "glue:GetTable"),
}
