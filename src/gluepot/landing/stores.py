"""obstore's stores, built for a place and its options."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gluepot.aws.plainhttp import check, is_loopback
from gluepot.aws.s3credential import fixed
from gluepot.errors import ConfigError, GluepotError
from gluepot.landing.faults import store_errors
from gluepot.waiting.pace import LIMITS
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obstore.store import AzureConfig, ClientConfig, ObjectStore, RetryConfig

    from gluepot.aws.s3credential import Credentials, S3Credential
    from gluepot.landing.location import Location
    from gluepot.landing.options import LandingOptions
    from gluepot.landing.signedputs import SignedPuts
    from gluepot.waiting.pace import Limits

CONNECT_TIMEOUT: Final = timedelta(seconds=10)
REQUEST_TIMEOUT: Final = timedelta(days=7)
"""obstore's own, which it does not do without: `paced` ends a request long before."""

ONCE: Final[RetryConfig] = {"max_retries": 0}
"""The patience of the run decides what is sent again: obstore signs a request once, however often it sends it."""


@dataclass(frozen=True, kw_only=True)
class Stores:
    """One place, opened for what is read and for what is written; nothing is sent again by itself.

    Args:
        reads: For answers, which may be silent for a while only.
        writes: For what is sent, however long that takes, and for what the service has to work at.
        host: What answers, for people.
        limits: What ends a try.
        checksums: The service verifies each upload's SHA-256.
        remote: The files leave this machine.
        ordered: Listings are in the order of the keys, and can go on behind one.
        credentials: The provider that both use, if they use one.
        puts: S3: writes at a pace that is looked at.
        signed: Whether everything is written by `puts`, since more is to be said with each object than obstore signs.
    """

    reads: ObjectStore
    writes: ObjectStore
    host: str = ""
    limits: Limits = LIMITS
    checksums: bool = False
    remote: bool = True
    ordered: bool = False
    credentials: Watched | None = None
    puts: SignedPuts | None = None
    signed: bool = False


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


def open_stores(place: Location, options: LandingOptions, credentials: Credentials | None, limits: Limits) -> Stores:
    """Open a place.

    Args:
        place: The parsed URL.
        options: What gives access.
        credentials: AWS credentials for S3; without them the key and secret of the options, else obstore's own chain.
        limits: What ends a try.

    Raises:
        ConfigError: The options do not fit together or do not fit the place.
        StoreError: A local folder cannot be made.
    """
    with store_errors(f"cannot open {place.name}"):
        match place.scheme:
            case "s3":
                return _s3(place, options, credentials, limits)
            case "az":
                return _azure(place, options, limits)
            case "file":
                return _local(place)
            case _:
                return _memory()


def _s3(place: Location, options: LandingOptions, credentials: Credentials | None, limits: Limits) -> Stores:
    from obstore.store import S3Store  # noqa: PLC0415 # lazy: start-up

    from gluepot.aws.s3place import s3_place  # noqa: PLC0415 # lazy: botocore is slow to load
    from gluepot.landing.signedputs import SignedPuts  # noqa: PLC0415 # likewise

    provider = _provider(options, credentials)
    watched = Watched(provider) if provider else None
    service = s3_place(options.region, options.profile)
    certificates = service.certificates()
    more: dict[str, Any] = {"endpoint": service.endpoint} if service.endpoint else {}
    more |= _wanted(options)

    def build(silence: float | None) -> ObjectStore:
        return S3Store(
            place.container,
            prefix=place.prefix or None,
            region=service.region,
            # the service refuses a body that does not match: a put that succeeds is verified
            checksum_algorithm="SHA256",
            client_options=_client(service.endpoint, silence, certificates),
            retry_config=ONCE,
            credential_provider=watched,
            **more,
        )

    return Stores(
        reads=build(limits.seconds),
        writes=build(None),
        host=urlsplit(service.endpoint).netloc or f"s3.{service.region}.amazonaws.com",
        limits=limits,
        checksums=True,
        # a directory bucket lists in no order (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html)
        ordered=not place.container.endswith("--x-s3"),
        credentials=watched,
        puts=SignedPuts(place, options, service, watched, limits),
        signed=bool(options.acl or options.bucket_owner),
    )


def _wanted(options: LandingOptions) -> dict[str, Any]:
    """Say what a bucket's policy asks for, as obstore takes it."""
    asked = {
        "server_side_encryption": options.sse,
        "sse_kms_key_id": options.kms_key,
        "request_payer": options.requester_pays,
    }
    return {name: value for name, value in asked.items() if value}


def _provider(options: LandingOptions, credentials: Credentials | None) -> Credentials | None:
    if credentials is not None:
        return credentials
    if bool(options.key) != bool(options.secret):
        raise ConfigError("landing.key and landing.secret belong together", "one is missing", "give both, or neither")
    if not options.key:
        return None
    # not as obstore's own options: those would be completed with AWS_SESSION_TOKEN of another identity
    return fixed(options.key, options.secret)


def _azure(place: Location, options: LandingOptions, limits: Limits) -> Stores:
    from obstore.store import AzureStore  # noqa: PLC0415 # lazy: start-up

    endpoint = place.endpoint or os.environ.get("AZURE_STORAGE_ENDPOINT") or os.environ.get("AZURE_ENDPOINT") or ""
    from gluepot.aws.s3place import S3Place  # noqa: PLC0415 # lazy: botocore is slow to load

    trusted = S3Place(region="", ca_bundle=os.environ.get("AWS_CA_BUNDLE", "")).certificates()
    account = _account(place, options)
    config: AzureConfig = {"account_name": account, **_azure_access(options)}
    if endpoint:
        config["endpoint"] = endpoint.rstrip("/")

    def build(silence: float | None) -> ObjectStore:
        return AzureStore(
            place.container,
            prefix=place.prefix or None,
            config=config,
            client_options=_client(endpoint, silence, trusted),
            retry_config=ONCE,
        )

    host = urlsplit(endpoint).netloc or f"{account}.blob.core.windows.net"
    return Stores(reads=build(limits.seconds), writes=build(None), host=host, limits=limits)


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
    return Stores(reads=store, writes=store, remote=False)


def _memory() -> Stores:
    from obstore.store import MemoryStore  # noqa: PLC0415 # lazy: start-up

    store = MemoryStore()
    return Stores(reads=store, writes=store, remote=False)


def _client(endpoint: str, silence: float | None, certificates: bytes = b"") -> ClientConfig:
    """Allow plain HTTP only where nothing leaves this machine; trust the certificates that are given, too.

    Args:
        endpoint: The service's address; empty for its own.
        silence: Seconds that may pass without an answer, from a request's beginning on; None for any.
        certificates: PEM.
    """
    host = urlsplit(endpoint).hostname or ""
    plain = endpoint.lower().startswith("http://")
    if plain and not is_loopback(host) and not current().allow_http:
        hint = "use https://, or an endpoint on 127.0.0.1; for a network that you trust, set allow_http = true"
        raise ConfigError("the landing's endpoint would send the files unencrypted", f"it is http://{host}", hint)
    check(endpoint, "the landing")
    more: ClientConfig = {"root_certificate": certificates} if certificates else {}
    if silence is not None:
        more["read_timeout"] = timedelta(seconds=silence)
    return {"allow_http": plain, "connect_timeout": CONNECT_TIMEOUT, "timeout": REQUEST_TIMEOUT, **more}
