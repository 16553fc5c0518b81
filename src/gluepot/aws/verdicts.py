"""Which failures of AWS pass: those of the service, of the network, of a client that asks for too much at once."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)
from botocore.exceptions import ConnectionError as WireConnectionError

from gluepot.aws.faults import QUOTAS, code_of, is_passing, is_throttled
from gluepot.waiting.patience import Verdict

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError


def verdict_of(error: Exception) -> Verdict:
    """Say what an error of botocore says of another try; of anything else, that it does not pass."""
    if isinstance(error, ClientError):
        return _of_an_answer(error)
    if isinstance(error, SSLError):
        # a certificate or a protocol that does not fit stays so; a handshake that broke off may be done next time
        return Verdict.PASSING if "EOF" in str(error) else Verdict.FINAL
    if isinstance(error, (EndpointConnectionError, ProxyConnectionError, ConnectTimeoutError)):
        return Verdict.UNKNOWN if _is_unknown_name(error) else Verdict.REFUSED
    return Verdict.PASSING if isinstance(error, (WireConnectionError, HTTPClientError)) else Verdict.FINAL


def _of_an_answer(error: ClientError) -> Verdict:
    code, message = code_of(error)
    if code in QUOTAS and "rate" not in message.lower():
        return Verdict.FINAL  # AWS has one code for too many calls, and for too many things
    if is_throttled(error):
        return Verdict.THROTTLED
    return Verdict.PASSING if is_passing(error) else Verdict.FINAL


def _is_unknown_name(error: BotoCoreError) -> bool:
    """Look for what the system's resolver said, behind what botocore and urllib3 say."""
    cause: object = error.kwargs.get("error")
    while isinstance(cause, BaseException):
        if isinstance(cause, socket.gaierror):
            return True
        cause = getattr(cause, "original_error", None) or cause.__cause__
    return False
