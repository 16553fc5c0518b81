"""Where the files of a load lie below a table's location, and what a load writes down about itself.

::

    data/LOAD/START_END-NNN-HASH.parquet    rows of a token range; the name says what is in it
    _gluepot/LOAD/load.json                 what the load is: created once, never changed
    _gluepot/LOAD/ranges/START_END.json     a range is finished: the first record of a range stands
    _gluepot/LOAD/partitions/N.json         a share of the partition files is finished, likewise
    _gluepot/LOAD/done.json                 the load is committed, and by which run

and beside the tables' folders, at the target's location::

    _gluepot/ends/RUN.json                  a run has come to its end, or has been taken up by another one

Nothing but the commit makes anything visible: readers follow the catalog, never this layout.
"""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from gluepot.cassandra.cql import Range
from gluepot.errors import ConfigError
from gluepot.plan.records import StagedFile
from gluepot.plan.table import Format, Mode, PlannedTable

OWN: Final = "_gluepot"
"""The folder of gluepot's own records; Athena and Hive skip names that begin with an underscore."""

DATA: Final = "data"
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in the catalog when a load began; the load may only replace this.

    Args:
        uuid: The Iceberg table's; empty for other tables.
        snapshot_id: Its current snapshot; 0 for none.
        location: Where a Parquet table points; empty for other tables.
        origin: What it held, where a load takes it over from another source.
    """

    uuid: str = ""
    snapshot_id: int = 0
    location: str = ""
    origin: str = ""


class LoadRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A load of one table.

    Args:
        load_id: Its id.
        digest: Of the plan; another one means that the load cannot be joined.
        database: The Glue database.
        table: The table in it.
        format: How it is stored.
        mode: Whether the load replaces what is there or adds to it.
        started: When it began, ISO 8601 in UTC.
        ranges: The token ranges (start, end] that it reads, all of them.
        schema: The table's schema as it will be committed, in Iceberg's JSON: it says which field has which id.
        base: What stood in the catalog; None where there was no table.
        notes: What the load changes about the table, for people.
        plan: The plan of the table; loads of earlier versions do not say.
        together: The tables that the run means to load with this one, itself included; likewise.
        version: Of this layout.
    """

    load_id: str
    digest: str
    database: str
    table: str
    format: Format
    mode: Mode
    started: str
    ranges: tuple[tuple[int, int], ...]
    schema: dict[str, Any]
    base: Base | None = None
    notes: tuple[str, ...] = ()
    plan: PlannedTable | None = None
    together: tuple[str, ...] = ()
    version: int = 1


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Partition files that the second pass has written for a share of the partitions.

    Args:
        files: The files.
        values: Per file, the partition's values as Iceberg keeps them, in JSON's types; bytes in base64, with a tag.
    """

    files: tuple[StagedFile, ...]
    values: tuple[tuple[Any, ...], ...]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A committed load.

    Args:
        snapshot_id: The Iceberg snapshot; 0 for other tables.
        rows: Rows that it made visible.
        bytes: Bytes of the files that it made visible.
        committed: When that was seen, ISO 8601 in UTC.
        files: Keys of the files that the table uses.
        total: Rows that the table has with it; None where nothing says so.
        run: The run that committed it; empty for loads of earlier versions, whose runs count as ended.
    """

    snapshot_id: int
    rows: int
    bytes: int
    committed: str
    files: tuple[str, ...]
    total: int | None = None
    run: str = ""


class Committing(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a `Done` where its files, which may be many, do not matter."""

    committed: str
    run: str = ""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """A run is over.

    Args:
        ended: When it came to its end, ISO 8601 in UTC; empty where another one has taken it up.
        taken_up: The run that has finished it: the two are over when that one is.
    """

    ended: str = ""
    taken_up: str = ""


def now() -> str:
    """Give the time as records hold it: ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def checked_id(load_id: str) -> str:
    """Return a load id that can be part of names.

    Raises:
        ConfigError: It cannot.
    """
    if not _ID.fullmatch(load_id):
        raise ConfigError(
            f"{load_id!r} cannot be a load id", "it is part of file names", "use up to 100 of A-Z a-z 0-9 . _ -"
        )
    return load_id


def span(token_range: Range) -> str:
    """Write a range as a part of a name."""
    return f"{token_range.start}_{token_range.end}"


def data_folder(load_id: str) -> str:
    """Name the folder of a load's data files."""
    return f"{DATA}/{load_id}"


def data_key(load_id: str, token_range: Range, number: int, digest: str) -> str:
    """Name a data file; equal names mean equal content."""
    return f"{data_folder(load_id)}/{span(token_range)}-{number:03}-{digest[:16]}.parquet"


def load_key(load_id: str) -> str:
    """Name the record of a load."""
    return f"{OWN}/{load_id}/load.json"


def ranges_folder(load_id: str) -> str:
    """Name the folder of a load's range records."""
    return f"{OWN}/{load_id}/ranges"


def range_key(load_id: str, token_range: Range) -> str:
    """Name the record of a range."""
    return f"{ranges_folder(load_id)}/{span(token_range)}.json"


def share_key(load_id: str, number: int, of: int) -> str:
    """Name the record of a share of the partition files."""
    return f"{OWN}/{load_id}/partitions/{number}-of-{of}.json"


def done_key(load_id: str) -> str:
    """Name the record of a committed load."""
    return f"{OWN}/{load_id}/done.json"


def end_key(run: str) -> str:
    """Name the record of a run's end, at the location that the tables' folders lie in."""
    return f"{OWN}/ends/{run}.json"


def pairs(ranges: Sequence[Range]) -> tuple[tuple[int, int], ...]:
    """Write ranges as they are recorded."""
    return tuple((token_range.start, token_range.end) for token_range in ranges)
