"""Columns of write times and times to live: what they are called, and what becomes of times that no lake type holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.plan.table import PlannedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gluepot.loader.core.planfile import TableSection
    from gluepot.loader.plan.refusal import Findings
    from gluepot.plan.table import Role

_HOLD_ANY: Final = {"long", "string"}
"""Types that hold whatever number somebody chose for a write time: as it is, or as exact text."""

_HINTS: Final = {
    "writetime": 'write "null" to give such times up and count them, "long" for their numbers, "string" for text',
    "ttl": 'leave it out: a time to live fits always; "error" and "null" are taken',
}


def planned(
    source: str, section: TableSection, short: Callable[[str], str], found: Findings
) -> Sequence[PlannedColumn]:
    """Plan the columns of a section's `writetime` and `ttl`.

    Args:
        source: The table's name in Cassandra.
        section: Its section of the plan file.
        short: Gives the lake's name of a column, short enough to have something behind it.
        found: Takes what is wrong.
    """
    made = [*_of("writetime", section.writetime, short), *_of("ttl", section.ttl, short)]
    return [_chosen(source, column, section, found) for column in made]


def names(section: TableSection, short: Callable[[str], str]) -> frozenset[str]:
    """Name the columns that `types` and `policy` may name beside the source's."""
    return frozenset(
        column.name for column in (*_of("writetime", section.writetime, short), *_of("ttl", section.ttl, short))
    )


def _of(role: Role, columns: Iterable[str], short: Callable[[str], str]) -> Iterator[PlannedColumn]:
    kind, cql, said = ("timestamptz", "bigint", "when {} was written")
    if role == "ttl":
        kind, cql, said = ("int", "int", "seconds that {} had left when it was read")
    for name in dict.fromkeys(columns):
        yield PlannedColumn(
            name=f"{short(name)}_{role}", type=kind, role=role, source=name, cql=cql, comment=said.format(name)
        )


def _chosen(source: str, column: PlannedColumn, section: TableSection, found: Findings) -> PlannedColumn:
    """Give a column the type or the policy that a section has for it; a policy that names a type chooses that."""
    kind, policy = section.types.get(column.name, ""), section.policy.get(column.name, "error")
    if policy in _HOLD_ANY:
        kind, policy = kind or policy, "error" if kind in {"", policy} else policy
    if policy not in {"error", "null"}:
        found.refuse(source, f"policy of {column.name} is {policy!r}", _HINTS[column.role])
    elif kind and (column.role == "ttl" or kind not in _HOLD_ANY):
        found.refuse(source, f"types of {column.name}: {kind!r} is no choice for it", _HINTS[column.role])
    return msgspec.structs.replace(column, type=kind or column.type, policy=policy)
