"""A table's location in the object store: records that are created once, and data files."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Final, TypeVar

import msgspec

from gluepot.aws.faults import EXPIRED
from gluepot.errors import GluepotError, LakeError
from gluepot.host import capped
from gluepot.lake.commit.errors import store_error
from gluepot.landing import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gluepot.lake.commit.account import Account
    from gluepot.landing import Landing, StoredObject

logger = logging.getLogger(__name__)

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

RENEWALS: Final = 2
"""How often one call renews credentials that the store calls expired."""

AT_ONCE: Final = 32
"""Small requests under way at once, where thousands are to be made."""


class Store:
    """What lies below a table's location; keys are relative to it. Threads may share one.

    Args:
        account: Opens it, and renews credentials.
        location: The table's s3:// location.
    """

    def __init__(self, account: Account, location: str) -> None:
        self.location = location.rstrip("/")
        self.account = account
        self._landing = account.landing(location)

    def url(self, key: str) -> str:
        """Give the whole address of a key."""
        return f"{self.location}/{key}"

    def create(self, key: str, record: S) -> S:
        """Write a record unless there is one; give the one that stands, which is this one or another process's.

        Raises:
            LakeError: The store did not take it.
        """
        body = msgspec.json.encode(record)

        def put(landing: Landing) -> bool:
            try:
                landing.put_new(key, body)
            except StoreError as error:
                if error.kind != "exists":
                    raise
                return False
            return True

        if self._do(f"writing {key}", put):
            return record
        standing = self.read(key, type(record))
        if standing is None:
            raise LakeError(f"{self.url(key)} came and went", "somebody removes files of this load", "run it again")
        return standing

    def read(self, key: str, kind: type[S]) -> S | None:
        """Read a record; None where there is none.

        Raises:
            LakeError: It is not one, or the store does not give it.
        """
        body = self._do(f"reading {key}", lambda landing: landing.get(key))
        if body is None:
            return None
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            hint = "was it edited? remove it, and gluepot does that part again"
            raise LakeError(f"{self.url(key)} is not a record of gluepot's", str(error), hint) from error

    def read_all(self, keys: Sequence[str], kind: type[S]) -> list[S]:
        """Read many records at once, in order."""
        found = each(lambda key: self.read(key, kind), keys)
        return [record for record in found if record is not None]

    def upload(self, key: str, body: IO[bytes], size: int) -> None:
        """Send a data file; what is there under its name has the same content."""
        self._do(f"sending {key}", lambda landing: landing.upload(key, body, size))

    def get(self, key: str) -> bytes:
        """Read a data file whole.

        Raises:
            LakeError: It is not there.
        """
        body = self._do(f"reading {key}", lambda landing: landing.get(key, capped.GENERATION))
        if body is None:
            raise LakeError(f"{self.url(key)} is gone", "somebody removed files of this load", "load the table anew")
        return body

    def copy(self, source: str, target: str) -> None:
        """Copy a file within the bucket."""
        self._do(f"copying {source}", lambda landing: landing.copy(source, target))

    def exists(self, key: str) -> bool:
        """Say whether there is an object."""
        return self._do(f"looking at {key}", lambda landing: landing.head(key)) is not None

    def list(self, folder: str) -> Sequence[StoredObject]:
        """List every object below a folder."""
        return self._do(f"listing {folder}", lambda landing: landing.list(folder))

    def folders(self, folder: str = "") -> tuple[str, ...]:
        """Name what lies directly below a folder: folders with a slash at their end, then objects."""
        return self._do(f"listing {folder or self.location}", lambda landing: landing.folders(folder))

    def remove(self, keys: Iterable[str]) -> int:
        """Remove objects; those that are not there are no error.

        What cannot be removed is left, with a warning: nobody reads it, and no load is to fail for it.

        Returns:
            How many are left.
        """
        left = [error for error in each(self._removed, list(keys)) if error]
        if left:
            logger.warning("%d files that nothing uses are left at %s: %s", len(left), self.location, left[0])
        return len(left)

    def _removed(self, key: str) -> GluepotError | None:
        try:
            self._do(f"removing {key}", lambda landing: landing.delete(key))
        except GluepotError as error:
            return error
        return None

    def _do(self, what: str, call: Callable[[Landing], T]) -> T:
        """Call, and again with new credentials where they are called expired; what else passes is the landing's."""
        for renewal in range(RENEWALS + 1):
            landing = self._landing
            try:
                return call(landing)
            except StoreError as error:
                if renewal == RENEWALS or not any(code in error.why for code in EXPIRED):
                    raise store_error(error, f"{what} at {self.location}", self.account.region) from error
            if self._landing is landing:  # a store keeps credentials until their end: open another
                self.account.renew()
                self._landing = self.account.landing(self.location)
        raise AssertionError("the last attempt returns or raises")


def each(work: Callable[[str], T], keys: Sequence[str]) -> Sequence[T]:
    """Do something with many keys at once; answers in order, the first error raised."""
    if not keys:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(keys)), thread_name_prefix="lake") as pool:
        return list(pool.map(work, keys))
