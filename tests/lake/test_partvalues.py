"""Partition values made array by array are those that pyiceberg makes value by value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.partitioning import PartitionField, partition_record_value
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform
from pyiceberg.types import NestedField

from gluepot.errors import ConfigError
from gluepot.lake.commit.evolve import iceberg_type
from gluepot.lake.commit.partvalues import spec_of, values_of
from gluepot.lake.types.typemap import arrow_of
from gluepot.lake.types.typetext import parse
from gluepot.plan.table import Partitioning

LONGS = st.integers(-(2**63) + 2**40, 2**63 - 1)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**31) + 1000, 2**31 - 1),
    "long": LONGS,
    "string": st.text(max_size=20),
    "binary": st.binary(max_size=20),
    "boolean": st.booleans(),
    "date": st.dates(),
    "timestamptz": st.datetimes(timezones=st.just(dt.UTC)),
    "decimal(20, 3)": st.integers(-(10**19), 10**19).map(lambda number: Decimal(number).scaleb(-3)),
}
CASES = [
    *((kind, "identity") for kind in VALUES),
    *((kind, "bucket[7]") for kind in VALUES if kind != "boolean"),
    *((kind, "truncate[4]") for kind in ("int", "long", "string", "binary", "decimal(20, 3)")),
    *((kind, unit) for kind in ("date", "timestamptz") for unit in ("year", "month", "day")),
    ("timestamptz", "hour"),
]


@pytest.mark.parametrize(("kind", "transform"), CASES)
@given(data=st.data())
def test_values_are_those_of_pyiceberg(kind: str, transform: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=20))
    iceberg, made = iceberg_type(parse(kind)), parse_transform(transform)
    array = pa.array([None, *values], arrow_of(kind))[1:]  # a slice: offsets are looked at
    found = values_of(made, iceberg)(array).to_pylist()
    schema = Schema(NestedField(1, "x", iceberg, required=False))
    field = PartitionField(1, 1000, made, "x")
    plain = [partition_record_value(field, value, schema) for value in values]
    assert found == [made.transform(iceberg)(value) if value is not None else None for value in plain]


def test_the_last_second_of_a_day_long_ago_is_of_that_day() -> None:
    at = dt.datetime(1755, 2, 7, 23, 59, 59, 982263, tzinfo=dt.UTC)
    made, kind = parse_transform("day"), iceberg_type(parse("timestamptz"))
    days = values_of(made, kind)(pa.array([at], pa.timestamp("us", "UTC"))).to_pylist()
    assert days == [(at.date() - dt.date(1970, 1, 1)).days]


@pytest.mark.parametrize(("kind", "transform"), [("string", "day"), ("double", "identity"), ("long", "void")])
def test_a_type_without_such_values_is_refused(kind: str, transform: str) -> None:
    schema = Schema(NestedField(1, "x", iceberg_type(parse(kind)), required=False))
    with pytest.raises(ConfigError, match="cannot be partitioned"):
        spec_of(schema, [Partitioning(column="x", transform=transform)])
