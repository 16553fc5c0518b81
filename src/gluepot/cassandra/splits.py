"""How big a table is, and into which token ranges its reading is split."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, Range, quoted
from gluepot.cassandra.frames import raw

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table

RING: Final = MAX_TOKEN - MIN_TOKEN
WINDOWS: Final = 8
"""Places of the ring that are sampled."""

SAMPLE: Final = 500
"""Rows that are read at each place."""

MOST: Final = 20_000
"""Ranges of one table, at most: each leaves a record and a file."""

SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How big a table is.

    Args:
        rows: Its rows.
        bytes: What reading all of it sends, as the native protocol encodes it.
        partitions: Its partitions.
        exact: Whether all rows were counted, as in a small table.
        source: What it is taken from: `sample`, or `size_estimates` where one partition fills a sample.
    """

    rows: int
    bytes: int
    partitions: int
    exact: bool
    source: Literal["sample", "size_estimates"]


@dataclass(frozen=True, slots=True)
class _Window:
    """What was found behind one place of the ring: rows, their tokens in order, and their bytes."""

    tokens: tuple[int, ...]
    size: int
    is_last: bool


def whole_ring() -> Range:
    """Give the range of all tokens."""
    return Range(MIN_TOKEN, MAX_TOKEN)


def estimate(session: Any, table: Table) -> Estimate:  # noqa: ANN401 - a driver session
    """Estimate a table from a few hundred rows at several places of the ring.

    `system.size_estimates` is asked only where partitions are so wide that a sample ends within one: it is written
    every few minutes, by each node for itself, and not served everywhere.

    Args:
        session: A driver session.
        table: The table.
    """
    first = _window(session, table, MIN_TOKEN)
    if first.is_last:
        count = len(first.tokens)
        return Estimate(rows=count, bytes=first.size, partitions=len(set(first.tokens)), exact=True, source="sample")
    step = RING // WINDOWS
    windows = [first, *(_window(session, table, MIN_TOKEN + number * step) for number in range(1, WINDOWS))]
    rows = sum(len(window.tokens) for window in windows)
    per_row = sum(window.size for window in windows) / max(rows, 1)
    spans = [_density(window, MIN_TOKEN + number * step) for number, window in enumerate(windows)]
    covered = sum(span for _, span, _ in spans)
    counted = sum(count for count, _, _ in spans)
    partitions = sum(count for _, _, count in spans)
    if counted and covered:
        factor = RING / covered
        total = int(counted * factor)
        return Estimate(
            rows=total,
            bytes=int(total * per_row),
            partitions=int(partitions * factor),
            exact=False,
            source="sample",
        )
    return _from_server(session, table, per_row)


def split(
    session: Any,  # noqa: ANN401 - a driver session
    table: Table,
    *,
    target_bytes: int,
    at_least: int = 1,
    size: Estimate | None = None,
) -> tuple[Range, ...]:
    """Split the whole ring into ranges of about the same size, at the ring's own boundaries where there are enough.

    Args:
        session: A driver session.
        table: The table.
        target_bytes: What one range aims at, as the protocol sends it.
        at_least: Ranges at the least, so that everything in flight has work.
        size: The table's estimate, where it is known already.

    Returns:
        Ranges in ring order, which cover every token once.
    """
    size = size or estimate(session, table)
    wanted = min(max(math.ceil(size.bytes / target_bytes), at_least, 1), MOST)
    return cover(boundaries(session), wanted)


def boundaries(session: Any) -> list[int]:  # noqa: ANN401 - a driver session
    """Give the tokens of the cluster's nodes, in order; none where the driver knows no ring."""
    token_map = session.cluster.metadata.token_map
    ring = getattr(token_map, "ring", None) or []
    tokens = {one.value for one in ring if isinstance(getattr(one, "value", None), int)}
    return sorted(token for token in tokens if MIN_TOKEN < token < MAX_TOKEN)


def cover(tokens: list[int], wanted: int) -> tuple[Range, ...]:
    """Cut the ring into about `wanted` ranges.

    Args:
        tokens: The nodes' tokens, in order; ranges do not cross them once there are as many ranges as tokens.
        wanted: How many ranges there should be.
    """
    if wanted <= len(tokens) or not tokens:
        return _even(whole_ring(), wanted)
    edges = [MIN_TOKEN, *tokens, MAX_TOKEN]
    pieces: list[Range] = []
    for start, end in itertools.pairwise(edges):
        pieces.extend(_even(Range(start, end), max(round((end - start) / RING * wanted), 1)))
    return tuple(pieces)


def halves(token_range: Range) -> tuple[Range, ...]:
    """Cut a range in two; a range of one token stays."""
    return _even(token_range, 2)


def _even(token_range: Range, count: int) -> tuple[Range, ...]:
    start, end = token_range
    count = min(count, end - start)
    edges = [start + (end - start) * number // count for number in range(count)] + [end]
    return tuple(Range(one, other) for one, other in itertools.pairwise(edges))


def _window(session: Any, table: Table, start: int) -> _Window:  # noqa: ANN401 - a driver session
    """Read the tokens of a few hundred rows behind a place, and how many bytes whole rows have there."""
    key = ", ".join(quoted(one.name) for one in table.partition_key)
    name = f"{quoted(table.keyspace)}.{quoted(table.name)}"
    where = f"WHERE token({key}) > {start} LIMIT {SAMPLE}"
    rows = _patiently(lambda: list(session.execute(f"SELECT token({key}) FROM {name} {where}", timeout=SECONDS)))  # noqa: S608 - quoted
    columns = ", ".join(quoted(one.name) for one in table.columns)
    wide = raw(session)
    page = _patiently(lambda: wide.execute(f"SELECT {columns} FROM {name} {where}", timeout=SECONDS).one())  # noqa: S608 - quoted
    tokens = tuple(row[0] for row in rows)
    per_row = len(page.rows) / page.count if page.count else 0
    return _Window(tokens, int(per_row * len(tokens)), len(tokens) < SAMPLE)


def _patiently(attempt: Any) -> Any:  # noqa: ANN401 - what the attempt gives
    """Try a few times: an estimate is not worth a failure, and a slow server not worth a crash."""
    from cassandra import DriverException  # noqa: PLC0415 - the driver is slow to load

    for pause in (0.5, 2, 5):
        try:
            return attempt()
        except DriverException:
            time.sleep(pause)
    return attempt()


def _density(window: _Window, start: int) -> tuple[int, int, int]:
    """Give rows, the tokens they are spread over, and partitions; the last partition, cut off, does not count."""
    if window.is_last:
        return len(window.tokens), MAX_TOKEN - start, len(set(window.tokens))
    last = window.tokens[-1]
    whole = [token for token in window.tokens if token != last]
    return (len(whole), whole[-1] - start, len(set(whole))) if whole else (0, 0, 0)


def _from_server(session: Any, table: Table, per_row: float) -> Estimate:  # noqa: ANN401 - a driver session
    """Add up what each node says of the ranges that it owns."""
    query = (
        "SELECT mean_partition_size, partitions_count FROM system.size_estimates "
        "WHERE keyspace_name = %s AND table_name = %s"
    )
    partitions = size = 0
    for host in session.cluster.metadata.all_hosts():
        if host.is_up is False:
            continue
        rows = session.execute(query, (table.keyspace, table.name), host=host, timeout=SECONDS)
        for row in rows:
            partitions += row.partitions_count
            size += row.partitions_count * row.mean_partition_size
    return Estimate(
        rows=int(size / per_row) if per_row else partitions,
        bytes=size,
        partitions=partitions,
        exact=False,
        source="size_estimates",
    )
