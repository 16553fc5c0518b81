"""The alternative that a Python user has: the driver's rows, pyarrow columns, Parquet files.

    CASSANDRA_PASSWORD=... python driver_rows.py ranges|paged HOST PORT USER KEYSPACE.TABLE FOLDER

`ranges` does what its users would do well: token ranges, several requests in flight, the compiled protocol handler,
tuples rather than named tuples, a file for each range. `paged` is the script that comes first: one SELECT, page after
page, one file. Neither proves, retries or registers anything.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.query import SimpleStatement, tuple_factory

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPES: dict[str, pa.DataType] = {
    "uuid": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
}
SPLITS, PAGE, GROUP = 32, 5000, 100_000


def main() -> None:
    """Copy one table."""
    how, host, port, user, name, folder = sys.argv[1:]
    password = os.environ["CASSANDRA_PASSWORD"]
    profile = ExecutionProfile(row_factory=tuple_factory, request_timeout=120)
    cluster = Cluster(
        [host],
        port=int(port),
        auth_provider=PlainTextAuthProvider(user, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
    )
    session = cluster.connect()
    keyspace, _, table = name.partition(".")
    columns: dict[str, Any] = cluster.metadata.keyspaces[keyspace].tables[table].columns
    key = ", ".join(one.name for one in cluster.metadata.keyspaces[keyspace].tables[table].partition_key)
    schema = pa.schema({name: TYPES[one.cql_type] for name, one in columns.items()})
    query = f"SELECT {', '.join(columns)} FROM {name}"  # noqa: S608 - its own names
    if how == "paged":
        paged(session, query, schema, Path(folder))
    else:
        ranges(session, f"{query} WHERE token({key}) > %s AND token({key}) <= %s", schema, Path(folder))
    cluster.shutdown()


def ranges(session: Any, query: str, schema: pa.Schema, folder: Path) -> None:
    """Copy token ranges, eight at a time, into a file each."""
    step = 2**64 // SPLITS

    def copy(split: int) -> None:
        start = -(2**63) + split * step
        end = 2**63 - 1 if split == SPLITS - 1 else start + step
        rows: list[Any] = list(session.execute(SimpleStatement(query, fetch_size=PAGE), (start, end)))
        pq.write_table(_table(rows, schema), folder / f"{split:03}.parquet", compression="zstd")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(copy, range(SPLITS)))


def paged(session: Any, query: str, schema: pa.Schema, folder: Path) -> None:
    """Copy page after page into one file."""
    group: list[Any] = []
    with pq.ParquetWriter(folder / "all.parquet", schema, compression="zstd") as writer:
        for row in session.execute(SimpleStatement(query, fetch_size=PAGE)):
            group.append(row)
            if len(group) == GROUP:
                writer.write_table(_table(group, schema))
                group.clear()
        if group:
            writer.write_table(_table(group, schema))


def _table(rows: Sequence[Any], schema: pa.Schema) -> pa.Table:
    arrays = [
        pa.array([_plain(value) for value in column], kind)
        for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)
    ]
    return pa.table(arrays, schema=schema)


def _plain(value: Any) -> Any:
    return str(value) if value.__class__.__name__ == "UUID" else value


if __name__ == "__main__":
    main()
