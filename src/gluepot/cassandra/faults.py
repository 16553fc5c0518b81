"""What the driver's errors mean for a scan: wait and try again, or give up and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.errors import ConfigError, GluepotError, SourceError

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table


def may_pass(error: Exception) -> bool:
    """Tell whether waiting may help: timeouts, overload, rate limits, nodes that are away."""
    from cassandra import (  # noqa: PLC0415 - the driver is slow to load
        CoordinationFailure,
        OperationTimedOut,
        RequestExecutionException,
        Timeout,
        Unavailable,
    )
    from cassandra.cluster import NoHostAvailable  # noqa: PLC0415 - likewise
    from cassandra.connection import ConnectionException  # noqa: PLC0415 - likewise
    from cassandra.protocol import (  # noqa: PLC0415 - likewise
        IsBootstrappingErrorMessage,
        OverloadedErrorMessage,
        ServerError,
        TruncateError,
    )

    kinds = (
        CoordinationFailure,
        OperationTimedOut,
        Timeout,
        Unavailable,
        RequestExecutionException,
        NoHostAvailable,
        ConnectionException,
        IsBootstrappingErrorMessage,
        OverloadedErrorMessage,
        ServerError,
        TruncateError,
        OSError,
    )
    return isinstance(error, kinds)


def final(error: Exception, table: Table) -> GluepotError:
    """Say why a scan cannot go on.

    Args:
        error: What the driver raised.
        table: The table that was read.
    """
    from cassandra import InvalidRequest, Unauthorized  # noqa: PLC0415 - the driver is slow to load

    name = f"{table.keyspace}.{table.name}"
    if isinstance(error, GluepotError):
        return error
    if isinstance(error, Unauthorized):
        return ConfigError(f"{name} may not be read", _told(error), f"grant it: GRANT SELECT ON {name} TO the user")
    if isinstance(error, InvalidRequest):
        hint = "look at gluepot load plan again, then run the load: nothing of this table has become visible"
        return SourceError(f"{name} is not what it was when the scan began", _told(error), hint)
    return SourceError(f"reading {name} failed", _told(error), "run the load again: it goes on where it was")


def _told(error: Any) -> str:  # noqa: ANN401 - any exception
    return f"{error}".splitlines()[0][:300] if f"{error}" else type(error).__name__
