"""Values of every lake type, for checksums made by whoever makes them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gluepot.lake.types.typemap import schema_of
from gluepot.plan.table import PlannedColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES: list[tuple[str, list[Any]]] = [
    ("string", ["", "a", "Zürich 🎬", "it's"]),
    ("binary", [b"", b"\x00\xff", b"abc"]),
    ("int", [0, -1, 2**31 - 1, -(2**31)]),
    ("long", [0, -1, 2**63 - 1, -(2**63)]),
    ("boolean", [True, False]),
    ("float", [0.0, -0.0, 1.1, float("nan"), float("inf"), float("-inf")]),
    ("double", [0.0, -0.0, 1.1, float("nan"), float("inf"), 5e-324]),
    ("decimal(12, 2)", [Decimal("-0.50"), Decimal("0.00"), Decimal("1234567890.12")]),
    ("decimal(38, 0)", [Decimal(10**38 - 1), Decimal(-(10**38) + 1), Decimal(0)]),
    ("decimal(38, 38)", [Decimal("0.00000000000000000000000000000000000001")]),
    ("date", [0, -719_162, 2_932_896]),
    ("timestamptz", [0, -1, 1, -62_135_596_800_000_000, 253_402_300_799_999_999, -999_999, 1_000_000]),
    ("timestamp", [0, -1, 1_700_000_000_123_456]),
    ("list<string>", [[], [""], ["a", None, "b"], ["b", None, "a"]]),
    ("list<list<int>>", [[], [[]], [[1, 2], [3]], [[1], [2, 3]], [None]]),
    ("map<string, int>", [[], [("a", 1), ("b", None)], [("b", None), ("a", 1)]]),
    ("map<int, map<string, list<date>>>", [[(1, [("x", [0, None])]), (2, None)]]),
    ("struct<a: int, b: string>", [{"a": None, "b": None}, {"a": 1, "b": ""}]),
    ('struct<"order": struct<"a b": int>, c0: list<struct<x: timestamptz>>>',
     [{"order": {"a b": 5}, "c0": [{"x": 1}, None]}, {"order": None, "c0": None}]),
    ("list<struct<k: map<string, struct<v: int>>>>", [[{"k": [("a", {"v": 1}), ("b", None)]}]]),
]  # fmt: skip


def columns(*kinds: str) -> tuple[PlannedColumn, ...]:
    return tuple(PlannedColumn(name=f"c{at}", type=kind, role="regular") for at, kind in enumerate(kinds))


def batch_of(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    schema = schema_of(columns(*kinds))
    arrays = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
