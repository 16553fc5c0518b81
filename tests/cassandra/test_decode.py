"""Decoding against the driver's own: what its serialisers write, its deserialisers and gluepot read alike."""

from __future__ import annotations

import datetime as dt
import decimal
import ipaddress
import math
import struct
import uuid
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from cassandra import cqltypes, util
from hypothesis import given
from hypothesis import strategies as st

from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.decode import arrow_type, decode
from gluepot.errors import FidelityError, SourceError

if TYPE_CHECKING:
    from gluepot.cassandra.reading import Page

VERSION = 4
INT64 = st.integers(-(2**63), 2**63 - 1)
DATES = st.integers(-719162, 2932896)
DECIMALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.builds(
        lambda sign, digits, exponent: decimal.Decimal((sign, digits, exponent)),
        st.integers(0, 1),
        st.lists(st.integers(0, 9), min_size=1, max_size=45).map(tuple),
        st.integers(-60, 60),
    ),
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "ascii": st.text(st.characters(max_codepoint=127)),
    "bigint": INT64,
    "blob": st.binary(),
    "boolean": st.booleans(),
    "date": DATES.map(util.Date),
    "decimal": DECIMALS,
    "double": st.floats(),
    "duration": st.one_of(
        st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1)),
        st.tuples(st.integers(-(2**31), 0), st.integers(-(2**31), 0), st.integers(-(2**63) + 1, 0)),
    ).map(lambda parts: util.Duration(*parts)),
    "float": st.floats(width=32),
    "inet": st.ip_addresses().map(str),
    "int": st.integers(-(2**31), 2**31 - 1),
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "text": st.text(),
    "time": st.integers(0, 86_399_999_999_999).map(util.Time),
    "timestamp": st.integers(-62135596800000, 253402300799999),
    "timeuuid": st.uuids(version=1),
    "tinyint": st.integers(-128, 127),
    "uuid": st.uuids(),
    "varint": st.integers(-(10**38) + 1, 10**38 - 1),
}


@st.composite
def typed(draw: st.DrawFn, depth: int = 3) -> tuple[Any, st.SearchStrategy[Any]]:
    """A driver type and what makes its values; nested up to `depth`."""
    names = sorted(SCALARS) + (["list", "set", "map", "tuple", "udt", "vector"] * 3 if depth else [])
    name = draw(st.sampled_from(names))
    if name in SCALARS:
        return cqltypes.lookup_casstype_simple(CASS[name]), SCALARS[name]
    if name in {"list", "set"}:
        inner, values = draw(typed(depth - 1))
        return cqltypes.ListType.apply_parameters([inner]), st.lists(values, max_size=4)
    if name == "map":
        key, keys = draw(typed(0))
        value, values = draw(typed(depth - 1))
        pairs = st.lists(st.tuples(keys, values), max_size=4).map(util.OrderedMap)
        return cqltypes.MapType.apply_parameters([key, value]), pairs
    if name == "vector":
        inner, values = draw(typed(depth - 1))
        size = draw(st.integers(1, 5))
        return cqltypes.VectorType.apply_parameters([inner, size], None), st.lists(values, min_size=size, max_size=size)
    parts = [draw(typed(depth - 1)) for _ in range(draw(st.integers(1, 3)))]
    kinds, strategies = [part[0] for part in parts], [st.one_of(st.none(), part[1]) for part in parts]
    if name == "tuple":
        return cqltypes.TupleType.apply_parameters(kinds), st.tuples(*strategies)
    fields = [f"f{number}" for number in range(len(kinds))]
    udt = cqltypes.UserType.make_udt_class("ks", f"udt_{uuid.uuid4().hex}", fields, kinds)
    return udt, st.tuples(*strategies)


def kind_of(driver: Any) -> CqlType:
    """Give the type that a class of the driver stands for."""
    if issubclass(driver, cqltypes.VectorType):
        return CqlType("vector", (kind_of(driver.subtype),), size=driver.vector_size)
    inner = tuple(map(kind_of, driver.subtypes))
    if issubclass(driver, cqltypes.UserType):
        return CqlType("udt", inner, tuple(driver.fieldnames), type_name=driver.typename)
    name = {"varchar": "text"}.get(driver.typename, driver.typename)
    return CqlType(name, inner, frozen=name == "tuple")


CASS = {
    "ascii": "AsciiType",
    "bigint": "LongType",
    "blob": "BytesType",
    "boolean": "BooleanType",
    "date": "SimpleDateType",
    "decimal": "DecimalType",
    "double": "DoubleType",
    "duration": "DurationType",
    "float": "FloatType",
    "inet": "InetAddressType",
    "int": "Int32Type",
    "smallint": "ShortType",
    "text": "UTF8Type",
    "time": "TimeType",
    "timestamp": "TimestampType",
    "timeuuid": "TimeUUIDType",
    "tinyint": "ByteType",
    "uuid": "UUIDType",
    "varint": "IntegerType",
}


def region(*rows: tuple[bytes | None, ...]) -> bytes:
    """Write rows as a page's region has them."""
    cells = [
        struct.pack(">i", -1) if cell is None else struct.pack(">i", len(cell)) + cell for row in rows for cell in row
    ]
    return b"".join(cells)


def one(kind: CqlType, *cells: bytes | None, as_text: bool = False) -> Page:
    named = frozenset({"c"} if as_text else ())
    return decode([("c", kind)], region(*((cell,) for cell in cells)), len(cells), as_text=named)


def plain(kind: CqlType, value: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 - a case for each type
    """Bring what the driver read to what Arrow gives back as Python."""
    if value is None:
        return None
    match kind.name:
        case "uuid" | "timeuuid" | "decimal":
            return str(value)
        case "inet":  # the C library, which the driver asks, writes `::1:2` as if it were IPv4
            return value if value.startswith("::ffff:") else str(ipaddress.ip_address(value))
        case "date":
            return value.days_from_epoch
        case "time":
            return value.nanosecond_time
        case "timestamp":
            epoch = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - as the driver gives it
            return round((value - epoch) / dt.timedelta(milliseconds=1))  # the driver's seconds are floats
        case "duration":
            return {"months": value.months, "days": value.days, "nanos": value.nanoseconds}
        case "varint":
            return decimal.Decimal(value)
        case "float" | "double" if math.isnan(value):
            return "NaN"
        case "list" | "set" | "vector":
            return [plain(kind.args[0], item) for item in value]
        case "map":
            return [(plain(kind.args[0], key), plain(kind.args[1], item)) for key, item in value.items()]
        case "tuple":
            return {f"_{at}": plain(part, item) for at, (part, item) in enumerate(zip(kind.args, value, strict=True))}
        case "udt":
            return {name: plain(part, item) for name, part, item in zip(kind.fields, kind.args, value, strict=True)}
    return value


def arrow_plain(kind: CqlType, value: Any) -> Any:
    """Bring what Arrow gives to what can be compared: numbers of days and milliseconds, one NaN."""
    if value is None:
        return None
    match kind.name:
        case "float" | "double" if math.isnan(value):
            return "NaN"
        case "list" | "set" | "vector":
            return [arrow_plain(kind.args[0], item) for item in value]
        case "map":
            return [(arrow_plain(kind.args[0], key), arrow_plain(kind.args[1], item)) for key, item in value]
        case "tuple" | "udt":
            return {name: arrow_plain(part, item) for part, (name, item) in zip(kind.args, value.items(), strict=True)}
    return value


def numbers(array: Any) -> Any:
    """Show dates and timestamps as the numbers that they are, at any depth: Python's own end at year 9999."""
    import pyarrow as pa

    def shown(kind: Any) -> Any:
        if pa.types.is_date32(kind):
            return pa.int32()
        if pa.types.is_timestamp(kind):
            return pa.int64()
        if pa.types.is_map(kind):
            return pa.map_(shown(kind.key_type), shown(kind.item_type))
        if pa.types.is_list(kind):
            return pa.list_(shown(kind.value_type))
        if pa.types.is_struct(kind):
            return pa.struct([pa.field(one.name, shown(one.type)) for one in kind])
        return kind

    return rebuilt(array, shown(array.type))


def rebuilt(array: Any, kind: Any) -> Any:
    import pyarrow as pa

    flat = [array]
    children = []
    if pa.types.is_struct(array.type):
        children = [rebuilt(array.field(at), kind.field(at).type) for at in range(array.type.num_fields)]
    elif pa.types.is_map(array.type):
        pairs = pa.struct([kind.key_field, kind.item_field])
        inner = [rebuilt(array.keys, kind.key_type), rebuilt(array.items, kind.item_type)]
        children = [pa.Array.from_buffers(pairs, len(array.keys), [None], 0, children=inner)]
    elif pa.types.is_list(array.type):
        children = [rebuilt(array.values, kind.value_type)]
    buffers = flat[0].buffers()[: 2 if pa.types.is_list(array.type) or pa.types.is_map(array.type) else None]
    if pa.types.is_struct(array.type):
        buffers = buffers[:1]
    return pa.Array.from_buffers(kind, len(array), buffers, array.null_count, children=children)


@given(st.data())
def test_it_reads_what_the_driver_reads(data: st.DataObject) -> None:
    """Every type, nested up to three deep, with nulls."""
    driver, values = data.draw(typed())
    kind = kind_of(driver)
    drawn = data.draw(st.lists(st.one_of(st.none(), values), max_size=12))
    cells = [None if value is None else driver.to_binary(value, VERSION) for value in drawn]
    page = one(kind, *cells)
    expected = [None if cell is None else plain(kind, driver.from_binary(cell, VERSION)) for cell in cells]
    page.batch.validate(full=True)
    assert page.batch.schema.field("c").type == arrow_type(kind)
    found = numbers(page.batch.column(0)).to_pylist()
    empties = {index for index, cell in enumerate(cells) if cell == b"" and kind.name not in {"text", "ascii", "blob"}}
    for index, value in enumerate(found):
        if index not in empties:
            assert arrow_plain(kind, value) == expected[index]


@given(st.lists(INT64, min_size=1))
def test_timestamps_hold_over_the_whole_range_of_int64(values: list[int]) -> None:
    page = one(CqlType("timestamp"), *(struct.pack(">q", value) for value in values))
    assert page.batch.column(0).cast(pa.int64()).to_pylist() == values


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1))
def test_dates_hold_over_the_whole_range_of_cql(values: list[int]) -> None:
    page = one(CqlType("date"), *(struct.pack(">I", value) for value in values))
    assert page.batch.column(0).cast(pa.int32()).to_pylist() == [value - 2**31 for value in values]


@given(DECIMALS)
def test_decimals_are_written_as_python_writes_them(value: decimal.Decimal) -> None:
    cell = cqltypes.DecimalType.serialize(value, VERSION)
    expected = str(cqltypes.DecimalType.deserialize(cell, VERSION))
    assert one(CqlType("decimal"), cell).batch.column(0).to_pylist() == [expected]


@given(st.lists(st.integers(), min_size=1))
def test_varints_as_text_are_exact_however_long(values: list[int]) -> None:
    cells = [cqltypes.IntegerType.serialize(value, VERSION) for value in values]
    assert one(CqlType("varint"), *cells, as_text=True).batch.column(0).to_pylist() == [str(value) for value in values]


@pytest.mark.parametrize("value", [10**38, -(10**38), 2**127, -(2**127) - 1, 2**200])
def test_a_varint_beyond_38_digits_is_an_error_that_says_what_to_do(value: int) -> None:
    with pytest.raises(FidelityError, match=r"column c .* 38 digits") as caught:
        one(CqlType("varint"), b"\1", cqltypes.IntegerType.serialize(value, VERSION))
    assert '[table.TABLE.types] c = "string"' in caught.value.hint


def test_a_varint_may_have_more_bytes_than_it_needs() -> None:
    page = one(CqlType("varint"), b"\0" * 20 + b"\7", b"\xff" * 20 + b"\xf9")
    assert page.batch.column(0).to_pylist() == [7, -7]


@pytest.mark.parametrize("name", sorted(set(SCALARS) - {"text", "ascii", "blob"}))
def test_zero_length_values_are_null_and_counted(name: str) -> None:
    page = one(CqlType(name), b"", None)
    assert page.batch.column(0).to_pylist() == [None, None]
    assert page.empty == {"c": 1}


@pytest.mark.parametrize(("name", "value"), [("text", ""), ("ascii", ""), ("blob", b"")])
def test_empty_text_and_bytes_are_values(name: str, value: object) -> None:
    page = one(CqlType(name), b"", None)
    assert page.batch.column(0).to_pylist() == [value, None]
    assert page.empty == {}


def test_null_and_empty_collections_stay_apart() -> None:
    ints = CqlType("list", (CqlType("int"),))
    assert one(ints, struct.pack(">i", 0), None).batch.column(0).to_pylist() == [[], None]


def test_fields_added_to_a_type_later_are_null_in_older_values() -> None:
    kind = CqlType("udt", (CqlType("int"), CqlType("text")), ("a", "b"), type_name="t")
    assert one(kind, struct.pack(">ii", 4, 7)).batch.column(0).to_pylist() == [{"a": 7, "b": None}]


def test_what_is_not_utf8_is_replaced_and_counted() -> None:
    page = one(CqlType("text"), "naïve".encode(), b"\xff", b"\xc3", b"\xed\xa0\x80", b"ok")
    assert page.batch.column(0).to_pylist() == ["naïve", "�", "�", "���", "ok"]
    assert page.replaced == {"c": 3}


@given(st.lists(st.binary(max_size=8), min_size=1))
def test_text_is_utf8_exactly_where_python_says_so(cells: list[bytes]) -> None:
    page = one(CqlType("text"), *cells)
    page.batch.validate(full=True)
    assert page.batch.column(0).to_pylist() == [cell.decode("utf-8", "replace") for cell in cells]


def test_mapped_ipv6_is_written_as_the_driver_writes_it() -> None:
    cell = ipaddress.ip_address("::ffff:1.2.3.4").packed
    assert one(CqlType("inet"), cell, b"\x7f\0\0\1").batch.column(0).to_pylist() == ["::ffff:1.2.3.4", "127.0.0.1"]


def test_custom_types_are_bytes() -> None:
    assert one(CqlType("custom", type_name="org.example.T"), b"\1\2").batch.column(0).to_pylist() == [b"\1\2"]


def test_pages_without_rows_or_columns() -> None:
    assert decode([("a", CqlType("int")), ("b", CqlType("text"))], b"", 0).batch.num_rows == 0
    assert decode([], b"", 3).batch.num_columns == 0


@given(st.data())
def test_a_broken_page_is_an_error_and_nothing_else(data: st.DataObject) -> None:
    """Whatever bytes come: a batch that is valid, or an error of ours."""
    driver, values = data.draw(typed(2))
    kind = kind_of(driver)
    cell = driver.to_binary(data.draw(values), VERSION)
    whole = bytearray(region((cell,), (cell,)))
    for _ in range(data.draw(st.integers(1, 3))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    try:
        page = decode([("c", kind)], bytes(whole[:cut]), 2)
    except (SourceError, FidelityError):
        return
    page.batch.validate(full=True)


def test_an_error_names_column_and_row() -> None:
    with pytest.raises(SourceError, match="column c holds what is no int"):
        one(CqlType("int"), struct.pack(">i", 1), b"\1\2\3")
    with pytest.raises(SourceError, match="cut off"):
        decode([("a", CqlType("int")), ("b", CqlType("int"))], region((b"\0\0\0\1", b"\0\0\0\2"))[:-1], 1)
