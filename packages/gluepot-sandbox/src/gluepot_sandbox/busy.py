"""What takes a while is said: turning on a terminal, as a line elsewhere."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def busy(what: str, console: Console | None = None) -> Iterator[None]:
    """Say what is being done, for as long as it takes.

    Args:
        what: What it is, without a full stop.
        console: Where; standard error when not given.
    """
    console = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        with console.status(Text(f"{what} ...")):
            yield
        return
    console.print(Text(f"{what} ..."), soft_wrap=True)
    yield
