"""Letters and digits in a row, sixteen and more: tokens of services, and base64 that says something.

Most such runs in a catalog are names of classes and members of JSON, some are hashes. A run matters that has the prefix
of a service (`marks`), or that is text in base64, wherever in it the base64 begins.
"""

from __future__ import annotations

import binascii
import re

from gluepot.mask.marks import MARKS

_LONG = 16
_DIGITS, _LETTERS = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FLAT = bytes(ord("a") if byte in _DIGITS + _LETTERS else ord(" ") for byte in range(256))
_RUN = b"a" * _LONG
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
# `pat`, `SK` and the like begin names as well: of a short prefix the rest is asked for too.
_SHORT = 3
_PREFIXES = {prefix: mark.rest for mark in MARKS if mark.runs for prefix in mark.prefixes}
_BEFORE = tuple(prefix.encode() for prefix in _PREFIXES if not prefix.isalnum())
_ALPHANUMERIC = "|".join(
    re.escape(prefix) + (rest.partition(r"\.")[0] if len(prefix) <= _SHORT else "")
    for prefix, rest in _PREFIXES.items()
    if prefix.isalnum()
)
# Behind a backslash the first letters belong to an escape: `\\nAKIA`, `\\u000aAKIA`.
_WITHIN = re.compile(rf"(?:u[0-9A-Fa-f]{{4}}|[a-z])?(?:eyJ|{_ALPHANUMERIC})".encode())
_LONGEST = max(map(len, _BEFORE))
_JOINTS = {prefix[-1:] for prefix in _BEFORE}
# UTF-8: how much of a character may be cut off, and what marks its further bytes.
_CUT, _HEAD, _TAIL = 3, 0xC0, 0x80
# How many runs are remembered, and how long one may be.
_REMEMBERED, _NAME = 50_000, 128
_wordy: set[bytes] = set()


def holds_secret_run(raw: bytes) -> bool:
    """Say whether one of the long runs in these bytes might be a secret, or hide one; False is always right.

    Args:
        raw: JSON, its strings escaped or not.
    """
    flat = raw.translate(_FLAT)
    begin = flat.find(_RUN)
    while begin >= 0:
        end = flat.find(b" ", begin)
        end = len(raw) if end < 0 else end
        if raw[begin - 1 : begin] in _JOINTS and raw[max(0, begin - _LONGEST) : begin].endswith(_BEFORE):
            return True
        if not _is_wordy(raw[begin:end]):
            return True
        begin = flat.find(_RUN, end)
    return False


def _is_wordy(run: bytes) -> bool:
    """Say whether a run is neither a token nor text in base64; the same few come again and again."""
    if run in _wordy:
        return True
    if _WITHIN.match(run) is not None or any(_is_text(run[i:]) for i in range(4)):
        return False
    if len(_wordy) < _REMEMBERED and len(run) <= _NAME:
        _wordy.add(run)
    return True


def _is_text(digits: bytes) -> bool:
    """Say whether base64 digits are part of UTF-8 text that can be read."""
    decoded = binascii.a2b_base64(digits[: len(digits) // 4 * 4])
    if _CONTROL.search(decoded) is not None:
        return False
    # characters may be cut off at both ends
    begin = next((i for i, byte in enumerate(decoded[:_CUT]) if byte & _HEAD != _TAIL), _CUT)
    try:
        decoded[begin:].decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
