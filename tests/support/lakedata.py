"""Rows as a scan gives them, of any CQL type, with what the lake must hold for each value."""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import strategies as st

from gluepot.cassandra.cql import Column, CqlType, Table
from gluepot.lake.types import names, typemap
from gluepot.plan.table import PlannedColumn, PlannedTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypothesis.strategies import SearchStrategy

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST_MS = -62_135_596_800_000
LAST_MS = 253_402_300_799_999
DECIMALS = "decimal(20, 6)"
"""What generated decimals become."""

ARROW: dict[str, pa.DataType] = {
    "ascii": pa.string(), "text": pa.string(), "uuid": pa.string(), "timeuuid": pa.string(), "inet": pa.string(),
    "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "bigint": pa.int64(), "counter": pa.int64(),
    "time": pa.int64(), "float": pa.float32(), "double": pa.float64(), "boolean": pa.bool_(), "blob": pa.binary(),
    "varint": pa.decimal128(38, 0), "decimal": pa.string(), "date": pa.date32(),
    "timestamp": pa.timestamp("ms", tz="UTC"), "custom": pa.binary(),
    "duration": pa.struct([("months", pa.int32()), ("days", pa.int32()), ("nanos", pa.int64())]),
}  # fmt: skip


def scan_type(kind: CqlType) -> pa.DataType:
    """Give the scan-level Arrow type of a CQL type, as decoding makes it."""
    match kind.name:
        case "list" | "set" | "vector":
            return pa.list_(scan_type(kind.args[0]))
        case "map":
            return pa.map_(scan_type(kind.args[0]), scan_type(kind.args[1]))
        case "udt":
            return pa.struct([(name, scan_type(one)) for name, one in zip(kind.fields, kind.args, strict=True)])
        case "tuple":
            return pa.struct([(f"_{index}", scan_type(one)) for index, one in enumerate(kind.args)])
    return ARROW[kind.name]


@dataclass(frozen=True)
class Value:
    """A value as the scan gives it to pyarrow, and as pyarrow gives it back from the lake."""

    scan: Any
    lake: Any


def _same(strategy: SearchStrategy[Any]) -> SearchStrategy[Value]:
    return strategy.map(lambda value: Value(value, value))


def _ints(bits: int) -> SearchStrategy[Value]:
    return _same(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))


def _decimal(value: Decimal) -> Value:
    return Value(str(value), value)


def _duration(parts: tuple[int, int, int]) -> Value:
    value = dict(zip(("months", "days", "nanos"), parts, strict=True))
    return Value(value, value)


SIMPLE: dict[str, SearchStrategy[Value]] = {
    "ascii": _same(st.text(string.printable, max_size=8)),
    "text": _same(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
    "uuid": _same(st.uuids().map(str)),
    "timeuuid": _same(st.uuids().map(str)),
    "inet": _same(st.ip_addresses().map(str)),
    "tinyint": _ints(8),
    "smallint": _ints(16),
    "int": _ints(32),
    "bigint": _ints(64),
    "counter": _ints(64),
    "time": _same(st.integers(0, 86_399_999_999_999)),
    "float": _same(st.floats(width=32, allow_nan=False)),
    "double": _same(st.floats(allow_nan=False)),
    "boolean": _same(st.booleans()),
    "blob": _same(st.binary(max_size=8)),
    "custom": _same(st.binary(max_size=8)),
    "varint": st.integers(-(10**38) + 1, 10**38 - 1).map(lambda value: Value(Decimal(value), Decimal(value))),
    "decimal": st.decimals(-(10**14) + 1, 10**14 - 1, places=6, allow_nan=False).map(_decimal),
    "date": _same(st.dates()),
    "timestamp": st.integers(FIRST_MS, LAST_MS).map(
        lambda value: Value(value, EPOCH + dt.timedelta(milliseconds=value))
    ),
    "duration": st.tuples(st.integers(-1200, 1200), st.integers(-9999, 9999), st.integers(-(10**15), 10**15)).map(
        _duration
    ),
}

FIELD_NAMES = st.text(string.ascii_letters + "_é.", min_size=1, max_size=6)


def _nested(inner: SearchStrategy[CqlType]) -> SearchStrategy[CqlType]:
    udt = st.lists(st.tuples(FIELD_NAMES, inner), min_size=1, max_size=3, unique_by=lambda pair: pair[0]).map(
        lambda pairs: CqlType("udt", tuple(one for _, one in pairs), tuple(name for name, _ in pairs), type_name="u")
    )
    return st.one_of(
        st.builds(lambda name, one: CqlType(name, (one,)), st.sampled_from(["list", "set"]), inner),
        inner.map(lambda one: CqlType("vector", (one,), size=2)),
        st.builds(lambda key, value: CqlType("map", (key, value)), inner, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda args: CqlType("tuple", tuple(args))),
        udt,
    )


SIMPLE_TYPES = st.sampled_from(sorted(SIMPLE)).map(CqlType)
TYPES: SearchStrategy[CqlType] = st.recursive(SIMPLE_TYPES, _nested, max_leaves=4)
"""CQL types of any nesting."""


def values_of(kind: CqlType) -> SearchStrategy[Value]:
    """Give values of a type, null apart."""
    match kind.name:
        case "list" | "set" | "vector":
            return st.lists(values_of(kind.args[0]), max_size=3).map(
                lambda found: Value([one.scan for one in found], [one.lake for one in found])
            )
        case "map":
            pairs = st.tuples(values_of(kind.args[0]), maybe(values_of(kind.args[1])))
            entries = typemap.tree_of(kind, DECIMALS).name == "list"
            return st.lists(pairs, max_size=3).map(lambda found: _map(found, entries=entries))
        case "udt" | "tuple":
            members = [maybe(values_of(one)) for one in kind.args]
            return st.tuples(*members).map(lambda found: _struct(kind, found))
    return SIMPLE[kind.name]


def maybe(values: SearchStrategy[Value]) -> SearchStrategy[Value]:
    """Give nulls too."""
    return st.one_of(st.just(Value(None, None)), values)


def _map(found: Sequence[tuple[Value, Value]], *, entries: bool) -> Value:
    lake = [(key.lake, value.lake) for key, value in found]
    shown = [{"key": key, "value": value} for key, value in lake] if entries else lake
    return Value([(key.scan, value.scan) for key, value in found], shown)


def _struct(kind: CqlType, found: Sequence[Value]) -> Value:
    scanned = kind.fields or tuple(f"_{index}" for index in range(len(kind.args)))
    lake = typemap.field_names(kind)
    return Value(
        {name: one.scan for name, one in zip(scanned, found, strict=True)},
        {name: one.lake for name, one in zip(lake, found, strict=True)},
    )


@dataclass(frozen=True)
class Rows:
    """A table with one key and one other column, and its rows."""

    source: Table
    batch: pa.RecordBatch
    lake: list[Any]


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Give rows of a column of any type."""
    kind = draw(TYPES)
    found = draw(st.lists(maybe(values_of(kind)), max_size=6))
    source = table_of({"id": CqlType("int"), "v": kind})
    ids = pa.array(range(len(found)), pa.int32())
    batch = pa.RecordBatch.from_arrays([ids, scan_array([one.scan for one in found], kind)], names=["id", "v"])
    return Rows(source, batch, [one.lake for one in found])


def scan_array(values: Sequence[Any], kind: CqlType) -> pa.Array[Any]:
    """Make an array as the scan does."""
    found: pa.Array[Any] = pa.array(values, scan_type(kind))
    return found


def table_of(columns: Mapping[str, CqlType], *, static: Sequence[str] = (), clustering: Sequence[str] = ()) -> Table:
    """Make a source table; its first column is the partition key."""
    found = []
    for place, (name, kind) in enumerate(columns.items()):
        role = "static" if name in static else "clustering" if name in clustering else "regular"
        position = list(clustering).index(name) if name in clustering else -1
        found.append(Column(name, kind, "partition_key", 0) if place == 0 else Column(name, kind, role, position))  # type: ignore[arg-type]
    return Table("ks", "things", tuple(found))


def planned(source: Table, *more: PlannedColumn, **changes: Any) -> PlannedTable:
    """Plan a table as it is, decimals as DECIMALS; `more` columns replace those of the same name, or follow."""
    lake = names.lake_names([column.name for column in source.columns])
    columns = {
        lake[one.name]: PlannedColumn(
            name=lake[one.name],
            type=typemap.lake_type(one.type, DECIMALS if typemap.holds(one.type, "decimal") else ""),
            role=one.kind,
            source=one.name,
            cql=str(one.type),
        )
        for one in source.columns
    }
    columns |= {one.name: one for one in more}
    return PlannedTable(
        source=source.name,
        source_id="",
        name=source.name,
        location="s3://lake/things",
        **{"columns": tuple(columns.values()), **changes},
    )
