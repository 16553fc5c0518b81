"""Buckets: closed to other accounts, and created with their tags.

moto lets every account look at every bucket, and takes no tags with CreateBucket
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from gluepot_sandbox.aws.answers import Answer

if TYPE_CHECKING:
    from gluepot_sandbox.aws.front import Request
    from gluepot_sandbox.aws.identity import Caller

FORBIDDEN = 403


def refusal(request: Request, caller: Caller) -> Answer | None:
    """Answer HeadBucket of somebody else's bucket; None for every other request."""
    path, _, query = request.path.partition("?")
    bucket = path.strip("/")
    if request.method != "HEAD" or not bucket or "/" in bucket or query:
        return None
    models = sys.modules.get("moto.s3.models")
    owner = models.s3_backends.bucket_accounts.get(bucket) if models else None
    if owner is None or owner[1] == caller.account or _is_opened(models, owner, bucket):
        return None
    return Answer(b"", FORBIDDEN, "application/xml", error="403")  # a HEAD has no body that could say more


def tagged(request: Request, caller: Caller) -> None:
    """Give the bucket that a request created the tags that came with it."""
    path, _, query = request.path.partition("?")
    bucket = path.strip("/")
    if request.method != "PUT" or not bucket or "/" in bucket or query or b"<Tags>" not in request.body:
        return
    tags = {}
    for tag in ET.fromstring(request.body).iterfind("{*}Tags/{*}Tag"):  # noqa: S314 - our own tests send it
        tags[tag.findtext("{*}Key", "")] = tag.findtext("{*}Value", "")
    backends = sys.modules["moto.s3.models"].s3_backends
    partition = backends.bucket_accounts[bucket][0]
    backends[caller.account][partition].put_bucket_tagging(bucket, tags)


def _is_opened(models: Any, owner: tuple[str, str], bucket: str) -> bool:  # noqa: ANN401 - moto ships no types
    """Tell whether a bucket has a policy: those are taken to let others in."""
    partition, account = owner
    return bool(models.s3_backends[account][partition].buckets[bucket].policy)
