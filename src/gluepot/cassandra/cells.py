"""Cells of a raw page as bytes: what a scan needs of its last row, to know where it stands."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.frames import RawPage

_LENGTH: Final = struct.Struct(">i")


def last_row(page: RawPage) -> tuple[bytes | None, ...]:
    """Give the cells of a page's last row as they came; nulls as None.

    Args:
        page: A page with at least one row.
    """
    at = 0
    cells: list[bytes | None] = []
    for _ in range(page.count):
        cells = []
        for _ in page.columns:
            (length,) = _LENGTH.unpack_from(page.rows, at)
            at += _LENGTH.size
            cells.append(None if length < 0 else bytes(page.rows[at : at + length]))
            at += max(length, 0)
    return tuple(cells)


def all_rows(page: RawPage) -> list[tuple[bytes | None, ...]]:
    """Give the cells of every row; for pages of a few columns and rows."""
    at = 0
    rows: list[tuple[bytes | None, ...]] = []
    for _ in range(page.count):
        cells: list[bytes | None] = []
        for _ in page.columns:
            (length,) = _LENGTH.unpack_from(page.rows, at)
            at += _LENGTH.size
            cells.append(None if length < 0 else bytes(page.rows[at : at + length]))
            at += max(length, 0)
        rows.append(tuple(cells))
    return rows


def token_of(key: Sequence[bytes]) -> int:
    """Give the Murmur3 token of a partition key.

    Args:
        key: The key's columns as the protocol encodes them. Several are packed as Cassandra's CompositeType packs
            them: two bytes of length, the bytes, a zero.
    """
    from cassandra.metadata import Murmur3Token  # noqa: PLC0415 - the driver is slow to load

    packed = key[0] if len(key) == 1 else b"".join(struct.pack(">H", len(one)) + one + b"\0" for one in key)
    return int(Murmur3Token.hash_fn(packed))
