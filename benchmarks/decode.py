"""One result page becomes Arrow: gluepot's kernels against cassandra-driver's rows given to pyarrow.

    python benchmarks/decode.py [--output json] [--repeat 31] [--rows 5000]

Both sides start from the bytes of the same frame (protocol version 4), with its metadata, and end with Arrow columns
of the same types. The page has 12 columns, half of them text, and a tenth of its cells is null. The driver uses its
compiled protocol handler; repetitions of the sides take turns, and medians are told. Both work in one thread, and it is
that thread's processor time which is measured, so that other processes do not count. A second table has a page of one
column for each type.
"""

from __future__ import annotations

import argparse
import decimal
import json
import platform
import random
import statistics
import struct
import sys
import time
import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from cassandra import cqltypes, util
from cassandra.protocol import NumpyProtocolHandler, ProtocolHandler

from gluepot.cassandra import decode, javatypes
from gluepot.cassandra.frames import Handler

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION: Final = 4
RESULT: Final = 8
CODES: Final = {
    cqltypes.AsciiType: 0x01,
    cqltypes.LongType: 0x02,
    cqltypes.BytesType: 0x03,
    cqltypes.BooleanType: 0x04,
    cqltypes.DecimalType: 0x06,
    cqltypes.DoubleType: 0x07,
    cqltypes.FloatType: 0x08,
    cqltypes.Int32Type: 0x09,
    cqltypes.DateType: 0x0B,
    cqltypes.UUIDType: 0x0C,
    cqltypes.UTF8Type: 0x0D,
    cqltypes.IntegerType: 0x0E,
    cqltypes.TimeUUIDType: 0x0F,
    cqltypes.InetAddressType: 0x10,
    cqltypes.SimpleDateType: 0x11,
    cqltypes.TimeType: 0x12,
    cqltypes.ShortType: 0x13,
    cqltypes.ByteType: 0x14,
    cqltypes.DurationType: 0x15,
    cqltypes.ListType: 0x20,
    cqltypes.MapType: 0x21,
    cqltypes.SetType: 0x22,
    cqltypes.TupleType: 0x31,
}
"""Section 4.2.5.2 of https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec."""

MARSHAL: Final = "org.apache.cassandra.db.marshal"
random_ = random.Random(3)  # noqa: S311 - the same page in every run
WORDS: Final = ["lamp", "oak", "größer", "river", "猫", "paper", "seven", "stone", "quiet", "éclair", "tin", "green"]


def words(least: int, most: int) -> str:
    """Write words; one in six is not ASCII."""
    return " ".join(random_.choices(WORDS, k=random_.randint(least, most)))


def plain(least: int, most: int) -> str:
    """Write letters of ASCII."""
    return "".join(random_.choices("abcdefghijklmnopqrstuvwxyz0123456789-_", k=random_.randint(least, most)))


def moment() -> int:
    """Give milliseconds between 2001 and 2033."""
    return random_.randrange(10**12, 2 * 10**12)


def any_uuid() -> uuid.UUID:
    """Give a UUID of the fourth version."""
    return uuid.UUID(int=random_.getrandbits(128), version=4)


MIXED: Final[dict[str, tuple[Any, Callable[[], Any]]]] = {
    "id": (cqltypes.UUIDType, any_uuid),
    "title": (cqltypes.UTF8Type, lambda: words(2, 8)),
    "name": (cqltypes.UTF8Type, lambda: plain(8, 24)),
    "country": (cqltypes.UTF8Type, lambda: plain(2, 2)),
    "email": (cqltypes.UTF8Type, lambda: plain(12, 32)),
    "status": (cqltypes.UTF8Type, lambda: random_.choice(["open", "closed", "waiting"])),
    "description": (cqltypes.UTF8Type, lambda: words(8, 24)),
    "rank": (cqltypes.Int32Type, lambda: random_.randrange(10**6)),
    "size": (cqltypes.LongType, lambda: random_.getrandbits(50)),
    "score": (cqltypes.DoubleType, random_.random),
    "seen_at": (cqltypes.DateType, moment),
    "is_active": (cqltypes.BooleanType, lambda: random_.random() < 0.5),
}
"""Half text; the others int, bigint, double, timestamp, uuid, boolean."""


def _list_of(kind: Any) -> Any:
    return cqltypes.ListType.apply_parameters([kind])


EACH: Final[dict[str, tuple[Any, Callable[[], Any]]]] = {
    "text, ASCII, 8 to 24": (cqltypes.UTF8Type, lambda: plain(8, 24)),
    "text, not all ASCII": (cqltypes.UTF8Type, lambda: words(2, 8)),
    "text, ASCII, 500": (cqltypes.UTF8Type, lambda: plain(500, 500)),
    "blob, 100": (cqltypes.BytesType, lambda: random_.randbytes(100)),
    "uuid": (cqltypes.UUIDType, any_uuid),
    "int": (cqltypes.Int32Type, lambda: random_.randrange(10**6)),
    "bigint": (cqltypes.LongType, lambda: random_.getrandbits(50)),
    "smallint": (cqltypes.ShortType, lambda: random_.randrange(30000)),
    "tinyint": (cqltypes.ByteType, lambda: random_.randrange(100)),
    "double": (cqltypes.DoubleType, random_.random),
    "float": (cqltypes.FloatType, random_.random),
    "boolean": (cqltypes.BooleanType, lambda: random_.random() < 0.5),
    "timestamp": (cqltypes.DateType, moment),
    "date": (cqltypes.SimpleDateType, lambda: util.Date(random_.randrange(20000))),
    "time": (cqltypes.TimeType, lambda: util.Time(random_.randrange(86_400_000_000_000))),
    "varint": (cqltypes.IntegerType, lambda: random_.getrandbits(random_.randint(1, 100))),
    "decimal, 9 digits": (cqltypes.DecimalType, lambda: decimal.Decimal(random_.randrange(10**9)).scaleb(-2)),
    "decimal, 30 digits": (cqltypes.DecimalType, lambda: decimal.Decimal(random_.getrandbits(98)).scaleb(-9)),
    "inet, IPv4": (cqltypes.InetAddressType, lambda: ".".join(str(random_.randrange(256)) for _ in range(4))),
    "inet, IPv6": (cqltypes.InetAddressType, lambda: f"2001:db8::{random_.getrandbits(16):x}:1"),
    "duration": (cqltypes.DurationType, lambda: util.Duration(random_.randrange(24), random_.randrange(31), moment())),
    "list<int>, 10": (_list_of(cqltypes.Int32Type), lambda: [random_.randrange(10**6) for _ in range(10)]),
    "list<text>, 5": (_list_of(cqltypes.UTF8Type), lambda: [plain(8, 24) for _ in range(5)]),
    "map<text, bigint>, 5": (
        cqltypes.MapType.apply_parameters([cqltypes.UTF8Type, cqltypes.LongType]),
        lambda: {plain(8, 24): random_.getrandbits(50) for _ in range(5)},
    ),
    "tuple<int, text>": (
        cqltypes.TupleType.apply_parameters([cqltypes.Int32Type, cqltypes.UTF8Type]),
        lambda: (random_.randrange(10**6), plain(8, 24)),
    ),
    "vector<float, 384>": (
        cqltypes.VectorType.apply_parameters([cqltypes.FloatType, 384], None),
        lambda: [random_.random() for _ in range(384)],
    ),
}


def frame(columns: dict[str, tuple[Any, Callable[[], Any]]], rows: int, nulls: float) -> bytes:
    """Write the body of a ROWS result."""
    head = [struct.pack(">iii", 2, 1, len(columns)), _string("shop"), _string("orders")]
    head += [_string(name) + _described(kind) for name, (kind, _) in columns.items()]
    cells = [struct.pack(">i", rows)]
    for _ in range(rows):
        for number, (kind, make) in enumerate(columns.values()):
            if nulls and number and random_.random() < nulls:
                cells.append(struct.pack(">i", -1))
            else:
                cell = kind.to_binary(make(), VERSION)
                cells.append(struct.pack(">i", len(cell)) + cell)
    return b"".join([*head, *cells])


def _string(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()


def _described(kind: Any) -> bytes:
    """Write a type's option, as metadata has it."""
    base = kind.__mro__[1] if kind.subtypes and kind not in CODES else kind
    if issubclass(kind, cqltypes.VectorType):
        java = f"{MARSHAL}.VectorType({MARSHAL}.FloatType , {kind.vector_size})"
        return struct.pack(">H", 0) + _string(java)
    code = struct.pack(">H", CODES[base])
    if issubclass(kind, cqltypes.TupleType):
        code += struct.pack(">H", len(kind.subtypes))
    return code + b"".join(_described(one) for one in kind.subtypes)


def by_gluepot(body: bytes) -> pa.RecordBatch:
    """Decode with gluepot."""
    message = Handler.decode_message(VERSION, {}, 0, 0, RESULT, body, None, None)
    page = message.parsed_rows[0]
    return decode.decode(page.columns, page.rows, page.count).batch


def by_driver(body: bytes, handler: Any = ProtocolHandler) -> pa.RecordBatch:
    """Decode with the driver's compiled handler, and give its rows to pyarrow."""
    message = handler.decode_message(VERSION, {}, 0, 0, RESULT, body, None, None)
    rows = message.parsed_rows
    kinds = [javatypes.parse(one.cass_parameterized_type(full=True)) for one in message.column_types]
    arrays = [
        pa.array(_values(kind.name, column), decode.arrow_type(kind))
        for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=message.column_names)


def _values(name: str, column: Any) -> Any:
    """Bring what pyarrow does not take as the driver gives it to what it takes."""
    make = _PLAIN.get(name)
    return column if make is None else [None if one is None else make(one) for one in column]


_PLAIN: Final[dict[str, Callable[[Any], Any]]] = {
    "uuid": str,
    "timeuuid": str,
    "decimal": str,
    "inet": str,
    "date": lambda one: one.date(),
    "time": lambda one: one.nanosecond_time,
    "varint": decimal.Decimal,
    "duration": lambda one: (one.months, one.days, one.nanoseconds),
    "tuple": lambda one: {f"_{at}": part for at, part in enumerate(one)},
    "map": lambda one: list(one.items()),
    "list": list,
    "set": list,
    "vector": list,
}


def by_numpy(body: bytes) -> Any:
    """Decode with the driver's handler for NumPy, without Arrow."""
    return NumpyProtocolHandler.decode_message(VERSION, {}, 0, 0, RESULT, body, None, None).parsed_rows


def turns(sides: list[Callable[[], Any]], repeat: int) -> list[float]:
    """Time each side, one after the other, and give their medians in seconds of the thread's processor time."""
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(repeat):
        for side, into in zip(sides, taken, strict=True):
            began = time.thread_time()
            side()
            into.append(time.thread_time() - began)
    return [statistics.median(one) for one in taken]


def compared(body: bytes, rows: int, repeat: int) -> dict[str, float]:
    """Compare both sides on one page; first, that they say the same."""
    ours, theirs = by_gluepot(body), by_driver(body)
    if not ours.equals(theirs):
        sys.exit(f"gluepot and the driver differ: {ours.schema} {theirs.schema}")
    fast, slow = turns([lambda: by_gluepot(body), lambda: by_driver(body)], repeat)
    return {
        "rows_per_second": rows / fast,
        "megabytes_per_second": len(body) / fast / 1e6,
        "driver_rows_per_second": rows / slow,
        "ratio": slow / fast,
    }


def numpys_answer() -> str:
    """Say what the driver's own handler for NumPy makes of a page of numbers."""
    import warnings  # noqa: PLC0415 - for this question alone

    body = frame({"a": EACH["bigint"], "b": EACH["double"]}, 1000, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = by_numpy(body)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            return f"{type(error).__name__}: {error}"
    if not found or any(one is None for one in (found.values() if isinstance(found, dict) else found[0].values())):
        return "nothing (None in place of columns)"
    return f"{rate(1000 / turns([lambda: by_numpy(body)], 31)[0])} rows/s"


def rate(number: float) -> str:
    """Show a rate."""
    return f"{number / 1e6:.2f} M"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", choices=["text", "json"], default="text")
    parser.add_argument("--repeat", type=int, default=31)
    parser.add_argument("--rows", type=int, default=5000)
    chosen = parser.parse_args()

    mixed = compared(frame(MIXED, chosen.rows, 0.1), chosen.rows, chosen.repeat)
    each = {
        name: compared(frame({"c": one}, chosen.rows, 0.0), chosen.rows, max(chosen.repeat // 4, 3))
        for name, one in EACH.items()
    }
    versions = {name: version(name) for name in ("cassandra-driver", "numpy", "pyarrow")}
    versions |= {"python": platform.python_version()}
    if chosen.output == "json":
        print(json.dumps({"versions": versions, "mixed": mixed, "each": each, "numpy_handler": numpys_answer()}))
        return
    print(" ".join(f"{name} {one}" for name, one in versions.items()))
    print(f"{'12 columns, 10% null':24} {_row(mixed)}")
    for name, figures in each.items():
        print(f"{name:24} {_row(figures)}")
    print(f"NumpyProtocolHandler gives {numpys_answer()}")


def _row(figures: dict[str, float]) -> str:
    ours, theirs = rate(figures["rows_per_second"]), rate(figures["driver_rows_per_second"])
    speed = f"{figures['megabytes_per_second']:7.0f} MB/s"
    return f"{ours:>9} rows/s {speed}   driver {theirs:>7} rows/s   {figures['ratio']:6.1f} times"


if __name__ == "__main__":
    main()
