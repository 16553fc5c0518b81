"""The proof of a range: rows and checksum of each of its parts, taken while it is staged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.plan.records import Part

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Range


class Proof:
    """Adds up rows and checksums of one range, and closes a part wherever the reader had to cut.

    Args:
        token_range: The range that is read.
    """

    def __init__(self, token_range: Range) -> None:
        self._range = token_range
        self._start = token_range.start
        self._rows = 0
        self._checksum = 0
        self._parts: list[Part] = []

    def add(self, rows: int, checksum: int) -> None:
        """Add a batch: its rows, and the exact sum of their hashes."""
        self._rows += rows
        self._checksum += checksum

    def cut(self, token: int) -> None:
        """Close the part that ends at `token`; a cut at a token that is closed already says nothing new."""
        if not self._start < token < self._range.end:
            return
        self._close(token)

    def parts(self) -> tuple[Part, ...]:
        """Close the last part and give all of them: they cover the range, in order, without gaps."""
        self._close(self._range.end)
        return tuple(self._parts)

    def _close(self, end: int) -> None:
        self._parts.append(Part(start=self._start, end=end, rows=self._rows, checksum=self._checksum))
        self._start, self._rows, self._checksum = end, 0, 0
