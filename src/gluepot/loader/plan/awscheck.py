"""Whether what a plan file says of AWS makes sense, before anything there is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gluepot.config.reading import shown

if TYPE_CHECKING:
    from gluepot.config.reading import Reading
    from gluepot.loader.core.awssections import AwsSection
    from gluepot.provision.network import Network

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
"""Of S3's rules for names, those of form:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""

_PREFIX: Final = re.compile(r"[A-Za-z0-9_.=!*'()@:,+-]+", re.ASCII)
"""Characters that S3, Glue, Athena and Iceberg all take as they are, without the slash."""

NAMES: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    "name": (re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}", re.ASCII), "48 letters, digits and . _ - at most"),
    "role": (re.compile(r"[\w+=,.@-]{1,64}", re.ASCII), "64 letters, digits and + = , . @ _ - at most, and no path"),
    "secret": (re.compile(r"[\w/+=.@-]{1,512}", re.ASCII), "512 letters, digits and / _ + = . @ - at most"),
    "workgroup": (re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII), "128 letters, digits and . _ - at most"),
}
"""What IAM, Secrets Manager and Athena take as names (their API references: CreateRole, CreateSecret,
CreateWorkGroup); a name that others begin with leaves room for them."""

ARNS: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    "kms_key": (
        re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+", re.ASCII),
        "arn:aws:kms:REGION:123456789012:key/ID",
    ),
    "permissions_boundary": (
        re.compile(r"arn:[\w-]+:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", re.ASCII),
        "arn:aws:iam::123456789012:policy/NAME",
    ),
}

_SUFFIXED: Final = re.compile(r".*-[A-Za-z0-9]{6}", re.ASCII)
"""A name that ends so is mistaken for one with Secrets Manager's own suffix (API reference, CreateSecret, Name)."""

_TAG: Final = re.compile(r"[\w\s.:/=+@-]*")
_OURS: Final = ("aws:", "gluepot:")
MOST_TAGS: Final = 40
"""Of the 50 that AWS takes, some are gluepot's."""


def check_aws(aws: AwsSection, reading: Reading) -> None:
    """Note everything in section `aws` that cannot be."""
    for key, (pattern, told) in (NAMES | ARNS).items():
        value = getattr(aws, key)
        if value and not pattern.fullmatch(value):
            what = "cannot be a name there" if key in NAMES else "is not such an ARN"
            reading.add(f"aws.{key}", f"{shown(value)} {what}", f"write {told}")
    if aws.secret and _SUFFIXED.fullmatch(aws.secret) and not reading.has("aws.secret"):
        hint = "AWS mistakes such an end for its own; choose a name that does not end in - and six characters"
        reading.add("aws.secret", f"{shown(aws.secret)} looks like part of an ARN", hint)
    for key in ("assets", "results"):
        if getattr(aws, key):
            check_place(f"aws.{key}", getattr(aws, key), reading)
    _check_tags(aws, reading)
    if aws.network is not None:
        _check_network(aws.network, reading)


def check_place(at: str, place: str, reading: Reading) -> None:
    """Note what keeps a text from being a place in S3."""
    scheme, _, rest = place.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        reading.add(at, f"{shown(place)} is no place in S3", "write s3://BUCKET/PREFIX")
    elif not _BUCKET.fullmatch(bucket):
        reading.add(at, f"{shown(bucket)} cannot name a bucket", "write s3://BUCKET/PREFIX")
    elif any(not _PREFIX.fullmatch(part) or set(part) == {"."} for part in prefix.rstrip("/").split("/") if prefix):
        hint = "between slashes, use letters, digits and _ - . = as not every reader takes others"
        reading.add(at, f"{shown(prefix)} cannot be a prefix", hint)


def _check_tags(aws: AwsSection, reading: Reading) -> None:
    if len(aws.tags) > MOST_TAGS:
        reading.add(
            "aws.tags", f"are {len(aws.tags)}", f"AWS takes 50, of which some are gluepot's: {MOST_TAGS} at most"
        )
    for name, value in aws.tags.items():
        if name.lower().startswith(_OURS):
            reading.add(f"aws.tags.{name}", "begins as tags of AWS, or of gluepot itself, do", "choose another name")
        elif not 0 < len(name) <= 128 or len(value) > 256 or not (_TAG.fullmatch(name) and _TAG.fullmatch(value)):  # noqa: PLR2004 - AWS's own bounds
            hint = "names have 128 characters, values 256: letters, digits, spaces and . : / = + @ _ -"
            reading.add(f"aws.tags.{shown(name)}", "cannot be a tag", hint)


def _check_network(network: Network, reading: Reading) -> None:
    if not network.subnet.startswith("subnet-"):
        reading.add("aws.network.subnet", f"{shown(network.subnet)} is no subnet's id", "write it like subnet-0a1b2c3d")
    if not network.security_groups:
        reading.add("aws.network.security_groups", "is empty", "name one at least, which lets itself in on all ports")
    for index, group in enumerate(network.security_groups):
        if not group.startswith("sg-"):
            what = f"{shown(group)} is no security group's id"
            reading.add(f"aws.network.security_groups[{index}]", what, "write it like sg-0a1b2c3d")
