"""Tokens found again from the lake's keys are those that Cassandra gave the partitions."""

from __future__ import annotations

import ipaddress
import struct
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from cassandra import cqltypes
from cassandra.metadata import Murmur3Token
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import lakedata
from tests.support.lakedata import planned

from gluepot.cassandra.cql import Column, CqlType, Table
from gluepot.cassandra.reading import Page
from gluepot.core import tokens as kernels
from gluepot.lake.checksum.tokens import tokens
from gluepot.lake.convert.convert import Converter
from gluepot.plan.table import PlannedColumn

C = CqlType

KEYS = (
    "ascii", "text", "tinyint", "smallint", "int", "bigint", "uuid", "timeuuid", "boolean", "timestamp", "date", "time",
    "inet", "blob", "varint", "float", "double",
)  # fmt: skip

THEIRS = {
    "ascii": cqltypes.UTF8Type, "text": cqltypes.UTF8Type, "tinyint": cqltypes.ByteType, "int": cqltypes.Int32Type,
    "smallint": cqltypes.ShortType, "bigint": cqltypes.LongType, "boolean": cqltypes.BooleanType,
    "date": cqltypes.SimpleDateType, "time": cqltypes.TimeType, "blob": cqltypes.BytesType,
    "varint": cqltypes.IntegerType, "float": cqltypes.FloatType, "double": cqltypes.DoubleType,
}  # fmt: skip


def serialised(kind: str, value: Any) -> bytes:
    """Serialise a scan-level value as the driver does."""
    if kind in {"uuid", "timeuuid"}:
        return uuid.UUID(value).bytes
    if kind == "inet":
        return ipaddress.ip_address(value).packed
    if kind == "timestamp":
        return struct.pack(">q", value)
    found: bytes = THEIRS[kind].to_binary(int(value) if kind == "varint" else value, 4)
    return found


def key_bytes(kinds: list[str], row: tuple[Any, ...]) -> bytes:
    parts = [serialised(kind, value) for kind, value in zip(kinds, row, strict=True)]
    if len(parts) == 1:
        return parts[0]
    return b"".join(struct.pack(">H", len(part)) + part + b"\0" for part in parts)


def table_of(kinds: list[str]) -> Table:
    return Table("ks", "t", tuple(Column(f"k{n}", C(kind), "partition_key", n) for n, kind in enumerate(kinds)))


@st.composite
def keys(draw: st.DrawFn) -> tuple[list[str], list[tuple[Any, ...]]]:
    kinds = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4))
    values = st.tuples(*[lakedata.SIMPLE[kind].map(lambda one: one.scan) for kind in kinds])
    return kinds, draw(st.lists(values, max_size=5))


@given(keys())
@example((["text"], [("é" * 9,)]))
@example((["varint"], [(Decimal(-128),), (Decimal(128),), (Decimal(0),), (Decimal(-(10**38) + 1),)]))
@example((["inet", "int"], [("::ffff:1.2.3.4", 1), ("1.2.3.4", 1)]))
def test_tokens_are_the_drivers(found: tuple[list[str], list[tuple[Any, ...]]]) -> None:
    kinds, rows = found
    source = table_of(kinds)
    columns = [lakedata.scan_array([row[n] for row in rows], C(kind)) for n, kind in enumerate(kinds)]
    page = pa.RecordBatch.from_arrays(columns, names=[one.name for one in source.columns])
    plan = planned(source)
    batch = Converter(plan, source).convert(Page(page))
    expected = [hashed(key_bytes(kinds, row)) for row in rows]
    made = tokens(batch, plan, source)
    assert made is not None
    assert made.tolist() == expected
    sliced = tokens(batch.slice(1), plan, source)
    assert sliced is not None
    assert sliced.tolist() == expected[1:]


def hashed(data: bytes) -> int:
    """Give a token as Cassandra does: the driver's, save that an empty key has the least, and no hash."""
    return int(Murmur3Token.hash_fn(data)) if data else -(2**63)


@given(st.binary(max_size=70))
def test_the_hash_is_the_drivers_for_any_bytes(data: bytes) -> None:
    assert kernels.token(data) == hashed(data)


def test_large_variants_and_other_names_give_the_same() -> None:
    source = Table("ks", "t", (Column("Key", C("text"), "partition_key", 0),))
    plan = planned(source)
    plain, large = pa.table({"key": ["a", "b"]}), pa.table({"key": pa.array(["a", "b"], pa.large_string())})
    one, other = tokens(plain, plan, source), tokens(large, plan, source)
    assert one is not None
    assert other is not None
    assert one.tolist() == other.tolist() == [Murmur3Token.hash_fn(b"a"), Murmur3Token.hash_fn(b"b")]


def test_an_empty_component_of_a_composite_key_counts_as_no_bytes() -> None:
    source = table_of(["int", "text"])
    found = tokens(pa.table({"k0": pa.array([None], pa.int32()), "k1": ["a"]}), planned(source), source)
    assert found is not None
    assert found.tolist() == [Murmur3Token.hash_fn(b"\0\0\0" + b"\0\1a\0")]


def key(kind: str, **more: str) -> PlannedColumn:
    return PlannedColumn(name="k0", role="partition_key", source="k0", type=kind, **more)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (C("decimal"), key("decimal(10, 2)")),
        (C("int"), key("string", cast="VARCHAR")),
        (C("varint"), key("string", policy="string")),
        (C("varint"), key("decimal(38, 0)", policy="null")),
        (C("timestamp"), key("timestamptz", policy="null")),
        (C("list", (C("int"),), frozen=True), key("list<int>")),
        (C("int"), PlannedColumn(name="k0", role="regular", source="other", type="int")),
    ],
)
def test_there_are_none_where_the_key_is_not_in_the_lake_as_it_was(kind: CqlType, column: PlannedColumn) -> None:
    source = Table("ks", "t", (Column("k0", kind, "partition_key", 0),))
    assert tokens(pa.table({"k0": [1]}), planned(source, columns=(column,)), source) is None
