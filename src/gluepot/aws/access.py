"""How an account is reached, as plain values: they cross to the reading process, which alone loads botocore."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from gluepot.aws.secrets import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.secret import Secret

REGION_NAMES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""Variables in which AWS's clients look for their region, the stronger first."""


class RoleStep(Protocol):
    """One role of a chain, as a file has it."""

    @property
    def arn(self) -> str:
        """The role."""

    @property
    def external_id(self) -> Secret | None:
        """What its trust policy asks for."""

    @property
    def session_duration(self) -> int | None:
        """Seconds that one session lasts."""


class Keys(Protocol):
    """Where credentials come from, as a file has it."""

    @property
    def key(self) -> Secret | None:
        """Access key id."""

    @property
    def secret(self) -> Secret | None:
        """Secret access key."""

    @property
    def profile(self) -> str | None:
        """AWS profile."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One role to assume: its ARN, external id ('' for none) and session length in seconds (0: default)."""

    arn: str
    external_id: str = ""
    seconds: int = 0

    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"Step({self.arn})"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How one account is reached; its secrets are plain text, so it is never printed or logged."""

    key: str = ""
    secret: str = ""
    profile: str = ""
    steps: tuple[Step, ...] = ()

    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"Access(profile={self.profile!r}, roles={[step.arn for step in self.steps]})"


def access_of(keys: Keys, roles: str | Sequence[str | RoleStep] | None) -> Access:
    """Resolve how an account is reached.

    Args:
        keys: Where credentials come from; secrets may be references.
        roles: What is assumed with them: nothing, one role's ARN, or a chain in its order.

    Raises:
        ConfigError: A reference to a secret leads nowhere.
    """
    chain = (roles,) if isinstance(roles, str) else roles or ()
    return Access(
        key=_plain(keys.key),
        secret=_plain(keys.secret),
        profile=keys.profile or "",
        steps=tuple(_step(role) for role in chain if role),
    )


def region_named(given: str | None = None, profile: str | None = None) -> str:
    """Name a region: the one given, else the environment's, else the profile's; empty where none tells.

    Args:
        given: The region that a file names.
        profile: The profile that it names; the environment's profile, where it names none.

    Raises:
        CredentialsError: There is no such profile.
    """
    return given or next(filter(None, map(os.environ.get, REGION_NAMES)), None) or _region_of(profile or "")


def _region_of(profile: str) -> str:
    """Look into the file of profiles, where there is one: reading it takes botocore, which is slow to load."""
    file = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    if not profile and not file.is_file():
        return ""
    from gluepot.aws.session import profile_session  # noqa: PLC0415 - botocore is slow to load

    return str(profile_session(profile).get_config_variable("region") or "")


def _step(role: str | RoleStep) -> Step:
    if isinstance(role, str):
        return Step(arn=role)
    return Step(arn=role.arn, external_id=_plain(role.external_id), seconds=role.session_duration or 0)


def _plain(secret: Secret | None) -> str:
    return secret.reveal(resolve) if secret is not None else ""
