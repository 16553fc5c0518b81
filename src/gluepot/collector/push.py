"""Push: what manifests name goes to the landing, each manifest last, then the run's files move aside.

Killed anywhere and run again it ends the same: sending creates and never overwrites, what is there is compared, and
the manifest in the folder is the record that a run is still to be pushed.
"""

from __future__ import annotations

import filecmp
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

import msgspec

from gluepot.collector.extract.manifest import PUSHED, Manifest, find_manifests, read_manifest
from gluepot.collector.hwm import normal_mark, parse_mark
from gluepot.errors import LandingError, StateError
from gluepot.files import output_errors, write_atomically
from gluepot.host import capped

if TYPE_CHECKING:
    from gluepot.collector.extract.manifest import FileEntry
    from gluepot.collector.hwm import Marks
    from gluepot.landing import Landing, Receipt

PARALLEL: Final = 4
"""Files in flight at once; each is in memory while it is sent (at most 256 MB by the extracts' contract)."""

UNVERIFIED: Final = "unverified (write-only)"


class Progress(Protocol):
    """Shows how far a push has come; called from several threads."""

    def start(self, files: int, size: int) -> None:
        """Say how many files of how many bytes belong to the runs, those already there included."""

    def advance(self, name: str, size: int) -> None:
        """Say that a file of so many bytes is at the landing."""

    def done(self) -> None:
        """Say that nothing more will come, whether it ended well or not."""


class FilePushed(msgspec.Struct, frozen=True, kw_only=True):
    """One file at the landing: its size in bytes, whether this push sent it, and how its arrival is known."""

    name: str
    bytes: int
    status: Literal["sent", "already there"]
    verified: str


class RunPushed(msgspec.Struct, frozen=True, kw_only=True):
    """One manifest's run: pushed entirely, or withheld for the reason given."""

    manifest: str
    name: str
    server: str
    start: str
    end: str
    withheld: str = ""
    files: list[FilePushed] = []  # msgspec copies an empty default for each instance


class PushReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a push did: where to, and each run, oldest first."""

    landing: str
    runs: list[RunPushed]

    @property
    def pushed(self) -> list[RunPushed]:
        """The runs that are at the landing entirely."""
        return [run for run in self.runs if not run.withheld]

    @property
    def withheld(self) -> list[RunPushed]:
        """The runs that were not pushed."""
        return [run for run in self.runs if run.withheld]

    @property
    def sent_bytes(self) -> int:
        """Bytes that this push sent."""
        return sum(file.bytes for run in self.runs for file in run.files if file.status == "sent")


class Run(msgspec.Struct, frozen=True):
    """A manifest of the folder, its path, its bytes, and why it is withheld if it is."""

    path: Path
    manifest: Manifest
    body: bytes
    withheld: str


def push(  # noqa: PLR0913 - what, where to, and six choices that most callers leave
    folder: Path,
    landing: Landing,
    *,
    parallel: int = PARALLEL,
    progress: Progress | None = None,
    manifest: bool = True,
    on_pushed: Callable[[Manifest], object] | None = None,
    withhold: Callable[[Manifest], str] = lambda _: "",
    chosen: Callable[[Manifest], bool] = lambda _: True,
) -> PushReport:
    """Push every run whose manifest lies directly in the folder, oldest first, and nothing else.

    Args:
        folder: The `output_path` that holds the manifests and the files they name.
        landing: Where the files go.
        parallel: Files in flight at once; each is in memory while it is sent.
        progress: Shows how far it has come.
        manifest: Whether the manifest is sent too, last; if not, it is a record of this folder only.
        on_pushed: Called once a run is at the landing entirely, before its manifest moves aside; it may be called
            again for the same run after a kill.
        withhold: Says why a run must stay here although nothing of its own speaks against it; empty where it may go.
        chosen: Tells whether a run is to be pushed at all; what is not chosen is left as it lies.

    Returns:
        What is at the landing, run by run.

    Raises:
        StateError: A manifest cannot be read, or a file it names is missing or was altered.
        LandingError: The landing refused or lost a file; what has arrived is not sent again.
        OutputError: A file cannot be moved aside.
    """
    runs = [_load(path, withhold) for path in find_manifests(folder) if chosen(read_manifest(path))]
    if progress:
        progress.start(*_totals(runs, with_manifest=manifest))
    try:
        done = [_push_run(run, landing, _Way(parallel, progress, manifest, on_pushed)) for run in runs]
    finally:
        if progress:
            progress.done()
    return PushReport(landing=landing.name, runs=done)


def advance(marks: Marks, manifest: Manifest) -> bool:
    """Move the mark of a pushed run to its end, if it stands where the run started; never backwards.

    Args:
        marks: Where the mark is.
        manifest: The run that is at the landing entirely.

    Returns:
        Whether the mark moved.

    Raises:
        StateError: The mark, or one of the manifest's, is no date.
        LandingError: The marks lie at a landing, which refused.
    """
    try:
        start, end = parse_mark(manifest.start), parse_mark(manifest.end)
    except ValueError as error:
        raise StateError(f"the manifest of {manifest.end} holds no marks", str(error), "run collect again") from error
    if end <= start:
        return False
    return marks.move(manifest.name, normal_mark(manifest.start), normal_mark(manifest.end))


class _Way(msgspec.Struct, frozen=True):
    """How a push goes, the same for every run."""

    parallel: int
    progress: Progress | None
    manifest: bool
    on_pushed: Callable[[Manifest], object] | None


def _load(path: Path, withhold: Callable[[Manifest], str]) -> Run:
    manifest = read_manifest(path)
    for entry in manifest.files:
        if "/" in entry.name or "\\" in entry.name or not entry.name.isprintable() or entry.name in {"", ".", ".."}:
            hint = "it was not written by gluepot: move it out of the output folder"
            raise StateError(f"{path} names the file {entry.name!r}", "which is not a plain name", hint)
    withheld = withhold(manifest)
    if manifest.on_incomplete == "fail" and not manifest.complete:
        withheld = "the run is incomplete, and on_incomplete is 'fail'"
    return Run(path, manifest, capped.read(path, capped.RECORD), withheld)


def _totals(runs: list[Run], *, with_manifest: bool) -> tuple[int, int]:
    going = [run for run in runs if not run.withheld]
    sizes = [entry.bytes for run in going for entry in run.manifest.files]
    sizes += [len(run.body) for run in going if with_manifest]
    return len(sizes), sum(sizes)


def _push_run(run: Run, landing: Landing, way: _Way) -> RunPushed:
    """Send the files, then the manifest, then report, then move aside: in that order, whatever happens between."""
    files: list[FilePushed] = []
    if not run.withheld:
        _check_present(run)
        files = _send_files(run, landing, way)
        if way.manifest:
            files.append(_send_manifest(run, landing, way))
        if way.on_pushed:
            way.on_pushed(run.manifest)
        _move_aside(run)
    made = run.manifest
    return RunPushed(
        manifest=run.path.name,
        name=made.name,
        server=made.server,
        start=made.start,
        end=made.end,
        withheld=run.withheld,
        files=files,
    )


def _check_present(run: Run) -> None:
    """Refuse a run that cannot end well before anything of it is sent: each file is there, with its size."""
    for entry in run.manifest.files:
        path = _where(run, entry)
        if (size := path.stat().st_size) != entry.bytes:
            hint = "nothing altered is sent: restore the file, or move the manifest aside and run collect again"
            raise StateError(f"{path} was altered", f"it has {size} bytes, {run.path.name} says {entry.bytes}", hint)


def _where(run: Run, entry: FileEntry) -> Path:
    """Find a file: in the folder, or where an earlier, interrupted push has moved it.

    Raises:
        StateError: It is in neither place.
    """
    here = run.path.parent / entry.name
    for path in (here, _aside(here)):
        if path.is_file():
            return path
    why = f"{run.path.name} names it"
    raise StateError(f"{here} is missing", why, "restore it, or move the manifest aside and run collect again")


def _aside(path: Path) -> Path:
    """Give the place in `pushed/` for a file of the folder."""
    return path.parent / PUSHED / path.name


def _sent_before(path: Path) -> bool:
    """Tell whether this folder notes that this very file was sent: it, or a copy, lies in `pushed/`."""
    if path.parent.name == PUSHED:
        return True
    aside = _aside(path)
    return aside.is_file() and filecmp.cmp(aside, path, shallow=False)


def _send_files(run: Run, landing: Landing, way: _Way) -> list[FilePushed]:
    with ThreadPoolExecutor(max(1, way.parallel), thread_name_prefix="push") as pool:
        sends = [pool.submit(_send_file, run, entry, landing, way) for entry in run.manifest.files]
        try:
            wait(sends, return_when=FIRST_EXCEPTION)
        finally:
            # after a failure, or a ctrl-C, what is in flight ends and nothing else starts
            pool.shutdown(cancel_futures=True)
    for failed in (send for send in sends if not send.cancelled() and send.exception()):
        failed.result()
    return [send.result() for send in sends]


def _send_file(run: Run, entry: FileEntry, landing: Landing, way: _Way) -> FilePushed:
    path = _where(run, entry)
    before = _sent_before(path)
    receipt = landing.put_new(entry.name, path, entry.sha256, ours=before)
    if receipt.verified == UNVERIFIED and not before:
        # nobody can ask this landing later whether the file arrived: its place in the folder keeps the answer
        _move(path)
    return _noted(receipt, way)


def _send_manifest(run: Run, landing: Landing, way: _Way) -> FilePushed:
    before = _sent_before(run.path)
    receipt = landing.put_new(run.path.name, run.body, ours=before)
    if receipt.verified == UNVERIFIED and not before:
        # as for the files; a copy, since the manifest itself must stay until the run has been reported
        aside = _aside(run.path)
        with output_errors(aside):
            aside.parent.mkdir(exist_ok=True)
        write_atomically(aside, run.body)
    return _noted(receipt, way)


def _noted(receipt: Receipt, way: _Way) -> FilePushed:
    if way.progress:
        way.progress.advance(receipt.key, receipt.bytes)
    status: Literal["sent", "already there"] = "sent" if receipt.sent else "already there"
    return FilePushed(name=receipt.key, bytes=receipt.bytes, status=status, verified=receipt.verified)


def _move_aside(run: Run) -> None:
    """Move the run's files to `pushed/`, its manifest last: until then the push can be run again."""
    for entry in run.manifest.files:
        path = _where(run, entry)
        if path.parent.name != PUSHED:
            _move(path)
    _move(run.path)


def _move(path: Path) -> None:
    """Move one file to `pushed/`; a different one of that name there is kept."""
    aside = _aside(path)
    with output_errors(aside):
        aside.parent.mkdir(exist_ok=True)
        if aside.exists() and not _sent_before(path):
            hint = "move the older one away, then push again: what has arrived is not sent twice"
            raise LandingError(f"{aside} is another file of the same name", "both are kept", hint)
        path.replace(aside)
