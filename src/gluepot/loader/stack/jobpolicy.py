"""Least privilege: what the job of a plan may do, in place of the walkthrough's four FullAccess policies.

Which resource each action is checked against: Service Authorization Reference, the pages of AWS Glue, Amazon S3, AWS
Secrets Manager, Amazon CloudWatch Logs and Amazon EC2. What a job in a VPC needs of EC2 is what AWS's own policy
AWSGlueServiceRole has (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueServiceRole.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.arn import Arns
from gluepot.aws.statements import LOGS, allow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.aws.statements import Statement
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.stack.names import Names


READS: Final = ("glue:GetDatabase", "glue:GetTable")
WRITES: Final = ("glue:CreateTable", "glue:UpdateTable")
OBJECTS: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
KEY: Final = ("kms:Decrypt", "kms:GenerateDataKey")

LOOKING: Final = (
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
)
"""What EC2 checks against no resource."""

MARKING: Final = "aws-glue-service-resource"
"""The tag that Glue puts on its network interfaces."""


def job_policy(file: PlanFile, names: Names, account: str) -> dict[str, Any]:
    """Write the policy of the role that a plan's job runs as.

    Args:
        file: The plan file.
        names: What its resources are called.
        account: The account's id.
    """
    arns = Arns(names.region, account)
    statements = [
        *storage_statements(arns, (file.target.location, names.assets)),
        *catalog_statements(arns, file.target.database),
        *([secret_statement(arns, names.secret)] if names.secret else ()),
        *([allow("UseKey", KEY, [file.aws.kms_key])] if file.aws.kms_key else ()),
        allow("WriteLogs", LOGS, [arns.of("logs", "log-group:/aws-glue/*")]),
        _metrics(),
        *(network_statements(arns, names.connection) if file.aws.network is not None else ()),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def storage_statements(arns: Arns, places: Iterable[str]) -> list[Statement]:
    """Let objects below places `s3://BUCKET/PREFIX` be listed, read, written and removed."""
    prefixes: dict[str, list[str]] = {}
    for place in outermost(places):
        bucket, _, prefix = place.removeprefix("s3://").rstrip("/").partition("/")
        prefixes.setdefault(bucket, []).append(prefix)
    listing = [
        _listing(arns, bucket, found, "" if len(prefixes) == 1 else str(at))
        for at, (bucket, found) in enumerate(prefixes.items(), 1)
    ]
    inside = [f"{bucket}/{prefix}/*".replace("//", "/") for bucket, found in prefixes.items() for prefix in found]
    return [*listing, allow("UseObjects", OBJECTS, [arns.s3(path) for path in inside])]


def outermost(places: Iterable[str]) -> list[str]:
    """Leave out places inside others, and those that repeat."""
    whole = sorted({f"{place.rstrip('/')}/" for place in places})
    kept: list[str] = []
    for place in whole:
        if not kept or not place.startswith(kept[-1]):
            kept.append(place)
    return kept


def catalog_statements(arns: Arns, database: str) -> list[Statement]:
    """Let one database's tables be read, created and updated, and no other's."""
    where = [
        arns.of("glue", "catalog"),
        arns.of("glue", f"database/{database}"),
        arns.of("glue", f"table/{database}/*"),
    ]
    return [allow("UseTables", (*READS, *WRITES), where)]


def secret_statement(arns: Arns, name: str) -> Statement:
    """Let one secret be read: behind its name are six characters that Secrets Manager chooses."""
    whole = name if name.startswith("arn:") else arns.of("secretsmanager", f"secret:{name}-??????")
    return allow("ReadSecret", ("secretsmanager:GetSecretValue",), [whole])


def network_statements(arns: Arns, connection: str) -> list[Statement]:
    """Let Glue put the job's network interfaces into the VPC of a connection."""
    ec2 = [arns.of("ec2", f"{kind}/*") for kind in ("network-interface", "subnet", "security-group")]
    tagging = allow("TagInterface", ("ec2:CreateTags", "ec2:DeleteTags"), [arns.of("ec2", "network-interface/*")])
    tagging["Condition"] = {"ForAllValues:StringEquals": {"aws:TagKeys": [MARKING]}}
    return [
        allow(
            "ReadConnection",
            ("glue:GetConnection",),
            [arns.of("glue", "catalog"), arns.of("glue", f"connection/{connection}")],
        ),
        allow("SeeNetwork", LOOKING, ["*"]),
        allow("JoinNetwork", ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"), ec2),
        tagging,
    ]


def _listing(arns: Arns, bucket: str, prefixes: list[str], number: str) -> Statement:
    actions = ("s3:ListBucket", "s3:GetBucketLocation")  # the latter is for Glue's own S3 client
    return allow(f"ListBucket{number}", actions, [arns.s3(bucket)]) | _only_below(prefixes)


def _only_below(prefixes: list[str]) -> Statement:
    if not all(prefixes):
        return {}
    below = [path for prefix in prefixes for path in (prefix, f"{prefix}/*")]
    # of these actions only ListBucket knows a prefix: IfExists lets the others through
    return {"Condition": {"StringLikeIfExists": {"s3:prefix": below}}}


def _metrics() -> Statement:
    metrics = allow("WriteMetrics", ("cloudwatch:PutMetricData",), ["*"])
    return {**metrics, "Condition": {"StringEquals": {"cloudwatch:namespace": "Glue"}}}
