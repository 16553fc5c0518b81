"""`gluepot explain jdbc`; heavy imports come when they are used."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gluepot.cli import say
from gluepot.cli.options import Debug, Format, Output
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.loader.jdbc.explain import Explained

REFUSED = 2

PlanPath = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="The plan file: its columns are told one by one.", show_default=False
    ),
]


def jdbc(*, config: PlanPath = None, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Say what the JDBC route cannot do, and what it makes of a plan's columns; nothing is changed."""
    from gluepot.loader.jdbc.limits import KEPT, LIMITS  # noqa: PLC0415 - lazy: start-up

    found = _explained(config) if config is not None else None
    if output == Output.JSON:
        said = {"limits": [limit._asdict() for limit in LIMITS], "kept": list(KEPT)}
        plan = {} if found is None else {"columns": [column._asdict() for column in found.columns]}
        refused = {} if found is None else {"refusals": list(found.refusals)}
        say.data_json({**said, **plan, **refused})
    else:
        _general()
        if found is not None:
            _of_plan(found)
    if found is not None and not found.refusals:
        say.hint(f"gluepot aws plan -c {config}")
    if found is None:
        say.hint("gluepot explain jdbc -c plan.toml tells it of your own columns")
    return REFUSED if found is not None and found.refusals else 0


def _explained(path: Path) -> "Explained":
    from gluepot.cli.source import sourcejobs  # noqa: PLC0415 - lazy: start-up

    file = sourcejobs.read(path)
    from gluepot.loader.jdbc.explain import jdbc as job  # noqa: PLC0415 - lazy: start-up

    return job(file)


def _general() -> None:
    from gluepot.loader.jdbc.limits import KEPT, LIMITS  # noqa: PLC0415 - lazy: start-up

    say.data(say.bold('What route = "jdbc" cannot do, and gluepot\'s own reader (the default) does'))
    for limit in LIMITS:
        say.data("")
        say.data(say.bold(f"- {limit.what}"))
        say.data(_indented(limit.why))
        say.data(_indented(f"gluepot's own reader {limit.native}."))
    say.data("")
    say.data(say.bold("What holds on this route too"))
    for line in KEPT:
        say.data(say.wrapped(line, sys.stdout, "  ", "- "))


def _of_plan(found: "Explained") -> None:
    say.data("")
    say.data(say.bold("What becomes of the plan's columns"))
    rows: list[Sequence[object]] = [("TABLE", "COLUMN", "CQL", "JDBC", "GLUE", "IN THE LAKE", "NATIVE", "LOST")]
    rows += [tuple(column) for column in found.columns]
    say.data(say.table(rows))
    lost = sum(bool(column.loss) for column in found.columns)
    say.data(f"{lost} of {counted(len(found.columns), 'column')} lose something on this route")
    if found.refusals:
        say.data("")
        say.data(say.bold(f"What the plan asks for and this route cannot do: {len(found.refusals)}"))
    for line in found.refusals:
        say.data(say.safe(f"  - {line}"))


def _indented(text: str) -> str:
    return say.wrapped(text, sys.stdout, "  ", "  ")
