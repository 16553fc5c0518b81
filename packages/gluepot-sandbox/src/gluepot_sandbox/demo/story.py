"""The demo as it is told: a keyspace loaded; a catalog collected, pushed, changed and collected again.

What commands print is what they print: each is run, as a process, and its output passed through. Nothing is only said:
each claim is checked before it is printed, against what Cassandra, Glue, S3 and the files answer to other clients.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot_sandbox.demo.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot_sandbox.sandbox import Sandbox

DEFAULT: Final = "gluepot-demo"
"""The folder's name, in the current directory."""


@dataclass(frozen=True)
class Told:
    """A demo that was told.

    Args:
        exit_code: 0 if every claim that was printed held, else 1.
        sandbox: What it was told in, which is still up.
    """

    exit_code: int
    sandbox: Sandbox


@contextlib.contextmanager
def told(place: Path) -> Iterator[Told]:
    """Show the whole flow, loading and collecting, on an emulated AWS, and leave the files.

    Args:
        place: Where everything goes. Made anew if an earlier demo left it.

    Yields:
        How it went; its servers are up until the context ends.

    Raises:
        OutputError: The folder is not the demo's, or cannot be written.
    """
    began = time.monotonic()
    screen = Screen()
    screen.title(
        "gluepot demo",
        [
            "A keyspace of Cassandra becomes Glue tables, proven equal, and is queried;",
            "then the catalog is collected, pushed, changed, and collected again.",
            "All of it stays on this machine.",
        ],
    )
    from gluepot_sandbox import sandbox  # noqa: PLC0415 - lazy: the title is shown first

    why = sandbox.missing(screen.console)
    with (
        _quiet(),
        sandbox.start(place, with_cassandra=not why, with_keyspace=False, console=screen.console) as running,
        _own_environment(),
    ):
        os.environ.update(running.environment())
        _tell(screen, running, why)
        yield Told(verdict(screen, time.monotonic() - began), running)


def _tell(screen: Screen, running: Sandbox, why: str) -> None:
    """Tell the story, step by step; without a Cassandra say why, and tell the second half only."""
    from gluepot_sandbox.demo import collecting, loading, summary  # noqa: PLC0415 - lazy: the title is shown first
    from gluepot_sandbox.demo.scene import Scene  # noqa: PLC0415 - likewise
    from gluepot_sandbox.demo.shell import Shell  # noqa: PLC0415 - likewise

    scene = Scene(screen, Shell(screen, os.environ), running)
    screen.say(f"Up: {', '.join(f'{name} at {url}' for name, url in running.urls.items())}.")
    if running.node and running.plan:
        loading.tell(scene, running.node, running.plan)
    else:
        screen.step("A Cassandra keyspace becomes tables")
        screen.say(f"Left out: {why}.")
        screen.say("The demo goes on with the catalog.")
    collecting.tell(scene)
    screen.say()
    if not screen.broken:
        screen.summary(summary.lines(running))


def verdict(screen: Screen, seconds: float) -> int:
    """Say how it went, and give the exit code: 0 only if every claim held."""
    if screen.broken:
        screen.say(f"{len(screen.broken)} of {screen.claims} claims did not hold: this demo failed.", "bold red")
        return 1
    screen.say(f"All {screen.claims} claims above were checked, in {seconds:.0f} seconds.", "bold green")
    return 0


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """Forget whatever AWS was configured, for this process and those that it starts; then put the environment back."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the clients that check the claims log and warn about out of the story."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
