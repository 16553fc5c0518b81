"""Each row's token, found again from the key that the lake holds, so that ranges can be compared one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gluepot.lake.checksum.keys import serialiser_of
from gluepot.lake.kernels import arrays, murmur

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from gluepot.cassandra.cql import Table
    from gluepot.lake.checksum.keys import Parts, Serialiser
    from gluepot.plan.table import PlannedTable


def tokens(batch: pa.RecordBatch | pa.Table, table: PlannedTable, source: Table) -> NDArray[np.int64] | None:
    """Find the Murmur3 tokens of a batch's rows.

    Args:
        batch: Rows as the lake holds them, with the table's names.
        table: The plan of the table.
        source: The table in Cassandra.

    Returns:
        One token for each row; None where the key is not in the lake as it was: a column of it is dropped, cast, a
        decimal, a collection, a UDT or a tuple, or under a policy that changes values.
    """
    key = _key(table, source)
    if key is None:
        return None
    parts = [serialise(arrays.whole(batch.column(name))) for name, serialise in key]
    if len(parts) == 1:
        return murmur.tokens(parts[0].data, parts[0].starts, parts[0].lengths)
    return _of_composites(parts, batch.num_rows)


def _key(table: PlannedTable, source: Table) -> list[tuple[str, Serialiser]] | None:
    """Find the lake's column of each key column, with what serialises it."""
    found = []
    for column in source.partition_key:
        planned = [one for one in table.columns if one.role == "partition_key" and one.source == column.name]
        usable = [(one.name, made) for one in planned if (made := serialiser_of(one, column.type))]
        if not usable:
            return None
        found.append(usable[0])
    return found or None


def _of_composites(parts: Sequence[Parts], rows: int) -> NDArray[np.int64]:
    """Lay components behind each other as CompositeType does, and hash them."""
    lengths: NDArray[np.int64] = np.sum([one.lengths + 3 for one in parts], axis=0, dtype=np.int64)
    bounds = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    laid = np.zeros(int(bounds[-1]) + 1, dtype=np.uint8)
    places = bounds[:-1].copy()
    for one in parts:
        murmur.appended(laid, places, one.data, one.starts, one.lengths)
    return murmur.tokens(arrays.locked(laid), bounds[:rows], lengths)
