"""Result frames as they came: a page's rows as bytes, with its columns and its paging state, not decoded.

The driver decodes rows in Python objects on its event loop. A session of `raw` hands the bytes of the rows through
instead; everything else of the driver (framing, retries, paging, prepared statements) is as ever.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from cassandra import protocol
from cassandra.cluster import ExecutionProfile
from cassandra.marshal import int32_unpack
from cassandra.policies import FallthroughRetryPolicy

from gluepot.cassandra.types import from_driver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.cql import CqlType

PROFILE = "gluepot"
"""The execution profile of raw sessions: no retries of the driver's own, rows passed through."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page of a result.

    Args:
        columns: Name and type of each column, as the server says them.
        rows: Row by row, cell by cell: a big-endian length of four bytes, negative for null, and the cell.
        count: Rows in it.
        paging_state: What asks for the next page; None at the end, and only there.
    """

    columns: tuple[tuple[str, CqlType], ...]
    rows: bytes
    count: int
    paging_state: bytes | None


class _RawResult(protocol.ResultMessage):  # type: ignore[misc] # the driver ships no types
    """A result whose rows stay bytes."""

    def recv_results_rows(self, f: Any, _version: int, user_type_map: Any, result_metadata: Any, _policy: Any) -> None:  # noqa: ANN401 - the driver's
        """Keep the rows as one page, which the driver takes for the only row."""
        self.recv_results_metadata(f, user_type_map)
        described = self.column_metadata or result_metadata
        columns = tuple((one[2], from_driver(one[3])) for one in described)
        count = int32_unpack(f.read(4))
        self.column_names = [one[2] for one in described]
        self.column_types = [one[3] for one in described]
        self.parsed_rows = [RawPage(columns, f.read(), count, self.paging_state)]


class _Handler(protocol._ProtocolHandler):  # type: ignore[misc] # noqa: SLF001 - the driver's documented base for handlers
    """Decodes messages with raw results.

    https://docs.datastax.com/en/developer/python-driver/latest/api/cassandra/protocol/
    """

    message_types_by_opcode: ClassVar[dict[int, Any]] = {
        **protocol._ProtocolHandler.message_types_by_opcode,  # noqa: SLF001 - likewise
        _RawResult.opcode: _RawResult,
    }


_sessions: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def raw(session: Any) -> Any:  # noqa: ANN401 - a driver session
    """Give a session of the same cluster whose results hold one RawPage each; the one given is not changed.

    It is made once for each cluster, and ends with it.

    Args:
        session: A driver session.
    """
    cluster = session.cluster
    with _lock:
        found = _sessions.get(cluster)
        if found is None or found.is_shutdown:
            found = _sessions[cluster] = _opened(cluster, session)
        return found


def _opened(cluster: Any, session: Any) -> Any:  # noqa: ANN401 - of the driver
    default = session.get_execution_profile(session_default())
    if PROFILE not in cluster.profile_manager.profiles:
        profile = ExecutionProfile(
            load_balancing_policy=default.load_balancing_policy,
            retry_policy=FallthroughRetryPolicy(),
            consistency_level=default.consistency_level,
            request_timeout=default.request_timeout,
            row_factory=_through,
        )
        cluster.add_execution_profile(PROFILE, profile)
    opened = cluster.connect()
    opened.client_protocol_handler = _Handler
    return _Raw(opened)


def session_default() -> Any:  # noqa: ANN401 - the driver's key
    """Give the key of a cluster's default profile."""
    from cassandra.cluster import EXEC_PROFILE_DEFAULT  # noqa: PLC0415 - beside its use

    return EXEC_PROFILE_DEFAULT


def _through(_names: Sequence[str], rows: list[RawPage]) -> list[RawPage]:
    return rows


class _Raw:
    """A session that asks with the raw profile."""

    def __init__(self, session: Any) -> None:  # noqa: ANN401 - a driver session
        self._session = session

    @property
    def cluster(self) -> Any:  # noqa: ANN401 - of the driver
        """The cluster."""
        return self._session.cluster

    @property
    def is_shutdown(self) -> bool:
        """Whether it has ended, with its cluster."""
        return bool(self._session.is_shutdown)

    def prepare(self, query: str) -> Any:  # noqa: ANN401 - of the driver
        """Prepare a query."""
        return self._session.prepare(query)

    def execute(self, query: Any, parameters: Any = None, **more: Any) -> Any:  # noqa: ANN401 - of the driver
        """Execute a query; the result's `one()` is its RawPage."""
        return self.execute_async(query, parameters, **more).result()

    def execute_async(self, query: Any, parameters: Any = None, **more: Any) -> Any:  # noqa: ANN401 - of the driver
        """Send a query; the future's result's `one()` is its RawPage."""
        more.setdefault("timeout", 60.0)
        return self._session.execute_async(query, parameters, execution_profile=PROFILE, **more)
