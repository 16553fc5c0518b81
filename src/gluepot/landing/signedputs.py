"""Writes to S3 beside obstore's: with more than that signs (an ACL, the bucket's owner), in parts, at a steady pace."""

from __future__ import annotations

from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Final

from gluepot.aws.calling import client_of, config_of
from gluepot.aws.credentials import provided, session_of
from gluepot.aws.session import profile_session

if TYPE_CHECKING:
    from gluepot.aws.s3credential import Credentials
    from gluepot.aws.s3place import S3Place
    from gluepot.landing.location import Location
    from gluepot.landing.options import LandingOptions
    from gluepot.waiting.pace import Limits

CONNECTIONS: Final = 8
CHECKED: Final = {"ChecksumAlgorithm": "SHA256"}
"""The service refuses a body that does not match."""


class SignedPuts:
    """Writes objects; each call is one request, sent once: who calls decides what is sent again.

    Each raises ClientError where S3 refused, BotoCoreError where it was not reached, GluepotError without credentials.

    Args:
        place: The bucket and the prefix.
        options: What is said with each object.
        service: Where S3 is.
        credentials: Gives them; None for those of the options' profile or of the environment.
        limits: What ends a request.
    """

    def __init__(
        self,
        place: Location,
        options: LandingOptions,
        service: S3Place,
        credentials: Credentials | None,
        limits: Limits,
    ) -> None:
        self._place, self._options, self._service, self._credentials = place, options, service, credentials
        self._limits = limits

    def __repr__(self) -> str:
        return f"SignedPuts({self._place.name})"

    def create(self, key: str, body: bytes) -> None:
        """Write an object that must not be there yet; 412 where something is."""
        self._client.put_object(**self._at(key), **self._said(), **CHECKED, Body=body, IfNoneMatch="*")

    def write(self, key: str, body: bytes | IO[bytes]) -> None:
        """Write an object, over another one if there is one; a file is read from where it stands."""
        self._client.put_object(**self._at(key), **self._said(), **CHECKED, Body=body)

    def begin(self, key: str) -> str:
        """Begin an upload in parts; give its id."""
        made = self._client.create_multipart_upload(**self._at(key), **self._said(), **CHECKED)
        return str(made["UploadId"])

    def exchange(self, key: str, body: bytes, tag: str) -> str:
        """Write an object where it still has this ETag, or, without one, is not there; give its new one.

        It is 404, 409 or 412 where that is not so.
        """
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        answer = self._client.put_object(**self._at(key), **self._said(), **CHECKED, **condition, Body=body)
        return str(answer.get("ETag", ""))

    def part(self, key: str, upload_id: str, number: int, body: bytes) -> dict[str, Any]:
        """Send a part, counted from 1; give what S3 is told of it at the end."""
        sent = self._client.upload_part(**self._at(key), **CHECKED, UploadId=upload_id, PartNumber=number, Body=body)
        return {"PartNumber": number, **{name: sent[name] for name in ("ETag", "ChecksumSHA256") if name in sent}}

    def finish(self, key: str, upload_id: str, parts: list[dict[str, Any]]) -> None:
        """Make an object of its parts."""
        self._client.complete_multipart_upload(**self._at(key), UploadId=upload_id, MultipartUpload={"Parts": parts})

    def abandon(self, key: str, upload_id: str) -> None:
        """Remove the parts of an upload that comes to nothing."""
        self._client.abort_multipart_upload(**self._at(key), UploadId=upload_id)

    def _at(self, key: str) -> dict[str, str]:
        """Say where, and who pays and must own the bucket: each request does."""
        options = self._options
        asked = {
            "Bucket": self._place.container,
            "Key": f"{self._place.prefix}/{key}" if self._place.prefix else key,
            "ExpectedBucketOwner": options.bucket_owner,
            "RequestPayer": "requester" if options.requester_pays else "",
        }
        return {name: value for name, value in asked.items() if value}

    def _said(self) -> dict[str, str]:
        """Say what the object is to have."""
        options = self._options
        asked = {"ACL": options.acl, "ServerSideEncryption": options.sse, "SSEKMSKeyId": options.kms_key}
        return {name: value for name, value in asked.items() if value}

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - botocore ships no types
        profile = self._options.profile
        given = self._credentials
        session = session_of(provided(given, profile)) if given else profile_session(profile)
        return client_of(
            session,
            "s3",
            self._service.region,
            once=True,
            limits=self._limits,
            config=config_of(connections=CONNECTIONS, seconds=self._limits.seconds),
            endpoint_url=self._service.endpoint or None,
        )
