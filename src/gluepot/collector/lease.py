"""One run at a time on a mark, wherever it runs: a file beside the mark that its holder renews.

::

    glue_hwm.txt            the mark
    glue_hwm.lease          who works on it, or did last; JSON, of one length
    glue_hwm.lease.asked    at a landing only, once somebody has asked how old a lease is

It takes no right but reading and writing, and deletes nothing: giving it back is writing `released`. A process of this
machine that ended without that is passed over at once, one of another machine when it has not renewed the lease for
`GOOD` seconds, by the clock of the place that keeps it: clocks of two machines are never compared. It only saves two
runs from doing the work twice; that the mark is never moved over another's is held by the mark itself (`Marks.move`).
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from gluepot.collector.holder import Holder, is_gone, this_process
from gluepot.errors import BusyError, GluepotError, OutputError
from gluepot.landing.faults import StoreError
from gluepot.version import __version__
from gluepot.waiting.patience import trying_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.collector.hwm import Marks
    from gluepot.landing.receipt import Version

RENEWED: Final = 60.0
"""Seconds between two renewals."""

GOOD: Final = 180.0
"""Seconds for which a lease is good after it was written last."""

LENGTH: Final = 1024
"""Bytes of each lease: one is written over another in a single step, and nothing of a longer one stays behind."""

_PATIENCE: Final = 10.0
"""Seconds that the end of a run waits for a renewal that is under way."""

_TURNS: Final = 3
"""How often a lease is looked at again that was written meanwhile."""


class Note(Holder, frozen=True, kw_only=True):
    """What a lease's file says: its holder, and whether it still is.

    Args:
        state: Whether it is held.
        id: One taking of it; empty in what nobody can read.
        beat: How often it was renewed: no two writings are the same.
        gluepot: The version that wrote it.
    """

    state: Literal["held", "released"] = "held"
    id: str = ""
    beat: int = 0
    gluepot: str = __version__


class Lease:
    """The right to work on a mark.

    Args:
        marks: Where the mark is.
        name: Its name.
        holder: Who takes it; this process.
        good: Seconds for which one is good after it was written last.
        renewed: Seconds between two renewals.
    """

    def __init__(
        self, marks: Marks, name: str, *, holder: Holder | None = None, good: float = GOOD, renewed: float = RENEWED
    ) -> None:
        self._place, self._file = marks.lease(name)
        self._mark = marks.name(name)
        holder = holder or this_process()
        self._note = Note(**msgspec.structs.asdict(holder), id=secrets.token_hex(16))
        self._good, self._renewed = good, renewed
        self._tag = ""
        self._lost: BusyError | None = None
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self.warning = ""
        """Why there is none, where it cannot be written; empty where it is held."""

    def take(self) -> None:
        """Take it, and renew it from now on; where it cannot be written, `warning` says so.

        Raises:
            BusyError: Another run holds it.
            StoreError: The place cannot be reached.
        """
        try:
            self._take()
        except (StoreError, OutputError, OSError) as error:
            if isinstance(error, StoreError) and error.kind not in {"denied", "unsupported"}:
                raise
            why = error.why if isinstance(error, GluepotError) else error.strerror
            what = f"no lease can be kept beside {self._mark} ({why})"
            self.warning = f"{what}: another run on the same mark at the same time would not be noticed before its end"
            return
        threading.Thread(target=self._renew, name="lease", daemon=True).start()

    def check(self) -> None:
        """Renew it now, before something that counts: a machine that slept may have lost it.

        Raises:
            BusyError: Another run has taken it; this one must end, and leave the mark alone.
            StoreError: The place cannot be reached.
        """
        with self._writing:
            if self._tag:
                self._beat()

    def release(self) -> None:
        """Give it back; where that fails it runs out by itself, and what was done stays done."""
        self._ended.set()
        if not self._writing.acquire(timeout=_PATIENCE):  # a renewal hangs
            return
        try:
            if self._tag and not self._lost:
                with contextlib.suppress(GluepotError, OSError), trying_once():
                    self._place.exchange(self._file, self._body(state="released"), self._tag)
            self._tag = ""
        finally:
            self._writing.release()

    def _take(self) -> None:
        for _ in range(_TURNS):
            try:
                there = self._place.look(self._file)
            except StoreError as error:
                # so S3 answers of what is missing where nothing may be listed: it is made, or there and denied indeed
                if error.kind == "denied" and self._write(""):
                    return
                raise
            if there is not None and self._is_kept(there):
                raise self._busy(_read(there))
            if self._write(there.tag if there else "") or self._is_ours():
                return
        raise self._busy(Note())

    def _write(self, tag: str) -> str:
        self._tag = self._place.exchange(self._file, self._body(), tag)
        return self._tag

    def _is_kept(self, there: Version) -> bool:
        """Tell whether a lease that lies there keeps this run out."""
        note = _read(there)
        if note.state == "released" or is_gone(note):
            return False
        return (self._place.now(self._file) - there.modified).total_seconds() < self._good

    def _is_ours(self) -> bool:
        """Find out whether what was refused had been written before: then only its answer was lost."""
        there = self._place.look(self._file)
        ours = there is not None and _read(there).id == self._note.id
        if there is not None and ours:
            self._tag = there.tag
        return ours

    def _renew(self) -> None:
        while not self._ended.wait(self._renewed):
            # what fails now is tried again in a minute, and told by the check before anything counts
            with contextlib.suppress(GluepotError, OSError), trying_once():
                self.check()

    def _beat(self) -> None:
        if self._lost:
            raise self._lost
        for _ in range(_TURNS):
            if made := self._place.exchange(self._file, self._body(), self._tag):
                self._tag = made
                return
            there = self._place.look(self._file)
            if there is not None and _read(there).id != self._note.id:
                self._lost = self._passed_over(_read(there))
                raise self._lost
            # an answer of ours was lost, or somebody has removed the file
            self._tag = there.tag if there else ""
        raise StoreError(f"cannot renew {self._file} beside {self._mark}", "it changes all the time")

    def _body(self, state: Literal["held", "released"] = "held") -> bytes:
        self._note = msgspec.structs.replace(self._note, state=state, beat=self._note.beat + 1)
        return msgspec.json.encode(self._note).ljust(LENGTH - 1) + b"\n"

    def _busy(self, note: Note) -> BusyError:
        hint = (
            "wait for it to end; one that died on another machine is passed over when it has not renewed "
            f"{self._file} for {self._good / 60:.0f} minutes; a --name for each keeps two apart"
        )
        return BusyError(f"another run is at work on the mark {self._mark}", _who(note), hint)

    def _passed_over(self, note: Note) -> BusyError:
        why = f"this one did not renew its lease for {self._good / 60:.0f} minutes, and {_who(note)}, has taken over"
        hint = "nothing is lost: let the other one end, then run again, which goes on from where the mark stands then"
        return BusyError(f"another run is at work on the mark {self._mark}", why, hint)


@contextlib.contextmanager
def leased(marks: Marks, name: str, held: Lease | None = None) -> Iterator[Lease]:
    """Hold the lease of a mark.

    Args:
        marks: Where the mark is.
        name: Its name.
        held: The lease that is held already, if one is: then this does nothing.

    Raises:
        BusyError: Another run holds it.
        StoreError: The place cannot be reached.
    """
    if held is not None:
        yield held
        return
    lease = Lease(marks, name)
    try:
        lease.take()
        yield lease
    finally:
        lease.release()


def _read(there: Version) -> Note:
    """Read what a lease says; what nobody can read is held by somebody."""
    try:
        return msgspec.json.decode(there.body, type=Note)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Note()


def _who(note: Note) -> str:
    return f"{note.by}, process {note.process}"


__all__ = ["Lease", "leased"]
