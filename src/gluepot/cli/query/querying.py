"""`gluepot query`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gluepot.cli.options import Debug

if TYPE_CHECKING:
    from gluepot.sql.query import Running

SHOWN = 100
"""Rows that a text answer has unless it is told otherwise."""


class Form(StrEnum):
    """How the rows are printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


Sql = Annotated[
    str, typer.Argument(metavar="SQL", help="One SELECT, in DuckDB's SQL; '-' reads it from stdin.", show_default=False)
]
Plan = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The plan file: its target is queried.", show_default=False),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", metavar="N", min=0, help="Rows to print; 0 for all.", show_default=f"{SHOWN} as text, else all"
    ),
]
SnapshotId = Annotated[
    int | None,
    typer.Option("--snapshot", metavar="ID", help="Read this snapshot of the one table.", show_default=False),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", help="Read tables as of this time, UTC: 2026-01-31T12:00:00.", show_default=False
    ),
]
InAthena = Annotated[
    bool, typer.Option("--athena", metavar="", help="Run it in Athena, in Athena's SQL; what it scans is billed.")
]
Workgroup = Annotated[
    str,
    typer.Option(
        "--workgroup", metavar="NAME", help="Athena's workgroup, in place of the plan file's.", show_default=False
    ),
]
Results = Annotated[
    str,
    typer.Option(
        "--results",
        metavar="URL",
        help="s3://BUCKET/PREFIX for Athena's results, in place of the plan file's.",
        show_default=False,
    ),
]
Formatted = Annotated[
    Form, typer.Option("--output", metavar="text|json|csv", help="A table, one JSON object per line, or CSV.")
]


def query(  # noqa: PLR0913 - a command has as many parameters as options
    sql: Sql,
    *,
    config: Plan,
    limit: Limit = None,
    snapshot: SnapshotId = None,
    as_of: AsOf = None,
    athena: InAthena = False,
    workgroup: Workgroup = "",
    results: Results = "",
    output: Formatted = Form.TEXT,
    _debug: Debug = False,
) -> int:
    """Run one SELECT on loaded tables, with DuckDB over their Iceberg snapshots, or in Athena; nothing is changed."""
    from gluepot.cli.source import sourcejobs  # noqa: PLC0415 - lazy: start-up

    file = sourcejobs.read(config)
    most = (SHOWN if output == Form.TEXT else 0) if limit is None else limit
    text = sys.stdin.read() if sql == "-" else sql
    if athena or workgroup or results:
        from gluepot.cli.load import athenajobs  # noqa: PLC0415 - lazy: start-up

        athenajobs.refuse(athena=athena, snapshot=snapshot, as_of=as_of)
        _print(athenajobs.query(file, text, athenajobs.Where(workgroup, results)), output, most)
        return 0
    from gluepot.sql.query import catalog_of, running, when_of  # noqa: PLC0415 - lazy: start-up

    when = when_of(snapshot or 0, as_of)
    with running(text, catalog_of(file), file.target.database, when) as found:
        _print(found, output, most)
    return 0


def _print(found: "Running", output: Form, most: int) -> None:
    from gluepot.cli.query import rows  # noqa: PLC0415 - lazy: start-up

    if output == Form.TEXT:
        rows.as_text(found, most)
    elif output == Form.CSV:
        rows.as_csv(found, most)
    else:
        rows.as_json(found, most)
