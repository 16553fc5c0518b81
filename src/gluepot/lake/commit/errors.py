"""What S3 refuses, in gluepot's errors: to the store that a load writes, and to Arrow, which reads tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.aws.arn import arn, partition_of
from gluepot.aws.denials import named_action
from gluepot.aws.plainhttp import TLS_HINT
from gluepot.errors import ConfigError, DeniedError, LakeError, OutputError

if TYPE_CHECKING:
    from gluepot.errors import GluepotError
    from gluepot.landing import StoreError

_TLS_WORDS: Final = ("curlCode: 60", "curlCode: 35", "curlCode: 77", "SSL")
"""How Arrow's S3 client tells of them: https://curl.se/libcurl/c/libcurl-errors.html."""

_REGION_WORDS: Final = ("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraint", " 301")


def is_read_error(said: str) -> bool:
    """Say whether a message is Arrow's about a file that it could not read."""
    return any(words in said for words in ("AWS Error", "When reading information for key", "Path does not exist"))


def read_error(error: BaseException, what: str, resource: str = "") -> GluepotError:
    """Say what S3 refused, from Arrow's message."""
    said = str(error)
    where = resource or "its location"
    if "ACCESS_DENIED" in said or "AccessDenied" in said or "HTTP 403" in said:
        action, named = named_action(said, "s3:GetObject", resource)
        hint = f"allow s3:GetObject and s3:ListBucket on {where}"
        if action != "s3:GetObject":
            hint = f"allow {action} on {named or where}"
        return DeniedError(f"{what} was denied by S3", said, hint, code="AccessDenied", action=action, resource=named)
    if "NO_SUCH_BUCKET" in said or "NoSuchBucket" in said:
        return ConfigError(f"{what} lies in a bucket that is not there", said, "was it deleted?")
    if "Path does not exist" in said or "NO_SUCH_KEY" in said:
        hint = "the snapshot may have expired while it was read: run again, or name a later one"
        return LakeError(f"a file of {what} is gone from S3", said, hint)
    if any(words in said for words in _TLS_WORDS):
        hint = f"{TLS_HINT} Reading a lake, AWS_CA_BUNDLE alone counts"
        return LakeError(f"{what} cannot be read: no TLS connection to S3 came about", said, hint)
    return LakeError(
        f"{what} cannot be read from S3", said, f"run again; if it stays, is s3:GetObject allowed on {where}?"
    )


_ACTIONS: Final = {
    "listing": "s3:ListBucket",
    "reading": "s3:GetObject",
    "looking": "s3:GetObject",
    "removing": "s3:DeleteObject",
}
"""What a call takes, by the verb that tells of it; all others write."""


def store_error(error: StoreError, what: str, region: str = "") -> GluepotError:
    """Say in a load's words what a store refused.

    Args:
        error: What it raised.
        what: What was done, beginning with the verb.
        region: The bucket's, for the names that things have there.
    """
    bucket = what.partition("s3://")[2].partition("/")[0]
    if error.container_missing:
        hint = f"create the bucket, or correct the plan's location: aws s3 mb s3://{bucket}"
        return ConfigError(f"the bucket {bucket} is not there", error.why, hint)
    if any(word in error.why for word in _REGION_WORDS):
        return ConfigError(f"the bucket {bucket} is in another region", error.why, "set the target's region to its own")
    if error.kind == "denied":
        return _denied(error, what, bucket, partition_of(region))
    if error.kind == "full":
        return OutputError(f"{what} failed", error.why, "make space, then run the load again")
    return LakeError(f"{what} failed", error.why, "run the load again: what is staged is used")


def _denied(error: StoreError, what: str, bucket: str, partition: str) -> DeniedError:
    """Name the permission that S3 names; where it names none, the one that the call takes, and what a load needs."""
    whole, below = (arn("s3", name, partition=partition) for name in (bucket, f"{bucket}/*"))
    hint = f"allow s3:ListBucket on {whole} and s3:GetObject, s3:PutObject and s3:DeleteObject on {below}"
    action = error.action or _ACTIONS.get(what.partition(" ")[0], "s3:PutObject")
    resource = error.resource or (whole if action == "s3:ListBucket" else below)
    if error.action:
        hint = f"allow {action} on {resource}; a load takes {hint.removeprefix('allow ')}"
    return DeniedError(f"{what} was denied", error.why, hint, code="AccessDenied", action=action, resource=resource)
