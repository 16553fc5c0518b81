"""Result frames as they came: a page's rows as bytes, with its columns and its paging state, not decoded.

The driver decodes rows in Python objects on its event loop. A session of `raw` hands the bytes of the rows through
instead; everything else of the driver (framing, compression, tracing, warnings, paging, prepared statements) is as
ever, in every version of the protocol.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cassandra import protocol
from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cassandra.marshal import int32_unpack
from cassandra.policies import FallthroughRetryPolicy

from gluepot.cassandra import wiretypes
from gluepot.errors import GluepotError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.cql import CqlType

TIMEOUT: Final = 60.0
"""Seconds for a page, where the caller says nothing."""

_KEPT: Final = "_gluepot_raw"


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page of a result.

    Args:
        columns: Name and type of each column, as the server says them.
        rows: Row by row, cell by cell: a big-endian length of four bytes, negative for null, and the cell. A view of
            the frame, which lives as long as it does.
        count: Rows in it.
        paging_state: What asks for the next page; None at the end, and only there.
    """

    columns: tuple[tuple[str, CqlType], ...]
    rows: bytes | memoryview
    count: int
    paging_state: bytes | None


class _RawResult(protocol.ResultMessage):  # type: ignore[misc] # the driver ships no types
    """A result whose rows stay bytes, and whose types are values of ours."""

    @classmethod
    def recv_body(cls, f: Any, *more: Any) -> _RawResult:  # noqa: ANN401 - the driver's
        """Keep what cannot be read for the caller: raised here, it would end the connection, and others' requests."""
        made = cls(int32_unpack(f.read(4)))
        try:
            made.recv(f, *more)
        except GluepotError as error:
            made.parsed_rows = [error]  # type: ignore[list-item] # `given` raises it
        return made

    @staticmethod
    def read_type(f: Any, _user_type_map: Any) -> CqlType:  # noqa: ANN401 - the driver's
        """Read a type in place of the driver, whose reader fails at user-defined types of some names in vectors."""
        return wiretypes.read(f)

    def recv_results_rows(self, f: Any, _version: int, user_type_map: Any, result_metadata: Any, _policy: Any) -> None:  # noqa: ANN401 - the driver's
        """Keep the rows as one page, which the driver takes for the only row.

        A result of a prepared statement may come without metadata: what was told when it was prepared holds then.
        """
        self.recv_results_metadata(f, user_type_map)
        described = self.column_metadata or result_metadata
        columns = tuple((column[2], column[3]) for column in described)
        count = int32_unpack(f.read(4))
        self.column_names = [column[2] for column in described]
        self.column_types = [column[3] for column in described]
        rows = memoryview(f.getvalue())[f.tell() :]  # no copy: the stream still is the bytes that it was made of
        self.parsed_rows = [RawPage(columns, rows, count, self.paging_state)]


class Handler(protocol._ProtocolHandler):  # type: ignore[misc] # noqa: SLF001 - the driver's documented base for handlers
    """Decodes messages with raw results.

    https://docs.datastax.com/en/developer/python-driver/latest/api/cassandra/protocol/
    """

    message_types_by_opcode: ClassVar[dict[int, Any]] = {
        **protocol._ProtocolHandler.message_types_by_opcode,  # noqa: SLF001 - likewise
        _RawResult.opcode: _RawResult,
    }


_lock = threading.Lock()


def raw(session: Any) -> Any:  # noqa: ANN401 - a driver session
    """Give a session of the same cluster whose results hold one RawPage each; the one given is not changed.

    It is made once for each cluster, and ends with it.

    Args:
        session: A driver session, of a cluster with execution profiles or with the driver's older parameters.
    """
    cluster = session.cluster
    with _lock:
        found = getattr(cluster, _KEPT, None)
        if found is None or found.is_shutdown:
            found = RawSession(cluster.connect(), like=session)
            setattr(cluster, _KEPT, found)  # not in a dictionary of ours, which would keep the cluster for ever
        return found


class RawSession:
    """A session whose results hold one RawPage each; errors come as they are, without retries of the driver's own.

    Args:
        session: A session for this purpose alone.
        like: The session whose consistency and load balancing it shares.
    """

    def __init__(self, session: Any, *, like: Any) -> None:  # noqa: ANN401 - driver sessions
        self._session = session
        self._like = like
        self._retries = FallthroughRetryPolicy()
        session.client_protocol_handler = Handler

    @property
    def cluster(self) -> Any:  # noqa: ANN401 - of the driver
        """The cluster."""
        return self._session.cluster

    @property
    def is_shutdown(self) -> bool:
        """Whether it has ended, with its cluster."""
        return bool(self._session.is_shutdown)

    def heal(self) -> None:
        """Connect anew to nodes that are up and whose connections are all gone; the driver does not always."""
        self._session.update_created_pools()

    def prepare(self, query: str) -> Any:  # noqa: ANN401 - of the driver
        """Prepare a query."""
        return self._session.prepare(query)

    def execute(self, query: Any, parameters: Any = None, **more: Any) -> Any:  # noqa: ANN401 - of the driver
        """Execute a query; the result's `one()` is its RawPage."""
        return self.execute_async(query, parameters, **more).result()

    def execute_async(self, query: Any, parameters: Any = None, **more: Any) -> Any:  # noqa: ANN401 - of the driver
        """Send a query; the future's result's `one()` is its RawPage."""
        more.setdefault("timeout", TIMEOUT)
        return self._session.execute_async(query, parameters, **self._options(query), **more)

    def _options(self, query: Any) -> dict[str, Any]:  # noqa: ANN401 - of the driver
        """Say how rows and errors come, in the way that the cluster allows now: its users may change it any time."""
        if not _is_legacy(self.cluster):
            profile = self._like.execution_profile_clone_update(
                EXEC_PROFILE_DEFAULT, row_factory=given, retry_policy=self._retries
            )
            return {"execution_profile": profile}
        self._session.row_factory = given
        self._session.default_consistency_level = self._like.default_consistency_level
        if getattr(query, "retry_policy", self._retries) is None:
            query.retry_policy = self._retries
        return {}


def _is_legacy(cluster: Any) -> bool:  # noqa: ANN401 - of the driver
    """Tell whether a cluster was made with the driver's older parameters, which exclude execution profiles."""
    from cassandra.cluster import _ConfigMode  # noqa: PLC0415 - the driver says it nowhere else

    return bool(cluster._config_mode == _ConfigMode.LEGACY)  # noqa: SLF001 - likewise


def given(_names: Sequence[str], rows: list[RawPage | GluepotError]) -> list[RawPage]:
    """Give the page; the driver hands an error that is raised here to whoever waits for the page."""
    for row in rows:
        if isinstance(row, GluepotError):
            raise row
    return rows  # type: ignore[return-value] # it holds pages only, as was just seen
