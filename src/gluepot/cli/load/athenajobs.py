"""What `--athena` does once options are known; heavy imports come when they are used."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from gluepot.cli import say
from gluepot.cli.source import sourcejobs
from gluepot.text import counted, sized

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.athena.run import Answer, Athena
    from gluepot.lake.commit.lake import Lake
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.sql.athena.verify import Proven
    from gluepot.sql.query import Running

DIFFERS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Where:
    """Where statements run, in place of what the plan file says.

    Args:
        workgroup: The workgroup.
        results: `s3://BUCKET/PREFIX` for results.
    """

    workgroup: str = ""
    results: str = ""


def opened(file: PlanFile, where: Where) -> tuple[Lake, Athena]:
    """Open a plan file's target, and Athena beside it; nothing is called yet."""
    from gluepot.athena.run import Athena  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.core.connect import lake_of  # noqa: PLC0415 - lazy: start-up
    from gluepot.sql.athena.place import place_of  # noqa: PLC0415 - lazy: start-up

    lake = lake_of(file.target)
    return lake, Athena(lake.account, place_of(file, workgroup=where.workgroup, results=where.results))


def refuse(*, athena: bool, snapshot: int | None, as_of: str | None) -> None:
    """Refuse options that do not go together.

    Raises:
        ConfigError: They do not.
    """
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    if not athena:
        raise ConfigError("--workgroup and --results are about Athena", "", "add --athena, or leave them out")
    if snapshot or as_of:
        why = "in Athena the SQL itself says which state it reads"
        hint = f"... FROM titles FOR VERSION AS OF {snapshot or 'ID'}; or FOR TIMESTAMP AS OF TIMESTAMP '... UTC'"
        raise ConfigError("--snapshot and --as-of do not go with --athena", why, hint)


def refuse_to_verify(*, athena: bool, rescan: bool) -> None:
    """Refuse options of `verify` that do not go together.

    Raises:
        ConfigError: They do not.
    """
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    if not athena:
        raise ConfigError("--workgroup, --results and --statements are about Athena", "", "add --athena")
    if rescan:
        hint = "run gluepot load verify --rescan beside it"
        raise ConfigError("--rescan does not go with --athena", "Athena cannot ask the source", hint)


def query(file: PlanFile, sql: str, where: Where) -> Running:
    """Run one statement in Athena; tell on stderr where it ran and what it cost."""
    from gluepot.sql.query import Running  # noqa: PLC0415 - lazy: start-up

    _, athena = opened(file, where)
    answer = athena.run(sql)
    say.tell(say.facts([("statement", " ".join(sql.split())), *_billing_facts(answer, file.prices.athena_per_tb)]))
    return Running(answer.table.schema, iter(answer.table.to_batches()), ())


def _billing_facts(answer: Answer, per_terabyte: float) -> list[tuple[str, object]]:
    from gluepot.athena.price import billed, price  # noqa: PLC0415 - lazy: start-up

    cost = f"{sized(answer.bytes_scanned)}, billed as {sized(billed(answer.bytes_scanned))}: "
    return [
        ("workgroup", answer.workgroup),
        ("query", answer.query_id),
        ("results", answer.output or "kept by Athena"),
        ("scanned", f"{cost}${price(answer.bytes_scanned, per_terabyte):.6f}"),
    ]


def verify(path: Path, where: Where, *, statements: bool, as_json: bool) -> int:
    """Verify every loaded table in Athena; 3 where one differs."""
    file = sourcejobs.read(path)
    from gluepot.sql.athena.verify import verify as job  # noqa: PLC0415 - lazy: start-up

    lake, athena = opened(file, where)
    equal, answers = True, []
    for found in job(file, lake, athena):
        equal = equal and found.is_equal
        if as_json:
            answers.append(_plain(found, file.prices.athena_per_tb))
        else:
            _show(found, file.prices.athena_per_tb, statements=statements)
    if as_json:
        say.data_json({"tables": answers, "price": sum(answer["price"] for answer in answers)})
    return 0 if equal else DIFFERS


def _show(found: Proven, per_terabyte: float, *, statements: bool) -> None:
    from gluepot.cli.load.loads import SHOWN, difference  # noqa: PLC0415 - lazy: start-up

    rows = counted(found.found.rows, "row")
    ranges = counted(found.ranges, "token range") if found.ranges else "the table as a whole"
    if found.is_equal:
        say.data(f"{say.safe(found.table)}: equal in Athena, {rows}, {ranges}, load {found.load_id}")
    else:
        say.data(f"{say.safe(found.table)}: DIFFERS in Athena, load {found.load_id}")
        say.data(f"  staged {found.staged.rows:,} rows, found {found.found.rows:,}, compared by {ranges}")
    for unequal in found.differences[:SHOWN]:
        difference(unequal)
    for why in filter(None, (found.why_whole, found.by_rows and f"compared by row counts only: {found.by_rows}")):
        say.data(f"  {why}")
    for name, mask in found.masked.items():
        say.data(f"  {say.safe(name)} holds what {mask} shows, and not the source's values")
    size = counted(len(found.answer.statement.encode()), "byte")
    shown = [] if statements else [("statement", f"{size}; --statements shows it")]
    say.data(say.facts([*shown, *_billing_facts(found.answer, per_terabyte)], indent="  "))
    if statements:
        say.data("\n".join(f"    {say.safe(line)}" for line in found.answer.statement.splitlines()))


def _plain(found: Proven, per_terabyte: float) -> dict[str, Any]:
    from gluepot.athena.price import price  # noqa: PLC0415 - lazy: start-up

    answer = found.answer
    return {
        "table": found.table,
        "load_id": found.load_id,
        "is_equal": found.is_equal,
        "staged": found.staged,
        "found": found.found,
        "ranges": found.ranges,
        "differences": found.differences,
        "why_whole": found.why_whole,
        "by_rows": found.by_rows,
        "masked": found.masked,
        "statement": answer.statement,
        "workgroup": answer.workgroup,
        "output": answer.output,
        "query_id": answer.query_id,
        "bytes_scanned": answer.bytes_scanned,
        "price": price(answer.bytes_scanned, per_terabyte),
    }
