"""`gluepot load verify` and `gluepot load sql`: what was loaded, proven, and read by other engines."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gluepot.cli.load import loadjobs
from gluepot.cli.options import Debug, Format, Output
from gluepot.cli.query.querying import InAthena, Results, Workgroup

PlanPath = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The plan file: TOML, JSON or YAML.", show_default=False),
]
Rescan = Annotated[bool, typer.Option("--rescan", metavar="", help="Read the source again, every range of it.")]
Statements = Annotated[bool, typer.Option("--statements", metavar="", help="Print the statements that Athena ran.")]


class Reader(StrEnum):
    """Engines that read loaded tables."""

    ATHENA = "athena"
    REDSHIFT = "redshift"
    SPARK = "spark"
    TRINO = "trino"
    DUCKDB = "duckdb"


Engine = Annotated[
    Reader | None,
    typer.Option(
        "--engine",
        metavar="athena|redshift|spark|trino|duckdb",
        help="Who is to read; all of them if left out.",
        show_default=False,
    ),
]
Tables = Annotated[
    list[str] | None,
    typer.Option(
        "--table", metavar="NAME", help="A loaded table; may be given again. All if left out.", show_default=False
    ),
]


def verify(  # noqa: PLR0913 - a command has as many parameters as options
    *,
    config: PlanPath,
    rescan: Rescan = False,
    athena: InAthena = False,
    workgroup: Workgroup = "",
    results: Results = "",
    statements: Statements = False,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Prove that each table holds what was read: counts and checksums, for every token range; in Athena too."""
    as_json = output == Output.JSON
    if athena or workgroup or results or statements:
        from gluepot.cli.load import athenajobs  # noqa: PLC0415 - lazy: start-up

        athenajobs.refuse_to_verify(athena=athena, rescan=rescan)
        where = athenajobs.Where(workgroup, results)
        return athenajobs.verify(config, where, statements=statements, as_json=as_json)
    return loadjobs.verify(config, rescan=rescan, as_json=as_json)


def sql(
    *,
    config: PlanPath,
    engine: Engine = None,
    table: Tables = None,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Print what other engines need to read the loaded tables: SQL and settings, ready to be used."""
    from gluepot.cli.load import readersql  # noqa: PLC0415 - lazy: start-up

    chosen = [engine.value] if engine else [reader.value for reader in Reader]
    return readersql.show(config, chosen, tuple(table or ()), as_json=output == Output.JSON)
