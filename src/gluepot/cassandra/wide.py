"""Partitions that no page of a range gets past: read by clustering key, in pieces as small as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.cassandra import queries
from gluepot.cassandra.cells import last_row, number, packed, rows_of, shown, token_of
from gluepot.cassandra.cql import MIN_TOKEN, Range
from gluepot.cassandra.requests import StuckError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from gluepot.cassandra.frames import RawPage
    from gluepot.cassandra.reading import Selection
    from gluepot.cassandra.requests import RangeProgress, Requests


class Wide:
    """Reads all partitions of one token, from where a scan stands in them.

    Args:
        requests: Sends the queries.
        selection: What is read.
        progress: Page size, pauses, nodes.
    """

    def __init__(self, requests: Requests, selection: Selection, progress: RangeProgress) -> None:
        self._requests = requests
        self._selection = selection
        self._progress = progress
        self.names: list[str] = []

    def first_token(self, piece: Range) -> int | None:
        """Find the token of a range's first partition; None where it holds none.

        Raises:
            StuckError: That cannot be read either.
        """
        query = queries.partitions_at(self._selection.table, piece)
        for page in self._requests.pages(query, self._progress):
            for row in rows_of(page):
                return number(row[-1])
        return None

    def token_at(self, key: tuple[bytes, ...]) -> int:
        """Give the token of a partition from which rows have come; it is computed where the partition is gone."""
        if not packed(key):
            return MIN_TOKEN
        query = queries.token_at(self._selection.table)
        for page in self._requests.pages(query, self._progress, key, "nowhere"):
            for row in rows_of(page):
                return number(row[0])
        return token_of(key)

    def pages(self, token: int, key: tuple[bytes, ...], page: RawPage | None) -> Iterator[RawPage]:
        """Read what is left of a token's partitions.

        Args:
            token: The token.
            key: The partition that the last row came from; empty where no row of this token has come.
            page: The page whose last row that is.
        """
        # most often one; more where hashes collide. Those before the last row's are done, even if it is gone by now
        for partition in self._partitions(token):
            if not key or packed(partition) > packed(key):
                yield from self._partition(partition)
            elif partition == key and page is not None:
                yield from self._rest(key, page)

    def _partitions(self, token: int) -> list[tuple[bytes, ...]]:
        """List the partitions of a token, in ring order; the least one is that of the empty key alone."""
        if token == MIN_TOKEN:
            return [(b"",)]
        query = queries.partitions_at(self._selection.table, Range(token - 1, token))
        pages = self._requests.pages(query, self._progress, cuttable="nowhere")
        return [tuple(cell or b"" for cell in row[:-1]) for page in pages for row in rows_of(page)]

    def _partition(self, key: tuple[bytes, ...]) -> Iterator[RawPage]:
        """Read a whole partition, by its key; where that is stuck, by clustering key from there."""
        stuck, last = yield from self._some(key)
        if stuck and last is not None:
            yield from self._rest(key, last)

    def _rest(self, key: tuple[bytes, ...], page: RawPage) -> Iterator[RawPage]:
        """Read the rows of a partition behind the last one that came."""
        at = self._position(page)
        depth = len(at)
        while depth:
            stuck, last = yield from self._some(key, at[:depth])
            if stuck and last is not None:
                at = self._position(last)
                depth = len(at)
            else:
                depth -= 1

    def _some(
        self, key: tuple[bytes, ...], behind: tuple[bytes, ...] = ()
    ) -> Generator[RawPage, None, tuple[bool, RawPage | None]]:
        """Read a partition, or what is behind a place of it, until it ends or is stuck behind a row.

        Where it is stuck before any row there is nothing to cut, so it is asked again for as long as patience lasts.
        Behind a page of an empty key no other comes: that is asked for by clustering key at once.

        Args:
            key: The partition.
            behind: Values of clustering columns: all but the last are equal, and rows lie behind that one.

        Returns:
            Whether it is stuck, and the last page with rows.
        """
        last: RawPage | None = None
        query = self._query(key, behind)
        values = (*(key if packed(key) else ()), *behind)
        try:
            for page in self._requests.pages(query, self._progress, values, "behind a row"):
                last = page if page.count else last
                if behind and page.count:
                    self._name(key)
                yield page
                if page.count and page.paging_state and not packed(key):
                    return True, last
        except StuckError:
            return True, last
        return False, last

    def _query(self, key: tuple[bytes, ...], behind: tuple[bytes, ...]) -> str:
        made = queries.of_partition if packed(key) else queries.of_empty_key
        return made(self._selection, max(len(behind) - 1, 0), bool(behind))

    def _position(self, page: RawPage) -> tuple[bytes, ...]:
        """Give the clustering key of a page's last row; empty where it is not one of several rows of its partition."""
        table = self._selection.table
        if self._selection.distinct or not table.clustering:
            return ()
        cells = dict(zip(queries.names(self._selection), last_row(page), strict=True))
        found = [cells[column.name] for column in table.clustering]
        # null: a partition with static columns only, whose one row that was
        return () if None in found else tuple(cell or b"" for cell in found)

    def _name(self, key: tuple[bytes, ...]) -> None:
        name = shown(self._selection.table.partition_key, key)
        if name not in self.names:
            self.names.append(name)
