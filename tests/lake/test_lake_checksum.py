"""A row's hash is of its values and nothing else; sums of hashes are exact."""

from __future__ import annotations

import io
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import lakedata

from gluepot.cassandra.reading import Page
from gluepot.core import hashes
from gluepot.errors import LakeError
from gluepot.lake.checksum import checksum
from gluepot.lake.convert.convert import Converter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.lakedata import Rows

VECTORS = [
    (b"", 0xEF46DB3751D8E999),
    (b"a", 0xD24EC4F1A98C6E5B),
    (b"abc", 0x44BC2CF5AD770999),
    (b"xxhash", 0x32DD38952C4BC720),
    (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
]
"""Published values of XXH64 with seed 0."""

P1, P2, P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P4, P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
WRAP = 2**64 - 1


def turned(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & WRAP


def round_of(lane: int, word: int) -> int:
    return turned((lane + word * P2) & WRAP, 31) * P1 & WRAP


def plain_xxh64(data: bytes) -> int:
    """XXH64 as its specification has it, in plain Python."""
    at, length = 0, len(data)
    if length >= 32:
        lanes = [(P1 + P2) & WRAP, P2, 0, -P1 & WRAP]
        while at + 32 <= length:
            words = [int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little") for i in range(4)]
            lanes = [round_of(lane, word) for lane, word in zip(lanes, words, strict=True)]
            at += 32
        found = sum(turned(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & WRAP
        for lane in lanes:
            found = ((found ^ round_of(0, lane)) * P1 + P4) & WRAP
    else:
        found = P5
    found = (found + length) & WRAP
    for _ in range((length - at) // 8):
        found = (turned(found ^ round_of(0, int.from_bytes(data[at : at + 8], "little")), 27) * P1 + P4) & WRAP
        at += 8
    if length - at >= 4:
        found = (turned(found ^ int.from_bytes(data[at : at + 4], "little") * P1 & WRAP, 23) * P2 + P3) & WRAP
        at += 4
    for byte in data[at:]:
        found = turned(found ^ byte * P5 & WRAP, 11) * P1 & WRAP
    found = (found ^ found >> 33) * P2 & WRAP
    found = (found ^ found >> 29) * P3 & WRAP
    return found ^ found >> 32


def hashed(data: bytes) -> bytes:
    return plain_xxh64(data).to_bytes(8, "big")


def plain_hash(value: Any, kind: pa.DataType) -> bytes:
    """The hash of one value, written down once more: what docs/adr/0008-checksum.md says, in plain Python."""
    if value is None:
        return bytes(8)
    return hashed(plain_bytes(value, kind))


def plain_bytes(value: Any, kind: Any) -> bytes:
    if pa.types.is_list(kind):
        return len(value).to_bytes(8, "big") + b"".join(plain_hash(one, kind.value_type) for one in value)
    if pa.types.is_map(kind):
        pairs = [plain_hash(key, kind.key_type) + plain_hash(item, kind.item_type) for key, item in value]
        return len(value).to_bytes(8, "big") + b"".join(sorted(map(hashed, pairs)))
    if pa.types.is_struct(kind):
        return b"".join(plain_hash(value[field.name], field.type) for field in kind)
    if pa.types.is_floating(kind):
        return np.float64(math.nan if math.isnan(value) else value).byteswap().tobytes()
    if isinstance(value, (bytes, str)):
        return value if isinstance(value, bytes) else value.encode()
    return (
        f"{value:.{kind.scale}f}".encode() if isinstance(value, Decimal) else int(value).to_bytes(8, "big", signed=True)
    )


def as_python(column: Any) -> Any:
    """Give values as Python has them, times as numbers."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.int64()).to_pylist()
    return (column.view(pa.int32()) if pa.types.is_date(kind) else column).to_pylist()


def plain_rows(batch: pa.RecordBatch) -> list[int]:
    columns = [[plain_hash(value, one.type) for value in as_python(one)] for one in batch.columns]
    return [int.from_bytes(hashed(b"".join(row)), "big", signed=True) for row in zip(*columns, strict=True)]


def has_times(kind: pa.DataType) -> bool:
    return any(name in str(kind) for name in ("timestamp", "date")) and pa.types.is_nested(kind)


def converted(rows: Rows) -> pa.RecordBatch:
    return Converter(lakedata.planned(rows.source), rows.source).convert(Page(rows.batch))


@pytest.mark.parametrize(("data", "expected"), VECTORS)
def test_xxh64_gives_the_published_values(data: bytes, expected: int) -> None:
    assert hashes.xxh64(data) == expected
    assert plain_xxh64(data) == expected


@given(st.binary(max_size=100), st.integers(0, 9))
def test_xxh64_is_what_its_specification_says_at_any_place(data: bytes, start: int) -> None:
    padded = memoryview(bytes(start) + data + b"\0")
    assert hashes.xxh64(padded[start : start + len(data)]) == plain_xxh64(data)


@given(lakedata.rows())
def test_row_hashes_are_what_the_decision_says(rows: Rows) -> None:
    batch = converted(rows)
    if not has_times(batch.schema.field("v").type):
        assert checksum.row_hashes(batch).tolist() == plain_rows(batch)


@given(lakedata.rows())
def test_hashes_are_the_same_when_read_back_from_parquet(rows: Rows) -> None:
    batch = converted(rows)
    file = io.BytesIO()
    pq.write_table(pa.Table.from_batches([batch]), file, compression="zstd", row_group_size=2)
    back = pq.read_table(file)
    assert checksum.row_hashes(back).tolist() == checksum.row_hashes(batch).tolist()


@given(lakedata.rows(), st.integers(0, 6), st.integers(0, 6))
def test_slices_hash_as_the_whole_does(rows: Rows, start: int, length: int) -> None:
    batch = converted(rows)
    part = batch.slice(start, length)
    assert checksum.row_hashes(part).tolist() == checksum.row_hashes(batch).tolist()[start : start + length]


def large(kind: pa.DataType) -> Any:
    """Give the large variant of a type, as pyiceberg reads it."""
    if pa.types.is_string(kind):
        return pa.large_string()
    if pa.types.is_binary(kind):
        return pa.large_binary()
    if pa.types.is_list(kind):
        return pa.large_list(pa.field("element", large(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(one.name, large(one.type)) for one in kind])
    return kind


@given(lakedata.rows())
def test_large_variants_hash_alike(rows: Rows) -> None:
    batch = converted(rows)
    schema = pa.schema([pa.field(one.name, large(one.type)) for one in batch.schema])
    assert checksum.row_hashes(batch.cast(schema)).tolist() == checksum.row_hashes(batch).tolist()


def test_chunks_and_dictionaries_hash_alike() -> None:
    plain = pa.table({"a": ["x", None, "y", "x"]})
    chunked = pa.table({"a": pa.chunked_array([["x"], [None, "y"], ["x"]])})
    dictionary = pa.table({"a": plain.column("a").dictionary_encode()})
    views = pa.table({"a": plain.column("a").cast(pa.string_view())})
    expected = checksum.row_hashes(plain).tolist()
    assert all(checksum.row_hashes(one).tolist() == expected for one in (chunked, dictionary, views))


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_a_total_is_the_exact_sum_and_never_wraps(hashes: list[int]) -> None:
    assert checksum.total(np.array(hashes, dtype=np.int64)) == sum(hashes)


def test_a_total_of_extremes_is_exact() -> None:
    assert checksum.total(np.full(1000, -(2**63), dtype=np.int64)) == -1000 * 2**63
    assert checksum.total(np.full(1000, 2**63 - 1, dtype=np.int64)) == 1000 * (2**63 - 1)


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(0, 38))
def test_decimals_are_hashed_as_their_text_with_all_digits(unscaled: int, scale: int) -> None:
    value = Decimal((unscaled < 0, digits(unscaled), -scale))
    hashed = plain_xxh64(f"{value:.{scale}f}".encode())
    assert column_hashes([value], pa.decimal128(38, scale)) == [int.from_bytes(hashed.to_bytes(8, "big"), "little")]


def digits(value: int) -> tuple[int, ...]:
    return tuple(map(int, str(abs(value))))


def column_hashes(values: Sequence[Any], kind: pa.DataType) -> list[int]:
    found: list[int] = checksum.value_hashes(pa.array(values, kind)).tolist()
    return found


def test_null_empty_and_a_list_of_null_are_told_apart() -> None:
    kinds: list[tuple[Any, pa.DataType]] = [
        (None, pa.string()),
        ("", pa.string()),
        ([], pa.list_(pa.int32())),
        ([None], pa.list_(pa.int32())),
    ]
    assert len({column_hashes([value], kind)[0] for value, kind in kinds}) == len(kinds)


def test_every_nan_is_one_and_zeros_are_two() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF8000000000000], dtype=np.uint64).view(np.float64)
    assert len(set(checksum.value_hashes(pa.array(odd)).tolist())) == 1
    assert len(set(column_hashes([0.0, -0.0], pa.float64()))) == 2


def test_a_float_and_its_double_hash_alike() -> None:
    assert column_hashes([1.5, -0.25], pa.float32()) == column_hashes([1.5, -0.25], pa.float64())


def test_the_order_of_a_maps_entries_does_not_count_and_that_of_a_list_does() -> None:
    kind = pa.map_(pa.string(), pa.int32())
    one, other = column_hashes([[("a", 1), ("b", 2)], [("b", 2), ("a", 1)]], kind)
    assert one == other
    one, other = column_hashes([[1, 2], [2, 1]], pa.list_(pa.int32()))
    assert one != other


def test_swapped_columns_are_another_row() -> None:
    one = pa.RecordBatch.from_pydict({"a": [1], "b": [2]})
    other = pa.RecordBatch.from_pydict({"a": [2], "b": [1]})
    assert checksum.row_hashes(one).tolist() != checksum.row_hashes(other).tolist()


def test_a_type_that_no_lake_table_has_is_refused() -> None:
    with pytest.raises(LakeError, match="month_day_nano"):
        checksum.value_hashes(pa.array([], pa.month_day_nano_interval()))
