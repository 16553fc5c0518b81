"""A landing: create-only sends that are verified, and the few reads around them."""

from __future__ import annotations

import hashlib
import io
import sys
from typing import IO, TYPE_CHECKING, Final, TypeVar

from gluepot.errors import StateError
from gluepot.host import capped
from gluepot.landing import parts, transfer
from gluepot.landing.faults import StoreError, store_errors, verdict_of
from gluepot.landing.location import parse_url
from gluepot.landing.options import LandingOptions
from gluepot.landing.receipt import Receipt, StoredObject
from gluepot.landing.stores import open_stores
from gluepot.waiting.pace import LIMITS
from gluepot.waiting.patience import Verdict, current

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gluepot.aws.s3credential import Credentials
    from gluepot.landing.receipt import Verified, Version
    from gluepot.landing.signedputs import SignedPuts
    from gluepot.landing.stores import Stores
    from gluepot.waiting.pace import Limits

T = TypeVar("T")

LIMIT: Final = 5_000 * 1024 * 1024
"""Bytes in one create. Extracts are at most 256 MB each; the limit is Azure's for one Put Blob (S3: 5 GiB).

https://learn.microsoft.com/rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs
"""


def from_url(
    url: str,
    options: LandingOptions | None = None,
    *,
    credentials: Credentials | None = None,
    limits: Limits = LIMITS,
) -> Landing:
    """Open a landing; nothing remote is called yet.

    Args:
        url: s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX,
            https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX, file:///DIR, a local path, or memory://.
        options: What gives access; without any, the identity of the environment.
        credentials: Gives AWS credentials for S3, for example of an assumed role, and renews them.
        limits: What ends a try (for tests).

    Raises:
        ConfigError: The URL or the options cannot be.
        StoreError: A local folder cannot be made.
    """
    place = parse_url(url)
    return Landing(place.name, open_stores(place, options or LandingOptions(), credentials, limits))


class Landing:
    """One landing directory. Keys are relative to it; all methods may be called from several threads.

    Args:
        name: For messages; without secrets.
        stores: The opened stores.
    """

    def __init__(self, name: str, stores: Stores) -> None:
        """Keep the stores; nothing is called."""
        self.name = name
        self._stores = stores

    def __repr__(self) -> str:
        return f"Landing({self.name})"

    def put_new(self, key: str, source: Path | bytes, sha256: str = "", *, ours: bool = False) -> Receipt:
        """Send one object, never over another one, and verify that it arrived.

        The whole object is in memory while it is sent: creating is always one request.

        Args:
            key: Where it goes, below the landing's prefix.
            source: Its content, or the file that holds it.
            sha256: The hex digest that the content must have; empty to take it as it is.
            ours: An object there that cannot be read counts: a former push of this very object has its receipt.

        Raises:
            StateError: The content does not have the digest, or the file cannot be read.
            StoreError: Refused, unreachable, or something else is there.
        """
        checked_key(key)
        body = source if isinstance(source, bytes) else _read(source)
        digest = hashlib.sha256(body).hexdigest()
        if sha256 and digest != sha256:
            why = f"its SHA-256 is {digest[:12]}..., expected {sha256[:12]}..."
            hint = "nothing altered is sent: restore the file, or move its manifest aside and run collect again"
            raise StateError(f"{key if isinstance(source, bytes) else source} was altered", why, hint)
        if len(body) > LIMIT:
            hint = "split it, or leave it out"
            raise StoreError(f"{key} is too large for one request", f"{len(body)} bytes, at most {LIMIT}", hint)
        return self._create(key, body, digest, ours=ours)

    def get(self, key: str, most: int = capped.RECORD) -> bytes | None:
        """Read one object whole; None where there is none.

        Args:
            key: Its key.
            most: Bytes that it has at the most.

        Raises:
            StoreError: It may not be read, is larger, or the bucket or container is missing.
        """
        path = checked_key(key)

        def read() -> bytes:
            body = io.BytesIO()

            def take(piece: bytes) -> None:
                if body.write(piece) and body.tell() > most:
                    raise capped.too_large(most)

            transfer.get(self._stores, path, take)
            return body.getvalue()

        try:
            return self._sent("read", key, read)
        except StoreError as error:
            if error.kind == "not_found" and not error.container_missing:
                return None
            raise

    def put(self, key: str, body: bytes) -> None:
        """Write one object, over another one if there is one; for marks, not for extracts.

        Raises:
            StoreError: Refused or unreachable.
        """
        path = checked_key(key)
        self._sent("write", key, lambda: transfer.put(self._stores, path, body, len(body)))

    def look(self, key: str) -> Version | None:
        """Read one object with what tells this version of it from every other; None where there is none.

        Raises:
            StoreError: It may not be read, or the bucket or container is missing.
        """
        path = checked_key(key)
        try:
            return self._sent("read", key, lambda: transfer.look(self._stores, path))
        except StoreError as error:
            if error.kind == "not_found" and not error.container_missing:
                return None
            raise

    def exchange(self, key: str, body: bytes, tag: str = "") -> str:
        """Write one object, unless somebody else has written it meanwhile.

        After an answer that was lost, the object there can be the one that was sent: who is told "" looks whose it is.

        Args:
            key: Where it goes, below the landing's prefix.
            body: Its content.
            tag: The version that it must still have; empty where there must be none.

        Returns:
            Its new version; "" where another one is there.

        Raises:
            StoreError: Refused or unreachable; `unsupported` where the store has no conditional writes.
        """
        path = checked_key(key)
        try:
            made = self._sent("write", key, lambda: transfer.exchange(self._stores, path, body, tag))
        except StoreError as error:
            if error.kind == "exists" or (tag and error.kind == "not_found" and not error.container_missing):
                return ""
            raise
        if not made:
            why = "it names no version of what it wrote"
            raise StoreError(f"cannot write {key} at {self.name} under a condition", why, kind="unsupported")
        return made

    def upload(self, key: str, body: IO[bytes], size: int) -> None:
        """Write one object of any size from a file, in parts, over another one if there is one.

        Args:
            key: Where it goes, below the landing's prefix.
            body: The file; it is read from its start.
            size: Its bytes.

        Raises:
            StoreError: Refused or unreachable.
        """
        checked_key(key)

        def whole() -> None:
            body.seek(0)
            transfer.put(self._stores, key, body, size)

        if not self._stores.remote:
            body.seek(0)
            self._sent("write", key, lambda: transfer.save(self._stores, key, body))
        elif self._stores.puts and size > transfer.PART:
            self._upload_parts(self._stores.puts, key, body, size)
        else:
            self._sent("send", key, whole)

    def copy(self, source: str, target: str) -> None:
        """Copy one object within the landing, over another one if there is one.

        Raises:
            StoreError: Refused, unreachable, or the source is not there.
        """
        if self._stores.signed:
            hint = "leave acl and expected_bucket_owner out where objects are copied"
            raise StoreError(f"cannot copy {source} at {self.name}", "a copy says neither", hint, kind="unsupported")
        old, new = checked_key(source), checked_key(target)
        self._sent("copy", source, lambda: transfer.copy(self._stores, old, new))

    def folders(self, prefix: str = "") -> tuple[str, ...]:
        """Name what lies directly below a folder: folders with a slash at their end, then objects.

        Raises:
            StoreError: It may not be listed.
        """
        return self._sent("list", prefix or ".", lambda: transfer.folders(self._stores, prefix))

    def head(self, key: str) -> StoredObject | None:
        """Ask for one object's size; None where there is none.

        Raises:
            StoreError: It may not be asked.
        """
        path = checked_key(key)
        try:
            size = self._sent("look at", key, lambda: transfer.size_of(self._stores, path))
            return StoredObject(key=key, bytes=size)
        except StoreError as error:
            if error.kind == "not_found":
                return None
            raise

    def list(self, prefix: str = "") -> list[StoredObject]:
        """List every object below a folder of the landing, by key.

        Args:
            prefix: The folder; empty for the whole landing.

        Raises:
            StoreError: It may not be listed.
        """
        listing = transfer.Listing(self._stores, prefix)
        while self._sent("list", prefix or ".", listing.step):
            pass
        found = (
            StoredObject(key=meta["path"], bytes=meta["size"], modified=meta["last_modified"]) for meta in listing.found
        )
        return sorted(found, key=lambda item: item.key)

    def delete(self, key: str) -> None:
        """Remove one object; that there is none is no error.

        Raises:
            StoreError: It may not be removed.
        """
        path = checked_key(key)
        try:
            self._sent("delete", key, lambda: transfer.delete(self._stores, path))
        except StoreError as error:
            if error.kind != "not_found" or error.container_missing:
                raise

    def _errors(self, verb: str, key: str) -> AbstractContextManager[None]:
        # an audit event of Python's: who installs a hook sees each request, and may refuse it
        sys.audit("gluepot.landing", verb, self.name, key)
        credentials = self._stores.credentials
        return store_errors(f"cannot {verb} {key} at {self.name}", credentials.failed if credentials else None)

    def _sent(self, verb: str, key: str, send: Callable[[], T]) -> T:
        """Send one request, and again while what it meets may pass."""

        def once() -> T:
            with self._errors(verb, key):
                return send()

        return self._patiently(once, verb)

    def _patiently(self, once: Callable[[], T], what: str) -> T:
        if not self._stores.remote:
            return once()
        return current().run(once, verdict_of, host=self._stores.host, what=what)

    def _upload_parts(self, puts: SignedPuts, key: str, body: IO[bytes], size: int) -> None:
        """Send in parts; after a lost last answer, an object that is there with its size is the one just sent."""

        def send(call: Callable[[], T]) -> T:
            return self._sent("send", key, call)

        try:
            parts.upload(puts, send, key, body, size)
        except StoreError as error:
            if error.kind != "not_found" or error.container_missing or not self._has_arrived(key, size):
                raise

    def _create(self, key: str, body: bytes, digest: str, *, ours: bool) -> Receipt:
        """Create patiently; after a lost answer, an object that is there can be our own."""
        answer_lost = False

        def once() -> Receipt:
            nonlocal answer_lost
            try:
                with self._errors("send", key):
                    transfer.create(self._stores, key, body)
            except StoreError as error:
                if error.kind == "exists":
                    there = self._already_there(key, body, digest, ours=ours, answer_lost=answer_lost)
                    if there:
                        return there
                    error.verdict = Verdict.PASSING  # what was in the way is gone
                elif error.verdict in {Verdict.PASSING, Verdict.THROTTLED}:
                    answer_lost = True
                raise
            return self._arrived(key, body, digest)

        return self._patiently(once, "send")

    def _arrived(self, key: str, body: bytes, digest: str) -> Receipt:
        """Verify what was just created, as well as the landing allows."""
        verified: Verified = "checksum"
        if not self._stores.checksums:
            verified = self._read_back(key, body, digest)
        return Receipt(key=key, bytes=len(body), sha256=digest, sent=True, verified=verified)

    def _read_back(self, key: str, body: bytes, digest: str) -> Verified:
        try:
            same = self._size(key) == len(body) if self._stores.remote else self._content(key) == (len(body), digest)
        except StoreError as error:
            if error.kind == "denied":
                return "unverified (write-only)"
            raise
        if not same:
            hint = "remove it there and push again"
            raise StoreError(f"{key} arrived damaged at {self.name}", "what is there differs from what was sent", hint)
        return "size" if self._stores.remote else "content"

    def _size(self, key: str) -> int:
        found = self.head(key)
        return -1 if found is None else found.bytes

    def _has_arrived(self, key: str, size: int) -> bool:
        """Tell whether an object is there with its size; not where nobody says."""
        try:
            return self._size(key) == size
        except StoreError:
            return False

    def _content(self, key: str) -> tuple[int, str]:
        """Stream an object and return its size and SHA-256, without holding it."""

        def read() -> tuple[int, str]:
            size, digest = 0, hashlib.sha256()

            def take(piece: bytes) -> None:
                nonlocal size
                digest.update(piece)
                size += len(piece)

            transfer.get(self._stores, key, take)
            return size, digest.hexdigest()

        return self._sent("read", key, read)

    def _already_there(  # after a lost answer the object in the way can be the one just sent
        self, key: str, body: bytes, digest: str, *, ours: bool, answer_lost: bool
    ) -> Receipt | None:
        """Decide about an object that is in the way; None where it has vanished meanwhile."""
        verified: Verified = "content"
        try:
            same = self._content(key) == (len(body), digest)
        except StoreError as error:
            if error.kind == "not_found":
                return None
            if error.kind != "denied":
                raise
            if not (ours or answer_lost):
                raise self._unreadable(key) from None
            same, verified = True, "unverified (write-only)"
        if not same:
            why = "gluepot never overwrites an extract file, and its content differs"
            hint = "if it is a leftover, remove it there and push again; else give each server its own landing prefix"
            raise StoreError(f"another {key} is already at {self.name}", why, hint, kind="exists")
        return Receipt(key=key, bytes=len(body), sha256=digest, sent=answer_lost, verified=verified)

    def _unreadable(self, key: str) -> StoreError:
        return StoreError(
            f"{key} is already at {self.name}, unverified (exists, cannot be read)",
            "this access may write but not read, so gluepot cannot tell whether it is the same file",
            "push once with an access that may read (SAS permission r), or remove the file there; "
            f"if an interrupted push of yours sent it, copy {key} to the folder 'pushed' beside it and push again",
            kind="exists",
        )


def checked_key(key: str) -> str:
    """Return the key, which must be a plain relative one.

    Raises:
        StoreError: It is empty, absolute, climbs, or holds control characters.
    """
    if not key or not key.isprintable() or "\\" in key or any(part in {"", ".", ".."} for part in key.split("/")):
        raise StoreError(f"{key!r} cannot be a name at a landing", "it is not a plain relative path", "rename the file")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"cannot read {path}", error.strerror or "", "run collect again, or restore the file"
        ) from error
