"""The alternative that a Python user has: the driver's rows, pyarrow columns, a Parquet file for each token range.

    python driver_rows.py HOST PORT USER KEYSPACE.TABLE FOLDER      # the password comes from CASSANDRA_PASSWORD

It does what its users would do well: token ranges, several requests in flight, the compiled protocol handler, tuples
rather than named tuples. It proves nothing, retries nothing, registers nothing.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.query import SimpleStatement, tuple_factory

TYPES = {
    "uuid": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
}
SPLITS, PAGE = 32, 5000


def main() -> None:
    """Copy one table."""
    host, port, user, name, folder = sys.argv[1:]
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
    columns = cluster.metadata.keyspaces[keyspace].tables[table].columns
    key = ", ".join(one.name for one in cluster.metadata.keyspaces[keyspace].tables[table].partition_key)
    step = 2**64 // SPLITS
    query = f"SELECT {', '.join(columns)} FROM {name} WHERE token({key}) > %s AND token({key}) <= %s"  # noqa: S608 - its own names
    kinds = [TYPES[one.cql_type] for one in columns.values()]

    def copy(split: int) -> None:
        start = -(2**63) + split * step
        end = 2**63 - 1 if split == SPLITS - 1 else start + step
        statement = SimpleStatement(query, fetch_size=PAGE)
        rows: list[Any] = list(session.execute(statement, (start, end)))
        arrays = [
            pa.array([_plain(value) for value in column], kind)
            for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)
        ]
        pq.write_table(pa.table(arrays, names=list(columns)), Path(folder) / f"{split:03}.parquet", compression="zstd")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(copy, range(SPLITS)))
    cluster.shutdown()


def _plain(value: Any) -> Any:
    return str(value) if value.__class__.__name__ == "UUID" else value


if __name__ == "__main__":
    main()
