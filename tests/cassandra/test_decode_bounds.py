"""Decoding never reads beyond its page, takes numbers of any length, and says what is wrong with a broken page."""

from __future__ import annotations

import ctypes
import decimal
import ipaddress
import mmap
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cassandra.marshal import varint_pack
from hypothesis import given
from hypothesis import strategies as st
from tests.support.availability import not_available

from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.decode import arrow_type, decode
from gluepot.errors import FidelityError, SourceError

INT, TEXT, BLOB, VARINT, DECIMAL = (CqlType(name) for name in ("int", "text", "blob", "varint", "decimal"))
KINDS = [
    *(CqlType(name) for name in ("ascii", "bigint", "boolean", "date", "double", "duration", "float", "inet", "uuid")),
    *(CqlType(name) for name in ("smallint", "time", "timestamp", "timeuuid", "tinyint")),
    *(INT, TEXT, BLOB, VARINT, DECIMAL),
    CqlType("list", (TEXT,)),
    CqlType("map", (TEXT, CqlType("list", (INT,)))),
    CqlType("tuple", (INT, TEXT, DECIMAL)),
    CqlType("vector", (CqlType("float"),), size=3),
    CqlType("vector", (TEXT,), size=2),
    CqlType("vector", (CqlType("vector", (CqlType("smallint"),), size=2),), size=2),
]
GUARDED = 64 * 1024


def region(*cells: bytes | None) -> bytes:
    return b"".join(struct.pack(">i", -1) if one is None else struct.pack(">i", len(one)) + one for one in cells)


@pytest.fixture(scope="module")
def guarded() -> memoryview:
    """Memory that the process dies of reading beyond."""
    memory = mmap.mmap(-1, GUARDED + mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(address + GUARDED), mmap.PAGESIZE, 0):
        not_available("mprotect is refused")
    return memoryview(memory)[:GUARDED]


@given(
    kind=st.sampled_from(KINDS),
    cells=st.lists(st.one_of(st.none(), st.binary(max_size=40)), max_size=6),
    cut=st.integers(0, 8),
)
def test_nothing_beyond_a_page_is_read(guarded: memoryview, kind: CqlType, cells: list[bytes | None], cut: int) -> None:
    whole = region(*cells)
    rows = whole[: max(len(whole) - cut, 0)]
    place = guarded[GUARDED - len(rows) :]
    place[:] = rows
    try:
        page = decode([("c", kind)], place, len(cells))
    except (SourceError, FidelityError):
        return
    page.batch.validate(full=True)
    assert page.batch.schema.field("c").type == arrow_type(kind)


@given(st.data())
def test_collections_of_bytes_that_are_none_are_refused(data: st.DataObject) -> None:
    """Inner lengths and counts are checked as those of cells are."""
    kind = data.draw(st.sampled_from([one for one in KINDS if one.args]))
    numbers = st.sampled_from([-(2**31), -2, -1, 0, 1, 2, 3, 4, 2**16, 2**30, 2**31 - 1])
    words = st.lists(st.one_of(numbers.map(lambda one: struct.pack(">i", one)), st.binary(max_size=5)), max_size=8)
    cell = b"".join(data.draw(words))
    try:
        page = decode([("c", kind)], region(cell, None, cell), 3)
    except (SourceError, FidelityError):
        return
    page.batch.validate(full=True)


@pytest.mark.parametrize("count", [-1, -(2**31), 3, 2**31 - 1])
def test_a_count_of_rows_that_cannot_be_is_refused(count: int) -> None:
    with pytest.raises(SourceError, match="a page of the source is broken"):
        decode([("a", INT)], region(b"\0\0\0\1", None), count)


def test_bytes_behind_the_last_row_are_told() -> None:
    with pytest.raises(SourceError, match="1 bytes are left over"):
        decode([("a", INT)], region(b"\0\0\0\1") + b"x", 1)


def test_a_cut_names_its_row_and_column() -> None:
    with pytest.raises(SourceError, match="row 2, column b"):
        decode([("a", TEXT), ("b", TEXT)], region(b"1", b"2", b"3", b"four")[:-1], 2)


def test_rows_of_no_columns_are_counted() -> None:
    assert decode([], b"", 3).batch.num_rows == 3


def test_a_page_that_is_too_large_is_refused() -> None:
    memory = mmap.mmap(-1, 512 * 1024 * 1024 + 1)  # never touched
    with pytest.raises(SourceError, match="broken"):
        decode([("a", BLOB)], memoryview(memory), 1)


@given(st.lists(st.one_of(st.none(), st.integers(), st.integers(0, 5000).map(lambda digits: -(7**digits)))))
def test_varints_of_any_length_are_exact_beside_short_ones(values: list[int | None]) -> None:
    cells = [None if one is None else varint_pack(one) for one in values]
    page = decode([("v", VARINT)], region(*cells), len(cells), as_text=frozenset({"v"}))
    assert page.batch.column(0).to_pylist() == [None if one is None else str(decimal.Decimal(one)) for one in values]


@given(st.lists(st.tuples(st.integers(0, 6000), st.integers(-(2**31), 2**31 - 1), st.booleans())))
def test_decimals_of_any_length_and_scale_are_exact(drawn: list[tuple[int, int, bool]]) -> None:
    numbers = [((-1) ** minus * 3**power, scale) for power, scale, minus in drawn]
    cells = [struct.pack(">i", scale) + varint_pack(digits) for digits, scale in numbers]
    page = decode([("d", DECIMAL)], region(*cells), len(cells))
    exact = decimal.Context(decimal.MAX_PREC, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
    expected = [str(decimal.Decimal(digits).scaleb(-scale, exact)) for digits, scale in numbers]
    assert page.batch.column(0).to_pylist() == expected


@given(st.integers(-(2**127), 2**127 - 1), st.integers(-50, 50))
def test_decimals_of_up_to_sixteen_bytes_are_as_python_writes_them(digits: int, scale: int) -> None:
    page = decode([("d", DECIMAL)], region(struct.pack(">i", scale) + varint_pack(digits)), 1)
    sign, absolute = int(digits < 0), tuple(map(int, str(abs(digits))))
    assert page.batch.column(0).to_pylist() == [str(decimal.Decimal((sign, absolute, -scale)))]


@pytest.mark.parametrize("value", [10**38 - 1, 1 - 10**38, 2**64, -(2**64), 2**63, -(2**63), 255, -256, 0])
@pytest.mark.parametrize("more", [0, 1, 7, 30])
def test_varints_of_38_digits_fit_however_many_bytes_they_take(value: int, more: int) -> None:
    cell = (b"\xff" if value < 0 else b"\0") * more + varint_pack(value)
    assert decode([("v", VARINT)], region(cell), 1).batch.column(0).to_pylist() == [decimal.Decimal(value)]


@pytest.mark.parametrize(
    "value",
    [10**38, -(10**38), 2**127 - 1, 2**127, 2**128 - 1, 2**128, -(2**127), 7**9000],
    ids=lambda one: f"{one.bit_length()} bits",
)
def test_a_longer_varint_is_an_error_that_shows_it(value: int) -> None:
    with pytest.raises(FidelityError) as caught:
        decode([("v", VARINT)], region(b"\1", varint_pack(value)), 2)
    assert str(decimal.Decimal(value))[:45] in caught.value.why


@given(
    st.one_of(st.integers(0, 2**128 - 1), st.lists(st.sampled_from([0, 0, 1, 0xABCD, 0xFFFF]), min_size=8, max_size=8))
)
def test_ipv6_is_written_as_python_writes_it(drawn: int | list[int]) -> None:
    packed = drawn.to_bytes(16, "big") if isinstance(drawn, int) else struct.pack(">8H", *drawn)
    address = ipaddress.IPv6Address(packed)
    mapped = address.ipv4_mapped  # Python writes those so from 3.13 on, and RFC 5952 recommends it
    expected = str(address) if mapped is None else f"::ffff:{mapped}"
    assert decode([("a", CqlType("inet"))], region(packed), 1).batch.column(0).to_pylist() == [expected]


def test_a_key_without_a_value_is_refused_since_arrow_knows_none() -> None:
    kind = CqlType("map", (INT, INT))
    pair = region(b"", b"\0\0\0\1")
    with pytest.raises(SourceError, match="column m holds what is no map<int, int>") as caught:
        decode([("m", kind)], region(struct.pack(">i", 0), struct.pack(">i", 1) + pair), 2)
    assert "value 2" in caught.value.why


def test_a_duration_of_too_many_months_is_refused() -> None:
    with pytest.raises(SourceError, match="duration"):
        decode([("d", CqlType("duration"))], region(b"\xff" + b"\xff" * 8 + b"\0\0"), 1)


def test_zero_length_values_within_collections_are_counted_by_column() -> None:
    kind = CqlType("list", (INT,))
    cell = struct.pack(">i", 3) + region(b"", b"\0\0\0\7", b"")
    page = decode([("l", kind), ("t", TEXT)], region(cell, b"", None, b""), 2)
    assert page.batch.column(0).to_pylist() == [[None, 7, None], None]
    assert page.empty == {"l": 2}


@given(st.lists(st.one_of(st.none(), st.binary(max_size=30), st.text(max_size=40).map(str.encode)), min_size=1))
def test_text_that_is_not_utf8_leaves_its_neighbours_alone(cells: list[bytes | None]) -> None:
    page = decode([("t", TEXT)], region(*cells), len(cells))
    page.batch.validate(full=True)
    expected = [None if one is None else one.decode("utf-8", "replace") for one in cells]
    assert page.batch.column(0).to_pylist() == expected
    wrong = sum(one is not None and one.decode("utf-8", "replace").encode() != one for one in cells)
    assert page.replaced == ({"t": wrong} if wrong else {})


def test_pages_are_decoded_in_many_threads_at_once() -> None:
    kind = CqlType("map", (TEXT, CqlType("list", (VARINT,))))
    inner = struct.pack(">i", 2) + region(b"\1", b"\2")
    cell = struct.pack(">i", 1) + region("schlüssel".encode(), inner)
    rows = region(*[cell] * 500)
    together = threading.Barrier(4)

    def run(_number: int) -> list[object]:
        together.wait()
        return [decode([("m", kind)], rows, 500).batch for _ in range(20)]

    with ThreadPoolExecutor(4) as pool:
        batches = [one for many in pool.map(run, range(4)) for one in many]
    assert all(one == batches[0] for one in batches)
