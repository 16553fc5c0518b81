"""Records on their way to files: held per database until it is complete, then appended, then published.

What a database gave is written to the run's files in one step, or not at all, so a failed database
leaves no half of itself. Files grow in a hidden folder below `output_path` and are renamed into it
when the whole run is through, the manifest last.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import queue
import struct
import tempfile
import threading
from itertools import repeat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, runtime_checkable

from gluepot.collector.extract.manifest import FileEntry, stamp
from gluepot.files import output_errors, sync

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.glue.records import Database, Event, Linkage, Table

PART_BYTES = 256 * 1024 * 1024
"""No file is larger than this before compression; what follows goes into `_0002`, `_0003`, ..."""

HELD_BYTES = 1024 * 1024
"""A database whose text grows beyond this is held on disk instead of in memory."""

WAITING = 8
"""How many appended texts may wait to be written."""

Part = tuple[Path, int, int, str]
"""A finished file: path, rows, bytes, SHA-256."""

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


@runtime_checkable
class Converting(Protocol):
    """A format whose staged files are converted when the run is through."""

    def final_name(self, name: str) -> str:
        """Name the file that a staged file becomes."""

    def convert(self, family: str, lines: Path, target: io.RawIOBase) -> None:
        """Write a staged file in its final form."""


class Family:
    """One family's files, written part by part by a thread of its own.

    Writing, hashing and compressing release the interpreter, so they run beside the work on the next
    pages. What waits to be written is bounded, so memory is.

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
        self.done: list[Part] = []
        self._raw: _Hashed | None = None
        self._file: Any = None
        self._size = self._rows = 0
        self._error: BaseException | None = None
        self._waiting: queue.Queue[tuple[bytes, int] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._write_all, name=f"write-{name}", daemon=True)
        self._thread.start()

    def append(self, body: bytes, rows: int) -> None:
        """Append whole rows; they are never split over two parts.

        Raises:
            OSError: What was appended earlier could not be written.
        """
        self._waiting.put((body, rows))
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _write_all(self) -> None:
        while (item := self._waiting.get()) is not None:
            if self._error is None:
                try:
                    self._write(*item)
                except BaseException as error:  # noqa: BLE001 - raised again in the thread that appends
                    self._error = error
        try:
            if self._error is None:
                self._finish_part()
        except BaseException as error:  # noqa: BLE001 - likewise
            self._error = error
        if self._raw is not None:
            self._raw.abandon()

    def _write(self, body: bytes, rows: int) -> None:
        if self._raw is None or (self._size + len(body) > PART_BYTES and self._rows):
            self._begin_part()
        self._file.write(body)
        self._size += len(body)
        self._rows += rows

    def _begin_part(self) -> None:
        self._finish_part()
        number = f"_{len(self.done) + 1:04d}" if self.done else ""
        self._raw = _Hashed(self.folder / f"{self.name}{number}.{self.suffix}")
        # no name and no time in the gzip header: the same rows give the same bytes
        self._file = gzip.GzipFile("", "wb", 6, self._raw, mtime=0) if self.compress else self._raw
        self._file.write(self.header)
        self._size, self._rows = len(self.header), 0

    def _finish_part(self) -> None:
        if self._raw is not None:
            if self.compress:
                self._file.close()
            self.done.append((self._raw.path, self._rows, *self._raw.finish()))
            self._raw = self._file = None

    def close(self) -> list[Part]:
        """Finish the part at hand; list all parts.

        Raises:
            OSError: Something could not be written.
        """
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()
        self._check()
        return self.done


class _Hashed(io.RawIOBase):
    """A file that hashes and counts what is written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
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

    def abandon(self) -> None:
        """Close without caring for the content."""
        with contextlib.suppress(OSError):
            self._file.close()


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
                FileEntry(name=path.name, family=family, format=format_name, rows=rows, bytes=size, sha256=sha)
                for (format_name, family), files in self._families.items()
                for path, rows, size, sha in map(self._final, repeat(format_name), repeat(family), files.close())
            ]

    def _final(self, format_name: str, family: str, part: Part) -> Part:
        """Convert a finished part where its format stages one kind of file and keeps another."""
        writer = self.formats[format_name]
        if not isinstance(writer, Converting):
            return part
        lines, rows, _, _ = part
        target = _Hashed(self.folder / writer.final_name(lines.name))
        try:
            writer.convert(family, lines, target)
        except BaseException:
            target.abandon()
            raise
        lines.unlink()
        return (target.path, rows, *target.finish())

    def abandon(self) -> None:
        """Stop writing; what there is will be removed with the folder."""
        for files in self._families.values():
            with contextlib.suppress(OSError):
                files.close()


class Held:
    """What one database has given so far: appended to the run's files by `commit`, forgotten by `drop`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._pieces: dict[tuple[str, str], list[bytes]] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._spools: dict[tuple[str, str], IO[bytes]] = {}
        self._size = 0

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
            self.text(format_name, family, text.encode(), rows)

    def text(self, format_name: str, family: str, body: bytes, rows: int) -> None:
        """Hold rows that are written already."""
        if not rows:
            return
        key = (format_name, family)
        self._pieces.setdefault(key, []).append(body)
        self._rows[key] = self._rows.get(key, 0) + rows
        self._size += len(body)
        if self._size > HELD_BYTES:
            self._spill()

    def _spill(self) -> None:
        """Move what is held in memory to files without a name."""
        with output_errors(self._stage.folder):
            for key, pieces in self._pieces.items():
                if key not in self._spools:
                    self._spools[key] = tempfile.TemporaryFile(dir=self._stage.folder)  # noqa: SIM115 - closed by drop
                body = b"".join(pieces)
                self._spools[key].write(_SPOOLED.pack(len(body), self._rows[key]))
                self._spools[key].write(body)
        self._pieces.clear()
        self._rows.clear()
        self._size = 0

    def commit(self) -> None:
        """Append everything to the run's files.

        Raises:
            OutputError: The folder is full or cannot be written.
        """
        try:
            with output_errors(self._stage.folder):
                self._append_all()
        finally:
            self.drop()

    def _append_all(self) -> None:
        for key, spool in self._spools.items():
            files = self._stage.family(*key)
            spool.seek(0)
            while head := spool.read(_SPOOLED.size):
                size, rows = _SPOOLED.unpack(head)
                files.append(spool.read(size), rows)
        for key, pieces in self._pieces.items():
            # a single piece is a page that was staged in bulk: half a megabyte that need not be copied
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self._stage.family(*key).append(body, self._rows[key])

    def drop(self) -> None:
        """Forget everything."""
        for spool in self._spools.values():
            spool.close()
        self._pieces, self._rows, self._spools, self._size = {}, {}, {}, 0
