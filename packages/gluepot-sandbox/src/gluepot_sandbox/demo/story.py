"""The demo as it is told: a keyspace loaded; a catalog collected, pushed, changed and collected again.

Nothing is only said: each claim is checked before it is printed, against Glue's own answers and the files.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import time
import warnings
from typing import TYPE_CHECKING

from gluepot.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.demo.screen import Screen

_EXTRA = ("aiohttp", "awswrangler", "moto", "pyarrow", "pyiceberg")


def main(folder: Path | None = None) -> int:
    """Show the whole flow, loading and collecting, on an embedded AWS, and leave the files.

    Args:
        folder: Where everything goes; `gluepot-demo` in the current directory when not given. Made anew if an earlier
            demo left it.

    Returns:
        0 if every claim that was printed held, else 1.

    Raises:
        MissingExtraError: The packages of the extra `demo` are not installed.
        OutputError: The folder is not the demo's, or cannot be written.
    """
    if not all(importlib.util.find_spec(name) for name in _EXTRA):
        raise MissingExtraError.of("demo", "gluepot demo")
    from gluepot_sandbox import aws as emulator  # noqa: PLC0415 - lazy: start-up
    from gluepot_sandbox.demo import catalog  # noqa: PLC0415 - lazy: start-up
    from gluepot_sandbox.demo import folder as place  # noqa: PLC0415 - lazy: start-up
    from gluepot_sandbox.demo.screen import Screen  # noqa: PLC0415 - lazy: start-up

    began = time.monotonic()
    home = place.fresh(folder)
    screen = Screen()
    screen.title(
        "gluepot demo",
        [
            "A keyspace of Cassandra becomes tables of a Glue catalog, proven equal, and is queried.",
            "Then the catalog is collected, pushed, changed, and collected again.",
        ],
    )
    with _quiet(), _own_environment(), emulator.start() as aws:
        os.environ.update(aws.environment(region=catalog.REGION))
        _tell(screen, home, aws)
    return end(screen, time.monotonic() - began)


def _tell(screen: Screen, home: Path, aws: Emulator) -> None:
    """Tell the story, step by step."""
    from gluepot_sandbox.demo import folder as place  # noqa: PLC0415 - lazy: start-up
    from gluepot_sandbox.demo import loading, runs, steps  # noqa: PLC0415 - lazy: start-up

    screen.say(f"AWS is embedded, at {aws.url}: nothing leaves this machine.")
    screen.say(f"All files stay in {place.shown(home)}.")
    loading.tell(screen, home, aws)
    scene = steps.opening(screen, home, aws)
    steps.checked(scene)
    first = runs.first(scene)
    steps.kept_back(scene, first)
    steps.change(scene)
    second = runs.second(scene, first)
    steps.where(scene, (first, second))
    steps.onward(scene)


def end(screen: Screen, seconds: float) -> int:
    """Say how it went, and give the exit code: 0 only if every claim held."""
    screen.say("")
    if screen.broken:
        screen.say(f"{len(screen.broken)} of {screen.claims} claims did not hold: this demo failed.", "bold red")
        return 1
    screen.say(f"All {screen.claims} claims above were checked, in {seconds:.0f} seconds.", "bold green")
    return 0


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """Forget whatever AWS was configured, for this process and the embedded AWS; then put the environment back."""
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
    """Keep what the clients that fill the catalog log and warn about out of the story."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
