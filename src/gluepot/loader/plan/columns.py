"""The lake columns of one table, from its columns and its section of the plan file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError
from gluepot.lake.types import typemap
from gluepot.lake.types.names import METADATA_COLUMNS, is_legal, lake_names
from gluepot.loader.plan import times
from gluepot.loader.plan.columnchecks import LEGAL, checked_choice
from gluepot.loader.plan.refusal import Refusal
from gluepot.mask.credentials import Redactor
from gluepot.plan.table import PlannedColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gluepot.cassandra.cql import Column, Table
    from gluepot.loader.core.planfile import TableSection
    from gluepot.loader.plan.refusal import Findings
    from gluepot.loader.plan.sampling import Samples

NO_NAME_OF_ITS_OWN: Final = {"writetime", "ttl", "expires_at", "derived"}


class Columns:
    """Plans the columns of one table; what is wrong is noted, and planning goes on.

    Args:
        source: The table in Cassandra.
        section: Its section of the plan file.
        samples: What was sampled of it.
        found: Takes what is wrong.
    """

    def __init__(self, source: Table, section: TableSection, samples: Samples, found: Findings) -> None:
        self._source = source
        self._section = section
        self._samples = samples
        self._found = found
        self._known = {column.name: column for column in source.columns}
        self._names = self._named()

    def planned(self, columns: Iterable[Column], *, extras: bool) -> tuple[PlannedColumn, ...]:
        """Plan some of the table's columns.

        Args:
            columns: Which, in order.
            extras: Whether writetimes, times to live and derived columns come with them.
        """
        made = [self._column(column) for column in columns if column.name not in self._section.drop]
        if extras:
            written = times.planned(self._source.name, self._section, self._short, self._found)
            made += [*written, *self._expiry(), *self._derived()]
        return tuple(made)

    @property
    def times(self) -> frozenset[str]:
        """Columns of write times and times to live, by their lake names."""
        return times.names(self._section, self._short)

    def _named(self) -> dict[str, str]:
        """Name the columns: as the plan says, else lower-case and without collisions."""
        asked = self._section.rename
        for name, new in asked.items():
            if name in self._known and not is_legal(new):
                self._refuse(f"rename gives {name!r} the name {new!r}", LEGAL)
        kept = [column.name for column in self._source.columns if column.name not in self._section.drop]
        free = lake_names([name for name in kept if name not in asked], reserved=METADATA_COLUMNS)
        return {name: asked.get(name) or free[name] for name in kept}

    def _column(self, column: Column) -> PlannedColumn:
        name = self._names[column.name]
        choice, policy = checked_choice(self._source, column, self._section, self._found)
        cast = self._section.cast.get(column.name, "")
        if name != column.name:
            self._found.note(f"{self._source.name}: column {column.name!r} is called {name!r}")
        return PlannedColumn(
            name=name,
            type=self._type(column, "string" if cast and not choice else choice),
            role=column.kind,
            source=column.name,
            cql=str(column.type),
            policy=policy,
            cast=cast,
            comment=_comment(column, name),
            masked=column.masked,
        )

    def _type(self, column: Column, choice: str) -> str:
        """Give a column's lake type; where the plan has to choose first, that is noted, and its offer stands in."""
        try:
            return typemap.lake_type(column.type, choice)
        except typemap.NeedsChoice as error:
            offer = self._offer(column, error.path)
            self._found.add(offer)
            return typemap.lake_type(column.type, offer.value)
        except ConfigError as error:
            self._refuse(f"types of {column.name}: {error.what}", error.hint)
            return typemap.lake_type(column.type, "string")

    def _offer(self, column: Column, path: str) -> Refusal:
        offered, reason = self._samples.decimal_of(column.name)
        return Refusal(
            self._source.name,
            f"{column.name}{path} is a decimal, whose scale no schema holds",
            "name its type in the plan file; --write adds the offered line",
            key="types",
            name=column.name,
            value=offered,
            reason=reason,
        )

    def _short(self, name: str) -> str:
        """Give a column's lake name, also of one that is dropped itself; something must be left to put behind it."""
        return (self._names.get(name) or lake_names([name])[name])[:240]

    def _expiry(self) -> list[PlannedColumn]:
        if not self._section.expires_at:
            return []
        return [
            PlannedColumn(
                name="expires_at",
                type="timestamptz",
                role="expires_at",
                source=self._section.expires_at if isinstance(self._section.expires_at, str) else "",
                comment="when Cassandra lets go of the row; null for never",
            )
        ]

    def _derived(self) -> list[PlannedColumn]:
        """Plan derived columns; what type they have is found out when their SQL is checked."""
        return [
            PlannedColumn(
                name=name,
                type="string",
                role="derived",
                expression=text,
                policy=self._section.policy.get(name, "error"),
                comment=f"derived: {Redactor().redact_expression(name, ' '.join(text.split()))}",
            )
            for name, text in self._section.derive.items()
        ]

    def _refuse(self, what: str, hint: str) -> None:
        self._found.refuse(self._source.name, what, hint)


def check_names(source: Table, made: Sequence[PlannedColumn], found: Findings) -> None:
    """Note lake columns that would be called alike."""
    seen: dict[str, PlannedColumn] = {}
    for column in made:
        if column.name in METADATA_COLUMNS:
            what = f"{_origin(column)} would be called {column.name!r}, which Iceberg keeps for itself"
            found.refuse(source.name, what, "give it another name: engines would show their own column in its place")
        other = seen.setdefault(column.name, column)
        if other is not column:
            what = f"two columns would be called {column.name!r}: {_origin(other)} and {_origin(column)}"
            found.refuse(source.name, what, 'rename one of them: rename.COLUMN = "another_name"')


def _origin(column: PlannedColumn) -> str:
    if column.role in {"writetime", "ttl"}:
        return f"the {column.role} of {column.source}"
    return column.role if column.role in NO_NAME_OF_ITS_OWN else repr(column.source)


def _comment(column: Column, name: str) -> str:
    """Say what a column was in Cassandra: its type, its name where that changed, and what a reader should know."""
    renamed = f" {column.name}" if column.name != name else ""
    static = "static " if column.kind == "static" else ""
    note = "; ".join(filter(None, (column.masked and f"masked by {column.masked}", typemap.note(column.type))))
    return f"{static}{column.type}{renamed}{f'; {note}' if note else ''}"
