"""What is said of a value that the lake cannot hold: where it stands, what it is, and the line that lets it through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.errors import FidelityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from gluepot.lake.exact import Unfit
    from gluepot.loading.plan import PlannedColumn, PlannedTable

SHOWN: Final = 60
"""Characters of a key's value that an error shows."""


def unfit(table: PlannedTable, column: PlannedColumn, fault: Unfit, key: str) -> FidelityError:
    """Say which value of which row a column cannot hold, and what to add to the plan file."""
    where = f"{column.source or column.name}{fault.path}"
    row = f"the row with {key}" if key else "a row whose key is not read"
    return FidelityError(
        f"column {where} of table {table.source} has a value that {column.type} cannot hold",
        f"{row} has {fault.value}: {fault.why}",
        f"add to the plan file {policy_line(table, column)}, or choose null, which counts what it gives up",
    )


def unseen(table: PlannedTable, name: str, kind: str, fault: Unfit, key: str) -> FidelityError:
    """Say which value of which row cannot be handed to the plan's SQL."""
    return FidelityError(
        f"column {name}{fault.path} of table {table.source} has a value that {kind} cannot hold, and SQL uses it",
        f"{f'the row with {key}' if key else 'a row whose key is not read'} has {fault.value}: {fault.why}",
        f"keep {name} as a column of {table.name} with a policy: SQL then sees what the policy makes of it",
    )


def policy_line(table: PlannedTable, column: PlannedColumn) -> str:
    """Write the line of a plan file that keeps a column's values as text."""
    return f'[tables.{_bare(table.source)}.policies] {_bare(column.source or column.name)} = "string"'


def key_text(batch: pa.RecordBatch, names: Sequence[str], row: int) -> str:
    """Name a row by the key columns that were read."""
    shown = []
    for name in names:
        at = batch.schema.get_field_index(name)
        if at >= 0:
            value = str(batch.column(at)[row])
            shown.append(f"{name}={value if len(value) <= SHOWN else value[:SHOWN] + '...'}")
    return ", ".join(shown)


def _bare(name: str) -> str:
    """Write a TOML key."""
    plain = name.replace("_", "a").replace("-", "a")
    return name if plain.isalnum() and plain.isascii() else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
