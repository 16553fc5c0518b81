"""Credentials never leave: found in any text, in whatever encoding, and replaced by `***` in place."""

from __future__ import annotations

import base64
import logging
import re
import traceback
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from gluepot.mask.areas import areas_of, areas_of_any
from gluepot.mask.assigned import parameter_holds_secret
from gluepot.mask.encodings import base64_texts, members, undoubled, views
from gluepot.mask.keys import secret_kind
from gluepot.mask.kinds import plain_spans
from gluepot.mask.prefilter import might_hold_credentials
from gluepot.mask.shapes import names_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gluepot.mask.areas import Areas

__all__ = ["REDACTED", "RedactingFilter", "Redactor", "might_hold_credentials"]

REDACTED = "***"
# base64 in percent-encoding in JSON in JSON; deeper nests are beyond what catalogs hold.
_DEPTH = 4
# Each pass removes something, so this ends; a text that still changes is hostile and is withheld.
_PASSES = 6
_SHORTEST_KNOWN = 4
_SHORT = 128
_Found = tuple[int, int, str, str]


class Redactor:
    """Replaces credentials by `***` and counts them by kind.

    Args:
        known: The configuration's own secrets; these strings, and their encoded forms, never leave wherever they occur.
            Shorter than 4 characters they are ignored: they would occur everywhere.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        """Compile the known secrets into one pattern."""
        self.counts: Counter[str] = Counter()
        self._forms: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self._known_bytes: tuple[bytes, ...] = ()
        for value in known:
            self.register_secret(value)

    def __repr__(self) -> str:
        """Show how many secrets are known, never which."""
        return f"Redactor(known={len(self._forms)} forms)"

    def register_secret(self, value: str) -> None:
        """Add a string that never leaves, nor do its URL-encoded, JSON-escaped and base64 forms."""
        if len(value) < _SHORTEST_KNOWN:
            return
        self._forms |= _forms(value)
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)))
        self._known_bytes = tuple(_encode(form) for form in longest_first)

    def might_hold(self, raw: bytes) -> bool:
        """Say whether `redact_json` could change anything in these bytes of JSON; False is always right."""
        return might_hold_credentials(raw) or any(form in raw for form in self._known_bytes)

    def redact(self, text: str) -> str:
        """Replace every credential in free text, SQL, a URL or a message; the rest stays to the letter."""
        return self._redact(text, areas_of_any)

    def redact_sql(self, sql: str, dialect: str = "") -> str:
        """Replace every credential in what is known to be SQL: in its literals and comments, and nowhere else.

        Args:
            sql: One or more statements; text whose literals do not end is taken for free text.
            dialect: sqlglot's name, as it stands in a view's definition.
        """
        return self._redact(sql, lambda text: areas_of(text, dialect))

    def _redact(self, text: str, areas: Callable[[str], Areas | None]) -> str:
        for _ in range(_PASSES):
            redacted = self._once(text, areas)
            if redacted == text:
                return text
            text = redacted
        self.counts["withheld"] += 1
        return REDACTED

    def redact_value(self, key: str, value: str) -> str:
        """Replace the whole value where the parameter's name says it is a secret, else what is secret in it."""
        kind = secret_kind(key)
        if kind is None or not parameter_holds_secret(value, kind[1]) or names_one(key, value):
            return self.redact(value)
        # A name that the prefilter does not know by itself (`sas`, `connection_string`) needs a value that shows it.
        if not self.might_hold(_encode(f'"{key}":"{value}"')):
            return self.redact(value)
        self.counts[kind[0]] += 1
        return REDACTED

    def redact_expression(self, name: str, sql: str) -> str:
        """Replace what is secret in SQL that something of this name is made by: a literal may be, a call is not."""
        head = f"{name} = "
        told = self.redact(head + sql)
        return told.removeprefix(head) if told.startswith(head) else self.redact(sql)

    def redact_json(self, value: object) -> object:
        """Return decoded JSON with every string redacted, the values of objects by their names."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list | tuple):
            return [self.redact_json(item) for item in value]
        if isinstance(value, dict):
            return self._redact_members(value)
        return value

    def _redact_members(self, value: dict[str, object]) -> dict[str, object]:
        """Redact names and values; names that became alike stay apart, so that no member is lost."""
        told: dict[str, object] = {}
        for key, item in value.items():
            name = self.redact(key)
            while name in told:
                name += "*"
            told[name] = self._redact_member(key, item)
        return told

    def _redact_member(self, key: str, value: object) -> object:
        if isinstance(value, str):
            return self.redact_value(key, value)
        if isinstance(value, list | tuple):
            return [self._redact_member(key, item) for item in value]
        return self.redact_json(value)

    def _once(self, text: str, areas: Callable[[str], Areas | None]) -> str:
        suspect = _suspect_short(text) if len(text) <= _SHORT else _suspect(text)
        if not suspect and (self._known is None or self._known.search(text) is None):
            return text
        parts: list[str] = []
        end = 0
        for start, stop, replacement, kind in _disjoint(self._find(text, _DEPTH, areas(text))):
            self.counts[kind] += text[start:stop] != replacement
            parts += (text[end:start], replacement)
            end = stop
        return "".join((*parts, text[end:]))

    def _find(self, text: str, depth: int, areas: Areas | None = None) -> list[_Found]:
        found = [(start, end, REDACTED, kind) for start, end, kind in plain_spans(text, areas)]
        if self._known is not None:
            found += [(*match.span(), REDACTED, "known") for match in self._known.finditer(text)]
        if depth == 0:
            return found
        if areas is None:
            return self._apart(text, found + self._hidden(text, depth), depth)
        for area in areas:
            start, inner = area.inner(text)
            found += [(a + start, b + start, new, kind) for a, b, new, kind in self._within(inner, depth)]
        return found

    def _apart(self, text: str, found: list[_Found], depth: int) -> list[_Found]:
        """Let strings of JSON that are SQL, as in an encoded view, be judged as what they are."""
        for start, view in members(text):
            areas = areas_of_any(view.text)
            if areas is not None:
                end = start + view.origin(0, len(view.text))[1]
                found = [one for one in found if not (start <= one[0] and one[1] <= end)]
                inner = self._find(view.text, depth - 1, areas)
                spans = [(view.origin(a, b), new, kind) for a, b, new, kind in inner]
                found += [(a + start, b + start, new, kind) for (a, b), new, kind in spans]
        return found

    def _within(self, text: str, depth: int) -> list[_Found]:
        """Find what one literal or comment of SQL holds; a literal doubles its quotes, and may hold SQL again."""
        found = self._find(text, depth, areas_of_any(text))
        view = undoubled(text)
        if view is not None:
            inner = self._find(view.text, depth - 1, areas_of_any(view.text))
            found += [(*view.origin(start, end), new, kind) for start, end, new, kind in inner]
        return found

    def _hidden(self, text: str, depth: int) -> list[_Found]:
        """Find what is a credential once an encoding is undone."""
        found: list[_Found] = []
        for view in views(text):
            found += [
                (*view.origin(start, end), new, kind)
                for start, end, new, kind in self._find(view.text, depth - 1, areas_of_any(view.text))
            ]
        for encoded in base64_texts(text):
            inner = _disjoint(self._find(encoded.text, depth - 1, areas_of_any(encoded.text)))
            if inner:
                found.append((encoded.start, encoded.end, encoded.encode(_replace(encoded.text, inner)), inner[0][3]))
        return found


def _disjoint(found: list[_Found]) -> list[_Found]:
    """Sort the findings and join those that overlap, so that no part of a secret stays."""
    merged: list[_Found] = []
    for start, end, new, kind in sorted(found, key=lambda match: (match[0], -match[1])):
        if merged and start < merged[-1][1]:
            first, last, old, name = merged[-1]
            same = (start, end) == (first, last) and old == new
            merged[-1] = (first, max(last, end), old if same else REDACTED, name)
        else:
            merged.append((start, end, new, kind))
    return merged


def _replace(text: str, found: list[_Found]) -> str:
    parts: list[str] = []
    end = 0
    for start, stop, new, _ in found:
        parts += (text[end:start], new)
        end = stop
    return "".join((*parts, text[end:]))


def _suspect(text: str) -> bool:
    return might_hold_credentials(_encode(text).replace(b'"', b'\\"'))


# Names and types come again and again in a catalog.
_suspect_short = lru_cache(maxsize=16384)(_suspect)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _forms(value: str) -> set[str]:
    raw = _encode(value)
    encoded = {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    return {value, quote(raw, safe=""), quote(raw), quote_plus(raw)} | encoded


class RedactingFilter(logging.Filter):
    """Redacts what a log record would print: its formatted message, and its exception's text.

    Args:
        redactor: Where the known secrets are, and where findings are counted.
    """

    def __init__(self, redactor: Redactor) -> None:
        """Keep the redactor; the filter applies to every logger."""
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; it is always let through."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit: a message must not stop the program
            message = f"{record.msg} {record.args}"
        record.msg, record.args = self._redactor.redact(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if record.exc_text:
            record.exc_text = self._redactor.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor.redact(record.stack_info)
        return True
