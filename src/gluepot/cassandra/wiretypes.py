"""CQL types as result metadata carry them: a code, and what belongs to it.

https://github.com/apache/cassandra/blob/cassandra-5.0/doc/native_protocol_v5.spec section 4.2.5.2. The driver makes a
class of each; types are values here, and a column that nobody can read costs its own query, not the connection.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from gluepot.cassandra import javatypes
from gluepot.cassandra.cql import CqlType
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

SCALARS: Final = {
    0x01: "ascii",
    0x02: "bigint",
    0x03: "blob",
    0x04: "boolean",
    0x05: "counter",
    0x06: "decimal",
    0x07: "double",
    0x08: "float",
    0x09: "int",
    0x0A: "text",
    0x0B: "timestamp",
    0x0C: "uuid",
    0x0D: "text",
    0x0E: "varint",
    0x0F: "timeuuid",
    0x10: "inet",
    0x11: "date",
    0x12: "time",
    0x13: "smallint",
    0x14: "tinyint",
    0x15: "duration",
}
_SHORT: Final = struct.Struct(">H")


def read(stream: BinaryIO) -> CqlType:
    """Read one type; metadata do not say what is frozen, save for tuples, which always are.

    Args:
        stream: Stands at a type's code, and behind the type afterwards.

    Raises:
        SourceError: The code is none that is known, so that nobody can tell where the type ends.
    """
    code = _short(stream)
    if code in SCALARS:
        return CqlType(SCALARS[code])
    if code not in _READERS:
        raise SourceError(f"a column has a type with code 0x{code:04x}", "this version of gluepot does not know it")
    return _READERS[code](stream)


def _udt(stream: BinaryIO) -> CqlType:
    _string(stream)  # the keyspace
    name = _string(stream)
    fields = [(_string(stream), read(stream)) for _ in range(_short(stream))]
    return CqlType("udt", tuple(kind for _, kind in fields), tuple(field for field, _ in fields), type_name=name)


def _tuple(stream: BinaryIO) -> CqlType:
    return CqlType("tuple", tuple(read(stream) for _ in range(_short(stream))), frozen=True)


_READERS: Final[dict[int, Callable[[BinaryIO], CqlType]]] = {
    0x00: lambda stream: javatypes.parse(_string(stream)),
    0x20: lambda stream: CqlType("list", (read(stream),)),
    0x21: lambda stream: CqlType("map", (read(stream), read(stream))),
    0x22: lambda stream: CqlType("set", (read(stream),)),
    0x30: _udt,
    0x31: _tuple,
}


def _short(stream: BinaryIO) -> int:
    found: int = _SHORT.unpack(stream.read(_SHORT.size))[0]
    return found


def _string(stream: BinaryIO) -> str:
    return stream.read(_short(stream)).decode()
