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
    def profile(self) -> str | None:
        """S3: the profile whose endpoint, CA bundle and region hold."""

    @property
    def sse(self) -> str | None:
        """S3: the server-side encryption."""

    @property
    def kms_key(self) -> str | None:
        """S3: the KMS key."""

    @property
    def acl(self) -> str | None:
        """S3: the canned ACL."""

    @property
    def requester_pays(self) -> bool | None:
        """S3: whether the caller pays."""

    @property
    def expected_bucket_owner(self) -> str | None:
        """S3: the account that must own the bucket."""


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
        profile: S3: the profile whose endpoint, CA bundle and region hold; empty for the environment's.
        sse: S3: the server-side encryption that is asked for; empty for the bucket's own.
        kms_key: S3: the KMS key, with `aws:kms`.
        acl: S3: the canned ACL of what is written.
        requester_pays: S3: whether the caller pays.
        bucket_owner: S3: the account that must own the bucket that is written to.
    """

    account: str = ""
    sas: str = field(default="", repr=False)
    account_key: str = field(default="", repr=False)
    region: str = ""
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    profile: str = ""
    sse: str = ""
    kms_key: str = ""
    acl: str = ""
    requester_pays: bool = False
    bucket_owner: str = ""

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
            profile=landing.profile or "",
            sse=landing.sse or "",
            kms_key=landing.kms_key or "",
            acl=landing.acl or "",
            requester_pays=bool(landing.requester_pays),
            bucket_owner=landing.expected_bucket_owner or "",
        )
