"""`gluepot explain jdbc`."""

from pathlib import Path
from typing import Annotated

import typer

from gluepot.cli.load import explainjobs
from gluepot.cli.options import Debug, Format, Output

PlanPath = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="The plan file: its columns are told one by one.", show_default=False
    ),
]


def jdbc(*, config: PlanPath = None, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Say what the JDBC route cannot do, and what it makes of a plan's columns; nothing is changed."""
    return explainjobs.jdbc(config, as_json=output == Output.JSON)
