"""Load ids: under which load each table of a run is staged.

A run has one id for all the tables that it begins. A table whose newest load was cut short is finished under the id of
that load, if its plan is still the same and what was read is not too old to be part of one snapshot with what is read
now. A committed load is never taken for today's: its rows are those of another time. Only who names a load by its id
asks for exactly that one, and finds a table kept that is committed in it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from gluepot.errors import ConfigError
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

How = Literal["fresh", "resumed", "kept"]
"""Whether a table is read from its beginning, on from where a load was cut short, or not at all."""

HOURS = 24.0
"""Hours after which what was staged of a table is not finished any more."""


@dataclass(frozen=True, slots=True)
class Latest:
    """A load of a table, as its records say.

    Args:
        load_id: Its id.
        digest: Of its plan.
        is_done: Whether it is committed.
        began: When it began, ISO 8601 in UTC.
        last: When its last range was finished; when it began, before the first.
        finished: Ranges that are finished; 0 where it is committed and nobody counted.
        conflict: Why it cannot be committed any more; empty where nothing stands against it.
    """

    load_id: str
    digest: str
    is_done: bool
    began: str = ""
    last: datetime | None = None
    finished: int = 0
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A table that is to be loaded.

    Args:
        name: Its name in the catalog.
        digest: Of its plan now.
        latest: Its newest load, or the one that is asked for; None where there is none.
    """

    name: str
    digest: str
    latest: Latest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a run does with loads that were cut short.

    Args:
        load_id: The load to join or to begin, where that is asked for; its age does not matter once it is committed.
        ids: Per table, by its name, the load that somebody has chosen already; nothing is asked of these.
        resume: Whether a load that was cut short is finished: True refuses where it is too old, None begins anew there.
        hours: Hours after which it is too old.
        now: The time.
    """

    load_id: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    resume: bool | None = None
    hours: float = HOURS
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def named(self, name: str) -> str:
        """Give the load that is asked for, for a table; empty where it is to be found out."""
        return self.ids.get(name) or self.load_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Under which load a table is staged.

    Args:
        load_id: The load.
        how: What becomes of the table in this run.
        told: What there is to say about it; empty where it is simply read from its beginning.
    """

    load_id: str
    how: How = "fresh"
    told: str = ""


def new_id() -> str:
    """Make a load id: it sorts by time, and no two processes make the same."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def choose(asked: Sequence[Asked], fresh: str, rule: Rule) -> list[Choice]:
    """Choose the load of each table.

    Args:
        asked: The tables.
        fresh: The id of a new load.
        rule: What is asked for.

    Raises:
        ConfigError: Some cannot be finished as it is asked; all of them are named.
    """
    wrong = [why for table in asked if (why := _refused(table, rule))]
    if wrong:
        count = counted(len(wrong), "table")
        hint = "run it with --no-resume: these are read from their beginning; limits.resume_hours allows older ones"
        raise ConfigError(f"the load of {count} cannot be finished", "".join(f"\n  - {why}" for why in wrong), hint)
    return [_choice(table, fresh, rule) for table in asked]


def _refused(asked: Asked, rule: Rule) -> str:
    """Say why a load must not be joined; empty where nothing is wrong with it."""
    there, named = asked.latest, rule.named(asked.name)
    if there is None:
        return ""
    if named and rule.resume is False and not rule.ids:
        return f"{asked.name}: load {named} is there already, begun at {there.began}, and another is asked for"
    if there.is_done:
        return ""
    if named and there.digest != asked.digest:
        return f"{asked.name}: load {named}, begun at {there.began}, is of another plan than today's"
    joins = (bool(named) or rule.resume is True) and asked.name not in rule.ids
    why = _hindrance(asked, there, rule) if joins and there.digest == asked.digest else ""
    return f"{asked.name}: {why}" if why else ""


def _choice(asked: Asked, fresh: str, rule: Rule) -> Choice:
    there, named = asked.latest, rule.named(asked.name)
    if there is None or (not named and (there.is_done or rule.resume is False)):
        return Choice(load_id=named or fresh)
    if there.is_done:
        return Choice(load_id=there.load_id, how="kept", told=f"load {there.load_id} is committed: it is kept as it is")
    why = "" if named else _hindrance(asked, there, rule)
    if not why:
        return Choice(load_id=there.load_id, how="resumed" if there.finished else "fresh", told=_resumed(there))
    return Choice(load_id=fresh, told=f"{why}: the table is read from its beginning" if there.finished else "")


def _hindrance(asked: Asked, there: Latest, rule: Rule) -> str:
    """Say why a load that was cut short cannot be finished; empty where it can."""
    cut = f"load {there.load_id}, begun at {there.began}, was cut short"
    if there.digest != asked.digest:
        return f"{cut} under another plan than today's"
    if there.conflict:
        return f"{cut}, and {there.conflict}"
    if there.last is not None and rule.now - there.last > timedelta(hours=rule.hours):
        age = f"more than {rule.hours:g} hours ago"
        return f"{cut}, and its last token range was finished at {_time(there.last)}, {age}"
    return ""


def _resumed(there: Latest) -> str:
    if not there.finished:
        return ""
    ranges = counted(there.finished, "token range")
    return (
        f"finishes load {there.load_id}, begun at {there.began}: {ranges} had been read by {_time(there.last)}, "
        "and are not read again"
    )


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else "an unknown time"
