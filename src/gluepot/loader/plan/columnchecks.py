"""What a table's section says of its columns, held against the columns that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError
from gluepot.lake.types import typemap
from gluepot.lake.types.names import is_legal
from gluepot.lake.types.typetext import parse
from gluepot.text import offered

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Column, Table
    from gluepot.loader.core.planfile import TableSection
    from gluepot.loader.plan.refusal import Findings

LEGAL: Final = "lower-case letters, digits and _, 255 bytes at most"
KEYS: Final = {"partition_key", "clustering"}

MULTI_CELL: Final = {"list", "set", "map", "udt"}
"""Types that, unless frozen, hold a cell for each element, and so have no one time to live."""


def check(source: Table, section: TableSection, found: Findings, times: frozenset[str] = frozenset()) -> None:
    """Note every column that a section names and the table does not have, and what cannot be asked of others.

    Args:
        source: The table in Cassandra.
        section: Its section of the plan file.
        found: Takes what is wrong.
        times: Columns of write times and times to live, which have types and policies too.
    """
    checks = _Check(source, section, found, times)
    checks.names()
    checks.times()
    checks.expiry()
    checks.dropped()
    checks.derived()


def checked_choice(source: Table, column: Column, section: TableSection, found: Findings) -> tuple[str, str]:
    """Give what a section chooses for a column: its type, and its policy, `error` or `null`.

    The policies `string` and `decimal(p,s)` choose a type that holds what the usual one does not, so they are types.

    Returns:
        What `typemap.lake_type` takes as a choice; empty where there is none, or none that fits. And the policy.
    """
    choice = section.types.get(column.name, "")
    policy = section.policy.get(column.name, "error")
    is_cast = column.name in section.cast

    def refuse(what: str, hint: str) -> None:
        found.refuse(source.name, what, hint)

    if policy not in {"error", "null"}:
        if policy != "string" and not policy.startswith("decimal"):
            refuse(f"policy of {column.name} is {policy!r}", 'write "error", "null", "string" or "decimal(p,s)"')
        elif choice and _plain(choice) != _plain(policy):
            refuse(f"{column.name} has type {choice!r} and policy {policy!r}", "both choose a type: keep one of them")
        else:
            choice = policy
        policy = "error"
    elif policy == "null" and not is_cast and not typemap.is_limited(column.type):
        refuse(f"policy names {column.name}, a {column.type}, whose values all fit", "leave it out")
    if choice and is_cast:
        refuse(f"{column.name} has a type ({choice}) and a cast", "the cast makes its type: leave the other out")
        return "", policy
    wrong = _misfit(column, choice) if choice else None
    if wrong:
        refuse(*wrong)
    return "" if wrong else choice, policy


def _plain(choice: str) -> str:
    return "".join(choice.split())


def _misfit(column: Column, choice: str) -> tuple[str, str] | None:
    """Say why a choice is none for a column, and what to do; None where it is one."""
    numbers = typemap.holds(column.type, "decimal") or typemap.holds(column.type, "varint")
    times = typemap.holds(column.type, "timestamp") or typemap.holds(column.type, "date")
    allowed = [*(['"decimal(p,s)"'] if numbers else []), *(['"long"'] if times else []), '"string"']
    if not (numbers or times):
        hint = f"leave it out; cast.{column.name} makes another type of it"
        return f"types names {column.name}, a {column.type}, which the lake holds as it is", hint
    hint = f"a {column.type} becomes {' or '.join(allowed)}"
    if choice == "string" or (choice == "long" and times):
        return None
    try:
        kind = parse(choice)
    except ConfigError as error:
        return f"types of {column.name}: {error}", hint
    fits = kind.name == "decimal" and numbers
    return None if fits else (f"types of {column.name}: {choice!r} is no choice for it", hint)


class _Check:
    """Checks one section; each method one kind of thing."""

    def __init__(self, source: Table, section: TableSection, found: Findings, times: frozenset[str]) -> None:
        self._source = source
        self._times = times
        self._section = section
        self._found = found
        self._known = {column.name: column for column in source.columns}

    def names(self) -> None:
        """Every key that names columns names ones that are there."""
        section = self._section
        made = {*section.derive, *self._times}
        for key, named in (
            ("rename", section.rename),
            ("cast", section.cast),
            ("drop", section.drop),
            ("types", [name for name in section.types if name not in self._times]),
            ("masked", section.masked),
            ("policy", [name for name in section.policy if name not in made]),
            ("writetime", section.writetime),
            ("ttl", section.ttl),
        ):
            for name in named:
                if name not in self._known:
                    self._refuse(f"{key} names column {name!r}, which is not there", offered(name, self._known))

    def times(self) -> None:
        """Writetimes and times to live are of regular and static columns, and not of counters."""
        for key, named in (("writetime", self._section.writetime), ("ttl", self._section.ttl)):
            for name in named:
                if name in self._known:
                    self._time(key, self._known[name])
        if self._section.ttl or self._section.expires_at:
            self._found.note(
                f"{self._source.name}: times to live are what is left when a row is read, "
                "so a second reading differs by the time between"
            )

    def _time(self, key: str, column: Column) -> None:
        hint = "CQL tells these of regular and static columns, and of no counters"
        if column.kind in KEYS:
            self._refuse(f"key column {column.name} has no {key}", hint)
        elif column.type.name == "counter":
            self._refuse(f"counter {column.name} has no {key}", hint)
        elif key == "ttl" and _is_multi_cell(column):
            self._refuse(
                f"{column.name} is a {column.type}, with a time to live for each element",
                "leave it out; its writetime, the latest of its elements, can be loaded",
            )

    def expiry(self) -> None:
        """Something that can expire says when a row does."""
        asked = self._section.expires_at
        if isinstance(asked, str):
            if asked not in self._known:
                self._refuse(f"expires_at names column {asked!r}, which is not there", offered(asked, self._known))
            elif not _can_expire(self._known[asked]):
                kind = "key column" if self._known[asked].kind in KEYS else str(self._known[asked].type)
                self._refuse(f"expires_at names {asked}, a {kind}, which has no time to live", _WHO)
        elif asked and not any(_can_expire(column) for column in self._source.of_kind("regular")):
            self._refuse("expires_at is asked for, and no column has a time to live", _WHO)

    def dropped(self) -> None:
        """Dropped columns: keys are missed by verify, and what else is said of one says nothing."""
        section = self._section
        for name in section.drop:
            if name not in self._known:
                continue
            if self._known[name].kind in KEYS:
                consequence = "so verify compares the table as a whole only, and rows may be alike"
                self._found.note(f"{self._source.name}: key column {name} is dropped, {consequence}")
            idle = [key for key in ("rename", "cast", "types", "policy") if name in getattr(section, key)]
            if idle:
                self._found.note(f"{self._source.name}: {name} is dropped, so its {' and '.join(idle)} does nothing")

    def derived(self) -> None:
        """Derived columns have names of their own."""
        for name in self._section.derive:
            if not is_legal(name):
                self._refuse(f"derive makes a column {name!r}", LEGAL)
            elif self._section.policy.get(name, "error") not in {"error", "null"}:
                self._refuse(f"policy of derived column {name}", 'write "error" or "null"')

    def _refuse(self, what: str, hint: str) -> None:
        self._found.refuse(self._source.name, what, hint)


_WHO: Final = "name a regular column that is no counter, and no collection unless it is frozen"


def _is_multi_cell(column: Column) -> bool:
    return column.type.name in MULTI_CELL and not column.type.frozen


def _can_expire(column: Column) -> bool:
    return column.kind not in KEYS and column.type.name != "counter" and not _is_multi_cell(column)
