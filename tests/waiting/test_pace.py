"""A try that crawls is ended, a slow and steady one never, whatever a server does in between."""

from __future__ import annotations

import http.client
import socket
import time
from typing import TYPE_CHECKING

import pytest
from tests.support.patient import Clock, serving

from gluepot.waiting.pace import Limits, Pace, PacedSocket, TooSlowError

if TYPE_CHECKING:
    from collections.abc import Iterable

QUICK = Limits(seconds=0.5, rate=1000, total=0.7)
"""Five hundred bytes in half a second, and a whole answer in a little more."""

STEADY = Limits(seconds=0.5, rate=1000)
"""The same for what takes longer, and is whole in the end."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


def paced(port: int, limits: Limits = QUICK, silence: float = 5.0) -> PacedSocket:
    return PacedSocket(socket.create_connection(("127.0.0.1", port), timeout=silence), limits)


def asked(port: int, limits: Limits = QUICK, body: bytes = b"") -> bytes:
    """Make a request as HTTP clients do, on a paced socket."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.sock = paced(port, limits)
    try:
        connection.request("PUT", "/", body)
        return connection.getresponse().read()
    finally:
        connection.close()


def drip(connection: socket.socket, pieces: Iterable[bytes], every: float = 0.02) -> None:
    """Read what was asked, then send piece by piece."""
    connection.recv(65536)
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(every)


def silent(connection: socket.socket, seconds: float) -> None:
    """Take nothing and say nothing for a while."""
    time.sleep(seconds)
    connection.recv(1)


def test_a_body_of_a_byte_now_and_then_is_ended() -> None:
    with (
        serving(lambda connection: drip(connection, [HEAD, *[b"x"] * 1000])) as port,
        pytest.raises(TooSlowError, match="bytes in"),
    ):
        asked(port)


def test_headers_of_a_byte_now_and_then_are_ended() -> None:
    with serving(lambda connection: drip(connection, [b"H", *[b"T"] * 1000])) as port, pytest.raises(TooSlowError):
        asked(port)


def test_a_body_that_began_at_full_speed_is_ended_when_it_crawls() -> None:
    with (
        serving(lambda connection: drip(connection, [HEAD + b"x" * 50_000, *[b"x"] * 1000])) as port,
        pytest.raises(TooSlowError),
    ):
        asked(port)


def test_a_body_that_never_ends_is_ended() -> None:
    pieces = [HEAD.replace(b"100000", b"9999999"), *[b"x" * 100] * 1000]
    with (
        serving(lambda connection: drip(connection, pieces)) as port,
        pytest.raises(TooSlowError, match=r"not complete after 0\.7 s"),
    ):
        asked(port)


def test_a_slow_and_steady_body_is_read_to_its_end() -> None:
    def answer(connection: socket.socket) -> None:
        drip(connection, [HEAD, *[b"x" * 2500] * 40])

    with serving(answer) as port:
        assert asked(port, STEADY) == b"x" * 100_000


def test_a_slow_and_steady_upload_takes_as_long_as_it_takes() -> None:
    size = 8_000_000

    def answer(connection: socket.socket) -> None:
        got = 0
        while got < size:
            got += len(connection.recv(200_000))
            time.sleep(0.02)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with serving(answer) as port:
        assert asked(port, STEADY, b"x" * size) == b"ok"


def test_an_upload_that_nobody_takes_is_ended() -> None:
    with serving(lambda connection: silent(connection, 2)) as port, pytest.raises(TooSlowError):
        asked(port, body=b"x" * 20_000_000)


def test_silence_is_what_the_sockets_timeout_says() -> None:
    with serving(lambda connection: silent(connection, 0.6)) as port:
        sock = paced(port, Limits(), silence=0.1)
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError) as met:
            sock.recv(1)
        assert not isinstance(met.value, TooSlowError)
        assert sock.gettimeout() == 0.1
        sock.close()


def test_a_server_may_think_longer_than_a_window_before_it_answers() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        time.sleep(0.8)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with serving(answer) as port:
        assert asked(port, STEADY) == b"ok"


def test_a_connection_is_used_again_with_all_its_time() -> None:
    def answer(connection: socket.socket) -> None:
        while connection.recv(65536):
            time.sleep(0.3)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with serving(answer) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.sock = paced(port, STEADY)
        for _ in range(3):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"ok"
        connection.close()


def test_only_waiting_counts_for_the_rate() -> None:
    clock = Clock()
    pace = Pace(Limits(seconds=60, rate=1000, total=900), clock)
    clock.now += 500
    pace.moved(1, 59)
    assert pace.left() == pytest.approx(1)
    with pytest.raises(TooSlowError, match="3 bytes in 60 s are too few"):
        pace.moved(2, 1)


def test_each_window_is_looked_at_by_itself() -> None:
    pace = Pace(Limits(seconds=60, rate=1000), Clock())
    pace.moved(60_000, 60)
    with pytest.raises(TooSlowError):
        pace.moved(59_999, 60)


def test_an_answer_that_takes_its_total_is_ended_and_one_that_begins_anew_has_it_all() -> None:
    clock = Clock()
    pace = Pace(Limits(total=900), clock)
    clock.now += 899
    assert pace.left() == pytest.approx(1)
    pace.begin()
    clock.now += 899
    assert pace.left() == pytest.approx(1)
    clock.now += 1
    with pytest.raises(TooSlowError, match="900 s"):
        pace.left()
