"""A whole table as a stream of Arrow batches, for those who use the reader alone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gluepot.cassandra import masks, parallel, schema, splits
from gluepot.cassandra.errors import changed
from gluepot.cassandra.reader import Reader
from gluepot.cassandra.reading import Page, Selection
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    from gluepot.cassandra.cql import Range, Table
    from gluepot.cassandra.patience import Patience


def scan(  # noqa: PLR0913 - keywords of a public function
    session: Any,  # noqa: ANN401 - a driver session
    name: str,
    *,
    columns: Sequence[str] | None = None,
    writetime: Sequence[str] = (),
    ttl: Sequence[str] = (),
    as_text: Sequence[str] = (),
    masked: Sequence[str] = (),
    in_flight: int = 0,
    patience: Patience | None = None,
) -> pa.RecordBatchReader:
    """Read a table as Arrow, every row once, many token ranges at a time.

    ::

        from cassandra.cluster import Cluster
        from gluepot.cassandra import scan

        session = Cluster(["127.0.0.1"]).connect()
        orders = scan(session, "shop.orders", columns=["id", "total"])
        duckdb.sql("SELECT sum(total) FROM orders")  # or orders.read_pandas(), or polars.from_arrow(orders)

    Rows come in no order. A reader that is dropped or closed early ends its threads. Memory stays bounded: a batch is
    about 2 MB, and each range in flight holds a few.

    Args:
        session: A session of cassandra-driver; it is not changed.
        name: `keyspace.table`, spelt as the schema has it; parts may stand in double quotes.
        columns: Columns, in order; all if left out.
        writetime: Columns whose writetime comes too, as `writetime(NAME)` in microseconds.
        ttl: Columns whose time to live comes too, as `ttl(NAME)` in seconds.
        as_text: Columns whose varints come as text, since decimals hold 38 digits.
        masked: Columns that may come as their masks show them (Cassandra 5.0), where the role has no UNMASK on the
            table; of others the values come as they are, or there is an error.
        in_flight: Ranges read at once; 0 for twice the cores, 8 at the most.
        patience: How it waits, backs off and splits.

    Returns:
        The stream. Its types are those of `gluepot.cassandra.decode.arrow_type`.

    Raises:
        ConfigError: There is no such keyspace, table or column, it may not be read, or it is masked.
        UnreachableError: The cluster does not answer.
        SourceError: While the stream is read: the source failed beyond patience, or the table changed.
    """
    table = schema.table(session, *_parts(name))
    chosen = tuple(columns) if columns is not None else tuple(column.name for column in table.columns)
    selection = Selection(
        table=table, columns=chosen, writetime=tuple(writetime), ttl=tuple(ttl), as_text=frozenset(as_text)
    )
    _check_masks(table, chosen, masked)
    reader = Reader(session, selection, patience)
    threads = parallel.in_flight(in_flight)
    ranges = _ranges(session, table, threads)
    batches = itertools.chain(_batches(reader, ranges, threads), _alike(session, table))
    return pa.RecordBatchReader.from_batches(reader.schema, batches)


def _check_masks(table: Table, chosen: Sequence[str], allowed: Sequence[str]) -> None:
    """Refuse columns whose values are hidden from the session's role.

    Raises:
        ConfigError: There are some that nobody has allowed.
    """
    hidden = [column.name for column in table.masked if column.name in chosen and column.name not in allowed]
    if hidden:
        what = f"{table.keyspace}.{table.name} shows masks in place of {', '.join(hidden)}"
        why = table.unread and f"the role's permissions could not be read: {table.unread}"
        hint = f"{table.unmask}; or read what the masks show: masked={hidden!r}"
        raise ConfigError(what, why, hint)


def _alike(session: Any, table: Table) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - a driver session
    """Give no batch; look whether masks came or went while the table was read, which no batch says.

    Raises:
        SourceError: They did.
    """
    now = masks.in_force(session, table.keyspace).get(table.name)
    before = {column.name: column.masked for column in table.masked}
    if (dict(now.columns) if now else {}) != before:
        raise changed(table, "masks on its columns came or went, or the permission to see through them did")
    yield from ()


def _parts(name: str) -> tuple[str, str]:
    """Take `keyspace.table` apart, where either may be quoted as CQL does."""
    parts, quote, at = [""], False, 0
    while at < len(name):
        sign = name[at]
        if sign == '"' and quote and name[at + 1 : at + 2] == '"':
            parts[-1] += '"'
            at += 1
        elif sign == '"':
            quote = not quote
        elif sign == "." and not quote:
            parts.append("")
        else:
            parts[-1] += sign
        at += 1
    match parts:
        case [str(keyspace), str(table)] if keyspace and table and not quote:
            return keyspace, table
    raise ConfigError(f"{name!r} names no table", hint="write keyspace.table")


def _ranges(session: Any, table: Table, threads: int) -> list[Range]:  # noqa: ANN401 - a driver session
    size = splits.estimate(session, table)
    at_least = 1 if size.exact else 4 * threads
    return list(splits.split(session, table, target_bytes=splits.RANGE_BYTES, at_least=at_least, size=size))


def _batches(reader: Reader, ranges: Sequence[Range], threads: int) -> Iterator[pa.RecordBatch]:
    """Give batches as they come."""

    def read(token_range: Range, stop: threading.Event) -> Iterator[pa.RecordBatch]:
        for item in reader.read(token_range):
            if stop.is_set():
                return
            if isinstance(item, Page):
                yield item.batch

    return parallel.each_range(
        ranges, read, workers=threads, wait=False
    )  # a caller that wants no more need not wait for a page
