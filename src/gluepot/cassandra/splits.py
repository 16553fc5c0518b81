"""Into which token ranges the reading of a table is split; how big it is, `sizes` tells."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, Range
from gluepot.cassandra.selecting import check_partitioner
from gluepot.cassandra.sizes import Estimate, estimate

__all__ = ["RANGE_BYTES", "Estimate", "boundaries", "cover", "estimate", "halves", "split", "whole_ring"]

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table

RING: Final = MAX_TOKEN - MIN_TOKEN
RANGE_BYTES: Final = 64 * 1024 * 1024
"""Source bytes that one range aims at: what is read again after a kill, and about one Parquet file."""

MOST: Final = 20_000
"""Ranges of one table, at most: each leaves a record and a file."""


def whole_ring() -> Range:
    """Give the range of all tokens."""
    return Range(MIN_TOKEN, MAX_TOKEN)


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

    Raises:
        ConfigError: The cluster's partitioner is not Murmur3's, or the table may not be read.
        UnreachableError: The cluster does not answer.
    """
    check_partitioner(session)
    size = size or estimate(session, table)
    wanted = min(max(math.ceil(size.bytes / target_bytes), at_least, 1), MOST)
    return cover(boundaries(session), wanted)


def boundaries(session: Any) -> list[int]:  # noqa: ANN401 - a driver session
    """Give the tokens of the cluster's nodes, in order; none where the driver knows no ring."""
    token_map = session.cluster.metadata.token_map
    ring = getattr(token_map, "ring", None) or []
    tokens = {token.value for token in ring if isinstance(getattr(token, "value", None), int)}
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
    return tuple(Range(left, right) for left, right in itertools.pairwise(edges))
