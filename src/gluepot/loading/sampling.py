"""What only the data can tell before a load: sizes, scales of decimals, how many partitions there will be."""

from __future__ import annotations

import decimal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import splits
from gluepot.cassandra.patience import Patience
from gluepot.cassandra.reading import Cut, Selection
from gluepot.cassandra.scan import Reader
from gluepot.lake import typemap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.splits import Estimate

PLACES: Final = 8
"""Ranges of the ring from which the first pages are read."""

ROWS: Final = 2000
"""Rows from each of them."""

DIGITS: Final = 38
HEADROOM: Final = 4
"""Digits before the point beyond those seen: a sample does not see the largest number."""


@dataclass(slots=True)
class Samples:
    """What was sampled of one table.

    Args:
        rows: Rows that were looked at.
        whole: Digits before the point, per column with decimals; the most that were seen.
        scale: Digits behind the point; likewise.
        distinct: Values of columns that are asked for, as text, for partitioning.
    """

    rows: int = 0
    whole: dict[str, int] = field(default_factory=dict)
    scale: dict[str, int] = field(default_factory=dict)
    distinct: dict[str, set[Any]] = field(default_factory=dict)

    def decimal_of(self, column: str) -> tuple[str, str]:
        """Give the type to offer for a column with decimals, and what it is taken from."""
        if column not in self.whole:
            return "string", f"no value in {self.rows:,} sampled rows; decimal(p,s) if you know it"
        whole, scale = self.whole[column], self.scale[column]
        if whole + scale > DIGITS:
            return "string", f"{whole} digits before the point and {scale} behind it in {self.rows:,} sampled rows"
        seen = f"{self.rows:,} sampled rows have at most {whole} digits before the point, {scale} behind it"
        return f"decimal({max(min(whole + scale + HEADROOM, DIGITS), 1)},{scale})", seen


def sample(session: Any, table: Table, columns: set[str]) -> Samples:  # noqa: ANN401 - a driver session
    """Look at some thousand rows of a table, from several places of the ring.

    Args:
        session: A driver session.
        table: The table.
        columns: Columns whose distinct values are kept; those with decimals are looked at anyway.
    """
    decimals = [one.name for one in table.columns if typemap.holds(one.type, "decimal")]
    wanted = tuple(one.name for one in table.columns if one.name in columns or one.name in decimals)
    found = Samples()
    if not wanted:
        return found
    for row in _rows(session, table, wanted):
        found.rows += 1
        for name in decimals:
            for value in _texts(row[name]):
                _note(found, name, value)
        for name in columns & set(wanted):
            found.distinct.setdefault(name, set()).add(_hashable(row[name]))
    return found


def estimate(session: Any, table: Table) -> Estimate:  # noqa: ANN401 - a driver session
    """Estimate a table's rows and bytes."""
    return splits.estimate(session, table)


def _rows(session: Any, table: Table, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a driver session
    as_text = frozenset(name for name in wanted)
    selection = Selection(table=table, columns=wanted, as_text=as_text)
    reader = Reader(session, selection, Patience(first_rows=ROWS, budget=60))
    for part in splits.cover([], PLACES):
        for item in reader.read(part):
            if isinstance(item, Cut):
                continue
            yield from item.batch.slice(0, ROWS).cast(_shown(item.batch.schema)).to_pylist()
            break


def _shown(schema: Any) -> Any:  # noqa: ANN401 - an Arrow schema
    """Show times as numbers: Python's own end at year 9999."""
    import pyarrow as pa  # noqa: PLC0415 - slow to load

    plain = {pa.timestamp("ms", tz="UTC"): pa.int64(), pa.date32(): pa.int32()}
    return pa.schema([pa.field(one.name, plain.get(one.type, one.type)) for one in schema])


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - a value of any nesting
    """Find the decimals in a value; other texts that look like numbers do no harm to an offer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _note(found: Samples, name: str, text: str) -> None:
    try:
        number = decimal.Decimal(text)
    except decimal.InvalidOperation:
        return
    parts = number.as_tuple()
    exponent = parts.exponent if isinstance(parts.exponent, int) else 0
    found.whole[name] = max(found.whole.get(name, 0), len(parts.digits) + exponent if number else 0)
    found.scale[name] = max(found.scale.get(name, 0), -exponent)


def _hashable(value: Any) -> Any:  # noqa: ANN401 - a value of any type
    return value if isinstance(value, str | int | bool | bytes | None) else str(value)
