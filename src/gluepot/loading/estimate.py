"""What a load would take: rows, bytes, requests, files, seconds, and what that costs at the plan's prices."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.splits import Estimate
    from gluepot.loading.plan import Partitioning
    from gluepot.loading.planfile import LimitsSection, PricesSection
    from gluepot.loading.sampling import Samples

UNIT: Final = 4096
"""Bytes of one Astra read request unit. A page costs what it holds, whatever columns are chosen.

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
PUTS: Final = 1.5
"""PUT requests for each data file: the file, its range's record, its share of the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What loading one table takes.

    Args:
        rows: Rows.
        bytes: Bytes that the source sends.
        pages: Requests to the source.
        read_units: Astra's read request units; 0 for Cassandra.
        files: Data files in the end.
        parquet_bytes: Their size.
        puts: PUT requests.
        seconds: At the request limit, where there is one; 0 without.
        dollars: At the plan's prices: reads and PUTs once, and S3 for a month.
        exact: Whether rows were counted rather than estimated.
    """

    rows: int
    bytes: int
    pages: int
    read_units: int
    files: int
    parquet_bytes: int
    puts: int
    seconds: float
    dollars: float
    exact: bool


def cost(size: Estimate, partitions: int, limits: LimitsSection, prices: PricesSection, *, is_astra: bool) -> Cost:
    """Estimate what loading a table takes.

    Args:
        size: The table's estimate.
        partitions: Iceberg partitions; 0 for an unpartitioned table.
        limits: The plan's limits.
        prices: The plan's prices.
        is_astra: Whether reads are billed.
    """
    pages = max(math.ceil(size.bytes / PAGE), 1)
    units = math.ceil(size.bytes / UNIT) + pages if is_astra else 0
    parquet = int(size.bytes * SHRINKS)
    ranges = max(math.ceil(size.bytes / (limits.range_mb * 1_000_000)), 1)
    files = max(math.ceil(parquet / STAGED), ranges)
    puts = math.ceil(files * PUTS) + 10
    if partitions:
        files = max(partitions, math.ceil(parquet / PARTITIONED))
        puts += files
    rate = limits.requests_per_second or 0
    dollars = (
        units / 1e6 * prices.astra_reads_per_million
        + puts / 1e3 * prices.s3_puts_per_thousand
        + parquet / 1e9 * prices.s3_gb_month
    )
    return Cost(
        rows=size.rows,
        bytes=size.bytes,
        pages=pages,
        read_units=units,
        files=files,
        parquet_bytes=parquet,
        puts=puts,
        seconds=pages / rate if rate else 0.0,
        dollars=dollars,
        exact=size.exact,
    )


def partitions_of(fields: Sequence[Partitioning], sources: dict[str, str], samples: Samples, rows: int) -> int:
    """Estimate how many partitions a table will have; 0 without partitioning.

    Args:
        fields: The partition fields.
        sources: Lake column -> the source column whose values were sampled.
        samples: What was sampled.
        rows: Rows of the table.
    """
    if not fields:
        return 0
    product = 1
    for one in fields:
        name, _, number = one.transform.partition("[")
        values = samples.distinct.get(sources.get(one.column, ""), set())
        if name == "bucket":
            product *= int(number.rstrip("]"))
        else:
            product *= _spread(name, values, samples.rows, rows)
    return min(product, max(rows, 1))


_MILLISECONDS: Final = {"hour": 3_600_000, "day": 86_400_000, "month": 2_629_800_000, "year": 31_557_600_000}


def _spread(name: str, values: set[object], sampled: int, rows: int) -> int:
    """Estimate distinct partition values: times by the span of the sample, others by how often values repeat in it."""
    numbers = [one for value in values if (one := _milliseconds(value)) is not None]
    if name in _MILLISECONDS and numbers:
        return (max(numbers) - min(numbers)) // _MILLISECONDS[name] + 1
    if not values:
        return 1
    seen = len(values)
    # where most sampled values differ, there are about as many more as there are rows
    return seen if seen * 2 < sampled or rows <= sampled else rows * seen // max(sampled, 1)


def _milliseconds(value: object) -> int | None:
    """Give a sampled timestamp, or the time in a sampled timeuuid, as milliseconds."""
    if isinstance(value, int):
        return value
    try:
        return (uuid.UUID(str(value)).time - 0x01B21DD213814000) // 10_000
    except ValueError:
        return None


def absurd(found: Cost) -> str:
    """Say what is wrong with a number of partition files; empty where nothing is."""
    if found.files > MOST_FILES:
        return f"about {found.files:,} partition files, more than {MOST_FILES:,}"
    if found.files > MANY and found.parquet_bytes / found.files < SMALL:
        return f"about {found.files:,} partition files of {found.parquet_bytes // found.files:,} bytes each"
    return ""
