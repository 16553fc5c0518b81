"""What a load would take: rows, bytes, requests, files, seconds, and what that costs at the plan's prices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.cassandra.patience import ASTRA_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.splits import Estimate
    from gluepot.loader.core.planfile import LimitsSection, PricesSection
    from gluepot.loader.plan.sampling import Spread
    from gluepot.plan.table import PlannedTable

UNIT: Final = 4096
"""Bytes of one Astra read request unit. A page costs what its rows hold, whatever columns are chosen.

https://docs.datastax.com/en/astra-db-serverless/administration/read-and-write-request-units.html
"""

PAGE: Final = 2 * 1024 * 1024
STAGED: Final = 64 * 1024 * 1024
PARTITIONED: Final = 256 * 1024 * 1024
SHRINKS: Final = 0.4
"""Parquet bytes for each byte of the protocol: a guess, told as one."""

MOST_FILES: Final = 10_000
SMALL: Final = 1024 * 1024
MANY: Final = 1000
PUTS: Final = 2
"""PUT requests of a staged file: the file itself, and its range's record."""

COMMIT: Final = 10
"""PUT requests of a commit: the load's records, manifests, metadata."""

MB, GB, TB = 10**6, 10**9, 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What loading one source table takes.

    Args:
        rows: Rows.
        bytes: Bytes that the source sends.
        pages: Requests to the source.
        read_units: Astra's read request units; 0 for Cassandra.
        files: Data files in the end.
        partitions: Partitions among them; 0 for an unpartitioned table.
        parquet_bytes: Their size.
        puts: PUT requests.
        seconds: That the requests take at the limit; 0 where there is no limit.
        dollars: At the plan's prices: reads and PUTs once, and S3 for a month.
        athena_dollars: At the plan's prices: a query that reads all of it.
        exact: Whether rows were counted rather than estimated.
    """

    rows: int
    bytes: int
    pages: int
    read_units: int
    files: int
    partitions: int
    parquet_bytes: int
    puts: int
    seconds: float
    dollars: float
    athena_dollars: float
    exact: bool


def cost(
    tables: Sequence[PlannedTable],
    size: Estimate,
    partitions: int,
    limits: LimitsSection,
    prices: PricesSection,
    *,
    is_astra: bool,
) -> Cost:
    """Estimate what loading a source table takes.

    Args:
        tables: What becomes of it; each table is a scan of its own.
        size: Its estimate.
        partitions: Iceberg partitions; 0 for an unpartitioned table.
        limits: The plan's limits.
        prices: The plan's prices.
        is_astra: Whether reads are billed.
    """
    scans = len(tables)
    pages = scans * max(math.ceil(size.bytes / PAGE), 1)
    units = scans * math.ceil(size.bytes / UNIT) + pages if is_astra else 0
    parquet = int(size.bytes * SHRINKS)
    staged = [max(table.splits, math.ceil(parquet / STAGED)) for table in tables]
    written = max(partitions, math.ceil(parquet / PARTITIONED)) if partitions else 0
    files = written + sum(staged[1:]) if written else sum(staged)
    puts = sum(staged) * PUTS + written + scans * COMMIT
    rate = limits.requests_per_second or (ASTRA_RATE if is_astra else 0)
    return Cost(
        rows=size.rows,
        bytes=size.bytes,
        pages=pages,
        read_units=units,
        files=files,
        partitions=partitions,
        parquet_bytes=parquet,
        puts=puts,
        seconds=pages / rate if rate else 0.0,
        dollars=units / 1e6 * prices.astra_reads_per_million
        + puts / 1e3 * prices.s3_puts_per_thousand
        + parquet / GB * prices.s3_gb_month,
        athena_dollars=parquet / TB * prices.athena_per_tb,
        exact=size.exact,
    )


def splits_of(size: Estimate, limits: LimitsSection) -> int:
    """Say into about how many token ranges a table's reading is split."""
    return max(math.ceil(size.bytes / (limits.range_mb * MB)), 1)


def partitions_of(table: PlannedTable, spread: Spread | None, rows: int) -> int:
    """Estimate how many partitions a table will have; 0 without partitioning.

    Few partitions that a sample shows often are nearly all there are. Those that it shows once stand for others that
    it does not show: they are scaled by the root of the sample's share, which is at most wrong by that root either way
    (the estimator GEE of Charikar, Chaudhuri, Motwani and Narasayya, "Towards estimation error guarantees for distinct
    values", PODS 2000).

    Args:
        table: The plan.
        spread: What was sampled of its partitions; None for nothing.
        rows: Rows of the table.
    """
    if not table.partition:
        return 0
    buckets = 1
    for partition in table.partition:
        name, _, number = partition.transform.partition("[")
        buckets = buckets * int(number.rstrip("]")) if name == "bucket" and buckets else 0
    if spread is None or not spread.rows:
        return max(min(buckets, rows), 1)
    found = spread.repeated + spread.single * math.sqrt(max(rows / spread.rows, 1))
    return max(min(math.ceil(found), buckets or math.ceil(found)), 1)


def absurd(found: Cost) -> str:
    """Say what is wrong with a number of partition files; empty where nothing is."""
    if found.partitions > MOST_FILES:
        return f"about {found.partitions:,} partition files, more than {MOST_FILES:,}"
    if found.partitions > MANY and found.parquet_bytes / found.partitions < SMALL:
        return f"about {found.partitions:,} partition files of {_size(found.parquet_bytes // found.partitions)} each"
    return ""


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count // 1000:,} kB"  # noqa: PLR2004 - four digits are read at a glance
