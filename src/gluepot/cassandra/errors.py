"""What the driver's errors mean for a scan: wait, ask for less, or give up and say why."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import ConfigError, GluepotError, SourceError, UnreachableError

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table


class Fault(Enum):
    """What to do about an error."""

    AWAY = "no node that could answer: wait, then ask another one for the same"
    REFUSED = "too many requests: every reader of that coordinator waits"
    HEAVY = "it took too long, or was too much: ask for less"
    FINAL = "asking again gives the same answer"


def kind_of(error: Exception) -> Fault:
    """Sort an error of the driver.

    https://github.com/apache/cassandra/blob/cassandra-5.0/doc/native_protocol_v5.spec section 8 lists the codes.
    """
    import cassandra  # noqa: PLC0415 - the driver is slow to load
    from cassandra import protocol  # noqa: PLC0415 - likewise
    from cassandra.cluster import NoHostAvailable  # noqa: PLC0415 - likewise
    from cassandra.connection import ConnectionBusy, ConnectionException  # noqa: PLC0415 - likewise
    from cassandra.pool import NoConnectionsAvailable  # noqa: PLC0415 - likewise

    if isinstance(error, protocol.OverloadedErrorMessage):
        return Fault.REFUSED if "rate limit" in str(error).lower() else Fault.HEAVY
    heavy = (cassandra.OperationTimedOut, cassandra.ReadTimeout, cassandra.ReadFailure, protocol.ServerError)
    if isinstance(error, heavy):
        return Fault.HEAVY
    away = (
        NoHostAvailable,
        ConnectionException,
        ConnectionBusy,
        NoConnectionsAvailable,
        cassandra.Unavailable,
        protocol.IsBootstrappingErrorMessage,
        protocol.TruncateError,
        OSError,
    )
    return Fault.AWAY if isinstance(error, away) else Fault.FINAL


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
        return denied(name, error)
    if isinstance(error, InvalidRequest):
        return changed(table, text_of(error))
    return SourceError(f"reading {name} failed", text_of(error), "run the load again: it goes on where it was")


def changed(table: Table, why: str) -> SourceError:
    """Say that a table was altered or dropped while it was read."""
    hint = "look at gluepot load plan again, then run the load: nothing of this table has become visible"
    return SourceError(f"{table.keyspace}.{table.name} is not what it was when the scan began", why, hint)


def silent(what: str, error: Exception) -> GluepotError:
    """Say that the source does not answer a question that is asked before any scan."""
    if isinstance(error, GluepotError):
        return error
    from cassandra import InvalidRequest, Unauthorized  # noqa: PLC0415 - the driver is slow to load

    if isinstance(error, Unauthorized):
        return denied(what, error)
    if isinstance(error, InvalidRequest):
        return ConfigError(f"{what} cannot be read", text_of(error))
    return UnreachableError(
        f"Cassandra does not answer about {what}", text_of(error), "check that it runs, and try again"
    )


def denied(what: str, error: Exception) -> ConfigError:
    """Say what a role may not do, and which permission it lacks: the one that the server names, and no other."""
    told = text_of(error)
    masked = _MASKED.search(told)
    if masked:
        role, table, columns = masked.groups()
        hint = (
            f"GRANT UNMASK ON {table} TO {role} shows their values; "
            f"GRANT SELECT_MASKED ON {table} TO {role} lets them be read by what their masks show"
        )
        return ConfigError(f"{what} may not be read by its masked columns {columns}", told, hint)
    lacking = _LACKING.search(told)
    hint = "GRANT {1} ON {2} TO {0}".format(*lacking.groups()) if lacking else "ask for the permission that it names"
    return ConfigError(f"{what} may not be read", told, hint)


_MASKED: Final = re.compile(r"User (\S+) has no UNMASK nor SELECT_MASKED permission on table (\S+), .* \[(.*)\]")
_LACKING: Final = re.compile(r"User (\S+) has no (\w+) permission on <(?:table )?(.+?)> or any")


def text_of(error: Any) -> str:  # noqa: ANN401 - any exception
    """Say what the driver said, in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
