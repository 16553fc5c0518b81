"""Objects of S3 that are a file of this machine, held to its checksum.

`wanted` is `{"sha256", "file"}`: the digest as hex digits, and where the bytes are here. The name is `s3://BUCKET/KEY`.
S3 itself computes the digest of what arrives, and refuses what does not fit
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from gluepot.errors import ConfigError
from gluepot.provision.resource import ExistingResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Resource


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it, with the checksum that S3 keeps of it; one that has none was put there by somebody else."""
    where = _where(resource)
    answer = clients.find("s3", "HeadObject", _arn(clients, resource), **where, ChecksumMode="ENABLED")
    if answer is None:
        return None
    digest = {"sha256": _hex(answer.get("ChecksumSHA256", ""))}
    state = {**digest, **{key: resource.wanted[key] for key in ("file",) if key in resource.wanted}}
    return ExistingResource(state, _tags(clients, resource))


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Upload it.

    Raises:
        ConfigError: The file is not there, or is not what is wanted.
    """
    _put(clients, resource, tags)


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:
    """Upload it again; its tags stay."""
    _put(clients, resource, {**found.tags, **_tags(clients, resource)})


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it."""
    clients.find("s3", "DeleteObject", _arn(clients, resource), **_where(resource))


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags: S3 only knows how to replace all of them."""
    merged = {**_tags(clients, resource), **tags}
    pairs = [{"Key": key, "Value": value} for key, value in merged.items()]
    clients.call("s3", "PutObjectTagging", _arn(clients, resource), **_where(resource), Tagging={"TagSet": pairs})


def _tags(clients: Clients, resource: Resource) -> dict[str, str]:
    answer = clients.find("s3", "GetObjectTagging", _arn(clients, resource), **_where(resource)) or {}
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", ())}


def _put(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Upload it with its tags in one request: without them, one that was put last would look like somebody else's."""
    body = _body(resource)
    checksum = base64.b64encode(bytes.fromhex(resource.wanted["sha256"])).decode()
    given: dict[str, Any] = {
        "Body": body,
        "ChecksumAlgorithm": "SHA256",
        "ChecksumSHA256": checksum,
        "Tagging": urlencode(tags, quote_via=quote),
    }
    clients.call("s3", "PutObject", _arn(clients, resource), **_where(resource), **given)


def _body(resource: Resource) -> bytes:
    path = Path(resource.wanted["file"])
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}", f"{resource} is to be uploaded from it") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read", error.strerror or str(error)) from error
    found = hashlib.sha256(body).hexdigest()
    if found != resource.wanted["sha256"]:
        why = f"its SHA-256 is {found}, and {resource.wanted['sha256']} is wanted"
        raise ConfigError(f"{path} is another file than the plan names", why, "nothing was uploaded")
    return body


def _hex(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).hex()
    except binascii.Error:
        return ""  # the checksum of a multipart upload is not that of the bytes


def _where(resource: Resource) -> dict[str, str]:
    bucket, _, key = resource.name.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _arn(clients: Clients, resource: Resource) -> str:
    return clients.global_arn("s3", resource.name.removeprefix("s3://"))
