"""Whether a selection can be read from a table at all: said before the first request for rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gluepot.cassandra.queries import is_multi_cell
from gluepot.errors import ConfigError
from gluepot.text import did_you_mean, near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.cql import Column, Table
    from gluepot.cassandra.reading import Selection

MURMUR: Final = "Murmur3Partitioner"
MAXWRITETIME: Final = (5, 0)
"""The version that brought `maxwritetime`: https://issues.apache.org/jira/browse/CASSANDRA-8877"""


def check(session: Any, selection: Selection) -> None:  # noqa: ANN401 - a driver session
    """Check a selection.

    Raises:
        ConfigError: It names columns that are not there, writetimes or ttls that there are not, or the cluster's
            partitioner has no tokens that can be read in ranges.
    """
    check_partitioner(session)
    table = selection.table
    columns = {column.name: column for column in table.columns}
    for name in (*selection.columns, *selection.writetime, *selection.ttl):
        if name not in columns:
            raise _unknown(name, table, tuple(columns))
    if selection.distinct:
        _check_distinct(selection, columns)
    for function, names in (("writetime", selection.writetime), ("ttl", selection.ttl)):
        for name in names:
            _check_function(session, function, table, columns[name])


def check_partitioner(session: Any) -> None:  # noqa: ANN401 - a driver session
    """Check that tokens are Murmur3's.

    Raises:
        ConfigError: They are not.
    """
    partitioner = str(session.cluster.metadata.partitioner or MURMUR).rpartition(".")[2]
    if partitioner != MURMUR:
        why = "ranges of its tokens cannot be told from keys"
        raise ConfigError(f"the cluster uses {partitioner}", why, f"only clusters with {MURMUR} can be read")


def _check_distinct(selection: Selection, columns: dict[str, Column]) -> None:
    wrong = [name for name in selection.columns if columns[name].kind not in {"partition_key", "static"}]
    if wrong or selection.writetime or selection.ttl:
        raise ConfigError(
            f"partitions of {selection.table.name} have no column {wrong[0]}" if wrong else "partitions have no times",
            "only partition keys and static columns can be read once for each partition",
        )


def _check_function(session: Any, function: str, table: Table, column: Column) -> None:  # noqa: ANN401 - a driver session
    what = f"{table.name}.{column.name} has no {function}"
    if column.kind in {"partition_key", "clustering"}:
        raise ConfigError(what, "it belongs to the primary key", "ask for that of another column")
    if table.is_counter:
        raise ConfigError(what, "counters have none", "leave it out")
    if not is_multi_cell(column):
        return
    if function == "ttl":
        raise ConfigError(what, "each of its elements has one of its own", "ask for that of another column")
    if _version(session) < MAXWRITETIME:
        why = "each of its elements has one of its own, and this server cannot tell the latest (Cassandra 5.0 can)"
        raise ConfigError(what, why, "ask for that of another column")


def _version(session: Any) -> tuple[int, ...]:  # noqa: ANN401 - a driver session
    """Give the oldest version of the cluster's nodes."""
    texts = [str(host.release_version or "0") for host in session.cluster.metadata.all_hosts()]
    return min((_numbers(text) for text in texts), default=(0,))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def _unknown(name: str, table: Table, known: Sequence[str]) -> ConfigError:
    close = near(name, known)
    hint = did_you_mean(map(repr, close)) if close else f"it has: {', '.join(known)}"
    return ConfigError(f"{table.keyspace}.{table.name} has no column {name!r}", hint=hint)
