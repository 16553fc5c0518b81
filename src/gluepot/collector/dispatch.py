"""Jobs to the reader, and what comes back to whoever asked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.reading.messages import End, Page
from gluepot.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.collector.reading.messages import Failed, Job
    from gluepot.collector.reading.reader import Reader
    from gluepot.errors import ScopeError


@dataclass(frozen=True, slots=True)
class Handler:
    """What to do with the pages and the end of one job; `failed` gets the error."""

    page: Callable[[Page], None]
    end: Callable[[], None]
    failed: Callable[[ScopeError], None]

    @classmethod
    def of_answer(cls, then: Callable[[ScopeError | None], None]) -> Handler:
        """Handle a job of one answer, of which only counts that there is one; `then` gets None, else the error."""
        return cls(lambda _: then(None), lambda: None, then)


class Dispatcher:
    """Gives jobs to a reader and its events to their handlers.

    Args:
        reader: Answers jobs.
        after: Called after each event.
    """

    def __init__(self, reader: Reader, after: Callable[[], None]) -> None:
        self._reader, self._after = reader, after
        self._handlers: dict[int, Handler] = {}
        self._next = 0
        self.waited = self.idle = 0.0
        """Seconds that went into calls, and seconds that this process waited for an event."""
        self.calls = 0

    def submit(self, handler: Handler, job: Job) -> None:
        """Queue a job."""
        job = msgspec.structs.replace(job, id=self._next)
        self._handlers[self._next] = handler
        self._next += 1
        self._reader.submit(job)

    def work(self) -> None:
        """Handle events until every job is through."""
        while self._handlers:
            began = time.perf_counter()
            event = self._reader.next()
            self.idle += time.perf_counter() - began
            handler = self._handlers.get(event.job)
            if handler is not None:
                self._handle(handler, event)
                self._after()

    def _handle(self, handler: Handler, event: Page | End | Failed) -> None:
        if isinstance(event, Page):
            try:
                handler.page(event)
            except MalformedError as error:
                # what this job still sends is not listened to any more
                del self._handlers[event.job]
                handler.failed(error)
            return
        del self._handlers[event.job]
        self.waited += event.waited
        self.calls += event.calls
        if isinstance(event, End):
            handler.end()
        else:
            handler.failed(event.error())
