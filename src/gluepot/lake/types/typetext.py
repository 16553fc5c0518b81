"""Iceberg's types as text, read and written in one place: `list<decimal(10, 2)>`, `struct<a: int, b: string>`.

The spelling is of Iceberg's own schema serialisation (https://iceberg.apache.org/spec/#schemas), with nested types
written out where Iceberg's JSON has objects. Everything is optional: Cassandra knows no NOT NULL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gluepot.errors import ConfigError

PRIMITIVES: Final = (
    "boolean", "int", "long", "float", "double", "date", "timestamp", "timestamptz", "string", "binary",
)  # fmt: skip
"""What Athena reads of Iceberg's types, decimals apart; `time`, `uuid` and `fixed` it does not."""

MAX_PRECISION: Final = 38
"""Digits of a decimal, in Iceberg and in Athena."""

_TOKEN: Final = re.compile(r'\s*(?:([A-Za-z_0-9]+)|"((?:[^"]|"")*)"|(.))', re.DOTALL)
_PLAIN: Final = re.compile(r"[A-Za-z_0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class LakeType:
    """One Iceberg type as a tree.

    Args:
        name: A primitive's name, or `decimal`, `list`, `map`, `struct`.
        args: Element; key and value; field types.
        fields: Field names of a struct, parallel to `args`.
        precision: Of a decimal.
        scale: Of a decimal.
    """

    name: str
    args: tuple[LakeType, ...] = ()
    fields: tuple[str, ...] = ()
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        match self.name:
            case "decimal":
                return f"decimal({self.precision}, {self.scale})"
            case "struct":
                pairs = zip(self.fields, self.args, strict=True)
                return f"struct<{', '.join(f'{_quoted(name)}: {kind}' for name, kind in pairs)}>"
        return f"{self.name}<{', '.join(map(str, self.args))}>" if self.args else self.name

    @property
    def is_nested(self) -> bool:
        """Whether it is a list, a map or a struct."""
        return self.name in {"list", "map", "struct"}


def decimal(precision: int, scale: int) -> LakeType:
    """Give a decimal's type.

    Raises:
        ConfigError: No decimal in a lake is like that.
    """
    if not (1 <= precision <= MAX_PRECISION and 0 <= scale <= precision):
        raise ConfigError(
            f"decimal({precision}, {scale}) is no type of the lake",
            f"precision is 1 to {MAX_PRECISION}, scale is 0 to precision",
        )
    return LakeType("decimal", precision=precision, scale=scale)


def parse(text: str) -> LakeType:
    """Read one Iceberg type.

    Args:
        text: As `str(LakeType)` writes it; spaces do not matter.

    Raises:
        ConfigError: It is no type, or none that Athena reads.
    """
    return _Parser(text).whole()


class _Parser:
    """Reads a type from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [
            (match.group(1) or match.group(3) or "", match.group(2))
            for match in _TOKEN.finditer(text)
            if match.group(0).strip()
        ]
        self._at = 0

    def whole(self) -> LakeType:
        found = self._type()
        if self._at != len(self._tokens):
            raise self._wrong("something follows the type")
        return found

    def _type(self) -> LakeType:
        name = self._word()
        match name:
            case "decimal":
                return self._decimal()
            case "list":
                return LakeType("list", self._args(1))
            case "map":
                return LakeType("map", self._args(2))
            case "struct":
                return self._struct()
        if name not in PRIMITIVES:
            raise self._wrong(f"{name!r} is not one of {', '.join(PRIMITIVES)}, decimal, list, map, struct")
        return LakeType(name)

    def _decimal(self) -> LakeType:
        self._expect("(")
        precision = self._number()
        self._expect(",")
        scale = self._number()
        self._expect(")")
        return decimal(precision, scale)

    def _args(self, count: int) -> tuple[LakeType, ...]:
        self._expect("<")
        found = [self._type()]
        while len(found) < count:
            self._expect(",")
            found.append(self._type())
        self._expect(">")
        return tuple(found)

    def _struct(self) -> LakeType:
        names: list[str] = []
        types: list[LakeType] = []
        self._expect("<")
        while not names or self._taken(","):
            names.append(self._name())
            self._expect(":")
            types.append(self._type())
        self._expect(">")
        if len(set(names)) < len(names):
            raise self._wrong("two fields have the same name")
        return LakeType("struct", tuple(types), tuple(names))

    def _next(self) -> tuple[str, str | None]:
        if self._at == len(self._tokens):
            raise self._wrong("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _taken(self, mark: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == (mark, None):
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._taken(mark):
            raise self._wrong(f"{mark!r} is missing")

    def _word(self) -> str:
        plain, quoted = self._next()
        if quoted is not None or not _PLAIN.fullmatch(plain):
            raise self._wrong(f"{plain or quoted!r} is no type")
        return plain.lower()

    def _name(self) -> str:
        plain, quoted = self._next()
        if quoted is None and not _PLAIN.fullmatch(plain):
            raise self._wrong("a field's name is missing")
        return plain if quoted is None else quoted.replace('""', '"')

    def _number(self) -> int:
        plain, _ = self._next()
        if not (plain.isascii() and plain.isdigit()):
            raise self._wrong("a number is missing")
        return int(plain)

    def _wrong(self, why: str) -> ConfigError:
        return ConfigError(f"{self._text!r} is not a type of the lake", why)


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
