"""What a landing answers: receipts and listings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Verified = Literal["checksum", "content", "size", "unverified (write-only)"]
"""How an object's arrival is known: the service compared SHA-256 on upload; its content was read and compared;
its size was read; or nothing, because the landing lets nothing be read."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One object that is now at the landing.

    Args:
        key: Its key below the landing's prefix.
        bytes: Its size.
        sha256: Hex digest of what was sent.
        sent: False where an equal object was there before.
        verified: How its arrival is known.
    """

    key: str
    bytes: int
    sha256: str
    sent: bool
    verified: Verified


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One object of a listing.

    Args:
        key: Its key below the landing's prefix.
        bytes: Its size.
        modified: When the store got it; None where that was not asked.
    """

    key: str
    bytes: int
    modified: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Version:
    """One object as it was read, for a write that happens only while it is still that one.

    Args:
        body: Its content.
        tag: What tells this version from every other: the store's ETag.
        modified: When it was written, by the store's clock.
    """

    body: bytes
    tag: str
    modified: datetime
