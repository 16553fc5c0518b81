"""What `load run` and `load verify` answer, in text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.cli import say
from gluepot.cli.reporting import as_record
from gluepot.text import counted, shortened, sized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gluepot.loader.core.results import LoadedTable
    from gluepot.loader.jobs import LoadResult
    from gluepot.loader.verify import Difference, VerifiedTable
    from gluepot.plan.records import Tally
    from gluepot.plan.table import PlannedColumn

SHOWN = 20
"""Ranges that differ are shown so many at a time; `--output json` has them all."""

WIDEST = 26
"""Characters of a column's least and greatest value."""

_CHANGES = (
    ("empty", "zero-length, null in the lake"),
    ("nulled", "beyond the lake's type, null by policy"),
    ("replaced", "not UTF-8, kept with replacement characters"),
    ("rounded", "rounded by policy"),
)


def answer(result: LoadResult, path: Path, *, as_json: bool) -> int:
    """Tell what a load has done, and what to do next; gives the exit code."""
    if as_json:
        say.data_json({"tables": [as_plain(table) for table in result.tables]})
    else:
        loaded(result.tables)
    for table in result.failed:
        if table.error is not None and table.error.hint:
            say.hint(f"{table.table.name}: {table.error.hint}")
    if result.unended is not None and result.unended.hint:
        say.hint(result.unended.hint)
    if not result.exit_code:
        say.hint(f"gluepot load verify -c {path}")
    return result.exit_code


def loaded(done: Sequence[LoadedTable]) -> None:
    """Print what became of each table, then what was changed on the way."""
    rows: list[tuple[str, ...]] = [("TABLE", "ROWS", "READ", "FILES", "SIZE", "SECONDS", "RESULT")]
    rows += [_line(table) for table in done]
    say.data(say.table(rows, right=frozenset({1, 2, 3, 4, 5})))
    for line in went_on(done):
        say.data(say.safe(line))
    for table in done:
        if table.committed is not None:
            _fidelity(table)


def went_on(done: Sequence[LoadedTable]) -> Iterator[str]:
    """Say which tables were not read from their beginning; nothing where all were."""
    apart = [table for table in done if table.how != "fresh"]
    if not apart:
        return
    fresh = [table.table.name for table in done if table.how == "fresh"]
    yield f"read from the beginning: {', '.join(fresh) or 'no table'}"
    for table in apart:
        yield f"{table.how}: {table.table.name}, load {table.load_id}{_since(table)}"


def _since(table: LoadedTable) -> str:
    if table.how == "kept":
        return f", committed {table.committed.at}; nothing was read" if table.committed else ""
    begun = f", begun {table.began}" if table.began else ""
    return f"{begun}; {counted(table.resumed, 'token range')} had been read by an earlier run"


def _line(result: LoadedTable) -> tuple[str, ...]:
    if result.committed is None:
        return (result.table.name, "", "", "", "", f"{result.seconds:.1f}", f"failed: {result.error}")
    done = result.committed
    outcome = f"snapshot {done.snapshot_id}" if done.snapshot_id else "committed"
    if result.how == "kept":
        outcome += ", kept"
    elif not done.ours:
        outcome += ", committed before"
    if result.table.mode == "append" and done.total is not None:
        outcome += f", added to {done.total - done.rows:,} rows"
    return (
        result.table.name,
        f"{result.rows:,}",
        f"{result.read:,}",
        f"{done.files:,}",
        sized(done.bytes),
        f"{result.seconds:.1f}",
        outcome,
    )


def _fidelity(result: LoadedTable) -> None:
    """Print the report of one table: nothing is changed without a line in it."""
    say.data("")
    say.data(say.bold(f"{say.safe(result.table.name)}: what the rows went through"))
    rows: list[tuple[str, ...]] = [("COLUMN", "FROM", "TYPE", "NULLS", "NAN", "LOWEST", "HIGHEST", "CHANGED")]
    rows += [_column(column, result.tallies.get(column.name)) for column in result.table.columns]
    if not any(tally.nan for tally in result.tallies.values()):
        rows = [row[:4] + row[5:] for row in rows]
    say.data(say.table(rows, right=frozenset({3}), indent="  "))
    if result.read != result.rows:
        say.data(f"  {counted(result.read - result.rows, 'row')} of {result.read:,} left out by the filter or the plan")
    for name in result.wide[:SHOWN]:
        say.data(f"  wide partition, read by clustering key: {say.safe(name)}")


def _column(column: PlannedColumn, tally: Tally | None) -> tuple[str, ...]:
    came = f"{column.source} {column.cql}".strip() or column.expression or column.role
    changes = [f"{getattr(tally, name):,} {why}" for name, why in _CHANGES if tally and getattr(tally, name)]
    if column.source and column.name != column.source and column.role not in {"writetime", "ttl"}:
        changes.insert(0, "renamed")
    if column.masked:
        changes.insert(0, f"masked by {column.masked}")
    nulls, nan = (f"{tally.nulls:,}", f"{tally.nan:,}" if tally.nan else "") if tally else ("", "")
    low, high = (shortened(tally.low, WIDEST), shortened(tally.high, WIDEST)) if tally else ("", "")
    return (column.name, came, column.type, nulls, nan, low, high, "; ".join(changes))


def verified(found: VerifiedTable) -> None:
    """Print what verifying one table found."""
    table = found.table.name
    if found.error is not None:
        say.data(f"{say.safe(table)}: NOT VERIFIED, {say.safe(found.error)}")
        return
    ranges = f"{counted(found.ranges, 'token range')}" if found.ranges else "the table as a whole"
    if found.is_equal:
        say.data(f"{say.safe(table)}: equal, {counted(found.found.rows, 'row')}, {ranges}, load {found.load_id}")
        if found.by_rows:
            say.data("  the source was compared by row counts only: times to live are others each time they are read")
        if found.why_whole:
            say.data(f"  {found.why_whole}")
        _masked(found)
        _changed(found)
        return
    is_lost = found.unread and not (found.differences or found.moved)
    say.data(f"{say.safe(table)}: {'NOT COMPARED WITH THE SOURCE' if is_lost else 'DIFFERS'}, load {found.load_id}")
    told = "equal" if not found.differences else f"staged {found.staged.rows:,} rows, found {found.found.rows:,}"
    say.data(f"  lake: {told}, compared by {ranges}")
    if found.unread:
        say.data(f"  source: {say.safe(found.unread)}; load the table again to compare it")
    _masked(found)
    _changed(found)
    for unequal in found.differences[:SHOWN]:
        difference(unequal)
    for moved in found.moved[:SHOWN]:
        now = moved.source.rows if moved.source else 0
        say.data(f"  range {_range(moved)}: the source holds {now:,} rows now, {moved.staged.rows:,} were read")
    more = len(found.differences) + len(found.moved) - SHOWN
    if more > 0:
        say.tell(f"  and {counted(more, 'more range')}: --output json names them all")


def difference(unequal: Difference) -> None:
    """Print one range that differs, with the keys of some rows where they are known."""
    now = f", the source holds {unequal.source.rows:,} now" if unequal.source else ""
    say.data(f"  range {_range(unequal)}: {unequal.staged.rows:,} rows staged, {unequal.found.rows:,} found{now}")
    for what, keys in (
        ("missing", unequal.missing),
        ("not in the source", unequal.extra),
        ("other values", unequal.changed),
    ):
        for key in keys:
            say.data(f"    {what}: {say.safe(key)}")


def _changed(found: VerifiedTable) -> None:
    """Say what is another in the plan since; it was compared as it was loaded."""
    for change in found.changes:
        say.data(f"  since it was loaded: {say.safe(change)}")


def _masked(found: VerifiedTable) -> None:
    """Say which columns hold what masks show: equal to what was read is not equal to what is stored."""
    for column in found.table.columns:
        if column.masked:
            say.data(f"  {say.safe(column.name)} holds what {column.masked} shows, and not the source's values")


def _range(unequal: Difference) -> str:
    return f"({unequal.range.start}, {unequal.range.end}]" if unequal.range else "whole table"


def as_plain(done: LoadedTable) -> dict[str, Any]:
    """Give one table's result as JSON holds it."""
    import dataclasses  # noqa: PLC0415 - lazy: start-up

    return {
        "table": done.table.name,
        "source": done.table.source,
        "load_id": done.load_id,
        "committed": dataclasses.asdict(done.committed) if done.committed else None,
        "error": as_record(done.error),
        "read": done.read,
        "rows": done.rows,
        "parts": done.parts,
        "mode": done.table.mode,
        "how": done.how,
        "began": done.began,
        "resumed_ranges": done.resumed,
        "wide": done.wide,
        "seconds": round(done.seconds, 3),
        "times": {name: round(getattr(done.times, name), 3) for name in done.times.__slots__},
        "fidelity": [
            {
                "column": column.name,
                "source": column.source,
                "from": column.cql,
                "type": column.type,
                "policy": column.policy,
                "masked": column.masked or None,
                "tally": done.tallies.get(column.name),
            }
            for column in done.table.columns
        ],
    }
