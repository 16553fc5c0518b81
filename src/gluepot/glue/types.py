"""The type strings of Glue columns, as Hive, Spark, Athena, Trino and the crawlers write them, read into trees.

A type string may be 131,072 characters long (`Column.Type` in Glue's service model), for example 20,000 nested
arrays, so the parser keeps a stack of its own, and looks at each character a fixed number of times.
The tree never replaces the string: its caller keeps that, and shows it wherever no tree can be had.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NoReturn

from gluepot.glue.typetree import (
    PLAIN_DEPTH,
    Array,
    Field,
    Map,
    Primitive,
    Struct,
    Type,
    Union,
    depth,
    format_type,
    to_plain,
)

__all__ = [
    "PLAIN_DEPTH",
    "Array",
    "Field",
    "Map",
    "Primitive",
    "Struct",
    "Type",
    "TypeSyntaxError",
    "Union",
    "depth",
    "format_type",
    "parse_type",
    "to_plain",
]

_CACHED_LENGTH: Final = 64  # catalogs repeat short types without end; a long one would only fill the cache
_NESTED: Final = {"array": 1, "map": 2, "struct": 0, "row": 0, "uniontype": 0}  # 0: any number of parts
_CLOSING: Final = {"<": ">", "(": ")"}

# Possessive quantifiers (`*+`) throughout: a text that does not match is given up at once, never tried again.
_SPACE: Final = re.compile(r"\s*+")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_BARE_NAME: Final = re.compile(r"[^\s<>(),:`'\"]++")
# What may stand before the type of a field in angle brackets: anything, round brackets in pairs.
_NAME_RUN: Final = re.compile(r"(?:[^<>(),`'\"]++|\([^<>(),:`'\"]*+\))*+")
_QUOTED: Final = {
    "`": re.compile(r"`((?:[^`]++|``)*+)`"),
    '"': re.compile(r'"((?:[^"]++|"")*+)"'),
}
_COMMENT: Final = re.compile(
    r"comment\s*+(?:'(?P<single>(?:[^'\\]++|''|\\.)*+)'|\"(?P<double>(?:[^\"\\]++|\"\"|\\.)*+)\")",
    re.IGNORECASE | re.DOTALL,
)
_NOT_NULL: Final = re.compile(r"not\s++null\b", re.IGNORECASE)
_ARGUMENTS: Final = re.compile(r"\(\s*+[^\s(),<>`'\"]++\s*+(?:,\s*+[^\s(),<>`'\"]++\s*+)*+\)")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_ZONE: Final = re.compile(r"with(?:out)?+(?:\s++local)?+\s++time\s++zone\b", re.IGNORECASE)
_UNIT: Final = r"(?:year|month|day|hour|minute|second)\b"
_PHRASES: Final = {  # the words that a first word may be followed by, to make one name
    "timestamp": _ZONE,
    "time": _ZONE,
    "double": re.compile(r"precision\b", re.IGNORECASE),
    "character": re.compile(r"varying\b", re.IGNORECASE),
    "char": re.compile(r"varying\b", re.IGNORECASE),
    "interval": re.compile(rf"{_UNIT}(?:\s++to\s++{_UNIT})?+", re.IGNORECASE),
}


class TypeSyntaxError(ValueError):
    """A type string that cannot be read; keep the string and warn.

    Args:
        position: Where it went wrong, in characters from the start of the string, counted from 0.
        expected: What would have been right there.
    """

    def __init__(self, position: int, expected: str) -> None:
        """Keep both parts, and none of the text: a type may hold comments, and comments may hold anything."""
        self.position = position
        self.expected = expected
        super().__init__(f"expected {expected} at character {position}")


def parse_type(text: str) -> Type:
    """Read a type string of Hive, Glue, Athena, Spark or Trino, in time linear in its length.

    Names of fields without quotes may hold anything but `<>,` quotes and unpaired round brackets, since crawlers
    write JSON and XML keys as they find them (`$oid`, `@id`, `first name`, `xsi:type`): a name runs to the last
    colon before its type. One plain unknown word is a primitive, so that types of the future are not refused.

    Args:
        text: The type string, of any length and nesting.

    Raises:
        TypeSyntaxError: The text is no type; the error says where, and what would have been right.
    """
    return _parse_cached(text) if len(text) <= _CACHED_LENGTH else _parse(text)


class _Open:
    """A bracket that is not closed yet, and what has been read inside it."""

    __slots__ = ("closing", "fields", "kind", "name", "parts")

    def __init__(self, kind: str, bracket: str) -> None:
        self.kind = kind
        self.closing = _CLOSING[bracket]
        self.name = ""  # of the field whose type is being read
        self.fields: list[Field] = []
        self.parts: list[Type] = []

    @property
    def named(self) -> bool:
        """Whether its parts have names, and so go to `fields`."""
        return self.kind in {"struct", "row"}

    def closed(self) -> Type:
        """Build the node, now that everything inside it is known."""
        if self.named:
            return Struct(tuple(self.fields))
        if self.kind == "uniontype":
            return Union(tuple(self.parts))
        return Array(*self.parts) if self.kind == "array" else Map(*self.parts)


class _Cursor:
    """A text and a position in it, always at the start of a token."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.move(0)

    def move(self, to: int) -> None:
        """Go to a position, and on over white space."""
        match = _SPACE.match(self.text, to)
        self.at = match.end() if match else to

    def peek(self) -> str:
        """Look at the next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go past what matches here, if it does."""
        if match := pattern.match(self.text, self.at):
            self.move(match.end())
        return match

    def skip(self, character: str) -> bool:
        """Go past one character, if it stands here."""
        if found := self.text.startswith(character, self.at):
            self.move(self.at + 1)
        return found

    def fail(self, expected: str) -> NoReturn:
        """Say what should have stood here."""
        raise TypeSyntaxError(self.at, expected)


@functools.lru_cache(maxsize=4096)
def _parse_cached(text: str) -> Type:
    return _parse(text)


def _parse(text: str) -> Type:
    cursor = _Cursor(text)
    stack: list[_Open] = []
    while True:
        tree = _begin(cursor, stack)
        while tree is not None:
            if not stack:
                return _end(cursor, tree)
            tree = _attach(cursor, stack, tree)


def _end(cursor: _Cursor, tree: Type) -> Type:
    if cursor.at < len(cursor.text):
        cursor.fail("the end of the type")
    return tree


def _begin(cursor: _Cursor, stack: list[_Open]) -> Type | None:
    """Read up to the end of a primitive, which is returned, or up to an opening bracket, which is pushed."""
    if stack and stack[-1].named:
        stack[-1].name = _read_name(cursor, stack[-1])
    word = cursor.take(_WORD) or cursor.fail("a type")
    kind, bracket = word[0].lower(), cursor.peek()
    if kind not in _NESTED or bracket not in _CLOSING:
        return _read_primitive(cursor, kind)
    opened = _Open(kind, bracket)
    cursor.skip(bracket)
    if opened.named and cursor.skip(opened.closing):
        return opened.closed()
    stack.append(opened)
    return None


def _attach(cursor: _Cursor, stack: list[_Open], tree: Type) -> Type | None:
    """Put a finished tree into the innermost bracket; if that closes here, return what it makes in turn."""
    opened = stack[-1]
    if opened.named:
        opened.fields.append(_read_field_tail(cursor, opened.name, tree))
    else:
        opened.parts.append(tree)
    room = _NESTED[opened.kind] - len(opened.parts)  # at most 0 where any number of parts is right
    if (room > 0 or not _NESTED[opened.kind]) and cursor.skip(","):
        return None
    if room <= 0 and cursor.skip(opened.closing):
        return stack.pop().closed()
    return cursor.fail(
        "','" if room > 0 else f"'{opened.closing}'" if _NESTED[opened.kind] else f"',' or '{opened.closing}'"
    )


def _read_name(cursor: _Cursor, opened: _Open) -> str:
    quote = cursor.peek()
    if quote in _QUOTED:
        quoted = cursor.take(_QUOTED[quote]) or cursor.fail(f"a name closed by {quote}")
        cursor.skip(":")
        return quoted[1].replace(quote * 2, quote)
    if opened.closing == ">" and (name := _take_name_run(cursor)) is not None:
        return name
    start = cursor.at
    word = cursor.take(_BARE_NAME) or cursor.fail("a field name")
    if opened.kind == "row" and _ends_type(cursor, word[0], opened.closing):
        cursor.move(start)  # Trino's anonymous field: what looked like its name is its type
        return ""
    if not cursor.skip(":") and cursor.peek() in {",", opened.closing, ""}:
        cursor.fail("':' and a type")
    return word[0]


def _take_name_run(cursor: _Cursor) -> str | None:
    """Take everything up to the last colon before the type; None where Spark's `name type` has no colon."""
    run = _NAME_RUN.match(cursor.text, cursor.at)
    colon = cursor.text.rfind(":", cursor.at, run.end() if run else cursor.at)
    if colon < 0:
        return None
    name = cursor.text[cursor.at : colon].rstrip()
    cursor.move(colon + 1)
    return name


def _ends_type(cursor: _Cursor, word: str, closing: str) -> bool:
    """Tell whether a word, already taken, was a whole type or its beginning, rather than a name before a type."""
    phrase = _PHRASES.get(word.lower())
    return cursor.peek() in {",", "(", "<", closing} or bool(phrase and phrase.match(cursor.text, cursor.at))


def _read_primitive(cursor: _Cursor, name: str) -> Primitive:
    arguments = cursor.take(_ARGUMENTS)
    phrase = cursor.take(_PHRASES[name]) if name in _PHRASES else None
    if phrase:
        name = f"{name} {' '.join(phrase[0].lower().split())}"
        arguments = arguments or cursor.take(_ARGUMENTS)  # `character varying(20)`, `timestamp(6) with time zone`
    if cursor.peek() == "(":
        cursor.fail("arguments, as in (10,2)")
    parts = (part.strip() for part in arguments[0][1:-1].split(",")) if arguments else ()
    return Primitive(name, tuple(int(part) if _INTEGER.fullmatch(part) else part for part in parts))


def _read_field_tail(cursor: _Cursor, name: str, tree: Type) -> Field:
    nullable = not cursor.take(_NOT_NULL)
    comment = cursor.take(_COMMENT)
    if nullable and comment:
        nullable = not cursor.take(_NOT_NULL)
    return Field(name, tree, _unquote_comment(comment) if comment else None, nullable)


def _unquote_comment(match: re.Match[str]) -> str:
    """Undo doubled quotes (SQL) and back-slashes before quotes (Hive, Spark); other back-slashes stay."""
    if (text := match["single"]) is not None:
        return re.sub(r"'(')|\\(['\"\\])", lambda pair: pair[1] or pair[2], text)
    return re.sub(r"\"(\")|\\(['\"\\])", lambda pair: pair[1] or pair[2], match["double"])
