"""What a landing does with a file of any size: one request where it is small, else parts."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Final

from gluepot.landing.retries import is_half

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore.store import ObjectStore

    from gluepot.landing.faults import StoreError
    from gluepot.landing.retries import Retries
    from gluepot.landing.stores import Stores

PART: Final = 8 * 1024 * 1024
"""Bytes of one part, and of the largest object that is sent in one request: S3 takes up to 10,000 parts."""

PARTS_AT_ONCE: Final = 2
"""Parts of one object under way: what an upload holds in memory, times `PART`."""


def create(stores: Stores, key: str, body: bytes) -> None:
    """Send one request that makes an object, and fails where one is there."""
    if stores.signed:
        stores.signed.create(key, body)
        return
    import obstore  # noqa: PLC0415 # lazy: start-up

    obstore.put(stores.single, key, body, mode="create", use_multipart=False)


def put(stores: Stores, key: str, body: bytes | IO[bytes]) -> None:
    """Send one request that writes an object, over another one if there is one."""
    if stores.signed:
        stores.signed.write(key, body)
        return
    import obstore  # noqa: PLC0415 # lazy: start-up

    obstore.put(stores.single, key, body if isinstance(body, bytes) else body.read(), use_multipart=False)


def upload(stores: Stores, retries: Retries, key: str, body: IO[bytes], size: int, errors: Callable[[], Any]) -> None:
    """Send a file, over an object that is there; whatever is sent again is the same.

    What obstore does not sign goes in one request, which S3 takes up to 5 GiB.

    Args:
        stores: Where it goes.
        retries: How often a request is sent.
        key: Its key.
        body: The file, read from its start.
        size: Its bytes.
        errors: Maps obstore's exceptions.

    Raises:
        StoreError: Refused, or unreachable for longer than it is tried.
    """
    import obstore  # noqa: PLC0415 # lazy: start-up

    def whole() -> None:
        body.seek(0)
        with errors():
            put(stores, key, body)

    def parts() -> None:
        body.seek(0)
        with errors():
            obstore.put(stores.many, key, body, use_multipart=True, chunk_size=PART, max_concurrency=PARTS_AT_ONCE)

    if size <= PART or stores.signed:
        retries.run(whole)
    else:
        retries.run(parts, is_half)


def is_end_lost(error: StoreError, size: int) -> bool:
    """Tell whether an upload that failed may be done: obstore, whose request for its end was not answered, asked again.

    By then there is no such upload any more.
    """
    return size > PART and error.kind == "not_found" and not error.container_missing


def folders(store: ObjectStore, prefix: str) -> tuple[str, ...]:
    """Name what lies directly below a folder: folders with a slash at their end, then objects."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    found = obstore.list_with_delimiter(store, prefix or None)
    start = len(prefix) + 1 if prefix else 0
    inner = [f"{path[start:]}/" for path in found["common_prefixes"]]
    return (*sorted(inner), *sorted(meta["path"][start:] for meta in found["objects"]))
