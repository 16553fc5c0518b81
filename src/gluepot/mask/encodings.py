r"""Text inside text: percent-encoded, backslash-escaped (JSON in strings, `\uXXXX`), HTML's entities, and base64.

A `View` is decoded text that knows where each of its characters came from, so that what is found in it can be
replaced in the original and all else stays to the letter.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PERCENT = re.compile(
    r"%(?:[Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f])%[89ABab][0-9A-Fa-f]|%[Ee][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){2}"
    r"|%[0-9A-Fa-f]{2}"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_STRING = re.compile(r'"((?:[^"\\]|\\.){16,}+)"', re.DOTALL)
_DOUBLED = re.compile(r"''")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
# A line break inside base64 (MIME) joins lines that are base64 all through.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}+(?:\r?\n[A-Za-z0-9+/_-]{16,}+)*+(?:\r?\n[A-Za-z0-9+/_-]{1,15}+)?+={0,2}+")
_PIECE = re.compile(r"[A-Za-z0-9]{16,}+={0,2}+")


# The prefilter looks for such a run: base64 of what can be read has one, but for text full of `?`, `>` and `~`.
_UNBROKEN = re.compile(r"[A-Za-z0-9]{16}")


class View(NamedTuple):
    """Decoded text; its character `at[i]` begins at `source[i]` of the original, and so on one to one to `at[i+1]`."""

    text: str
    at: list[int]
    source: list[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Translate a span of the decoded text into the original's."""
        return self._original(start), self._original(end - 1, after=True)

    def _original(self, position: int, *, after: bool = False) -> int:
        row = bisect_right(self.at, position) - 1
        if after and row + 1 < len(self.at) and self.at[row + 1] == position + 1:
            return self.source[row + 1]
        return self.source[row] + position - self.at[row] + after


def _view(text: str, pattern: re.Pattern[str], decode: Callable[[re.Match[str]], str]) -> View | None:
    parts: list[str] = []
    at, source = [0], [0]
    size = end = 0
    for match in pattern.finditer(text):
        parts += (text[end : match.start()], decode(match))
        size += match.start() - end + 1
        end = match.end()
        at += (size - 1, size)
        source += (match.start(), end)
    if not parts:
        return None
    return View("".join((*parts, text[end:])), at, source)


def _unpercent(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match[0].replace("%", ""))
    return chr(raw[0]) if len(raw) == 1 else raw.decode(errors="replace")[0]


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _CONTROL.get(match[2], match[2])


def _unentity(match: re.Match[str]) -> str:
    """Decode one entity; what is none in HTML stays as it is."""
    return html.unescape(match[0])


def views(text: str) -> Iterator[View]:
    """Yield the text with each of its encodings undone, one level of it: percent, backslashes, HTML's entities."""
    for mark, pattern, decode in (("%", _PERCENT, _unpercent), ("\\", _ESCAPE, _unescape), ("&", _ENTITY, _unentity)):
        view = _view(text, pattern, decode) if mark in text else None
        if view is not None:
            yield view


def members(text: str) -> Iterator[tuple[int, View]]:
    """Yield the longer strings of JSON, names and values, and where each begins; nothing for other text."""
    if text.lstrip()[:1] not in {"{", "["}:
        return
    for string in _STRING.finditer(text):
        yield string.start(1), _view(string[1], _ESCAPE, _unescape) or View(string[1], [0], [0])


def undoubled(text: str) -> View | None:
    """Give what a literal of SQL says where it doubles its quotes; None where it does not."""
    return _view(text, _DOUBLED, lambda _: "'") if "''" in text else None


class Encoded(NamedTuple):
    """A stretch of base64 that is text: where it stands, what it says, and how to write it again."""

    start: int
    end: int
    text: str
    encode: Callable[[str], str]


def base64_texts(text: str) -> Iterator[Encoded]:
    """Yield what is base64 of UTF-8 text: each whole run, or its parts between `/`, `+`, `-` and `_`."""
    for run in _BASE64.finditer(text):
        if _UNBROKEN.search(run[0]) is None:
            continue
        whole = _decode(run.start(), run[0])
        if whole is not None:
            yield whole
            continue
        for piece in _PIECE.finditer(run[0]):
            part = _decode(run.start() + piece.start(), piece[0])
            if part is not None:
                yield part


def _decode(start: int, token: str) -> Encoded | None:
    url_safe = "-" in token or "_" in token
    digits = re.sub(r"[\r\n=]", "", token).translate({45: "+", 95: "/"})
    try:
        decoded = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not decoded.isprintable() and re.search(r"[\x00-\x08\x0e-\x1f\x7f]", decoded):
        return None

    def encode(value: str) -> str:
        raw = value.encode()
        out = (base64.urlsafe_b64encode(raw) if url_safe else base64.b64encode(raw)).decode()
        return out if token.endswith("=") or len(token) % 4 == 0 else out.rstrip("=")

    return Encoded(start, start + len(token), decoded, encode)
