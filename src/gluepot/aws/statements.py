"""Statements of IAM policies, and the ARNs in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.arn import partition_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Statement = dict[str, Any]

LOGS: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


class Arns:
    """The ARNs of one account in one region."""

    def __init__(self, region: str, account: str) -> None:
        self.partition = partition_of(region)
        self.region = region
        self.account = account

    def of(self, service: str, resource: str) -> str:
        """Write the ARN of something in the account's region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def s3(self, resource: str) -> str:
        """Write the ARN of a bucket or of objects."""
        return f"arn:{self.partition}:s3:::{resource}"


def allow(sid: str, actions: Iterable[str], resources: Iterable[str]) -> Statement:
    """Write a statement that allows actions on resources, each once."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(dict.fromkeys(resources))}
