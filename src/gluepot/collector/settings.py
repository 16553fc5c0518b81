"""From the configuration to what the jobs need: access, marks, state, landings. Secrets are resolved here."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from gluepot.aws.access import access_of, region_named
from gluepot.aws.arn import account_of_role, partition_of, split_catalog_id
from gluepot.aws.plainhttp import check_environment
from gluepot.aws.s3credential import provider
from gluepot.aws.secrets import resolve
from gluepot.collector.hwm import Marks
from gluepot.collector.reading.messages import Setup, Target
from gluepot.collector.state import FolderState, LandingState
from gluepot.config.model import StoreAccess
from gluepot.errors import ConfigError
from gluepot.glue.records import DatabaseRef
from gluepot.landing.location import is_url
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.collector.state import State
    from gluepot.config import Account, Config
    from gluepot.config.model import Landing as LandingConfig
    from gluepot.landing import Credentials, Landing, LandingOptions


def setup_of(config: Config, accounts: tuple[Account, ...]) -> Setup:
    """Resolve what the reader needs.

    Raises:
        ConfigError: A reference to a secret leads nowhere; or Glue would be called without TLS.
    """
    check_environment(("GLUE", "STS"))
    targets = tuple(Target(access=access_of(account, account.roles), regions=account.regions) for account in accounts)
    return Setup(
        targets=targets,
        known=tuple(dict.fromkeys((*reveal(targets), *_landing_secrets(config, accounts)))),
        concurrency=config.concurrency,
        requests_per_second=config.requests_per_second,
        patience=current().seconds,
        patience_first=current().first,
        allow_http=current().allow_http,
    )


def account_id_of(account: Account) -> str:
    """Take the account id out of the configuration: the catalog id, or the last role's ARN."""
    if account.catalog_id:
        return split_catalog_id(account.catalog_id)[0]
    return account_of_role(account.roles[-1].arn) if account.roles else ""


def catalog_ref(account: Account, account_id: str, region: str, server: str) -> DatabaseRef:
    """The catalog of one region that a configuration asks for."""
    return DatabaseRef(
        server=server,
        partition=partition_of(region),
        region=region,
        account=account_id,
        catalog=split_catalog_id(account.catalog_id or "")[1],
        catalog_id=account.catalog_id or "",
        database="",
    )


def reveal(targets: tuple[Target, ...]) -> Iterator[str]:
    """Give every secret of the accounts, for the redactor to know."""
    for target in targets:
        access = target.access
        yield from filter(None, (access.key, access.secret, *(step.external_id for step in access.steps)))


def _landing_secrets(config: Config, accounts: tuple[Account, ...]) -> Iterator[str]:
    """Give the landings' secrets that are at hand; a collection does not need them, so none is fetched for it."""
    landings = {id(account.landing): account.landing for account in accounts if account.landing}
    own = [config.hwm_access.at(config.hwm)] if config.hwm_access else []
    for opener in (*landings.values(), *own):
        for secret in (opener.sas, opener.account_key, opener.key, opener.secret, opener.external_id):
            if secret is not None and secret.scheme != "secretsmanager":
                with contextlib.suppress(ConfigError):
                    yield secret.reveal()


def marks_of(config: Config) -> Marks:
    """Open the high-water marks."""
    opener = _opener(config, config.hwm)
    return Marks.at(config.hwm, _options(opener), credentials=_credentials(opener, config.hwm))


def state_of(config: Config) -> State:
    """Open where generations are kept: `state`, or beside the mark."""
    where = config.state or _beside(config.hwm)
    if not is_url(where):
        return FolderState(Path(where).expanduser())
    return LandingState(place_at(config, where))


def place_at(config: Config, location: str, access: StoreAccess | None = None) -> Landing:
    """Open a path or landing URL beside the landing itself.

    Args:
        config: The configuration, whose `hwm_access` or landing may open it.
        location: Where it is.
        access: What opens it, in place of those.

    Raises:
        ConfigError: A reference to a secret leads nowhere, or the URL is none.
    """
    from gluepot.landing import from_url  # noqa: PLC0415 - obstore is loaded where a landing is used

    opener = access.at(location) if access is not None else _opener(config, location)
    return from_url(location, _options(opener), credentials=_credentials(opener, location))


def landing_of(landing: LandingConfig) -> Landing:
    """Open a landing.

    Raises:
        ConfigError: A reference to a secret leads nowhere, or the URL is none.
    """
    from gluepot.landing import LandingOptions, from_url  # noqa: PLC0415 - obstore is loaded where a landing is used

    credentials = _credentials(landing, landing.url)
    return from_url(landing.url, LandingOptions.of(landing, resolve), credentials=credentials)


def _beside(hwm: str) -> str:
    """Name the folder of the mark, where the mark is named as a file."""
    if not hwm.endswith(".txt"):
        return hwm
    return hwm.rpartition("/")[0] if is_url(hwm) else str(Path(hwm).parent)


def _opener(config: Config, location: str) -> LandingConfig | None:
    """Say what opens a URL: the access of marks and generations, or the landing's where it lies in their store.

    Otherwise it is the environment's, or the profile's that reads the catalog; None for a path.
    """
    if not is_url(location):
        return None
    kept = [url for url in (config.hwm, config.state) if url and is_url(url)]
    own = [config.hwm_access.at(url).reached_with(config.profile) for url in kept] if config.hwm_access else []
    landing = config.own_landing()
    openers = [*own, *([landing] if landing else [])]
    environment = StoreAccess().at(location).reached_with(config.profile)
    return next((opener for opener in openers if _same_store(location, opener)), environment)


def _options(opener: LandingConfig | None) -> LandingOptions | None:
    """Reveal what opens a URL; None for a path."""
    if opener is None:
        return None
    from gluepot.landing import LandingOptions  # noqa: PLC0415 - obstore is loaded where a landing is used

    return LandingOptions.of(opener, resolve)


def _credentials(opener: LandingConfig | None, location: str) -> Credentials | None:
    """Give AWS credentials that renew themselves: of the opener's key or profile, else the standard chain."""
    if opener is None or not location.startswith("s3://"):
        return None
    region = region_named(opener.region, opener.profile)
    return provider(access_of(opener, opener.chain()), region or "us-east-1")


def _same_store(location: str, landing: LandingConfig) -> bool:
    """Tell whether a location lies in a landing's bucket, or its storage account: that is what access belongs to."""
    from gluepot.landing.location import parse_url  # noqa: PLC0415 - only for URLs

    if not is_url(landing.url):
        return False
    left, right = parse_url(location), parse_url(landing.url)
    if left.scheme != right.scheme:
        return False
    if left.scheme != "az":
        return left.container == right.container
    account = right.account or landing.account or ""
    return left.account in {"", account} and left.endpoint in {"", right.endpoint}
