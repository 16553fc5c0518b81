"""`gluepot load plan`, `run`, `status`, `stop`, `init` and `schema`."""

from pathlib import Path
from typing import Annotated

import typer

from gluepot.cli import say
from gluepot.cli.load import gluejobs, loadjobs
from gluepot.cli.options import Debug, Format, Output

PlanPath = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The plan file: TOML, JSON or YAML.", show_default=False),
]
Write = Annotated[
    bool, typer.Option("--write", metavar="", help="Add the lines that the plan offers to the plan file.")
]
LoadId = Annotated[
    str, typer.Option("--load-id", metavar="ID", help="Join this load, or begin it.", show_default=False)
]
Resume = Annotated[
    bool | None,
    typer.Option(
        "--resume/--no-resume",
        help="Finish tables whose load was cut short, or read all from the beginning; if left out, finish those that "
        "limits.resume_hours allows.",
        show_default=False,
    ),
]
CreateDatabase = Annotated[
    bool, typer.Option("--create-database", metavar="", help="Create the Glue database where it is missing.")
]
TakeOver = Annotated[
    bool,
    typer.Option("--take-over", metavar="", help="Load over tables of another source: they are this plan's then."),
]
Out = Annotated[
    Path, typer.Option("--file", "-o", metavar="FILE", help="Where to write it: TOML, YAML or JSON; '-' prints it.")
]
Detach = Annotated[bool, typer.Option("--detach", metavar="", help="Leave a Glue job to itself once it was started.")]
Run = Annotated[
    str, typer.Option("--run", metavar="ID", help="A run of the job; the newest if left out.", show_default=False)
]


def plan(
    *,
    config: PlanPath,
    write: Write = False,
    take_over: TakeOver = False,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Show what would be loaded: tables, columns, types, sizes, price, and what must be mended first."""
    return loadjobs.plan(config, write=write, take_over=take_over, as_json=output == Output.JSON)


def run(  # noqa: PLR0913 - a command has as many parameters as options
    *,
    config: PlanPath,
    resume: Resume = None,
    load_id: LoadId = "",
    create_database: CreateDatabase = False,
    take_over: TakeOver = False,
    detach: Detach = False,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Load every table of the plan; of a table whose load was cut short, what is staged is not read again."""
    from gluepot.loader.jobs import LoadOptions  # noqa: PLC0415 - lazy: start-up

    options = LoadOptions(
        resume=resume, load_id=load_id, create_database=create_database, take_over=take_over, detach=detach
    )
    return loadjobs.run(config, options, as_json=output == Output.JSON)


def status(*, config: PlanPath, run: Run = "", output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Tell how a load gets on that runs as a Glue job: its state, its tables, its price, and why it failed."""
    return gluejobs.status(config, run, as_json=output == Output.JSON)


def stop(*, config: PlanPath, run: Run = "", output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Stop a load that runs as a Glue job; what is staged is used by the next run."""
    return gluejobs.stop(config, run, as_json=output == Output.JSON)


def schema(*, output: Format = Output.TEXT, _debug: Debug = False) -> int:  # noqa: ARG001 - a schema is JSON either way
    """Print the JSON Schema of the plan file, for editors."""
    from gluepot.loader.plan.readfile import schema as described  # noqa: PLC0415 - lazy: start-up

    say.data_json(described())
    return 0


def init(*, out: Out = Path("plan.toml"), output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Write a commented plan file to begin with; a file that is there is never overwritten."""
    return loadjobs.init(out, as_json=output == Output.JSON)
