"""What Arrow says of files in S3 that it cannot read, in gluepot's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.errors import ConfigError, DeniedError, LakeError

if TYPE_CHECKING:
    from gluepot.errors import GluepotError


def is_read_error(said: str) -> bool:
    """Say whether a message is Arrow's about a file that it could not read."""
    return any(one in said for one in ("AWS Error", "When reading information for key", "Path does not exist"))


def read_error(error: BaseException, what: str, resource: str = "") -> GluepotError:
    """Say what S3 refused, from Arrow's message."""
    said = str(error)
    where = resource or "its location"
    if "ACCESS_DENIED" in said or "AccessDenied" in said or "HTTP 403" in said:
        hint = f"allow s3:GetObject and s3:ListBucket on {where}"
        return DeniedError(f"{what} was denied by S3", said, hint, code="AccessDenied", action="s3:GetObject")
    if "NO_SUCH_BUCKET" in said or "NoSuchBucket" in said:
        return ConfigError(f"{what} lies in a bucket that is not there", said, "was it deleted?")
    if "Path does not exist" in said or "NO_SUCH_KEY" in said:
        hint = "the snapshot may have expired while it was read: run again, or name a later one"
        return LakeError(f"a file of {what} is gone from S3", said, hint)
    return LakeError(
        f"{what} cannot be read from S3", said, f"run again; if it stays, is s3:GetObject allowed on {where}?"
    )
