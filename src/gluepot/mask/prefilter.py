"""Whether bytes might hold a credential at all: the cheap question in front of the redactor.

The redactor asks it of each string before it looks for anything, and whatever is said of a string is also said of JSON
that holds it, so there is no false negative. CPython scans at about a nanosecond a byte and question: so one byte that
clean catalogs rarely hold (`=`, `@`, `%`, a backslash) decides whether a question is asked, words are found by their
rarest letter (a pattern that begins with one letter is searched with memchr), and keys and encoded text, whatever
their prefix, are one question: is there a long word that nobody would write?
"""

from __future__ import annotations

import re

_KEYS = "access account api auth client encryption master private security shared signing ssh storage subscription"
_KEY_OWNERS = "|".join(f"(?<={owner}key)|(?<={owner}[_\\-. ]key)" for owner in _KEYS.split())
# Each is found by its first byte, in lower-cased text: `pwd`, `token` and `api_key`, `authorization`.
_BY_LETTER = (
    re.compile(rb"w(?<=pw)d"),
    re.compile(rf"k(?:en(?<=token)|ey(?:{_KEY_OWNERS}))".encode()),
    re.compile(rb"z(?<=authoriz)"),
)
_WORDS = (b"secret", b"credential", b"astracs", b"identified")
_PASS = re.compile(rb"pass(?:w|phrase|code|[^a-z])")
_ESCAPED = re.compile(rb"\\u00[2-7]")
_PERCENT = re.compile(rb"%[0-9a-f]{2}")
# What hides a secret only together with `=`: signatures, connection strings.
_BESIDE_EQUALS = re.compile(rb"sig|sas|conn(?:ection)?[_\-. ]?str|fs\.azure")
# A URL's user and password are shorter than this, in bytes of escaped JSON.
_AUTHORITY = 8192

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_IN_WORD = bytes(120 if byte in _LETTERS or byte in b"0123456789" else 32 for byte in range(256))
_LONG = b"x" * 16


def might_hold_credentials(raw: bytes) -> bool:
    """Say whether the redactor could change any string in these bytes; False is always right.

    Args:
        raw: UTF-8 text, or JSON in any escaping: one record, or a page of them.
    """
    lower = raw.lower()
    return (
        any(word in lower for word in _WORDS)
        or _PASS.search(lower) is not None
        or any(pattern.search(lower) for pattern in _BY_LETTER)
        or (b"\\" in raw and _ESCAPED.search(raw) is not None)
        or (b"%" in raw and _PERCENT.search(lower) is not None)
        or (b"=" in raw and _BESIDE_EQUALS.search(lower) is not None)
        or (b"@" in raw and _has_authority(raw))
        or _has_odd_word(raw)
    )


def _has_authority(raw: bytes) -> bool:
    """Say whether an `@` stands behind a `:` or `/` with neither a quote nor a space between: no e-mail address."""
    at = raw.find(b"@")
    while at >= 0:
        begin = max(0, at - _AUTHORITY)
        begin = max(begin, raw.rfind(b'"', begin, at), raw.rfind(b" ", begin, at))
        if raw.find(b":", begin, at) >= 0 or raw.find(b"/", begin, at) >= 0:
            return True
        at = raw.find(b"@", at + 1)
    return False


def _has_odd_word(raw: bytes) -> bool:
    """Say whether a word of 16 or more holds a digit, or more capitals than camel case has."""
    words = raw.translate(_IN_WORD)
    start = words.find(_LONG)
    while start >= 0:
        end = words.find(b" ", start)
        word = raw[start : end if end >= 0 else len(raw)]
        if not word.isalpha() or 3 * len(word.translate(None, _LETTERS[26:])) > len(word):
            return True
        start = words.find(_LONG, start + len(word))
    return False
