"""Prove that a loaded table equals what was read: counts and checksums, for each token range, from what readers see.

While a range is staged its rows are counted and hashed. `verify` reads the committed table as Athena's readers would,
hashes its rows again, finds each row's token from its key, and compares range by range. Where they differ, the range is
read from the source once more, so that the keys of some rows that differ can be named.

A table is compared in the columns that its load wrote, whatever the source has by now; what is another in today's plan
is said beside it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gluepot.cassandra import schema
from gluepot.cassandra.cql import Range
from gluepot.cassandra.reader import Reader
from gluepot.cassandra.reading import Cut
from gluepot.errors import ConfigError, GluepotError
from gluepot.lake.checksum import checksum, tokens
from gluepot.lake.convert.convert import Converter
from gluepot.lake.convert.selection import PLAIN_ROLES
from gluepot.lake.proof import described, readback
from gluepot.loader.changes import changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from gluepot.cassandra.connect import Connected
    from gluepot.cassandra.cql import Table
    from gluepot.lake.commit.lake import Lake
    from gluepot.plan.records import Part
    from gluepot.plan.table import LoadPlan, PlannedTable

SAMPLES: Final = 5
"""Keys that are named for each range that differs."""

LOOKED_AT: Final = 20
"""Ranges that are read once more to name keys; the others are named as ranges only."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Rows, and the exact sum of their hashes."""

    rows: int = 0
    checksum: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.rows + other.rows, self.checksum + other.checksum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A token range whose rows are not those that were staged.

    Args:
        range: The range; None where the table is compared as a whole.
        staged: What was read when it was staged.
        found: What a reader of the lake finds.
        source: What the source holds now, where it was read again.
        missing: Keys of some rows that the source holds and the lake does not.
        extra: Keys of some rows that the lake holds and the source does not.
        changed: Keys of some rows that both hold, with other values.
    """

    range: Range | None
    staged: Sum
    found: Sum
    source: Sum | None = None
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedTable:
    """What verifying one table found.

    Args:
        table: Its plan.
        load_id: The load that is verified.
        staged: What was read when it was staged.
        found: What a reader of the lake finds.
        ranges: Token ranges compared; 0 where only the whole could be.
        differences: What is not equal between staged and lake.
        moved: With `rescan`: ranges whose rows in the source are not those that were staged, any more.
        why_whole: Why only the whole table could be compared; empty where each range was.
        by_rows: With `rescan`: whether the source was compared by row counts only, since times to live move.
        changes: What is another in today's plan than in that of the load.
        unread: With `rescan`: why the source could not be read again as it was loaded; empty where it could.
        error: Why nothing could be compared, as of a table that was never loaded; None where it could.
    """

    table: PlannedTable
    load_id: str = ""
    staged: Sum = Sum()
    found: Sum = Sum()
    ranges: int = 0
    differences: tuple[Difference, ...] = ()
    moved: tuple[Difference, ...] = ()
    why_whole: str = ""
    by_rows: bool = False
    changes: tuple[str, ...] = ()
    unread: str = ""
    error: GluepotError | None = None

    @property
    def is_equal(self) -> bool:
        """Whether the lake holds exactly what was staged, and the source still does where it was to be read again."""
        return not (self.differences or self.moved or self.unread or self.error)


def verify(plan: LoadPlan, lake: Lake, source: Connected, *, rescan: bool = False) -> Iterator[VerifiedTable]:
    """Compare every table of a plan with its last load; one that cannot be compared does not stop the others.

    Args:
        plan: What was loaded.
        lake: Where it was loaded to.
        source: The connection to Cassandra; read where ranges differ, and wholly with `rescan`.
        rescan: Read every range of the source again, and compare it with what was staged.
    """
    for table in plan.tables:
        try:
            yield Comparison(plan, table, lake, source).made(rescan=rescan)
        except GluepotError as error:
            yield VerifiedTable(table=table, error=error)


def is_keyed_alike(loaded: PlannedTable, source: Table) -> bool:
    """Tell whether the source has the partition key by which a table was loaded: tokens are made of it."""
    now = {column.name: str(column.type) for column in source.partition_key}
    before = {column.source: column.cql for column in loaded.columns if column.role == "partition_key"}
    return now == before


def unread(loaded: PlannedTable, source: Table) -> str:
    """Say why the source cannot be read as it was when a table was loaded; empty where it can."""
    now = {column.name: str(column.type) for column in source.columns}
    for column in loaded.columns:
        if column.role in PLAIN_ROLES and now.get(column.source) != column.cql:
            became = f"is a {now[column.source]} by now" if column.source in now else "is not there any more"
            return f"column {column.source}, loaded as a {column.cql}, {became}"
    try:
        Converter(loaded, source)
    except ConfigError as error:
        return str(error)
    return ""


class Comparison:
    """One table's comparison.

    Args:
        plan: The load's plan.
        table: The table in it, as it is planned today.
        lake: Where it was loaded to.
        source: The connection to Cassandra.
    """

    def __init__(self, plan: LoadPlan, table: PlannedTable, lake: Lake, source: Connected) -> None:
        self._today = table
        self._lake = lake
        self._session = source.session
        self._source = schema.table(source.session, plan.keyspace, table.source)
        self._load = described.of(lake, table.name)
        self._table = self._load.table
        self._parts = self._load.parts
        self._unread = unread(self._table, self._source)

    def made(self, *, rescan: bool) -> VerifiedTable:
        """Read the lake, compare, and look closer where it differs."""
        found = self._found()
        staged = [Sum(part.rows, part.checksum) for part in self._parts]
        whole = found is None
        total = self._whole() if found is None else sum(found, Sum())
        differences = self._against(staged, found) if found is not None else self._at_once(sum(staged, Sum()), total)
        return VerifiedTable(
            table=self._table,
            load_id=self._load.load_id,
            changes=tuple(changes(self._table, self._today)),
            unread=self._unread if rescan else "",
            staged=sum(staged, Sum()),
            found=total,
            ranges=0 if whole else len(self._parts),
            differences=tuple(differences),
            moved=tuple(self._moved(staged)) if rescan and not self._unread else (),
            by_rows=rescan and self._moves and not self._unread,
            why_whole="the table does not hold its source's key as it was: rows cannot be told their ranges"
            if whole
            else "",
        )

    def _batches(self) -> Iterator[pa.RecordBatch]:
        return readback.batches(self._lake, self._table, load_id=self._load.load_id)

    def _found(self) -> list[Sum] | None:
        """Add up what a reader of the lake finds in each part; None where rows cannot be told their tokens."""
        if not is_keyed_alike(self._table, self._source):
            return None
        ends = np.array([part.end for part in self._parts], dtype=np.int64)
        sums = [Sum()] * len(ends)
        for batch in self._batches():
            at = tokens.tokens(batch, self._table, self._source)
            if at is None:
                return None
            for index, found in _by_part(np.searchsorted(ends, at), checksum.row_hashes(batch)):
                sums[index] += found
        return sums

    def _whole(self) -> Sum:
        total = Sum()
        for batch in self._batches():
            total += Sum(batch.num_rows, checksum.total(checksum.row_hashes(batch)))
        return total

    def _at_once(self, staged: Sum, found: Sum) -> list[Difference]:
        return [] if staged == found else [Difference(range=None, staged=staged, found=found)]

    def _against(self, staged: Sequence[Sum], found: Sequence[Sum]) -> list[Difference]:
        """Name the ranges that differ, and the keys of some rows of the first of them."""
        unequal = [index for index in range(len(staged)) if staged[index] != found[index]]
        named = {} if self._unread else self._looked_at(unequal[:LOOKED_AT])
        return [
            named.get(index) or Difference(range=self._range(index), staged=staged[index], found=found[index])
            for index in unequal
        ]

    def _looked_at(self, unequal: Sequence[int]) -> dict[int, Difference]:
        """Read the source's rows of some ranges, then the lake's in one pass, and tell them apart by key."""
        if not unequal:
            return {}
        source = {index: Rows(self._table) for index in unequal}
        for index in unequal:
            for batch in self._read(self._range(index)):
                source[index].add(batch, checksum.row_hashes(batch))
        lake = self._lake_rows(unequal)
        return {
            index: source[index].difference(lake[index], self._range(index), self._parts[index]) for index in unequal
        }

    def _lake_rows(self, wanted: Sequence[int]) -> dict[int, Rows]:
        ends = np.array([part.end for part in self._parts], dtype=np.int64)
        rows = {index: Rows(self._table) for index in wanted}
        for batch in self._batches():
            at = tokens.tokens(batch, self._table, self._source)
            if at is None:
                continue
            places = np.searchsorted(ends, at)
            hashes = checksum.row_hashes(batch)
            for index in wanted:
                chosen = np.flatnonzero(places == index)
                if len(chosen):
                    rows[index].add(batch.take(chosen), hashes[chosen])
        return rows

    @property
    def _moves(self) -> bool:
        """Whether the table holds times to live, which are others each time they are read."""
        return any(column.role in {"ttl", "expires_at"} for column in self._table.columns)

    def _moved(self, staged: Sequence[Sum]) -> Iterator[Difference]:
        """Read every range of the source again."""
        for index, expected in enumerate(staged):
            now = Sum()
            for batch in self._read(self._range(index)):
                now += Sum(batch.num_rows, checksum.total(checksum.row_hashes(batch)))
            if now.rows != expected.rows or (now != expected and not self._moves):
                yield Difference(range=self._range(index), staged=expected, found=expected, source=now)

    def _read(self, token_range: Range) -> Iterator[pa.RecordBatch]:
        converter = Converter(self._table, self._source)
        for item in Reader(self._session, converter.selection).read(token_range):
            if not isinstance(item, Cut):
                yield converter.convert(item)

    def _range(self, index: int) -> Range:
        part: Part = self._parts[index]
        return Range(part.start, part.end)


class Rows:
    """Rows of one range by key, as hashes, so that two sides can be told apart.

    Args:
        table: The plan, which says what the key is.
    """

    def __init__(self, table: PlannedTable) -> None:
        self._keys = [column.name for column in table.columns if column.role in {"partition_key", "clustering"}]
        self._hashes: dict[str, Counter[int]] = {}
        self._total = Sum()

    def add(self, batch: pa.RecordBatch, hashes: np.ndarray) -> None:
        """Add a batch's rows."""
        self._total += Sum(batch.num_rows, checksum.total(hashes))
        names = self._keys or batch.schema.names
        columns = [batch.column(name).to_pylist() for name in names]
        for row, hashed in zip(zip(*columns, strict=True), hashes.tolist(), strict=True):
            key = ", ".join(f"{name}={value!r}" for name, value in zip(names, row, strict=True))
            self._hashes.setdefault(key, Counter())[hashed] += 1

    def difference(self, lake: Rows, token_range: Range, part: Part) -> Difference:
        """Say how the lake's rows differ from these, the source's."""
        here, there = self._hashes, lake._hashes
        return Difference(
            range=token_range,
            staged=Sum(part.rows, part.checksum),
            found=lake._total,
            source=self._total,
            missing=_some(key for key in here if key not in there),
            extra=_some(key for key in there if key not in here),
            changed=_some(key for key in here if key in there and here[key] != there[key]),
        )


def _some(keys: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(keys)[:SAMPLES])


def _by_part(places: np.ndarray, hashes: np.ndarray) -> Iterator[tuple[int, Sum]]:
    """Group a batch's rows by part; batches come in ring order mostly, so there are few groups."""
    order = np.argsort(places, kind="stable")
    sorted_places = places[order]
    starts: np.ndarray = np.flatnonzero(np.r_[True, sorted_places[1:] != sorted_places[:-1]]) if len(order) else order
    for at, start in enumerate(starts):
        end = starts[at + 1] if at + 1 < len(starts) else len(order)
        chosen = hashes[order[start:end]]
        yield int(sorted_places[start]), Sum(len(chosen), checksum.total(chosen))
