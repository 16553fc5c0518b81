"""`gluepot aws plan`, `apply` and `destroy`."""

from pathlib import Path
from typing import Annotated

import typer

from gluepot.cli.aws import awsjobs
from gluepot.cli.options import Debug, Format, Output

PlanPath = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The plan file: TOML, JSON or YAML.", show_default=False),
]
Estimate = Annotated[
    bool, typer.Option("--estimate", metavar="", help="Ask the source how much there is, for the price of a load.")
]
Force = Annotated[bool, typer.Option("--force", metavar="", help="Change back what somebody changed by hand.")]
Data = Annotated[
    bool, typer.Option("--data", metavar="", help="Remove buckets and the database too, with everything in them.")
]
Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")]


def plan(*, config: PlanPath, estimate: Estimate = False, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Show what a load takes in AWS: what would be created, changed or left alone, and what it costs."""
    return awsjobs.plan(config, estimate=estimate, as_json=output == Output.JSON)


def apply(*, config: PlanPath, force: Force = False, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Make it so; again and again is as good as once, and what failed is carried on."""
    return awsjobs.apply(config, force=force, as_json=output == Output.JSON)


def destroy(
    *, config: PlanPath, data: Data = False, yes: Yes = False, output: Format = Output.TEXT, _debug: Debug = False
) -> int:
    """Remove what gluepot made of it, asking first; data stays unless told otherwise."""
    return awsjobs.destroy(config, data=data, yes=yes, as_json=output == Output.JSON)
