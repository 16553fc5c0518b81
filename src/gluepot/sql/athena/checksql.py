"""The statements that count and hash a loaded table in Athena: as a whole, or by token range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.athena.run import STATEMENT_BYTES
from gluepot.sql.athena import tokensql
from gluepot.sql.athena.hashsql import ROWS, quoted, row_hash, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.plan.table import PlannedTable

GROUPS: Final = (2000, 400, 80)
"""Token ranges that one statement tells apart, where it would be too long the next; neighbours are put together."""

_WIDE: Final = "decimal(38, 0)"


def whole(database: str, table: PlannedTable, added: str = "") -> str:
    """Write the statement that counts and hashes a table as a whole.

    Args:
        database: The Glue database.
        table: The table.
        added: Where the files of the rows lie that count; empty for all rows.
    """
    hashed = f"cast({row_hash(table.columns)} AS {_WIDE})"
    return f'SELECT count(*) AS "rows", coalesce(sum({hashed}), 0) AS "checksum"{_from(database, table, added)}'


def by_range(database: str, table: PlannedTable, ends: Sequence[int], added: str = "") -> str | None:
    """Write the statement that counts and hashes a table by token range.

    Args:
        database: The Glue database.
        table: The table.
        ends: Last tokens of the ranges, in ring order.
        added: Where the files of the rows lie that count; empty for all rows.

    Returns:
        A statement whose rows have a range's number in `part`; None where rows cannot be told their tokens in SQL, or
        it would be too long.
    """
    key = tokensql.key(table.columns)
    if key is None:
        return None
    hashed = f"cast({row_hash(table.columns)} AS {_WIDE})"
    layers = [f"SELECT {hashed} AS hash, to_hex({key}) AS x{_from(database, table, added)}"]
    known = {"hash": "", "x": ""}
    for layer in tokensql.layers():
        known |= dict.fromkeys(layer, "")
        columns = [f"{layer[name]} AS {name}" if name in layer else name for name in known]
        layers.append(f"SELECT {', '.join(columns)} FROM l{len(layers) - 1}")  # noqa: S608 - names are quoted
    named = ",\n".join(f"l{number} AS ({sql})" for number, sql in enumerate(layers))
    parts = f"SELECT {_place('token', ends)} AS part, hash FROM l{len(layers) - 1}"  # noqa: S608 - likewise
    sums = 'count(*) AS "rows", sum(hash) AS "checksum"'
    made = f"WITH {named}\nSELECT part, {sums} FROM ({parts}) GROUP BY part ORDER BY part"
    return made if len(made.encode()) <= STATEMENT_BYTES else None


def groups(count: int, most: int) -> list[int]:
    """Choose the ranges that are compared: all of them, or groups of neighbours where they are too many.

    Returns:
        Places of the last range of each group.
    """
    step = -(-count // most)
    return sorted({*range(step - 1, count, step), count - 1})


def _from(database: str, table: PlannedTable, added: str) -> str:
    where = f"{quoted('awsdatacatalog')}.{quoted(database)}.{quoted(table.name)}"
    condition = f" WHERE starts_with({ROWS}.{quoted('$path')}, {text(added)})" if added else ""
    return f" FROM {where} AS {ROWS}{condition}"


def _place(token: str, ends: Sequence[int], first: int = 0) -> str:
    """Write the place of a token among ranges, by halves."""
    if len(ends) == 1:
        return str(first)
    half = len(ends) // 2
    lower, upper = _place(token, ends[:half], first), _place(token, ends[half:], first + half)
    return f"if({token} <= {ends[half - 1]}, {lower}, {upper})"
