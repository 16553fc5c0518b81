"""A store that crawls, hangs or breaks off ends a try; one that is slow and steady is waited for."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import pytest
from tests.support.azurite import server as azurite
from tests.support.landings import ACCESS_KEY, BUCKET, SECRET_KEY
from tests.support.patient import Waited, serving

from gluepot.landing import LandingOptions, StoreError, from_url
from gluepot.landing.transfer import PART, SMALL
from gluepot.waiting.pace import Limits
from gluepot.waiting.patience import Verdict, using

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from gluepot.landing import Landing

LIMITS: Final = Limits(seconds=0.2, rate=1000, total=0.5)
"""Two hundred bytes in a fifth of a second."""

EVERY: Final = 0.02
HEAD: Final = (
    b'HTTP/1.1 200 OK\r\nETag: "a"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 100000\r\n\r\n'
)


@pytest.fixture(autouse=True)
def waited() -> Iterator[Waited]:
    """One try, so that it is seen what ends it."""
    patient = Waited(seconds=0)
    with using(patient.patience):
        yield patient


@contextlib.contextmanager
def opened(store: str, answer: Callable[[socket.socket], None], limits: Limits = LIMITS) -> Iterator[Landing]:
    """Open a landing at a server that answers so."""
    with serving(answer) as port, pytest.MonkeyPatch.context() as patch:
        address = f"http://127.0.0.1:{port}"
        patch.setenv("AWS_ENDPOINT_URL_S3", address)
        if store == "azure":
            yield from_url(f"{address}/acc/landing", LandingOptions(account_key=azurite.KEY), limits=limits)
        else:
            keys = LandingOptions(region="us-east-1", key=ACCESS_KEY, secret=SECRET_KEY)
            yield from_url(f"s3://{BUCKET}/lz", keys, limits=limits)


def drip(
    connection: socket.socket, head: bytes, every: float = EVERY, piece: bytes = b"x", count: int = 10_000
) -> None:
    """Answer with a head, then piece by piece."""
    connection.recv(65536)
    connection.sendall(head)
    for _ in range(count):
        connection.sendall(piece)
        time.sleep(every)


def hang(connection: socket.socket) -> None:
    """Take everything and say nothing."""
    while connection.recv(65536):
        pass


def stop(connection: socket.socket) -> None:
    """Begin to answer."""
    drip(connection, HEAD, count=1)
    hang(connection)


def take_little(connection: socket.socket) -> None:
    """Take a byte now and then of what is sent."""
    while connection.recv(1):
        time.sleep(EVERY)


HEADS: dict[str, Callable[[socket.socket], None]] = {
    "a head that drips": lambda connection: drip(connection, b"H", piece=b"T"),
    "no answer": hang,
}
BODIES: dict[str, Callable[[socket.socket], None]] = {
    "a body that drips": lambda connection: drip(connection, HEAD),
    "a body that stops": stop,
}
ASKED: dict[str, Callable[[Landing], object]] = {
    "get": lambda landing: landing.get("a"),
    "list": lambda landing: landing.list(),
    "folders": lambda landing: landing.folders(),
}
DONE: dict[str, Callable[[Landing], object]] = {
    "head": lambda landing: landing.head("a"),
    "delete": lambda landing: landing.delete("a"),
    "copy": lambda landing: landing.copy("a", "b"),
    "small put": lambda landing: landing.put("a", b"x"),
    "small create": lambda landing: landing.put_new("a", b"x"),
}


def left(store: str, answer: Callable[[socket.socket], None], ask: Callable[[Landing], object]) -> bool:
    """Tell whether a try ends, and another one may help."""
    with opened(store, answer) as landing, pytest.raises(StoreError) as refused:
        ask(landing)
    return (refused.value.kind, refused.value.verdict) == ("unreachable", Verdict.PASSING)


@pytest.mark.parametrize("crawling", HEADS | BODIES)
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("store", ["s3", "azure"])
def test_an_answer_that_crawls_is_left(store: str, asked: str, crawling: str) -> None:
    assert left(store, (HEADS | BODIES)[crawling], ASKED[asked])


@pytest.mark.parametrize("crawling", HEADS)
@pytest.mark.parametrize("asked", DONE)
@pytest.mark.parametrize("store", ["s3", "azure"])
def test_what_is_not_answered_is_left(store: str, asked: str, crawling: str) -> None:
    assert left(store, HEADS[crawling], DONE[asked])


@pytest.mark.parametrize("store", ["s3", "azure"])
@pytest.mark.parametrize("send", ["put", "create", "upload"])
def test_an_upload_that_nobody_takes_is_left(store: str, send: str) -> None:
    body = bytes(SMALL + 4_000_000)
    sends: dict[str, Callable[[Landing], object]] = {
        "put": lambda landing: landing.put("a", body),
        "create": lambda landing: landing.put_new("a", body),
        "upload": lambda landing: landing.upload("a", io.BytesIO(body), len(body)),
    }
    # of what obstore sends the whole is limited, at the least rate
    limits = LIMITS if store == "s3" else Limits(seconds=0.2, rate=len(body) * 4)
    with opened(store, take_little, limits) as landing, pytest.raises(StoreError) as refused:
        sends[send](landing)
    assert (refused.value.kind, refused.value.verdict) == ("unreachable", Verdict.PASSING)


def test_parts_that_nobody_takes_are_left() -> None:
    begun = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"

    def answer(connection: socket.socket) -> None:
        asked = connection.recv(65536)
        if asked.startswith(b"POST"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(begun), begun))
        take_little(connection)

    with opened("s3", answer) as landing, pytest.raises(StoreError) as refused:
        landing.upload("a", io.BytesIO(bytes(PART + 1)), PART + 1)
    assert refused.value.verdict is Verdict.PASSING


def test_a_slow_and_steady_body_is_read_to_its_end() -> None:
    with opened("s3", lambda connection: drip(connection, HEAD, 0.01, b"x" * 1000, 100)) as landing:
        assert landing.get("a") == b"x" * 100_000


@pytest.mark.parametrize("store", ["s3", "azure"])
def test_a_slow_and_steady_upload_takes_as_long_as_it_takes(store: str) -> None:
    size = 6_000_000

    def answer(connection: socket.socket) -> None:
        got = connection.recv(100_000)
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * (b"100-continue" in got))
        taken = len(got.partition(b"\r\n\r\n")[2])
        while taken < size:
            taken += len(connection.recv(100_000))
            time.sleep(0.01)
        connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\nETag: "a"\r\n\r\n')
        time.sleep(0.05)

    limits = Limits(seconds=0.3, rate=1_000_000, total=0.4)
    with opened(store, answer, limits) as landing:
        landing.put("a", bytes(size))


def test_the_loop_ends_before_the_interpreter_is_taken_apart() -> None:
    """What obstore tells a thread of an interpreter that ends aborts the process, behind all that it did."""
    code = (
        "import atexit, threading\n"
        "atexit.register(lambda: print([one.name for one in threading.enumerate() if one.name == 'landing']))\n"
        "from gluepot.landing import paced\n"
        "async def one(): return 1\n"
        "print(paced.answer(one, 5.0), [one.name for one in threading.enumerate() if one.name == 'landing'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 ['landing']\n[]\n"
