"""The lake columns of one table, from its columns and its section of the plan file."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError
from gluepot.lake import typemap
from gluepot.lake.names import is_legal, lake_names
from gluepot.loading.plan import PlannedColumn
from gluepot.loading.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gluepot.cassandra.cql import Column, Table
    from gluepot.loading.planfile import TableSection
    from gluepot.loading.refusal import Found
    from gluepot.loading.sampling import Samples

MULTI_CELL: Final = frozenset({"list", "set", "map", "udt"})


class Columns:
    """Plans the columns of one table; what is wrong is noted, and planning goes on.

    Args:
        source: The table in Cassandra.
        section: Its section of the plan file.
        samples: What was sampled of it.
        found: Takes what is wrong.
    """

    def __init__(self, source: Table, section: TableSection, samples: Samples, found: Found) -> None:
        self._source = source
        self._section = section
        self._samples = samples
        self._found = found
        self._known = {one.name: one for one in source.columns}

    def planned(self, columns: Iterable[Column], *, extras: bool) -> tuple[PlannedColumn, ...]:
        """Plan some of the table's columns.

        Args:
            columns: Which, in order.
            extras: Whether writetimes, times to live and derived columns come with them.
        """
        kept = [one for one in columns if one.name not in self._section.drop]
        names = self._names(kept)
        made = [one for column in kept if (one := self._column(column, names[column.name]))]
        if extras:
            made += [*self._written(names), *self._derived()]
        self._check_names(made)
        return tuple(made)

    def check(self) -> None:
        """Note every column that the section names and the table does not have, and what cannot be asked of others."""
        section = self._section
        for key, named in (
            ("rename", section.rename),
            ("cast", section.cast),
            ("drop", section.drop),
            ("types", section.types),
            ("policy", section.policy),
            ("writetime", section.writetime),
            ("ttl", section.ttl),
        ):
            for name in named:
                if name not in self._known:
                    self._refuse(f"{key} names column {name!r}, which is not there", self._near(name))
        for name in (*section.writetime, *section.ttl):
            self._check_times(name)
        for name in section.drop:
            if name in self._known and self._known[name].kind in {"partition_key", "clustering"}:
                self._found.notes.append(
                    f"{self._source.name}: key column {name} is dropped, so verify compares the table as a whole only"
                )
        for name in section.derive:
            if name in self._known and name not in section.drop:
                self._refuse(
                    f"derive makes {name!r}, which is a column already", "give it another name, or drop that column"
                )

    def _check_times(self, name: str) -> None:
        column = self._known.get(name)
        if column is None:
            return
        hint = "CQL tells writetime and ttl of regular and static columns only"
        if column.kind in {"partition_key", "clustering"}:
            self._refuse(f"key column {name} has neither writetime nor ttl", hint)
        elif column.type.name == "counter":
            self._refuse(f"counter {name} has neither writetime nor ttl", hint)
        elif name in self._section.ttl and column.type.name in MULTI_CELL and not column.type.frozen:
            self._refuse(
                f"{name} is a collection with a time to live for each element",
                "leave it out of ttl; its writetime is the latest of its elements",
            )

    def _names(self, kept: Sequence[Column]) -> dict[str, str]:
        """Name the columns: as the plan says, else lower-case and without collisions."""
        asked = self._section.rename
        for name, new in asked.items():
            if name in self._known and not is_legal(new):
                self._refuse(
                    f"rename gives {name!r} the name {new!r}", "lower-case letters, digits and _, 255 bytes at most"
                )
        free = lake_names([one.name for one in kept if one.name not in asked])
        return {one.name: asked.get(one.name) or free[one.name] for one in kept}

    def _column(self, column: Column, name: str) -> PlannedColumn | None:
        choice = self._section.types.get(column.name, "")
        policy = self._section.policy.get(column.name, "error")
        if policy == "string" or policy.startswith("decimal"):
            choice, policy = choice or policy, "error"
        if policy not in {"error", "null"}:
            self._refuse(f"policy of {column.name} is {policy!r}", 'write "error", "null", "string" or "decimal(p,s)"')
        cast = self._section.cast.get(column.name, "")
        kind = self._type(column, choice, cast=cast)
        if not kind:
            return None
        if choice and not typemap.is_limited(column.type):
            self._refuse(f"types names {column.name}, a {column.type}, which the lake holds as it is", "leave it out")
        return PlannedColumn(
            name=name,
            type=kind,
            role=column.kind,
            source=column.name,
            cql=str(column.type),
            policy=policy,
            cast=cast,
            comment=_comment(column, name),
        )

    def _type(self, column: Column, choice: str, *, cast: str) -> str:
        """Give a column's lake type; empty where the plan has to choose first, which is noted with an offer."""
        try:
            return typemap.lake_type(column.type, choice or ("string" if cast else ""))
        except typemap.NeedsChoice as error:
            self._found.refusals.append(self._offer(column, error.path))
        except ConfigError as error:
            self._refuse(f"types of {column.name}: {error.what}", error.hint)
        return ""

    def _offer(self, column: Column, path: str) -> Refusal:
        offered, reason = self._samples.decimal_of(column.name)
        where = f"{column.name}{path}"
        return Refusal(
            self._source.name,
            f"{where} is a decimal, whose scale no schema holds",
            "name its type in the plan file; --write adds the offered line",
            key="types",
            name=column.name,
            value=offered,
            reason=reason,
        )

    def _written(self, names: dict[str, str]) -> list[PlannedColumn]:
        """Plan writetimes, times to live and the time at which rows expire."""
        section = self._section
        made = [
            PlannedColumn(
                name=f"{names.get(name, name)}_writetime",
                type="timestamptz",
                role="writetime",
                source=name,
                cql="bigint",
                comment=f"when {name} was written",
            )
            for name in section.writetime
        ]
        made += [
            PlannedColumn(
                name=f"{names.get(name, name)}_ttl",
                type="int",
                role="ttl",
                source=name,
                cql="int",
                comment=f"seconds that {name} had left when it was read",
            )
            for name in section.ttl
        ]
        if section.expires_at:
            column = section.expires_at if isinstance(section.expires_at, str) else ""
            if column and column not in self._known:
                self._refuse(f"expires_at names column {column!r}, which is not there", self._near(column))
                return made
            made.append(
                PlannedColumn(
                    name="expires_at",
                    type="timestamptz",
                    role="expires_at",
                    source=column,
                    comment="when Cassandra lets go of the row; null for never",
                )
            )
        return made

    def _derived(self) -> list[PlannedColumn]:
        """Plan derived columns; what type they have is found out when their SQL is checked."""
        for name in self._section.derive:
            if not is_legal(name):
                self._refuse(f"derive makes a column {name!r}", "lower-case letters, digits and _, 255 bytes at most")
        return [
            PlannedColumn(name=name, type="string", role="derived", expression=text, comment=f"derived: {text}"[:255])
            for name, text in self._section.derive.items()
        ]

    def _check_names(self, made: Sequence[PlannedColumn]) -> None:
        seen: dict[str, PlannedColumn] = {}
        for one in made:
            if one.name in seen:
                other = seen[one.name]
                self._refuse(
                    f"two columns would be called {one.name!r}: "
                    f"{other.source or other.role} and {one.source or one.role}",
                    'rename one of them: rename.COLUMN = "another_name"',
                )
            seen[one.name] = one
            if one.source and one.name != one.source and one.role not in {"writetime", "ttl"}:
                self._found.notes.append(f"{self._source.name}: column {one.source!r} is called {one.name!r}")

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._known, n=1)
        return f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(self._known)}"

    def _refuse(self, what: str, hint: str) -> None:
        self._found.refuse(self._source.name, what, hint)


def _comment(column: Column, name: str) -> str:
    """Say what a column was in Cassandra: its type, its name where that changed, and what a reader should know."""
    renamed = f" {column.name}" if column.name != name else ""
    static = "static " if column.kind == "static" else ""
    note = typemap.note(column.type)
    return f"{static}{column.type}{renamed}{f'; {note}' if note else ''}"[:255]
