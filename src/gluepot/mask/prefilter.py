r"""Whether bytes might hold a credential at all: the cheap question in front of the redactor.

The redactor asks it of each string before it looks for anything, and whatever is said of a string is also said of JSON
that holds it, so there is no false negative. It lies on the hot path, and CPython needs about half a nanosecond per
byte and question, hence three ways to ask little:

- Bytes that clean catalogs rarely hold (`%`, `=`, `@`, a backslash) decide whether a question is asked; one byte is
  found with memchr, which costs nothing.
- Words are found by their rarest letter. Case is folded, and `w`, `k` and `z` become one byte, in one pass; then one
  pattern that begins with that byte finds pwd, token, api_key and authorization.
- Keys and base64, whatever their prefix, are one question: a long word with a digit before a letter. Digits become one
  byte in the same pass.
"""

from __future__ import annotations

import re

_KEYS = "access account api auth client encryption master private security shared signing ssh storage subscription"
_RARE, _DIGIT = 1, 2
_LONG = 16
_DIGITS = b"0123456789"
_UPPER, _LOWER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_WORD = _UPPER + _LOWER + _DIGITS
_FOLD = bytes.maketrans(_UPPER + b"\1\2", _LOWER + b"\0\0").translate(
    bytes.maketrans(b"wkz" + _DIGITS, bytes([_RARE] * 3 + [_DIGIT] * 10))
)


def _folded(word: str) -> str:
    return word.encode().translate(_FOLD).decode()


def _key_after(owner: str) -> str:
    return rf"(?<={_folded(owner)}\x01ey)|(?<={_folded(owner)}[_\-. ]\x01ey)"


_LETTER, _ALNUM, _HALF = r"[\x01a-z]", r"[\x01\x02a-z]", _LONG // 2
# A pattern must begin with one literal byte, or CPython tries it at each.
_BY_RARE = re.compile(
    (
        r"\x01(?:d(?<=p\x01d)|en(?<=to\x01en)|ia(?<=a\x01ia)|ation(?<=authori\x01ation)"
        rf"|ey(?:{'|'.join(map(_key_after, _KEYS.split()))}))"
    ).encode()
)
# A digit before a letter in a long word: half of the word stands on one side of it.
_BY_DIGIT = re.compile(rf"\x02{_LETTER}(?:{_ALNUM}{{{_HALF - 2}}}|(?<={_ALNUM}{{{_HALF}}}\x02{_LETTER}))".encode())
_WORDS = tuple(_folded(word).encode() for word in ("secret", "astracs"))
_PASS = re.compile(rb"pass(?:\x01|phrase|code|[^a-z])")
_ESCAPED = re.compile(rb"\\u00[2-7]")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
# What hides a secret only together with `=`: signatures, connection strings.
_BESIDE_EQUALS = re.compile(rb"sig|sas|conn(?:ection)?[_\-. ]?str|fs\.a\x01ure")
# A URL's user and password are shorter than this, in bytes of escaped JSON.
_AUTHORITY = 8192


def might_hold_credentials(raw: bytes) -> bool:
    """Say whether the redactor could change any string in these bytes; False is always right.

    Args:
        raw: JSON in any escaping: one record, or a page of them.
    """
    text = raw.translate(_FOLD)
    return (
        any(word in text for word in _WORDS)
        or _PASS.search(text) is not None
        or (b"\\" in raw and _ESCAPED.search(raw) is not None)
        or (b"%" in raw and _PERCENT.search(raw) is not None)
        or (b"=" in raw and _BESIDE_EQUALS.search(text) is not None)
        or ((b"'" in raw or b"\\" in raw) and b"identified" in text)
        or (b"@" in raw and _has_authority(raw))
        or _BY_RARE.search(text) is not None
        or any(_in_long_word(raw, found.start()) for found in _BY_DIGIT.finditer(text))
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


def _in_long_word(raw: bytes, digit: int) -> bool:
    before, after = raw[max(0, digit - _LONG) : digit], raw[digit : digit + _LONG]
    return len(before) - len(before.rstrip(_WORD)) + len(after) - len(after.lstrip(_WORD)) >= _LONG
