"""Result pages read in plain Python, cell by cell, as the protocol describes them: what the compiled core is held to.

Sections 4.2.5.2 and 6 of https://github.com/apache/cassandra/blob/cassandra-5.0/doc/native_protocol_v5.spec
"""

from __future__ import annotations

import decimal
import ipaddress
import struct
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gluepot.cassandra.cql import CqlType

EXACT = decimal.Context(decimal.MAX_PREC, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
NUMBERS = {
    "bigint": ">q",
    "counter": ">q",
    "double": ">d",
    "float": ">f",
    "int": ">i",
    "smallint": ">h",
    "time": ">q",
    "timestamp": ">q",
    "tinyint": ">b",
}
IN_VECTORS = {"bigint": 8, "boolean": 1, "double": 8, "float": 4, "int": 4, "timestamp": 8, "timeuuid": 16, "uuid": 16}
LENGTHS = {"boolean": {1}, "date": {4}, "inet": {4, 16}, "timeuuid": {16}, "uuid": {16}}
TEXTS = {"ascii", "text"}
BYTES = {"blob", "custom"}


class WrongError(Exception):
    """A page or a cell is not what its type says."""


@dataclass
class Reader:
    """Bytes that are read from their beginning to their end."""

    data: bytes
    at: int = 0

    @property
    def left(self) -> int:
        """How many are left."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """Read so many bytes, which must be there."""
        if not 0 <= count <= self.left:
            raise WrongError
        self.at += count
        return self.data[self.at - count : self.at]

    def int32(self) -> int:
        """Read a signed number of four bytes."""
        return int(struct.unpack(">i", self.take(4))[0])

    def cell(self) -> bytes | None:
        """Read a length, and as many bytes; None for null."""
        length = self.int32()
        return None if length < 0 else self.take(length)

    def vint(self) -> int:
        """Read an unsigned vint: leading ones of the first byte count those that follow."""
        first = self.take(1)[0]
        more = 8 - (first ^ 0xFF).bit_length()
        return int.from_bytes(bytes([first & (0xFF >> more)]) + self.take(more), "big")

    def end(self) -> None:
        """Require that nothing is left."""
        if self.left:
            raise WrongError


def page(kinds: Sequence[CqlType], rows: bytes, count: int) -> list[list[Any]]:
    """Read a page; gives its columns.

    Raises:
        WrongError: It is broken, or holds a varint of more than 38 digits.
    """
    reader = Reader(rows)
    found: list[list[Any]] = [[] for _ in kinds]
    for _ in range(count):
        for column, kind in zip(found, kinds, strict=True):
            column.append((kind, reader.cell()))
    reader.end()
    return [[value(kind, cell) for kind, cell in column] for column in found]


def value(kind: CqlType, cell: bytes | None) -> Any:
    """Read one cell; what has no bytes is null, save for text and bytes."""
    if cell is None or (not cell and kind.name not in TEXTS | BYTES):
        return None
    if kind.name in NUMBERS:
        if len(cell) != struct.calcsize(NUMBERS[kind.name]):
            raise WrongError
        return struct.unpack(NUMBERS[kind.name], cell)[0]
    nested = {"map": _map, "tuple": _struct, "udt": _struct, "vector": _vector, "list": _list, "set": _list}
    if kind.name in nested:
        return nested[kind.name](kind, Reader(cell))
    if len(cell) not in LENGTHS.get(kind.name, {len(cell)}):
        raise WrongError
    return SCALARS.get(kind.name, bytes)(cell)


def _varint(cell: bytes) -> decimal.Decimal:
    number = int.from_bytes(cell, "big", signed=True)
    if abs(number) >= 10**38:
        raise WrongError
    return decimal.Decimal(number)


def _decimal(cell: bytes) -> str:
    if len(cell) <= 4:
        raise WrongError
    scale, digits = (int.from_bytes(part, "big", signed=True) for part in (cell[:4], cell[4:]))
    return str(decimal.Decimal(digits).scaleb(-scale, EXACT))


def _duration(cell: bytes) -> dict[str, int]:
    reader = Reader(cell)
    numbers = [(coded >> 1) ^ -(coded & 1) for coded in (reader.vint(), reader.vint(), reader.vint())]
    if any(not -(2**31) <= number < 2**31 for number in numbers[:2]):
        raise WrongError
    return dict(zip(("months", "days", "nanos"), numbers, strict=True))


def _address(cell: bytes) -> str:
    address = ipaddress.ip_address(cell)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(address) if mapped is None else f"::ffff:{mapped}"


def _count(reader: Reader, each: int) -> int:
    count = reader.int32()
    if count < 0 or count * each * 4 > reader.left:
        raise WrongError
    return count


def _list(kind: CqlType, reader: Reader) -> list[Any]:
    cells = [reader.cell() for _ in range(_count(reader, 1))]
    reader.end()
    return [value(kind.args[0], cell) for cell in cells]


def _map(kind: CqlType, reader: Reader) -> list[tuple[Any, Any]]:
    cells = [(reader.cell(), reader.cell()) for _ in range(_count(reader, 2))]
    reader.end()
    found = [(value(kind.args[0], key), value(kind.args[1], cell)) for key, cell in cells]
    if any(key is None for key, _ in found):
        raise WrongError
    return found


def _struct(kind: CqlType, reader: Reader) -> dict[str, Any]:
    names = kind.fields or tuple(f"_{number}" for number in range(len(kind.args)))
    cells = [reader.cell() if reader.left else None for _ in kind.args]
    reader.end()
    return {name: value(part, cell) for name, part, cell in zip(names, kind.args, cells, strict=True)}


def _vector(kind: CqlType, reader: Reader) -> list[Any]:
    width = _width(kind.args[0])
    cells = [reader.take(width or reader.vint()) for _ in range(kind.size)]
    reader.end()
    return [value(kind.args[0], cell) for cell in cells]


def _width(kind: CqlType) -> int:
    return kind.size * _width(kind.args[0]) if kind.name == "vector" else IN_VECTORS.get(kind.name, 0)


SCALARS: dict[str, Callable[[bytes], Any]] = {
    "ascii": lambda cell: cell.decode("utf-8", "replace"),
    "boolean": lambda cell: cell != b"\0",
    "date": lambda cell: int.from_bytes(cell, "big") - 2**31,
    "decimal": _decimal,
    "duration": _duration,
    "inet": _address,
    "text": lambda cell: cell.decode("utf-8", "replace"),
    "timeuuid": lambda cell: str(uuid.UUID(bytes=cell)),
    "uuid": lambda cell: str(uuid.UUID(bytes=cell)),
    "varint": _varint,
}
