"""Least privilege: what a crawler's role may do, in place of the AWSGlueServiceRole and S3 full access of walkthroughs.

Which resource each action is checked against: Service Authorization Reference, the pages of AWS Glue, Amazon S3 and
Amazon CloudWatch Logs. What a crawler calls: https://docs.aws.amazon.com/glue/latest/dg/crawler-prereqs.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.arn import Arns
from gluepot.aws.statements import LOGS, allow
from gluepot.crawler.crawlercheck import split

if TYPE_CHECKING:
    from gluepot.aws.statements import Statement
    from gluepot.crawler.crawlerfile import CrawlerFile


LOG_GROUP: Final = "/aws-glue/crawlers"
"""Where crawlers write; each to a stream of its own name."""

READS: Final = (
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
)
ADDS: Final = ("glue:CreateTable", "glue:CreatePartition", "glue:BatchCreatePartition")
UPDATES: Final = ("glue:UpdateTable", "glue:UpdatePartition", "glue:BatchUpdatePartition")
DELETES: Final = ("glue:DeleteTable", "glue:BatchDeleteTable", "glue:DeletePartition", "glue:BatchDeletePartition")


def crawler_policy(file: CrawlerFile, region: str, account: str) -> dict[str, Any]:
    """Write the policy of a crawler's role: its prefixes to read, its database to write, its log.

    Args:
        file: The crawler's file.
        region: The crawler's region.
        account: The account's id.
    """
    arns = Arns(region, account)
    statements = [
        *_reading(arns, file),
        *([allow("UseKey", ["kms:Decrypt"], [file.kms_key])] if file.kms_key else ()),
        allow("KeepTables", _keeping(file), _catalog(arns, file.database)),
        allow("WriteLog", LOGS, _log(arns, file.name)),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _reading(arns: Arns, file: CrawlerFile) -> list[Statement]:
    """Let the targets be listed and read; listings are bound to their prefixes, bucket by bucket."""
    held: dict[str, list[str]] = {}
    for bucket, prefix in (split(target.path) for target in file.targets):
        held.setdefault(bucket, []).append(prefix)
    listing = []
    for number, (bucket, prefixes) in enumerate(held.items(), 1):
        sid = "ListTargets" if len(held) == 1 else f"ListTargets{number}"
        statement = allow(sid, ["s3:ListBucket", "s3:GetBucketLocation"], [arns.s3(bucket)])
        if all(prefixes):
            # GetBucketLocation knows no prefix: IfExists lets it through
            below = [pattern for prefix in prefixes for pattern in (prefix, f"{prefix}/*")]
            statement["Condition"] = {"StringLikeIfExists": {"s3:prefix": below}}
        listing.append(statement)
    inside = [
        arns.s3(f"{bucket}/{prefix}/*" if prefix else f"{bucket}/*") for bucket, all_ in held.items() for prefix in all_
    ]
    return [*listing, allow("ReadTargets", ["s3:GetObject"], inside)]


def _keeping(file: CrawlerFile) -> tuple[str, ...]:
    """Name what the crawler does to tables; what its policy only logs it may not do."""
    updates = UPDATES if file.update_behaviour == "update" or file.delete_behaviour == "deprecate" else ()
    return (*READS, *ADDS, *updates, *(DELETES if file.delete_behaviour == "delete" else ()))


def _catalog(arns: Arns, database: str) -> list[str]:
    return [arns.of("glue", part) for part in ("catalog", f"database/{database}", f"table/{database}/*")]


def _log(arns: Arns, name: str) -> list[str]:
    group = arns.of("logs", f"log-group:{LOG_GROUP}")
    return [group, f"{group}:log-stream:{name}*"]
