"""Pages of one query, one ahead, asked for again where they fail."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from gluepot.cassandra.errors import Fault, allowed, final, kind_of
from gluepot.cassandra.patience import ASTRA_RATE, Limits, PageSize, Rate, Waiting
from gluepot.cassandra.routing import chosen, replicas
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.frames import RawPage
    from gluepot.cassandra.patience import Patience
    from gluepot.errors import GluepotError

Judge: TypeAlias = "Callable[[Exception, Table], GluepotError]"
Cuttable = Literal["anywhere", "behind a row", "before a row", "nowhere"]
"""Where a query that is stuck can be cut; elsewhere it is asked again until the patience's budget is spent."""


class StuckError(SourceError):
    """The smallest page failed again and again: the query must be cut."""


@dataclass(slots=True)
class RangeProgress:
    """How the reading of one range goes.

    Args:
        size: Rows to ask for.
        waiting: Its failures.
        beyond: The threshold that the smallest page is beyond; None while less can be asked for.
        hosts: The replicas of what is read at the moment.
        turn: Which of them is asked.
    """

    size: PageSize
    waiting: Waiting
    beyond: Exception | None = None
    hosts: tuple[Any, ...] = ()
    turn: int = 0


@dataclass(slots=True)
class _Sent:
    """A request on its way: the driver's future, or the error that kept it from being sent."""

    future: Any
    host: Any

    def page(self) -> RawPage:
        if isinstance(self.future, Exception):
            raise self.future
        found: RawPage = self.future.result().one()
        return found


class Requests:
    """Sends a table's queries over a session that gives raw pages.

    Args:
        session: The session, see `frames.raw`.
        table: The table.
        patience: Timeouts and attempts.
        rate: Spaces requests.
        judge: Says why what failed cannot be asked for again.
    """

    def __init__(self, session: Any, table: Table, patience: Patience, rate: Rate, *, judge: Judge = final) -> None:  # noqa: ANN401 - a driver session
        self._session = session
        self._table = table
        self._patience = patience
        self._rate = rate
        self._judge = judge
        self._limits = Limits()
        self._prepared: dict[str, Any] = {}
        self._lock = threading.Lock()

    def progress(self, rows: int = 0) -> RangeProgress:
        """Begin a range.

        Args:
            rows: Rows of its first page; 0 where nothing is known.
        """
        waiting = Waiting(self._patience, f"{self._table.keyspace}.{self._table.name}")
        size = PageSize(self._patience, rows)
        size.limit(self._limits)
        return RangeProgress(size, waiting)

    def route(self, progress: RangeProgress, token: int) -> None:
        """Ask the replicas of a token from now on."""
        progress.hosts = replicas(self._session, self._table.keyspace, token)
        progress.turn = token

    def pages(
        self,
        query: str,
        progress: RangeProgress,
        values: Sequence[bytes] | None = None,
        cuttable: Cuttable = "anywhere",
    ) -> Iterator[RawPage]:
        """Read all pages of a query; a short or empty page means nothing, only a missing paging state ends it.

        Args:
            query: CQL; with values it has a marker for each.
            progress: Page size, pauses, nodes; it learns, and its budget ends the scan.
            values: Values as the protocol encodes them.
            cuttable: Where the query can be cut.

        Raises:
            StuckError: Pages of the smallest size failed as often as the patience allows.
            SourceError: The budget is spent, or the table changed.
        """
        came = False
        state: bytes | None = None
        sent = self._send(query, values, state, progress)
        while True:
            page = self._received(sent, progress)
            if page is None:
                self._check_stuck(
                    progress, can_cut=cuttable in {"anywhere", "behind a row" if came else "before a row"}
                )
                sent = self._send(query, values, state, progress)
                continue
            state, came = page.paging_state, came or page.count > 0
            if state is None:
                yield page
                return
            sent = self._send(query, values, state, progress)
            yield page

    def _received(self, sent: _Sent, progress: RangeProgress) -> RawPage | None:
        """Wait for a page; None where it is to be asked for again, which has been waited for."""
        try:
            page = sent.page()
        except Exception as error:
            fault = kind_of(error)
            if fault is Fault.FINAL:
                raise self._judge(error, self._table) from error
            self._failed(fault, error, sent, progress)
            return None
        progress.waiting.went_well()
        progress.size.seen(page.count, len(page.rows))
        return page

    def _failed(self, fault: Fault, error: Exception, sent: _Sent, progress: RangeProgress) -> None:
        """Wait as long as the error asks for."""
        if fault is Fault.LIMIT:
            self._limited(error, progress)
            return
        pause = progress.waiting.pause(error)
        if fault is Fault.HEAVY:
            progress.waiting.smallest += progress.size.failed()
        if fault is Fault.REFUSED:
            self._rate.hold(sent.host, pause)
        else:
            progress.turn += 1
        time.sleep(pause)
        if fault is Fault.AWAY:
            self._session.heal()

    def _limited(self, error: Exception, progress: RangeProgress) -> None:
        """Ask for less at once: waiting changes nothing."""
        progress.waiting.total += 1
        found = Limits(*allowed(error))
        with self._lock:
            self._limits = self._limits.merged(found)
        if not found.rows and progress.size.failed():
            progress.beyond = error
        progress.size.limit(self._limits)

    def _check_stuck(self, progress: RangeProgress, *, can_cut: bool) -> None:
        """Look whether a query is to be cut.

        Raises:
            StuckError: It is.
            SourceError: It would be, where it cannot: the server refuses even a page of the fewest rows.
        """
        beyond, progress.beyond = progress.beyond, None
        if beyond is not None and not can_cut:
            raise self._judge(beyond, self._table) from beyond
        if can_cut and (beyond is not None or progress.waiting.smallest >= self._patience.attempts):
            progress.waiting.smallest = 0
            raise StuckError(f"pages of {progress.size.rows} rows failed")

    def _send(self, query: str, values: Sequence[bytes] | None, state: bytes | None, progress: RangeProgress) -> _Sent:
        """Ask for a page; what fails at once is told when the page is waited for."""
        host = chosen(progress.hosts, progress.turn)
        self._rate.wait(host)
        try:
            statement = self._statement(query, values, progress.size.rows)
            more = {"paging_state": state, "timeout": self._patience.timeout, "host": host}
            return _Sent(self._session.execute_async(statement, **more), host)
        except Exception as error:  # noqa: BLE001 - raised where the page is waited for, where errors are sorted
            return _Sent(error, host)

    def _statement(self, query: str, values: Sequence[bytes] | None, rows: int) -> Any:  # noqa: ANN401 - a driver statement
        from cassandra.query import BoundStatement, SimpleStatement  # noqa: PLC0415 - the driver is slow to load

        if values is None:
            return SimpleStatement(query, fetch_size=rows)
        with self._lock:
            if query not in self._prepared:
                self._prepared[query] = self._session.prepare(query)
            prepared = self._prepared[query]
        bound = BoundStatement(prepared, fetch_size=rows)
        bound.values = list(values)  # encoded already, by the server that sent them
        return bound


_rates: weakref.WeakKeyDictionary[Any, Rate] = weakref.WeakKeyDictionary()
_rates_lock = threading.Lock()


def rate_of(session: Any, patience: Patience) -> Rate:  # noqa: ANN401 - a driver session
    """Give the one rate that all readers of a cluster share; Astra's limit holds where none is asked for."""
    cluster = session.cluster
    asked = patience.requests_per_second or (ASTRA_RATE if cluster.cloud else 0)
    with _rates_lock:
        rate = _rates.setdefault(cluster, Rate())
        rate.limit(asked)
    return rate
