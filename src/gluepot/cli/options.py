"""The options that several commands share, each described once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Output(StrEnum):
    """How the answer is printed."""

    TEXT = "text"
    JSON = "json"


ConfigFile = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The configuration: JSON, TOML or YAML.", show_default=False),
]
OptionalConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="The configuration; it says where marks are kept.", show_default=False
    ),
]
Name = Annotated[
    str, typer.Option("--name", "-n", metavar="NAME", help="The name under which marks and generations are kept.")
]
Full = Annotated[bool, typer.Option("--full", metavar="", help="Write a full snapshot, whatever has changed.")]
Format = Annotated[
    Output, typer.Option("--output", metavar="text|json", help="Print text, or one JSON object, on stdout.")
]
Debug = Annotated[bool, typer.Option("--debug", metavar="", help="Print tracebacks with errors.")]
