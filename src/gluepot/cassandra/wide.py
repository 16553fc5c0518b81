"""Partitions that no page of a range gets past: read by clustering key, in pieces as small as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.cassandra import queries
from gluepot.cassandra.cells import all_rows, last_row
from gluepot.cassandra.cql import Range
from gluepot.cassandra.requests import StuckError
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.frames import RawPage
    from gluepot.cassandra.patience import PageSize, Waiting
    from gluepot.cassandra.reading import Selection
    from gluepot.cassandra.requests import Requests


class Wide:
    """Reads all partitions of one token, from where a scan stands in them.

    Args:
        requests: Sends the queries.
        selection: What is read.
        waiting: Pauses between attempts.
        size: Page size.
    """

    def __init__(self, requests: Requests, selection: Selection, waiting: Waiting, size: PageSize) -> None:
        self._requests = requests
        self._selection = selection
        self._waiting = waiting
        self._size = size
        self.names: list[str] = []

    def pages(self, token: int, key: tuple[bytes, ...], page: RawPage | None) -> Iterator[RawPage]:
        """Read what is left of a token's partitions.

        Args:
            token: The token.
            key: The partition that the last row came from; empty where no row of this token has come.
            page: The page whose last row that is.
        """
        partitions = self._partitions(token)
        if key in partitions:
            partitions = partitions[partitions.index(key) :]
            yield from self._rest(key, page)
            partitions = partitions[1:]
        for one in partitions:
            yield from self._partition(one)

    def _partitions(self, token: int) -> list[tuple[bytes, ...]]:
        """List the partitions of a token: one, but for hashes that collide; in ring order."""
        query = queries.partitions_at(self._selection.table, Range(token - 1, token))
        found = [row for page in self._requests.pages(query, self._size, self._waiting) for row in all_rows(page)]
        return [tuple(cell or b"" for cell in row) for row in found]

    def _partition(self, key: tuple[bytes, ...]) -> Iterator[RawPage]:
        """Read a whole partition, by its key; where that is stuck, by clustering key from there."""
        last: RawPage | None = None
        query = queries.of_partition(self._selection)
        try:
            for page in self._requests.pages(query, self._size, self._waiting, key):
                last = page if page.count else last
                yield page
        except StuckError:
            if last is None:
                raise self._too_slow(key) from None
            yield from self._rest(key, last)

    def _rest(self, key: tuple[bytes, ...], page: RawPage | None) -> Iterator[RawPage]:
        """Read the rows of a partition behind the last one that came."""
        clustering = self._selection.table.clustering
        if self._selection.distinct or not clustering or page is None:
            return
        at = self._position(page)
        if at is None:
            return  # a partition with static columns only: that row was all of it
        self.names.append(self._name(key))
        depth = len(clustering) - 1
        while depth >= 0:
            query = queries.of_partition(self._selection, depth, beyond=True)
            last: RawPage | None = None
            try:
                for one in self._requests.pages(query, self._size, self._waiting, (*key, *at[: depth + 1])):
                    last = one if one.count else last
                    yield one
            except StuckError:
                moved = self._position(last) if last is not None else None
                if moved is None:
                    raise self._too_slow(key) from None
                at, depth = moved, len(clustering) - 1
                continue
            depth -= 1

    def _position(self, page: RawPage) -> tuple[bytes, ...] | None:
        """Give the clustering key of a page's last row; None where it has none."""
        cells = dict(zip(queries.names(self._selection), last_row(page), strict=True))
        found = [cells[one.name] for one in self._selection.table.clustering]
        return None if any(cell is None for cell in found) else tuple(cell or b"" for cell in found)

    def _name(self, key: tuple[bytes, ...]) -> str:
        """Write a partition's key for people: text where it is text, hexadecimal where it is not."""
        columns = self._selection.table.partition_key
        return ", ".join(f"{one.name}={_shown(cell, one.type.name)}" for one, cell in zip(columns, key, strict=True))

    def _too_slow(self, key: tuple[bytes, ...]) -> SourceError:
        name = f"{self._selection.table.keyspace}.{self._selection.table.name}"
        return SourceError(
            f"partition {self._name(key)} of {name} cannot be read",
            f"even pages of {self._size.rows} rows time out",
            "look at the partition: many tombstones or huge cells; raise limits.timeout in the plan file",
        )


def _shown(cell: bytes, kind: str) -> str:
    if kind in {"text", "ascii"}:
        return repr(cell.decode("utf-8", "replace"))
    if kind in {"tinyint", "smallint", "int", "bigint", "varint"}:
        return str(int.from_bytes(cell, "big", signed=True))
    return f"0x{cell.hex()}"
