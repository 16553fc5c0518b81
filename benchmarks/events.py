"""The table that the benchmarks of loading read: 12 columns, half of them text, a tenth of the values null."""

from __future__ import annotations

import random
import uuid
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
from cassandra.concurrent import execute_concurrent
from cassandra.query import UNSET_VALUE, BatchStatement, BatchType

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE: Final = "bench.events"
COLUMNS: Final = {
    "device": "text",
    "seq": "int",
    "id": "uuid",
    "country": "text",
    "city": "text",
    "title": "text",
    "note": "text",
    "status": "text",
    "at": "timestamp",
    "amount": "double",
    "total": "bigint",
    "active": "boolean",
}
PARTITION: Final = 50
"""Rows of one partition."""

WORDS: Final = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett")


def create(session: Any) -> None:
    """Make the keyspace and the table."""
    session.execute(
        "CREATE KEYSPACE IF NOT EXISTS bench WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
    )
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    session.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ({columns}, PRIMARY KEY (device, seq))")
    session.execute(f"TRUNCATE {TABLE}")


def rows(partitions: range) -> Iterator[list[tuple[Any, ...]]]:
    """Make whole partitions, the same in every run; what is null is not written at all, which leaves no tombstone."""
    for partition in partitions:
        chance = random.Random(partition)  # noqa: S311 - test data
        yield [_row(chance, f"device-{partition:07}", seq) for seq in range(PARTITION)]


def _row(chance: random.Random, device: str, seq: int) -> tuple[Any, ...]:
    values: list[Any] = [
        uuid.UUID(int=chance.getrandbits(128), version=4),
        chance.choice(("DE", "FR", "IT", "JP", "US")),
        chance.choice(WORDS).title(),
        " ".join(chance.choices(WORDS, k=6)),
        " ".join(chance.choices(WORDS, k=12)),
        chance.choice(("new", "paid", "sent", "returned")),
        datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(10**11)),
        chance.random() * 1000,
        chance.getrandbits(40),
        chance.random() < 0.5,
    ]
    return (device, seq, *(UNSET_VALUE if chance.random() < 0.1 else value for value in values))


def fill(host: str, port: int, user: str, password: str, count: int) -> None:
    """Write so many rows, with two processes, a batch for each partition."""
    partitions = count // PARTITION
    halves = [range(partitions // 2), range(partitions // 2, partitions)]
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_write, [(host, port, user, password, half) for half in halves]))


def _write(given: tuple[str, int, str, str, range]) -> None:
    host, port, user, password, partitions = given
    cluster = Cluster([host], port=port, auth_provider=PlainTextAuthProvider(user, password))
    session = cluster.connect()
    names = ", ".join(COLUMNS)
    insert = session.prepare(f"INSERT INTO {TABLE} ({names}) VALUES ({', '.join('?' * len(COLUMNS))})")  # noqa: S608 - own names

    def batches() -> Iterator[tuple[Any, tuple[()]]]:
        for chunk in rows(partitions):
            batch = BatchStatement(batch_type=BatchType.UNLOGGED)
            for row in chunk:
                batch.add(insert, row)
            yield batch, ()

    for ok, result in execute_concurrent(session, batches(), concurrency=16, results_generator=True):
        if not ok:
            raise result
    cluster.shutdown()
