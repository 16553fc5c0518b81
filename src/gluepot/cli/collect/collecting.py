"""`gluepot collect`, `gluepot push` and `gluepot run`."""

from typing import Annotated

import typer

from gluepot.cli.collect import jobs
from gluepot.cli.options import ConfigFile, Debug, Format, Full, Name, Output

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="MARK",
        help="Compare with this mark (UTC, 'YYYY-MM-DD HH:MM:SS') instead of the one that stands.",
        show_default=False,
    ),
]
Publish = Annotated[
    bool,
    typer.Option("--publish", metavar="", help="Move the mark after collecting: for those who push with other tools."),
]


def collect(
    *,
    config: ConfigFile,
    name: Name = "glue",
    full: Full = False,
    since: Since = None,
    publish: Publish = False,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Read the catalogs and write what is new or changed as extract files."""
    as_json = output == Output.JSON
    return jobs.collect(config=config, name=name, full=full, since=since, publish=publish, as_json=as_json)


def push(*, config: ConfigFile, name: Name = "glue", output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Send what the manifests in the output folder name to the landing, and move the mark."""
    return jobs.push(config=config, name=name, as_json=output == Output.JSON)


def run(
    *,
    config: ConfigFile,
    name: Name = "glue",
    full: Full = False,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Push what is pending, collect, push, and then move the high-water mark."""
    return jobs.run(config=config, name=name, full=full, as_json=output == Output.JSON)
