"""The bundled sample in a keyspace: movies and series as the walkthrough loads them, and a table of CQL's every kind.

The walkthrough's first step is a click on "Load a sample dataset": the same table, by the same name and key, comes from
here on any cluster.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib.resources
import io
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra import schema
from gluepot.cassandra.cql import quoted
from gluepot.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYSPACE: Final = "astraglue_ks"
TITLES: Final = "movies_and_tv"
VIEWINGS: Final = "viewings"
CONCURRENCY: Final = 32

_TYPE: Final = "CREATE TYPE IF NOT EXISTS {0}.device (name text, screen frozen<tuple<int, int>>)"
_TITLES: Final = (
    "CREATE TABLE IF NOT EXISTS {0}.movies_and_tv (show_id text PRIMARY KEY, cast text, country text, date_added text, "
    "description text, director text, duration text, listed_in text, rating text, release_year int, title text, "
    "type text)"
)
_VIEWINGS: Final = (
    "CREATE TABLE IF NOT EXISTS {0}.viewings (show_id text, seen timeuuid, title text static, viewer uuid, day date, "
    "began time, ended timestamp, took duration, minutes smallint, stars tinyint, views bigint, seats int, "
    "finished boolean, share double, loudness float, price decimal, units varint, address inet, note ascii, "
    'picture blob, device frozen<device>, genres set<text>, scenes list<int>, "marksByName" map<text, float>, '
    "screen frozen<tuple<int, int>>, taste vector<float, 3>, PRIMARY KEY (show_id, seen)) "
    "WITH CLUSTERING ORDER BY (seen DESC)"
)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: rows by table."""

    keyspace: str
    rows: dict[str, int]


def titles() -> list[dict[str, str]]:
    """Read the bundled titles: 120 invented movies and series, every field a text."""
    file = importlib.resources.files("gluepot.source") / "titles.csv"
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def write(session: Any, keyspace: str = KEYSPACE, *, create: bool = False) -> Written:  # noqa: ANN401 - a driver session
    """Write the sample; writing it again changes nothing.

    Args:
        session: A driver session.
        keyspace: Where to.
        create: Whether a keyspace that is missing is created; Astra creates keyspaces in its portal only.

    Raises:
        ConfigError: The keyspace is missing, or a table of that name is there and is another.
        SourceError: Cassandra did not take a row.
    """
    _ready(session, keyspace, create=create)
    name = quoted(keyspace)
    for statement in (_TYPE, _TITLES, _VIEWINGS):
        session.execute(statement.format(name))
    _check(session, keyspace)
    rows = {
        TITLES: _fill(session, f"{name}.{TITLES}", list(_title_rows())),
        VIEWINGS: _fill(session, f"{name}.{VIEWINGS}", list(_viewing_rows())),
    }
    return Written(keyspace, rows)


def _ready(session: Any, keyspace: str, *, create: bool) -> None:  # noqa: ANN401 - a driver session
    if keyspace in schema.keyspaces(session):
        return
    if not create:
        raise ConfigError(
            f"there is no keyspace {keyspace!r}",
            "",
            "create it: on Astra in the portal (the database, Add Keyspace), on Cassandra with --create-keyspace",
        )
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {quoted(keyspace)} WITH replication = {replication}")


def _check(session: Any, keyspace: str) -> None:  # noqa: ANN401 - a driver session
    """Write into tables of the sample's own shape only."""
    for name, wanted in ((TITLES, set(next(_title_rows()))), (VIEWINGS, set(next(_viewing_rows())))):
        there = {column.name for column in schema.table(session, keyspace, name).columns}
        if not wanted <= there:
            why = f"it has no column {', '.join(sorted(wanted - there))}"
            raise ConfigError(f"table {keyspace}.{name} is there, and is not the sample's", why, "use another keyspace")


def _fill(session: Any, table: str, rows: list[dict[str, Any]]) -> int:  # noqa: ANN401 - a driver session
    from cassandra.concurrent import execute_concurrent_with_args  # noqa: PLC0415 - the driver is slow to load

    columns = list(rows[0])
    names = ", ".join(quoted(column) for column in columns)
    insert = session.prepare(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})")  # noqa: S608 - quoted
    values = [tuple(row[column] for column in columns) for row in rows]
    for ok, result in execute_concurrent_with_args(
        session, insert, values, concurrency=CONCURRENCY, raise_on_first_error=False
    ):
        if not ok:
            raise SourceError(f"{table} did not take a row of the sample", str(result), "run it again") from result
    return len(values)


def _title_rows() -> Iterator[dict[str, Any]]:
    for row in titles():
        yield {key: (value or None) if key != "release_year" else int(value) for key, value in row.items()}


def _viewing_rows() -> Iterator[dict[str, Any]]:
    """Make two viewings of each of the first thirty titles; the same in every run."""
    from cassandra.util import Date, Duration, Time  # noqa: PLC0415 - the driver is slow to load

    began = dt.datetime(2025, 11, 3, 19, 30, tzinfo=dt.UTC)
    for number, title in enumerate(titles()[:30]):
        for viewing in range(2):
            at = began + dt.timedelta(days=3 * number + viewing, minutes=7 * number)
            yield {
                "show_id": title["show_id"],
                "seen": _timeuuid(at, number * 2 + viewing),
                "title": title["title"],
                "viewer": uuid.UUID(int=0x5EED0000000040008000000000000000 + number),
                "day": Date(at.date()),
                "began": Time(at.time()),
                "ended": at + dt.timedelta(minutes=90 + number),
                "took": Duration(0, 0, (90 + number) * 60 * 10**9),
                "minutes": 90 + number,
                "stars": number % 6 if viewing else None,
                "views": 10**number % (2**62),
                "seats": 1 + number % 4,
                "finished": viewing == 0,
                "share": number / 30,
                "loudness": -12.5 - number,
                "price": Decimal(349 + 50 * number).scaleb(-2),
                "units": 7**number,
                "address": f"192.0.2.{number + 1}" if viewing else f"2001:db8::{number + 1:x}",
                "note": "" if viewing else "seen at home",
                "picture": bytes([number, viewing]),
                "device": ("television" if viewing else "tablet", (1920, 1080) if viewing else None),
                "genres": set(title["listed_in"].split(", ")),
                "scenes": [number, number + 1] if viewing else None,
                "marksByName": {"plot": number / 3, "sound": 2.5} if viewing else None,
                "screen": (1920, 1080),
                "taste": [number / 30, 0.5, -1.0],
            }


def _timeuuid(at: dt.datetime, node: int) -> uuid.UUID:
    """Make a version 1 UUID of a time; the same node gives the same one. RFC 9562, section 5.1."""
    ticks = int(at.timestamp()) * 10_000_000 + 0x01B21DD213814000
    low, middle, high = ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF
    return uuid.UUID(fields=(low, middle, high | 0x1000, 0x80, 0, 0x010000000000 + node))
