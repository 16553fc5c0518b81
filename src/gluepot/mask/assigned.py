"""Whether what stands behind the name of a secret is one: `password=x` is, `ON a.account_key = b.account_key` is not.

Three things decide: how the value is bound to the name, what the name may also be called in a warehouse, and what
the value looks like (`shapes`). Where a text is a connection string or sets an option, anything but a placeholder is a
secret; where it is a sentence or may be SQL, a value must look like one.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from gluepot.mask import shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    Match = re.Match[str]
    Judge = Callable[[str, Match, "Place"], bool]


class Place(enum.Enum):
    """Where a text's value stands."""

    FREE = enum.auto()
    """In text that is not SQL, or inside one literal or comment together with its name."""
    LITERAL = enum.auto()
    """It is a literal of SQL, and its name is code before it."""
    CODE = enum.auto()
    """In text that reads like SQL, outside its literals and comments."""


class Strength(enum.Enum):
    """What a name says of its value."""

    STRONG = enum.auto()
    """`password`, `secret`: hardly anything else is called so."""
    WEAK = enum.auto()
    """`token`, `api_key`: columns are called so as well."""
    DIMENSION = enum.auto()
    """`account_key`, `client_key`: in a warehouse mostly columns, that join a table to its dimension."""
    SIGNATURE = enum.auto()
    """`sig`, `sas`, `signature`: anything is called so."""
    FOREIGN = enum.auto()
    """`senha`, `passwort`: sentences about them are in languages whose words are not known here."""


_QUOTES = "\"'`"
_NAMING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-$"
_ARTICLE = re.compile(
    r"\b(?:the|an?|no|this|that|its|of|for|each|every|any|is|as|column|field|name|key)\s*\Z", re.IGNORECASE
)
_SQL_BEFORE = re.compile(
    r"\b(?:where|on|when|having|select|set|and|or|then|else|by|if)[\s(]+(?:[\w\"`]+\.)*\Z", re.IGNORECASE
)
_SQL_WHERE = re.compile(r"\b(?:where|on|when|having)[\s(]+\Z", re.IGNORECASE)
_SQL_AFTER = re.compile(
    r"\s*[),]?\s*\b(?:and|or|then|where|join|left|inner|full|cross|group|order|from|else|end|when|limit|union)\b",
    re.IGNORECASE,
)
_NEXT_SETTING = re.compile(r"[;&]\s?[A-Za-z][\w .]{0,40}=")
_PARTITION = re.compile(r"[^/=]*(?:/([A-Za-z_]\w*)=[^/=].*|/)", re.DOTALL)
# `pwd: password` tells what the column is.
_NAMES = {"password", "passwd", "token", "secret"}
_HEX = re.compile(r"[0-9a-fA-F-]+")
_FAULT = re.compile(
    r"[A-Za-z]*(?:Exception|Error|Fault|Failure|Failed|Denied|Expired|Invalid|Missing|Found|Refused|Rejected)"
)
_CODE_OF_ERROR = re.compile(r"[A-Z]{1,4}[a-z]++(?:[A-Z]{1,4}[a-z]++)++")
OF_USERS = re.compile(r"\b(?:user|role|login|grant|account|copy|unload)\b", re.IGNORECASE)
_BEHIND_STRING = re.compile(r"\s*(?:>>|\|\||[,);\]}]|\+\s|\b(?:as|from|and|or|then|end)\b)", re.IGNORECASE)
_SUBSCRIPT = re.compile(r"[\[(]\\*[\"']")
_REGEX = re.compile(r"\[\^|\.[*+]|\\[dwsDWS]|\[(?:0-9|a-z|A-Z|\\)|\(\?")
_ESCAPED = re.compile(r"\\+(?:[nrt\"']|\Z)")
_HARD = re.compile(r"\\+u([0-9A-Fa-f]{4})")
_LONGEST_NAME, _LOOK_BACK, _LOOK_URL, _LOOK_ON = 64, 64, 400, 40
_LEAST = {Strength.STRONG: 8, Strength.WEAK: 10, Strength.DIMENSION: 10, Strength.SIGNATURE: 16, Strength.FOREIGN: 6}
_SMALL = 9
_PIN = 4


def value_after(strength: Strength) -> Judge:
    """Make the judge of values behind names of this strength."""

    def is_secret(text: str, match: Match, place: Place) -> bool:
        return _Assignment.of(text, match, strength, place).holds_secret()

    return is_secret


def _told(value: str, *, quoted: bool) -> str:
    """Read a value of JSON that may still be escaped: a bare one ends at an escaped line break or quote."""
    told = value if quoted else _ESCAPED.split(value, maxsplit=1)[0]
    return _HARD.sub(lambda code: chr(int(code[1], 16)), told)


@lru_cache(maxsize=8)
def _is_query(text: str) -> bool:
    """Say whether a query stands somewhere in a text; asked for each of the text's names."""
    low = text.lower()
    begin = low.find("select ")
    return begin >= 0 and low.find("from", begin) >= 0


def _is_code_of_error(word: str) -> bool:
    """Say whether a word is written as codes of errors, and types, are: `ExpiredToken`."""
    return _CODE_OF_ERROR.fullmatch(word) is not None and shapes.is_wordy(word)


def _begin_of_name(text: str, end: int) -> int:
    least = max(0, end - _LONGEST_NAME)
    return least + len(text[least:end].rstrip(_NAMING))


class _Assignment(NamedTuple):
    """A name, a sign, and a value, as they stand in a text."""

    text: str
    strength: Strength
    place: Place
    start: int
    end: int
    value: str
    quoted: bool
    sign: str
    tight: bool
    quoted_name: str
    before: str
    name: str

    @classmethod
    def of(cls, text: str, match: Match, strength: Strength, place: Place) -> _Assignment:
        """Take a match of a kind's pattern apart: its group `is` is the sign, the last one the value."""
        start, end = match.span(match.lastindex or 0)
        said = match["is"]
        sign = said.strip(" \t\r\n\f\v" + _QUOTES)
        quoted, quoted_name = text[start - 1] in _QUOTES, said[0] if sign and said[0] in _QUOTES else ""
        name = _begin_of_name(text, match.start())
        before = name - (bool(quoted_name) and text[name - 1 : name] == quoted_name)
        return cls(
            text=text,
            strength=strength,
            place=place,
            start=start,
            end=end,
            value=_told(text[start:end], quoted=quoted),
            quoted=quoted,
            sign=sign,
            tight=said[-1:] == sign[-1:],
            quoted_name=quoted_name,
            before=text[max(0, before - _LOOK_BACK) : before],
            name=text[name : match.start("is")],
        )

    def holds_secret(self) -> bool:
        if self.value[:1] == "{" and not shapes.names_secret(self.value) and self._is_connection():
            return True
        if (
            shapes.is_harmless(self.value)
            or shapes.names_one(self.name, self.value)
            or (self.quoted and shapes.is_all_harmless(self.value))
            or _REGEX.search(self.value)
        ):
            return False
        if self.place is Place.CODE:
            return not self.quoted and self._is_random(12) and not self._is_expression()
        if self._is_partition():
            head = self.value.partition("/")[0]
            least = 12 if self.strength is Strength.STRONG else 24
            return shapes.is_random(head, least) and not _HEX.fullmatch(head)
        return self._is_quoted_secret() if self.quoted else self._is_bare_secret()

    def _is_random(self, least: int = 0) -> bool:
        return shapes.is_random(self.value, least or _LEAST[self.strength])

    def _is_connection(self) -> bool:
        """Say whether the name stands in a URL's query or in a connection string."""
        if self.sign != "=":
            return False
        if self.before.rstrip(" ")[-1:] in {"?", "&", ";"} or (
            self.tight and _NEXT_SETTING.match(self.text, self.end + self.quoted)
        ):
            return True
        if self.before[-1:] not in {",", ":", "(", "/", "!"}:
            return False
        around = self.text[max(0, self.start - _LOOK_URL) : self.start].lower()
        url = around.rfind("jdbc:")
        return url >= 0 and around[url:].split(maxsplit=1)[0] == around[url:]

    def _is_partition(self) -> bool:
        if self.sign != "=" or not self.tight or self.quoted:
            return False
        next_one = _PARTITION.fullmatch(self.value)
        starts_one = self.before[-1:] == "/"
        if not (starts_one or (next_one and shapes.is_wordy(next_one[1] or ""))):
            return False
        return not self._is_connection()

    def _is_quoted_secret(self) -> bool:
        strong = self.strength is Strength.STRONG
        if self.strength is Strength.SIGNATURE:
            return self._is_random() or "=" in self.value
        if self._is_closing() or self._is_identifier():
            return False
        if not self.sign and not self._is_option():
            return self._is_random()
        if self.sign not in {"", ":="} and not (self.quoted_name or strong) and (not self.tight or self._is_sql()):
            return self._is_random()
        if shapes.is_said(self.value) and not (strong and self.place is Place.LITERAL and self.sign):
            return False
        return strong or not (
            self._is_small()
            or shapes.is_short_word(self.value)
            or (self.strength is Strength.DIMENSION and self._is_word())
        )

    def _is_closing(self) -> bool:
        """Say whether the quote before the value ends a string: `'token=' || token`."""
        quote = self.text[self.start - 1]
        opened = self.text.rfind(quote, max(0, self.start - _LOOK_BACK), self.start - 1)
        return opened >= 0 and _BEHIND_STRING.match(self.value) is not None

    def _is_identifier(self) -> bool:
        """Say whether the quotes are those of an identifier."""
        quote = self.text[self.start - 1]
        if quote == "`":
            return self.text[self.end + 1 : self.end + 2] == "." or (self._is_word() and self._is_sql())
        return quote == '"' and self._is_word() and shapes.names_secret(self.value) and self._is_sql()

    def _is_word(self) -> bool:
        return shapes.is_name(self.value) and shapes.is_wordy(self.value)

    def _is_option(self) -> bool:
        """Say whether a value without a sign is one: `PASSWORD 'x'`, `OPTIONS (user 'u', password 'x')`."""
        if _ARTICLE.search(self.before):
            return False
        return self.name.isupper() or self.before.rstrip()[-1:] in {"(", ","} or bool(OF_USERS.search(self.before))

    def _is_bare_secret(self) -> bool:
        if self.strength is Strength.SIGNATURE:
            return self._is_connection() or self._is_random()
        if self._is_connection() and not (self._is_small() and self.strength is not Strength.STRONG):
            return True
        if self._is_expression() or shapes.is_path(self.value) or self._is_small():
            return False
        return self._is_told() if self.sign == ":" else self._is_set()

    def _is_small(self) -> bool:
        """Say whether the value is a number that is no secret: behind `password=` alone one may be."""
        if not shapes.is_number(self.value):
            return False
        bare = self.strength is Strength.STRONG and (self.quoted or (self.tight and self.sign == "="))
        return len(self.value) < _PIN if bare else len(self.value) <= _SMALL

    def _is_expression(self) -> bool:
        if _SUBSCRIPT.match(self.text, self.end) or (
            self.value[-1:] in {"[", "("} and self.text[self.end : self.end + 1] in _QUOTES
        ):
            return True
        value = self.value.rstrip(",;)")
        if shapes.is_code(value):
            return ")" in self.text[self.start : self.end + _LOOK_ON]
        if shapes.is_dotted(value) and shapes.is_wordy(value):
            return "." in self.name or not self.tight or shapes.names_secret(value) or self._is_sql()
        return shapes.is_name(value) and shapes.is_wordy(value) and (self.place is Place.CODE or self._is_sql_here())

    def _is_told(self) -> bool:
        """Judge what stands behind a colon: YAML's value, or a sentence."""
        word = self.value.rstrip(".,;:!?*")
        if self.before.endswith(("env:", "file:")) or shapes.is_said(word):
            return False
        if self.tight and self.name.lower().endswith("secret"):  # `secret:name-AbCdEf` is a part of an ARN
            return shapes.is_random(word, 8)
        if (
            _FAULT.fullmatch(word)
            or word.lower() in _NAMES
            or (shapes.is_wordy(word) and ("/" in word or self._is_name_of_secret(word)))
        ):
            return False
        # of Markdown: `DB_PASSWORD`: the reader's
        weak = self.strength is not Strength.STRONG or (self.quoted_name == "`")
        return self._is_random() if weak else not _is_code_of_error(word)

    def _is_name_of_secret(self, word: str) -> bool:
        """Say whether a secret is named, as Kubernetes does: `secret: jobs-data`."""
        return self.name.lower().endswith("secret") and ("-" in word or "_" in word)

    def _is_set(self) -> bool:
        """Judge what stands behind `=`."""
        if self.strength is Strength.DIMENSION:
            return self._is_random(8)
        if self.tight:
            said = shapes.is_said(self.value) or _is_code_of_error(self.value)
            return self.strength is Strength.STRONG or not said
        if self.strength is not Strength.STRONG:
            return self._is_random()
        return not shapes.is_said(self.value) and not (
            shapes.is_name(self.value)
            and (self.sign == "==" or ("_" in self.value and shapes.names_secret(self.value)))
        )

    def _is_sql(self) -> bool:
        """Say whether the assignment may be a comparison in SQL."""
        return self.place is Place.LITERAL or self._is_sql_here() or _is_query(self.text)

    def _is_sql_here(self) -> bool:
        if self.tight and not ("." in self.name or self.quoted):
            return _SQL_WHERE.search(self.before) is not None
        after = self.text[self.end + self.quoted : self.end + _LOOK_ON]
        return _SQL_BEFORE.search(self.before) is not None or _SQL_AFTER.match(after) is not None


def parameter_holds_secret(value: str, strength: Strength) -> bool:
    """Judge the value of a parameter whose name is a secret's: all of it is, but for what tells of one."""
    if shapes.is_harmless(value) or shapes.is_said(value) or shapes.is_path(value):
        return False
    if strength is Strength.STRONG:
        return True
    if shapes.is_short_word(value):
        return False
    if strength in {Strength.DIMENSION, Strength.SIGNATURE} and shapes.is_name(value) and shapes.is_wordy(value):
        return False
    return not (shapes.is_number(value) and len(value) <= _SMALL)
