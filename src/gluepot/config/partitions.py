"""AWS partitions: which one a region belongs to, without asking AWS or loading botocore."""

from __future__ import annotations

_BY_PREFIX = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eu-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
"""botocore's `partitions.json`, as far as prefixes tell it; a test compares the two."""


def partition_of(region: str) -> str:
    """Name the partition of `region`, for example `aws-us-gov` for `us-gov-west-1`."""
    return next((partition for prefix, partition in _BY_PREFIX.items() if region.startswith(prefix)), "aws")
