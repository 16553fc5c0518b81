"""The sandbox: an emulated AWS and a real Cassandra with sample data, and files and variables that lead to them.

::

    from pathlib import Path

    from gluepot_sandbox import sandbox

    with sandbox.start(Path("gluepot-sandbox")) as running:
        print(running.environment())
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.errors import OutputError
from gluepot_sandbox import aws as emulator
from gluepot_sandbox import cassandra, catalog, configuration, folder
from gluepot_sandbox.busy import busy
from gluepot_sandbox.catalog.tables import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.cassandra import Node

DEFAULT: Final = "gluepot-sandbox"
"""The folder's name, in the current directory."""

_WINNING: Final = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
"""Variables that win over the sandbox's keys where they are set."""


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that is up.

    Args:
        aws: The emulated AWS.
        node: The node of Cassandra; None where there is only the AWS.
        home: The folder.
        config: The collector's configuration.
        plan: The plan file of a load; None without Cassandra.
        inherited: The variables of AWS that were set when it was started.
    """

    aws: Emulator
    node: Node | None
    home: Path
    config: Path
    plan: Path | None
    inherited: frozenset[str]

    @property
    def urls(self) -> dict[str, str]:
        """Where the servers listen."""
        return {"aws": self.aws.url} | ({"cassandra": f"{self.node.host}:{self.node.port}"} if self.node else {})

    @property
    def files(self) -> dict[str, str]:
        """The files that lead to them, as somebody would type their paths here."""
        return {
            "config": folder.shown(self.config),
            **({"plan": folder.shown(self.plan)} if self.plan else {}),
        }

    @property
    def commands(self) -> dict[str, str]:
        """What to try, and what each does."""
        config = shlex.quote(folder.shown(self.config))
        told = {
            f"gluepot check -c {config}": "is everything there that a run needs?",
            f"gluepot run -c {config}": "collect the catalog, and push it",
        }
        if self.plan:
            plan = shlex.quote(folder.shown(self.plan))
            told[f"gluepot load plan -c {plan}"] = "what becomes of the keyspace"
            told[f"gluepot load run -c {plan}"] = "load it into the catalog"
        return told

    def environment(self) -> dict[str, str]:
        """Give the variables with which gluepot, and any other client, finds the servers and nothing else."""
        password = {configuration.PASSWORD: self.node.password} if self.node else {}
        return {**self.aws.environment(region=REGION), **password}

    def unset(self) -> list[str]:
        """Name the variables that would lead elsewhere."""
        return sorted({*_WINNING, *self.inherited} - {*self.environment()})

    def exports(self) -> str:
        """Write what a shell has to be told, in lines for it."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self.environment().items()]
        return "\n".join([f"unset {' '.join(self.unset())}", *lines])

    def wait(self, stopped: threading.Event) -> None:
        """Stay up until it is stopped.

        Raises:
            OutputError: A server ended by itself.
        """
        while not stopped.wait(1):
            self._check()

    def _check(self) -> None:
        servers = {"the emulated AWS": self.aws.ended(), "Cassandra": self.node.ended() if self.node else None}
        for name, code in servers.items():
            if code is not None:
                hint = "start the sandbox again; a machine that is short of memory ends what is large"
                raise OutputError(f"{name} ended", f"its process ended with {code}", hint)


def missing(console: Console | None = None) -> str:
    """Say what keeps Cassandra from being started here; empty where nothing does. Fetches Cassandra the first time."""
    with busy("looking for Java and Cassandra", console):
        return cassandra.unavailable()


def require_cassandra() -> None:
    """Make sure that Cassandra can be started.

    Raises:
        OutputError: It cannot; it is told what to do about it.
    """
    why = missing()
    if why:
        hint = "mend that, or leave Cassandra out: gluepot sandbox --aws-only needs no Java, and collecting works in it"
        raise OutputError("no Cassandra can be started here", why, hint)


@contextlib.contextmanager
def start(
    place: Path, *, with_cassandra: bool = True, with_keyspace: bool = True, console: Console | None = None
) -> Iterator[Sandbox]:
    """Start the servers, fill them, and write the files; at the end nothing but the files is left.

    Args:
        place: The folder; made anew if an earlier sandbox left it.
        with_cassandra: Whether Cassandra is started, which needs Java.
        with_keyspace: Whether the walkthrough's sample is written into it.
        console: Where it is said what takes a while; standard error when not given.

    Raises:
        OutputError: The folder is not a sandbox's, another one is up in it, or Cassandra cannot be had; see `missing`.
        GluepotError: A server did not start.
    """
    inherited = frozenset(name for name in os.environ if name.startswith("AWS_"))
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(folder.fresh(place))
        with busy("starting an emulated AWS", console):
            aws = stack.enter_context(emulator.start())
        filled = stack.enter_context(catalog.doing("create", aws))
        node = None
        if with_cassandra:
            with busy("starting Apache Cassandra, and filling the catalog", console):
                node = stack.enter_context(cassandra.start())
        with busy("filling what is left to fill", console):
            if node and with_keyspace:
                _write_sample(node)
            filled()
        plan = configuration.write_plan(home, node) if node else None
        yield Sandbox(aws, node, home, configuration.write(home), plan, inherited)


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Take SIGINT (ctrl-C) and SIGTERM as the wish to end, instead of being ended by them."""
    stopped = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in signals}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_sample(node: Node) -> None:
    from gluepot.source import sample  # noqa: PLC0415 - lazy: start-up

    session = node.connect()
    try:
        sample.write(session, create=True)
    finally:
        session.cluster.shutdown()
