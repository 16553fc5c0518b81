"""What gives access to a landing. Nothing here prints a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gluepot.secret import Resolver, Secret


class Configured(Protocol):
    """What a configuration says of a landing; secrets are references still."""

    @property
    def account(self) -> str | None:
        """Azure: the storage account."""

    @property
    def sas(self) -> Secret | None:
        """Azure: a shared access signature."""

    @property
    def account_key(self) -> Secret | None:
        """Azure: the account's key."""

    @property
    def region(self) -> str | None:
        """S3: the bucket's region."""

    @property
    def key(self) -> Secret | None:
        """S3: access key id."""

    @property
    def secret(self) -> Secret | None:
        """S3: secret access key."""

    @property
    def role(self) -> str | None:
        """S3: ARN of the role that is assumed."""


@dataclass(frozen=True, kw_only=True)
class LandingOptions:
    """The configuration's `landing` object without its URL; secrets are plain text here and never printed.

    Args:
        account: Azure: the storage account, where the URL does not name it.
        sas: Azure: a shared access signature; a leading `?` is accepted.
        account_key: Azure: the account's key, base64.
        region: S3: the bucket's region.
        key: S3: access key id.
        secret: S3: secret access key.
        role: S3: ARN of the role that the `credentials` given to `from_url` assume.
    """

    account: str = ""
    sas: str = field(default="", repr=False)
    account_key: str = field(default="", repr=False)
    region: str = ""
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    role: str = ""

    @classmethod
    def of(cls, landing: Configured, resolver: Resolver | None = None) -> LandingOptions:
        """Reveal the secrets of a configured landing, at the moment they are used.

        Args:
            landing: The configuration's landing object.
            resolver: Reads AWS Secrets Manager, for `secretsmanager:` references.

        Raises:
            ConfigError: A reference leads nowhere.
        """

        def reveal(secret: Secret | None) -> str:
            return secret.reveal(resolver).strip() if secret else ""

        return cls(
            account=landing.account or "",
            sas=reveal(landing.sas),
            account_key=reveal(landing.account_key),
            region=landing.region or "",
            key=reveal(landing.key),
            secret=reveal(landing.secret),
            role=landing.role or "",
        )
