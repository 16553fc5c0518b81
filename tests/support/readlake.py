"""A small lake for tests that only read: an Iceberg table that pyiceberg wrote, in the emulated Glue catalog."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

BUCKET = "reading-lake"


def catalog(aws: Emulator) -> Any:
    """Open the emulated catalog as pyiceberg does by itself."""
    from pyiceberg.catalog.glue import GlueCatalog

    return GlueCatalog(
        "glue",
        client=aws.client("glue"),
        **{
            "warehouse": f"s3://{BUCKET}/wh",
            "s3.endpoint": aws.url,
            "s3.access-key-id": aws.environment()["AWS_ACCESS_KEY_ID"],
            "s3.secret-access-key": aws.environment()["AWS_SECRET_ACCESS_KEY"],
            "s3.region": "us-east-1",
        },
    )


FIELDS: list[tuple[str, Any]] = [
    ("id", pa.int64()),
    ("name", pa.string()),
    ("price", pa.decimal128(10, 2)),
    ("seen", pa.timestamp("us", tz="UTC")),
    ("tags", pa.list_(pa.string())),
    ("sizes", pa.map_(pa.string(), pa.int32())),
    ("place", pa.struct([("city", pa.string()), ("zip", pa.int32())])),
    ("weight", pa.float64()),
]
SCHEMA = pa.schema(FIELDS)


def batch(first: int, count: int = 3) -> pa.Table:
    """Make rows with ids from `first` on; every third name is null."""
    ids = range(first, first + count)
    return pa.table(
        {
            "id": ids,
            "name": [None if number % 3 == 0 else f"name {number}" for number in ids],
            "price": [Decimal(number) / 100 for number in ids],
            "seen": list(ids),
            "tags": [["a", None], [], None] * (count // 3) + [None] * (count % 3),
            "sizes": [[("x", number)] for number in ids],
            "place": [{"city": "Köln", "zip": number} for number in ids],
            "weight": [float("nan") if number % 2 else number / 2 for number in ids],
        },
        SCHEMA,
    )
