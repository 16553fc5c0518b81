"""One apply at a time: an object in S3 that is created only where there is none, and renewed while work goes on.

S3's conditional writes make it safe (S3 user guide, "How to prevent object overwrites with conditional writes"); its
age is told by S3's own clock. A process that died holds nobody up for longer than `SECONDS`.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gluepot.aws import code_of
from gluepot.errors import BusyError
from gluepot.provision.faults import error_of

if TYPE_CHECKING:
    from gluepot.provision.clients import Clients

SECONDS: Final = 300
"""How long a lease is good after it was renewed last; longer than any one step takes."""

FILE: Final = "aws.lease"

_LOST: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class Lease:
    """The right to change a stack.

    Args:
        clients: The account.
        place: `s3://BUCKET/PREFIX`; the bucket has to stand when the lease is taken.
    """

    def __init__(self, clients: Clients, place: str) -> None:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        self._clients = clients
        self._bucket, self._key = bucket, "/".join(filter(None, (prefix.strip("/"), FILE)))
        self._etag = ""

    @property
    def is_held(self) -> bool:
        """Whether it is ours."""
        return bool(self._etag)

    @property
    def url(self) -> str:
        """Where it lies."""
        return f"s3://{self._bucket}/{self._key}"

    def take(self) -> None:
        """Take it.

        Raises:
            BusyError: Somebody else holds it.
            ScopeError: S3 refuses.
        """
        if self._put(IfNoneMatch="*"):
            return
        there = self._clients.find("s3", "HeadObject", self._arn, Bucket=self._bucket, Key=self._key)
        if there is None:  # given back just now
            if not self._put(IfNoneMatch="*"):
                raise self._busy({})
            return
        if _age(there) < SECONDS or not self._put(IfMatch=there["ETag"]):
            raise self._busy(there)

    def take_if_possible(self) -> None:
        """Take it where its bucket stands; where there is none, nobody else can have it.

        Raises:
            BusyError: Somebody else holds it.
            ScopeError: S3 refuses.
        """
        arn = self._clients.global_arn("s3", self._bucket)
        if self._clients.find("s3", "HeadBucket", arn, Bucket=self._bucket) is not None:
            self.take()

    def beat(self) -> None:
        """Renew it.

        Raises:
            BusyError: It ran out, and somebody else took it.
            ScopeError: S3 refuses.
        """
        if not self._put(IfMatch=self._etag):
            self._etag = ""
            raise BusyError("another apply has taken over", f"this one did not renew {self.url} in time", AGAIN)

    def release(self) -> None:
        """Give it back, where it is held."""
        if self._etag:
            self._etag = ""
            self._clients.find("s3", "DeleteObject", self._arn, Bucket=self._bucket, Key=self._key)

    @property
    def _arn(self) -> str:
        return self._clients.global_arn("s3", f"{self._bucket}/{self._key}")

    def _put(self, **condition: str) -> bool:
        """Write it under a condition; False where the condition does not hold."""
        body = json.dumps({"by": f"{_user()} on {socket.gethostname()}", "process": os.getpid()}).encode()
        given: dict[str, Any] = {"Bucket": self._bucket, "Key": self._key, "Body": body, **condition}
        try:
            self._etag = self._clients.client("s3").put_object(**given)["ETag"]
        except ClientError as error:
            if code_of(error)[0] in _LOST:
                return False
            raise error_of(error, "s3", "PutObject", self._arn) from error
        return True

    def _busy(self, there: dict[str, Any]) -> BusyError:
        who = self._holder()
        since = f", renewed {_age(there):.0f} seconds ago" if there else ""
        return BusyError("another gluepot aws is at work on this plan", f"{who} holds {self.url}{since}", AGAIN)

    def _holder(self) -> str:
        answer = self._clients.find("s3", "GetObject", self._arn, Bucket=self._bucket, Key=self._key)
        try:
            told = json.loads(answer["Body"].read(4096)) if answer else {}
        except ValueError:
            told = {}
        return f"{told.get('by', 'somebody')}, process {told.get('process', '?')}"


AGAIN: Final = f"run it again when that has ended; one that died is passed over after {SECONDS // 60} minutes"


def _age(there: dict[str, Any]) -> float:
    """Tell the seconds since an object was written, by the server's clock."""
    said = there["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(said) if said else datetime.now(UTC)
    return float((now - there["LastModified"]).total_seconds())


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number that no file names
        return "somebody"
