"""NaN among floats, at any depth: no bounds of a column say that it is there.

Parquet's statistics and Iceberg's bounds leave NaN out, and Arrow writes them all the same: readers then take a file
whose least and greatest value are 1.0 for one that holds 1.0 alone. So where a column holds NaN, none are written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gluepot.lake.kernels import arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.lake.kernels.arrays import Column


def paths(schema: pa.Schema) -> frozenset[str]:
    """Name the columns of floats of a Parquet file, at any depth, as the file names them: `m.key_value.value`."""
    return frozenset(path for one in schema for path, _ in leaves(one.name, pa.array([], one.type)))


def leaves(path: str, column: Column) -> Iterator[tuple[str, Column]]:
    """Give the floats in a column, with the paths that a Parquet file has them under; what lies in a null is none."""
    kind = column.type
    if not _holds(kind):
        return
    if pa.types.is_floating(kind):
        yield path, column
    elif pa.types.is_struct(kind):
        for inner, values in zip(kind, column.flatten(), strict=True):
            yield from leaves(f"{path}.{inner.name}", values)
    elif pa.types.is_map(kind):
        keys, values = arrays.children(column.drop_null())[1]
        yield from leaves(f"{path}.key_value.key", keys)
        yield from leaves(f"{path}.key_value.value", values)
    elif pa.types.is_list(kind):
        yield from leaves(f"{path}.list.element", column.flatten())


def _holds(kind: Any) -> bool:  # noqa: ANN401 - the stubs know types one by one only
    """Say whether there are floats in a type; looking into a column of others would copy it for nothing."""
    if pa.types.is_nested(kind):
        return any(_holds(kind.field(at).type) for at in range(kind.num_fields))
    return bool(pa.types.is_floating(kind))


def nans(column: Column) -> int:
    """Count NaN in an array, at any depth."""
    return sum(_nans(values) for _, values in leaves("", column))


def _nans(values: Column) -> int:
    there = values.drop_null() if values.null_count else values
    return int(np.isnan(arrays.fixed(there, arrays.number_type(there.type))).sum())


@dataclass(frozen=True, slots=True)
class Floats:
    """What columns of floats hold, by path.

    Args:
        nan: How many NaN; 0 is said, too.
        valid: How many values that are not null.
    """

    nan: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)

    def add(self, other: Floats) -> None:
        """Add what other rows hold."""
        self.nan.update(other.nan)
        self.valid.update(other.valid)

    @property
    def unbounded(self) -> frozenset[str]:
        """The columns that are to have no bounds."""
        return frozenset(path for path, count in self.nan.items() if count)


def counted(table: pa.Table) -> Floats:
    """Count the floats of rows."""
    found = Floats()
    for one in table.schema:
        for chunk in table.column(one.name).chunks:
            for path, values in leaves(one.name, chunk):
                found.nan[path] += _nans(values)
                found.valid[path] += len(values) - values.null_count
    return found
