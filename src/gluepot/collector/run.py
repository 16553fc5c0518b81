"""Run: push what is pending, collect, push, and move the mark when everything of a run has arrived.

With `accounts`, a run has one manifest per server, each in its server's folder; its mark moves when the last of
them is at the landing, and where one is withheld (`on_incomplete: fail`) all of them are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from gluepot.collector import runfolder
from gluepot.collector.claim import claim, readdress
from gluepot.collector.collect import Collected, Options, collect, folders, recover
from gluepot.collector.destination import landing_for, require_landing
from gluepot.collector.extract.manifest import find_manifests, manifest_name, read_manifest
from gluepot.collector.identities import is_named, with_servers
from gluepot.collector.lease import leased
from gluepot.collector.push import FilePushed, advance, push
from gluepot.collector.settings import landing_of, marks_of
from gluepot.errors import BusyError
from gluepot.waiting.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gluepot.collector.claim import Claim
    from gluepot.collector.extract.manifest import Manifest
    from gluepot.collector.hwm import Marks
    from gluepot.collector.lease import Lease
    from gluepot.collector.push import Progress, RunPushed
    from gluepot.config import Config


_OTHER = "another server's part of the run is incomplete, and on_incomplete is 'fail'"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one server after a push.

    `status` is `pushed`; `withheld` (incomplete, and `on_incomplete` is `fail`; or the configuration asks for
    something else now); `superseded`: withheld, and a later run has been pushed in its place; or `foreign`: another
    configuration's, which is left as it lies.
    """

    folder: str
    manifest: str
    landing: str
    name: str
    server: str
    start: str
    end: str
    status: Literal["pushed", "withheld", "superseded", "foreign"]
    why: str = ""
    files: list[FilePushed] = []  # msgspec copies an empty default for each instance


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A mark that has moved."""

    name: str
    start: str
    end: str


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What a push did: each run, oldest first within its folder, and the marks that moved."""

    runs: list[Sent]
    marks: list[Move]

    @property
    def exit_code(self) -> int:
        """0 when everything is at the landing, else 3; what is foreign is nothing of ours, unless nothing else is."""
        found = {run.status for run in self.runs}
        return 3 if "withheld" in found or found == {"foreign"} else 0


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did: what earlier runs had left, what it collected, what it pushed."""

    before: Pushed
    collected: Collected
    pushed: Pushed

    @property
    def exit_code(self) -> int:
        """0 when everything was read and is at the landing, else 3."""
        return max(self.collected.exit_code, self.pushed.exit_code)


@patiently
def run(
    config: Config,
    *,
    name: str = "glue",
    full: bool = False,
    options: Options | None = None,
    progress: Progress | None = None,
    on_collected: Callable[[Collected], object] | None = None,
) -> Ran:
    """Push what is pending, collect, push, and move the mark.

    What earlier runs left is pushed first, so that the mark stands where they ended before anything is compared
    with it.

    Args:
        config: The configuration, with a landing.
        name: The name under which marks and generations are kept.
        full: Write a full snapshot, whatever has changed.
        options: How to read, and whom to tell of the progress.
        progress: Shows how far the pushes have come.
        on_collected: Called between collecting and pushing: from there on the files are safe.

    Raises:
        ConfigError: The configuration asks for something that cannot be; it names no landing.
        LandingError: The landing refused something; run again, what has arrived is not sent twice.
        GluepotError: Whatever `gluepot.collector.collect.collect` raises.
    """
    require_landing(config)
    options = options or Options()
    with leased(marks_of(config), name, options.lease) as lease:
        own = _named(config)
        before = push_pending(own, name=name, progress=progress, lease=lease)
        options = msgspec.structs.replace(options, lease=lease)
        collected = collect(config, name=name, full=full, options=options)
        if on_collected:
            on_collected(collected)
        pushed = push_pending(own, name=name, progress=progress, lease=lease)
    return Ran(before=before, collected=collected, pushed=pushed)


def _named(config: Config) -> Config:
    """Know whose files are ours before any are pushed: where no server is configured, only AWS says so."""
    waiting = any(map(find_manifests, folders(config, Path(config.output_path))))
    return with_servers(config) if waiting and not all(map(is_named, config.targets())) else config


@patiently
def push_pending(
    config: Config, *, name: str = "glue", progress: Progress | None = None, lease: Lease | None = None
) -> Pushed:
    """Push every run of this configuration in the output folder, and move the mark where it has arrived entirely.

    Args:
        config: The configuration, with a landing.
        name: The name under which marks and generations are kept: runs of other names are left as they lie.
        progress: Shows how far it has come.
        lease: The lease of the mark, where the caller holds it already.

    Raises:
        ConfigError: The configuration names no landing.
        BusyError: Another run is writing to the output folder, or is at work on the mark.
        StateError: A manifest cannot be read, or a file it names is missing or was altered.
        LandingError: The landing refused or lost a file.
    """
    require_landing(config)
    with (
        leased(marks_of(config), name, lease) as held,
        runfolder.locked(Path(config.output_path)) as output,
    ):
        recover(config, output)
        pending = _Pending(config, output, name, held)
        for folder in pending.folders:
            pending.push(folder, progress)
        return pending.result()


@patiently
def publish(config: Config, collected: Collected, name: str, lease: Lease | None = None) -> Move | None:
    """Move the mark to the end of a collection, for those who push with tools of their own.

    Args:
        config: The configuration.
        collected: The collection.
        name: The name under which marks are kept.
        lease: The lease of the mark, under which the collection was made.

    Returns:
        The move; None where the run is incomplete and `on_incomplete` is `fail`: then the mark stays.

    Raises:
        BusyError: Another run has taken over the lease, or moved the mark at this very moment.
    """
    if not collected.complete and config.on_incomplete == "fail":
        return None
    marks, end = marks_of(config), collected.manifests[0][1].end
    before = marks.read(name)
    if lease:
        lease.check()
    if not marks.move(name, before, end):
        why = f"it stood at {before}, and somebody has set it while this run was about to"
        raise BusyError(f"the mark {marks.name(name)} is not moved to {end}", why, f"gluepot hwm set '{end}'")
    return Move(name=name, start=before, end=end)


class _Pending:
    """The runs that lie in the output folder, and what becomes of them."""

    def __init__(self, config: Config, output: Path, name: str, lease: Lease) -> None:
        self.config, self.lease = config, lease
        self.marks = marks_of(config)
        self._claims: dict[Path, Claim] = {}
        self.folders: list[Path] = []
        arriving: set[tuple[str, str]] = set()
        for folder in folders(config, output):
            found = [path for path in find_manifests(folder) if _is_run_of(folder, output, path)]
            self.folders += [folder] if found else []
            for path, manifest in ((path, read_manifest(path)) for path in found):
                self._claims[path] = claim(config, name, manifest, arriving)
                if self._claims[path].status == "ours":
                    arriving.add((manifest.server, manifest.end))
        self._ends = _blocked(path for path, claimed in self._claims.items() if claimed.status == "ours")
        self._sent: list[Sent] = []
        self._moves: list[Move] = []

    def push(self, folder: Path, progress: Progress | None) -> None:
        """Push one folder's runs; those of one server, which go to one landing, together."""
        claims = {path: claimed for path, claimed in self._claims.items() if path.parent == folder}
        self._sent += [_not_ours(path, claimed) for path, claimed in claims.items() if claimed.status == "foreign"]
        ours = [path for path, claimed in claims.items() if claimed.status != "foreign"]
        for path in ours:
            if claims[path].status == "ours":
                readdress(self.config, path, claims[path].landing)
        for server in dict.fromkeys(read_manifest(path).server for path in ours):
            self._push(folder, server, progress)

    def _push(self, folder: Path, server: str, progress: Progress | None) -> None:
        # what another run has taken over meanwhile must not arrive behind its files
        self.lease.check()
        landing = landing_for(self.config, server)
        report = push(
            folder,
            landing_of(landing),
            progress=progress,
            manifest=landing.manifest,
            on_pushed=lambda manifest: self._arrived(folder, manifest),
            withhold=lambda manifest: self._withheld(folder, manifest),
            chosen=lambda manifest: manifest.server == server and self._claim(folder, manifest).status != "foreign",
        )
        self._sent += [_sent(folder, report.landing, run) for run in report.runs]

    def _claim(self, folder: Path, manifest: Manifest) -> Claim:
        return self._claims[folder / manifest_name(manifest.end)]

    def _withheld(self, folder: Path, manifest: Manifest) -> str:
        """Say why one of our runs stays."""
        claimed = self._claim(folder, manifest)
        if claimed.status == "outdated":
            return f"{claimed.why}: the next run collects it again"
        return _OTHER if self._ends[manifest.end] else ""

    def _arrived(self, folder: Path, manifest: Manifest) -> None:
        """Move the mark once no other server's part of this run is left."""
        others = (other / manifest_name(manifest.end) for other in self.folders if other != folder)
        if any(path.exists() and read_manifest(path).name == manifest.name for path in others):
            return
        self.lease.check()
        before = self.marks.read(manifest.name)
        if advance(self.marks, manifest):
            self._moves.append(Move(name=manifest.name, start=before, end=self.marks.read(manifest.name)))

    def result(self) -> Pushed:
        """Say what became of each run; a withheld one that the mark has passed is superseded."""
        return Pushed(runs=[_judged(sent, self.marks) for sent in self._sent], marks=self._moves)


def _is_run_of(folder: Path, output: Path, path: Path) -> bool:
    """Tell whether a manifest lies where a run leaves it: a folder below is its server's, and no landing."""
    return folder == output or read_manifest(path).server == folder.name


def _blocked(paths: Iterable[Path]) -> dict[str, bool]:
    """Say for each end mark of these manifests whether some server's part of it must not be pushed."""
    ends: dict[str, bool] = {}
    for path in paths:
        manifest = read_manifest(path)
        held = manifest.on_incomplete == "fail" and not manifest.complete
        ends[manifest.end] = ends.get(manifest.end, False) or held
    return ends


def _not_ours(path: Path, claimed: Claim) -> Sent:
    manifest = read_manifest(path)
    return Sent(
        folder=str(path.parent),
        manifest=path.name,
        landing=manifest.landing,
        name=manifest.name,
        server=manifest.server,
        start=manifest.start,
        end=manifest.end,
        status="foreign",
        why=f"{claimed.why}: push it with its own configuration, and give each configuration an output_path of its own",
    )


def _sent(folder: Path, landing: str, run: RunPushed) -> Sent:
    return Sent(
        folder=str(folder),
        manifest=run.manifest,
        landing=landing,
        name=run.name,
        server=run.server,
        start=run.start,
        end=run.end,
        status="withheld" if run.withheld else "pushed",
        why=run.withheld,
        files=run.files,
    )


def _judged(sent: Sent, marks: Marks) -> Sent:
    if sent.status != "withheld" or marks.read(sent.name) < sent.end:
        return sent
    return msgspec.structs.replace(sent, status="superseded", why="a later run was pushed in its place")


__all__ = ["Move", "Pushed", "Ran", "Sent", "publish", "push_pending", "run"]
