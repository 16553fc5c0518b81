"""Credentials that renew themselves: from keys, a profile, the environment or a role, then through a chain of roles.

They are renewed before they expire, and once more when the service says they have expired although they should not
have. Roles are assumed in whichever region of the account STS answers: one that is off costs itself only.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.access import Access
from gluepot.aws.bodies import checked_session
from gluepot.aws.denials import named_action
from gluepot.aws.faults import DENIED, code_of, is_passing, is_throttled
from gluepot.aws.session import profile_session, session_for
from gluepot.aws.sts import Sts
from gluepot.aws.verdicts import verdict_of
from gluepot.errors import CredentialsError, DeniedError, RemoteError, ScopeError, ThrottledError
from gluepot.waiting.patience import current, trying_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session

    from gluepot.aws.access import Step
    from gluepot.aws.s3credential import Credentials as S3Credentials

CHAINED_SECONDS = 3600
"""Role chaining is capped at one hour; asking for more is an error (STS AssumeRole, DurationSeconds)."""

DEFAULT_SECONDS = 3600

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
        profile: Whose settings hold where they are used; empty for the environment's.
    """

    def __init__(self, resolve: Callable[[], tuple[ReadOnlyCredentials, float | None]], profile: str = "") -> None:
        self._resolve = resolve
        self.profile = profile
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
            with trying_once() if _is_good(life) else contextlib.nullcontext():
                return self._fetch()
        except ScopeError:
            if life is None or life.end is None or not _is_good(life):
                raise
            return _Life(life.frozen, min(time.time() + RETRY_SECONDS, life.end), life.end)

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


def _is_good(life: _Life | None) -> bool:
    return life is not None and (life.end is None or time.time() < life.end)


def credentials_of(access: Access, *regions: str) -> Renewable:
    """Build the renewing credentials of one account.

    Args:
        access: Keys or profile, and the roles to assume in order.
        regions: Whose STS is asked for the roles, in turn until one answers.
    """
    sts = Sts(regions)
    return Renewable(lambda: _walk(access, sts), access.profile)


def renewable(access: Access | Renewable, region: str) -> Renewable:
    """Give credentials that renew themselves: those that are given, or an account's."""
    return credentials_of(access, region) if isinstance(access, Access) else access


def provided(credentials: S3Credentials, profile: str = "") -> Renewable:
    """Give what a provider gives to object stores as credentials of AWS's clients.

    Args:
        credentials: The provider.
        profile: Whose settings hold where they are used; empty for the environment's.
    """

    def resolve() -> tuple[ReadOnlyCredentials, float | None]:
        given = credentials()
        ends = given["expires_at"]
        frozen = ReadOnlyCredentials(given["access_key_id"], given["secret_access_key"], given.get("token"))
        return frozen, ends.timestamp() if ends else None

    return Renewable(resolve, profile)


def session_of(credentials: Renewable) -> Session:
    """Build a botocore session that signs with these credentials, and goes where their profile says."""
    return session_for(credentials, credentials.profile)


def _walk(access: Access, sts: Sts) -> tuple[ReadOnlyCredentials, float | None]:
    """Resolve the first credentials, then assume each role of the chain with the ones before."""
    frozen, end = _first(access)
    for step in access.steps:
        frozen, end = _assume(frozen, step, sts, access.profile)
    return frozen, end


def _first(access: Access) -> tuple[ReadOnlyCredentials, float | None]:
    if access.key:
        return ReadOnlyCredentials(access.key, access.secret, None), None
    session = checked_session(profile_session(access.profile))

    def find() -> tuple[Any, Any]:
        found = session.get_credentials()
        return found, found and found.get_frozen_credentials()

    try:
        found, frozen = current().run(
            find, verdict_of, host=f"the credentials of {access.profile or 'the environment'}"
        )
        if found is None:
            raise CredentialsError(
                "no AWS credentials were found",
                "neither key and secret, nor a profile, the environment or an instance or container role gave any",
                "set key and secret in the configuration, or AWS_PROFILE, or run where a role is attached",
            )
    except ClientError as error:
        raise _chain_error(error, session) from error
    except BotoCoreError as error:
        raise CredentialsError("the AWS credentials could not be read", str(error), "check the profile") from error
    # botocore keeps the end of refreshable credentials here and nowhere public
    end = getattr(found, "_expiry_time", None)
    return frozen, end.timestamp() if end else None


def _chain_error(error: ClientError, session: Session) -> ScopeError:
    """Name what a profile or the environment asks AWS for: a role, with keys or with a token, or a session of SSO."""
    operation = error.operation_name
    action = f"{'sso' if operation == 'GetRoleCredentials' else 'sts'}:{operation}"
    role = str(session.get_scoped_config().get("role_arn") or os.environ.get("AWS_ROLE_ARN", ""))
    whose = f"the role {role} of the profile or the environment" if role else "the profile's credentials"
    return _sts_error(error, whose, action, role)


def _assume(base: ReadOnlyCredentials, step: Step, sts: Sts, profile: str) -> tuple[ReadOnlyCredentials, float]:
    """Assume one role; a session token in the base means that this is chaining, with its cap."""
    wanted = step.seconds or DEFAULT_SECONDS
    request: dict[str, Any] = {
        "RoleArn": step.arn,
        "RoleSessionName": "gluepot",
        "DurationSeconds": min(wanted, CHAINED_SECONDS) if base.token else wanted,
    }
    if step.external_id:
        request["ExternalId"] = step.external_id
    session = session_for(Credentials(base.access_key or "", base.secret_key or "", base.token), profile)
    try:
        given = sts.ask(session, lambda client: client.assume_role(**request)["Credentials"])
    except ClientError as error:
        raise _sts_error(error, f"the role {step.arn}", "sts:AssumeRole", step.arn) from error
    except BotoCoreError as error:
        raise RemoteError(f"could not ask STS for the role {step.arn}", str(error), "check the network") from error
    frozen = ReadOnlyCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return frozen, given["Expiration"].timestamp()


def _sts_error(error: ClientError, whose: str, action: str, role: str) -> ScopeError:
    """Say why credentials were not given, with the action that AWS names."""
    code, message = code_of(error)
    what = f"{whose} could not be assumed" if role else f"{whose} were not given"
    if code in DENIED:
        action, resource = named_action(message, action, role)
        trust = "its trust policy must name this caller (and the external id)"
        hint = f"{trust}, and the caller needs {action} on {resource}"
        return DeniedError(what, message, hint, code=code, action=action, resource=resource)
    if is_throttled(error) or is_passing(error):
        kind = ThrottledError if is_throttled(error) else RemoteError
        return kind(what, f"{code}: {message}", "run again", code=code)
    hint = "lower session_duration to the role's MaxSessionDuration" if "Duration" in message else "check the role"
    return CredentialsError(what, message, hint, code=code)
