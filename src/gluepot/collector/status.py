"""Status: the last runs, as their manifests tell them. Nothing else is asked, and nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from gluepot.collector.destination import account_of
from gluepot.collector.extract.manifest import PUSHED, Problem, find_manifests, read_manifest
from gluepot.collector.settings import marks_of
from gluepot.errors import GluepotError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.collector.extract.manifest import Manifest
    from gluepot.config import Config

State = Literal["pushed", "pending", "withheld", "foreign"]


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One server's run, and the landing that it goes to.

    `pending` waits for a push, `withheld` is incomplete under `on_incomplete: fail`, `foreign` is of a server that this
    configuration does not read.
    """

    manifest: str
    server: str
    landing: str
    name: str
    start: str
    end: str
    full: bool
    complete: bool
    state: State
    counts: dict[str, int]
    files: int
    rows: int
    bytes: int
    problems: list[Problem]


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest that cannot be read: where it lies, and why."""

    manifest: str
    why: str
    hint: str


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The mark of one name, and where it is kept; `mark` is empty where it cannot be read, and `why` says so."""

    name: str
    mark: str
    kept_in: str
    why: str = ""


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """The last runs, newest first; how many there are in all; manifests that cannot be read; marks."""

    runs: list[RunStatus]
    total: int
    broken: list[Broken]
    marks: list[Mark]


def status(config: Config, *, last: int = 10) -> StatusReport:
    """Read the manifests in `output_path`, its `pushed/`, and the same per server.

    Args:
        config: The configuration.
        last: How many runs to return.
    """
    runs, broken = [], []
    for path in _manifests(Path(config.output_path)):
        try:
            runs.append(_run(config, path, read_manifest(path)))
        except GluepotError as error:
            broken.append(Broken(manifest=str(path), why=error.why or error.what, hint=error.hint))
    runs.sort(key=lambda run: (run.end, run.server), reverse=True)
    names = sorted({run.name for run in runs}) or ["glue"]
    return StatusReport(runs=runs[:last], total=len(runs), broken=broken, marks=[_mark(config, name) for name in names])


def _manifests(output: Path) -> Iterator[Path]:
    """Find them with `accounts` and without: a configuration may have been changed between two runs."""
    below = [path for path in output.iterdir() if path.is_dir()] if output.is_dir() else []
    servers = sorted(path for path in below if path.name != PUSHED and not path.name.startswith("."))
    for folder in (output, *servers):
        yield from find_manifests(folder)
        yield from find_manifests(folder / PUSHED)
        for another in sorted((folder / PUSHED).glob("[0-9]*")):  # of the same second
            yield from find_manifests(another)


def _run(config: Config, path: Path, manifest: Manifest) -> RunStatus:
    held = manifest.on_incomplete == "fail" and not manifest.complete
    ours = account_of(config, manifest.server) is not None
    pending: State = "foreign" if not ours else "withheld" if held else "pending"
    return RunStatus(
        manifest=str(path),
        server=manifest.server,
        landing=manifest.landing,
        name=manifest.name,
        start=manifest.start,
        end=manifest.end,
        full=manifest.full,
        complete=manifest.complete,
        state="pushed" if PUSHED in {path.parent.name, path.parent.parent.name} else pending,
        counts=manifest.counts,
        files=len(manifest.files),
        rows=sum(file.rows for file in manifest.files),
        bytes=sum(file.bytes for file in manifest.files),
        problems=manifest.problems,
    )


def _mark(config: Config, name: str) -> Mark:
    try:
        marks = marks_of(config)
        return Mark(name=name, mark=marks.read(name), kept_in=marks.name(name))
    except GluepotError as error:
        return Mark(name=name, mark="", kept_in=config.hwm, why=f"{error}")


__all__ = ["Broken", "Mark", "RunStatus", "StatusReport", "status"]
