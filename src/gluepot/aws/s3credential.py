"""AWS credentials as an object store's client asks for them: one provider for everybody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NotRequired, Protocol, TypedDict

if TYPE_CHECKING:
    from gluepot.aws.access import Access
    from gluepot.aws.credentials import Renewable


class S3Credential(TypedDict):
    """AWS credentials as obstore's S3 store takes them; `expires_at` has a time zone, None means never."""

    access_key_id: str
    secret_access_key: str
    token: NotRequired[str | None]
    expires_at: datetime | None


class Credentials(Protocol):
    """Gives fresh AWS credentials; it is called again when `expires_at` is near, from any thread."""

    def __call__(self) -> S3Credential:
        """Return credentials, or raise a `GluepotError` that says why there are none."""


def provider(access: Access | Renewable, region: str) -> Credentials:
    """Give S3 credentials that renew themselves.

    Args:
        access: How the account is reached, or credentials that renew themselves.
        region: Whose STS assumes roles.
    """
    from gluepot.aws.credentials import renewable  # noqa: PLC0415 - botocore is slow to load

    renewing = renewable(access, region)

    def give() -> S3Credential:
        frozen, end = renewing.current()
        expires = datetime.fromtimestamp(end, UTC) if end is not None else None
        return _credential(frozen.access_key or "", frozen.secret_key or "", frozen.token, expires)

    return give


def fixed(key: str, secret: str, token: str = "") -> Credentials:
    """Give a key that is never renewed."""
    credential = _credential(key, secret, token or None)
    return lambda: credential


def _credential(key: str, secret: str, token: str | None = None, expires: datetime | None = None) -> S3Credential:
    return {"access_key_id": key, "secret_access_key": secret, "token": token, "expires_at": expires}
