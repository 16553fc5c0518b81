"""Partition values of columns, whole arrays at a time, as Iceberg keeps them in its manifests.

Buckets and cut values are pyiceberg's own; units of time are not, since pyiceberg's days of times before 1970 are wrong
in the last second of a day. The oracle of all is what pyiceberg makes value by value.
https://iceberg.apache.org/spec/#partition-transforms
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    TruncateTransform,
    YearTransform,
    parse_transform,
)

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from pyiceberg.schema import Schema
    from pyiceberg.transforms import Transform
    from pyiceberg.types import IcebergType

    from gluepot.lake.kernels.arrays import Column
    from gluepot.plan.table import Partitioning

Made: TypeAlias = Any
"""A transform of pyiceberg's, whose classes have no common attributes."""

FIRST_FIELD: Final = 1000
"""Where Iceberg begins to number partition fields."""

_UNITS: Final[dict[Any, str]] = {YearTransform: "Y", MonthTransform: "M", DayTransform: "D", HourTransform: "h"}


def spec_of(schema: Schema, partition: Sequence[Partitioning]) -> PartitionSpec:
    """Give the partition spec of a new table.

    Raises:
        ConfigError: A column is not there, or its type has no such transform.
    """
    fields = [_field(schema, asked, FIRST_FIELD + at) for at, asked in enumerate(partition)]
    return PartitionSpec(*fields, spec_id=0)


def _field(schema: Schema, asked: Partitioning, number: int) -> PartitionField:
    transform: Transform[Any, Any] = parse_transform(asked.transform)
    names = {field.name: field for field in schema.fields}
    field = names.get(asked.column)
    if field is None:
        raise ConfigError(f"there is no column {asked.column} to partition by", "", f"it has {', '.join(names)}")
    is_known = type(transform) in _MADE
    if not is_known or not transform.can_transform(field.field_type) or str(field.field_type) in {"float", "double"}:
        raise ConfigError(
            f"column {asked.column} cannot be partitioned by {asked.transform}",
            f"it is of type {field.field_type}",
            "use identity, bucket[N] or truncate[W]; year, month, day or hour for times",
        )
    suffix = "" if isinstance(transform, IdentityTransform) else f"_{asked.transform.partition('[')[0]}"
    return PartitionField(field.field_id, number, transform, f"{asked.column}{suffix}")


def values_of(transform: Transform[Any, Any], kind: IcebergType) -> Callable[[Column], Column]:
    """Give what makes partition values of a column: ints, text, bytes, booleans or decimals; null stays null."""
    make = _MADE[type(transform)]
    return lambda array: make(array, transform, kind)


def _identity(array: Column, _transform: Made, _kind: IcebergType) -> Column:
    return _physical(array)


def _physical(array: Column) -> Column:
    """Turn dates into days and timestamps into microseconds, both since 1970."""
    if pa.types.is_date32(array.type):
        return array.cast(pa.int32())
    return array.cast(pa.int64()) if pa.types.is_timestamp(array.type) else array


def _time(array: Column, transform: Made, _kind: IcebergType) -> Column:
    """Count whole units since 1970, downwards for times before, where pyiceberg-core rounds some up."""
    is_date = pa.types.is_date32(array.type)
    plain = _physical(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    stamps = plain.astype("datetime64[D]" if is_date else "datetime64[us]")
    units = stamps.astype(f"datetime64[{_UNITS[type(transform)]}]").astype(np.int64)
    return pa.array(units.astype(np.int32), mask=_nulls(array))


def _compiled(array: Column, transform: Made, kind: IcebergType) -> Column:
    """Ask pyiceberg's own, which is compiled: docs/adr/0017."""
    return transform.pyarrow_transform(kind)(array)


def _nulls(array: Column) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = array.is_null().to_numpy(zero_copy_only=False)
    return found


_MADE: Final[dict[Any, Callable[[Column, Made, IcebergType], Column]]] = {
    IdentityTransform: _identity,
    BucketTransform: _compiled,
    TruncateTransform: _compiled,
    YearTransform: _time,
    MonthTransform: _time,
    DayTransform: _time,
    HourTransform: _time,
}
