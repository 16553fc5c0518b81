"""What the demo's viewer sees: headings, commands, small tables, and claims that were checked. Plain where piped."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Literal

WIDEST: Final = 100
"""Characters in a line: longer ones are hard to read, however wide the terminal."""
_INDENT: Final = 2


class Screen:
    """Prints the demo on standard output, and counts what it claims."""

    def __init__(self) -> None:
        """Print nothing yet."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # an accent must not end the demo where the terminal knows none
        self._console = Console(highlight=False, markup=False, emoji=False, record=True)
        self._width = min(self._console.width, WIDEST)
        self._unicode = self._console.encoding.startswith("utf")
        self._steps = 0
        self.claims = 0
        self.broken: list[str] = []

    def title(self, name: str, lines: Sequence[str]) -> None:
        """Open the demo."""
        self._print(Text(name, style="bold"))
        for line in lines:
            self.say(line)

    def step(self, title: str, command: str = "") -> None:
        """Begin a step, with the command that does the same."""
        self._steps += 1
        self._print()
        self._print(Rule(Text(f"{self._steps}. {title}", style="bold cyan"), align="left", style="cyan"))
        if command:
            self.command(command)
        self._print()

    def command(self, command: str) -> None:
        """Show a command to type."""
        self._print(Text.assemble(("$ ", "green"), (command, "bold green")))

    def say(self, text: str, style: str = "") -> None:
        """Say a sentence or two."""
        self._print(Text(text, style=style))

    def look(self, text: str) -> None:
        """Say what to look at."""
        self._print(Text.assemble(("Look at: ", "bold yellow"), text))

    def lines(self, text: str) -> None:
        """Show text as it is: a file, a query. Comments are dimmed, what was masked stands out."""
        for line in text.splitlines():
            style = "dim" if line.startswith("#") else ""
            shown = Text(f"{' ' * _INDENT}{line}".rstrip(), style, no_wrap=True, overflow="ellipsis")
            shown.highlight_regex(r"'?\*\*\*'?", "bold yellow")
            self._print(shown)
        self._print()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, wide: str = "") -> None:
        """Show rows; what does not fit ends in an ellipsis, in the column `wide` first."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False, expand=bool(wide))
        body = [[_cell(value) for value in row] for row in rows]
        for index, name in enumerate(columns):
            numbers = all(isinstance(row[index], Number) for row in body)
            justify: Literal["left", "right"] = "right" if numbers else "left"
            table.add_column(name, justify=justify, no_wrap=True, ratio=1 if name == wide else None)
        for row in body:
            table.add_row(*row, style="dim" if any(cell.plain == "UNCHANGED" for cell in row) else "")
        self._print(Padding(table, (0, 0, 0, _INDENT), expand=False))
        self._print()

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

    @contextlib.contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Say what takes a while: turning on a terminal, as a line otherwise."""
        if not self._console.is_terminal:
            self.say(f"{what} ...")
            yield
            return
        with self._console.status(f"{what} ..."):
            yield

    def text(self) -> str:
        """Give everything that was printed, without line ends, so that nothing hides in a wrap."""
        return "".join(self._console.export_text(clear=False).split())

    def _print(self, what: object = "") -> None:
        self._console.print(what, width=self._width)


class Number(Text):
    """A cell that stands to the right."""


def _cell(value: object) -> Text:
    if isinstance(value, int):
        return Number(f"{value:,}")
    text = Text(str(value), overflow="ellipsis")
    text.highlight_regex(r"\*\*\*", "bold yellow")
    text.highlight_regex(r"^(CREATED|COLUMN_ADDED)$", "green")
    text.highlight_regex(r"^(DELETED)$", "red")
    text.highlight_regex(r"^(UPDATED)$", "yellow")
    return text
