"""The load's plan as a value: everything a runner needs, pure and serialisable, the same for every engine."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

import hashlib
from typing import Literal

import msgspec

Role = Literal["partition_key", "clustering", "static", "regular", "writetime", "ttl", "expires_at", "derived"]
"""What a column of the lake's table is made of."""

Format = Literal["iceberg", "parquet"]
Mode = Literal["replace", "append"]


class PlannedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a lake table.

    Args:
        name: Its name in the lake.
        type: Its Iceberg type: `long`, `decimal(38, 0)`, `list<string>`, `struct<a: int, b: string>`, ...
        role: What it is made of.
        source: The CQL column it is read from; empty for `derived` and `expires_at`.
        cql: That column's CQL type.
        policy: What happens to a value that the lake cannot hold: `error`, `string`, `null`, or `decimal(p,s)`.
        expression: The SQL that makes it, for `derived` columns; the CAST's SQL type follows `cast`.
        cast: The SQL type it is cast to; empty without a cast.
        comment: Its comment in the catalog.
        masked: The function whose answers it holds in place of values, as `mask_inner(1, 1)`; empty for values.
    """

    name: str
    type: str
    role: Role
    source: str = ""
    cql: str = ""
    policy: str = "error"
    expression: str = ""
    cast: str = ""
    comment: str = ""
    masked: str = ""


class Partitioning(msgspec.Struct, frozen=True, kw_only=True):
    """One field of an Iceberg partition spec.

    Args:
        column: The lake column.
        transform: `identity`, `year`, `month`, `day`, `hour`, `bucket[N]`, `truncate[W]`, as Iceberg writes them.
        timeuuid: Whether the column is a timeuuid, whose time is partitioned by through a derived column.
    """

    column: str
    transform: str
    timeuuid: bool = False


class PlannedTable(msgspec.Struct, frozen=True, kw_only=True):
    """One source table and the lake table it becomes.

    Args:
        source: Its name in Cassandra.
        keyspace: Its keyspace.
        cluster: The name that its cluster, or its Astra database, has itself; wherever it is reached.
        source_id: Cassandra's table id: another one at run time means that it was dropped and created again.
        name: Its name in the Glue catalog.
        location: Its s3:// location.
        columns: Of the lake table, in order.
        filter: SQL condition that rows must meet; empty for all.
        partition: Iceberg partitioning, in order.
        format: How it is stored.
        mode: Whether the load replaces what is there or adds to it.
        part: `rows` for the rows of the source; `static` for the table that holds its static columns only,
            one row for each partition.
        masked: Source columns that are read as their masks show them, because the plan file says so.
        rows: Estimated rows.
        bytes: Estimated bytes in the source.
        splits: Into how many token ranges it is read.
    """

    source: str
    source_id: str
    name: str
    location: str
    columns: tuple[PlannedColumn, ...]
    filter: str = ""
    partition: tuple[Partitioning, ...] = ()
    format: Format = "iceberg"
    mode: Mode = "replace"
    part: Literal["rows", "static"] = "rows"
    masked: tuple[str, ...] = ()
    rows: int = 0
    bytes: int = 0
    splits: int = 1
    keyspace: str = ""
    cluster: str = ""

    @property
    def origin(self) -> str:
        """Name what it is loaded from, for people."""
        return origin_text(self.cluster, self.keyspace, self.source)


def origin_text(cluster: str, keyspace: str, source: str) -> str:
    """Name a table of a cluster, for people."""
    return f"{keyspace}.{source} of {cluster or 'a cluster without a name'}" if keyspace else source


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole load. It holds no secret and no address that needs one.

    Args:
        cluster: The source's name, for people: `cassandra 127.0.0.1:9042` or `astra astraglue_db/us-east1`.
        keyspace: The source keyspace.
        database: The Glue database.
        tables: What is loaded.
    """

    cluster: str
    keyspace: str
    database: str
    tables: tuple[PlannedTable, ...]
    version: int = 1

    def digest(self, table: PlannedTable) -> str:
        """Give what two runs share where they do the same with a table: estimates, splits and hosts do not count."""
        alike = msgspec.structs.replace(table, rows=0, bytes=0, splits=1)
        plain = msgspec.structs.replace(self, tables=(alike,), cluster=table.cluster)
        return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()
