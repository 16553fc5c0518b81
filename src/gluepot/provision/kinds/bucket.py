"""Buckets of S3: encrypted, versioned, closed to the public.

`wanted` is `{"region", "encryption": {"algorithm", "key"}, "versioning", "public_access": "blocked"}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.faults import TakenError
from gluepot.errors import DeniedError, RemoteError
from gluepot.provision.resource import ExistingResource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Plain, Resource

BLOCKED: Final = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)

NO_LOCATION: Final = "us-east-1"
"""The one region that must not be named when a bucket is created in it (S3 API reference, CreateBucket)."""

REDIRECTED: Final = "301"
AT_ONCE: Final = 1000
"""Objects that one DeleteObjects takes."""


def wanted(region: str, kms_key: str = "") -> Plain:
    """Say what a bucket of gluepot's is."""
    encryption = {"algorithm": "aws:kms" if kms_key else "AES256", "key": kms_key}
    return {"region": region, "encryption": encryption, "versioning": True, "public_access": "blocked"}


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it; one of another account is found with that as its problem."""
    name = resource.name
    try:
        head = clients.find("s3", "HeadBucket", _arn(clients, name), Bucket=name)
    except DeniedError as error:
        return _closed(clients, name, error)
    if head is None:
        return None
    region = head.get("BucketRegion") or _region(clients, name)
    if region != clients.region:
        problem = f"it is in {region}, while the plan's region is {clients.region}"
        return ExistingResource({"region": region}, _tags(clients, name), problems=(problem,))
    return ExistingResource(_state(clients, name, region), _tags(clients, name))


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Make it with its tags, then protect it."""
    configuration: dict[str, Any] = {"Tags": _pairs(tags)}
    if clients.region != NO_LOCATION:
        configuration["LocationConstraint"] = clients.region
    elif clients.find("s3", "HeadBucket", _arn(clients, resource.name), Bucket=resource.name) is not None:
        raise TakenError  # only there S3 answers that it has created what its own account has already
    clients.call(
        "s3",
        "CreateBucket",
        _arn(clients, resource.name),
        Bucket=resource.name,
        CreateBucketConfiguration=configuration,
    )
    _protect(clients, resource)


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:  # noqa: ARG001 - every kind has these
    """Protect it."""
    _protect(clients, resource)


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it with every version of every object in it."""
    name, arn = resource.name, _arn(clients, resource.name)
    for batch in _versions(clients, name):
        given = {"Objects": batch, "Quiet": True}
        answer = clients.call("s3", "DeleteObjects", f"{arn}/*", Bucket=name, Delete=given)
        _raise_undeleted(name, answer.get("Errors", ()))
    clients.find("s3", "DeleteBucket", arn, Bucket=name)


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags: S3 only knows how to replace all of them."""
    name = resource.name
    merged = {**_tags(clients, name), **tags}
    clients.call("s3", "PutBucketTagging", _arn(clients, name), Bucket=name, Tagging={"TagSet": _pairs(merged)})


def _closed(clients: Clients, name: str, denied: DeniedError) -> ExistingResource:
    """Say whose a bucket is that may not be looked at: S3 answers 403 for others' and for missing permissions.

    Raises:
        DeniedError: It is this account's own.
    """
    try:
        own = clients.call("s3", "ListBuckets", "*").get("Buckets", ())
    except DeniedError:
        problem = f"it is of another account, or {denied.action} on {denied.resource} is missing"
        return ExistingResource({}, problems=(problem,))
    if any(bucket["Name"] == name for bucket in own):
        raise denied
    return ExistingResource({}, problems=("it is of another account: bucket names are the whole world's",))


def _region(clients: Clients, name: str) -> str:
    location = clients.call("s3", "GetBucketLocation", _arn(clients, name), Bucket=name).get("LocationConstraint")
    return str(location or NO_LOCATION)


def _state(clients: Clients, name: str, region: str) -> Plain:
    arn = _arn(clients, name)
    encrypted = clients.find("s3", "GetBucketEncryption", arn, Bucket=name) or {}
    versioned = clients.call("s3", "GetBucketVersioning", arn, Bucket=name)
    closed = clients.find("s3", "GetPublicAccessBlock", arn, Bucket=name) or {}
    blocked = closed.get("PublicAccessBlockConfiguration", {})
    return {
        "region": region,
        "encryption": _encryption(encrypted),
        "versioning": versioned.get("Status") == "Enabled",
        "public_access": "blocked" if all(blocked.get(setting) for setting in BLOCKED) else "not blocked",
    }


def _encryption(answer: Mapping[str, Any]) -> dict[str, str]:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    chosen = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    return {"algorithm": chosen.get("SSEAlgorithm", ""), "key": chosen.get("KMSMasterKeyID", "")}


def _protect(clients: Clients, resource: Resource) -> None:
    name, arn = resource.name, _arn(clients, resource.name)
    clients.call("s3", "PutPublicAccessBlock", arn, Bucket=name, PublicAccessBlockConfiguration=BLOCKED)
    encryption = resource.wanted["encryption"]
    chosen = {"SSEAlgorithm": encryption["algorithm"]}
    if encryption["key"]:
        chosen["KMSMasterKeyID"] = encryption["key"]
    rule = {"ApplyServerSideEncryptionByDefault": chosen, "BucketKeyEnabled": bool(encryption["key"])}
    clients.call("s3", "PutBucketEncryption", arn, Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    clients.call("s3", "PutBucketVersioning", arn, Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def _tags(clients: Clients, name: str) -> dict[str, str]:
    answer = clients.find("s3", "GetBucketTagging", _arn(clients, name), Bucket=name) or {}
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", ())}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]


def _versions(clients: Clients, name: str) -> Iterator[list[dict[str, str]]]:
    """List every version and delete marker, a thousand at a time; what was listed may be gone by the next page."""
    while True:
        page = clients.find("s3", "ListObjectVersions", _arn(clients, name), Bucket=name, MaxKeys=AT_ONCE) or {}
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not found:
            return
        yield [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]


def _raise_undeleted(name: str, errors: Sequence[Mapping[str, Any]]) -> None:
    """Say what could not be removed: a lock, or a policy of the bucket, keeps it, and asking again would not end.

    Raises:
        RemoteError: There is something.
    """
    if errors:
        first = errors[0]
        why = f"{first.get('Code')}: {first.get('Message')} ({first.get('Key')})"
        hint = "look at the bucket's policy, its object lock and legal holds; what was removed stays removed"
        what = f"{len(errors):,} objects of bucket {name} could not be removed"
        raise RemoteError(what, why, hint, code=str(first.get("Code")))


def _arn(clients: Clients, name: str) -> str:
    return clients.global_arn("s3", name)
