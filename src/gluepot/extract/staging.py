"""Records on their way to files: held per database until it is complete, then appended, then published.

What a database gave is written to the run's files in one step, or not at all, so a failed database
leaves no half of itself. Files grow in a hidden folder below `output_path` and are renamed into it
when the whole run is through, the manifest last.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Protocol

from gluepot.extract.manifest import FileEntry, stamp
from gluepot.files import output_errors, sync
from gluepot.records import Database, Event, Linkage, Table

PART_BYTES = 256 * 1024 * 1024
"""No file is larger than this before compression; what follows goes into `_0002`, `_0003`, ..."""

HELD_CHARACTERS = 1024 * 1024
"""A database whose text grows beyond this is held on disk instead of in memory."""

_SPOOLED = struct.Struct("<QQ")  # bytes, rows

Piece = tuple[str, str, int]
"""A family, the text to append to it, and how many rows that is."""


class Format(Protocol):
    """How records become text. To add a format: a module, and a row in `formats.AVAILABLE`."""

    suffix: str

    def header(self, family: str) -> str:
        """Write what stands at the top of each of a family's files."""

    def database(self, database: Database, change: str) -> list[Piece]:
        """Write a database."""

    def table(self, table: Table, change: str, changes: dict[str, str] | None) -> list[Piece]:
        """Write a table and its columns."""

    def linkage(self, link: Linkage) -> list[Piece]:
        """Write a linkage."""

    def event(self, event: Event) -> list[Piece]:
        """Write an event."""


class Family:
    """One family's files, written part by part.

    Args:
        folder: Where the files grow.
        name: The file's name without suffix, for example `METADATA_20240101000000`.
        suffix: `csv` or `jsonl`; `.gz` is added when compressed.
        header: What stands at the top of each part.
        compress: Whether to gzip.
    """

    def __init__(self, folder: Path, name: str, suffix: str, header: str, *, compress: bool) -> None:
        self.folder, self.name = folder, name
        self.suffix = f"{suffix}.gz" if compress else suffix
        self.header = header.encode()
        self.compress = compress
        self.done: list[tuple[str, int, int, str]] = []
        self._raw: IO[bytes] | None = None
        self._file: Any = None
        self._size = self._rows = 0

    def append(self, body: bytes, rows: int) -> None:
        """Append whole rows; they are never split over two parts."""
        if self._raw is None or (self._size + len(body) > PART_BYTES and self._rows):
            self._begin()
        self._file.write(body)
        self._size += len(body)
        self._rows += rows

    def _begin(self) -> None:
        self.close()
        number = f"_{len(self.done) + 1:04d}" if self.done else ""
        self._raw = _Hashed(self.folder / f"{self.name}{number}.{self.suffix}")
        # no name and no time in the gzip header: the same rows give the same bytes
        self._file = gzip.GzipFile("", "wb", 6, self._raw, mtime=0) if self.compress else self._raw
        self._file.write(self.header)
        self._size, self._rows = len(self.header), 0

    def close(self) -> list[tuple[str, int, int, str]]:
        """Finish the part at hand; list all parts as (name, rows, bytes, sha256)."""
        if self._raw is not None:
            if self.compress:
                self._file.close()
            self.done.append((Path(self._raw.name).name, self._rows, *self._raw.finish()))  # type: ignore[attr-defined] # a _Hashed
            self._raw = self._file = None
        return self.done


class _Hashed(io.RawIOBase):
    """A file that hashes and counts what is written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.name = str(path)
        self._file = path.open("wb")
        self._sha = hashlib.sha256()
        self._bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, body: Any) -> int:  # noqa: ANN401 - any buffer, as io has it
        self._file.write(body)
        self._sha.update(body)
        self._bytes += len(body)
        return len(body)

    def finish(self) -> tuple[int, str]:
        """Flush to the disk and close; return size and SHA-256."""
        self._file.flush()
        sync(self._file.fileno())
        self._file.close()
        return self._bytes, self._sha.hexdigest()


class Stage:
    """The files of one run for one server, growing.

    Args:
        folder: The run's hidden folder.
        mark: The end mark, for the files' names.
        formats: Name and writer of each format asked for.
        compress: Whether text files are gzipped.
    """

    def __init__(self, folder: Path, mark: str, formats: dict[str, Format], *, compress: bool) -> None:
        self.folder, self.mark, self.formats, self.compress = folder, mark, formats, compress
        self._families: dict[tuple[str, str], Family] = {}

    def hold(self) -> Held:
        """Begin to hold what one database gives."""
        return Held(self)

    def family(self, format_name: str, family: str) -> Family:
        """Return the files of a family, begun when first asked for."""
        key = (format_name, family)
        if key not in self._families:
            writer = self.formats[format_name]
            name = f"{family}_{stamp(self.mark)}"
            compress = self.compress and format_name != "parquet"
            self._families[key] = Family(self.folder, name, writer.suffix, writer.header(family), compress=compress)
        return self._families[key]

    def finish(self) -> list[FileEntry]:
        """Close all files and list them. METADATA is always there, if only with its header."""
        with output_errors(self.folder):
            if "k" in self.formats:
                self.family("k", "METADATA").append(b"", 0)
            return [
                FileEntry(name=name, family=family, format=format_name, rows=rows, bytes=size, sha256=sha)
                for (format_name, family), files in self._families.items()
                for name, rows, size, sha in files.close()
            ]


class Held:
    """What one database has given so far: appended to the run's files by `commit`, forgotten by `drop`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._pieces: dict[tuple[str, str], list[str]] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._spools: dict[tuple[str, str], IO[bytes]] = {}
        self._characters = 0

    def database(self, database: Database, change: str) -> None:
        """Hold a database's record."""
        for name, writer in self._stage.formats.items():
            self._add(name, writer.database(database, change))

    def table(self, table: Table, change: str, changes: dict[str, str] | None) -> None:
        """Hold a table's record, and its linkages."""
        for name, writer in self._stage.formats.items():
            self._add(name, writer.table(table, change, changes))
            for link in table.linkages:
                self._add(name, writer.linkage(link))

    def linkages(self, links: Iterable[Linkage]) -> None:
        """Hold linkages."""
        for name, writer in self._stage.formats.items():
            for link in links:
                self._add(name, writer.linkage(link))

    def event(self, event: Event) -> None:
        """Hold an event."""
        for name, writer in self._stage.formats.items():
            self._add(name, writer.event(event))

    def _add(self, format_name: str, pieces: list[Piece]) -> None:
        for family, text, rows in pieces:
            key = (format_name, family)
            self._pieces.setdefault(key, []).append(text)
            self._rows[key] = self._rows.get(key, 0) + rows
            self._characters += len(text)
        if self._characters > HELD_CHARACTERS:
            self._spill()

    def _spill(self) -> None:
        """Move what is held in memory to files without a name."""
        with output_errors(self._stage.folder):
            for key, pieces in self._pieces.items():
                if key not in self._spools:
                    self._spools[key] = tempfile.TemporaryFile(dir=self._stage.folder)
                body = "".join(pieces).encode()
                self._spools[key].write(_SPOOLED.pack(len(body), self._rows[key]))
                self._spools[key].write(body)
        self._pieces.clear()
        self._rows.clear()
        self._characters = 0

    def commit(self) -> None:
        """Append everything to the run's files.

        Raises:
            OutputError: The folder is full or cannot be written.
        """
        with output_errors(self._stage.folder):
            for key, spool in self._spools.items():
                files = self._stage.family(*key)
                spool.seek(0)
                while head := spool.read(_SPOOLED.size):
                    size, rows = _SPOOLED.unpack(head)
                    files.append(spool.read(size), rows)
            for key, pieces in self._pieces.items():
                self._stage.family(*key).append("".join(pieces).encode(), self._rows[key])
        self.drop()

    def drop(self) -> None:
        """Forget everything."""
        for spool in self._spools.values():
            spool.close()
        self._pieces, self._rows, self._spools, self._characters = {}, {}, {}, 0
