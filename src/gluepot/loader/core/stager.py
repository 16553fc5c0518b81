"""One token range: read, converted, proven, written, recorded. Every engine runs this."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gluepot.cassandra.reading import Cut
from gluepot.errors import SourceError
from gluepot.lake.checksum import checksum
from gluepot.lake.convert.convert import Converter
from gluepot.loader.core.proof import Proof
from gluepot.plan.records import RangeRecord

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from gluepot.cassandra.cql import Range, Table
    from gluepot.cassandra.reader import Reader
    from gluepot.cassandra.reading import Page
    from gluepot.lake.commit.staging import RangeWriter, Staging
    from gluepot.loader.core.watcher import Watcher
    from gluepot.plan.table import PlannedTable


@dataclass(slots=True)
class Times:
    """Seconds of all threads together, by what they did; waiting for the server overlaps with the rest.

    Args:
        read: Waiting for pages and decoding them.
        decode: The part of `read` that decoded.
        convert: Types, policies, SQL and checksums.
        write: Parquet, and sending finished files.
        commit: Making the table's rows visible.
    """

    read: float = 0.0
    decode: float = 0.0
    convert: float = 0.0
    write: float = 0.0
    commit: float = 0.0

    def add(self, other: Times) -> None:
        """Add another thread's seconds."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stager:
    """Stages ranges of one table; `stage` may be called from many threads.

    Args:
        table: The plan of the table.
        source: The table in Cassandra.
        reader: Reads what the plan needs of it.
        staging: Where its files and records go.
        watcher: Who is told of every page.
    """

    table: PlannedTable
    source: Table
    reader: Reader
    staging: Staging
    watcher: Watcher

    def stage(self, token_range: Range, stop: threading.Event) -> tuple[RangeRecord, Times]:
        """Stage one range, whole or not at all; give the record that stands, and where the time went.

        Args:
            token_range: The range.
            stop: Set when another range has failed: this one is given up.
        """
        converter, proof = Converter(self.table, self.source), Proof(token_range)
        times = Times()
        wide: list[str] = []
        size = 0
        with self.staging.writer(token_range) as writer:
            for item in _timed(self.reader.read(token_range), times):
                if stop.is_set():
                    raise SourceError(f"reading {self.source.name} was stopped", "another range failed")
                if isinstance(item, Cut):
                    proof.cut(item.token)
                    wide.extend([item.wide] if item.wide else [])
                else:
                    size += item.batch.nbytes
                    self._page(item, converter, proof, writer, times)
            began = time.monotonic()
            record = RangeRecord(
                start=token_range.start,
                end=token_range.end,
                parts=proof.parts(),
                files=writer.close(),
                read=converter.read,
                bytes=size,
                tallies=converter.tallies,
                wide=tuple(wide),
            )
            record = self.staging.record(record)
            times.write += time.monotonic() - began
        return record, times

    def _page(self, page: Page, converter: Converter, proof: Proof, writer: RangeWriter, times: Times) -> None:
        began = time.monotonic()
        batch = converter.convert(page)
        proof.add(batch.num_rows, checksum.total(checksum.row_hashes(batch)))
        converted = time.monotonic()
        writer.write(batch)
        times.convert += converted - began
        times.write += time.monotonic() - converted
        self.watcher.read(self.table, page.batch.num_rows, page.batch.nbytes)


def _timed(items: Iterator[Page | Cut], times: Times) -> Iterator[Page | Cut]:
    """Pass items on, and count the seconds that each took to come."""
    while True:
        began = time.monotonic()
        item = next(items, None)
        times.read += time.monotonic() - began
        if item is None:
            return
        yield item
