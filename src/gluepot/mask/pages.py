"""Whole pages of tables looked over for credentials, remembering what was clean before.

Columns repeat from table to table, so most of a page has been seen. A page is cut before each column;
only the pieces that are new are searched. No JSON string reaches over a cut (its quotes would have to
be escaped), and the redactor looks at one string at a time, so the answer is that for the whole page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CUT = b'{"Name":"'
"""Where Glue's JSON begins a column or a table."""

REMEMBERED = 20_000
"""Pieces of about a hundred bytes that are remembered."""


class Pages:
    """Looks pages over; for one thread.

    Args:
        might_hold: Says whether bytes might hold a credential; False is always right.
    """

    def __init__(self, might_hold: Callable[[bytes], bool]) -> None:
        self._might_hold = might_hold
        self._clean: set[bytes] = set()

    def might_hold(self, page: bytes) -> bool:
        """Say whether a page might hold a credential; False is always right."""
        new = set(page.split(CUT)) - self._clean
        # a quote between them, so that no two pieces make a word that neither holds
        if self._might_hold(b'"'.join(new)):
            return True
        if len(self._clean) < REMEMBERED:
            self._clean |= new
        return False
