"""Cells of a raw page as bytes: what a scan needs of its last row, to know where it stands."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING, Final

from gluepot.cassandra.cql import MIN_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.cassandra.cql import Column
    from gluepot.cassandra.frames import RawPage

_LENGTH: Final = struct.Struct(">i")


def rows_of(page: RawPage) -> Iterator[tuple[bytes | None, ...]]:
    """Give the cells of every row as they came; nulls as None. It is slow: for single pages only."""
    at = 0
    for _ in range(page.count):
        cells: list[bytes | None] = []
        for _ in page.columns:
            (length,) = _LENGTH.unpack_from(page.rows, at)
            at += _LENGTH.size
            cells.append(None if length < 0 else bytes(page.rows[at : at + length]))
            at += max(length, 0)
        yield tuple(cells)


def first_row(page: RawPage) -> tuple[bytes | None, ...]:
    """Give the cells of a page's first row.

    Args:
        page: A page with at least one row.
    """
    return next(rows_of(page))


def last_row(page: RawPage) -> tuple[bytes | None, ...]:
    """Give the cells of a page's last row.

    Args:
        page: A page with at least one row.
    """
    return deque(rows_of(page), maxlen=1)[0]


def packed(key: Sequence[bytes]) -> bytes:
    """Pack a partition key as Cassandra does, which orders partitions of the same token by these bytes.

    Args:
        key: The key's columns as the protocol encodes them. Several are packed as Cassandra's CompositeType packs
            them: two bytes of length, the bytes, a zero.
    """
    if len(key) == 1:
        return key[0]
    return b"".join(struct.pack(">H", len(cell)) + cell + b"\0" for cell in key)


def token_of(key: Sequence[bytes]) -> int:
    """Give the Murmur3 token of a partition key; that of an empty one is the least there is.

    https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/dht/Murmur3Partitioner.java
    """
    from cassandra.metadata import Murmur3Token  # noqa: PLC0415 - the driver is slow to load

    found = packed(key)
    return int(Murmur3Token.hash_fn(found)) if found else MIN_TOKEN


def number(cell: bytes | None) -> int:
    """Read a bigint, as a token is one."""
    return int.from_bytes(cell or b"", "big", signed=True)


def shown(columns: Sequence[Column], key: Sequence[bytes]) -> str:
    """Write a key for people: text and whole numbers as such, the rest in hexadecimal."""
    return ", ".join(
        f"{column.name}={_cell(cell, column.type.name)}" for column, cell in zip(columns, key, strict=True)
    )


def _cell(cell: bytes, kind: str) -> str:
    if kind in {"text", "ascii"}:
        return repr(cell.decode("utf-8", "replace"))
    if kind in {"tinyint", "smallint", "int", "bigint", "varint"}:
        return str(int.from_bytes(cell, "big", signed=True))
    return f"0x{cell.hex()}"
