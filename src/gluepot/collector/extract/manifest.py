"""The manifest: the only record of a run, written last.

`push`, `status` and schedulers read it; nothing keeps a second ledger. Its file is
`MANIFEST_<YYYYMMDDHHMMSS>.json` beside the files it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.asked import Asked
from gluepot.errors import StateError
from gluepot.files import write_atomically
from gluepot.host import capped

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
"""The manifest's own format number; a reader refuses a newer one."""

PUSHED = "pushed"
"""The folder below `output_path` to which a pushed run's files move."""


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One extract file: its name in the run's folder, family, rows, size in bytes and SHA-256 (hex)."""

    name: str
    family: str
    format: str
    rows: int
    bytes: int
    sha256: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was not read: where, why (a `ScopeError.reason`), and the missing permission."""

    where: str
    reason: str
    message: str
    code: str = ""
    action: str = ""
    resource: str = ""


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """Something odd that cost nothing: where, and what was done about it."""

    where: str
    message: str


class DatabaseEntry(msgspec.Struct, kw_only=True):
    """What happened to one database.

    `listed` tables came back from the service; `read` of them are in the extracts or unchanged;
    `failed` could not be read. `complete` means that the whole listing was followed to its end.
    `status` is `read`, `link`, `not granted`, or a `ScopeError.reason`.
    """

    account: str
    region: str
    catalog: str
    database: str
    status: str = "read"
    complete: bool = False
    listed: int = 0
    read: int = 0
    failed: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    not_visible: int = 0
    held_back: int = 0


class RegionEntry(msgspec.Struct, kw_only=True):
    """What happened to one catalog in one region of one account."""

    account: str
    region: str
    catalog: str
    status: str = "read"
    complete: bool = False
    databases: int = 0
    not_granted: int = 0


class Manifest(msgspec.Struct, kw_only=True):
    """A run, as its manifest file records it. Marks are UTC, `YYYY-MM-DD HH:MM:SS`.

    `landing` names where the files go, by scheme, account, bucket and prefix; without a landing it is the folder that
    they are written to. `asked` is what content the configuration asked for; `why_full` says why everything is written.
    """

    format: int = FORMAT
    tool: str = "gluepot"
    version: str
    name: str
    server: str
    landing: str = ""
    start: str
    end: str
    full: bool
    why_full: list[str] = msgspec.field(default_factory=list)
    asked: Asked | None = None
    complete: bool
    on_incomplete: str = "push"
    generation: str = ""
    files: list[FileEntry]
    regions: list[RegionEntry] = msgspec.field(default_factory=list)
    databases: list[DatabaseEntry] = msgspec.field(default_factory=list)
    problems: list[Problem] = msgspec.field(default_factory=list)
    warnings: list[Warned] = msgspec.field(default_factory=list)
    warnings_more: int = 0
    redacted: dict[str, int] = msgspec.field(default_factory=dict)
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """Totals over databases: databases, tables, columns, created, updated, deleted, not_visible, held_back, ..."""
    seconds: dict[str, float] = msgspec.field(default_factory=dict)
    """Where the time went: wall, waiting, parsing, hashing, writing."""


def stamp(mark: str) -> str:
    """Turn a mark (`YYYY-MM-DD HH:MM:SS`) into the digits that file names carry."""
    return "".join(ch for ch in mark if ch.isdigit())


def manifest_name(mark: str) -> str:
    """Name the manifest of the run that ends at `mark`."""
    return f"MANIFEST_{stamp(mark)}.json"


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write the manifest beside the files it names, in one step.

    Raises:
        OutputError: The folder cannot be written.
    """
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    return write_atomically(folder / manifest_name(manifest.end), body + b"\n")


def read_manifest(path: Path) -> Manifest:
    """Read one manifest file.

    Raises:
        StateError: It is not a manifest, or it comes from a newer gluepot.
    """
    try:
        body = capped.read(path, capped.RECORD)
        head = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        written_by = msgspec.json.decode(head.get("format", msgspec.Raw(b"0")), type=int)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(
            f"{path} is not a manifest", str(error), "move it out of the output folder, or run collect again"
        ) from error
    if written_by > FORMAT:
        raise StateError(
            f"{path} was written by a newer gluepot",
            f"its format is {written_by}, this version reads up to {FORMAT}",
            "upgrade gluepot: pip install -U gluepot",
        )
    try:
        return msgspec.json.decode(body, type=Manifest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StateError(
            f"{path} is not a manifest", str(error), "move it out of the output folder, or run collect again"
        ) from error


def find_manifests(folder: Path) -> list[Path]:
    """List the manifests directly in `folder`, oldest mark first."""
    return sorted(folder.glob("MANIFEST_*.json"), key=lambda path: path.name)
