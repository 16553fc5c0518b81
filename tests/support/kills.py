"""A load that dies at a write that was chosen beforehand: every write of its records, files and commits counts.

Writes are seen where they happen: at the landing through which the lake's records and files go, at the client of Glue
that commits, and at the files of pyiceberg. To die after a write is to die before the next one, so only that is done.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from tests.support import lakes
from tests.support.lakedata import table_of

from gluepot.aws.access import Access
from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, CqlType, Range
from gluepot.glue.lake_tables import LakeTables
from gluepot.lake.commit.account import Account
from gluepot.lake.commit.files import LakeFiles
from gluepot.lake.commit.lake import Lake
from gluepot.loader.core.choosing import ANY, end
from gluepot.loader.core.origin import Origin
from gluepot.loader.load import Load
from gluepot.plan.table import LoadPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.landing import Landing
    from gluepot.loader.core.engine import Work
    from gluepot.loader.core.results import LoadedTable
    from gluepot.plan.identity import Rule
    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable

RANGES: Final = (Range(MIN_TOKEN, 0), Range(0, MAX_TOKEN))
ROWS: Final = lakes.numbered(100, 104)
"""Of every table's source."""

WRITES: Final = frozenset({"put_new", "put", "upload", "copy", "delete"})
SENT: Final = frozenset({"create_table", "update_table"})
NEVER: Final = 10**9


class Killed(BaseException):
    """The process is gone: nothing that looks after errors hears of it."""


@dataclass
class Writes:
    """The writes of one process.

    Args:
        left: How many it does before it dies.
        after: The write after which it dies, where that is known by its name.
        done: What it wrote, in order.
    """

    left: int = NEVER
    after: str = ""
    done: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def write(self, what: str) -> None:
        """Do one, or die: whatever other threads still want to write comes too late."""
        with self.lock:
            if len(self.done) >= self.left or (self.after and self.after in self.done):
                raise Killed(what)
            self.done.append(what)


class Watched:
    """Something that writes, seen by who counts.

    Args:
        inner: It.
        writes: Who counts.
        names: Its methods that write.
    """

    def __init__(self, inner: Any, writes: Writes, names: frozenset[str]) -> None:
        self._inner, self._writes, self._names = inner, writes, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._names:
            return found

        def counted(*given: Any, **more: Any) -> Any:
            self._writes.write(f"{name} {given[0] if given else more.get('TableInput', more)['Name']}")
            return found(*given, **more)

        return counted


class WatchedFiles(LakeFiles):
    """The files of pyiceberg, which makes this by its name."""

    writes = Writes()

    def new_output(self, location: str) -> Any:
        """Count a file that is about to be written."""
        self.writes.write(f"file {location.rpartition('.')[2]}")
        return super().new_output(location)


class WatchedAccount(Account):
    """An account all of whose writes are counted."""

    def __init__(self, writes: Writes, region: str = lakes.REGION) -> None:
        super().__init__(Access(), region)
        self.writes = writes

    @cached_property
    def glue(self) -> LakeTables:
        """Give Glue."""
        found = LakeTables(self.credentials, self.region)
        found.writes = Watched(found.writes, self.writes, SENT)
        return found

    def landing(self, location: str) -> Landing:
        """Give what the lake's store writes through."""
        found: Any = Watched(super().landing(location), self.writes, WRITES)
        return found  # type: ignore[no-any-return]

    def commit_properties(self) -> dict[str, str]:
        """Give pyiceberg files that are counted."""
        WatchedFiles.writes = self.writes
        return {**super().commit_properties(), "py-io-impl": f"{WatchedFiles.__module__}.{WatchedFiles.__name__}"}


class Replayed(Origin):
    """A source that is always the same: every table has ROWS, in two token ranges."""

    def table(self, planned: PlannedTable) -> Table:
        """Give a table that nobody reads."""
        return table_of({planned.source: CqlType("int")})

    def split(self, table: Table, wanted: Callable[[int], int]) -> Sequence[Range]:  # noqa: ARG002 - as the source does
        """Give the two ranges."""
        return RANGES

    @property
    def session(self) -> None:
        """Nothing is asked."""


class Replaying:
    """An engine that stages what the source has."""

    slots = 1

    def range_bytes(self, size: int, asked: int) -> int:  # noqa: ARG002 - as engines do
        """Take what is asked for."""
        return asked

    def stage(self, work: Work) -> Iterator[RangeRecord]:
        """Stage one range after the other."""
        for token_range in work.todo:
            rows = ROWS[RANGES.index(token_range) :: len(RANGES)]
            yield lakes.stage(work.staging, token_range, work.table, rows)


def run(
    tables: Sequence[PlannedTable],
    writes: Writes,
    rule: Rule = ANY,
    said: list[str] | None = None,
    *,
    ends: bool = True,
) -> tuple[LoadedTable, ...]:
    """Run a load of some tables to its end; one that dies raises `Killed`.

    Args:
        tables: The tables.
        writes: How far it comes.
        rule: What is asked for.
        said: Takes what it says.
        ends: Whether it comes to record its end.
    """
    plan = LoadPlan(cluster="c", keyspace="k", database=lakes.DATABASE, tables=tuple(tables))
    lake = replace(Lake.open(Access(), lakes.REGION, lakes.DATABASE), account=WatchedAccount(writes))
    nowhere: Any = None
    done = Load(plan, Replayed(nowhere, "k"), lake, engine=Replaying()).run(
        rule, (said if said is not None else []).append
    )
    if ends:
        end(lake, done)
    return done


def dies(tables: Sequence[PlannedTable], left: int, **more: Any) -> Writes:
    """Have a load die before the write of this number, counted from 0; gives what it has written."""
    writes = Writes(left)
    try:
        run(tables, writes, **more)
    except Killed:
        return writes
    raise AssertionError(f"it came to its end with {len(writes.done)} writes")
