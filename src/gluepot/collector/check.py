"""Check: whether a run could succeed, without leaving anything behind.

Every account and region is asked as a run would ask (`gluepot.collector.checkaccess`); then the folder, the landing
and the mark are looked at. What cannot be known without writing is said to be not tried, and never guessed.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.collector.asked import Asked
from gluepot.collector.baseline import choose, listed
from gluepot.collector.checkaccess import Line, access_lines, warning
from gluepot.collector.destination import account_of, folder_of, landing_at, name_of
from gluepot.collector.hwm import EPOCH
from gluepot.collector.notices import another_region, mark_beside
from gluepot.collector.settings import account_id_of, landing_of, marks_of, state_of
from gluepot.errors import GluepotError, StateError, UnreachableError
from gluepot.host.scratch import temporary_folder
from gluepot.landing.location import is_url
from gluepot.waiting.patience import current, patiently, using

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.collector.generation import Generation
    from gluepot.config import Config, Landing

FINE: Final = frozenset({"ok", "limited", "not tried", "warning"})
ABSENT: Final = "gluepot-check-absent"
"""A name at the landing that is asked for and never written."""

WRITE_ONLY: Final = "it may not be read, or refuses the credentials"
"""What is said of a landing that answers a question with a refusal: those of K are meant to be written only."""

NOT_TRIED: Final = (
    "other databases and tables than those named above",
    "what other accounts share",
    "writing to the landing, which would leave an object there",
)


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found.

    Args:
        access: Each account, region and API.
        places: The output folder, the landings, the mark and its generation.
        not_tried: What this check says nothing about.
    """

    access: list[Line]
    places: list[Line] = []  # msgspec copies an empty default for each instance
    not_tried: tuple[str, ...] = NOT_TRIED

    @property
    def reached(self) -> bool:
        """Whether any account and region answered with its databases."""
        return any(line.what == "glue:GetDatabases" and line.status == "ok" for line in self.access)

    @property
    def exit_code(self) -> int:
        """0 when nothing is missing, 3 when something is, 4 when no account answered."""
        if not self.reached:
            return UnreachableError.exit_code
        return 0 if all(line.status in FINE for line in (*self.access, *self.places)) else 3

    def raise_if_unreachable(self) -> None:
        """Raise where no account and region answered.

        Raises:
            UnreachableError: The first reason is named.
        """
        if self.reached:
            return
        first = next((line for line in self.access if line.status not in FINE), None)
        detail = f"{first.where}: {first.what} {first.status} ({first.detail})" if first else ""
        hint = "gluepot check -c FILE goes through each account, region and permission"
        raise UnreachableError("no account and region could be reached", detail, (first and first.hint) or hint)


def is_write_only(line: Line) -> bool:
    """Tell whether a line is of a landing that may be all right, though nothing can be read there."""
    return line.what == "landing" and line.detail.startswith(WRITE_ONLY)


@patiently
def check(config: Config, *, name: str = "glue", beside: Path | None = None) -> CheckReport:
    """Look at everything that a run needs.

    Args:
        config: The configuration.
        name: The name under which marks and generations are kept.
        beside: The folder of the configuration file, where there is one: a mark that stands there is told.

    Raises:
        ConfigError: A reference to a secret leads nowhere.
    """
    with using(current().brief()):
        return _checked(config, name, beside)


def _checked(config: Config, name: str, beside: Path | None) -> CheckReport:
    access = access_lines(config)
    if other := another_region(config):
        access.append(warning("the configuration", "regions", other))
    return CheckReport(access=access, places=_places(config, name, beside))


@patiently
def check_access(config: Config) -> CheckReport:
    """Look at the accounts and regions alone.

    Raises:
        ConfigError: A reference to a secret leads nowhere.
    """
    with using(current().brief()):
        return CheckReport(access=access_lines(config))


def _places(config: Config, name: str, beside: Path | None) -> list[Line]:
    lines = [
        _line(str(Path(config.output_path).absolute()), "output_path", lambda: _writable(Path(config.output_path)))
    ]
    landings = dict.fromkeys(target.landing for target in config.targets() if target.landing)
    lines += [_line(_absolute(landing), "landing", functools.partial(_landing, landing)) for landing in landings]
    if not landings:
        lines.append(Line(where="", what="landing", status="not tried", detail="the configuration names none"))
    return [*lines, *_mark(config, name, beside)]


def _absolute(landing: Landing) -> str:
    """Name a landing; a folder by its whole path, since the working directory decides where it is."""
    from gluepot.landing.location import parse_url  # noqa: PLC0415 - lazy: start-up

    place = parse_url(landing.url)
    return str(place.folder) if place.folder is not None else landing.url


def _line(where: str, what: str, look: Callable[[], str]) -> Line:
    """Look, and tell what was seen or why it could not be."""
    try:
        return Line(where=where, what=what, status="ok", detail=look())
    except GluepotError as error:
        return Line(where=where, what=what, status="failed", detail=f"{error}", hint=error.hint)


def _writable(folder: Path) -> str:
    """Write a file that never gets a name.

    Raises:
        StateError: Not possible there.
    """
    existing = next((path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()), Path("/"))
    hint = "give this user write permission there, or choose another output_path"
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise StateError(f"{existing} cannot be written", "it is no folder, or not this user's", hint)
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"gluepot")
    except OSError as error:
        raise StateError(f"{existing} cannot be written", error.strerror or str(error), hint) from error
    return "writable" if existing == folder.absolute() else f"will be made in {existing}"


def _landing(landing: Landing) -> str:
    """Ask for what is not there: the answer tells whether the landing is there and takes these credentials.

    Raises:
        GluepotError: It is not, or it does not; a landing that may be written but not read refuses, too.
    """
    from gluepot.landing import StoreError  # noqa: PLC0415 - lazy: obstore is loaded where a landing is used
    from gluepot.landing.location import parse_url  # noqa: PLC0415 - likewise

    place = parse_url(landing.url)
    if place.folder is not None:
        return _writable(place.folder)
    try:
        landing_of(landing).get(ABSENT)
    except StoreError as error:
        if error.kind != "denied":
            raise
        hint = "nothing to do if the access is meant to write only; else check its key, SAS token or role"
        raise StoreError(WRITE_ONLY, error.why, hint, kind="denied") from None
    return "answers, and may be read; writing was not tried"


def _mark(config: Config, name: str, beside: Path | None) -> list[Line]:
    try:
        marks = marks_of(config)
        where, mark = marks.name(name), marks.read(name)
    except GluepotError as error:
        return [Line(where=config.hwm, what="hwm", status="failed", detail=f"{error}", hint=error.hint)]
    if mark == EPOCH:
        servers = [target.server for target in config.targets() if target.server]
        if elsewhere := mark_beside(config, name, beside, servers):
            return [warning(where, "hwm", elsewhere)]
        return [Line(where=where, what="hwm", status="ok", detail="no mark yet: the first run is a full snapshot")]
    return [
        Line(where=where, what="hwm", status="ok", detail=mark),
        _line(_state_place(config), "state", lambda: generation_status(config, name, mark)),
    ]


def _state_place(config: Config) -> str:
    """Say where generations are kept."""
    if not config.state:
        return "beside the mark"
    return config.state if is_url(config.state) else str(Path(config.state).expanduser().absolute())


def generation_status(config: Config, name: str, mark: str, *, whose: bool = True) -> str:
    """Say whether a mark has a generation, which makes the next run an incremental one.

    Args:
        config: The configuration.
        name: The name under which marks are kept.
        mark: The mark.
        whose: Whether the configuration says what is read, and where to; if not, it is told of whom the generation is.

    Raises:
        StateError: It is broken, or from a newer gluepot.
        LandingError: It lies at a landing that refused.
    """
    from gluepot.collector.generation import Generation  # noqa: PLC0415 - lazy: start-up

    with temporary_folder() as scratch:
        path = state_of(config).fetch(name, mark, scratch)
        if path is None:
            return f"no generation for {mark}: the next run is a full snapshot"
        with contextlib.closing(Generation(path)) as generation:
            why = why_full(config, generation, mark) if whose else ""
            of = "" if whose else f", of {listed(generation.landings)}"
        return why or f"{path.name} is there{of}: the next run is incremental"


def why_full(config: Config, generation: Generation, mark: str) -> str:
    """Say why a run from this generation writes a full snapshot; empty where it does not, as far as is known.

    A server that the configuration does not name is taken for the one that the generation has under an account's id.
    """
    landings: dict[str, str] = {}
    for index, target in enumerate(config.targets()):
        known = target.server or (f"{told}_glue" if (told := account_id_of(target)) else "")
        server = known or next((name for name in generation.landings if account_of(config, name) == index), "")
        if server:
            landings[server] = name_of(landing_at(config, index, server), folder_of(config, server))
    if not landings:
        return ""
    return "; ".join(choose(generation, mark, landings, Asked.of(config), iter(())).full)


__all__ = ["CheckReport", "Line", "check", "check_access", "generation_status", "is_write_only"]
