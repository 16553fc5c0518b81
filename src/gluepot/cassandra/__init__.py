"""Cassandra and Astra: sessions, schema, and token-range scans that come back as Arrow.

`scan` may be used alone::

    from gluepot.cassandra import scan

    reader = scan(session, "shop.orders")  # a pyarrow.RecordBatchReader, for DuckDB, Polars or pandas
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gluepot.cassandra.stream import scan

__all__ = ["scan"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what is asked for
    """Load what is exported when it is first used: the driver and pyarrow are slow to load."""
    if name != "scan":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from gluepot.cassandra.stream import scan  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("gluepot"):
            raise
        from gluepot.errors import MissingExtraError  # noqa: PLC0415 - beside its use

        raise MissingExtraError.of("load", "gluepot.cassandra.scan") from error
    return scan
