"""In which row a value stands that could not be decoded, so that somebody can look at it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gluepot.cassandra.decode import decode
from gluepot.errors import FidelityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from gluepot.cassandra.cql import CqlType, Table
    from gluepot.cassandra.frames import RawPage

SHOWN: Final = 60
"""Characters of a key's value that an error shows."""

_LONG: Final = re.compile(r"\d{39,}", re.ASCII)


def with_row(
    error: FidelityError, columns: Sequence[tuple[str, CqlType]], page: RawPage, table: Table
) -> FidelityError:
    """Say of a varint that is too long in which row of which table it is.

    Args:
        error: What decoding said.
        columns: The page's columns.
        page: The page.
        table: The table that is read.

    Returns:
        The error with the row's key, or as it was where no row is found.
    """
    long = {name for name, kind in columns if _holds_varints(kind)}
    batch = decode(columns, page.rows, page.count, as_text=frozenset(long)).batch
    keys = [column.name for column in (*table.partition_key, *table.clustering)]
    hint = error.hint.replace("TABLE", table.name)
    for row in range(batch.num_rows):
        if any(_LONG.search(str(batch.column(name)[row])) for name in sorted(long)):
            where = f"in the row of {table.keyspace}.{table.name} with {_key(batch, keys, row)}"
            return FidelityError(error.what, f"{error.why}, {where}", hint)
    return FidelityError(error.what, error.why, hint)


def _holds_varints(kind: CqlType) -> bool:
    return kind.name == "varint" or any(_holds_varints(arg) for arg in kind.args)


def _key(batch: pa.RecordBatch, names: Sequence[str], row: int) -> str:
    """Show the key columns that were read."""
    shown = []
    for name in names:
        if name in batch.schema.names:
            value = str(batch.column(name)[row])
            shown.append(f"{name}={value if len(value) <= SHOWN else value[:SHOWN] + '...'}")
    return ", ".join(shown) or "a key that is not read"
