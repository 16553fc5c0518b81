"""High-water marks: up to when everything has been committed, in KADA's file format.

The file is `<prefix>_hwm.txt` with one line, `YYYY-MM-DD HH:MM:SS` in UTC. It lies in the current directory, in a
given one, or below a landing URL; a location that ends in `.txt` is the file itself.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError, OutputError, StateError
from gluepot.files import output_errors, write_atomically
from gluepot.landing.faults import StoreError
from gluepot.landing.location import is_url, parse_url

if TYPE_CHECKING:
    from gluepot.collector.places import Place
    from gluepot.landing import Credentials, Landing, LandingOptions
    from gluepot.landing.receipt import Version

EPOCH: Final = "1970-01-01 00:00:00"
"""The mark before anything was collected: with no file yet, everything is new."""

SUFFIX: Final = "_hwm.txt"
LEASE: Final = ".lease"
_FILE = ".txt"
_SHOWN = 40

_MARK = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?(?:Z|\+00:00)?"
)


def parse_mark(text: str) -> datetime:
    """Read a mark.

    `T` for the space, a final `Z` (or `+00:00`) and white space around are accepted. A fraction of a second is cut
    off, never rounded up: a mark that is a moment too early reads something twice, one too late would miss it.

    Args:
        text: The mark, in UTC.

    Returns:
        The time, with UTC as its zone and whole seconds.

    Raises:
        ValueError: It is no date and time, or one that does not exist.
    """
    found = _MARK.fullmatch(text.strip().removeprefix("\ufeff").strip())
    if not found:
        raise ValueError(f"{_shortened(text)} is not of the form YYYY-MM-DD HH:MM:SS")
    return datetime(*(int(part) for part in found.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type] # six whole numbers


def format_mark(moment: datetime) -> str:
    """Write a mark: UTC, whole seconds, a later fraction cut off. A time without a zone counts as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    # isoformat pads the year to four digits on every platform, strftime does not
    return aware.replace(tzinfo=None, microsecond=0).isoformat(sep=" ")


def normal_mark(text: str) -> str:
    """Read a mark that somebody wrote, and write it in the one form that files hold.

    Raises:
        ConfigError: It is no mark.
    """
    try:
        return format_mark(parse_mark(text))
    except ValueError as error:
        raise ConfigError("a high-water mark cannot be read", str(error), f"write it in UTC like '{EPOCH}'") from error


def now() -> str:
    """Give the mark of this moment."""
    return format_mark(datetime.now(UTC))


class Marks:
    """The marks at one location.

    Args:
        where: A local folder, or a landing.
        file: The one file that holds the mark whatever the prefix is; empty for `<prefix>_hwm.txt`.
    """

    def __init__(self, where: Path | Landing, file: str = "") -> None:
        """Keep where; nothing is read yet."""
        self._where = where
        self._file = file

    @classmethod
    def at(
        cls,
        location: str | Path | None = None,
        options: LandingOptions | None = None,
        *,
        credentials: Credentials | None = None,
    ) -> Marks:
        """Find the marks at a path or URL.

        Args:
            location: A directory, a file ending in `.txt`, or a landing URL of either; the current directory if empty.
            options: What gives access to a landing URL.
            credentials: Gives AWS credentials for an s3:// URL.

        Raises:
            ConfigError: The URL is no landing.
        """
        text = str(location or "")
        if is_url(text) and (folder := parse_url(text).folder) is not None:
            text = str(folder)
        if not is_url(text):
            path = Path(text).expanduser()
            return cls(path.parent, path.name) if text.endswith(_FILE) else cls(path)
        from gluepot.landing import from_url  # noqa: PLC0415 # lazy: start-up, and not needed for paths

        parent, _, last = text.rpartition("/")
        url, file = (parent, last) if last.endswith(_FILE) else (text, "")
        return cls(from_url(url, options, credentials=credentials), file)

    def name(self, prefix: str) -> str:
        """Name the file that holds a prefix's mark, for messages.

        Raises:
            ConfigError: The prefix cannot be part of a file's name.
        """
        file = self._key(prefix)
        return str((self._where / file).absolute()) if isinstance(self._where, Path) else f"{self._where.name}/{file}"

    def lease(self, prefix: str) -> tuple[Place, str]:
        """Say where the lease of a prefix's mark lies, and in which file.

        Raises:
            ConfigError: The prefix cannot be part of a file's name.
        """
        from gluepot.collector.places import FolderPlace, StorePlace  # noqa: PLC0415 - lazy: KADA's helpers take none

        file = self._key(prefix).removesuffix(_FILE) + LEASE
        where = self._where
        return FolderPlace(where, file) if isinstance(where, Path) else StorePlace(where), file

    def read(self, prefix: str) -> str:
        """Read a prefix's mark; the epoch where there is no file yet.

        Args:
            prefix: The name under which runs are marked, `glue` by default.

        Returns:
            The mark, `YYYY-MM-DD HH:MM:SS` in UTC.

        Raises:
            ConfigError: The prefix cannot be part of a file's name.
            StateError: The file holds no mark, or cannot be read.
            LandingError: The landing refused to be read.
        """
        return self._mark_in(self._load(prefix), prefix)

    def move(self, prefix: str, standing: str, mark: str) -> bool:
        """Write a prefix's mark, unless another one stands there than is expected, or somebody writes it meanwhile.

        Where a place has no such writes (a store without conditional puts, a folder without locks), a moment stays open
        between looking and writing.

        Args:
            prefix: The name under which runs are marked.
            standing: The mark that must stand there.
            mark: The mark to write.

        Returns:
            Whether the new one stands there now.

        Raises:
            ConfigError, StateError, OutputError, LandingError: As for `read` and `write`.
        """
        place, _ = self.lease(prefix)
        file, line = self._key(prefix), f"{normal_mark(mark)}\n".encode()
        there = self._look(place, prefix)
        if self._mark_in(there.body if there else None, prefix) != standing:
            return False
        try:
            done = place.exchange(file, line, there.tag if there else "")
        except (StoreError, OutputError) as error:
            if isinstance(error, StoreError) and error.kind != "unsupported":
                raise
            self.write(prefix, mark)
            return True
        # of a write whose answer was lost the second one is refused
        return bool(done) or self.read(prefix) == normal_mark(mark)

    def _mark_in(self, body: bytes | None, prefix: str) -> str:
        if body is None:
            return EPOCH
        try:
            return format_mark(parse_mark(body.decode("utf-8", "replace")))
        except ValueError as error:
            hint = (
                f"write a mark such as '{EPOCH}' into it (gluepot hwm set), or delete it to start with a full snapshot"
            )
            raise StateError(f"{self.name(prefix)} holds no high-water mark", str(error), hint) from error

    def write(self, prefix: str, mark: str) -> None:
        """Write a prefix's mark, in one step.

        Args:
            prefix: The name under which runs are marked.
            mark: The mark in UTC, in any form that `parse_mark` reads.

        Raises:
            ConfigError: The prefix or the mark cannot be.
            OutputError: The local file cannot be written.
            LandingError: The landing refused it.
        """
        file, line = self._key(prefix), f"{normal_mark(mark)}\n"
        if not isinstance(self._where, Path):
            self._where.put(file, line.encode())
            return
        with output_errors(self._where / file):
            self._where.mkdir(parents=True, exist_ok=True)
        write_atomically(self._where / file, line.encode())

    def _key(self, prefix: str) -> str:
        return self._file or f"{checked_prefix(prefix)}{SUFFIX}"

    def _load(self, prefix: str) -> bytes | None:
        there = self._look(self.lease(prefix)[0], prefix)
        return there.body if there else None

    def _look(self, place: Place, prefix: str) -> Version | None:
        try:
            return place.look(self._key(prefix))
        except OSError as error:
            why = error.strerror or ""
            raise StateError(f"cannot read {self.name(prefix)}", why, "make it a readable file") from error


def checked_prefix(prefix: str) -> str:
    """Return the prefix, which becomes part of a file's name.

    Raises:
        ConfigError: It is empty, or holds path or control characters.
    """
    if not prefix.strip() or not prefix.isprintable() or any(ch in prefix for ch in "/\\:") or prefix.startswith("."):
        why = "it becomes part of a file's name, so it holds no / \\ : or control characters and starts with no dot"
        raise ConfigError(f"{_shortened(prefix)} cannot be a name for marks", why, "choose another --name")
    return prefix


def _shortened(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
