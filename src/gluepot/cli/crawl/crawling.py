"""`gluepot crawler plan`, `apply`, `run`, `stop`, `status`, `destroy`, `init` and `schema`."""

from pathlib import Path
from typing import Annotated

import typer

from gluepot.cli import say
from gluepot.cli.crawl import crawljobs
from gluepot.cli.options import Debug, Format, Output

CrawlerPath = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The crawler's file: TOML, JSON or YAML.", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", metavar="", help="Set back what was changed by hand.")]
Detach = Annotated[bool, typer.Option("--detach", metavar="", help="Start it and do not wait.")]
Data = Annotated[bool, typer.Option("--data", metavar="", help="Remove the database too, with its table entries.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Do not ask.")]
Out = Annotated[
    Path, typer.Option("--file", "-o", metavar="FILE", help="Where to write it: TOML, YAML or JSON; '-' prints it.")
]


def plan(*, config: CrawlerPath, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Show what an apply would change, what the targets hold, and what a crawl would cost; nothing is changed."""
    return crawljobs.plan(config, as_json=output == Output.JSON)


def apply(*, config: CrawlerPath, force: Force = False, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Make database, role and crawler what the file says; what stands already is left alone."""
    return crawljobs.apply(config, force=force, as_json=output == Output.JSON)


def run(*, config: CrawlerPath, detach: Detach = False, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Crawl, wait for the end, and name the tables that were created, updated or deleted."""
    return crawljobs.run(config, detach=detach, as_json=output == Output.JSON)


def stop(*, config: CrawlerPath, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Stop the crawl that is under way; what it has written stays."""
    return crawljobs.stop(config, as_json=output == Output.JSON)


def status(*, config: CrawlerPath, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Show how the crawler stands, what its crawls took and cost, and which tables it keeps."""
    return crawljobs.status(config, as_json=output == Output.JSON)


def destroy(
    *, config: CrawlerPath, data: Data = False, yes: Yes = False, output: Format = Output.TEXT, _debug: Debug = False
) -> int:
    """Remove what apply has made: crawler and role; the database only with --data. Files are never touched."""
    return crawljobs.destroy(config, data=data, yes=yes, as_json=output == Output.JSON)


def init(*, out: Out = Path("crawler.toml"), output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Write a commented crawler's file to begin with; a file that is there is never overwritten."""
    return crawljobs.init(out, as_json=output == Output.JSON)


def schema(*, output: Format = Output.TEXT, _debug: Debug = False) -> int:  # noqa: ARG001 - a schema is JSON either way
    """Print the JSON Schema of the crawler's file, for editors."""
    from gluepot.crawler.readfile import schema as described  # noqa: PLC0415 - lazy: start-up

    say.data_json(described())
    return 0
