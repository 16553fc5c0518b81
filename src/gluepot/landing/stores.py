"""obstore's stores, built for a place and its options."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gluepot.aws.access import region_named, s3_endpoint
from gluepot.aws.s3credential import fixed
from gluepot.errors import ConfigError, GluepotError
from gluepot.landing.faults import store_errors
from gluepot.landing.location import LOOPBACK
from gluepot.landing.retries import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obstore.store import AzureConfig, ClientConfig, ObjectStore, RetryConfig

    from gluepot.aws.s3credential import Credentials, S3Credential
    from gluepot.landing.location import Location
    from gluepot.landing.options import LandingOptions
    from gluepot.landing.retries import Retries

CONNECT_TIMEOUT: Final = timedelta(seconds=10)
REQUEST_TIMEOUT: Final = timedelta(minutes=15)
"""For a whole request, the body's upload included: 256 MB in it need 0.3 MB per second."""


@dataclass(frozen=True, kw_only=True)
class Stores:
    """One place, opened twice, after what an operation takes: see `retries`.

    Args:
        single: For one request; it is never sent again by itself.
        many: For many requests; each is sent again by itself.
        checksums: The service verifies each upload's SHA-256.
        remote: The files leave this machine.
        credentials: The provider that both use, if they use one.
    """

    single: ObjectStore
    many: ObjectStore
    checksums: bool = False
    remote: bool = True
    credentials: Watched | None = None


class Watched:
    """A credential provider that remembers why it failed: obstore keeps only the text.

    Args:
        provider: Gives the credentials.
    """

    def __init__(self, provider: Credentials) -> None:
        """Keep the provider; nothing has failed yet."""
        self._provider = provider
        self._failed: GluepotError | None = None

    def __call__(self) -> S3Credential:
        """Return fresh credentials."""
        try:
            found = self._provider()
        except GluepotError as error:
            self._failed = error
            raise
        self._failed = None
        return found

    def failed(self) -> GluepotError | None:
        """Give the error of the last call, None where it succeeded."""
        return self._failed

    def __repr__(self) -> str:
        return "Watched(***)"


def open_stores(place: Location, options: LandingOptions, credentials: Credentials | None, retries: Retries) -> Stores:
    """Open a place.

    Args:
        place: The parsed URL.
        options: What gives access.
        credentials: AWS credentials for S3; without them the key and secret of the options, else obstore's own chain.
        retries: How often a request is sent.

    Raises:
        ConfigError: The options do not fit together or do not fit the place.
        StoreError: A local folder cannot be made.
    """
    with store_errors(f"cannot open {place.name}"):
        match place.scheme:
            case "s3":
                return _s3(place, options, credentials, retries)
            case "az":
                return _azure(place, options, retries)
            case "file":
                return _local(place)
            case _:
                return _memory()


def _s3(place: Location, options: LandingOptions, credentials: Credentials | None, retries: Retries) -> Stores:
    from obstore.store import S3Store  # noqa: PLC0415 # lazy: start-up

    provider = _provider(options, credentials)
    watched = Watched(provider) if provider else None
    endpoint = s3_endpoint()
    region = region_named(options.region) or "us-east-1"
    address: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}

    def build(again: RetryConfig) -> ObjectStore:
        return S3Store(
            place.container,
            prefix=place.prefix or None,
            region=region,
            # the service refuses a body that does not match: a put that succeeds is verified
            checksum_algorithm="SHA256",
            client_options=_client(endpoint),
            retry_config=again,
            credential_provider=watched,
            **address,
        )

    return Stores(single=build(NEVER), many=build(retries.config()), checksums=True, credentials=watched)


def _provider(options: LandingOptions, credentials: Credentials | None) -> Credentials | None:
    if credentials is not None:
        return credentials
    if bool(options.key) != bool(options.secret):
        raise ConfigError("landing.key and landing.secret belong together", "one is missing", "give both, or neither")
    if options.role:
        raise ConfigError("landing.role needs AWS credentials to assume it", hint="pass `credentials` to from_url")
    if not options.key:
        return None
    # not as obstore's own options: those would be completed with AWS_SESSION_TOKEN of another identity
    return fixed(options.key, options.secret)


def _azure(place: Location, options: LandingOptions, retries: Retries) -> Stores:
    from obstore.store import AzureStore  # noqa: PLC0415 # lazy: start-up

    endpoint = place.endpoint or os.environ.get("AZURE_STORAGE_ENDPOINT") or os.environ.get("AZURE_ENDPOINT") or ""
    config: AzureConfig = {"account_name": _account(place, options), **_azure_access(options)}
    if endpoint:
        config["endpoint"] = endpoint.rstrip("/")

    def build(again: RetryConfig) -> ObjectStore:
        return AzureStore(
            place.container,
            prefix=place.prefix or None,
            config=config,
            client_options=_client(endpoint),
            retry_config=again,
        )

    return Stores(single=build(NEVER), many=build(retries.config()))


def _account(place: Location, options: LandingOptions, environ: Mapping[str, str] = os.environ) -> str:
    named = options.account or place.account
    if options.account and place.account and options.account != place.account:
        why = f"the URL says {place.account}, landing.account says {options.account}"
        raise ConfigError("the landing names two storage accounts", why, "leave landing.account out")
    account = named or environ.get("AZURE_STORAGE_ACCOUNT_NAME") or environ.get("AZURE_STORAGE_ACCOUNT")
    if not account:
        raise ConfigError("the landing names no Azure storage account", hint="set landing.account")
    return account


def _azure_access(options: LandingOptions) -> AzureConfig:
    """Pin the kind of access: left to itself, obstore would prefer a key from the environment to the SAS given here."""
    if options.sas and options.account_key:
        raise ConfigError("the landing has both a SAS token and an account key", hint="keep one of the two")
    if options.sas:
        return {"sas_key": options.sas.strip(), "credential_type": "sas_token"}
    if options.account_key:
        return {"account_key": options.account_key.strip(), "credential_type": "access_key"}
    return {}


def _local(place: Location) -> Stores:
    from obstore.store import LocalStore  # noqa: PLC0415 # lazy: start-up

    store = LocalStore(place.folder, mkdir=True)
    return Stores(single=store, many=store, remote=False)


def _memory() -> Stores:
    from obstore.store import MemoryStore  # noqa: PLC0415 # lazy: start-up

    store = MemoryStore()
    return Stores(single=store, many=store, remote=False)


def _client(endpoint: str) -> ClientConfig:
    """Allow plain HTTP only where nothing leaves this machine."""
    host = urlsplit(endpoint).hostname or ""
    plain = endpoint.lower().startswith("http://")
    if plain and host not in LOOPBACK:
        hint = "use https://, or an endpoint on 127.0.0.1"
        raise ConfigError("the landing's endpoint would send the files unencrypted", f"it is http://{host}", hint)
    return {"allow_http": plain, "connect_timeout": CONNECT_TIMEOUT, "timeout": REQUEST_TIMEOUT}
