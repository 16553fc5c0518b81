"""The reading process: pages to the parent as they come, and staged already where the parent falls behind.

Three kinds of threads: those of `ThreadReader` call Glue; the pump hands on what they read; the helper
stages plain pages (see `gluepot.collector.bulk`) while the parent is busy with others.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from typing import IO, TYPE_CHECKING

import msgspec

from gluepot.collector.reading.frames import BULK, OTHER, PAGE, page_head, receive, send
from gluepot.collector.reading.messages import Job, Page, Setup, Told
from gluepot.errors import MachineError, MalformedError
from gluepot.mask.credentials import Redactor
from gluepot.mask.pages import Pages
from gluepot.waiting.patience import Patience, using

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.collector.reading.messages import End, Event, Failed, Terms
    from gluepot.collector.reading.reader import ThreadReader

BEHIND = 8
"""The parent is behind when this many pages wait for it; helping sooner would only hold up the next requests."""

SWITCH_SECONDS = 0.001
"""How soon a thread that has an answer to take gets its turn, while another one stages a page."""

_job = msgspec.msgpack.Decoder(Job)
_setup = msgspec.msgpack.Decoder(Setup)


def serve() -> None:
    """Run the process: read the setup, then jobs, until the input closes."""
    # these reach every process of the terminal, or of the service; this one ends when its parent closes the pipe
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # whatever a library prints must not get between the frames
    out, sys.stdout = sys.stdout.buffer, sys.stderr

    from gluepot.collector.reading.reader import ThreadReader  # noqa: PLC0415 - botocore loads while the parent still starts

    got = receive(sys.stdin.buffer)
    if got is None:
        os._exit(0)
    sys.setswitchinterval(SWITCH_SECONDS)
    setup = _setup.decode(got[1])
    reader = ThreadReader(setup)
    pump = Pump(reader, Redactor(setup.known), out)
    terms = Patience(setup.patience, setup.patience_first, tell=pump.tell, allow_http=setup.allow_http)
    with using(terms):
        for work in (pump.run, pump.help):
            threading.Thread(target=_until_closed, args=(work,), daemon=True).start()
        _until_closed(lambda: _take_jobs(reader, pump))
    # the parent is gone or through: nothing that is still under way matters any more
    os._exit(0)


def _take_jobs(reader: ThreadReader, pump: Pump) -> None:
    while (got := receive(sys.stdin.buffer)) is not None:
        job = _job.decode(got[1])
        if job.terms is not None:
            pump.terms[job.id] = job.terms
        reader.submit(job)


def _until_closed(work: Callable[[], None]) -> None:
    """Do one of the things that this process is for, and end with it: the parent would wait for ever for the rest."""
    try:
        work()
    except (BrokenPipeError, ValueError):
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - the parent tells of it
        if MachineError.of(error):
            os._exit(MachineError.exit_code)
        traceback.print_exc()
        os._exit(1)


class Pump:
    """Hands events on, each job's end behind all of its pages.

    Args:
        reader: Where they come from.
        redactor: Looks pages over, as this process has time left while the other one decodes.
        out: Where they go.
    """

    def __init__(self, reader: ThreadReader, redactor: Redactor, out: IO[bytes]) -> None:
        self.terms: dict[int, Terms] = {}
        self._pages = Pages(redactor.might_hold)
        self._reader, self._redactor, self._out = reader, redactor, out
        self._sending = threading.Lock()
        self._state = threading.Lock()
        self._handed: queue.SimpleQueue[tuple[Page, Terms]] = queue.SimpleQueue()
        self._at_work: int | None = None
        self._late: list[Event] = []

    def run(self) -> None:
        """Hand on whatever comes: pages as they are, or to the helper while the parent is behind."""
        while True:
            event = self._reader.next()
            if not isinstance(event, Page):
                self._end(event)
            elif not self._hand_over(event):
                self._send_page(event)

    def _hand_over(self, page: Page) -> bool:
        terms = self.terms.get(page.job)
        if terms is None or self._at_work is not None or self._reader.waiting() < BEHIND:
            return False
        self._at_work = page.job
        self._handed.put((page, terms))
        return True

    def _end(self, event: End | Failed) -> None:
        """Hand an end on, or leave it to the helper that is still at work on the job's page."""
        with self._state:
            if self._at_work == event.job:
                self._late.append(event)
                return
        self.terms.pop(event.job, None)
        self._send(OTHER, msgspec.msgpack.encode(event))

    def help(self) -> None:
        """Stage the pages that are handed over."""
        page, terms = self._handed.get()
        # not before there is a page: at the start every moment belongs to botocore
        from gluepot.collector.bulk import stage_page  # noqa: PLC0415 - only a process that gets ahead needs it
        from gluepot.collector.context import Seconds  # noqa: PLC0415 - likewise
        from gluepot.glue.tables import Tables  # noqa: PLC0415 - likewise

        tables, seconds = Tables(self._redactor, None), Seconds()
        while True:
            try:
                bulk = stage_page(tables, terms, page.body, seconds, clean=tables.is_clean(page.body))
            except (MalformedError, ValueError, TypeError, KeyError, RecursionError, AttributeError):
                bulk = None  # the parent finds the same, and names it
            if bulk is None:
                self._send(PAGE, page_head(page.job, clean=False) + page.body)
            else:
                self._send(BULK, page_head(page.job, clean=True) + msgspec.msgpack.encode(bulk))
            self._helped()
            page, terms = self._handed.get()

    def _helped(self) -> None:
        with self._state:
            self._at_work = None
            late, self._late = self._late, []
        for event in late:
            self._send(OTHER, msgspec.msgpack.encode(event))

    def tell(self, line: str) -> None:
        """Hand on what is waited for."""
        self._send(OTHER, msgspec.msgpack.encode(Told(line)))

    def _send_page(self, page: Page) -> None:
        clean = not self._pages.might_hold(page.body)
        self._send(PAGE, page_head(page.job, clean=clean) + page.body)

    def _send(self, kind: int, body: bytes) -> None:
        with self._sending:
            send(self._out, kind, body)
