"""Prove in Athena that loaded tables hold what was staged: counts and checksums in SQL, by token range where it can.

Nothing of gluepot computes anything here but the comparison: the sums are Athena's, of what its own readers find. The
source is not asked; what was staged is in the load's records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gluepot.athena.run import STATEMENT_BYTES
from gluepot.cassandra.cql import Range
from gluepot.errors import ConfigError
from gluepot.lake.proof import described
from gluepot.loader.verify import Difference, Sum
from gluepot.sql.athena import checksql, tokensql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gluepot.athena.run import Answer, Athena
    from gluepot.lake.commit.lake import Lake
    from gluepot.lake.proof.described import Described
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.plan.records import Part
    from gluepot.plan.table import PlannedColumn

NO_KEY = "SQL cannot tell the rows' tokens: the table does not hold its source's key as it was"
TOO_LONG = f"by range, the statement would have more than {STATEMENT_BYTES:,} bytes"
NO_MICROSECONDS = "Athena reads times of plain Parquet tables in milliseconds, and these have more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What verifying one table in Athena found.

    Args:
        table: Its name.
        load_id: The load that is verified.
        staged: What was read when it was staged.
        found: What Athena finds.
        answer: Athena's answer: statement, workgroup, output location, bytes scanned.
        ranges: Token ranges compared, neighbours put together where they are many; 0 where only the whole could be.
        differences: What is not equal.
        why_whole: Why only the whole table could be compared; empty where ranges were.
        by_rows: Why only rows could be counted; empty where they were hashed.
        masked: Columns that hold what masks show in place of values, with the masks.
    """

    table: str
    load_id: str
    staged: Sum
    found: Sum
    answer: Answer
    ranges: int = 0
    differences: tuple[Difference, ...] = ()
    why_whole: str = ""
    by_rows: str = ""
    masked: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        """Whether Athena finds exactly what was staged."""
        return self.found.rows == self.staged.rows and (bool(self.by_rows) or self.found == self.staged)


def verify(file: PlanFile, lake: Lake, athena: Athena) -> Iterator[Proven]:
    """Verify every table that a plan file has loaded, one after the other.

    Args:
        file: The plan file: tables below its location, of sources that it chooses.
        lake: Its target.
        athena: Runs the statements.

    Raises:
        ConfigError: Nothing was loaded.
        GluepotError: As `Athena.run`.
    """
    found = [table for table in described.loaded(lake) if _is_chosen(file, table)]
    if not found:
        why = f"database {lake.database} has no table at {file.target.location} that gluepot made"
        raise ConfigError("there is nothing to verify", why, "load it first: gluepot load run")
    for table in found:
        yield proven(described.described(lake, table), lake.database, athena)


def _is_chosen(file: PlanFile, glue: dict[str, object]) -> bool:
    location = f"{file.target.location.rstrip('/')}/"
    return described.location_of(glue).startswith(location) and file.tables.matches(described.source_of(glue))


def proven(loaded: Described, database: str, athena: Athena) -> Proven:
    """Verify one loaded table."""
    kept, sql = _by_range(loaded, database)
    answer = athena.run(sql or checksql.whole(database, loaded.table, loaded.added))
    staged = sum((Sum(part.rows, part.checksum) for part in loaded.parts), Sum())
    rows = answer.table.to_pylist()
    total = sum((Sum(row["rows"], int(row["checksum"])) for row in rows), Sum())
    ranges = _grouped(loaded.parts, kept) if sql else []
    by_part = {row["part"]: Sum(row["rows"], int(row["checksum"])) for row in rows} if sql else {}
    inexact = _inexact(loaded)
    differences = tuple(_unequal(ranges, by_part, by_rows=bool(inexact))) if sql else _at_once(staged, total)
    is_moved = bool(differences) and total == staged  # then the tokens are wrong, not the rows
    return Proven(
        table=loaded.table.name,
        load_id=loaded.load_id,
        staged=staged,
        found=total,
        answer=answer,
        ranges=0 if is_moved else len(ranges),
        differences=() if is_moved else differences,
        why_whole=_why_whole(loaded, is_ranged=bool(sql) and not is_moved),
        by_rows=inexact,
        masked={column.name: column.masked for column in loaded.table.columns if column.masked},
    )


def _by_range(loaded: Described, database: str) -> tuple[list[int], str | None]:
    """Write the statement by range, with as many ranges as fit into it."""
    for most in checksql.GROUPS:
        kept = checksql.groups(len(loaded.parts), most)
        sql = checksql.by_range(database, loaded.table, [loaded.parts[at].end for at in kept], loaded.added)
        if sql is not None:
            return kept, sql
    return [], None


def _why_whole(loaded: Described, *, is_ranged: bool) -> str:
    if is_ranged:
        return ""
    return NO_KEY if tokensql.key(loaded.table.columns) is None else TOO_LONG


def _inexact(loaded: Described) -> str:
    """Say why Athena reads other values than were staged; empty where it reads the same."""
    if loaded.table.format == "iceberg":
        return ""
    named = [column.name for column in loaded.table.columns if _has_microseconds(column)]
    return f"{NO_MICROSECONDS}: {', '.join(named)}" if named else ""


def _has_microseconds(column: PlannedColumn) -> bool:
    """Say whether a column's times may have more than milliseconds: CQL's own timestamps have not."""
    is_made = column.role in {"writetime", "expires_at", "derived"} or bool(column.cast)
    return is_made and "timestamp" in column.type


def _grouped(parts: Sequence[Part], kept: Sequence[int]) -> list[tuple[Range, Sum]]:
    """Put neighbours together as the statement does."""
    made, start = [], 0
    for at in kept:
        many = parts[start : at + 1]
        made.append((Range(many[0].start, many[-1].end), sum((Sum(part.rows, part.checksum) for part in many), Sum())))
        start = at + 1
    return made


def _unequal(ranges: Sequence[tuple[Range, Sum]], found: dict[int, Sum], *, by_rows: bool) -> Iterator[Difference]:
    for at, (token_range, staged) in enumerate(ranges):
        there = found.get(at, Sum())
        if there.rows != staged.rows or (there != staged and not by_rows):
            yield Difference(range=token_range, staged=staged, found=there)


def _at_once(staged: Sum, found: Sum) -> tuple[Difference, ...]:
    return () if staged == found else (Difference(range=None, staged=staged, found=found),)
