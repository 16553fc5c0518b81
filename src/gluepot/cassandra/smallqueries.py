"""Rows of small questions, whatever row factory the caller's session has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gluepot.backoff import Backoff
from gluepot.cassandra.errors import Fault, kind_of, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

SECONDS: Final = 60
ATTEMPTS: Final = 4
PAUSES: Final = Backoff(first=0.5, longest=5.0, growth=4)
_KEPT: Final = "_gluepot_plain"
_lock = threading.Lock()


def rows(
    session: Any,  # noqa: ANN401 - a driver session
    query: str,
    values: Sequence[Any] = (),
    *,
    of: str,
    host: Any = None,  # noqa: ANN401 - of the driver
) -> list[Any]:
    """Ask, a few times if need be; each row is a tuple with names.

    Args:
        session: A driver session.
        query: CQL with `%s` for values.
        values: The values.
        of: What is asked about, for errors.
        host: The one node to ask.

    Raises:
        ConfigError: It may not be read.
        UnreachableError: The cluster does not answer.
    """
    asked, more = _session(session)
    return patiently(lambda: list(asked.execute(query, values or None, timeout=SECONDS, host=host, **more)), of)


def patiently(attempt: Callable[[], T], of: str) -> T:
    """Try a few times: a slow server is not worth a failure.

    Raises:
        ConfigError: It may not be read.
        UnreachableError: The cluster does not answer.
    """
    try:
        return PAUSES.retry(attempt, ATTEMPTS, lambda error: kind_of(error) is not Fault.FINAL)
    except Exception as error:
        raise silent(of, error) from error


def _session(session: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 - driver sessions
    """Give a session with rows as we want them: the caller's own where a profile says so, else another one."""
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, _ConfigMode  # noqa: PLC0415 - the driver is slow to load
    from cassandra.query import named_tuple_factory  # noqa: PLC0415 - likewise

    cluster = session.cluster
    if cluster._config_mode != _ConfigMode.LEGACY:  # noqa: SLF001 - the driver says it nowhere else
        profile = session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, row_factory=named_tuple_factory)
        return session, {"execution_profile": profile}
    with _lock:
        found = getattr(cluster, _KEPT, None)
        if found is None or found.is_shutdown:
            found = cluster.connect()
            found.row_factory = named_tuple_factory
            setattr(cluster, _KEPT, found)
    return found, {}
