"""Sessions for Cassandra and Astra, and what went wrong where there is none."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from gluepot.cassandra import bundle as bundles
from gluepot.cassandra import devopsapi, verdicts
from gluepot.errors import ConfigError, MissingExtraError, UnreachableError
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot.cassandra.source import Source
    from gluepot.secret import Secret

PROTOCOL: Final = 4
"""Version 5 adds a checksum to every 128 KiB, which costs the client as much as receiving the rows (measured)."""

INLINE: Final = "data:application/x-pem-file;base64,"
"""How an authority's certificates are written where there are no files: a data URL (RFC 2397)."""

_warn: Final = logging.getLogger("gluepot.cassandra").warning
SECONDS: Final = 20
RECONNECT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection; as a context manager it is closed at the end.

    Args:
        session: The driver's session.
        cluster_name: The source's name, for people and for plans.
        is_astra: Whether it is Astra.
        own_name: The name that the cluster has itself, or the id of the Astra database; it names no host.
    """

    session: Any
    cluster_name: str
    is_astra: bool
    own_name: str = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session and its cluster's connections."""
        self.session.cluster.shutdown()


def connect(source: Source, resolve: Callable[[str], str] | None = None) -> Connected:
    """Connect, and read the cluster's topology.

    Args:
        source: Where to, and with what.
        resolve: Reads AWS Secrets Manager; only `secretsmanager:` references need it.

    Raises:
        ConfigError: Wrong password or token, a bundle that is none, certificates that cannot be used.
        UnreachableError: No contact point answers; each is named with why.
        MissingExtraError: The driver is not installed.
    """
    try:
        import cassandra  # noqa: F401, PLC0415 - the driver is slow to load
    except ImportError:
        raise MissingExtraError.of("load", "gluepot load") from None
    _quiet()
    user, password = credentials_of(source.secret, source.login, resolve)
    with contextlib.ExitStack() as stack:
        options = _options(source, password, stack)
        session = _session(source, options, user, password)
        return Connected(session, source.name, source.is_astra, _own_name(session, source, options))


def _own_name(session: Any, source: Source, options: dict[str, Any]) -> str:  # noqa: ANN401 - a driver session
    """Name the cluster as it names itself; all databases of Astra say the same there, and have ids of their own."""
    if source.is_astra:
        found = bundles.database_id(Path(options["cloud"]["secure_connect_bundle"])) or source.database
        if found:
            return f"astra {found}"
    return str(session.cluster.metadata.cluster_name or "")


def credentials_of(secret: Secret | None, user: str, resolve: Callable[[str], str] | None) -> tuple[str, str]:
    """Give user and password; a secret that is JSON with `user` and `password` gives both.

    That is how the walkthrough's secret in AWS Secrets Manager is shaped: {"user": "token", "password": "AstraCS:..."}.
    """
    if secret is None:
        return user, ""
    text = secret.reveal(resolve)
    if text.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):
            held = json.loads(text)
            if isinstance(held, dict) and isinstance(held.get("password"), str):
                return str(held.get("user") or user), held["password"]
    return user, text


def _options(source: Source, password: str, stack: contextlib.ExitStack) -> dict[str, Any]:
    """Say where the cluster is, as the driver wants to hear it."""
    if not source.is_astra:
        options: dict[str, Any] = {"contact_points": list(source.contact_points), "port": source.port}
        return {**options, "ssl_context": _context(source)} if source.tls else options
    path = Path(source.bundle).expanduser()
    if source.bundle:
        bundles.check(path)
    else:
        path = stack.enter_context(
            bundles.fetched(password, source.database, source.region, source.devops_url or devopsapi.DEVOPS)
        )
    return {
        "cloud": {
            "secure_connect_bundle": str(path),
            "use_default_tempdir": True,
            "connect_timeout": SECONDS,
            "ssl_context": bundles.context(path),
        }
    }


def _context(source: Source) -> ssl.SSLContext:
    """Make the TLS context: the chain is always verified, the host's name unless told otherwise."""
    tls = source.certificates
    try:
        if tls.ca.startswith(INLINE):
            made = ssl.create_default_context(cadata=_inlined(tls.ca))
        else:
            made = ssl.create_default_context(cafile=tls.ca or None)
    except (OSError, ValueError) as error:
        told = "that was taken along" if tls.ca.startswith(INLINE) else tls.ca
        raise ConfigError(f"source.tls.ca {told} cannot be used", _line(error), "give a PEM file") from None
    made.check_hostname = tls.verify
    if not tls.verify:
        _warn("%s: any certificate of the authority passes for any node: source.tls.verify is false", source.name)
    if tls.cert:
        try:
            # a key that asks for a passphrase would ask at the terminal
            made.load_cert_chain(tls.cert, tls.key or None, password=_no_passphrase)
        except (OSError, ValueError) as error:
            hint = "give a PEM file and its key, without a passphrase"
            raise ConfigError("source.tls.cert cannot be used", _line(error), hint) from None
    return made


def _inlined(authority: str) -> str:
    return base64.b64decode(authority.removeprefix(INLINE), validate=True).decode("ascii")


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")


def _session(source: Source, options: dict[str, Any], user: str, password: str) -> Any:  # noqa: ANN401 - a driver session
    from cassandra import ConsistencyLevel  # noqa: PLC0415 - the driver is slow to load
    from cassandra.auth import PlainTextAuthProvider  # noqa: PLC0415 - likewise
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile  # noqa: PLC0415 - likewise
    from cassandra.policies import (  # noqa: PLC0415 - likewise
        ConstantReconnectionPolicy,
        DCAwareRoundRobinPolicy,
        TokenAwarePolicy,
    )

    if source.consistency not in ConsistencyLevel.name_to_value:
        known = ", ".join(ConsistencyLevel.name_to_value)
        raise ConfigError(f"there is no consistency {source.consistency!r}", hint=f"write one of {known}")
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(source.datacenter)),
        consistency_level=ConsistencyLevel.name_to_value[source.consistency],
        request_timeout=60,
    )
    auth = PlainTextAuthProvider(user, password) if user or password else None

    def attempt() -> Any:  # noqa: ANN401 - a driver session
        cluster = Cluster(
            **options,
            auth_provider=auth,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            protocol_version=PROTOCOL,
            connect_timeout=SECONDS,
            control_connection_timeout=SECONDS,
            compression=False,
            # a node that was away is asked again at once, not after minutes
            reconnection_policy=ConstantReconnectionPolicy(RECONNECT, None),
        )
        try:
            return _connected(cluster, source)
        except BaseException:
            cluster.shutdown()
            raise

    with _mapped_errors(source):
        return current().run(attempt, verdicts.of_connecting, host=source.name, what="connecting")


def _connected(cluster: Any, source: Source) -> Any:  # noqa: ANN401 - of the driver
    """Connect; where no node is in the data centre that is asked for, say which there are."""
    from cassandra.cluster import NoHostAvailable  # noqa: PLC0415 - the driver is slow to load

    try:
        return cluster.connect()
    except NoHostAvailable:
        known = sorted({host.datacenter for host in cluster.metadata.all_hosts() if host.datacenter})
        if not source.datacenter or not known or source.datacenter in known:
            raise
        hint = f"there are: {', '.join(known)}"
        raise ConfigError(f"{source.name} has no data centre {source.datacenter!r}", hint=hint) from None


@contextlib.contextmanager
def _mapped_errors(source: Source) -> Iterator[None]:
    """Turn the driver's errors into ones that say what to do."""
    from cassandra import AuthenticationFailed, DriverException  # noqa: PLC0415 - the driver is slow to load
    from cassandra.cluster import NoHostAvailable  # noqa: PLC0415 - likewise

    try:
        yield
    except AuthenticationFailed as error:
        if verdicts.is_unchecked(error):
            raise UnreachableError(f"{source.name} does not answer", _line(error), _hint(source, "")) from None
        raise _denied(source, str(error)) from None
    except NoHostAvailable as error:
        reasons = dict(error.errors) if isinstance(error.errors, dict) else {}
        denials = [reason for reason in reasons.values() if isinstance(reason, AuthenticationFailed)]
        if any(not verdicts.is_unchecked(reason) for reason in denials):
            raise _denied(source, "authentication failed") from None
        each = "; ".join(f"{host}: {_line(reason)}" for host, reason in reasons.items()) or _line(error)
        raise UnreachableError(f"{source.name} does not answer", each, _hint(source, each)) from None
    except (DriverException, OSError, ValueError) as error:
        raise UnreachableError(f"{source.name} does not answer", _line(error), _hint(source, "")) from None


def _denied(source: Source, why: str) -> ConfigError:
    if source.is_astra:
        return ConfigError(f"{source.name} refuses the token", "it is wrong or expired", devopsapi.NEW_TOKEN)
    del why
    hint = "check source.user and the secret that source.password points to"
    return ConfigError(f"{source.name} refuses user {source.user!r}", "wrong user or password, or none was given", hint)


def _hint(source: Source, why: str) -> str:
    if source.is_astra:
        return "check that the database is active (Astra portal), and the network"
    if "CERTIFICATE" in why or "certificate" in why:
        return "check source.tls: ca must have signed the nodes' certificates, and these must name the contact points"
    if "SSL" in why:
        return "check source.tls: do these nodes want TLS on this port?"
    return "check source.contact_points and source.port, that Cassandra runs, and whether it wants TLS"


def _line(error: object) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]


def _quiet() -> None:
    """Keep the driver's warnings to ourselves: each is told as an error or was overcome."""
    for name in ("cassandra.cluster", "cassandra.connection", "cassandra.pool", "cassandra.protocol"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.CRITICAL)
    # the cloud module logs whole tracebacks of what is told as an error too
    logging.getLogger("cassandra.datastax.cloud").setLevel(logging.CRITICAL)
