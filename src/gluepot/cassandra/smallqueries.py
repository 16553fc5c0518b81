"""Rows of small questions, whatever row factory the caller's session has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gluepot.cassandra.errors import silent
from gluepot.cassandra.verdicts import of_answers
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

SECONDS: Final = 60
"""What one answer may take, all in all."""

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
    """Ask, patiently; each row is a tuple with names.

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

    def ask() -> list[Any]:
        asked, more = _session(session)
        try:
            return list(asked.execute(query, values or None, timeout=SECONDS, host=host, **more))
        except Exception:
            # where its connections broke one by one the driver never connects again to a node that it takes for up
            asked.update_created_pools()
            raise

    return patiently(ask, of, session)


def patiently(attempt: Callable[[], T], of: str, session: Any) -> T:  # noqa: ANN401 - a driver session
    """Try, and again while what is met may pass: a node that restarts is no failure.

    Args:
        attempt: What is tried.
        of: What is asked about, for errors.
        session: Whose cluster is asked.

    Raises:
        ConfigError: It may not be read.
        UnreachableError: The cluster does not answer.
    """
    try:
        return current().run(attempt, of_answers, host=name_of(session), what=of)
    except Exception as error:
        raise silent(of, error) from error


def name_of(session: Any) -> str:  # noqa: ANN401 - a driver session
    """Name a session's cluster for people who wait for it."""
    return f"Cassandra {session.cluster.metadata.cluster_name or ''}".rstrip()


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
