"""Where SQL text can hold a secret: in its literals and comments, and in what Hive and Spark SET without quotes.

A scan for quotes and comments, not a parser: it has to be fast, and to know where each literal ends, no more.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from gluepot.mask.assigned import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = r"(?P<comment>--[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)"
_BODY = r"(?P<body>\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$)"
_OPEN = r"(?P<open>['\"`]|/\*)"
_BACKTICKS = r"`[^`]*+`"
# In Hive and Spark a double-quoted text is a string, and a backslash escapes; elsewhere it is an identifier.
_HIVE = re.compile(
    rf"{_COMMENT}|(?P<string>'(?:[^'\\]|\\.|'')*+'|\"(?:[^\"\\]|\\.)*+\")|{_BACKTICKS}|{_OPEN}",
    re.DOTALL,
)
_ANSI = re.compile(rf"{_COMMENT}|(?P<string>'(?:[^']|'')*+')|\"[^\"]*+\"|{_BACKTICKS}|{_BODY}|{_OPEN}", re.DOTALL)
_BACKSLASHES = {"hive", "spark"}
_SET = re.compile(r"(?:\A|;)\s*SET\s+[\w.:\-]{1,256}\s*=([^;]*)", re.IGNORECASE)
_GAP = r"(?:\s|\(|--[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+"
_STATEMENT = re.compile(
    rf"{_GAP}(?:select\s.*?\sfrom\s|with\s+(?:recursive\s+)?[\w\"`]+\s*(?:\([^)]*\)\s*)?as\s*\(|explain\s+\w+\s|"
    r"create\s+(?:or\s+replace\s+)?(?:\w+\s+){0,3}(?:view|table|function|procedure)\s|insert\s+(?:into|overwrite)\s|"
    r"update\s+\S+\s+(?:as\s+)?(?:\w+\s+)?set\s|delete\s+from\s|merge\s+into\s|alter\s+(?:table|view)\s|"
    r"(?:set|values|msck|refresh|unload|copy)\s)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_HEAD = 20_000


class Area(NamedTuple):
    """A literal or a comment, its quotes and marks included."""

    start: int
    end: int
    kind: str

    def inner(self, text: str) -> tuple[int, str]:
        """Give what stands between the quotes, and where it begins."""
        start, end = (self.start + 1, self.end - 1) if self.kind == "string" else (self.start, self.end)
        return start, text[start:end]


class Areas:
    """The areas of one text.

    Args:
        found: In order, none over another.
        sure: The text is SQL, so that nothing outside of its areas can be a secret.
    """

    def __init__(self, found: list[Area], *, sure: bool) -> None:
        self._found, self._sure = found, sure
        self._starts = [area.start for area in found]

    def __iter__(self) -> Iterator[Area]:
        return iter(self._found)

    def place(self, name: int, value: int) -> Place | None:
        """Say where a value stands, given where its name begins and where it begins; None where it can be no secret.

        What an area holds by itself is looked for apart, as text of its own.
        """
        row = bisect_right(self._starts, value) - 1
        area = self._found[row] if row >= 0 and value < self._found[row].end else None
        if area is None:
            return None if self._sure else Place.CODE
        if area.kind == "set":
            return Place.FREE
        return Place.LITERAL if area.kind == "string" and name < area.start else None


def areas_of(sql: str, dialect: str = "") -> Areas | None:
    """Find the areas of SQL text; None where a literal or a comment does not end.

    Args:
        sql: One or more statements.
        dialect: sqlglot's name of a dialect, whose way to write strings is tried first.
    """
    first, second = (_ANSI, _HIVE) if dialect and dialect not in _BACKSLASHES else (_HIVE, _ANSI)
    # where a backslash stands before a quote, the dialect decides where a literal ends, and it may be named wrongly
    sure = "\\'" not in sql
    return _scan(sql, first, sure=sure) or _scan(sql, second, sure=sure)


def areas_of_any(text: str) -> Areas | None:
    """Find the areas of text that reads like a statement of SQL; None for any other."""
    if _STATEMENT.match(text[:_LONGEST_HEAD]) is None:
        return None
    return _scan(text, _HIVE, sure=False) or _scan(text, _ANSI, sure=False)


def _scan(sql: str, pattern: re.Pattern[str], *, sure: bool) -> Areas | None:
    found: list[Area] = []
    for match in pattern.finditer(sql):
        if match["open"]:
            return None
        kind = next((kind for kind in ("comment", "string", "body") if kind in pattern.groupindex and match[kind]), "")
        if kind:
            found.append(Area(*match.span(), "comment" if kind == "comment" else "string"))
    settings = [Area(*match.span(1), "set") for match in _SET.finditer(sql)]
    if settings:
        found = [area for area in found if not any(area.start < s.end and s.start < area.end for s in settings)]
    return Areas(sorted([*found, *settings]), sure=sure)
