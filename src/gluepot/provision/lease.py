"""One apply at a time: an object in S3 that is created only where there is none, and renewed while work goes on.

S3's conditional writes make it safe (S3 user guide, "How to prevent object overwrites with conditional writes"); its
age is told by S3's own clock. A process that died holds nobody up for longer than `SECONDS`.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.faults import code_of, error_of
from gluepot.errors import BusyError, ScopeError
from gluepot.waiting.patience import trying_once

if TYPE_CHECKING:
    from gluepot.aws.clients import Clients

SECONDS: Final = 300
"""How long a lease is good after it was renewed last; longer than any one step takes."""

FILE: Final = "aws.lease"
LONGEST: Final = 4096
"""Bytes of it that are read."""

_LOST: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409", "404"})
"""What S3 says where the condition of a write does not hold."""


class Lease:
    """The right to change a stack.

    Args:
        clients: The account.
        place: `s3://BUCKET/PREFIX`; the bucket has to stand when the lease is taken.
        seconds: How long it is good after it was renewed last.
    """

    def __init__(self, clients: Clients, place: str, seconds: float = SECONDS) -> None:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        self._clients = clients
        self._bucket, self._key = bucket, "/".join(filter(None, (prefix.strip("/"), FILE)))
        self._seconds = seconds
        # the id makes the body, and with it the ETag, this holder's own
        self._body = {"by": f"{_user()} on {socket.gethostname()}", "process": os.getpid(), "id": uuid.uuid4().hex}
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
        there, holder = self._there()
        if there is None:  # given back just now
            if not self._put(IfNoneMatch="*"):
                raise self._busy(0.0, self._there()[1])
        elif holder.get("id") == self._body["id"]:  # it was written, and only the answer was lost
            self._etag = str(there["ETag"])
        elif _age(there) < self._seconds or not self._put(IfMatch=str(there["ETag"])):
            raise self._busy(_age(there), holder)

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
        """Give it back, where it is held still; where S3 refuses, time does it, and what was done stays told."""
        if not self._etag:
            return
        self._etag = ""
        try:
            with trying_once():
                self._remove()
        except ScopeError as error:
            self._clients.tell(f"{self.url} could not be given back, and runs out by itself: {error.why}")

    def _remove(self) -> None:
        _, holder = self._there()
        if holder.get("id") == self._body["id"]:
            self._clients.find("s3", "DeleteObject", self._arn, Bucket=self._bucket, Key=self._key)

    @property
    def _arn(self) -> str:
        return self._clients.global_arn("s3", f"{self._bucket}/{self._key}")

    def _put(self, **condition: str) -> bool:
        """Write it under a condition; False where the condition does not hold."""
        body = json.dumps(self._body).encode()
        given: dict[str, Any] = {"Bucket": self._bucket, "Key": self._key, "Body": body, **condition}
        try:
            self._etag = self._clients.client("s3").put_object(**given)["ETag"]
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and code_of(error)[0] in _LOST:
                return False
            raise error_of(error, "s3", "PutObject", self._arn) from error
        return True

    def _there(self) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """Read what lies there, and who wrote it."""
        answer = self._clients.find("s3", "GetObject", self._arn, Bucket=self._bucket, Key=self._key)
        if answer is None:
            return None, {}
        try:
            body = json.loads(answer["Body"].read(LONGEST))
        except (ValueError, BotoCoreError):
            body = {}
        return answer, body if isinstance(body, dict) else {}

    def _busy(self, age: float, holder: dict[str, Any]) -> BusyError:
        who = f"{holder.get('by', 'somebody')}, process {holder.get('process', '?')}"
        why = f"{who} holds {self.url}, renewed {age:.0f} seconds ago"
        return BusyError("another gluepot aws is at work on this plan", why, AGAIN)


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
