"""Airflow's connections as keys of a configuration or a plan file; the fields are those that Airflow's providers use.

Nothing of a provider is needed. What a connection holds is used in the worker's memory only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

AWS: Final = ("aws",)
AZURE: Final = ("wasb", "adls")
SOURCE: Final = ("cassandra", "astra", "generic")
"""Types of connections, as `airflow connections add --conn-type` takes them."""

_DENY_AWS: Final = {
    "aws_session_token": "keys with a session token end while runs go on: name a role in role_arn",
    "endpoint_url": "set AWS_ENDPOINT_URL in the worker's environment",
    "service_config": "set AWS_ENDPOINT_URL_SERVICE in the worker's environment",
    "verify": "set AWS_CA_BUNDLE in the worker's environment",
    "session_kwargs": "put the key into login, the secret into password",
}
_DENY_AZURE: Final = {
    "tenant_id": "give a SAS token (sas_token) or the account's key (password)",
    "managed_identity_client_id": "set AZURE_CLIENT_ID in the worker's environment, and leave the connection out",
    "workload_identity_tenant_id": "set AZURE_TENANT_ID in the worker's environment, and leave the connection out",
}
_DENY_SOURCE: Final = {
    "load_balancing_policy": "name the data centre in the plan file: source.datacenter",
    "protocol_version": "leave it out: the driver finds it",
    "cql_version": "leave it out: the driver finds it",
}
"""Options that gluepot cannot honour, and what to do instead: ignoring one would hide a mistake."""


class Conn(Protocol):
    """What of Airflow's `Connection` is read."""

    conn_id: str
    conn_type: str | None
    host: str | None
    schema: str | None
    login: str | None
    password: str | None
    port: int | None

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra, which is JSON."""


Get = "Callable[[str], Conn]"
"""Finds a connection by its id."""


def get(conn_id: str) -> Conn:
    """Ask Airflow for a connection.

    Raises:
        ConfigError: There is none of that name.
    """
    from airflow.sdk import BaseHook  # noqa: PLC0415 - slow to load, and only in tasks
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415 - likewise

    try:
        found: Conn = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise missing(conn_id) from None
    return found


async def aget(conn_id: str) -> Conn:
    """Ask Airflow for a connection from within a trigger.

    Raises:
        ConfigError: There is none of that name.
    """
    from airflow.sdk import BaseHook  # noqa: PLC0415 - slow to load, and only in triggers
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415 - likewise

    try:
        found: Conn = await BaseHook.aget_connection(conn_id)
    except AirflowNotFoundException:
        raise missing(conn_id) from None
    return found


def missing(conn_id: str) -> ConfigError:
    """Say that a connection is not there, and how it is made."""
    why = "neither a secrets backend, nor the environment, nor Airflow's database has one"
    return ConfigError(
        f"there is no Airflow connection {conn_id!r}",
        why,
        f"airflow connections add {conn_id} --conn-type TYPE ..., or set AIRFLOW_CONN_{conn_id.upper()}",
    )


def aws_keys(conn: Conn) -> dict[str, Any]:
    """Give what an AWS connection says, as keys of a configuration: key, secret, profile, role, region.

    `role` is a list of steps, as a configuration writes a chain.

    Raises:
        ConfigError: It is of another type, holds half a key, or an option that cannot be honoured.
    """
    extra = _checked(conn, AWS, _DENY_AWS)
    method = extra.get("assume_role_method", "assume_role")
    if method != "assume_role":
        raise _refused(conn, "assume_role_method", f"{method!r} is not supported", "name a role for assume_role")
    login = conn.login or extra.get("aws_access_key_id")
    password = conn.password or extra.get("aws_secret_access_key")
    if bool(login) != bool(password):
        lacks = "password (the secret key)" if login else "login (the access key)"
        raise ConfigError(f"the connection {conn.conn_id!r} holds half a key", f"{lacks} is missing", "give both")
    found = {
        "key": login,
        "secret": password,
        "profile": extra.get("profile_name"),
        "region": extra.get("region_name"),
        "role": _role(conn, extra),
    }
    return {name: value for name, value in found.items() if value}


def _role(conn: Conn, extra: Mapping[str, Any]) -> list[dict[str, Any]]:
    arn, more = extra.get("role_arn"), dict(extra.get("assume_role_kwargs") or {})
    if not arn:
        return []
    step = {
        "arn": arn,
        "external_id": more.pop("ExternalId", None) or extra.get("external_id"),
        "session_duration": more.pop("DurationSeconds", None),
    }
    more.pop("RoleSessionName", None)  # gluepot's sessions are named gluepot
    if more:
        raise _refused(conn, f"assume_role_kwargs.{min(more)}", "is not supported", "leave it out")
    return [{name: value for name, value in step.items() if value}]


def azure_keys(conn: Conn) -> dict[str, Any]:
    """Give what an Azure connection says, as keys of a landing: account, and sas or account_key.

    Raises:
        ConfigError: It is of another type, or holds an option that cannot be honoured.
    """
    extra = _checked(conn, AZURE, _DENY_AZURE)
    if extra.get("connection_string"):
        return _of_connection_string(conn, extra["connection_string"])
    sas = extra.get("sas_token")
    if sas and "://" in sas:
        address, _, sas = sas.partition("?")
        return {"account": _account(address), "sas": sas}
    account = _account(conn.host or "") or conn.login or ""
    if sas:
        return {"account": account, "sas": sas}
    key = extra.get("shared_access_key") or conn.password or extra.get("account_key")
    return {name: value for name, value in {"account": account, "account_key": key}.items() if value}


def _account(address: str) -> str:
    """Take the account out of its URL or host: https://ACCOUNT.blob.core.windows.net."""
    host = urlsplit(address if "://" in address else f"https://{address}").hostname or ""
    return host.partition(".")[0]


def _of_connection_string(conn: Conn, text: str) -> dict[str, Any]:
    parts = dict(part.partition("=")[::2] for part in text.split(";") if part)
    keys = {
        "account": parts.get("AccountName") or _account(parts.get("BlobEndpoint", "")),
        "account_key": parts.get("AccountKey"),
        "sas": parts.get("SharedAccessSignature"),
    }
    if not keys["account"]:
        raise _refused(conn, "connection_string", "names no AccountName", "copy it from the storage account again")
    return {name: value for name, value in keys.items() if value}


def store_keys(conn: Conn, url: str, what: str) -> dict[str, Any]:
    """Give what opens a landing URL: the keys of `landing` without its URL.

    Args:
        conn: The connection.
        url: Where the landing is.
        what: What of the configuration the URL is, for messages.

    Raises:
        ConfigError: The connection does not fit the URL.
    """
    from gluepot.landing.location import parse_url  # noqa: PLC0415 - only for URLs

    scheme = parse_url(url).scheme
    if scheme == "az":
        _of_type(conn, AZURE, what)
        return azure_keys(conn)
    if scheme != "s3":
        why = f"{what} is a path, which needs no credentials"
        raise ConfigError(f"the connection {conn.conn_id!r} opens nothing", why, "leave it out")
    _of_type(conn, AWS, what)
    return _s3_keys(conn)


def _s3_keys(conn: Conn) -> dict[str, Any]:
    keys = aws_keys(conn)
    if keys.pop("profile", None):
        raise _refused(conn, "profile_name", "is not supported for a landing", "give login and password, or role_arn")
    steps = keys.pop("role", [])
    for name in ("external_id", "session_duration"):
        if steps and name in steps[0]:
            raise _refused(conn, "assume_role_kwargs", "is not supported for a landing", "name role_arn alone")
    return {**keys, "role": steps[0]["arn"]} if steps else keys


def source_keys(conn: Conn) -> dict[str, Any]:
    """Give what a connection to Cassandra or Astra DB says, as keys of a plan file's `source`.

    Of type `cassandra`: host (contact points), port, login, password, schema (keyspace), and in the extra `ssl_options`
    with `ca_certs`, `certfile`, `keyfile`. Of type `astra` or `generic`: host (database), password (token), schema, and
    in the extra `bundle`, `region`, `devops_url`.

    Raises:
        ConfigError: It is of another type, or holds an option that cannot be honoured.
    """
    extra = _checked(conn, SOURCE, _DENY_SOURCE)
    found = _cassandra(conn, extra) if conn.conn_type == "cassandra" else _astra(conn, extra)
    return {name: value for name, value in {"keyspace": conn.schema, **found}.items() if value}


def _cassandra(conn: Conn, extra: Mapping[str, Any]) -> dict[str, Any]:
    ssl = extra.get("ssl_options")
    named = {"ca": "ca_certs", "cert": "certfile", "key": "keyfile"}
    tls = {name: ssl[theirs] for name, theirs in named.items() if theirs in ssl} if isinstance(ssl, dict) else ssl
    return {
        "contact_points": [host.strip() for host in (conn.host or "").split(",") if host.strip()],
        "port": conn.port,
        "user": conn.login,
        "password": conn.password,
        "tls": tls or (True if ssl else None),
    }


def _astra(conn: Conn, extra: Mapping[str, Any]) -> dict[str, Any]:
    if not conn.password:
        why = "its password, the token, is empty"
        raise ConfigError(f"the connection {conn.conn_id!r} opens no Astra database", why, "put AstraCS:... there")
    return {
        "database": conn.host,
        "token": conn.password,
        **{name: extra.get(name) for name in ("bundle", "region", "devops_url")},
    }


def _checked(conn: Conn, kinds: tuple[str, ...], refused: Mapping[str, str]) -> dict[str, Any]:
    """Read the extra of a connection that is of one of these types."""
    _of_type(conn, kinds, "what is to be opened with it")
    try:
        extra = dict(conn.extra_dejson or {})
    except Exception:  # noqa: BLE001 - Airflow's own exception quotes the extra, secrets included
        raise ConfigError(f"the extra of connection {conn.conn_id!r} is not JSON", "", "write an object") from None
    for name, instead in refused.items():
        if extra.get(name):
            raise _refused(conn, name, "is not supported", instead)
    return extra


def _of_type(conn: Conn, kinds: tuple[str, ...], what: str) -> None:
    if conn.conn_type not in kinds:
        wanted = " or ".join(repr(kind) for kind in kinds)
        why = f"{what} wants {wanted}"
        hint = f"name another connection, or give this one the type {kinds[0]!r}"
        raise ConfigError(f"the connection {conn.conn_id!r} is of type {conn.conn_type!r}", why, hint)


def _refused(conn: Conn, name: str, why: str, hint: str) -> ConfigError:
    return ConfigError(f"the connection {conn.conn_id!r} has {name} in its extra", why, hint)
