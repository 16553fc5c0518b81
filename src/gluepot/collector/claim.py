"""Whether a run that lies in an output folder is this configuration's, and may go to the landing that it names now.

A run is of one name, server and landing, and holds the content that was asked for then. What another configuration
left is never pushed; what this one would collect otherwise now is collected again, since the mark has not moved.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from gluepot.collector.asked import Asked
from gluepot.collector.destination import account_of, folder_of, landing_at, name_of
from gluepot.collector.extract.manifest import PUSHED, read_manifest, write_manifest
from gluepot.collector.generation import Generation, rebound
from gluepot.collector.hwm import EPOCH
from gluepot.collector.identities import is_named
from gluepot.collector.settings import account_id_of, marks_of, state_of
from gluepot.files import output_errors
from gluepot.host.scratch import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from gluepot.collector.extract.manifest import Manifest
    from gluepot.config import Account, Config

Status = Literal["ours", "foreign", "outdated"]


class Claim(NamedTuple):
    """Whose a run is: `foreign` is another configuration's, `outdated` is ours and not what is asked for now."""

    status: Status
    why: str = ""
    landing: str = ""
    """The name of the landing that it goes to now."""


def claim(config: Config, name: str, manifest: Manifest, arriving: AbstractSet[tuple[str, str]] = frozenset()) -> Claim:
    """Say whose a run is.

    Args:
        config: The configuration.
        name: The name under which it keeps marks.
        manifest: The run.
        arriving: Server and end mark of the earlier runs that are pushed with it.

    Raises:
        ConfigError: A landing's URL is none.
        StateError: The generation that it starts from is broken.
        LandingError: Generations lie at a landing that refused.
    """
    index = account_of(config, manifest.server)
    if index is None:
        servers = ", ".join(target.server for target in config.targets() if target.server)
        return Claim("foreign", f"it is of {manifest.server}, not of {servers or 'the server that is read here'}")
    landing = name_of(landing_at(config, index, manifest.server), folder_of(config, manifest.server))
    if why := _anothers(config.targets()[index], name, manifest, landing):
        return Claim("foreign", why)
    if changes := Asked.of(config).unlike(manifest.asked) if manifest.asked else []:
        return Claim("outdated", "; ".join(changes), landing)
    if later := _covering(config, manifest, landing):
        return Claim(
            "outdated", f"the run from {later[0]} to {later[1]} has found it as well, or what came of it", landing
        )
    if (manifest.server, manifest.start) in arriving or _continues(config, manifest, landing):
        return Claim("ours", landing=landing)
    return Claim("outdated", f"it holds what has changed since {manifest.landing} had the rest of it", landing)


def _anothers(target: Account, name: str, manifest: Manifest, landing: str) -> str:
    """Say why a run of one of our servers is another configuration's all the same; empty where it is not."""
    if manifest.name != name:
        return f"it was collected under the name {manifest.name}, not {name}"
    account, read = account_id_of(target), {entry.account for entry in manifest.regions}
    if account and read and account not in read:
        return f"it is of the account {', '.join(sorted(read))}, not of {account}"
    if not is_named(target) and manifest.landing not in {"", landing}:
        return f"it goes to {manifest.landing}, and no server is configured that would say whose it is"
    return ""


def _covering(config: Config, manifest: Manifest, landing: str) -> tuple[str, str] | None:
    """Find the run that has all that this one found: it began no later, ended behind it, and the mark has passed it.

    Two runs made both of them of one mark: one lost its lease before it could push. Its rows are older, and would
    arrive last. What only lies before the mark (`collect --publish` moves it without a push) has its own content, and
    so has what the other run read of another server, or sent to another landing. Where a run ended before the mark that
    it began from, a clock was wrong, and times do not say which of the two is older.
    """
    if manifest.end <= manifest.start:
        return None
    mark = marks_of(config).read(manifest.name)
    while manifest.end < mark != EPOCH:
        start, had = _run_to(config, manifest.name, mark)
        if start <= manifest.start:
            return (start, mark) if had.get(manifest.server) == landing else None
        if start >= mark:  # a mark that was set by hand: nothing says how it came about
            return None
        mark = start
    return None


def _run_to(config: Config, name: str, mark: str) -> tuple[str, dict[str, str]]:
    """Say where the run to a mark began, and what its servers' landings were; the mark itself where nothing says so."""
    with temporary_folder() as scratch:
        path = state_of(config).fetch(name, mark, scratch)
        if path is None:
            return mark, {}
        with contextlib.closing(Generation(path)) as generation:
            return generation.about.get("start", mark), dict(generation.landings)


def _continues(config: Config, manifest: Manifest, landing: str) -> bool:
    """Tell whether a landing has what a run starts from: a snapshot needs nothing, an increment all before it."""
    if manifest.full or manifest.landing in {"", landing}:
        return True
    return landing_in_generation(config, manifest.name, manifest.start, manifest.server) == landing


def landing_in_generation(config: Config, name: str, mark: str, server: str) -> str | None:
    """Look up at which landing a server's objects were at a mark; None where nothing says so."""
    with temporary_folder() as scratch:
        path = state_of(config).fetch(name, mark, scratch)
        if path is None:
            return None
        generation = Generation(path)
        try:
            return generation.landings.get(server)
        finally:
            generation.close()


def readdress(config: Config, path: Path, landing: str) -> None:
    """Send a run to another landing than it was collected for; killed anywhere and done again, it ends the same.

    What is noted as sent has gone to the former one. Generations are never changed: a second one of the same mark
    is kept, and the last one counts.

    Args:
        config: The configuration.
        path: The run's manifest.
        landing: The name of the landing that it goes to now.

    Raises:
        OutputError: A file cannot be moved back.
    """
    manifest = read_manifest(path)
    if manifest.landing in {"", landing}:
        return
    _rebind(config, manifest, landing)
    aside = path.parent / PUSHED
    with output_errors(aside):
        for entry in manifest.files:
            if (aside / entry.name).is_file() and not (path.parent / entry.name).exists():
                (aside / entry.name).replace(path.parent / entry.name)
        (aside / path.name).unlink(missing_ok=True)
    write_manifest(path.parent, msgspec.structs.replace(manifest, landing=landing))


def _rebind(config: Config, manifest: Manifest, landing: str) -> None:
    """Keep in the generation of a run's end where its files go."""
    with temporary_folder() as scratch:
        state = state_of(config)
        path = state.fetch(manifest.name, manifest.end, scratch)
        if path is not None and (made := rebound(path, scratch / "rebound", {manifest.server: landing})):
            state.store(made, manifest.name, manifest.end)


__all__ = ["Claim", "claim", "landing_in_generation", "readdress"]
