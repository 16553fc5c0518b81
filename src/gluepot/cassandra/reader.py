"""Token ranges of a table as decoded pages: every row once, whatever the cluster does meanwhile.

A range is read page by page, the next one on its way while the caller works on the last. Where pages fail, they are
asked for again, smaller each time. Where the smallest page fails too, the range is cut: the partition at which it
stands is finished by clustering key, and what is behind it is read in halves.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from gluepot.cassandra import identity, queries
from gluepot.cassandra.cells import first_row, last_row, packed, token_of
from gluepot.cassandra.cql import MIN_TOKEN, Range
from gluepot.cassandra.decode import arrow_type, decode
from gluepot.cassandra.faultyrow import with_row
from gluepot.cassandra.frames import raw
from gluepot.cassandra.patience import Patience
from gluepot.cassandra.reading import Cut, Page
from gluepot.cassandra.requests import Requests, StuckError, rate_of
from gluepot.cassandra.selecting import check
from gluepot.cassandra.splits import halves
from gluepot.cassandra.stats import Stats, Widths
from gluepot.cassandra.wide import Wide
from gluepot.errors import FidelityError, SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import pyarrow as pa

    from gluepot.cassandra.cql import CqlType
    from gluepot.cassandra.frames import RawPage
    from gluepot.cassandra.patience import Rate
    from gluepot.cassandra.reading import Selection
    from gluepot.cassandra.requests import Cuttable, RangeProgress


class Reader:
    """Reads ranges of one table. `read` may run in many threads at once, each with its own range.

    Args:
        session: A driver session; it is not changed.
        selection: What is read.
        patience: How it waits, backs off and splits.
        rate: Spaces requests; by default one that all readers of the session share.

    Raises:
        ConfigError: The selection asks for what the table or its server does not have.
    """

    def __init__(
        self,
        session: Any,  # noqa: ANN401 - a driver session
        selection: Selection,
        patience: Patience | None = None,
        rate: Rate | None = None,
    ) -> None:
        check(session, selection)
        self.selection = selection
        self.patience = patience or Patience()
        self.stats = Stats()
        self._names = queries.names(selection)
        self._kinds = {column.name: column.type for column in selection.table.columns}
        self._schema = self.schema
        self._known: dict[tuple[tuple[str, CqlType], ...], tuple[tuple[str, CqlType], ...]] = {}
        self._rows = 0
        self._lock = threading.Lock()
        self._requests = Requests(raw(session), selection.table, self.patience, rate or rate_of(session, self.patience))

    @property
    def schema(self) -> pa.Schema:
        """The schema of what `read` gives."""
        import pyarrow as pa  # noqa: PLC0415 - slow to load

        fields = [
            pa.field(name, arrow_type(self._kinds[name], as_text=name in self.selection.as_text))
            for name in self.selection.columns
        ]
        fields += [pa.field(f"writetime({name})", pa.int64()) for name in self.selection.writetime]
        fields += [pa.field(f"ttl({name})", pa.int32()) for name in self.selection.ttl]
        return pa.schema(fields)

    def read(self, token_range: Range) -> Iterator[Page | Cut]:
        """Read a range, in ring order.

        Yields:
            Pages with at least one row; a Cut wherever the range had to be split.

        Raises:
            SourceError: It failed for longer than the patience's budget, or the table changed.
            ConfigError: The table may not be read.
        """
        progress = self._requests.progress(self._rows)
        try:
            yield from self._pieces(token_range, progress)
            identity.check(self._requests, self.selection.table, progress)
        finally:
            self._end(token_range, progress)

    def _pieces(self, token_range: Range, progress: RangeProgress) -> Iterator[Page | Cut]:
        widths = None if self.selection.hides_partitions else Widths(self)
        done, todo = token_range.start, [token_range]
        while todo:
            piece = _Piece(self.selection, todo.pop(0))
            self._requests.route(progress, piece.token_range.end)
            wide: tuple[str, ...] = ()
            query = queries.of_range(self.selection, piece.token_range)
            try:
                for page in self._requests.pages(query, progress, cuttable=self._cuttable(piece.token_range)):
                    piece.seen(page)
                    yield from self._decoded(page, widths)
                    piece.check_key()
                piece.check()
            except StuckError:
                wide = yield from self._past(piece, todo, progress)
            end = todo[0].start if todo else token_range.end
            if done < end and (todo or wide):
                yield Cut(end, ", ".join(wide))
            done = end

    def _past(
        self, piece: _Piece, todo: list[Range], progress: RangeProgress
    ) -> Generator[Page, None, tuple[str, ...]]:
        """Get past the place where a piece is stuck, and put what is behind it in front of what is to be read.

        Returns:
            The partitions that had to be read by clustering key, as text.
        """
        wide = Wide(self._requests, self.selection, progress)
        try:
            token = self._stuck_at(piece, wide)
        except StuckError:
            todo[:0] = halves(piece.token_range)
            return ()
        if token is None:
            return ()  # there is no partition in it, only what is deleted
        for page in wide.pages(token, piece.key(), piece.page):
            yield from self._decoded(page, None)
        with self._lock:
            self.stats.cuts += 1
            self.stats.wide.update(dict.fromkeys(wide.names))
        behind = max(token, piece.token_range.start + 1)  # an empty key has the token before the first range
        if behind < piece.token_range.end:
            todo[:0] = halves(Range(behind, piece.token_range.end))
        return tuple(wide.names)

    def _stuck_at(self, piece: _Piece, wide: Wide) -> int | None:
        """Find the token at which a piece is stuck, as the server has it; None where there is no partition at all.

        Raises:
            StuckError: Nobody can say, as no row came: the piece is to be halved.
        """
        start, end = piece.token_range
        if piece.page is None:
            if self.selection.hides_keys:
                raise StuckError("no row has come")
            try:
                token = wide.first_token(piece.token_range)
            except StuckError:
                if end - start > 1:
                    raise
                token = end
            if token is None:
                return None
        else:
            token = wide.token_at(piece.key())
        piece.check_token(token, "the server says")
        return token

    def _cuttable(self, token_range: Range) -> Cuttable:
        """Say where a range can be cut; masked keys do not tell where it stands, so only before its first row."""
        if not self.selection.hides_keys:
            return "anywhere"
        return "before a row" if token_range.end - token_range.start > 1 else "nowhere"

    def _decoded(self, page: RawPage, widths: Widths | None) -> Iterator[Page]:
        began = time.monotonic()
        whole: Page | None = None
        if page.count:
            columns = self._columns(page)
            try:
                whole = decode(columns, page.rows, page.count, as_text=self.selection.as_text)
            except FidelityError as error:
                raise with_row(error, columns, page, self.selection.table) from None
        spent = time.monotonic() - began
        with self._lock:
            self.stats.pages += 1
            self.stats.rows += page.count
            self.stats.bytes += len(page.rows)
            self.stats.decode += spent
        if whole is not None:
            if widths is not None:
                widths.seen(whole.batch, page)
            yield self._as_planned(whole)

    def _columns(self, page: RawPage) -> tuple[tuple[str, CqlType], ...]:
        """Name what the page's columns are in the selection, with the types that they have now."""
        found = self._known.get(page.columns)
        if found is None:
            found = tuple(self._column(name, now) for name, (_, now) in zip(self._names, page.columns, strict=True))
            self._known[page.columns] = found
        return found

    def _column(self, name: str, now: CqlType) -> tuple[str, CqlType]:
        planned = self._kinds.get(name, now)
        identity.check_type(self.selection.table, name, planned, now)
        return name, identity.merged(planned, now)

    def _as_planned(self, page: Page) -> Page:
        """Leave out key columns that were not asked for, and fields that a type has got since."""
        batch = page.batch
        if len(self._names) > len(self._schema):
            batch = batch.select(range(len(self._schema)))
        if not batch.schema.equals(self._schema):
            batch = batch.cast(self._schema)
        return page if batch is page.batch else Page(batch, page.empty, page.replaced)

    def _end(self, token_range: Range, progress: RangeProgress) -> None:
        """Keep what a range has shown: how many rows fit a page, and whether it was hard to read."""
        with self._lock:
            self._rows = progress.size.rows
            failures = progress.waiting.total
            self.stats.failures += failures
            if failures:
                self.stats.hot[token_range] = self.stats.hot.get(token_range, 0) + failures


class _Piece:
    """Where one piece stands: the last page with rows; and whether what came lies in it."""

    def __init__(self, selection: Selection, token_range: Range) -> None:
        self.token_range = token_range
        self.page: RawPage | None = None
        self._in_empty = False
        self._selection = selection

    def seen(self, page: RawPage) -> None:
        """Keep a page that came, and look at the first row of the first one.

        Raises:
            SourceError: It lies elsewhere.
        """
        if page.count and self.page is None and not self._selection.hides_partitions:
            token = token_of(self._key(first_row(page)))
            self.check_token(token, "its first row's key has")
            self._in_empty = token == MIN_TOKEN
        self.page = page if page.count else self.page

    def check_key(self) -> None:
        """Look whether the page that came ends in the partition of an empty key, behind which no page ever comes.

        Cassandra 5.0.6 answers `NullPointerException` to the paging state of such a page.

        Raises:
            StuckError: It does.
        """
        self._in_empty = self._in_empty and self.page is not None and not packed(self.key())
        if self._in_empty and self.page is not None and self.page.paging_state:
            raise StuckError("pages end behind an empty key")

    def check(self) -> None:
        """Look at the last row that came.

        Raises:
            SourceError: It lies elsewhere.
        """
        if self.page is not None and not self._selection.hides_partitions:
            self.check_token(token_of(self.key()), "its last row's key has")

    def check_token(self, token: int, who: str) -> None:
        """Look whether a token lies in the piece: else rows are missing elsewhere, or come twice.

        Raises:
            SourceError: It does not.
        """
        start, end = self.token_range
        if start < token <= end or token == start == MIN_TOKEN:
            return
        table = self._selection.table
        raise SourceError(
            f"{table.keyspace}.{table.name} gave rows from outside of the range that was asked for",
            f"{who} token {token}, in range ({start}, {end}]",
            "a mask may have been put on its key meanwhile: look at gluepot load plan again, then run the load",
        )

    def key(self) -> tuple[bytes, ...]:
        """Give the partition key of the last row that came; empty where none did."""
        return () if self.page is None else self._key(last_row(self.page))

    def _key(self, row: tuple[bytes | None, ...]) -> tuple[bytes, ...]:
        cells = dict(zip(queries.names(self._selection), row, strict=True))
        return tuple(cells[column.name] or b"" for column in self._selection.table.partition_key)
