"""When rows expire, from the seconds that their cells have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gluepot.lake.convert.exact import TIMESTAMPTZ, nulls_of
from gluepot.lake.kernels import arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.lake.kernels.arrays import Column


def expires_at(cells: Sequence[tuple[Column, Column]], rows: int, now: int) -> Column:
    """Say when rows are gone in Cassandra: when the last of their cells is; null where one has no end.

    CQL's `TTL()` gives the seconds that are left when it is read, so this is exact to the second or two that a page
    takes to come, and two reads of one row may differ by as much.

    Args:
        cells: Columns with their times to live, in seconds.
        rows: How many rows there are.
        now: Seconds since 1970 when they were read.
    """
    lasting = np.zeros(rows, dtype=np.bool_)
    left = np.full(rows, -1, dtype=np.int64)
    for values, lives in cells:
        endless = nulls_of(lives)
        lasting |= endless & ~nulls_of(values)
        left = np.maximum(left, np.where(endless, -1, arrays.fixed(lives, np.int32)))
    return pa.array((left + now) * 1_000_000, pa.int64(), mask=lasting | (left < 0)).cast(TIMESTAMPTZ)
