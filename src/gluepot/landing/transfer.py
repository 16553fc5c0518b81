"""What a landing does with large objects and folders: send in parts, copy within the store, list one level."""

from __future__ import annotations

import random
import time
from typing import IO, TYPE_CHECKING, Any, Final

from gluepot.landing.faults import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore.store import ObjectStore

ATTEMPTS: Final = 5
FIRST_PAUSE: Final = 0.3
PART: Final = 8 * 1024 * 1024
"""Bytes of one part, and of the largest object that is sent in one request: S3 takes up to 10,000 parts."""

PARTS_AT_ONCE: Final = 2
"""Parts of one object under way: what an upload holds in memory, times `PART`."""


def upload(store: ObjectStore, key: str, body: IO[bytes], size: int, errors: Callable[[], Any]) -> None:
    """Send a file, over an object that is there; whatever is sent again is the same.

    Args:
        store: Where it goes.
        key: Its key.
        body: The file, read from its start.
        size: Its bytes.
        errors: Maps obstore's exceptions.

    Raises:
        StoreError: Refused, or unreachable for longer than it is tried.
    """
    import obstore  # noqa: PLC0415 # lazy: start-up

    def send() -> None:
        body.seek(0)
        with errors():
            if size <= PART:
                obstore.put(store, key, body.read(), use_multipart=False)
            else:
                obstore.put(store, key, body, use_multipart=True, chunk_size=PART, max_concurrency=PARTS_AT_ONCE)

    # when the answer to the end of a multipart upload is lost, the store asks again and is told that there is none
    _again(send, also_missing=True)


def copy(store: ObjectStore, source: str, target: str, errors: Callable[[], Any]) -> None:
    """Copy an object within the store, over one that is there; nothing passes through this machine.

    Raises:
        StoreError: Refused, the source is not there, or unreachable for longer than it is tried.
    """
    import obstore  # noqa: PLC0415 # lazy: start-up

    def send() -> None:
        with errors():
            obstore.copy(store, source, target, overwrite=True)

    _again(send)


def folders(store: ObjectStore, prefix: str) -> tuple[str, ...]:
    """Name what lies directly below a folder: folders with a slash at their end, then objects."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    found = obstore.list_with_delimiter(store, prefix or None)
    start = len(prefix) + 1 if prefix else 0
    inner = [f"{path[start:]}/" for path in found["common_prefixes"]]
    return (*sorted(inner), *sorted(meta["path"][start:] for meta in found["objects"]))


def _again(send: Callable[[], None], *, also_missing: bool = False) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return send()
        except StoreError as error:
            passing = error.kind == "unreachable" or (
                also_missing and error.kind == "not_found" and not error.container_missing
            )
            if attempt == ATTEMPTS or not passing:
                raise
        time.sleep(FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))  # noqa: S311 # jitter, not a secret
    raise AssertionError("the last attempt returns or raises")
