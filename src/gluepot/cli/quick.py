"""The commands that schedulers start, without typer: loading it takes longer than what these have to load themselves.

Only a command line that needs no explanation is understood here. Anything else, help and mistakes included, goes to
typer, which knows every option and says what is wrong. tests/unit/test_cli_quick.py holds both to the same answers.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_VALUES: Final = {
    "-c": "config",
    "--config": "config",
    "-n": "name",
    "--name": "name",
    "--since": "since",
    "--output": "output",
}
_FLAGS: Final = {"--full": "full", "--publish": "publish", "--debug": "debug"}
_TAKES: Final = {
    "collect": {"config", "name", "since", "output", "full", "publish", "debug"},
    "push": {"config", "output", "debug"},
    "run": {"config", "name", "output", "full", "debug"},
}


def parse(arguments: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """Read a plain command line.

    Returns:
        The command and the arguments of its job; None where typer has to look at it.
    """
    if not arguments or arguments[0] not in _TAKES:
        return None
    found: dict[str, Any] = {}
    rest = iter(arguments[1:])
    for argument in rest:
        option, equals, value = argument.partition("=")
        if argument in _FLAGS:
            key: str | None = _FLAGS[argument]
            value = "yes"
        else:
            key = _VALUES.get(option)
            value = value if equals and option.startswith("--") else next(rest, "")
        if (
            key is None
            or key in found
            or (equals and not option.startswith("--"))
            or value.startswith("-")
            or not value
        ):
            return None
        found[key] = value
    return _as_call(arguments[0], found)


def _as_call(command: str, found: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if "config" not in found or not found.keys() <= _TAKES[command]:
        return None
    output = found.pop("output", "text")
    if output not in {"text", "json"}:
        return None
    found.pop("debug", None)  # it is read where errors are told
    flags = {key: True for key in ("full", "publish") if found.pop(key, None)}
    return command, {**found, **flags, "config": Path(found["config"]), "as_json": output == "json"}


def run(command: str, options: dict[str, Any]) -> int:
    """Run the command's job, and tell what goes wrong; returns the exit code."""
    from gluepot.cli import faults, jobs  # noqa: PLC0415 - lazy: start-up

    job = {"collect": jobs.collect, "push": jobs.push, "run": jobs.run}[command]
    return faults.guarded(partial(job, **options), as_json=options["as_json"])
