"""Opaque page tokens: signed, and good only for the call that they continue."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time

import msgspec

from gluepot_sandbox.aws.answers import RefusalError

SIGNATURE = 16  # bytes; enough that no client guesses one


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where the next page begins: in which segment of the listing, and after which name or number."""

    segment: int = 0
    after: str | int | None = None


class _Token(msgspec.Struct, frozen=True, array_like=True):
    bound: str
    cursor: Cursor
    issued: int  # milliseconds since 1970: a whole number, so that tokens are equally long


def binding(*parts: object) -> str:
    """Digest what a token is bound to: the operation, its parameters, the account and the region."""
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=12).hexdigest()


def seal(key: bytes, bound: str, cursor: Cursor) -> str:
    """Turn a cursor into a token."""
    body = msgspec.json.encode(_Token(bound, cursor, int(time.time() * 1000)))
    return base64.b64encode(_sign(key, body) + body).decode()


def unseal(key: bytes, bound: str, token: str, life: float | None) -> Cursor:
    """Read a token back.

    Args:
        key: The emulator's own.
        bound: What the call at hand would bind a token to.
        token: As the client sent it.
        life: Seconds that a token lives; None for no end.

    Raises:
        RefusalError: It is broken, belongs to another call, or is too old.
    """
    try:
        sealed = base64.b64decode(token, validate=True)
        signature, body = sealed[:SIGNATURE], sealed[SIGNATURE:]
        opened = msgspec.json.decode(body, type=_Token) if hmac.compare_digest(_sign(key, body), signature) else None
    except (binascii.Error, ValueError):
        opened = None
    if opened is None or opened.bound != bound:
        raise RefusalError("InvalidInputException", "Invalid pagination token")
    if life is not None and time.time() * 1000 > opened.issued + life * 1000:
        raise RefusalError("InvalidInputException", "Pagination token has expired")
    return opened.cursor


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:SIGNATURE]
