"""AWS sessions whose credentials renew themselves.

Credentials come from keys, a profile, the environment or the instance or container role, then pass
through a chain of assumed roles. They are renewed before they expire, and once more when the
service says they have expired although they should not have.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.config import Config
from botocore.credentials import CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound
from botocore.session import Session

from gluepot.aws.access import Access
from gluepot.aws.bodies import checked_session
from gluepot.aws.faults import DENIED, code_of, is_passing, is_throttled
from gluepot.aws.models import load_faster
from gluepot.errors import CredentialsError, DeniedError, RemoteError, ScopeError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.aws.access import Step

CHAINED_SECONDS = 3600
"""Role chaining is capped at one hour; asking for more is an error (STS AssumeRole, DurationSeconds)."""

DEFAULT_SECONDS = 3600


def client_config(attempts: int, *, connections: int = 4, seconds: float = 60, **more: Any) -> Config:  # noqa: ANN401 - botocore's options
    """Say how a client calls.

    Args:
        attempts: How often botocore sends a call: what is throttled, fails in passing or is not answered.
        connections: How many calls may be under way at once.
        seconds: How long an answer may be silent.
        **more: Further options of botocore.
    """
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=10,
        read_timeout=seconds,
        max_pool_connections=connections,
        **more,
    )


STS_CONFIG = client_config(8, seconds=30, parameter_validation=False)
"""Each account makes a call of STS per session only, so one that is throttled or fails may well take its time."""

MARGIN_SECONDS = 300
"""Renew this long before the end, or in the last fifth of a shorter life."""

RETRY_SECONDS = 15
"""How long after a renewal that failed the next is tried, while the credentials are good still."""


class _Life(msgspec.Struct, frozen=True):
    """Credentials, with the instants (seconds since the epoch) at which to renew them and at which they end."""

    frozen: Any
    renew_at: float | None
    end: float | None


class Renewable(Credentials):
    """Credentials that renew themselves, for any number of threads.

    Args:
        resolve: Fetches credentials; returns them with their end (seconds since the epoch), or None
            where they have none.
    """

    def __init__(self, resolve: Callable[[], tuple[ReadOnlyCredentials, float | None]]) -> None:
        self._resolve = resolve
        self._lock = threading.Lock()
        self._life: _Life | None = None
        self.method = "gluepot"

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return credentials that are good now, renewing them first where their end is near."""
        return self.current()[0]

    def current(self) -> tuple[ReadOnlyCredentials, float | None]:
        """Return credentials that are good now, and when they end (seconds since the epoch; None: never)."""
        with self._lock:
            life = self._life
            if life is None or (life.renew_at is not None and time.time() >= life.renew_at):
                life = self._life = self._fetch_or_keep(life)
            return life.frozen, life.end

    def renew(self, stale: ReadOnlyCredentials) -> None:
        """Throw away credentials that the service calls expired, unless another thread already has."""
        with self._lock:
            if self._life is not None and self._life.frozen == stale:
                self._life = None

    def _fetch_or_keep(self, life: _Life | None) -> _Life:
        """Renew; while credentials are good still, a renewal that fails is tried again a little later."""
        try:
            return self._fetch()
        except ScopeError:
            now = time.time()
            if life is None or life.end is None or now >= life.end:
                raise
            return _Life(life.frozen, min(now + RETRY_SECONDS, life.end), life.end)

    def _fetch(self) -> _Life:
        now = time.time()
        frozen, end = self._resolve()
        if end is None:
            return _Life(frozen, None, None)
        left = max(end - now, 0.0)
        return _Life(frozen, end - min(MARGIN_SECONDS, left / 5), end)

    @property
    def access_key(self) -> str:  # type: ignore[override] # botocore has attributes where these follow renewals
        """The access key id (botocore reads it to tell whether there are credentials)."""
        return str(self.get_frozen_credentials().access_key)

    @property
    def secret_key(self) -> str:  # type: ignore[override] # likewise
        """The secret key."""
        return str(self.get_frozen_credentials().secret_key)

    @property
    def token(self) -> str | None:  # type: ignore[override] # likewise
        """The session token, if any."""
        return self.get_frozen_credentials().token

    @property
    def account_id(self) -> None:
        """Not known without a call; botocore then leaves account-based endpoints alone."""
        return


def credentials_of(access: Access, region: str) -> Renewable:
    """Build the renewing credentials of one account.

    Args:
        access: Keys or profile, and the roles to assume in order.
        region: The region whose STS endpoint is asked.
    """
    return Renewable(lambda: _walk(access, region))


def renewable(access: Access | Renewable, region: str) -> Renewable:
    """Give credentials that renew themselves: those that are given, or an account's."""
    return credentials_of(access, region) if isinstance(access, Access) else access


def session_for(credentials: Credentials) -> Session:
    """Build a botocore session that uses just these credentials."""
    # at DEBUG botocore logs headers and bodies, session tokens and secrets among them, whatever handler listens
    logger = logging.getLogger("botocore")
    if logger.getEffectiveLevel() < logging.INFO:
        logger.setLevel(logging.INFO)
    session = checked_session(load_faster(Session()))
    provider: Any = _Given(credentials)
    session.register_component("credential_provider", CredentialResolver([provider]))
    return session


class _Given:
    """A botocore credential provider that hands out what it was given."""

    METHOD = CANONICAL_NAME = "gluepot"

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load(self) -> Credentials:
        """Answer botocore's resolver."""
        return self._credentials


def _walk(access: Access, region: str) -> tuple[ReadOnlyCredentials, float | None]:
    """Resolve the first credentials, then assume each role of the chain with the ones before."""
    frozen, end = _first(access)
    for step in access.steps:
        frozen, end = _assume(frozen, step, region)
    return frozen, end


def _first(access: Access) -> tuple[ReadOnlyCredentials, float | None]:
    if access.key:
        return ReadOnlyCredentials(access.key, access.secret, None), None
    try:
        found = Session(profile=access.profile or None).get_credentials()
        if found is None:
            raise CredentialsError(
                "no AWS credentials were found",
                "neither key and secret, nor a profile, the environment or an instance or container role gave any",
                "set key and secret in the configuration, or AWS_PROFILE, or run where a role is attached",
            )
        frozen = found.get_frozen_credentials()
    except ProfileNotFound as error:
        raise CredentialsError(
            "the AWS profile does not exist", str(error), "aws configure list-profiles names those that do"
        ) from error
    except BotoCoreError as error:
        raise CredentialsError("the AWS credentials could not be read", str(error), "check the profile") from error
    # botocore keeps the end of refreshable credentials here and nowhere public
    end = getattr(found, "_expiry_time", None)
    return frozen, end.timestamp() if end else None


def _assume(base: ReadOnlyCredentials, step: Step, region: str) -> tuple[ReadOnlyCredentials, float]:
    """Assume one role; a session token in the base means that this is chaining, with its cap."""
    wanted = step.seconds or DEFAULT_SECONDS
    request: dict[str, Any] = {
        "RoleArn": step.arn,
        "RoleSessionName": "gluepot",
        "DurationSeconds": min(wanted, CHAINED_SECONDS) if base.token else wanted,
    }
    if step.external_id:
        request["ExternalId"] = step.external_id
    session = session_for(Credentials(base.access_key or "", base.secret_key or "", base.token))
    client: Any = session.create_client("sts", region_name=region, config=STS_CONFIG)
    try:
        given = client.assume_role(**request)["Credentials"]
    except ClientError as error:
        raise _role_error(error, step) from error
    except BotoCoreError as error:
        raise RemoteError(f"could not ask STS for the role {step.arn}", str(error), "check the network") from error
    frozen = ReadOnlyCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return frozen, given["Expiration"].timestamp()


def _role_error(error: ClientError, step: Step) -> ScopeError:
    code, message = code_of(error)
    if code in DENIED:
        return DeniedError(
            f"the role {step.arn} could not be assumed",
            message,
            "its trust policy must name this caller (and the external id), and the caller needs sts:AssumeRole on it",
            code=code,
            action="sts:AssumeRole",
            resource=step.arn,
        )
    if is_throttled(error) or is_passing(error):
        kind = ThrottledError if is_throttled(error) else RemoteError
        return kind(f"the role {step.arn} could not be assumed", f"{code}: {message}", "run again", code=code)
    hint = "lower session_duration to the role's MaxSessionDuration" if "Duration" in message else "check the role"
    return CredentialsError(f"the role {step.arn} could not be assumed", message, hint, code=code)
