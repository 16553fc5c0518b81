"""An upload to S3 in parts: each is sent again by itself, since beginning anew for one that failed might never end.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Any, Final, Protocol, TypeVar

from gluepot.landing.faults import StoreError
from gluepot.landing.transfer import PART

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.landing.signedputs import SignedPuts

T = TypeVar("T")

AT_ONCE: Final = 2
"""Parts of one object under way: what an upload holds in memory, times `PART`."""


class Send(Protocol):
    """Makes a request, and again while it fails in passing."""

    def __call__(self, call: Callable[[], T], /) -> T:
        """Give its answer."""


def upload(puts: SignedPuts, send: Send, key: str, body: IO[bytes], size: int) -> None:
    """Send a file in parts, over an object that is there.

    Args:
        puts: What signs.
        send: Makes each request.
        key: Its key.
        body: The file.
        size: Its bytes.

    Raises:
        StoreError: Refused or unreachable. `not_found` can mean that all is done: where the answer to the last request
            was lost, there is no such upload any more when it is sent again.
    """
    upload_id = send(lambda: puts.begin(key))
    try:
        sent = _parts(puts, send, key, body, size, upload_id)
        send(lambda: puts.finish(key, upload_id, sent))
    except BaseException:
        with contextlib.suppress(StoreError):
            send(lambda: puts.abandon(key, upload_id))
        raise


def _parts(puts: SignedPuts, send: Send, key: str, body: IO[bytes], size: int, upload_id: str) -> list[dict[str, Any]]:
    """Send all parts, some at once; give what S3 is told of each at the end."""
    reading = threading.Lock()

    def part(number: int) -> dict[str, Any]:
        with reading:
            body.seek((number - 1) * PART)
            content = body.read(PART)
        return send(lambda: puts.part(key, upload_id, number, content))

    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="parts")
    try:
        return list(pool.map(part, range(1, -(-size // PART) + 1)))
    finally:
        pool.shutdown(cancel_futures=True)
