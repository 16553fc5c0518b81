"""An emulated AWS with a bucket and a database, and small loads into it."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from tests.support.emulated import leads_to

from gluepot.aws.access import Access
from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, Range
from gluepot.errors import GluepotError
from gluepot.lake.commit.lake import Lake
from gluepot.lake.proof import readback
from gluepot.lake.types.typemap import schema_of
from gluepot.plan.records import Part, RangeRecord
from gluepot.plan.table import Partitioning, PlannedColumn, PlannedTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from gluepot.lake.commit.staging import Committed, Staging
    from gluepot_sandbox.aws import Emulator

BUCKET: Final = "lake"
DATABASE: Final = "shop"
REGION: Final = "us-east-1"
RANGES: Final = (Range(MIN_TOKEN, -100), Range(-100, 0), Range(0, 100), Range(100, MAX_TOKEN))
SIMPLE: Final = (("id", "long"), ("name", "string"))
KINDS: Final[dict[str, dict[str, Any]]] = {
    "replace": {},
    "append": {"mode": "append"},
    "partitioned": {"partition": [("id", "bucket[4]")]},
    "parquet": {"format": "parquet"},
}
"""Tables of every kind of commit, for `planned`."""
_names = itertools.count(1)


@dataclass(frozen=True)
class World:
    """One emulated AWS and a lake in it.

    Args:
        aws: The emulator.
        lake: The lake.
    """

    aws: Emulator
    lake: Lake
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    def glue_table(self, name: str) -> dict[str, Any]:
        """Read a table as Glue has it."""
        found = self.aws.client("glue").get_table(DatabaseName=DATABASE, Name=name)["Table"]
        return dict(found)

    def keys(self, table: PlannedTable, folder: str = "") -> list[str]:
        """List what lies below a table's location."""
        return [found.key for found in self.lake.store(table).list(folder)]


def world(aws: Emulator, patch: pytest.MonkeyPatch, temporary: Path | None = None) -> World:
    """Empty an emulated AWS, make it the one of the environment, and open a lake in it."""
    aws.reset()
    leads_to(aws, patch, REGION)
    aws.client("s3").create_bucket(Bucket=BUCKET)
    aws.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    return World(aws, Lake.open(Access(), REGION, DATABASE, temporary=temporary), dict(os.environ))


def planned(
    columns: Sequence[tuple[str, str]] = SIMPLE,
    name: str = "",
    partition: Sequence[tuple[str, str]] = (),
    **more: Any,
) -> PlannedTable:
    """Plan a table that nothing else uses."""
    name = name or f"table_{next(_names)}"
    made = tuple(
        PlannedColumn(name=one, type=kind, role="regular", source=one.upper(), cql="text", comment=f"was {one.upper()}")
        for one, kind in columns
    )
    given: dict[str, Any] = {
        "source": name,
        "source_id": "1",
        "name": name,
        "location": f"s3://{BUCKET}/tables/{name}",
        "columns": made,
        "partition": tuple(Partitioning(column=column, transform=transform) for column, transform in partition),
    }
    return PlannedTable(**(given | more))


def batch(table: PlannedTable, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """Make a batch of rows."""
    schema = schema_of(table.columns)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.RecordBatch.from_arrays(
        [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)], schema=schema
    )


def stage(staging: Staging, token_range: Range, table: PlannedTable, rows: Sequence[Sequence[Any]]) -> RangeRecord:
    """Stage the rows of one range."""
    with staging.writer(token_range) as writer:
        if rows:
            writer.write(batch(table, rows))
        return staging.record(record(token_range, writer.close(), len(rows)))


def record(token_range: Range, files: Any, rows: int) -> RangeRecord:
    """Make the record of a range."""
    part = Part(start=token_range.start, end=token_range.end, rows=rows, checksum=rows * 7)
    return RangeRecord(
        start=token_range.start, end=token_range.end, parts=(part,), files=tuple(files), read=rows, tallies={}
    )


def load(
    lake: Lake, table: PlannedTable, load_id: str, rows: Sequence[Sequence[Any]], digest: str = "digest"
) -> Committed:
    """Load rows, spread over the ranges."""
    staging = lake.begin(table, load_id=load_id, digest=digest, ranges=RANGES)
    for at, token_range in enumerate(staging.ranges):
        if token_range not in staging.finished:
            stage(staging, token_range, table, rows[at :: len(staging.ranges)])
    committed = staging.commit()
    staging.clean()
    return committed


def numbered(first: int, last: int) -> list[tuple[int, str]]:
    """Make rows of the simple table."""
    return [(number, f"name {number}") for number in range(first, last)]


def check(lake: Lake, table: PlannedTable) -> None:
    """Raise the first thing that keeps a table from being loaded."""
    lake.check_database()
    for told in lake.look(table):
        if isinstance(told, GluepotError):
            raise told


def ids(world: World, table: PlannedTable) -> list[Any]:
    """Read the ids of a table as gluepot's proof reads them, in their order."""
    found: list[Any] = []
    for one in readback.batches(world.lake, table):
        found += one.column("id").to_pylist()
    return sorted(found)


def rows_of(lake: Lake, table: PlannedTable, snapshot_id: int | None = None) -> list[tuple[Any, ...]]:
    """Read a table with pyiceberg alone, by its first column."""
    found = lake.catalog.table(table.name)
    assert found is not None
    read = found.scan(snapshot_id=snapshot_id).to_arrow()
    columns = [read.column(one.name).to_pylist() for one in table.columns]
    return sorted(zip(*columns, strict=True), key=lambda row: row[0])
