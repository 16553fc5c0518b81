"""Hand a run over from the machine that collected it to the one that pushes it, through a place that both reach.

::

    NAME/STAMP-TRY/SERVER/METADATA_20260101000000.csv
    NAME/STAMP-TRY/SERVER/MANIFEST_20260101000000.json   last: until it stands, the folder is nobody's
    NAME/STAMP-TRY/SERVER/pushed/METADATA_...            empty: this file is at the landing

Every collection has a folder of its own, so that one that was killed, or goes on although its scheduler has given it
up, mixes with no other. What a push has sent is noted here: a landing that may only be written cannot be asked.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.collector.extract.manifest import PUSHED, read_manifest, stamp
from gluepot.collector.push import push
from gluepot.errors import StateError
from gluepot.files import output_errors
from gluepot.host import capped
from gluepot.host.scratch import temporary_folder

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.collector.collect import Collected
    from gluepot.collector.extract.manifest import Manifest
    from gluepot.collector.push import RunPushed
    from gluepot.landing import Landing

KEPT: Final = 5
"""Runs of a name that stay when a later one has been pushed: their tasks can be run again."""


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """One server's run: where it lies, and what of its manifest a scheduler shows.

    Args:
        folder: Its folder below the place.
        manifest: Its manifest in there.
        name: The name under which marks are kept.
        server: The server.
        start: The mark that it starts from.
        end: The mark that it reaches.
        complete: Whether everything was read.
    """

    folder: str
    manifest: str
    name: str
    server: str
    start: str
    end: str
    complete: bool


def hand_over(collected: Collected, place: Landing) -> list[Handed]:
    """Copy a collection's files to the place, each manifest last.

    Raises:
        LandingError: The place refused; begin again, nothing half-copied is ever taken for a run.
        OutputError: A file cannot be read.
    """
    attempt = secrets.token_hex(4)
    return [_hand_over(folder, manifest, place, attempt) for folder, manifest in collected.manifests]


def _hand_over(folder: Path, manifest: Manifest, place: Landing, attempt: str) -> Handed:
    there = f"{manifest.name}/{stamp(manifest.end)}-{attempt}/{manifest.server}"
    names = [entry.name for entry in manifest.files]
    for name in (*names, f"MANIFEST_{stamp(manifest.end)}.json"):
        with output_errors(folder / name):
            file = (folder / name).open("rb")
        with file:
            place.upload(f"{there}/{name}", file, (folder / name).stat().st_size)
    return Handed(
        folder=there,
        manifest=f"MANIFEST_{stamp(manifest.end)}.json",
        name=manifest.name,
        server=manifest.server,
        start=manifest.start,
        end=manifest.end,
        complete=manifest.complete,
    )


def manifest_of(handed: Handed, place: Landing) -> Manifest:
    """Read a run's manifest.

    Raises:
        StateError: It is not there any more.
        LandingError: The place refused.
    """
    with temporary_folder() as scratch:
        return read_manifest(_fetch(handed, place, handed.manifest, scratch))


def push_handed(handed: Handed, place: Landing, landing: Landing, *, manifest: bool = True) -> RunPushed:
    """Push a run to its landing; killed anywhere and called again, it ends the same.

    Args:
        handed: The run.
        place: Where it was handed over.
        landing: Where it goes.
        manifest: Whether the manifest is sent too, last.

    Raises:
        StateError: The run is not there any more, or was altered.
        LandingError: The landing refused or lost a file; what has arrived is not sent again.
    """
    with temporary_folder() as scratch:
        folder = _bring(handed, place, scratch)
        report = push(folder, landing, manifest=manifest, progress=_Receipts(handed, place))
    return report.runs[0]


def prune(handed: Handed, place: Landing) -> int:
    """Remove all but the last few runs of a name and server that are older than this one.

    Returns:
        How many were removed.
    """
    runs: dict[str, list[str]] = {}
    for found in place.list(handed.name):
        if found.key.split("/")[2] != handed.server:
            continue  # of another configuration under the same name, which prunes its own
        runs.setdefault(found.key.split("/")[1], []).append(found.key)
    older = sorted(run for run in runs if run.partition("-")[0] < stamp(handed.end))
    gone = older[: max(len(older) - KEPT, 0)]
    for key in (key for run in gone for key in runs[run]):
        place.delete(key)
    return len(gone)


def _bring(handed: Handed, place: Landing, folder: Path) -> Path:
    """Copy a run here, as the machine that collected it would have it after what has been pushed so far."""
    aside = folder / PUSHED
    aside.mkdir()
    sent = {found.key.rpartition("/")[2] for found in place.list(f"{handed.folder}/{PUSHED}")}
    manifest = read_manifest(_fetch(handed, place, handed.manifest, folder))
    if handed.manifest in sent:
        _fetch(handed, place, handed.manifest, aside)
    for entry in manifest.files:
        _fetch(handed, place, entry.name, aside if entry.name in sent else folder)
    return folder


def _fetch(handed: Handed, place: Landing, name: str, folder: Path) -> Path:
    body = place.get(f"{handed.folder}/{name}", capped.GENERATION)
    if body is None:
        what = f"{name} of the run {handed.name} that ends at {handed.end} is not at {place.name} any more"
        hint = "collect again: nothing is lost, since the mark has not moved past it"
        raise StateError(what, f"its folder is {handed.folder}; the last {KEPT} runs are kept", hint)
    with output_errors(folder / name):
        (folder / name).write_bytes(body)
    return folder / name


class _Receipts:
    """A push's progress that notes each file which is at the landing.

    Args:
        handed: The run.
        place: Where it was handed over.
    """

    def __init__(self, handed: Handed, place: Landing) -> None:
        self._folder = f"{handed.folder}/{PUSHED}"
        self._place = place

    def start(self, files: int, size: int) -> None:
        """Answer `Progress`."""

    def advance(self, name: str, size: int) -> None:  # noqa: ARG002 - a progress's method
        """Note one file."""
        self._place.put(f"{self._folder}/{name}", b"")

    def done(self) -> None:
        """Answer `Progress`."""


__all__ = ["Handed", "hand_over", "manifest_of", "prune", "push_handed"]
