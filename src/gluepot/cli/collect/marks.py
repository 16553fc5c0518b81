"""`gluepot hwm show` and `gluepot hwm set`."""

from typing import TYPE_CHECKING, Annotated

import typer

from gluepot.cli import say
from gluepot.cli.options import Debug, Format, Name, OptionalConfigFile, Output
from gluepot.cli.reporting import read_config

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.config import Config

Mark = Annotated[str, typer.Argument(metavar="MARK", help="The mark in UTC: 'YYYY-MM-DD HH:MM:SS'.")]


def show(
    *, config: OptionalConfigFile = None, name: Name = "glue", output: Format = Output.TEXT, _debug: Debug = False
) -> int:
    """Show the high-water mark, where it is kept, and whether the next run can be incremental."""
    settings = _settings(config)
    from gluepot.collector.hwm import EPOCH  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.settings import marks_of  # noqa: PLC0415 - lazy: start-up

    marks = marks_of(settings)
    mark = marks.read(name)
    generation = (
        "no mark yet: the next run is a full snapshot"
        if mark == EPOCH
        else _generation(settings, name, mark, whose=config is not None)
    )
    _print(output, {"name": name, "mark": mark, "kept_in": marks.name(name), "generation": generation})
    return 0


def set_mark(
    mark: Mark,
    *,
    config: OptionalConfigFile = None,
    name: Name = "glue",
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Set the high-water mark by hand, and say whether a generation exists for it."""
    settings = _settings(config)
    from gluepot.collector.hwm import normal_mark, now  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.settings import marks_of  # noqa: PLC0415 - lazy: start-up

    marks, mark = marks_of(settings), normal_mark(mark)
    before = marks.read(name) if _readable(settings, name) else ""
    generation = _generation(settings, name, mark, whose=config is not None)
    marks.write(name, mark)
    answer = {"name": name, "mark": mark, "before": before, "kept_in": marks.name(name), "generation": generation}
    _print(output, answer)
    if mark > now():
        say.warn("the mark lies in the future: every run until then is a full snapshot")
        say.hint(f"gluepot hwm set '{now()}'")
    return 0


def _settings(path: "Path | None") -> "Config":
    if path is not None:
        return read_config(path)
    from gluepot.config import Config  # noqa: PLC0415 - lazy: start-up

    return Config()


def _readable(settings: "Config", name: str) -> bool:
    """Tell whether the file that is about to be replaced holds a mark; if not, this command is the cure."""
    from gluepot.collector.settings import marks_of  # noqa: PLC0415 - lazy: start-up
    from gluepot.errors import StateError  # noqa: PLC0415 - lazy: start-up

    try:
        marks_of(settings).read(name)
    except StateError:
        return False
    return True


def _generation(settings: "Config", name: str, mark: str, *, whose: bool) -> str:
    """Say whether a mark has a generation; a broken one is told, and stands in the way of nothing here."""
    from gluepot.collector.check import generation_status  # noqa: PLC0415 - lazy: start-up
    from gluepot.errors import StateError  # noqa: PLC0415 - lazy: start-up

    try:
        return generation_status(settings, name, mark, whose=whose)
    except StateError as error:
        return str(error)


def _print(output: Output, told: dict[str, str]) -> None:
    if output == Output.JSON:
        say.data_json(told)
    else:
        say.data(say.facts([(key.replace("_", " "), value) for key, value in told.items()]))
