"""The tables of one database that a complete listing lacks: each is asked after, and then judged."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from gluepot.collector.extract.manifest import Problem
from gluepot.collector.generation import HIDDEN, MISSING_ONCE, VISIBLE
from gluepot.errors import DeniedError, VanishedError
from gluepot.glue.records import NOT_VISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gluepot.collector.context import Ask
    from gluepot.collector.generation import StoredTable
    from gluepot.collector.notes import DatabaseNotes
    from gluepot.errors import ScopeError

SMALL = 10
"""In a database of up to this many tables, any number may vanish on the evidence of listings."""


class AbsentTables:
    """Looks into every table that was there before and is not listed any more.

    Args:
        notes: Where it is noted what becomes of them.
        ask: Asks GetTable.
        unread: Names of tables that were listed and could not be read; "" stands for any.
        governed: Whether Lake Formation may hide tables of the database.
        done: Called when nothing is open any more.
    """

    def __init__(
        self, notes: DatabaseNotes, ask: Ask, unread: Collection[str], *, governed: bool, done: Callable[[], None]
    ) -> None:
        self._notes, self._ask, self._unread, self._governed, self._done = notes, ask, unread, governed, done
        self._open_questions = 0
        self._denied: list[StoredTable] = []

    def look(self) -> None:
        """Ask after each of them; answers come later."""
        context, place = self._notes.context, self._notes.place
        self._open_questions = 1
        for old in self._notes.old_tables():
            if context.after.has_table(self._notes.id, old.name):
                continue
            if not context.config.tables.matches(old.name, database=place.database):
                context.left.tables += old.state == VISIBLE
                self._notes.keep(old)
            elif old.name in self._unread:
                self._notes.keep(old)
            else:
                self._open_questions += 1
                self._ask(place, old.name, functools.partial(self._answered, old))
        self._question_closed()

    def _answered(self, old: StoredTable, error: ScopeError | None) -> None:
        """Hear what GetTable said of a table that the listing lacks."""
        notes = self._notes
        if error is None:
            message = f"the table {old.name} was not listed, but GetTable finds it; it is kept as it was"
            notes.report.warn(notes.place.label, message)
            notes.keep(old)
        elif isinstance(error, VanishedError):
            notes.gone(old, "GetTable")
        elif isinstance(error, DeniedError):
            self._denied.append(old)
        else:
            notes.report.failed(f"{notes.place.label}, table {old.name}", error)
            notes.entry.failed += 1
            notes.keep(old)
        self._question_closed()

    def _question_closed(self) -> None:
        self._open_questions -= 1
        if self._open_questions == 0:
            self._judge_denied()
            self._done()

    def _judge_denied(self) -> None:
        """Decide on listings alone, where GetTable may not be called."""
        # a record without a name may be any of them
        gone = [] if "" in self._unread else self._believed_gone()
        names = {old.name for old in gone}
        for old in self._denied:
            if old.name in names:
                self._notes.gone(old, "listing")
            elif old.state == VISIBLE and "" not in self._unread:
                self._hide(old)
            else:
                self._notes.keep(old)

    def _believed_gone(self) -> list[StoredTable]:
        """List what two listings lack, unless that is more than half of a database."""
        gone = [old for old in self._denied if old.state == MISSING_ONCE and not self._governed]
        total = self._notes.entry.read + len(self._denied)
        if total > SMALL and len(gone) * 2 > total:
            self._hold_back(gone, total)
            return []
        return gone

    def _hold_back(self, gone: list[StoredTable], total: int) -> None:
        notes = self._notes
        notes.entry.held_back = len(gone)
        names = ", ".join(old.name for old in gone[:5]) + (", ..." if len(gone) > 5 else "")  # noqa: PLR2004 - a taste
        notes.report.problem(
            Problem(
                where=notes.place.label,
                reason="held back",
                message=f"{len(gone)} of {total} tables are absent from two listings and are not reported as deleted: "
                f"{names}. More than half of a database is not believed on listings alone",
                action="glue:GetTable",
                resource=f"{notes.place.id.replace(':database/', ':table/')}/*",
            )
        )

    def _hide(self, old: StoredTable) -> None:
        """Report a table that is absent, and may be hidden or gone."""
        self._notes.entry.not_visible += 1
        self._notes.event(old, NOT_VISIBLE, "listing")
        self._notes.keep(old, HIDDEN if self._governed else MISSING_ONCE)
