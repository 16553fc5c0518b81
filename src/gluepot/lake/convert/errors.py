"""What is said of a value that the lake cannot hold: where it stands, what it is, and the line that lets it through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.errors import FidelityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from gluepot.lake.convert.exact import Unfit
    from gluepot.plan.table import PlannedColumn, PlannedTable

SHOWN: Final = 60
"""Characters of a key's value that an error shows."""


def unfit(table: PlannedTable, column: PlannedColumn, fault: Unfit, key: str) -> FidelityError:
    """Say which value of which row a column cannot hold, and what to add to the plan file."""
    name = _name(column)
    row = f"the row with {key}" if key else "a row whose key is not read"
    return FidelityError(
        f"column {name}{fault.path} of table {table.source} has a value that {column.type} cannot hold",
        f"{row} has {fault.value}: {fault.why}",
        way_out(table, column),
    )


def way_out(table: PlannedTable, column: PlannedColumn) -> str:
    """Say what lets a column's values through; only columns that are loaded as they are have types and policies."""
    name = _name(column)
    if column.role == "derived":
        return f"let the expression of {name} give something else for such rows"
    give_up = f"{line(table, 'policy', name, 'null')} to give such values up and count them"
    if column.role == "writetime":
        numbers = f"{line(table, 'types', name, 'long')} to load all its numbers as they are"
        return f"somebody chose that time when writing: add to the plan file {numbers}, or {give_up}"
    if column.cast:
        return f"add to the plan file {give_up}, or cast {name} to another type"
    return f"add to the plan file {line(table, 'types', name, 'string')} to keep all its values as text, or {give_up}"


def _name(column: PlannedColumn) -> str:
    """Name a column as the plan file does: those that are made have names of their own."""
    return column.name if column.role in {"writetime", "ttl"} else column.source or column.name


def unseen(table: PlannedTable, name: str, kind: str, fault: Unfit, key: str) -> FidelityError:
    """Say which value of which row cannot be handed to the plan's SQL."""
    return FidelityError(
        f"column {name}{fault.path} of table {table.source} has a value that {kind} cannot hold, and SQL uses it",
        f"{f'the row with {key}' if key else 'a row whose key is not read'} has {fault.value}: {fault.why}",
        f"keep {name} as a column of {table.name} with a policy: SQL then sees what the policy makes of it",
    )


def line(table: PlannedTable, what: str, name: str, value: str) -> str:
    """Write what a plan file says of a column: its section, and the line in it."""
    return f'[table.{_bare(table.source)}.{what}] {_bare(name)} = "{value}"'


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
