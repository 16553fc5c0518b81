"""The command line: which commands there are. Each imports its job when it runs."""

import typer

from gluepot.cli.commands import collecting
from gluepot.cli.faults import reported

EXIT_CODES = "Exit codes: 0 complete, 1 bug, 2 configuration or usage, 3 incomplete, 4 nothing reachable, 5 busy."

app = typer.Typer(
    name="gluepot",
    help="Collect what an AWS Glue Data Catalog knows, incrementally, and push it to a metadata platform.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)

app.command("collect")(reported(collecting.collect))
app.command("push")(reported(collecting.push))
app.command("run")(reported(collecting.run))
