"""CQL types from the names of Java classes, as result metadata describe what the protocol has no code for.

The driver has a reader of its own for them; it fails at user-defined types of some names, and with it the connection.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from gluepot.cassandra.cql import CqlType

MARSHAL: Final = "org.apache.cassandra.db.marshal."

_SCALARS: Final = {
    "AsciiType": "ascii",
    "BooleanType": "boolean",
    "ByteType": "tinyint",
    "BytesType": "blob",
    "CounterColumnType": "counter",
    "DateType": "timestamp",
    "DecimalType": "decimal",
    "DoubleType": "double",
    "DurationType": "duration",
    "FloatType": "float",
    "InetAddressType": "inet",
    "Int32Type": "int",
    "IntegerType": "varint",
    "LongType": "bigint",
    "ShortType": "smallint",
    "SimpleDateType": "date",
    "TimeType": "time",
    "TimestampType": "timestamp",
    "TimeUUIDType": "timeuuid",
    "UTF8Type": "text",
    "UUIDType": "uuid",
}
"""https://github.com/apache/cassandra/tree/cassandra-5.0/src/java/org/apache/cassandra/db/marshal"""

_GENERIC: Final = {"ListType": ("list", 1), "SetType": ("set", 1), "MapType": ("map", 2), "TupleType": ("tuple", 0)}
"""Classes with types as parameters, and how many of them; 0 for any number."""

_WORD: Final = re.compile(r"\s*([^(),\s]*)\s*")
_DEEPEST: Final = 64
_DIGITS: Final = 9


class _UnreadableError(Exception):
    """The text has another form than Cassandra's own types: it is told as it stands."""


@lru_cache(maxsize=4096)
def parse(text: str) -> CqlType:
    """Read a type as Cassandra's Java code writes it; whatever is not one of CQL's is `custom`, under that text.

    Args:
        text: For example `org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3)`.
    """
    try:
        return _Reader(text).whole()
    except _UnreadableError:
        return CqlType("custom", type_name=text)


class _Reader:
    """Reads one type from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> CqlType:
        found = self._type()
        if self._at != len(self._text):
            raise _UnreadableError
        return found

    def _type(self) -> CqlType:
        began = self._at
        self._depth += 1
        name = self._word().removeprefix(MARSHAL)
        if not name or self._depth > _DEEPEST:
            raise _UnreadableError
        found = self._parameterized(name) if self._sign("(") else self._plain(name)
        self._depth -= 1
        if found is not None:
            return found
        return CqlType("custom", type_name=self._text[began : self._at].strip())

    def _plain(self, name: str) -> CqlType | None:
        return CqlType(_SCALARS[name]) if name in _SCALARS else None

    def _parameterized(self, name: str) -> CqlType | None:
        """Read what stands in parentheses; None where the class is none of CQL's."""
        match name:
            case "FrozenType":
                inner = self._one()
                return replace(inner, frozen=bool(inner.args))
            case "ReversedType":
                return self._one()
            case "VectorType":
                return self._vector()
            case "UserType":
                return self._udt()
        if name in _GENERIC:
            return self._generic(name)
        self._skipped()
        return None

    def _generic(self, name: str) -> CqlType:
        args = self._several()
        kind, count = _GENERIC[name]
        if count and len(args) != count:
            raise _UnreadableError
        return CqlType(kind, args, frozen=kind == "tuple")

    def _one(self) -> CqlType:
        found = self._several()
        if len(found) != 1:
            raise _UnreadableError
        return found[0]

    def _several(self) -> tuple[CqlType, ...]:
        found = [self._type()]
        while self._sign(","):
            found.append(self._type())
        self._closed()
        return tuple(found)

    def _vector(self) -> CqlType:
        inner = self._type()
        self._expect(",")
        size = self._word()
        self._closed()
        if not (size.isascii() and size.isdigit() and len(size) <= _DIGITS and int(size)):
            raise _UnreadableError
        return CqlType("vector", (inner,), size=int(size))

    def _udt(self) -> CqlType:
        """Read a user-defined type: keyspace, name and fields' names in hexadecimal."""
        self._word()
        self._expect(",")
        name = _unhexed(self._word())
        fields, args = [], []
        while self._sign(","):
            at = self._text.find(":", self._at)
            if at < 0:
                raise _UnreadableError
            fields.append(_unhexed(self._text[self._at : at].strip()))
            self._at = at + 1
            args.append(self._type())
        self._closed()
        return CqlType("udt", tuple(args), tuple(fields), type_name=name)

    def _skipped(self) -> None:
        """Pass over parameters of a class that is not CQL's."""
        depth = 1
        while depth:
            if self._at >= len(self._text):
                raise _UnreadableError
            depth += {"(": 1, ")": -1}.get(self._text[self._at], 0)
            self._at += 1
        self._word_end()

    def _word(self) -> str:
        found = _WORD.match(self._text, self._at)
        if found is None:  # it matches nothing at all, too
            raise _UnreadableError
        self._at = found.end()
        return found[1]

    def _word_end(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1

    def _sign(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += 1
        self._word_end()
        return True

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise _UnreadableError

    def _closed(self) -> None:
        self._expect(")")


def _unhexed(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        raise _UnreadableError from None
