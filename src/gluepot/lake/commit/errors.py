"""What S3 refuses, in gluepot's errors: to the store that a load writes, and to Arrow, which reads tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError, DeniedError, LakeError, OutputError

if TYPE_CHECKING:
    from gluepot.errors import GluepotError
    from gluepot.landing import StoreError

_REGION_WORDS: Final = ("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraint", " 301")


def is_read_error(said: str) -> bool:
    """Say whether a message is Arrow's about a file that it could not read."""
    return any(words in said for words in ("AWS Error", "When reading information for key", "Path does not exist"))


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


def store_error(error: StoreError, what: str) -> GluepotError:
    """Say in a load's words what a store refused."""
    bucket = what.partition("s3://")[2].partition("/")[0]
    if error.container_missing:
        hint = f"create the bucket, or correct the plan's location: aws s3 mb s3://{bucket}"
        return ConfigError(f"the bucket {bucket} is not there", error.why, hint)
    if any(word in error.why for word in _REGION_WORDS):
        return ConfigError(f"the bucket {bucket} is in another region", error.why, "set the target's region to its own")
    if error.kind == "denied":
        hint = (
            f"allow s3:ListBucket on arn:aws:s3:::{bucket} and s3:GetObject, s3:PutObject and s3:DeleteObject "
            f"on arn:aws:s3:::{bucket}/*"
        )
        return DeniedError(f"{what} was denied", error.why, hint, code="AccessDenied", action="s3", resource=bucket)
    if error.kind == "full":
        return OutputError(f"{what} failed", error.why, "make space, then run the load again")
    return LakeError(f"{what} failed", error.why, "run the load again: what is staged is used")
