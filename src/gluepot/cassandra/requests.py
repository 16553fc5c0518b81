"""Pages of one query, one ahead, asked for again where they fail."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gluepot.cassandra.faults import final, may_pass
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.frames import RawPage
    from gluepot.cassandra.patience import PageSize, Patience, Rate, Waiting


class StuckError(SourceError):
    """The smallest page failed again and again: the query must be cut."""


class Requests:
    """Sends a table's queries over a session that gives raw pages.

    Args:
        session: The session, see `frames.raw`.
        table: For errors.
        patience: Timeouts and attempts.
        rate: Spaces requests.
    """

    def __init__(self, session: Any, table: Table, patience: Patience, rate: Rate) -> None:  # noqa: ANN401 - a driver session
        self._session = session
        self._table = table
        self._patience = patience
        self._rate = rate
        self._prepared: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._local = threading.local()

    def pages(
        self, query: str, size: PageSize, waiting: Waiting, values: Sequence[bytes] | None = None
    ) -> Iterator[RawPage]:
        """Read all pages of a query; a short or empty page means nothing, only a missing paging state ends it.

        Args:
            query: CQL; with values it has a marker for each.
            size: How many rows to ask for; it learns.
            waiting: Pauses between attempts; its budget ends the scan.
            values: Values as the protocol encodes them.

        Raises:
            StuckError: Pages of the smallest size failed as often as the patience allows.
            SourceError: The budget is spent, or the table changed.
        """
        coming = self._send(query, values, None, size.rows)
        state: bytes | None = None
        while True:
            page = self._received(coming, waiting, size)
            if page is None:
                coming = self._send(query, values, state, size.rows)
                continue
            size.seen(page.count, len(page.rows))
            state = page.paging_state
            if state is None:
                yield page
                return
            coming = self._send(query, values, state, size.rows)
            yield page

    def take_failures(self) -> int:
        """Give how many requests of this thread failed since the last call."""
        failures = getattr(self._local, "failures", 0)
        self._local.failures = 0
        return failures

    def _received(self, coming: Any, waiting: Waiting, size: PageSize) -> RawPage | None:  # noqa: ANN401 - a driver future
        """Wait for a page; None where it is to be asked for again."""
        try:
            page: RawPage = _result(coming)
        except Exception as error:
            if not may_pass(error):
                raise final(error, self._table) from error
            self._local.failures = getattr(self._local, "failures", 0) + 1
            waiting.pause(error)
            waiting.smallest += size.failed()
            if waiting.smallest >= self._patience.attempts:
                waiting.smallest = 0
                raise StuckError(f"pages of {size.rows} rows failed", str(error)) from error
            return None
        waiting.went_well()
        return page

    def _send(self, query: str, values: Sequence[bytes] | None, state: bytes | None, rows: int) -> Any:  # noqa: ANN401 - a driver future
        """Ask for a page; what fails at once is told when the page is waited for."""
        self._rate.wait(None)
        try:
            statement = self._statement(query, values, rows)
            return self._session.execute_async(statement, paging_state=state, timeout=self._patience.timeout)
        except Exception as error:  # noqa: BLE001 - told by _result, where errors are sorted
            return error

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


def _result(coming: Any) -> Any:  # noqa: ANN401 - a driver future, or what kept it from being made
    if isinstance(coming, Exception):
        raise coming
    return coming.result().one()
