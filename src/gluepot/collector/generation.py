"""Generations: what the catalog looked like at a mark, and what has changed since.

One immutable SQLite file per name and end mark, `<name>_generation_<YYYYMMDDHHMMSS>.sqlite`. SQLite
because a catalog may hold a million tables and memory must stay flat: look-ups by key, set
differences and a checked single file are what it is for. Changes come from comparing generations, so
clocks, skew and late updates play no part.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.errors import OutputError, StateError
from gluepot.glue.records import READER, DatabaseRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gluepot.glue.records import Linkage
    from gluepot.glue.shapes import WireColumn

FORMAT = 2
"""1 (release 0.1) knows neither servers, landings, readers nor linkages."""

BROKEN = "delete it to start over with a full snapshot, or restore it from a backup"
APPLICATION_ID = 0x676C7565  # "glue", in SQLite's own header field for this purpose

STALE = 0
"""The reader of an entry whose rows at the landing are not those that the configuration asks for."""

VISIBLE, MISSING_ONCE, HIDDEN = 0, 1, 2
"""States of an entry: seen; absent once from a complete listing; reported as NOT_VISIBLE."""

# Tables are rowid tables with large pages: their rows are a kilobyte each, which in a WITHOUT ROWID b-tree
# of small pages spill into overflow pages, four times the size and five times the work.
_SCHEMA = f"""
PRAGMA page_size = 16384;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE servers (server TEXT PRIMARY KEY, landing TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE regions (
  account TEXT, region TEXT, catalog TEXT, server TEXT, PRIMARY KEY (account, region, catalog, server)
) WITHOUT ROWID;
CREATE TABLE databases (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, catalog TEXT NOT NULL, name TEXT NOT NULL,
  viewer TEXT NOT NULL, place BLOB NOT NULL, digest BLOB NOT NULL, state INTEGER NOT NULL, proven INTEGER NOT NULL,
  governed INTEGER NOT NULL, complete INTEGER NOT NULL, reader INTEGER NOT NULL, links BLOB NOT NULL,
  UNIQUE (account, region, catalog, name)
);
CREATE TABLE tables (
  database INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, updated TEXT NOT NULL,
  digest BLOB NOT NULL, state INTEGER NOT NULL, proven INTEGER NOT NULL, columns BLOB NOT NULL,
  reader INTEGER NOT NULL, links BLOB NOT NULL, PRIMARY KEY (database, name)
);
"""

_encode = msgspec.msgpack.Encoder().encode


class StoredColumn(msgspec.Struct, frozen=True, array_like=True):
    """A column as a generation keeps it: name, type, a checksum of the rest, whether it is hidden, Iceberg's field."""

    name: str
    type: str
    rest: int = 0
    hidden: bool = False
    field: str = ""


class StoredLink(msgspec.Struct, frozen=True, array_like=True):
    """A linkage as a generation keeps it: what it is and where it leads, which with its source tells it from others."""

    link_type: str
    target_type: str
    target_id: str


_columns = msgspec.msgpack.Decoder(list[StoredColumn])
_links = msgspec.msgpack.Decoder(list[StoredLink])
_place = msgspec.msgpack.Decoder(DatabaseRef)


class StoredTable(msgspec.Struct, frozen=True):
    """A table as a generation keeps it.

    `blob` holds its columns, see `columns_of`; `reader` is who read it; `links` its linkages, see `links_of`.
    """

    name: str
    kind: str
    version: str
    updated: str
    digest: bytes
    state: int
    proven: bool
    blob: bytes
    reader: int = READER
    links: bytes = b""


class StoredDatabase(msgspec.Struct, frozen=True):
    """A database as a generation keeps it.

    `viewer` is the account through which it was listed, which for shared databases is not the owner.
    `complete` says whether its tables were all listed; `reader` is who read it.
    """

    id: int
    viewer: str
    place: DatabaseRef
    digest: bytes
    state: int
    proven: bool
    governed: bool
    complete: bool
    reader: int = READER
    links: bytes = b""


def links_of(blob: bytes) -> list[StoredLink]:
    """Decode the linkages of an entry; release 0.1 kept none."""
    return _links.decode(blob) if blob else []


def encode_links(links: Sequence[Linkage]) -> bytes:
    """Encode where an object's linkages lead."""
    return _encode([(link.link_type, link.target_type, link.target_id) for link in links]) if links else b""


def columns_of(blob: bytes) -> list[StoredColumn]:
    """Decode the columns of a table's entry."""
    return _columns.decode(blob)


def encode_columns(columns: list[WireColumn], keys: list[WireColumn], kept: list[StoredColumn] | None = None) -> bytes:
    """Encode a table's columns, partition keys behind them, then those that are kept of an earlier entry."""
    crc = zlib.crc32
    # most columns have at most a comment: their checksum is taken in place, as a call costs more than it
    plain: list[Any] = [
        (column.Name, column.Type or "", crc(column.Comment.encode()) if column.Comment else 0)
        if not column.Parameters
        else _with_parameters(column, is_key=False)
        for column in columns
    ]
    plain += [_with_parameters(column, is_key=True) for column in keys]
    return _encode([*plain, *kept] if kept else plain)


def _with_parameters(column: WireColumn, *, is_key: bool) -> tuple[Any, ...]:
    known = (column.Name, column.Type or "", rest_of(column, is_key=is_key))
    field = field_of(column)
    return (*known, False, field) if field else known


def field_of(column: WireColumn) -> str:
    """Give the number of a column's Iceberg field, which stays when it gets another name; "" where it has none."""
    return column.Parameters.get("iceberg.field.id", "") if column.Parameters else ""


def rest_of(column: WireColumn, *, is_key: bool) -> int:
    """The checksum under which `encode_columns` keeps what a column has beside name and type."""
    if is_key:
        return _rest(column) or 1
    return _rest(column) if column.Comment or column.Parameters else 0


def _rest(column: WireColumn) -> int:
    """A 32-bit checksum: it only tells which column of a changed table changed, never whether the table did."""
    if not column.Parameters:
        return zlib.crc32((column.Comment or "").encode())
    return zlib.crc32(_encode((column.Comment or "", sorted(column.Parameters.items()))))


class Generation:
    """A generation open for reading.

    Args:
        path: The file.

    Raises:
        StateError: It is broken, not a generation, or from a newer gluepot.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = _open(path)
        self.about: dict[str, str] = dict(self._db.execute("SELECT key, value FROM about"))
        self.is_first = self._db.execute("PRAGMA user_version").fetchone()[0] == 1
        self._table, self._database = (_FIRST_TABLE, _FIRST_DATABASE) if self.is_first else (_TABLE, _DATABASE)
        self.landings: Mapping[str, str] = self._landings()
        """Each server and the landing that has what stands here; "" where it is not told."""

    def _landings(self) -> dict[str, str]:
        if not self.is_first:
            return dict(self._db.execute("SELECT server, landing FROM servers"))
        return dict.fromkeys(self._first_servers.values(), "")

    @cached_property
    def _first_servers(self) -> dict[tuple[str, str], str]:
        """The server of each account and region, which release 0.1 notes with the databases only."""
        return {(found.viewer, found.place.region): found.place.server for found in self.databases()}

    def has_region(self, account: str, region: str, catalog: str, server: str) -> bool:
        """Tell whether this generation looked into a region's catalog at all, for a server."""
        return any(found[:3] == (account, region, catalog) and found[3] in {"", server} for found in self.regions())

    def regions(self) -> list[tuple[str, str, str, str]]:
        """List the (account, region, catalog, server) that this generation looked into; "" is any server."""
        if not self.is_first:
            return self._db.execute("SELECT account, region, catalog, server FROM regions").fetchall()
        found = self._db.execute("SELECT account, region, catalog FROM regions")
        return [(*key, self._first_servers.get(key[:2], "")) for key in found]

    def database(self, place: DatabaseRef) -> StoredDatabase | None:
        """Look a database up."""
        sql = self._database + " WHERE account = ? AND region = ? AND catalog = ? AND name = ?"
        row = self._db.execute(sql, place.key).fetchone()
        return _database(row) if row else None

    def databases(self) -> list[StoredDatabase]:
        """List every database."""
        return [_database(row) for row in self._db.execute(self._database + " ORDER BY id")]

    def table(self, database: int, name: str) -> StoredTable | None:
        """Look a table up."""
        row = self._db.execute(self._table + " WHERE database = ? AND name = ?", (database, name)).fetchone()
        return _table(row) if row else None

    def tables(self, database: int) -> Iterator[StoredTable]:
        """Go through a database's tables, by name."""
        cursor = self._db.execute(self._table + " WHERE database = ? ORDER BY name", (database,))
        return map(_table, cursor)

    def count_tables(self, database: int) -> int:
        """Count a database's tables."""
        return int(self._db.execute("SELECT count(*) FROM tables WHERE database = ?", (database,)).fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


_INSERT = "INSERT OR IGNORE INTO tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DATABASE = "SELECT id, viewer, place, digest, state, proven, governed, complete, reader, links FROM databases"
_FIRST_DATABASE = _DATABASE.replace("reader, links", "1, x''")
_TABLE = "SELECT name, kind, version, updated, digest, state, proven, columns, reader, links FROM tables"
_FIRST_TABLE = _TABLE.replace("reader, links", "1, x''")


def _row(database: int, table: StoredTable) -> tuple[Any, ...]:
    return (
        database,
        table.name,
        table.kind,
        table.version,
        table.updated,
        table.digest,
        table.state,
        table.proven,
        table.blob,
        table.reader,
        table.links,
    )


def _database(row: tuple[Any, ...]) -> StoredDatabase:
    number, viewer, place, digest, state, *flags, reader, links = row
    proven, governed, complete = map(bool, flags)
    known = (number, viewer, _place.decode(place), digest, state, proven, governed, complete)
    return StoredDatabase(*known, reader=reader, links=links)


def _table(row: tuple[Any, ...]) -> StoredTable:
    return StoredTable(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]), *row[7:])


class Writer:
    """A generation being written, beside its final name until `finish`.

    Args:
        path: A temporary file; it must not exist.
        about: What to say of it: name, mark, server, version.
    """

    def __init__(self, path: Path, about: dict[str, str]) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        # a crash throws the whole file away, so nothing in it needs a journal or a flush before the end
        self._db.execute("PRAGMA journal_mode = MEMORY")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO about VALUES (?, ?)", about.items())

    def add_server(self, server: str, landing: str) -> None:
        """Note at which landing a server's objects are."""
        self._db.execute("INSERT OR IGNORE INTO servers VALUES (?, ?)", (server, landing))

    def add_region(self, account: str, region: str, catalog: str, server: str) -> None:
        """Note that a region's catalog was looked into, for a server."""
        self._db.execute("INSERT OR IGNORE INTO regions VALUES (?, ?, ?, ?)", (account, region, catalog, server))

    def add_database(self, entry: StoredDatabase) -> int:
        """Add a database under a new id, which is returned."""
        place = (*entry.place.key, entry.viewer, _encode(entry.place))
        state = (entry.digest, entry.state, entry.proven, entry.governed, entry.complete)
        row = (*place, *state, entry.reader, entry.links)
        sql = "INSERT INTO databases VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        return int(self._db.execute(sql, row).lastrowid or 0)

    def has_database(self, place: DatabaseRef) -> bool:
        """Tell whether this run has dealt with a database."""
        sql = "SELECT 1 FROM databases WHERE account = ? AND region = ? AND catalog = ? AND name = ?"
        return self._db.execute(sql, place.key).fetchone() is not None

    def complete_database(self, database: int, *, complete: bool, governed: bool) -> None:
        """Note how a database's listing ended."""
        sql = "UPDATE databases SET complete = ?, governed = ? WHERE id = ?"
        self._db.execute(sql, (complete, governed, database))

    def add_tables(self, database: int, entries: list[StoredTable]) -> list[bool]:
        """Add tables; of a name that comes twice in one listing the first record stays.

        Returns:
            For each entry whether it was new.
        """
        if self.add_page(database, entries):
            return [True] * len(entries)
        # an earlier page, or this one, had some of them already: see which
        return [self._db.execute(_INSERT, _row(database, entry)).rowcount == 1 for entry in entries]

    def add_page(self, database: int, entries: list[StoredTable]) -> bool:
        """Add tables if all of them are new; if not, add none and return False."""
        self._db.execute("SAVEPOINT page")
        added = self._db.executemany(_INSERT, [_row(database, entry) for entry in entries]).rowcount if entries else 0
        if added != len(entries):
            self._db.execute("ROLLBACK TO page")
        self._db.execute("RELEASE page")
        return added == len(entries)

    def has_table(self, database: int, name: str) -> bool:
        """Tell whether this run has noted a table."""
        sql = "SELECT 1 FROM tables WHERE database = ? AND name = ?"
        return self._db.execute(sql, (database, name)).fetchone() is not None

    def knows_table(self, database: tuple[str, str, str, str], name: str) -> bool:
        """Tell whether a table is in this generation: its database's account, region, catalog and name, and its own."""
        sql = (
            "SELECT 1 FROM databases d JOIN tables t ON t.database = d.id"
            " WHERE d.account = ? AND d.region = ? AND d.catalog = ? AND d.name = ? AND t.name = ?"
        )
        return self._db.execute(sql, (*database, name)).fetchone() is not None

    def drop_tables(self, database: int) -> None:
        """Forget the tables of a database whose reading failed."""
        self._db.execute("DELETE FROM tables WHERE database = ?", (database,))

    def drop_database(self, database: int) -> None:
        """Forget a database that turned out to be gone."""
        self._db.execute("DELETE FROM databases WHERE id = ?", (database,))

    def finish(self) -> Path:
        """Commit and close; the file is whole from here on."""
        self._db.execute("COMMIT")
        self._db.close()
        return self.path

    def abandon(self) -> None:
        """Close without caring for the content."""
        self._db.close()


def rebound(source: Path, target: Path, landings: Mapping[str, str]) -> Path | None:
    """Copy a generation whose objects went to other landings than it says; None where it says so already."""
    generation = Generation(source)
    known, first = dict(generation.landings), generation.is_first
    generation.close()
    if first or all(known.get(server) == landing for server, landing in landings.items()):
        return None
    shutil.copyfile(source, target)
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as db:
        db.executemany("UPDATE servers SET landing = ? WHERE server = ?", [(at, of) for of, at in landings.items()])
    return target


_REFUSED = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
"""SQLite's primary result codes for what the operating system would not do (https://sqlite.org/rescode.html)."""


@contextlib.contextmanager
def generation_errors(before: Path | None, after: Path) -> Iterator[None]:
    """Turn what goes wrong inside generation files during a run into errors that say what to do.

    Args:
        before: The generation that is read, if any.
        after: The one that is written.

    Raises:
        OutputError: There is no room for the new one.
        StateError: The earlier one is damaged inside.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _REFUSED:
            raise
        hint = "make space, then run again: nothing half-written was left visible"
        raise OutputError(f"cannot write {after}", str(error), hint) from error
    except (sqlite3.DatabaseError, msgspec.DecodeError, msgspec.ValidationError) as error:
        if before is None:
            raise
        raise StateError(f"the generation {before} is broken", str(error), BROKEN) from error


def _open(path: Path) -> sqlite3.Connection:
    """Open and check a generation file."""
    try:
        # immutable: the file never changes, so SQLite need not lock or look for a journal
        db = sqlite3.connect(f"file:{_quoted(path)}?mode=ro&immutable=1", uri=True)
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        intact = db.execute("PRAGMA quick_check(1)").fetchone()[0] if application == APPLICATION_ID else ""
        if application == APPLICATION_ID and version <= FORMAT:
            db.execute("SELECT 1 FROM about, regions, databases, tables LIMIT 0")  # they are there
    except sqlite3.DatabaseError as error:
        raise StateError(f"the generation {path} is broken", str(error), BROKEN) from error
    if application != APPLICATION_ID:
        db.close()
        raise StateError(f"{path} is not a generation", "its header is not gluepot's", BROKEN)
    if version > FORMAT:
        db.close()
        raise StateError(
            f"the generation {path} was written by a newer gluepot",
            f"its format is {version}, this version reads up to {FORMAT}",
            "upgrade gluepot: pip install -U gluepot",
        )
    if intact != "ok":
        db.close()
        raise StateError(f"the generation {path} is broken", str(intact), BROKEN)
    return db


def _quoted(path: Path) -> str:
    """Escape what a SQLite URI would read as its own syntax."""
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
