"""Which node answers for a token: its replicas, in turn, so that no coordinator forwards what another one has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def replicas(session: Any, keyspace: str, token: int) -> tuple[Any, ...]:  # noqa: ANN401 - of the driver
    """Give the nodes that hold a token and that the session's policy lets it ask; none where the ring is not known.

    Args:
        session: A driver session.
        keyspace: Whose replication counts.
        token: For example the end of a range.
    """
    from cassandra.metadata import Murmur3Token  # noqa: PLC0415 - the driver is slow to load
    from cassandra.policies import HostDistance  # noqa: PLC0415 - likewise

    cluster = session.cluster
    token_map = cluster.metadata.token_map
    if token_map is None or token_map.token_class is not Murmur3Token:
        return ()
    found = token_map.get_replicas(keyspace, Murmur3Token(token)) or ()
    near = [host for host in found if cluster.profile_manager.distance(host) != HostDistance.IGNORED]
    return tuple(sorted(near, key=lambda host: str(host.endpoint)))


def chosen(hosts: Sequence[Any], turn: int) -> Any:  # noqa: ANN401 - a driver host, or None
    """Choose one of the replicas that are up; None, which leaves it to the driver, where none is.

    Args:
        hosts: See `replicas`.
        turn: Another number, another replica.
    """
    up = [host for host in hosts if host.is_up is not False]
    return up[turn % len(up)] if up else None
