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
    LIMIT = "a threshold of the server's: the same is refused again at once, and less may not be"
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

    if _limit_of(error):
        return Fault.LIMIT
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
    if _limit_of(error) or "Guardrail " in str(error):
        return limited(name, error)
    if isinstance(error, InvalidRequest):
        return changed(table, text_of(error))
    return SourceError(f"reading {name} failed", text_of(error), "run the load again: it goes on where it was")


def unreadable(error: BaseException, table: Table) -> GluepotError:
    """Say why a table cannot be looked at before any scan of it."""
    return silent(f"{table.keyspace}.{table.name}", error)


def changed(table: Table, why: str) -> SourceError:
    """Say that a table was altered or dropped while it was read."""
    hint = "look at gluepot load plan again, then run the load: nothing of this table has become visible"
    return SourceError(f"{table.keyspace}.{table.name} is not what it was when the scan began", why, hint)


def silent(what: str, error: BaseException) -> GluepotError:
    """Say that the source does not answer a question that is asked before any scan."""
    if isinstance(error, GluepotError):
        return error
    from cassandra import InvalidRequest, Unauthorized  # noqa: PLC0415 - the driver is slow to load

    if isinstance(error, Unauthorized):
        return denied(what, error)
    if _limit_of(error) or "Guardrail " in str(error):
        return limited(what, error)
    if isinstance(error, InvalidRequest):
        return ConfigError(f"{what} cannot be read", text_of(error))
    return UnreachableError(
        f"Cassandra does not answer about {what}", text_of(error), "check that it runs, and try again"
    )


def denied(what: str, error: BaseException) -> ConfigError:
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


def limited(what: str, error: BaseException) -> SourceError:
    """Say which threshold of the server's keeps something from being read, and which setting raises it.

    https://cassandra.apache.org/doc/5.0/cassandra/managing/configuration/cass_yaml_file.html
    """
    told = text_of(error)
    setting = _limit_of(error) or _guardrail(str(error))
    if setting == TOMBSTONES:
        hint = f"compact {what}, so that tombstones past gc_grace_seconds go, or raise {setting} on the nodes"
        return SourceError(f"{what} cannot be read past its tombstones", told, hint)
    hint = f"raise {setting} on the nodes (cassandra.yaml, or nodetool), then run this again"
    return SourceError(f"{what} cannot be read within a limit that the server sets", told, hint)


def allowed(error: Exception) -> tuple[int, int]:
    """Give the rows and the bytes of a page that the server allows; 0 where the error is not about them.

    Bytes are half of what it allows, since it counts others than those that it sends.
    """
    text = str(error)
    rows, size = _PAGE_SIZE.search(text), _BYTES.search(text)
    return _whole(rows), _whole(size) // 2


def _whole(found: re.Match[str] | None) -> int:
    return int(found[1].replace(",", "")) if found else 0


TOMBSTONES: Final = "tombstone_failure_threshold"
_LIMITS: Final = (
    ("READ_TOO_MANY_TOMBSTONES", TOMBSTONES),
    ("exceeded the size failure threshold", "coordinator_read_size_fail_threshold"),
    ("READ_SIZE", "local_read_size_fail_threshold"),
    ("Guardrail page_size violated", "page_size_fail_threshold"),
)
"""What Cassandra 5.0.6 says where asking for less may help, and which setting it means; one that it names counts."""

_NAMED: Final = re.compile(r"\(see (\w+_threshold)\)")
_GUARDRAIL: Final = re.compile(r"Guardrail (\w+) violated")
_BYTES: Final = re.compile(r"(?:failure threshold of|loaded over) ([\d,]+) bytes")
_PAGE_SIZE: Final = re.compile(r"Guardrail page_size violated.*fail threshold of ([\d,]+)")


def _limit_of(error: BaseException) -> str:
    """Give the setting whose threshold a page is beyond; empty where it is none."""
    text = str(error)
    found = next((setting for told, setting in _LIMITS if told in text), "")
    named = _NAMED.search(text) if found else None
    return named[1] if named else found


def _guardrail(text: str) -> str:
    """Give the setting of a guardrail: a threshold, or whether something is allowed at all."""
    found = _GUARDRAIL.search(text)
    name = found[1] if found else "the guardrail"
    return f"{name}_fail_threshold" if "threshold" in text else f"{name}_enabled"


def text_of(error: Any) -> str:  # noqa: ANN401 - any exception
    """Say what the driver said, in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
