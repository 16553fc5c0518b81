"""Broken pages, by the thousand: the core accepts none that plain Python refuses, and reads what that reads.

python fuzzed.py COUNT SEED    # prints how many it accepted, how many it refused; fails at the first that differs
"""

from __future__ import annotations

import random
import struct
import sys
from typing import Any

import numpy as np
import pyarrow as pa
from tests.support import plaincql

from gluepot.cassandra.cql import CqlType
from gluepot.cassandra.decode import decode
from gluepot.errors import FidelityError, SourceError

INT, TEXT, FLOAT = CqlType("int"), CqlType("text"), CqlType("float")
SCALARS = (
    *("ascii", "bigint", "blob", "boolean", "custom", "date", "decimal", "double", "duration", "float", "inet", "int"),
    *("smallint", "text", "time", "timestamp", "timeuuid", "tinyint", "uuid", "varint"),
)
KINDS = [
    *map(CqlType, SCALARS),
    CqlType("list", (TEXT,)),
    CqlType("set", (CqlType("varint"),)),
    CqlType("list", (CqlType("list", (INT,)),)),
    CqlType("map", (INT, TEXT)),
    CqlType("map", (TEXT, CqlType("list", (CqlType("decimal"),)))),
    CqlType("tuple", (INT, TEXT, CqlType("inet"))),
    CqlType("udt", (CqlType("boolean"), CqlType("duration")), ("a", "b"), type_name="t"),
    CqlType("vector", (FLOAT,), size=3),
    CqlType("vector", (CqlType("boolean"),), size=2),
    CqlType("vector", (TEXT,), size=2),
    CqlType("vector", (CqlType("vector", (FLOAT,), size=2),), size=2),
]
LENGTHS = {"bigint": 8, "boolean": 1, "date": 4, "double": 8, "float": 4, "int": 4, "smallint": 2, "time": 8}
LENGTHS |= {"timestamp": 8, "timeuuid": 16, "tinyint": 1, "uuid": 16}
EXTREMES = (0, 1, -1, -2, 2, 3, 4, 255, 2**16, 2**30, 2**31 - 1, -(2**31))
TEXTS = ("", "a", "größer", "猫" * 12, "x" * 31, "y" * 32, "z" * 33)


def cell(draw: random.Random, kind: CqlType) -> bytes | None:
    """Write a value, mostly one that the type takes."""
    chance = draw.random()
    if chance < 0.1:
        return None
    if chance < 0.15:
        return draw.randbytes(draw.randrange(20))
    if kind.name in {"list", "set", "map"}:
        count = draw.randrange(4)
        parts = [sized(cell(draw, one)) for _ in range(count) for one in kind.args]
        return struct.pack(">i", count) + b"".join(parts)
    if kind.name in {"tuple", "udt"}:
        return b"".join(sized(cell(draw, one)) for one in kind.args[: draw.randint(0, len(kind.args))])
    if kind.name == "vector":
        inner = [cell(draw, kind.args[0]) or b"" for _ in range(kind.size)]
        fixed = plaincql._width(kind.args[0])
        return b"".join(one if fixed else bytes([len(one) & 0x7F]) + one for one in inner)
    return scalar(draw, kind.name)


def scalar(draw: random.Random, name: str) -> bytes:
    if name in {"text", "ascii"}:
        return draw.choice(TEXTS).encode() + draw.choice((b"", b"", b"\xff", b"\xe7\x8c"))
    if name == "decimal":
        return struct.pack(">i", draw.choice((0, 2, 7, -3, *EXTREMES))) + draw.randbytes(draw.randint(1, 18))
    if name == "inet":
        return draw.choice((draw.randbytes(4), draw.randbytes(16), bytes(16), bytes(10) + b"\xff\xff" + bytes(4)))
    return draw.randbytes(LENGTHS.get(name, draw.randrange(1, 19)))


def sized(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value


def broken(draw: random.Random, rows: bytes) -> bytes:
    """Change a page in up to three places."""
    for _ in range(draw.choice((0, 0, 1, 1, 1, 2, 3))):
        at = draw.randrange(len(rows) + 1)
        how = draw.randrange(5)
        if how == 0:
            rows = rows[:at]
        elif how == 1:
            rows = rows[:at] + draw.randbytes(draw.randint(1, 5)) + rows[at:]
        elif how == 2:
            rows = rows[:at] + rows[at + draw.randint(1, 5) :]
        elif how == 3:
            rows = rows[:at] + draw.randbytes(1) + rows[at + 1 :]
        else:
            rows = rows[:at] + struct.pack(">i", draw.choice(EXTREMES)) + rows[at + 4 :]
    return rows


def plain(array: Any) -> Any:
    """Give an array's values as numbers, text and lists of such: dates and times as the integers that they are."""
    kind = array.type
    if pa.types.is_date32(kind):
        return array.view(pa.int32()).to_pylist()
    if pa.types.is_timestamp(kind):
        return array.view(pa.int64()).to_pylist()
    return array.to_pylist()


def same(one: Any, other: Any) -> bool:
    """Compare values; NaN is itself."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124 - NaN


def tried(draw: random.Random) -> bool:
    """Make a page, break it, read it both ways; say whether it was accepted."""
    kinds = draw.choices(KINDS, k=draw.randint(1, 3))
    count = draw.randint(1, 4)
    rows = broken(draw, b"".join(sized(cell(draw, kind)) for _ in range(count) for kind in kinds))
    try:
        expected: Any = plaincql.page(kinds, rows, count)
    except plaincql.WrongError:
        expected = None
    place = np.frombuffer(bytearray(rows), dtype=np.uint8).copy()  # memory of its own, of just this size
    try:
        batch = decode([(f"c{at}", kind) for at, kind in enumerate(kinds)], place.data, count).batch
        batch.validate(full=True)
        found = [plain(column) for column in batch.columns]
    except (SourceError, FidelityError):
        found = None
    if (found is None) != (expected is None) or (found is not None and not same(found, expected)):
        sys.exit(
            f"{[str(kind) for kind in kinds]} {count} rows {rows.hex()}\n  found    {found}\n  expected {expected}"
        )
    return found is not None


def main() -> None:
    """Try as many as are asked for."""
    draw = random.Random(int(sys.argv[2]))
    accepted = sum(tried(draw) for _ in range(int(sys.argv[1])))
    sys.stdout.write(f"{accepted} {int(sys.argv[1]) - accepted}\n")


if __name__ == "__main__":
    main()
