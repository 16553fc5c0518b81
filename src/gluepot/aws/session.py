"""Sessions of botocore that use the credentials they are given, and the settings of the profile these come from."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.credentials import CredentialResolver
from botocore.exceptions import ProfileNotFound
from botocore.session import Session

from gluepot.aws.bodies import checked_session
from gluepot.aws.models import load_faster
from gluepot.aws.plainhttp import check
from gluepot.errors import CredentialsError

if TYPE_CHECKING:
    from botocore.credentials import Credentials


class EncryptedSession(Session):
    """A session of botocore whose clients, those that it makes for itself among them, are checked."""

    def create_client(self, service_name: str, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - botocore ships no types
        """Make a client.

        Raises:
            ConfigError: Its endpoint is not encrypted.
        """
        client: Any = super().create_client(service_name, *given, **named)
        check(str(client.meta.endpoint_url), service_name)
        return client


def profile_session(profile: str) -> Session:
    """Give a session of a profile: its endpoints, FIPS setting, CA bundle and region; empty for the environment's.

    Raises:
        CredentialsError: There is no such profile.
    """
    session = EncryptedSession(profile=profile or None)
    # what botocore itself asks for where a profile names a role or single sign-on: the patience of the run repeats it
    session.set_config_variable("max_attempts", 1)
    try:
        session.get_scoped_config()
    except ProfileNotFound as error:
        hint = "aws configure list-profiles names those that do"
        raise CredentialsError("the AWS profile does not exist", str(error), hint) from error
    return session


def session_for(credentials: Credentials, profile: str = "") -> Session:
    """Build a botocore session that uses just these credentials.

    Args:
        credentials: What it signs with.
        profile: Whose settings hold beside them: where credentials come from a profile, what they sign goes to no
            endpoint but that profile's. Empty for the environment's.

    Raises:
        CredentialsError: There is no such profile.
    """
    # at DEBUG botocore logs headers and bodies, session tokens and secrets among them, whatever handler listens
    logger = logging.getLogger("botocore")
    if logger.getEffectiveLevel() < logging.INFO:
        logger.setLevel(logging.INFO)
    session = checked_session(load_faster(profile_session(profile)))
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
