"""Writes to S3 that say more than obstore signs: a canned ACL, the account that must own the bucket."""

from __future__ import annotations

from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from gluepot.aws.calling import client_of, config_of
from gluepot.aws.credentials import provided, session_of
from gluepot.aws.session import profile_session

if TYPE_CHECKING:
    from gluepot.aws.s3credential import Credentials
    from gluepot.aws.s3place import S3Place
    from gluepot.landing.location import Location
    from gluepot.landing.options import LandingOptions

SECONDS = 15 * 60
"""For a whole request, as for obstore's."""


class SignedPuts:
    """Writes objects in one request each, sent once: who calls decides what is sent again.

    Args:
        place: The bucket and the prefix.
        options: What is said with each object.
        service: Where S3 is.
        credentials: Gives them; None for those of the options' profile or of the environment.
    """

    def __init__(
        self, place: Location, options: LandingOptions, service: S3Place, credentials: Credentials | None
    ) -> None:
        self._place, self._options, self._service, self._credentials = place, options, service, credentials

    def __repr__(self) -> str:
        return f"SignedPuts({self._place.name})"

    def create(self, key: str, body: bytes) -> None:
        """Write an object that must not be there yet.

        Raises:
            ClientError: S3 refused; 412 where something is there.
            BotoCoreError: It was not reached.
            GluepotError: There are no credentials.
        """
        self._put(key, body, IfNoneMatch="*")

    def write(self, key: str, body: bytes | IO[bytes]) -> None:
        """Write an object, over another one if there is one; a file is read from where it stands.

        Raises:
            ClientError, BotoCoreError, GluepotError: As for `create`.
        """
        self._put(key, body)

    def _put(self, key: str, body: bytes | IO[bytes], **more: str) -> None:
        options = self._options
        asked = {
            "ACL": options.acl,
            "ExpectedBucketOwner": options.bucket_owner,
            "ServerSideEncryption": options.sse,
            "SSEKMSKeyId": options.kms_key,
            "RequestPayer": "requester" if options.requester_pays else "",
        }
        said = {name: value for name, value in asked.items() if value}
        path = f"{self._place.prefix}/{key}" if self._place.prefix else key
        self._client.put_object(
            Bucket=self._place.container, Key=path, Body=body, ChecksumAlgorithm="SHA256", **said, **more
        )

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
            config=config_of(connections=8, seconds=SECONDS),
            endpoint_url=self._service.endpoint or None,
        )
