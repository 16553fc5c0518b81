"""What a load writes beside its data files: who it is, and one record for each finished token range."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

import msgspec


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """What Iceberg's manifests say of a Parquet file, by field id (https://iceberg.apache.org/spec/#data-file-fields).

    Args:
        column_sizes: Bytes of each column.
        value_counts: Values of each column, nulls included.
        null_value_counts: Nulls of each column.
        nan_value_counts: NaN of each column of floats; such a column has no bounds where there are any.
        lower_bounds: The smallest value of each column, in Iceberg's single-value serialisation; cut where it is long.
        upper_bounds: The largest.
        split_offsets: Where row groups begin.
    """

    column_sizes: dict[int, int]
    value_counts: dict[int, int]
    null_value_counts: dict[int, int]
    lower_bounds: dict[int, bytes]
    upper_bounds: dict[int, bytes]
    split_offsets: tuple[int, ...]
    nan_value_counts: dict[int, int] = {}


class StagedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file of a range: its key below the table's location, its rows, its bytes, and what Iceberg asks."""

    key: str
    rows: int
    bytes: int
    metrics: Metrics | None = None


class Tally(msgspec.Struct, kw_only=True):
    """What happened to one column's values; ranges add up.

    Args:
        nulls: Values that are null in the lake, for whatever reason.
        nan: Floats that are NaN, at any depth; they are in no order, so neither `low` nor `high`.
        empty: Zero-length values of types that have no such value (thrift's `empty`), which are null in the lake.
        nulled: Values that the policy `null` gave up.
        replaced: Text that was not UTF-8, and is kept with replacement characters.
        rounded: Values that lost digits because a policy or a cast said so.
        low: The smallest value, as text; empty where there is none or the type has no order.
        high: The largest.
        number: Whether these two are numbers, and are compared as such when tallies are merged.
    """

    nulls: int = 0
    nan: int = 0
    empty: int = 0
    nulled: int = 0
    replaced: int = 0
    rounded: int = 0
    low: str = ""
    high: str = ""
    number: bool = False


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A token range (start, end] with its proof: rows and checksum, both over the rows as the lake holds them."""

    start: int
    end: int
    rows: int
    checksum: int


class RangeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A planned range, finished. Where reading had to split it, `parts` has the pieces, in order and without gaps.

    Args:
        start: The planned range's start, exclusive.
        end: Its end, inclusive.
        parts: Its pieces with their proofs.
        files: What holds its rows.
        read: Rows read from the source, before the filter.
        bytes: What they took, as decoded.
        tallies: Per lake column, what happened to its values.
        wide: Partitions that had to be read by clustering key, as text.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    files: tuple[StagedFile, ...]
    read: int
    tallies: dict[str, Tally]
    bytes: int = 0
    wide: tuple[str, ...] = ()
