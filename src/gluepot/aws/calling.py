"""Clients of AWS's services: each call is made by the patience of the run, on connections that keep pace.

botocore's own retries are off, so that exactly one layer sends again. The whole call is made anew, signed anew with
whatever credentials are good by then; only the token by which AWS knows a call that comes twice stays the same.
"""

from __future__ import annotations

import uuid
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.config import Config

from gluepot.aws.verdicts import verdict_of
from gluepot.waiting.pace import LIMITS, PacedSocket
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from botocore.session import Session

    from gluepot.waiting.pace import Limits

SILENT_SECONDS = 60.0
"""How long an answer may be silent before the call is made again."""


def client_of(
    session: Session,
    service: str,
    region: str | None = None,
    *,
    once: bool = False,
    limits: Limits = LIMITS,
    config: Config | None = None,
    **more: Any,  # noqa: ANN401 - botocore's options
) -> Any:  # noqa: ANN401 - botocore ships no types
    """Make a client.

    Args:
        session: Whose credentials sign, and whose settings hold.
        service: botocore's name of the service.
        region: Its region; the session's if left out.
        once: Whether a call is sent once, since who makes it decides what is sent again.
        limits: What ends a try.
        config: See `config_of`.
        **more: Further options of botocore.
    """
    client: Any = session.create_client(service, region_name=region, config=config or config_of(), **more)
    _keep_pace(client, limits)
    if not once:
        _be_patient(client)
    return client


def config_of(*, connections: int = 4, seconds: float = 0.0, **more: Any) -> Config:  # noqa: ANN401 - botocore's options
    """Say how a client calls.

    Args:
        connections: How many calls may be under way at once.
        seconds: How long an answer may be silent, in place of `SILENT_SECONDS`.
        **more: Further options of botocore.
    """
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=seconds or SILENT_SECONDS,
        max_pool_connections=connections,
        **more,
    )


def host_of(client: Any) -> str:  # noqa: ANN401 - botocore ships no types
    """Name the host that a client calls, as people and the patience know it."""
    return urlsplit(str(client.meta.endpoint_url)).netloc


def _be_patient(client: Any) -> None:  # noqa: ANN401 - botocore ships no types
    # every way to call leads through here: methods, paginators, waiters; tracing libraries hook in at the same place
    send, host, model = client._make_api_call, host_of(client), client.meta.service_model  # noqa: SLF001 - no public one

    def call(operation: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 - an answer
        tokens = {name: str(uuid.uuid4()) for name in model.operation_model(operation).idempotent_members}
        asked = {**tokens, **given}
        return current().run(lambda: send(operation, asked), verdict_of, host=host, what=operation)

    client._make_api_call = call  # noqa: SLF001 - likewise


def _keep_pace(client: Any, limits: Limits) -> None:  # noqa: ANN401 - botocore ships no types
    sender = client._endpoint.http_session  # noqa: SLF001 - botocore has no option for it
    sender._pool_classes_by_scheme = sender._manager.pool_classes_by_scheme = _pools(limits)  # noqa: SLF001 - likewise


@cache
def _pools(limits: Limits) -> dict[str, type]:
    """Give pools of connections that keep pace once they are connected."""

    class Connection(AWSHTTPConnection):
        def connect(self) -> None:
            super().connect()
            self.sock = PacedSocket(self.sock, limits)

    class TlsConnection(AWSHTTPSConnection):
        def connect(self) -> None:
            super().connect()
            self.sock = PacedSocket(self.sock, limits)

    class Pool(AWSHTTPConnectionPool):
        ConnectionCls = Connection

    class TlsPool(AWSHTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": Pool, "https": TlsPool}
