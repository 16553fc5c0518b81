"""Questions to whoever sits at the terminal. Ctrl-C at one of them ends the command as it does anywhere else."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from gluepot.cli import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def can_ask() -> bool:
    """Tell whether there is anybody to ask."""
    return bool(sys.stdin and sys.stdin.isatty())


def confirmed(question: str) -> bool:
    """Ask for a yes or a no; nothing said is a no."""
    import typer  # noqa: PLC0415 - lazy: start-up

    with _interruptible():
        return typer.confirm(question, err=True)


def answered(question: str, *, default: str | None = None, hidden: bool = False) -> str:
    """Ask for a text.

    Args:
        question: What is asked.
        default: What nothing said stands for; without one the question is asked again.
        hidden: Whether what is typed is not shown.
    """
    import typer  # noqa: PLC0415 - lazy: start-up

    with _interruptible():
        return str(typer.prompt(question, default, hide_input=hidden, err=True)).strip()


def may_remove(what: str, names: Iterable[str] = ()) -> bool:
    """Ask whether something may be removed.

    Args:
        what: What, as the question has it.
        names: All of it, where that is more than one thing.

    Raises:
        ConfigError: Nobody can be asked.
    """
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    if not can_ask():
        raise ConfigError("nothing was removed", "there is nobody to ask", "say --yes")
    for name in names:
        say.note(f"  - {name}")
    return confirmed(f"Remove {what}?")


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    import typer  # noqa: PLC0415 - lazy: start-up

    try:
        yield
    except typer.Abort:
        raise KeyboardInterrupt from None
