"""What a scan reads, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from gluepot.cassandra.cql import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is read of one table.

    Args:
        table: The table.
        columns: Names of the columns, in the order they come out.
        writetime: Columns whose writetime is read too; it comes out as `writetime(NAME)`, int64 microseconds.
        ttl: Columns whose time to live is read too; it comes out as `ttl(NAME)`, int32 seconds.
        as_text: Columns whose varints come out as text rather than as decimal128(38, 0), so that none is too long.
        distinct: Whether partitions are read rather than rows: `columns` are then key and static columns only.
    """

    table: Table
    columns: tuple[str, ...]
    writetime: tuple[str, ...] = ()
    ttl: tuple[str, ...] = ()
    as_text: frozenset[str] = frozenset()
    distinct: bool = False

    @property
    def hides_keys(self) -> bool:
        """Whether key columns come as masks show them, so that no row tells what is behind it."""
        return self.hides_partitions or any(column.masked for column in self.table.clustering)

    @property
    def hides_partitions(self) -> bool:
        """Whether columns of the partition key do, so that no row tells in which range it lies."""
        return any(column.masked for column in self.table.partition_key)


@dataclass(frozen=True, slots=True)
class Page:
    """One decoded page.

    Args:
        batch: Its rows; a column of the selection each, then writetimes, then ttls.
        empty: Per column, zero-length values of types that know none, which are null in the batch; without zeros.
        replaced: Per column, text that was not UTF-8 and holds replacement characters in the batch; without zeros.
    """

    batch: pa.RecordBatch
    empty: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cut:
    """Between two pages of a range that had to be split: rows before have tokens up to `token`, rows after, beyond.

    Args:
        token: Where the range was cut.
        wide: The partition that had to be read by clustering key, as text; empty where the cut is a plain split.
    """

    token: int
    wide: str = ""
