"""Which runs have come to their end. A load is known by its table; that its run ended, by a record of its own.

A run that has died leaves none. The one that finishes it says so in the dead one's place before it ends itself, so that
one record, written once, ends all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.lake.commit import layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.lake.commit.store import Store


class Ends:
    """The ends of runs into one location; what it has read once it does not ask for again.

    Args:
        store: The location that the tables' folders lie in.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, layout.End | None] = {}

    def open_run(self, run: str) -> str:
        """Give the run that has not ended which a run is a part of by now; empty where it has come to its end.

        Raises:
            LakeError: The store does not say.
        """
        seen: set[str] = set()
        while run not in seen:  # two that have taken up each other have both come to their end
            seen.add(run)
            end = self._end(run)
            if end is None:
                return run
            if not end.taken_up:
                break
            run = end.taken_up
        return ""

    def end(self, run: str, taken_up: Iterable[str]) -> None:
        """Record that a run has come to its end, and with it those that it has taken up.

        Raises:
            LakeError: The store did not take it: the run counts as one that died.
        """
        for other in sorted(set(taken_up) - {run, ""}):
            self._store.create(layout.end_key(other), layout.End(taken_up=run))
        self._store.create(layout.end_key(run), layout.End(ended=layout.now()))

    def _end(self, run: str) -> layout.End | None:
        if run not in self._known:
            self._known[run] = self._store.read(layout.end_key(layout.checked_id(run)), layout.End)
        return self._known[run]
