"""What a reader has met: pages, failures, wide partitions, ranges that were hard to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import queries
from gluepot.cassandra.cells import last_row, shown

if TYPE_CHECKING:
    import pyarrow as pa

    from gluepot.cassandra.cql import Range
    from gluepot.cassandra.frames import RawPage
    from gluepot.cassandra.reader import Reader

WIDE_BYTES: Final = 100 * 1024 * 1024
"""From this size on a partition is reported: Cassandra's own guardrail warns there.

https://docs.datastax.com/en/astra-db-serverless/databases/database-limits.html
"""


@dataclass(slots=True)
class Stats:
    """What a reader has done so far, over all its ranges; read it when they are done.

    Args:
        pages: Pages that came.
        rows: Their rows.
        bytes: Their bytes.
        failures: Requests that failed and were sent again.
        cuts: Ranges that were cut.
        decode: Seconds of decoding.
        wide: Partitions that had to be read by clustering key, or are larger than 100 MB, as text; a set in order.
        hot: Ranges that failed at least once, with how often.
    """

    pages: int = 0
    rows: int = 0
    bytes: int = 0
    failures: int = 0
    cuts: int = 0
    decode: float = 0.0
    wide: dict[str, None] = field(default_factory=dict)
    hot: dict[Range, int] = field(default_factory=dict)


class Widths:
    """Adds up the pages that hold nothing but one partition, which costs two comparisons for each page.

    Args:
        reader: Its stats are told of partitions that are too wide.
        most: Bytes from which on a partition is wide.
    """

    def __init__(self, reader: Reader, most: int = WIDE_BYTES) -> None:
        self._reader = reader
        self._most = most
        names = queries.names(reader.selection)
        self._at = [names.index(column.name) for column in reader.selection.table.partition_key]
        self._key: list[Any] = []
        self._bytes = 0

    def seen(self, batch: pa.RecordBatch, page: RawPage) -> None:
        """Look at a page.

        Args:
            batch: It decoded, with all key columns.
            page: It as it came.
        """
        last = [batch.column(index)[batch.num_rows - 1] for index in self._at]
        first = [batch.column(index)[0] for index in self._at]
        before = self._bytes
        self._bytes = len(page.rows) + (before if first == self._key else 0) if first == last else 0
        self._key = last
        if before < self._most <= self._bytes:
            table = self._reader.selection.table
            cells = dict(zip(queries.names(self._reader.selection), last_row(page), strict=True))
            key = [cells[column.name] or b"" for column in table.partition_key]
            self._reader.stats.wide[shown(table.partition_key, key)] = None
