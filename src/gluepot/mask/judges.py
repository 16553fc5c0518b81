"""Whether what stands in a place of its own is a secret: an option of a command, a header, an element of XML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gluepot.mask import shapes
from gluepot.mask.assigned import OF_USERS, Place
from gluepot.mask.encodings import base64_texts

if TYPE_CHECKING:
    Match = re.Match[str]

_MIXED = re.compile(r"(?=.*\d)(?=.*[A-Za-z])", re.DOTALL)
_SETTER = re.compile(
    r"(?:option|options|set|put|add|conf|config|property|parameter|header|with\w*)\s*\Z", re.IGNORECASE
)


def option_value(text: str, match: Match, place: Place) -> bool:
    """Judge what follows an option of a command: `--password x`; a comment of SQL begins with `--` too."""
    value = match[match.lastindex or 0]
    if shapes.is_harmless(value) or place is Place.CODE:
        return False
    if shapes.is_random(value, 8):
        return True
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    weak = shapes.names_key(match[0][: match.start("is") - match.start()])
    return (
        bool(line.strip())
        and match[0].startswith("--")
        and not weak
        and not (shapes.is_said(value) or shapes.is_path(value))
    )


def pair_value(text: str, match: Match, place: Place) -> bool:
    """Judge `("password", "x")`: what is set is a secret, what is listed is not."""
    value = match[match.lastindex or 0]
    if shapes.is_harmless(value) or place is Place.CODE:
        return False
    setter = _SETTER.search(text[max(0, match.start() - 32) : match.start()])
    return bool(setter) or shapes.is_random(value, 8)


def identified_by(text: str, match: Match, place: Place) -> bool:
    """Judge `IDENTIFIED BY x`: a statement about a user, or a sentence about a column."""
    value = match[match.lastindex or 0]
    if shapes.is_harmless(value) or place is Place.CODE:
        return False
    about_user = OF_USERS.search(text[max(0, match.start() - 200) : match.start()])
    return bool(about_user and not shapes.is_said(value)) or shapes.is_random(value, 8)


def header_value(text: str, match: Match, place: Place) -> bool:  # noqa: ARG001 - judges have one form
    """Judge what follows `Authorization:`, with a scheme or without; in JSON a backslash may end it."""
    value = match[match.lastindex or 0].rstrip("\\")
    if shapes.is_harmless(value) or shapes.is_said(value):
        return False
    return match.start("scheme") >= 0 or shapes.is_random(value, 10)


def scheme_value(text: str, match: Match, place: Place) -> bool:  # noqa: ARG001 - judges have one form
    """Judge what follows `Bearer` or `Basic`: a token, or base64 of a user and a password, or a sentence."""
    value = match[match.lastindex or 0]
    return shapes.is_random(value, 16) or any(":" in encoded.text for encoded in base64_texts(value))


def random_value(text: str, match: Match, place: Place) -> bool:  # noqa: ARG001 - judges have one form
    """Judge by the value alone."""
    return shapes.is_random(match[match.lastindex or 0], 16)


def given_value(text: str, match: Match, place: Place) -> bool:  # noqa: ARG001 - judges have one form
    """Judge what stands where nothing but a secret does; a placeholder is none."""
    return not shapes.is_harmless(match[match.lastindex or 0])


def property_value(text: str, match: Match, place: Place) -> bool:  # noqa: ARG001 - judges have one form
    """Judge what stands behind a name and a space: `fs.s3a.secret.key x`, or two words of a sentence."""
    value = match[match.lastindex or 0].rstrip(".:!?")
    return place is Place.FREE and _MIXED.match(value) is not None and shapes.is_random(value, 8)


def unsaid_value(text: str, match: Match, place: Place) -> bool:  # noqa: ARG001 - judges have one form
    """Judge what stands where a secret does, but for a sentence about it."""
    value = match[match.lastindex or 0].strip()
    return not (shapes.is_harmless(value) or shapes.is_said(value) or shapes.is_path(value))


def kept_password(text: str, match: Match, place: Place) -> bool:
    """Judge the last field of a line of .pgpass: a password, or what tells that one stands there."""
    value = match[match.lastindex or 0]
    return unsaid_value(text, match, place) and not (shapes.is_wordy(value) and shapes.names_secret(value))
