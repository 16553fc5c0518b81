"""Every landing that the tests push to, on servers that they start themselves."""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.azurite import server as azurite

from gluepot.landing import LandingOptions, from_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

    from gluepot.landing import Landing

KINDS: Final = ("s3", "azure key", "azure write-only", "local", "memory")
BUCKET: Final = "landing-zone"
CONTAINER: Final = "landing"
ACCESS_KEY: Final = "AKIALANDINGTESTKEY00"
SECRET_KEY: Final = "landing/test+secret0000000000000000000000"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One landing under test.

    Args:
        kind: One of `KINDS`.
        url: Where it is.
        landing: The landing as gluepot opens it.
        inspector: The same place with full access, to see what lies there.
        readable: The landing itself may read.
        verified: What a receipt of a fresh send says.
        secrets: What must never be printed.
    """

    kind: str
    url: str
    landing: Landing
    inspector: Landing
    readable: bool
    verified: str
    secrets: tuple[str, ...] = ()


@contextlib.contextmanager
def moto_s3() -> Iterator[str]:
    """Run moto's S3 on a free port, with one bucket; give its address."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY, "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=address, **keys)  # type: ignore[call-overload] # keys are all text
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield address
    finally:
        server.stop()


@contextlib.contextmanager
def opener(kind: str, folder: Path) -> Iterator[Callable[[pytest.MonkeyPatch], Case]]:
    """Start what a kind of landing needs; give a function that opens a fresh, empty one.

    Args:
        kind: One of `KINDS`.
        folder: Where the server, or the local landing, keeps its data.
    """
    with contextlib.ExitStack() as stack:
        if kind == "s3":
            address = stack.enter_context(moto_s3())
            yield lambda patch: s3_case(address, patch)
        elif kind.startswith("azure"):
            server = stack.enter_context(azurite.running(folder))
            server.create_container(CONTAINER)
            yield lambda _patch: azure_case(server, write_only=kind.endswith("write-only"))
        else:
            yield lambda _patch: plain_case(kind, "memory://" if kind == "memory" else (folder / fresh()).as_uri())


def s3_case(address: str, patch: pytest.MonkeyPatch) -> Case:
    """Open a fresh prefix of moto's bucket."""
    patch.setenv("AWS_ENDPOINT_URL_S3", address)
    url = f"s3://{BUCKET}/{fresh()}"
    landing = from_url(url, LandingOptions(region="us-east-1", key=ACCESS_KEY, secret=SECRET_KEY))
    secrets = (SECRET_KEY,)
    return Case(
        kind="s3", url=url, landing=landing, inspector=landing, readable=True, verified="checksum", secrets=secrets
    )


def azure_case(server: azurite.Azurite, *, write_only: bool) -> Case:
    """Open a fresh prefix of azurite's container, with the account's key or a SAS that may only create and write."""
    url = server.url(CONTAINER, fresh())
    inspector = from_url(url, LandingOptions(account_key=azurite.KEY))
    if not write_only:
        return Case(
            kind="azure key",
            url=url,
            landing=inspector,
            inspector=inspector,
            readable=True,
            verified="size",
            secrets=(azurite.KEY,),
        )
    token = azurite.sas(CONTAINER, "cw")
    return Case(
        kind="azure write-only",
        url=url,
        landing=from_url(url, LandingOptions(sas=f"?{token}")),
        inspector=inspector,
        readable=False,
        verified="unverified (write-only)",
        secrets=(token, token.rpartition("sig=")[2], azurite.KEY),
    )


def plain_case(kind: str, url: str) -> Case:
    """Open a folder, or memory."""
    landing = from_url(url)
    return Case(kind=kind, url=url, landing=landing, inspector=landing, readable=True, verified="content")


def fresh() -> str:
    """Name a prefix that nothing else uses, with a space in it."""
    return f"lz/{uuid.uuid4().hex[:12]}/glue landing"


def contents(case: Case) -> dict[str, bytes]:
    """Read everything at a landing, with full access."""
    return {found.key: case.inspector.get(found.key) or b"" for found in case.inspector.list()}


@contextlib.contextmanager
def losing_answers(port: int, *, lost: int) -> Iterator[int]:
    """Run a proxy that passes every request on, and breaks the connection instead of the first answers.

    Args:
        port: The real server's, on 127.0.0.1.
        lost: How many answers are lost.
    """
    left = [lost]
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=_accept, args=(listener, port, left), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, port: int, left: list[int]) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_requests, args=(client, server), daemon=True).start()
            threading.Thread(target=_answers, args=(server, client, left), daemon=True).start()


def _requests(client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := client.recv(65536):
            server.sendall(data)
    with contextlib.suppress(OSError):
        server.shutdown(socket.SHUT_WR)


def _answers(server: socket.socket, client: socket.socket, left: list[int]) -> None:
    with contextlib.suppress(OSError), contextlib.closing(server), contextlib.closing(client):
        while data := server.recv(65536):
            if left[0] > 0 and not data.startswith(b"HTTP/1.1 100"):
                left[0] -= 1
                client.shutdown(socket.SHUT_RDWR)
                return
            client.sendall(data)
