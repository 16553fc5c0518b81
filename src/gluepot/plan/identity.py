"""Load ids: under which load each table of a run is staged.

A run has one id for all the tables that it begins. A table whose newest load was cut short is finished under the id of
that load, if its plan is still the same and what was read is not too old to be part of one snapshot with what is read
now. A committed load is never taken for today's: its rows are those of another time. Only who names a load by its id
asks for exactly that one, and finds a table kept that is committed in it.

A run that died is no run that ended: what it has committed is kept by the next one, which finishes the rest and ends
both. Otherwise a run that died after a commit would add its rows twice.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from gluepot.errors import ConfigError
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

How = Literal["fresh", "resumed", "kept"]
"""Whether a table is read from its beginning, on from where a load was cut short, or not at all."""

HOURS = 20.0
"""Hours after which what was staged of a table is not finished any more: less than lies between two days' runs."""


@dataclass(frozen=True, slots=True)
class Latest:
    """A load of a table, as its records say.

    Args:
        load_id: Its id.
        digest: Of its plan.
        is_done: Whether it is committed.
        began: When it began, ISO 8601 in UTC.
        last: When it was committed; else when its last range was finished; when it began, before the first.
        finished: Ranges that are finished; 0 where it is committed and nobody counted.
        conflict: Why it cannot be committed any more; empty where nothing stands against it.
        run: The run that committed it or is to, where that has not come to its end; empty where it has.
        is_cut_short: Whether it is committed, and its run died after that.
        adds: Whether it adds rows to those before.
        together: The tables that its run means to load.
    """

    load_id: str
    digest: str
    is_done: bool
    began: str = ""
    last: datetime | None = None
    finished: int = 0
    conflict: str = ""
    run: str = ""
    is_cut_short: bool = False
    adds: bool = False
    together: frozenset[str] = frozenset()


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
        run: The run that somebody has chosen with them.
        resume: Whether a load that was cut short is finished: True refuses where it is too old, None begins anew there.
        hours: Hours after which it is too old.
        now: The time.
    """

    load_id: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a run does.

    Args:
        run: Its id, which is that of the run that it finishes, where there is one.
        loads: Under which load each table is staged.
    """

    run: str
    loads: tuple[Choice, ...]


def age(load_id: str) -> tuple[str, int]:
    """Give what load ids are ordered by: the run, then the number of the load in it."""
    run, _, number = load_id.partition(".")
    return run, int(number) if number.isdecimal() else 1


def new_id() -> str:
    """Make a load id: it sorts by time, and no two processes make the same."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def choose(asked: Sequence[Asked], fresh: str, rule: Rule) -> Chosen:
    """Choose the load of each table, and the run that they are loaded in.

    Args:
        asked: The tables.
        fresh: The id of a new load, and of a new run.
        rule: What is asked for.

    Raises:
        ConfigError: Some cannot be finished as it is asked; all of them are named.
    """
    wrong = [why for table in asked if (why := _refused(table, rule))]
    if wrong:
        count = counted(len(wrong), "table")
        hint = "run it with --no-resume: these are read from their beginning; limits.resume_hours allows older ones"
        raise ConfigError(f"the load of {count} cannot be finished", "".join(f"\n  - {why}" for why in wrong), hint)
    found = [_taken_up(table, rule) for table in asked]
    taken = [table.latest for table, choice in zip(asked, found, strict=True) if choice.load_id and table.latest]
    run = rule.run or max({one.run for one in taken} - {""}, key=age, default=fresh)
    meant = frozenset().union(*(one.together for one in taken if one.run == run))
    loads = (
        choice if choice.load_id else replace(choice, load_id=run if _is_due(table, run, meant) else fresh)
        for table, choice in zip(asked, found, strict=True)
    )
    return Chosen(run=run, loads=tuple(loads))


def _is_due(asked: Asked, run: str, meant: frozenset[str]) -> bool:
    """Say whether a run has meant to load a table that it has not begun: who else finishes that joins it."""
    return asked.name in meant and (asked.latest is None or age(run) > age(asked.latest.load_id))


def _refused(asked: Asked, rule: Rule) -> str:
    """Say why a load must not be joined; empty where nothing is wrong with it."""
    there, named = asked.latest, rule.named(asked.name)
    if there is None:
        return ""
    if named and rule.resume is False and not rule.ids:
        return f"{asked.name}: load {named} is there already, begun at {there.began}, and another is asked for"
    if there.is_done and (named or not (there.is_cut_short and there.adds)):
        return ""
    if named and there.digest != asked.digest:
        return f"{asked.name}: load {named}, begun at {there.began}, is of another plan than today's"
    joins = (bool(named) or rule.resume is True) and asked.name not in rule.ids
    why = _hindrance(asked, there, rule) if joins and there.digest == asked.digest else ""
    return f"{asked.name}: {why}" if why else ""


def _taken_up(asked: Asked, rule: Rule) -> Choice:
    """Choose the load that a table goes on in; one without an id where it is read from its beginning."""
    there, named = asked.latest, rule.named(asked.name)
    if there is None or (not named and (rule.resume is False or (there.is_done and not there.is_cut_short))):
        return Choice(load_id=named)
    why = "" if named else _hindrance(asked, there, rule)
    if why:
        return Choice(load_id="", told=f"{why}: {_anew(there)}" if there.finished or there.is_done else "")
    if there.is_done:
        return Choice(load_id=there.load_id, how="kept", told=_kept(there))
    return Choice(load_id=there.load_id, how="resumed" if there.finished else "fresh", told=_resumed(there))


def _hindrance(asked: Asked, there: Latest, rule: Rule) -> str:
    """Say why a load that was cut short, or its run, cannot be finished; empty where it can."""
    cut = f"load {there.load_id}, begun at {there.began}, was cut short"
    if there.is_done:
        cut += f" after its commit at {_time(there.last)}"
    if there.digest != asked.digest:
        return f"{cut} under another plan than today's"
    if there.conflict:
        return f"{cut}, and {there.conflict}"
    if there.last is not None and rule.now - there.last > timedelta(hours=rule.hours):
        past = f"more than {rule.hours:g} hours ago"
        return (
            f"{cut}{'' if there.is_done else f', and its last token range was finished at {_time(there.last)}'}, {past}"
        )
    return ""


def _anew(there: Latest) -> str:
    if there.is_done and there.adds:
        return "the table's rows are added once more"
    return "the table is read from its beginning"


def _kept(there: Latest) -> str:
    if not there.is_cut_short:
        return f"load {there.load_id} is committed: it is kept as it is"
    way = "its rows are not added once more" if there.adds else "it is not read again"
    return (
        f"load {there.load_id}, begun at {there.began}, was cut short after its commit at {_time(there.last)}: the "
        f"table is kept as it is, {way}; --no-resume loads it all the same"
    )


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
