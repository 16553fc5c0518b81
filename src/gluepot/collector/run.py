"""Run: push what is pending, collect, push, and move the mark when everything of a run has arrived.

With `accounts`, a run has one manifest per server, each in its server's folder; its mark moves when the last of
them is at the landing, and where one is withheld (`on_incomplete: fail`) all of them are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from gluepot.collector import runfolder
from gluepot.collector.collect import Collected, collect, folders, recover
from gluepot.collector.extract.manifest import find_manifests, manifest_name, read_manifest
from gluepot.collector.push import FilePushed, advance, push
from gluepot.collector.settings import account_id_of, landing_of, marks_of
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gluepot.collector.collect import Options
    from gluepot.collector.extract.manifest import Manifest
    from gluepot.collector.hwm import Marks
    from gluepot.collector.push import Progress, RunPushed
    from gluepot.config import Config, Landing


_OTHER = "another server's part of the run is incomplete, and on_incomplete is 'fail'"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one server after a push.

    `status` is `pushed`; `withheld` (incomplete, and `on_incomplete` is `fail`); or `superseded`: withheld, and a
    later run has been pushed in its place.
    """

    folder: str
    manifest: str
    landing: str
    name: str
    server: str
    start: str
    end: str
    status: Literal["pushed", "withheld", "superseded"]
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
        """0 when everything is at the landing, else 3."""
        return 3 if any(run.status == "withheld" for run in self.runs) else 0


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did: what earlier runs had left, what it collected, what it pushed."""

    before: Pushed
    collected: Collected
    pushed: Pushed

    @property
    def exit_code(self) -> int:
        """0 when everything was read and is at the landing, else 3."""
        return max(self.collected.exit_code, self.pushed.exit_code)


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
    before = push_pending(config, progress=progress)
    collected = collect(config, name=name, full=full, options=options)
    if on_collected:
        on_collected(collected)
    return Ran(before=before, collected=collected, pushed=push_pending(config, progress=progress))


def push_pending(config: Config, *, progress: Progress | None = None) -> Pushed:
    """Push every run that lies in the output folder, and move the marks of those that have arrived entirely.

    Raises:
        ConfigError: The configuration names no landing.
        BusyError: Another run is writing to the output folder.
        StateError: A manifest cannot be read, or a file it names is missing or was altered.
        LandingError: The landing refused or lost a file.
    """
    require_landing(config)
    with runfolder.locked(Path(config.output_path)) as output:
        recover(config, output)
        pending = _Pending(config, output)
        for folder in pending.folders:
            pending.push(folder, progress)
        return pending.result()


def publish(config: Config, collected: Collected, name: str) -> Move | None:
    """Move the mark to the end of a collection, for those who push with tools of their own.

    Returns:
        The move; None where the run is incomplete and `on_incomplete` is `fail`: then the mark stays.
    """
    if not collected.complete and config.on_incomplete == "fail":
        return None
    marks, end = marks_of(config), collected.manifests[0][1].end
    before = marks.read(name)
    marks.write(name, end)
    return Move(name=name, start=before, end=end)


def require_landing(config: Config) -> None:
    """Refuse a configuration that does not say where files go.

    Raises:
        ConfigError: A landing is missing; the key is named.
    """
    for index, target in enumerate(config.targets()):
        if target.landing is None:
            key = f"accounts[{index}].landing" if config.accounts else "landing"
            hint = 'add it, for example in TOML: [landing] with url = "s3://BUCKET/PREFIX"'
            raise ConfigError("the configuration names no landing", f"the key {key} is missing", hint)


def landing_for(config: Config, server: str) -> Landing:
    """Say where a server's files go.

    An account's own landing is taken as it is. One that several accounts inherit gets a folder per server, as
    `output_path` does: their files have the same names.

    Raises:
        ConfigError: The server belongs to none of the accounts, or has no landing.
    """
    if not config.accounts:
        found = config.landing
    else:
        index = _account_of(config, server)
        found = config.accounts[index].landing or _below(config.landing, server)
    if found is None:
        require_landing(config)
        raise ConfigError("the configuration names no landing", "the key landing is missing")
    return found


def _below(landing: Landing | None, server: str) -> Landing | None:
    return msgspec.structs.replace(landing, url=f"{landing.url.rstrip('/')}/{server}") if landing else None


def _account_of(config: Config, server: str) -> int:
    """Find the account whose folder this is; an account without `server` is named after its account id."""
    targets = config.targets()
    for index, target in enumerate(targets):
        if (target.server or f"{account_id_of(target)}_glue") == server:
            return index
    unnamed = [index for index, target in enumerate(targets) if not target.server and not account_id_of(target)]
    if len(unnamed) != 1:
        why = f"none of the accounts has the server {server!r}"
        hint = "name it in accounts again, or move its folder out of output_path"
        raise ConfigError(f"there are files of {server}, and no landing for them", why, hint)
    return unnamed[0]


class _Pending:
    """The runs that lie in the output folder, and what becomes of them."""

    def __init__(self, config: Config, output: Path) -> None:
        self.config = config
        self.marks = marks_of(config)
        self.folders = [folder for folder in folders(config, output) if find_manifests(folder)]
        self._ends = _blocked(self.folders)
        self._sent: list[Sent] = []
        self._moves: list[Move] = []

    def push(self, folder: Path, progress: Progress | None) -> None:
        """Push one folder's runs."""
        server = folder.name if self.config.accounts else ""
        landing = landing_for(self.config, server)
        report = push(
            folder,
            landing_of(landing),
            progress=progress,
            manifest=landing.manifest,
            on_pushed=lambda manifest: self._arrived(folder, manifest),
            withhold=lambda manifest: _OTHER if self._ends[manifest.end] else "",
        )
        self._sent += [_sent(folder, report.landing, run) for run in report.runs]

    def _arrived(self, folder: Path, manifest: Manifest) -> None:
        """Move the mark once no other server's part of this run is left."""
        others = (other / manifest_name(manifest.end) for other in self.folders if other != folder)
        if any(path.exists() and read_manifest(path).name == manifest.name for path in others):
            return
        before = self.marks.read(manifest.name)
        if advance(self.marks, manifest):
            self._moves.append(Move(name=manifest.name, start=before, end=self.marks.read(manifest.name)))

    def result(self) -> Pushed:
        """Say what became of each run; a withheld one that the mark has passed is superseded."""
        return Pushed(runs=[_judged(sent, self.marks) for sent in self._sent], marks=self._moves)


def _blocked(where: Iterable[Path]) -> dict[str, bool]:
    """Say for each end mark in these folders whether some server's part of it must not be pushed."""
    ends: dict[str, bool] = {}
    for folder in where:
        for path in find_manifests(folder):
            manifest = read_manifest(path)
            held = manifest.on_incomplete == "fail" and not manifest.complete
            ends[manifest.end] = ends.get(manifest.end, False) or held
    return ends


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


__all__ = ["Move", "Pushed", "Ran", "Sent", "landing_for", "publish", "push_pending", "require_landing", "run"]
