"""What the demo's viewer sees: headings, commands and their output, and claims that were checked. Plain where piped."""

from __future__ import annotations

import io
import re
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gluepot_sandbox.busy import busy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

WIDEST: Final = 100
"""Characters in a line of the demo's own: longer ones are hard to read, however wide the terminal."""
_INDENT: Final = 2
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours and movements of the cursor."""


class Screen:
    """Prints the demo on standard output, and counts what it claims.

    Args:
        console: What to print to in place of standard output; it records.
    """

    def __init__(self, console: Console | None = None) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # an accent must not end the demo where the terminal knows none
        self.console = console or Console(highlight=False, markup=False, emoji=False, record=True)
        self._width = min(self.console.width, WIDEST)
        self._unicode = self.console.encoding.startswith("utf")
        self._steps = 0
        self._passed: list[str] = []
        self.claims = 0
        self.broken: list[str] = []

    def title(self, name: str, lines: Sequence[str]) -> None:
        """Open the demo."""
        self._print(Text(name, style="bold"))
        for line in lines:
            self.say(line)

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        self._print()
        self._print(Rule(Text(f"{self._steps}. {title}", style="bold cyan"), align="left", style="cyan"))

    def command(self, command: str) -> None:
        """Show a command that is about to run; on one line, to be copied."""
        self.console.print(Text.assemble(("$ ", "green"), (command, "bold green")), soft_wrap=True)

    def passed(self, text: str) -> None:
        """Pass on what a command prints, untouched."""
        self._passed.append(text)
        self.console.file.write(text)
        self.console.file.flush()

    def say(self, text: str = "", style: str = "") -> None:
        """Say a sentence or two."""
        self._print(Text(text, style=style))

    def look(self, text: str) -> None:
        """Say what to look at."""
        self._print(Text.assemble(("Look at: ", "bold yellow"), text))

    def lines(self, text: str) -> None:
        """Show text as a file holds it; what was masked stands out."""
        for line in text.splitlines():
            shown = Text(f"{' ' * _INDENT}{line}".rstrip(), no_wrap=True, overflow="ellipsis")
            shown.highlight_regex(r"'?\*\*\*'?", "bold yellow")
            self._print(shown)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]], wide: str = "") -> None:
        """Show what was read from files or from Glue.

        Args:
            header: The columns.
            rows: Their values.
            wide: The column that takes the space that is left.
        """
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, expand=bool(wide))
        for name in header:
            table.add_column(name, no_wrap=True, ratio=1 if name == wide else None)
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        self._print(Padding(table, (0, 0, 0, _INDENT), expand=False))

    def claim(self, text: str, holds: bool, found: object = "") -> None:  # noqa: FBT001 - the claim is the flag
        """Print a claim that was just checked; one that does not hold is printed as such, and fails the demo.

        Args:
            text: The claim.
            holds: Whether it is true.
            found: What was there instead, for the one that has to find out why.
        """
        self.claims += 1
        if holds:
            self._print(Text.assemble(("✓ " if self._unicode else "ok ", "bold green"), text))
            return
        self.broken.append(text)
        self._print(Text.assemble(("NOT SO: ", "bold red"), text, f" (found: {found})" if found != "" else ""))

    def summary(self, pairs: Sequence[tuple[str, str]]) -> None:
        """End with one line for each pair of a word and what is to be said of it."""
        column = max(len(word) for word, _ in pairs) + _INDENT
        for word, told in pairs:
            self.console.print(Text.assemble((word.ljust(column), "bold"), told), soft_wrap=True)

    def busy(self, what: str) -> AbstractContextManager[None]:
        """Say what takes a while."""
        return busy(what, self.console)

    def checking(self) -> AbstractContextManager[Any]:
        """Turn a spinner while claims are checked, on a terminal only."""
        return self.status("checking") if self.console.is_terminal else nullcontext()

    def status(self, what: str) -> Any:  # noqa: ANN401 - a rich Status
        """Make a spinner; the caller starts and stops it."""
        return self.console.status(Text(f"{what} ..."))

    def text(self) -> str:
        """Give everything that was printed, without line ends, so that nothing hides in a wrap."""
        printed = self.console.export_text(clear=False) + _ESCAPES.sub("", "".join(self._passed))
        return "".join(printed.split())

    def _print(self, what: object = "") -> None:
        self.console.print(what, width=self._width)


def plain(text: str) -> str:
    """Take colours and movements of the cursor out of what a command printed."""
    return _ESCAPES.sub("", text).replace("\r\n", "\n")


def _cell(value: object) -> Text:
    text = Text(str(value), overflow="ellipsis")
    text.highlight_regex(r"\*\*\*", "bold yellow")
    text.highlight_regex(r"^(CREATED|COLUMN_ADDED)$", "green")
    text.highlight_regex(r"^(DELETED)$", "red")
    text.highlight_regex(r"^(UPDATED)$", "yellow")
    return text
