"""What errors of Python's own network say of another try, and connections of `urllib` that keep pace."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Final

from gluepot.waiting.pace import LIMITS, PacedSocket
from gluepot.waiting.patience import Verdict

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from gluepot.waiting.pace import Limits

_NOBODY: Final = {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}


def verdict_of(error: BaseException | None) -> Verdict:
    """Say what an error of a connection, of `http.client` or of `urllib` says of another try."""
    if isinstance(error, urllib.error.URLError):
        return _of_connecting(error.reason)
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return Verdict.FINAL  # a certificate or a protocol that does not fit stays so
    if isinstance(error, socket.gaierror):
        return Verdict.UNKNOWN
    if isinstance(error, OSError) and error.errno in _NOBODY:
        return Verdict.REFUSED
    return Verdict.PASSING if isinstance(error, (OSError, http.client.HTTPException)) else Verdict.FINAL


def _of_connecting(reason: object) -> Verdict:
    """Say it of what `urllib` met while it connected, where a timeout means that nobody accepts."""
    if isinstance(reason, TimeoutError):
        return Verdict.REFUSED
    return verdict_of(reason) if isinstance(reason, BaseException) else Verdict.PASSING


def paced_handlers(limits: Limits = LIMITS) -> tuple[urllib.request.BaseHandler, ...]:
    """Give handlers for an opener of `urllib`, whose connections keep pace."""

    class Connection(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            self.sock: Any = PacedSocket(self.sock, limits)

    class TlsConnection(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            self.sock: Any = PacedSocket(self.sock, limits)

    class Plain(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> HTTPResponse:
            return self.do_open(Connection, req)

    class Tls(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> HTTPResponse:
            return self.do_open(TlsConnection, req)

    return Plain(), Tls()


def whole(answer: Any, most: int) -> bytes:  # noqa: ANN401 - of `http.client`
    """Read a body.

    Args:
        answer: Whose.
        most: Bytes that it has at most.

    Raises:
        HTTPException: It broke off.
        ValueError: It is larger.
    """
    body = bytes(answer.read(most + 1))
    if len(body) > most:
        raise ValueError(f"it answers with more than {most:,} bytes")
    if answer.length:
        raise http.client.IncompleteRead(body, answer.length)
    return body
