"""What a landing asks of its stores: bodies one way and the other, and what lies there, each try with an end."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Final

from gluepot.host import capped
from gluepot.landing import paced
from gluepot.landing.receipt import Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore import ObjectMeta, PutMode

    from gluepot.landing.stores import Stores

PART: Final = 8 * 1024 * 1024
"""Bytes of one part, and of the largest object that is sent to S3 in one request: it takes up to 10,000 parts."""

SMALL: Final = 64 * 1024
"""Up to so many bytes a limit for the whole request is as good as one that looks at what is on its way."""

STEP: Final = 100
"""Objects that a listing hands over at once: obstore fills these from pages of any size, S3's have 1,000."""


def create(stores: Stores, key: str, body: bytes) -> None:
    """Send one request that makes an object, and fails where one is there."""
    if stores.puts and (stores.signed or len(body) > SMALL):
        stores.puts.create(key, body)
        return
    import obstore  # noqa: PLC0415 # lazy: start-up

    seconds = paced.size_seconds(len(body), stores.limits)
    paced.answer(lambda: obstore.put_async(stores.writes, key, body, mode="create", use_multipart=False), seconds)


def exchange(stores: Stores, key: str, body: bytes, tag: str) -> str:
    """Send one request that writes an object where it has this ETag, or none at all; give the new ETag, or ""."""
    if stores.puts and stores.signed:
        return stores.puts.exchange(key, body, tag)
    import obstore  # noqa: PLC0415 # lazy: start-up

    mode: PutMode = {"e_tag": tag} if tag else "create"
    seconds = paced.size_seconds(len(body), stores.limits)
    made = paced.answer(lambda: obstore.put_async(stores.writes, key, body, mode=mode, use_multipart=False), seconds)
    return made["e_tag"] or ""


def look(stores: Stores, key: str) -> Version:
    """Read one small object with its ETag, and when it was written."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    async def read() -> tuple[ObjectMeta, bytes]:
        found = await obstore.get_async(stores.reads, key)
        if found.meta["size"] > capped.MARK:
            raise capped.too_large(capped.MARK)
        return found.meta, bytes(await found.bytes_async())

    meta, body = paced.answer(read, stores.limits.seconds)
    return Version(body=body, tag=meta["e_tag"] or "", modified=meta["last_modified"])


def put(stores: Stores, key: str, body: bytes | IO[bytes], size: int) -> None:
    """Send one request that writes an object, over another one if there is one.

    Args:
        stores: Where it goes.
        key: Its key.
        body: Its content; a file is read from where it stands.
        size: Its bytes.
    """
    if stores.puts and (stores.signed or size > SMALL):
        stores.puts.write(key, body)
        return
    import obstore  # noqa: PLC0415 # lazy: start-up

    content = body if isinstance(body, bytes) else body.read()
    seconds = paced.size_seconds(size, stores.limits)
    paced.answer(lambda: obstore.put_async(stores.writes, key, content, use_multipart=False), seconds)


def save(stores: Stores, key: str, body: IO[bytes]) -> None:
    """Write a file of any size to a store of this machine."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    obstore.put(stores.writes, key, body, use_multipart=True, chunk_size=PART)


def get(stores: Stores, key: str, take: Callable[[bytes], object]) -> None:
    """Read one object, piece by piece."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    paced.read(lambda: obstore.get_async(stores.reads, key), stores.limits, take)


def size_of(stores: Stores, key: str) -> int:
    """Ask for one object's bytes."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    return paced.answer(lambda: obstore.head_async(stores.reads, key), stores.limits.seconds)["size"]


def delete(stores: Stores, key: str) -> None:
    """Remove one object."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    paced.answer(lambda: obstore.delete_async(stores.reads, key), stores.limits.seconds)


def copy(stores: Stores, source: str, target: str) -> None:
    """Copy one object, over another one if there is one; the service may take its time."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    paced.answer(lambda: obstore.copy_async(stores.writes, source, target), stores.limits.total)


def folders(stores: Stores, prefix: str) -> tuple[str, ...]:
    """Name what lies directly below a folder: folders with a slash at their end, then objects."""
    import obstore  # noqa: PLC0415 # lazy: start-up

    found = paced.answer(lambda: obstore.list_with_delimiter_async(stores.reads, prefix or None), stores.limits.total)
    start = len(prefix) + 1 if prefix else 0
    inner = [f"{path[start:]}/" for path in found["common_prefixes"]]
    return (*sorted(inner), *sorted(meta["path"][start:] for meta in found["objects"]))


class Listing:
    """All objects below a folder; a step is what is asked for again where it fails.

    Where a store lists in order, that is one page: what was listed before a failure is not asked for again, since a
    listing of many pages that begins anew for each that failed may never end.

    Args:
        stores: What is listed.
        prefix: The folder; empty for everything.
    """

    def __init__(self, stores: Stores, prefix: str) -> None:
        self.found: list[ObjectMeta] = []
        self._stores = stores
        self._prefix = prefix
        self._pages: Any = None

    def step(self) -> bool:
        """Ask for more; tell whether there may be more still."""
        if self._stores.ordered:
            return self._page()
        self.found.clear()
        while self._page():
            pass
        return False

    def _page(self) -> bool:
        pages = self._pages or self._opened()
        self._pages = None  # one that fails is of no more use
        try:
            page = paced.answer(pages.__anext__, self._stores.limits.total)
        except StopAsyncIteration:
            return False
        self._pages = pages
        self.found += page
        return True

    def _opened(self) -> Any:  # noqa: ANN401 - obstore's stream
        import obstore  # noqa: PLC0415 # lazy: start-up

        last = self.found[-1]["path"] if self.found else None
        return obstore.list(self._stores.reads, self._prefix or None, offset=last, chunk_size=STEP)
