"""What errors of the driver say of another try: while connecting, and of a cluster that has answered."""

from __future__ import annotations

from typing import Final

from gluepot.cassandra.errors import Fault, kind_of
from gluepot.errors import GluepotError
from gluepot.waiting import network
from gluepot.waiting.patience import Verdict

_WEIGHT: Final = (Verdict.FINAL, Verdict.PASSING, Verdict.THROTTLED, Verdict.REFUSED, Verdict.UNKNOWN)
"""Of several contact points the first counts: a refusal is one for all, and who answers is there."""


_UNCHECKED: Final = ("Unable to perform authentication", "Unable to perform authorization")
"""What a node says that cannot read what it keeps of roles, as while it starts; it has the code of a refusal
(https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/auth/PasswordAuthenticator.java).
"""


def is_unchecked(error: object) -> bool:
    """Tell whether a refusal only says that nobody could look."""
    return any(said in str(error) for said in _UNCHECKED)


def of_answers(error: Exception) -> Verdict:
    """Say it of a question to a cluster that has answered before."""
    if is_unchecked(error):
        return Verdict.PASSING
    kind = kind_of(error)
    if kind is Fault.REFUSED:
        return Verdict.THROTTLED
    return Verdict.PASSING if kind in {Fault.AWAY, Fault.HEAVY} else Verdict.FINAL


def of_connecting(error: Exception) -> Verdict:
    """Say it of an attempt to connect, from what the contact points said."""
    from cassandra.cluster import NoHostAvailable  # noqa: PLC0415 - the driver is slow to load

    if isinstance(error, GluepotError):
        return Verdict.FINAL
    if not isinstance(error, NoHostAvailable):
        return _of_one(error)
    each = error.errors.values() if isinstance(error.errors, dict) else ()
    found = {_of_one(reason) for reason in each}
    return next((one for one in _WEIGHT if one in found), Verdict.PASSING)


def _of_one(error: Exception) -> Verdict:
    """Say it of one contact point, or of the service that names those of Astra."""
    import cassandra  # noqa: PLC0415 - the driver is slow to load
    from cassandra.connection import ConnectionException, ProtocolVersionUnsupported  # noqa: PLC0415 - likewise

    if is_unchecked(error):
        return Verdict.PASSING
    known = (
        ((cassandra.AuthenticationFailed, ProtocolVersionUnsupported), Verdict.FINAL),
        (cassandra.UnresolvableContactPoints, Verdict.UNKNOWN),
        # closed before anything was said: whoever listens there may be no Cassandra
        (ConnectionException, Verdict.REFUSED),
    )
    found = next((verdict for kinds, verdict in known if isinstance(error, kinds)), None)
    if found is not None:
        return found
    if isinstance(error, OSError):
        return _of_socket(error)
    if type(error) is cassandra.DriverException and error.__context__ is not None:
        return network.verdict_of(error.__context__)  # of Astra's metadata service
    return of_answers(error)


def _of_socket(error: OSError) -> Verdict:
    """Read in the driver's words what the last address of a contact point met: it keeps no more than these."""
    said = str(error)
    if "[SSL" in said and "EOF" not in said:
        return Verdict.FINAL
    if said.endswith("timed out") or isinstance(error, ConnectionError):
        return Verdict.REFUSED
    return network.verdict_of(error)
