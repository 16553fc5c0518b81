"""Amazon resource names and Glue's catalog ids, as plain functions.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html and
https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html.
"""

from __future__ import annotations

import re

PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)
"""Region prefixes outside the standard partition (botocore's partitions.json)."""

_NOT_PLAIN = re.compile(r"[/#%.\x00-\x1f\x7f]")
_UNSAFE = re.compile(r"[/#%\x00-\x1f\x7f]")


def partition_of(region: str) -> str:
    """Name the partition of a region: `aws` unless its prefix says otherwise."""
    return next((partition for prefix, partition in PARTITIONS if region.startswith(prefix)), "aws")


def arn(service: str, resource: str, *, region: str = "", account: str = "", partition: str = "") -> str:
    """Write an ARN.

    Args:
        service: Whose it is.
        resource: What it names.
        region: Where that is; empty for what belongs to no region.
        account: Whose account's; empty for S3, `*` for any.
        partition: The region's own if left out.
    """
    return f"arn:{partition or partition_of(region)}:{service}:{region}:{account}:{resource}"


class Arns:
    """The ARNs of one account in one region."""

    def __init__(self, region: str, account: str) -> None:
        self.partition = partition_of(region)
        self.region = region
        self.account = account

    def of(self, service: str, resource: str) -> str:
        """Write the ARN of something in the account's region."""
        return arn(service, resource, region=self.region, account=self.account)

    def s3(self, resource: str) -> str:
        """Write the ARN of a bucket or of objects."""
        return arn("s3", resource, partition=self.partition)


def encode_part(name: str) -> str:
    """Percent-encode what would make an id ambiguous: `/`, `#`, `%` and control characters."""
    return _UNSAFE.sub(lambda found: f"%{ord(found.group()):02X}", name) if _UNSAFE.search(name) else name


def is_plain_name(name: str) -> bool:
    """Tell whether a name is the same in an id and in a PATH: nothing to encode, no dot to replace."""
    return _NOT_PLAIN.search(name) is None


def split_catalog_id(catalog_id: str) -> tuple[str, str]:
    """Split a catalog id into the owner account and the path of a nested catalog.

    `123456789012` is an account's root catalog; `123456789012:s3tablescatalog/bucket` is nested
    (https://docs.aws.amazon.com/glue/latest/webapi/API_GetCatalog.html).
    """
    account, _, nested = catalog_id.partition(":")
    return account, nested


def account_of_role(arn: str) -> str:
    """Take the account out of a role's ARN; empty where the text is not an ARN."""
    found = re.match(r"arn:[^:]*:[^:]*:[^:]*:([^:]*):", arn)
    return found[1] if found else ""
