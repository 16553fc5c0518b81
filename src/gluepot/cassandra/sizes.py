"""How big a table is: counted where it is small, sampled where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gluepot.cassandra import queries, smallqueries
from gluepot.cassandra.cells import rows_of
from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, quoted
from gluepot.cassandra.frames import raw
from gluepot.cassandra.selecting import check_partitioner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.frames import RawPage

RING: Final = MAX_TOKEN - MIN_TOKEN
WINDOWS: Final = 8
"""Places of the ring that are sampled."""

SAMPLE: Final = 500
"""Rows that are read at each place."""

FIRST: Final = 20
"""Whole rows that are read before their size is known."""

BYTES: Final = 1024 * 1024
"""Bytes of whole rows that are read at each place, about."""

SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How big a table is.

    Args:
        rows: Its rows; those that were seen at the least.
        bytes: What reading all of it sends, as the native protocol encodes it.
        partitions: Its partitions.
        exact: Whether all rows were counted, as in a small table.
        source: What it is taken from: `sample`, or `size_estimates` where one partition fills a sample.
    """

    rows: int
    bytes: int
    partitions: int
    exact: bool
    source: Literal["sample", "size_estimates"]


UNSEEN: Final = Estimate(rows=0, bytes=0, partitions=0, exact=False, source="sample")
"""What stands in for a table that is not looked at."""


@dataclass(frozen=True, slots=True)
class _Window:
    """What was found behind one place of the ring.

    Args:
        start: The place.
        tokens: Of the rows, in order.
        row_bytes: What a row takes there, on average.
    """

    start: int
    tokens: tuple[int, ...]
    row_bytes: float

    @property
    def is_last(self) -> bool:
        """Whether the ring ends before the sample is full."""
        return len(self.tokens) < SAMPLE

    def dense(self) -> tuple[int, int, int]:
        """Give rows, the tokens they are spread over, and partitions; the last partition, cut off, does not count."""
        if self.is_last:
            return len(self.tokens), MAX_TOKEN - self.start, len(set(self.tokens))
        whole = [token for token in self.tokens if token != self.tokens[-1]]
        return (len(whole), whole[-1] - self.start, len(set(whole))) if whole else (0, 0, 0)


def estimate(session: Any, table: Table) -> Estimate:  # noqa: ANN401 - a driver session
    """Estimate a table from a few hundred rows at several places of the ring.

    `system.size_estimates` is asked only where partitions are so wide that every sample ends within one: it is written
    every few minutes, by each node for itself, says nothing of what is in memory yet, and is not served everywhere.

    Args:
        session: A driver session.
        table: The table.

    Raises:
        ConfigError: The table may not be read, or the cluster's partitioner is not Murmur3's.
        UnreachableError: The cluster does not answer.
    """
    check_partitioner(session)
    first = _window(session, table, MIN_TOKEN)
    if first.is_last:
        return _counted(first)
    step = RING // WINDOWS
    windows = [first, *(_window(session, table, MIN_TOKEN + number * step) for number in range(1, WINDOWS))]
    seen = sum(len(window.tokens) for window in windows)
    per_row = sum(window.row_bytes * len(window.tokens) for window in windows) / seen
    rows, covered, partitions = (sum(each) for each in zip(*(window.dense() for window in windows), strict=True))
    if rows and covered:
        total = max(int(rows * RING / covered), SAMPLE)
        whole = int(partitions * RING / covered)
        return Estimate(rows=total, bytes=int(total * per_row), partitions=whole, exact=False, source="sample")
    return _from_server(session, table, windows, per_row)


def _counted(window: _Window) -> Estimate:
    rows = len(window.tokens)
    size = round(window.row_bytes * rows)
    return Estimate(rows=rows, bytes=size, partitions=len(set(window.tokens)), exact=True, source="sample")


def _window(session: Any, table: Table, start: int) -> _Window:  # noqa: ANN401 - a driver session
    """Read the tokens of a few hundred rows behind a place, and how many bytes whole rows have there."""
    token = queries.token_of(table)
    where = f"FROM {queries.name_of(table)} WHERE {token} > {start} LIMIT {SAMPLE}"
    columns = ", ".join(quoted(column.name) for column in table.columns)
    tokens = [
        int.from_bytes(cell or b"", "big", signed=True)
        for page in _pages(session, table, f"SELECT {token} {where}", SAMPLE)
        for (cell,) in rows_of(page)
    ]
    return _Window(start, tuple(tokens), _row_bytes(session, table, f"SELECT {columns} {where}") if tokens else 0.0)


def _row_bytes(session: Any, table: Table, query: str) -> float:  # noqa: ANN401 - a driver session
    """Read pages of whole rows, few at a time, until there are enough of them or enough bytes."""
    rows = size = 0
    for page in _pages(session, table, query, FIRST):
        rows, size = rows + page.count, size + len(page.rows)
        if rows >= SAMPLE or size >= BYTES:
            break
    return size / rows if rows else 0.0


def _pages(session: Any, table: Table, query: str, rows: int) -> Any:  # noqa: ANN401 - a driver session; yields pages
    """Read a query's pages; each asks for four times the rows of the one before while they stay small."""
    from cassandra.query import SimpleStatement  # noqa: PLC0415 - the driver is slow to load

    asked, state, name = raw(session), None, f"{table.keyspace}.{table.name}"

    def ask() -> RawPage:
        statement = SimpleStatement(query, fetch_size=rows)
        page: RawPage = asked.execute(statement, paging_state=state, timeout=SECONDS).one()
        return page

    while True:
        page = smallqueries.patiently(ask, name)
        yield page
        state = page.paging_state
        if state is None:
            return
        if len(page.rows) * 4 < BYTES:
            rows = min(rows * 4, SAMPLE)


def _from_server(session: Any, table: Table, windows: Sequence[_Window], per_row: float) -> Estimate:  # noqa: ANN401 - a driver session
    """Add up what each node says of the ranges that it owns; what was seen is the least that there is."""
    query = (
        "SELECT mean_partition_size, partitions_count FROM system.size_estimates "
        "WHERE keyspace_name = %s AND table_name = %s"
    )
    partitions = size = 0
    for host in session.cluster.metadata.all_hosts():
        if host.is_up is False or not host.host_id:
            continue
        for row in _node_rows(session, query, table, host):
            partitions += max(row.partitions_count, 0)
            size += max(row.partitions_count, 0) * max(row.mean_partition_size, 0)
    seen = {token for window in windows for token in window.tokens}
    least = int(len(seen) * SAMPLE * per_row)
    size = max(size, least)
    rows = int(size / per_row)
    return Estimate(rows=rows, bytes=size, partitions=max(partitions, len(seen)), exact=False, source="size_estimates")


def _node_rows(session: Any, query: str, table: Table, host: Any) -> list[Any]:  # noqa: ANN401 - of the driver
    """Ask one node; nothing where it does not say, which an estimate can do without."""
    from gluepot.errors import GluepotError  # noqa: PLC0415 - beside its use

    try:
        return smallqueries.rows(session, query, (table.keyspace, table.name), of="system.size_estimates", host=host)
    except GluepotError:
        return []
