"""Progress: bars on a terminal, one line per step in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

from gluepot.cli import say
from gluepot.text import counted, sized

if TYPE_CHECKING:
    from gluepot.collector.listing import Listing

REFRESH_SECONDS = 0.2
"""How often what is shown changes; the job tells of its progress far more often."""

LOG_SECONDS = 30
"""How often a log hears that a long step is still going on."""


class Reading:
    """Shows how far the reading of the catalog has come; begins when it is first called, ends with its context.

    Args:
        where: What is read, for people.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._bars: Any = None
        self._task: Any = None
        self._began = self._due = 0.0
        self._last: Listing | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._clear()
        else:
            self.done()

    def __call__(self, listing: Listing) -> None:
        """Hear of the progress; called for every answer."""
        now = time.monotonic()
        if self._last is None:
            self._begin(now)
        self._last = listing
        if now >= self._due:
            self._due = now + (self._draw(listing, now) if self._bars else self._log(listing, now))

    def done(self) -> None:
        """Take the bar away and say what was read."""
        self._clear()
        if self._last is not None:
            seconds = time.monotonic() - self._began
            say.tell(f"read {_counted(self._last)} in {seconds:.1f} s, {counted(self._last.calls, 'call')}")
            self._last = None

    def _clear(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def _begin(self, now: float) -> None:
        self._began = self._due = now
        if draws():
            self._bars = bars("{task.description}", "{task.fields[told]}")
            self._task = self._bars.add_task("reading", total=None, told="")
            self._bars.start()
        else:
            say.tell(f"reading {self._where}")
            self._due = now + LOG_SECONDS

    def _draw(self, listing: Listing, now: float) -> float:
        seconds = max(now - self._began, 0.1)
        pace = f", {listing.tables / seconds:,.0f}/s" if listing.tables else ""
        found, done = listing.databases_found or None, listing.databases_done
        self._bars.update(self._task, told=f"{_counted(listing)}{pace}", total=found, completed=done)
        return REFRESH_SECONDS

    def _log(self, listing: Listing, now: float) -> float:
        say.tell(f"reading: {_counted(listing)} after {now - self._began:.0f} s")
        return LOG_SECONDS


def _counted(listing: Listing) -> str:
    done, found = listing.databases_done, listing.databases_found
    databases = counted(found, "database") if done == found else f"{done:,} of {counted(found, 'database')}"
    return f"{databases}, {counted(listing.tables, 'table')}"


class Sending:
    """Shows how far a push has come: a bar of bytes on a terminal, a line per file in a log."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._task: Any = None

    def start(self, files: int, size: int) -> None:
        """Begin with so many files of so many bytes."""
        if not files:
            return
        if draws():
            self._bars = bars("{task.description}", "", of_bytes=True)
            self._bars.start()
            self._task = self._bars.add_task(f"pushing {counted(files, 'file')}", total=size)
        else:
            say.tell(f"pushing {counted(files, 'file')}, {sized(size)}")

    def advance(self, name: str, size: int) -> None:
        """Show that one more file is at the landing."""
        if self._bars is None:
            say.tell(f"pushed {say.safe(name)}, {sized(size)}")
        else:
            self._bars.update(self._task, advance=size)

    def done(self) -> None:
        """Take the bar away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None


def draws() -> bool:
    """Tell whether bars are drawn: they belong on a terminal only."""
    return bool(sys.stderr and sys.stderr.isatty())


def bars(before: str, behind: str, *, of_bytes: bool = False) -> Any:  # noqa: ANN401 - a rich Progress
    """Make bars for a terminal; they are gone once they have stopped."""
    from rich.console import Console  # noqa: PLC0415 - lazy: start-up
    from rich.progress import (  # noqa: PLC0415 - lazy: start-up
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    columns: list[Any] = [TextColumn(before, markup=False), BarColumn(bar_width=20)]
    columns += [DownloadColumn(), TransferSpeedColumn()] if of_bytes else [TextColumn(behind, markup=False)]
    return Progress(*columns, console=Console(stderr=True), transient=True)
