"""`gluepot sandbox` and `gluepot demo`: what the package `gluepot-sandbox` shows, which is not a part of gluepot."""

import contextlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gluepot.cli import say
from gluepot.cli.options import Debug, Format, Output
from gluepot.errors import MissingExtraError

if TYPE_CHECKING:
    from gluepot_sandbox.sandbox import Sandbox

FOLDER = "gluepot-sandbox"
DEMO_FOLDER = "gluepot-demo"
"""Where the files go unless told otherwise."""

Folder = Annotated[
    Path | None, typer.Option("--folder", metavar="DIR", help="Where the files go.", show_default=FOLDER)
]
DemoFolder = Annotated[
    Path | None, typer.Option("--folder", metavar="DIR", help="Where the files go.", show_default=DEMO_FOLDER)
]
AwsOnly = Annotated[
    bool, typer.Option("--aws-only", metavar="", help="Without Cassandra, which needs Java: for collecting only.")
]
Keep = Annotated[
    bool, typer.Option("--keep", metavar="", help="Stay up at the end, as `gluepot sandbox` does, until ctrl-C.")
]


def sandbox(
    *, folder: Folder = None, aws_only: AwsOnly = False, output: Format = Output.TEXT, _debug: Debug = False
) -> int:
    """Start an emulated AWS and a real Cassandra with sample data, to try gluepot on; they stay up until ctrl-C."""
    _needs_package("gluepot sandbox")
    from gluepot_sandbox import sandbox as job  # noqa: PLC0415 - lazy: start-up

    if not aws_only:
        job.require_cassandra()
    with job.start(folder or Path(FOLDER), with_cassandra=not aws_only) as running:
        _stay(running, {}, as_json=output == Output.JSON)
    return 0


def demo(*, folder: DemoFolder = None, keep: Keep = False, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Show the whole flow on an emulated AWS and a real Cassandra: load, query, collect, push, collect again."""
    _needs_package("gluepot demo")
    from gluepot_sandbox.demo import told  # noqa: PLC0415 - lazy: start-up

    as_json = output == Output.JSON
    place = folder or Path(DEMO_FOLDER)
    with contextlib.ExitStack() as stack:
        with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
            story = stack.enter_context(told(place))
        answer: dict[str, object] = {"exit_code": story.exit_code, "folder": str(place)}
        if keep and story.exit_code == 0:
            _stay(story.sandbox, answer, as_json=as_json)
        elif as_json:
            say.data_json(answer)
    return story.exit_code


def _needs_package(feature: str) -> None:
    if importlib.util.find_spec("gluepot_sandbox") is None:
        raise MissingExtraError.of_sandbox(feature)


def _stay(running: "Sandbox", answer: dict[str, object], *, as_json: bool) -> None:
    """Tell what is up, and stay until SIGINT or SIGTERM."""
    from gluepot_sandbox.sandbox import stopping  # noqa: PLC0415 - lazy: start-up

    with stopping() as stopped:
        if as_json:
            say.keys_json({**answer, **_facts(running)})
        else:
            _tell(running)
        running.wait(stopped)
        say.tell("\nending the servers; the folder stays")


def _facts(running: "Sandbox") -> dict[str, object]:
    return {
        "folder": str(running.home),
        "urls": running.urls,
        "files": running.files,
        "environment": running.environment(),
        "unset": running.unset(),
        "commands": list(running.commands),
    }


def _tell(running: "Sandbox") -> None:
    """Print the lines for a shell on stdout, and what they are for around them."""
    servers = [("AWS", f"{running.urls['aws']}, emulated"), ("Cassandra", running.urls.get("cassandra"))]
    say.tell("\nThe sandbox is up, with sample data in it. Nothing leaves this machine.")
    say.tell(say.facts([*servers, ("files", ", ".join(running.files.values()))], indent="  "))
    say.tell("\nIn a second terminal, in this folder, paste these lines:\n")
    say.keys(running.exports())
    say.tell("\nThen try there:\n")
    say.tell(say.table([(command, f"# {what}") for command, what in running.commands.items()], indent="  "))
    say.tell("\nctrl-C ends it here, and what the servers hold is gone.")
