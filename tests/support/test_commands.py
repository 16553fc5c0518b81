"""A command that a test calls in its own process is the command: it prints the same, ends the same, leaves nothing."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.cli import Home


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        (),
        ("colect",),
        ("collect",),
        ("collect", "--help"),
        ("status", "-c", "c.json", "--last", "0"),
        ("push", "-c", "none.json", "--output", "json"),
        ("collect", "-c", "c.json", "-n", "../evil"),
        ("status", "-c", "c.json"),
        ("load", "plan", "-c", "none.toml"),
        ("load", "stop", "-c", "none.toml"),
        ("load", "sql", "-c", "none.toml", "--engine", "trino"),
        ("crawler", "schema"),
        ("crawler", "plan", "-c", "none.toml"),
        ("crawler", "run", "-c", "none.toml", "--output", "json"),
        ("sandbox", "--help"),
        ("access", "policy", "-c", "c.json"),
    ],
)
def test_it_prints_and_returns_what_the_process_does(home: Home, arguments: tuple[str, ...]) -> None:
    here, there = (home.run(*arguments, process=process) for process in (False, True))
    assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)


def test_it_leaves_this_process_as_it_was(home: Home) -> None:
    def state() -> list[object]:
        root = logging.getLogger()
        return [
            Path.cwd(),
            dict(os.environ),
            sys.argv,
            sys.stdin,
            sys.stdout,
            sys.stderr,
            root.level,
            root.handlers[:],
        ]

    before = state()
    assert home.run("run", "-c", "c.json", OF_THE_COMMAND="1").returncode == 0
    assert home.mark
    assert state() == before
