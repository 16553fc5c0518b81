"""CQL types from the text of `system_schema`; those of result metadata are read by `wiretypes`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gluepot.cassandra.cql import CqlType
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Udts = Mapping[str, tuple[tuple[str, str], ...]]

SCALARS: Final = frozenset(
    {
        "ascii",
        "bigint",
        "blob",
        "boolean",
        "counter",
        "date",
        "decimal",
        "double",
        "duration",
        "float",
        "inet",
        "int",
        "smallint",
        "text",
        "time",
        "timestamp",
        "timeuuid",
        "tinyint",
        "uuid",
        "varint",
    }
)
"""https://cassandra.apache.org/doc/latest/cassandra/developing/cql/types.html"""

_SPELT: Final = {"varchar": "text"}
_TOKEN: Final = re.compile(r"""\s*(?:('(?:[^']|'')*')|("(?:[^"]|"")*")|([<>,])|([^<>,'"\s]+))""")
_DEEPEST: Final = 64
_DIGITS: Final = 9
EMPTY: Final = CqlType("custom", type_name="org.apache.cassandra.db.marshal.EmptyType")
"""What `empty` stands for: the value column of old COMPACT STORAGE tables, which holds nothing."""


def parse(text: str, udts: Udts | None = None) -> CqlType:
    """Read a type as `system_schema` writes it.

    Args:
        text: For example `map<text, frozen<list<int>>>`, `vector<float, 3>`, `"Address"` or `'org.example.Type'`.
        udts: The keyspace's user-defined types: name -> (field, type) in order.

    Raises:
        ConfigError: It is no type; the place is told.
    """
    return _Parser(text, udts or {}).whole()


class _Parser:
    """Reads one type's text from left to right."""

    def __init__(self, text: str, udts: Udts) -> None:
        self._text = text
        self._udts = udts
        self._at = 0
        self._depth = 0

    def whole(self) -> CqlType:
        found = self._type()
        if self._text[self._at :].strip():
            raise self._wrong()
        return found

    def _type(self) -> CqlType:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong()
        java, name, sign, word = self._next()
        found = self._named(java, name, word) if not sign else None
        if found is None:
            raise self._wrong()
        self._depth -= 1
        return found

    def _named(self, java: str, name: str, word: str) -> CqlType | None:
        if java:
            return CqlType("custom", type_name=java[1:-1].replace("''", "'"))
        if name:
            return self._udt(name[1:-1].replace('""', '"'))
        lowered = word.lower()
        if lowered in {"list", "set", "map", "tuple", "frozen", "vector"} and self._peek() == "<":
            return self._generic(lowered)
        if lowered == "empty" and word not in self._udts:
            return EMPTY
        scalar = _SPELT.get(lowered, lowered)
        return CqlType(scalar) if scalar in SCALARS and word not in self._udts else self._udt(word)

    def _generic(self, name: str) -> CqlType:
        self._expect("<")
        args = [self._type()]
        size = 0
        while self._peek() == ",":
            self._expect(",")
            if name == "vector":
                size = self._size()
            else:
                args.append(self._type())
        self._expect(">")
        wanted = {"list": 1, "set": 1, "map": 2, "frozen": 1, "vector": 1}.get(name, len(args))
        if len(args) != wanted or (name == "vector") != (size > 0):
            raise self._wrong()
        if name == "frozen":
            return replace(args[0], frozen=bool(args[0].args))
        return CqlType(name, tuple(args), size=size, frozen=name == "tuple")

    def _size(self) -> int:
        """Read how many elements a vector has."""
        word = self._next()[3]
        if not (word.isascii() and word.isdigit() and 0 < len(word) <= _DIGITS and int(word)):
            raise self._wrong()
        return int(word)

    def _udt(self, name: str) -> CqlType:
        if name not in self._udts:
            raise ConfigError(f"CQL type {self._text!r} names {name!r}", "it is neither a CQL type nor a user's type")
        fields = self._udts[name]
        args = tuple(self._nested(kind) for _, kind in fields)
        return CqlType("udt", args, tuple(field for field, _ in fields), type_name=name)

    def _nested(self, text: str) -> CqlType:
        inner = _Parser(text, self._udts)
        inner._depth = self._depth
        return inner.whole()

    def _next(self) -> tuple[str, str, str, str]:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self._wrong()
        self._at = found.end()
        return found[1] or "", found[2] or "", found[3] or "", found[4] or ""

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        return (found[3] or "") if found else ""

    def _expect(self, sign: str) -> None:
        if self._next()[2] != sign:
            raise self._wrong()

    def _wrong(self) -> ConfigError:
        return ConfigError(f"{self._text!r} is no CQL type", f"at character {self._at + 1}")
