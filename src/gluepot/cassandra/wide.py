"""Partitions that no page of a range gets past: read by clustering key, in pieces as small as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.cassandra import queries
from gluepot.cassandra.cells import last_row, packed, rows_of, shown
from gluepot.cassandra.cql import Range
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

    def first_token_key(self, piece: Range) -> tuple[bytes, ...] | None:
        """Find the first partition of a range; an empty key where there is none, None where that is stuck too."""
        query = queries.partitions_at(self._selection.table, piece)
        try:
            for page in self._requests.pages(query, self._progress):
                for row in rows_of(page):
                    return tuple(cell or b"" for cell in row)
        except StuckError:
            return None
        return ()

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
        """List the partitions of a token, in ring order."""
        query = queries.partitions_at(self._selection.table, Range(token - 1, token))
        pages = self._requests.pages(query, self._progress, cuttable="nowhere")
        return [tuple(cell or b"" for cell in row) for page in pages for row in rows_of(page)]

    def _partition(self, key: tuple[bytes, ...]) -> Iterator[RawPage]:
        """Read a whole partition, by its key; where that is stuck, by clustering key from there."""
        stuck, last = yield from self._some(queries.of_partition(self._selection), key)
        if stuck and last is not None:
            yield from self._rest(key, last)

    def _rest(self, key: tuple[bytes, ...], page: RawPage) -> Iterator[RawPage]:
        """Read the rows of a partition behind the last one that came."""
        at = self._position(page)
        depth = len(at) - 1
        while depth >= 0:
            query = queries.of_partition(self._selection, depth, beyond=True)
            for_all = (*key, *at[: depth + 1])
            stuck, last = yield from self._some(query, for_all, of=key)
            if stuck and last is not None:
                at = self._position(last)
                depth = len(at) - 1
            else:
                depth -= 1

    def _some(
        self, query: str, values: tuple[bytes, ...], of: tuple[bytes, ...] = ()
    ) -> Generator[RawPage, None, tuple[bool, RawPage | None]]:
        """Read a query until it ends or is stuck behind a row; tell which, and give the last page with rows.

        Where it is stuck before any row there is nothing to cut, so it is asked again for as long as patience lasts.
        """
        last: RawPage | None = None
        try:
            for page in self._requests.pages(query, self._progress, values, "behind a row"):
                last = page if page.count else last
                if of and page.count:
                    self._name(of)
                yield page
        except StuckError:
            return True, last
        return False, last

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
