"""Statements of IAM policies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.arn import arn
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

Statement = dict[str, Any]

LOGS: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")

BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
"""S3 user guide, "General purpose bucket naming rules"."""


def allow(sid: str, actions: Iterable[str], resources: Iterable[str]) -> Statement:
    """Write a statement that allows actions on resources, each once."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(dict.fromkeys(resources))}


def read_statements(prefix: str, partition: str) -> list[Statement]:
    """Write the statements that let objects below a prefix be listed and read.

    Args:
        prefix: `s3://BUCKET/PREFIX`, or `BUCKET/PREFIX`.
        partition: The partition of the bucket.

    Raises:
        ConfigError: It names no bucket.
    """
    bucket, _, key = prefix.removeprefix("s3://").partition("/")
    key = key.strip("/")
    if not BUCKET.fullmatch(bucket) or not re.fullmatch(r"[^*?${}\x00-\x1f]*", key):
        hint = "write it like s3://BUCKET/PREFIX, without wildcards"
        raise ConfigError(f"cannot give access to {prefix!r}", "that is not a bucket and a prefix", hint)
    listing: Statement = {
        "Sid": "ListObjects",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [arn("s3", bucket, partition=partition)],
    }
    if key:
        listing["Condition"] = {"StringLike": {"s3:prefix": [key, f"{key}/*"]}}
    reading = {
        "Sid": "ReadObjects",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": [arn("s3", f"{bucket}/{key}/*" if key else f"{bucket}/*", partition=partition)],
    }
    return [listing, reading]
