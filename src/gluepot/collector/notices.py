"""What a configuration most likely does not mean: said as a warning, since nothing of it can be known for sure."""

from __future__ import annotations

import contextlib
import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gluepot.aws.access import region_named
from gluepot.collector.generation import Generation
from gluepot.collector.hwm import EPOCH, Marks
from gluepot.collector.state import FolderState
from gluepot.config.model import DEFAULT_REGION, LEFT_OUT, matches_one
from gluepot.errors import GluepotError
from gluepot.landing.location import is_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.config import Config, Globs

NAMES: Final = 5000
"""How many names are kept to say which one was meant."""

_ACCOUNT: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_WILD: Final = frozenset("*?[")


class Patterns:
    """Which patterns of a filter nothing has matched so far.

    Args:
        key: The filter's key.
        globs: The filter.
    """

    def __init__(self, key: str, globs: Globs) -> None:
        self._key = key
        self._include = [pattern for pattern in globs.include if pattern != "*"]
        self._exclude = [pattern for pattern in globs.exclude if not _WILD & set(pattern)]
        self._names: dict[str, str] = {}
        self.seen = 0
        """How many names were listed."""

    def saw(self, name: str, database: str = "") -> None:
        """Hear of a name that was listed, of a table with its database."""
        self.seen += 1
        for waiting in (self._include, self._exclude):
            if found := [pattern for pattern in waiting if matches_one(pattern, name, database)]:
                waiting[:] = [pattern for pattern in waiting if pattern not in found]
        if len(self._names) < NAMES and (self._include or self._exclude):
            self._names[name.lower()] = name
            if database:
                self._names[f"{database}.{name}".lower()] = f"{database}.{name}"

    def warnings(self, what: str) -> Iterator[str]:
        """Say which patterns match nothing, and what was meant; of exclusions, only what looks like a slip."""
        for pattern in self._include:
            meant = self._meant(pattern)
            hint = f"; did you mean {meant!r}?" if meant else ""
            yield f"{self._key}.include: {pattern!r} matches none of the {self.seen:,} {what} that were listed{hint}"
        for pattern in self._exclude:
            if meant := self._meant(pattern):
                yield f"{self._key}.exclude: {pattern!r} matches none of the {what}; did you mean {meant!r}?"

    def _meant(self, pattern: str) -> str:
        near = difflib.get_close_matches(pattern.lower(), self._names, n=1, cutoff=0.7)
        return self._names[near[0]] if near else ""


def another_account(server: str, account: str) -> str:
    """Say that a server is named after another account than the one that is read; empty where it is not."""
    named = _ACCOUNT.search(server)
    if not named or not account or named[0] == account:
        return ""
    return f"the server {server} names the account {named[0]}, and the catalog of {account} is read"


def another_region(config: Config) -> str:
    """Say that the environment names another region than the one that is read where `regions` is left out."""
    own = [entry for entry in config.accounts if entry.regions is None]
    if config.regions is not LEFT_OUT or (config.accounts and not own):
        return ""
    with contextlib.suppress(GluepotError):  # a profile that is not there is told by whoever needs it
        named = region_named("", config.profile)
        if named and named != DEFAULT_REGION:
            what = f"regions is left out, so {DEFAULT_REGION} is read, and the environment names {named}"
            return f'{what}: write regions = ["{named}"] if that is meant'
    return ""


def mark_beside(config: Config, name: str, folder: Path | None, servers: list[str]) -> str:
    """Say, where there is no mark yet, that one of these servers stands beside the configuration file.

    Args:
        config: The configuration.
        name: The name under which marks are kept.
        folder: Where the configuration file is; None where there is none.
        servers: The servers that are read, as far as they are known.
    """
    if folder is None or is_url(config.hwm) or Path(config.hwm).expanduser().is_absolute():
        return ""
    here, there = Path(config.hwm).absolute(), (folder / config.hwm).absolute()
    if here.resolve() == there.resolve():
        return ""
    marks = Marks.at(there)
    with contextlib.suppress(GluepotError):  # what cannot be read says nothing
        mark = marks.read(name)
        if mark != EPOCH and _is_of(config, there, name, mark, servers):
            what = f"there is no mark in {here}, and {marks.name(name)} stands at {mark}: this run begins anew"
            return f"{what}. If that one is meant, run it in {folder.absolute()}, or write hwm as an absolute path"
    return ""


def _is_of(config: Config, there: Path, name: str, mark: str, servers: list[str]) -> bool:
    """Tell whether a mark may be of one of these servers: its generation says so, or there is none to ask."""
    folder = there.parent if there.name.endswith(".txt") else there
    if config.state:
        folder = there.parent / config.state if there.name.endswith(".txt") else there / config.state
    path = FolderState(folder).fetch(name, mark, folder)
    if path is None or not servers:
        return True
    with contextlib.closing(Generation(path)) as generation:
        return not generation.landings or any(server in generation.landings for server in servers)
