"""Read access to a prefix of S3, which KADA's instructions name as optional."""

from __future__ import annotations

import re
from typing import Any

from gluepot.errors import ConfigError

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
"""S3 user guide, "General purpose bucket naming rules"."""


def read_statements(prefix: str, partition: str) -> list[dict[str, Any]]:
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
    listing: dict[str, Any] = {
        "Sid": "ListObjects",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [f"arn:{partition}:s3:::{bucket}"],
    }
    if key:
        listing["Condition"] = {"StringLike": {"s3:prefix": [key, f"{key}/*"]}}
    reading = {
        "Sid": "ReadObjects",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:{partition}:s3:::{bucket}/{key}/*" if key else f"arn:{partition}:s3:::{bucket}/*"],
    }
    return [listing, reading]
