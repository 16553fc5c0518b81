"""`gluepot source show` and `gluepot source sample`."""

from pathlib import Path
from typing import Annotated

import typer

from gluepot.cli.options import Debug, Format, Output
from gluepot.cli.source import sourcejobs

Plan = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The plan file: its source is looked at.", show_default=False),
]
Name = Annotated[str, typer.Argument(metavar="[TABLE]", help="The one table or view to show.", show_default=False)]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write one page, with the keyspace drawn.", show_default=False),
]
Rows = Annotated[
    int | None,
    typer.Option(
        "--rows", metavar="N", min=0, max=1000, help="Sample rows of each table.", show_default="5 for TABLE and --html"
    ),
]
Keyspace = Annotated[
    str, typer.Option("--keyspace", metavar="NAME", help="Where to; the plan's keyspace otherwise.", show_default=False)
]
Create = Annotated[
    bool,
    typer.Option(
        "--create-keyspace/--no-create-keyspace",
        help="Create the keyspace where it is missing, with one replica; never on Astra.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Write beside rows of somebody else, without asking.")]


def show(
    table: Name = "",
    *,
    config: Plan,
    html: Html = None,
    rows: Rows = None,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Look into the keyspace: tables, keys, columns, types, sizes, what they would become, sample rows."""
    return sourcejobs.show(config, table, rows=rows, html=html, as_json=output == Output.JSON)


def sample(
    *,
    config: Plan,
    keyspace: Keyspace = "",
    create: Create = True,
    yes: Yes = False,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Write the bundled sample into a keyspace: invented movies and series; twice is as good as once."""
    return sourcejobs.sample(config, keyspace=keyspace, create=create, yes=yes, as_json=output == Output.JSON)
