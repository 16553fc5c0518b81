"""What only the data can tell before a load: scales of decimals, and how many partitions there will be."""

from __future__ import annotations

import decimal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import splits
from gluepot.cassandra.patience import Patience
from gluepot.cassandra.reader import Reader
from gluepot.cassandra.reading import Page, Selection
from gluepot.lake.types import typemap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.cql import Table
    from gluepot.errors import FidelityError
    from gluepot.loader.core.planfile import TableSection
    from gluepot.plan.table import PlannedColumn, PlannedTable

PLACES: Final = 16
"""Ranges of the ring from which the first pages are read."""

ROWS: Final = 1000
"""Rows from each of them, at most."""

BYTES: Final = 1024 * 1024
"""Bytes from each of them, at most: rows may be large."""

PATIENCE: Final = Patience(most_rows=ROWS, page_bytes=BYTES)

DIGITS: Final = 38
HEADROOM: Final = 4
"""Digits before the point beyond those seen: a sample does not see the largest number."""


@dataclass(slots=True)
class Samples:
    """What was sampled of one table's decimals.

    Args:
        rows: Rows that were looked at.
        whole: Digits before the point, per column; the most that were seen.
        scale: Digits behind the point; likewise.
    """

    rows: int = 0
    whole: dict[str, int] = field(default_factory=dict)
    scale: dict[str, int] = field(default_factory=dict)

    def add(self, column: str, text: str) -> None:
        """Look at one decimal."""
        number = decimal.Decimal(text).as_tuple()
        exponent = number.exponent if isinstance(number.exponent, int) else 0
        digits = len(number.digits) if any(number.digits) else 0
        self.whole[column] = max(self.whole.get(column, 0), digits + exponent if digits else 0)
        self.scale[column] = max(self.scale.get(column, 0), -exponent)

    def decimal_of(self, column: str) -> tuple[str, str]:
        """Give the type to offer for a column with decimals, and what it is taken from."""
        sampled = f"from {self.rows:,} sampled rows"
        if column not in self.whole:
            return "string", f"{sampled}: no value; decimal(p,s) if you know it"
        whole, scale = self.whole[column], self.scale[column]
        seen = f"{sampled}: at most {max(whole + scale, 1)} digits, {scale} after the point"
        if whole + scale > DIGITS:
            return "string", seen
        return f"decimal({max(min(whole + scale + HEADROOM, DIGITS), 1)},{scale})", seen


@dataclass(frozen=True, slots=True)
class Tried:
    """What trying declared types on sampled rows came to.

    Args:
        unfit: Per lake column, the first value that does not fit.
        samples: What was seen of the decimals among them.
    """

    unfit: dict[str, FidelityError] = field(default_factory=dict)
    samples: Samples = field(default_factory=Samples)


@dataclass(frozen=True, slots=True)
class Spread:
    """What was sampled of one table's partitions.

    Args:
        rows: Rows that were looked at, and that the filter lets through.
        repeated: Partitions that several of them fall into.
        single: Partitions of one of them.
    """

    rows: int
    repeated: int
    single: int


def undecided(table: Table, section: TableSection) -> tuple[str, ...]:
    """Name the columns with decimals for which a plan file names no type."""
    decided = {*section.drop, *section.cast, *section.types}
    decided |= {name for name, policy in section.policy.items() if policy not in {"error", "null"}}
    return tuple(
        column.name for column in table.columns if typemap.holds(column.type, "decimal") and column.name not in decided
    )


def sample(session: Any, table: Table, columns: tuple[str, ...]) -> Samples:  # noqa: ANN401 - a driver session
    """Look at the decimals of some thousand rows, from several places of the ring.

    Args:
        session: A driver session.
        table: The table.
        columns: Columns with decimals; without any, nothing is asked.
    """
    from gluepot.loader.plan.sampled import decimals  # noqa: PLC0415 - beside its use

    found = Samples()
    kinds = {column.name: column.type for column in table.columns}
    for page in _pages(session, Selection(table=table, columns=columns)) if columns else ():
        found.rows += page.batch.num_rows
        for name in columns:
            for text in decimals(page.batch.column(columns.index(name)), kinds[name]):
                found.add(name, text)
    return found


def declared(planned: PlannedTable, section: TableSection) -> tuple[PlannedColumn, ...]:
    """Give the columns whose types a plan file names, and whose values may not fit: a load would end there."""
    named = {*section.types, *(name for name, policy in section.policy.items() if policy.startswith("decimal"))}
    return tuple(
        column
        for column in planned.columns
        if column.policy == "error" and (column.cast or column.role == "derived" or column.source in named)
    )


def tried(session: Any, planned: PlannedTable, table: Table, columns: tuple[PlannedColumn, ...]) -> Tried:  # noqa: ANN401 - a driver session
    """Try declared types on some thousand rows, from several places of the ring.

    Args:
        session: A driver session.
        planned: The plan of the table.
        table: The table.
        columns: The columns with declared types; without any, nothing is asked.
    """
    if not columns:
        return Tried()
    from gluepot.lake.convert.trial import Trial  # noqa: PLC0415 - beside its use
    from gluepot.loader.plan.sampled import decimals  # noqa: PLC0415 - likewise

    trial, found = Trial(planned, table, columns), Samples()
    kinds = {column.name: column.type for column in table.columns}
    plain = {column.source for column in columns if column.source in kinds}
    sources = [name for name in plain if typemap.holds(kinds[name], "decimal")]
    for page in _pages(session, trial.selection):
        trial.add(page)
        found.rows += page.batch.num_rows
        for name in sources:
            for text in decimals(page.batch.column(trial.selection.columns.index(name)), kinds[name]):
                found.add(name, text)
    return Tried(trial.unfit, found)


def spread(session: Any, planned: PlannedTable, table: Table) -> Spread:  # noqa: ANN401 - a driver session
    """Look at the partitions that some thousand rows would fall into, from several places of the ring.

    Args:
        session: A driver session.
        planned: The plan of the table, with partitions.
        table: The table.
    """
    from gluepot.loader.plan.sampled import Partitions  # noqa: PLC0415 - beside its use

    found = Partitions(planned, table)
    for page in _pages(session, found.selection):
        found.add(page)
    return Spread(*found.seen())


def _pages(session: Any, selection: Selection) -> Iterator[Page]:  # noqa: ANN401 - a driver session
    """Read the first pages behind each of several places, small ones first: how large rows are is not known before."""
    reader = Reader(session, selection, PATIENCE)
    for part in splits.cover([], PLACES):
        rows = size = 0
        for page in reader.read(part):
            if not isinstance(page, Page):
                continue
            yield page
            rows, size = rows + page.batch.num_rows, size + page.batch.nbytes
            if rows >= ROWS or size >= BYTES:
                break
