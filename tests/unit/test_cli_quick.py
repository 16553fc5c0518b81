"""The way around typer understands what typer understands, and nothing that typer would refuse."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from gluepot.cli import jobs, quick
from gluepot.cli.app import app

COMMANDS: Any = typer.main.get_command(app)


def by_typer(arguments: list[str]) -> dict[str, Any] | None:
    """Parse with typer, without running anything; None where it refuses."""
    command = COMMANDS.commands[arguments[0]]
    try:
        context = command.make_context(arguments[0], list(arguments[1:]))
    except (typer.Exit, SystemExit):
        return None
    except Exception as error:
        if not hasattr(error, "exit_code"):  # click's own class, which is private to typer
            raise
        return None
    found = {key: value for key, value in context.params.items() if key not in {"_debug", "output"}}
    return {**found, "as_json": context.params["output"] == "json"}


def completed(command: str, options: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the job's own signature says."""
    signature = inspect.signature(getattr(jobs, command))
    return {name: options.get(name, parameter.default) for name, parameter in signature.parameters.items()}


WORDS = st.sampled_from(
    (
        *("-c", "--config", "c.toml", "-n", "--name", "x", "--full", "--publish", "--since", "2020-01-01 00:00:00"),
        *("--output", "json", "text", "xml", "--debug", "--help", "-h", "--config=c.toml", "--name=x", "--output=json"),
        *("--", "-cc.toml", "--nope", "--full=yes", "", "--name=", "--name=-x"),
    )
)


@settings(deadline=None)  # typer loads pydantic at the first
@given(st.sampled_from(["collect", "push", "run"]), st.lists(WORDS, max_size=7))
def test_both_ways_agree_wherever_the_quick_one_answers(command: str, words: list[str]) -> None:
    call = quick.parse([command, *words])
    if call is not None:
        assert (call[0], completed(*call)) == (command, by_typer([command, *words]))


@pytest.mark.parametrize(
    "words",
    [
        ["-c", "c.toml"],
        ["--config=c.toml", "--output", "json"],
        ["-c", "c.toml", "-n", "x", "--full", "--since", "2020-01-01 00:00:00", "--publish", "--debug"],
    ],
)
def test_a_plain_command_line_is_understood_without_typer(words: list[str]) -> None:
    assert quick.parse(["collect", *words]) is not None


@pytest.mark.parametrize("words", [[], ["--help"], ["-c"], ["-c", "x", "--nope"], ["-c", "x", "--output", "xml"]])
def test_what_needs_explaining_is_left_to_typer(words: list[str]) -> None:
    assert quick.parse(["collect", *words]) is None
    assert quick.parse(["--debug", "collect", "-c", "x"]) is None
    assert quick.parse(["status", "-c", "x"]) is None
    assert quick.parse([]) is None


def test_the_defaults_of_typer_are_those_of_the_jobs() -> None:
    for command in ("collect", "push", "run"):
        assert by_typer([command, "-c", "x"]) == completed(command, {"config": Path("x")})
