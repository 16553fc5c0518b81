"""What the collection's tasks do. Nothing of Airflow is needed here: what goes in and out is plain and small."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.airflow.collector import end_mark
from gluepot.airflow.logs import log
from gluepot.collector.check import ABSENT, FINE, is_write_only
from gluepot.collector.check import check as look
from gluepot.collector.claim import Claim, claim
from gluepot.collector.collect import Options
from gluepot.collector.collect import collect as read
from gluepot.collector.destination import landing_for, require_landing
from gluepot.collector.handover import hand_over, manifest_of, prune, push_handed
from gluepot.collector.hwm import parse_mark
from gluepot.collector.push import advance
from gluepot.collector.settings import landing_of, marks_of
from gluepot.errors import ConfigError, LandingError, ScopeError, StateError
from gluepot.host.scratch import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.airflow.collector import Split, Work
    from gluepot.collector.checkaccess import Line
    from gluepot.collector.extract.manifest import Manifest
    from gluepot.collector.handover import Handed
    from gluepot.collector.listing import Listing


NAMED: Final = 20
"""Failed scopes that one error names; the manifest has all of them."""

LOG_SECONDS: Final = 30


def check(work: Work) -> list[str]:
    """Look at everything that the next tasks need, without leaving anything behind.

    Returns:
        What a run will miss, for people: scopes that are denied, where the configuration pushes the others.

    Raises:
        UnreachableError: No account and region answers.
        ScopeError: A scope is denied or fails, and `on_incomplete` is `fail`.
        ConfigError: The landing, the mark or the place between the tasks cannot be used.
    """
    require_landing(work.config)
    with temporary_folder() as home:
        report = look(msgspec.structs.replace(work.config, output_path=str(home)), name=work.name)
    for line in (*report.access, *(place for place in report.places if place.what != "output_path")):
        log.info("%s %s: %s %s", line.where, line.what, line.status, line.detail)
    report.raise_if_unreachable()
    broken = [line for line in report.places if line.status not in FINE and not is_write_only(line)]
    if broken:
        raise ConfigError(f"{len(broken)} of what the run needs cannot be used", _bullets(broken), broken[0].hint)
    work.place.get(ABSENT)
    lacking = [line for line in report.access if line.status not in FINE]
    if lacking and work.config.on_incomplete == "fail":
        raise ScopeError(f"{len(lacking)} of what the run needs is not granted", _bullets(lacking), lacking[0].hint)
    return [_described(line) for line in lacking]


def collect(work: Work, split: Split | None = None, *, full: bool = False) -> list[Handed]:
    """Collect from the mark that stands, and hand the files over.

    Raises:
        ScopeError: Something could not be read, and `on_incomplete` is `fail`; what was read is handed over.
        GluepotError: Whatever `gluepot.collector.collect.collect` raises.
    """
    start = marks_of(work.config).read(work.name)
    end = end_mark(start, split)
    with temporary_folder() as home:
        config = msgspec.structs.replace(work.config, output_path=str(home))
        options = Options(apart=True, progress=_LogProgress())
        done = read(config, name=work.name, start=start, end=end, full=full, options=options)
        handed = hand_over(done, work.place)
    for warning in done.warnings:
        log.warning("%s", warning)
    for (_, manifest), run in zip(done.manifests, handed, strict=True):
        log.info("%s: %s files from %s to %s in %s", run.server, len(manifest.files), start, end, run.folder)
    if not done.complete and work.config.on_incomplete == "fail":
        raise incomplete([manifest for _, manifest in done.manifests], "nothing is pushed: on_incomplete is 'fail'")
    return handed


def push(work: Work, runs: Sequence[Handed]) -> list[dict[str, Any]]:
    """Push what was handed over, each server to its landing; what has arrived is not sent again.

    Returns:
        For each server its landing, files and bytes, and how many files this very call sent.

    Raises:
        StateError: The files are not there any more, were altered, or are another configuration's.
        LandingError: A landing refused or lost a file.
    """
    return [_push(work, run) for run in runs]


def _push(work: Work, run: Handed) -> dict[str, Any]:
    manifest = manifest_of(run, work.place)
    claimed = claim(work.config, work.name, manifest)
    if claimed.status == "ours" and manifest.landing not in {"", claimed.landing}:
        claimed = Claim("outdated", f"it was collected for {manifest.landing}, not for {claimed.landing}")
    if claimed.status != "ours":
        what = f"the run of {manifest.server} up to {manifest.end} is not pushed with this configuration"
        raise StateError(what, claimed.why, "clear the task collect: it collects from the same mark again")
    landing = landing_for(work.config, run.server)
    done = push_handed(run, work.place, landing_of(landing), manifest=landing.manifest)
    sent = sum(file.status == "sent" for file in done.files)
    size = sum(file.bytes for file in done.files)
    how = ", ".join(sorted({file.verified for file in done.files}))
    log.info("%s: %s files, %s bytes at %s; %s sent now; %s", run.server, len(done.files), size, landing.url, sent, how)
    return {"server": run.server, "landing": landing.url, "files": len(done.files), "bytes": size, "sent": sent}


def save_mark(work: Work, runs: Sequence[Handed]) -> dict[str, str]:
    """Move the mark to the end of a run that has been pushed, and remove files of old runs.

    A mark that stands at the end, or behind it, was moved by an earlier call or a later run, and stays.

    Returns:
        The mark's name, where it stood and where it stands.
    """
    marks, manifest = marks_of(work.config), manifest_of(runs[0], work.place)
    before = marks.read(work.name)
    if not advance(marks, manifest) and parse_mark(before) < parse_mark(manifest.end):
        why = f"the run began at {manifest.start}, and it stands at {before} now: the next run begins there"
        log.warning("the mark %s was set meanwhile, and is not moved to %s: %s", work.name, manifest.end, why)
    after = marks.read(work.name)
    log.info("mark %s: %s -> %s", work.name, before, after)
    for run in runs:
        try:
            prune(run, work.place)
        except LandingError as error:
            log.warning("older files stay at %s: %s", work.place.name, error)
    return {"name": work.name, "before": before, "after": after}


def complete(work: Work, runs: Sequence[Handed]) -> None:
    """Fail where something could not be read, after everything else has been pushed.

    Raises:
        ScopeError: The scopes are named, with the missing permissions.
    """
    manifests = [manifest_of(run, work.place) for run in runs if not run.complete]
    if manifests:
        raise incomplete(manifests, "everything else is at the landing")


def incomplete(manifests: Sequence[Manifest], rest: str) -> ScopeError:
    """Name what a run could not read."""
    found = [(problem, manifest.server) for manifest in manifests for problem in manifest.problems]
    lines = [f"\n  - {server}: {problem.message}" for problem, server in found[:NAMED]]
    more = f"\n  - and {len(found) - NAMED} more, in the manifest" if len(found) > NAMED else ""
    what = f"the run is incomplete: {len(found)} failed, {rest}"
    return ScopeError(what, "".join(lines) + more, "they are compared with what was known once they can be read")


def _bullets(lines: Sequence[Line]) -> str:
    return "".join(f"\n  - {_described(line)}" for line in lines[:NAMED])


def _described(line: Line) -> str:
    allow = f"; allow {line.action} on {line.resource}" if line.action else ""
    return f"{line.where} {line.what}: {line.status} {line.detail}{allow}".strip()


class _LogProgress:
    """Tells the task's log now and then how far the reading has come."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LOG_SECONDS

    def __call__(self, listing: Listing) -> None:
        """Tell, where it is time."""
        if time.monotonic() >= self._next:
            self._next += LOG_SECONDS
            log.info("%s", _far(listing))


def _far(listing: Listing) -> str:
    read = f"{listing.databases_done} of {listing.databases_found} databases, {listing.tables} tables"
    return f"read {read} so far, in {listing.calls} calls"
