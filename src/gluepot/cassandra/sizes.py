"""How big a table is: counted where it is small, sampled where it is not."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gluepot.cassandra import queries, smallqueries
from gluepot.cassandra.cells import number, rows_of
from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, quoted
from gluepot.cassandra.errors import unreadable
from gluepot.cassandra.frames import raw
from gluepot.cassandra.patience import Patience, SpentError
from gluepot.cassandra.requests import Requests, StuckError, rate_of
from gluepot.cassandra.selecting import check_partitioner
from gluepot.waiting.patience import trying_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.frames import RawPage

RING: Final = MAX_TOKEN - MIN_TOKEN
WINDOWS: Final = 8
"""Places of the ring that are sampled."""

SAMPLE: Final = 500
"""Rows that are read at each place, at most."""

BYTES: Final = 1024 * 1024
"""Bytes after which a place is left, where it had the fewest rows."""

FEWEST: Final = 4
"""Rows that are read at each place however large they are: two partitions at the least tell how dense they are."""

COUNTED: Final = 16 * 1024 * 1024
"""Bytes up to which a table of few rows is counted rather than estimated."""

TOKEN: Final = 4 + 8
"""Bytes of a row that are its token's: a length, and a bigint."""

KEYS: Final = 100
"""Partitions that are looked for at each place, where rows of one fill a sample."""

PATIENCE: Final = Patience(first_rows=1, most_rows=SAMPLE, page_bytes=BYTES // 4, timeout=60)
"""Rows may have megabytes each: the first page has one, and those behind it as many as fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How big a table is.

    Args:
        rows: Its rows; those that were seen at the least.
        bytes: What reading all of it sends, as the native protocol encodes it.
        partitions: Its partitions.
        exact: Whether all rows were counted, as in a small table.
        source: What it is taken from: `sample`, or `size_estimates` where one partition fills a sample, or where the
            partition key is masked.
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
        bytes: What they take.
        is_last: Whether the ring ends behind them.
    """

    start: int
    tokens: tuple[int, ...]
    bytes: int
    is_last: bool

    def dense(self) -> tuple[int, int, int]:
        """Give rows, the tokens they are spread over, and partitions; the last partition, cut off, does not count."""
        if self.is_last:
            return len(self.tokens), MAX_TOKEN - self.start, len(set(self.tokens))
        whole = [token for token in self.tokens if token != self.tokens[-1]]
        return (len(whole), whole[-1] - self.start, len(set(whole))) if whole else (0, 0, 0)


def estimate(session: Any, table: Table) -> Estimate:  # noqa: ANN401 - a driver session
    """Estimate a table from a few hundred rows at several places of the ring.

    `system.size_estimates` is asked only where partitions are so wide that every sample ends within one, or where rows
    do not tell their place as their key is masked: it is written every few minutes, by each node for itself, says
    nothing of what is in memory yet, counts partitions by 128 at the least, and is not served everywhere.

    Args:
        session: A driver session.
        table: The table.

    Raises:
        ConfigError: The table may not be read, or the cluster's partitioner is not Murmur3's.
        UnreachableError: The cluster does not answer.
        SourceError: A threshold of the cluster keeps the table from being read.
    """
    check_partitioner(session)
    try:
        return _Looking(session, table).estimate()
    except SpentError as error:
        raise unreadable(error.__cause__ or error, table) from error


class _Looking:
    """Looks at one table.

    Args:
        session: A driver session.
        table: The table.
    """

    def __init__(self, session: Any, table: Table) -> None:  # noqa: ANN401 - a driver session
        self._session = session
        self._table = table
        self._hidden = any(column.masked for column in table.partition_key)
        self._requests = Requests(raw(session), table, PATIENCE, rate_of(session, PATIENCE), judge=unreadable)

    def estimate(self) -> Estimate:
        first = self._window(MIN_TOKEN, COUNTED)
        if first.is_last:
            return self._counted(first)
        places = [MIN_TOKEN + number * (RING // WINDOWS) for number in range(1, WINDOWS)]
        windows = [first, *(self._window(place, BYTES) for place in places)]
        seen = sum(len(window.tokens) for window in windows) or self._first()
        per_row = sum(window.bytes for window in windows) / seen
        rows, covered, partitions = (sum(each) for each in zip(*(window.dense() for window in windows), strict=True))
        if self._hidden or not (rows and covered):
            return self._from_server(windows, per_row)
        total = max(int(rows * RING / covered), len(first.tokens))
        whole = int(partitions * RING / covered)
        return Estimate(rows=total, bytes=int(total * per_row), partitions=whole, exact=False, source="sample")

    def _counted(self, window: _Window) -> Estimate:
        rows = len(window.tokens)
        partitions = rows if self._hidden else len(set(window.tokens))
        return Estimate(rows=rows, bytes=window.bytes, partitions=partitions, exact=True, source="sample")

    def _window(self, start: int, most: int) -> _Window:
        """Read whole rows behind a place with their tokens, until there are enough of them, or enough bytes."""
        columns = ", ".join(quoted(column.name) for column in self._table.columns)
        tokens: list[int] = []
        size = 0
        with contextlib.suppress(StuckError):  # what was read until there will do
            for page in self._pages(f"{queries.token_of(self._table)}, {columns}", start):
                tokens += [number(row[0]) for row in rows_of(page)]
                size += len(page.rows) - TOKEN * page.count
                is_full = len(tokens) >= SAMPLE or (size >= most and len(tokens) >= FEWEST)
                if page.paging_state is None:
                    return _Window(start, tuple(tokens), size, is_last=True)
                if is_full or tokens[-1:] == [MIN_TOKEN]:
                    break  # behind a page of an empty key no other comes
        return _Window(start, tuple(tokens), size, is_last=False)

    def _first(self) -> int:
        """Read one row, where no place gave any: it comes, or it is told why it does not."""
        query = f"SELECT {queries.token_of(self._table)} FROM {queries.name_of(self._table)} LIMIT 1"  # noqa: S608 - quoted
        progress = self._requests.progress()
        return sum(page.count for page in self._requests.pages(query, progress, cuttable="nowhere")) or 1

    def _pages(self, columns: str, start: int) -> Iterator[RawPage]:
        where = f"WHERE {queries.token_of(self._table)} > {start}"
        query = f"SELECT {columns} FROM {queries.name_of(self._table)} {where}"  # noqa: S608 - quoted
        return self._requests.pages(query, self._requests.progress())

    def _from_server(self, windows: Sequence[_Window], per_row: float) -> Estimate:
        """Take a partition's size from the servers, and count partitions; what was seen is the least that there is."""
        counted, size = self._partition_sizes()
        partitions = counted if self._hidden else max(self._partitions(), 1)
        least = max(len(window.tokens) for window in windows)
        size = max(int(size * partitions), int(least * per_row))
        return Estimate(
            rows=int(size / max(per_row, 1)), bytes=size, partitions=partitions, exact=False, source="size_estimates"
        )

    def _partitions(self) -> int:
        """Count partitions, or estimate them, by their keys: reading these passes over the rows of wide ones."""
        windows = []
        for at in range(WINDOWS):
            start = MIN_TOKEN + at * (RING // WINDOWS)
            tokens: list[int] = []
            is_last = False
            with contextlib.suppress(StuckError):
                for page in self._pages(f"DISTINCT {queries.token_of(self._table)}", start):
                    tokens += [number(row[0]) for row in rows_of(page)]
                    is_last = page.paging_state is None
                    if len(tokens) >= KEYS or tokens[-1:] == [MIN_TOKEN]:
                        break
            windows.append(_Window(start, tuple(tokens), 0, is_last))
            if is_last and not at:
                return len(tokens)
        found, covered, _ = (sum(each) for each in zip(*(window.dense() for window in windows), strict=True))
        return int(found * RING / covered) if covered else KEYS

    def _partition_sizes(self) -> tuple[int, float]:
        """Give how many partitions the nodes say there are, and how large one is on average."""
        query = (
            "SELECT mean_partition_size, partitions_count FROM system.size_estimates "
            "WHERE keyspace_name = %s AND table_name = %s"
        )
        partitions = size = 0
        for host in self._session.cluster.metadata.all_hosts():
            if host.is_up is False or not host.host_id:
                continue
            for row in _node_rows(self._session, query, self._table, host):
                partitions += max(row.partitions_count, 0)
                size += max(row.partitions_count, 0) * max(row.mean_partition_size, 0)
        return partitions, size / partitions if partitions else 0.0


def _node_rows(session: Any, query: str, table: Table, host: Any) -> list[Any]:  # noqa: ANN401 - of the driver
    """Ask one node; nothing where it does not say, which an estimate can do without."""
    from gluepot.errors import GluepotError  # noqa: PLC0415 - beside its use

    try:
        with trying_once():
            return smallqueries.rows(
                session, query, (table.keyspace, table.name), of="system.size_estimates", host=host
            )
    except GluepotError:
        return []
