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

from gluepot.mask.encodings import base64_texts, views
from gluepot.mask.keys import secret_kind
from gluepot.mask.kinds import plain_spans
from gluepot.mask.prefilter import might_hold_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["REDACTED", "RedactingFilter", "Redactor", "might_hold_credentials"]

REDACTED = "***"
# base64 in percent-encoding in JSON in JSON; deeper nests are beyond what catalogs hold.
_DEPTH = 4
# Each pass removes something, so this ends; a text that still changes is hostile and is withheld.
_PASSES = 6
_SHORTEST_KNOWN = 4
_SHORT = 128
_HARMLESS_VALUE = re.compile(r"\s*|\*+|arn:aws[\w-]*:.*|(?i:true|false|null|none)")
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
        for _ in range(_PASSES):
            redacted = self._once(text)
            if redacted == text:
                return text
            text = redacted
        self.counts["withheld"] += 1
        return REDACTED

    def redact_value(self, key: str, value: str) -> str:
        """Replace the whole value where the parameter's name says it is a secret, else what is secret in it."""
        kind = secret_kind(key)
        # A name that the prefilter does not know by itself (`sas`, `connection_string`) needs a value that shows it.
        if kind is None or _HARMLESS_VALUE.fullmatch(value) or not self.might_hold(_encode(f'"{key}":"{value}"')):
            return self.redact(value)
        self.counts[kind] += 1
        return REDACTED

    def redact_json(self, value: object) -> object:
        """Return decoded JSON with every string redacted, the values of objects by their names."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return [self.redact_json(item) for item in value]
        if isinstance(value, dict):
            return {self.redact(key): self._redact_member(key, item) for key, item in value.items()}
        return value

    def _redact_member(self, key: str, value: object) -> object:
        if isinstance(value, str):
            return self.redact_value(key, value)
        if isinstance(value, list):
            return [self._redact_member(key, item) for item in value]
        return self.redact_json(value)

    def _once(self, text: str) -> str:
        suspect = _suspect_short(text) if len(text) <= _SHORT else _suspect(text)
        if not suspect and (self._known is None or self._known.search(text) is None):
            return text
        parts: list[str] = []
        end = 0
        for start, stop, replacement, kind in _disjoint(self._find(text, _DEPTH)):
            self.counts[kind] += text[start:stop] != replacement
            parts += (text[end:start], replacement)
            end = stop
        return "".join((*parts, text[end:]))

    def _find(self, text: str, depth: int) -> list[_Found]:
        found = [(start, end, REDACTED, kind) for start, end, kind in plain_spans(text)]
        if self._known is not None:
            found += [(*match.span(), REDACTED, "known") for match in self._known.finditer(text)]
        if depth == 0:
            return found
        for view in views(text):
            found += [
                (*view.origin(start, end), new, kind) for start, end, new, kind in self._find(view.text, depth - 1)
            ]
        for encoded in base64_texts(text):
            inner = _disjoint(self._find(encoded.text, depth - 1))
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
