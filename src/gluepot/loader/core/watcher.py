"""Who is told how a load gets on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable


class Watcher(Protocol):
    """Who is told how a load gets on; called from several threads."""

    def planned(self, tables: Sequence[PlannedTable], slots: int) -> None:
        """The load begins: its tables, and how many ranges or tasks its engine has at work at a time."""

    def began(self, table: PlannedTable, ranges: int, finished: int) -> None:
        """A table is begun: its ranges, and how many of them an earlier run has finished."""

    def read(self, table: PlannedTable, rows: int, size: int) -> None:
        """A page was staged: its rows, and its bytes as they came from the source."""

    def finished(self, table: PlannedTable, record: RangeRecord) -> None:
        """A range has its record."""

    def ended(self, table: PlannedTable, rows: int, error: str) -> None:
        """A table is committed with so many rows, or has failed with an error."""


class Silent:
    """A watcher that nobody looks at."""

    def planned(self, tables: Sequence[PlannedTable], slots: int) -> None:
        """Say nothing."""

    def began(self, table: PlannedTable, ranges: int, finished: int) -> None:
        """Say nothing."""

    def read(self, table: PlannedTable, rows: int, size: int) -> None:
        """Say nothing."""

    def finished(self, table: PlannedTable, record: RangeRecord) -> None:
        """Say nothing."""

    def ended(self, table: PlannedTable, rows: int, error: str) -> None:
        """Say nothing."""
